"""The check of a pack without Gatepost's database: files, signature, audit, decisions, anchors, imported files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from connector.papers.evidence.archive import NotAPack, PackArchive, shown
from connector.papers.evidence.audit_check import PackEntry, check_anchors, check_chain, check_entries, read_entries
from connector.papers.evidence.finding import (
    PackFinding,
    PackVerification,
    broken,
    counted,
    first_of,
    holds,
    not_checked,
)
from connector.papers.evidence.manifest import (
    ANCHORS,
    DECISIONS,
    ENTRIES,
    IMPORTS,
    MANIFEST,
    SIGNATURE,
    UNLISTED,
    Manifest,
    read_manifest,
)
from connector.papers.evidence.signature import manifest_key
from connector.remedy import Remedy
from connector.store.database.people_in_json import nameless_digest


def verify_pack(file: BinaryIO, public_key: str | None = None) -> PackVerification:
    """What holds, what is broken and what cannot be checked; ``public_key`` is what ``gatepost audit key`` printed."""
    found: list[PackFinding] = []
    try:
        for finding in _checks(file, public_key):
            found.append(finding)  # noqa: PERF402 - what was found before it ends is kept
    except NotAPack as error:
        found.append(broken(str(error)))
    return PackVerification(tuple(found))


def _checks(file: BinaryIO, public_key: str | None) -> Iterator[PackFinding]:
    archive = PackArchive(file)
    content = archive.read(MANIFEST)
    manifest = read_manifest(content)
    yield from _check_files(archive, manifest)
    yield from _check_signature(manifest, content or b"", archive.read(SIGNATURE), public_key)
    entries, unreadable = read_entries(archive.read(ENTRIES))
    yield from unreadable
    yield from check_entries(manifest, entries)
    yield from check_chain(manifest, entries)
    yield from check_anchors(manifest, entries, archive.read(ANCHORS))
    yield from _check_decisions(manifest, archive.read(DECISIONS), entries)
    yield from _check_imports(manifest, archive.read(IMPORTS))
    if archive.is_as_written() is False:
        yield not_checked(
            "The archive around the files is not byte for byte as Gatepost packs it: another program packed it "
            "anew, or something between the files was changed. The files in it are checked above."
        )
    yield from (not_checked(shown(sentence)) for sentence in manifest.left_out)


def _check_files(archive: PackArchive, manifest: Manifest) -> Iterator[PackFinding]:
    found = [broken(f"{shown(name)} is in the archive several times.") for name in archive.doubled]
    here = set(archive.names)
    found += [
        broken(f"{shown(name)} was removed: the manifest names it.") for name in manifest.files if name not in here
    ]
    found += [
        broken(f"{shown(name)} was added: the manifest does not name it.")
        for name in sorted(here - manifest.files.keys() - UNLISTED)
    ]
    for name, (sha256, _) in manifest.files.items():
        if name not in here:
            continue
        digest = archive.digest(name)
        if digest is None:
            found.append(broken(f"{shown(name)} is damaged: it cannot be read."))
        elif digest != sha256:
            found.append(broken(f"{shown(name)} was changed: its SHA-256 is not the one in the manifest."))
    if found:
        return iter(first_of(found, "problems with files"))
    return iter([holds(f"{counted(len(manifest.files), 'file', 'files')}, each with the SHA-256 of the manifest.")])


def _check_signature(
    manifest: Manifest, content: bytes, signature: bytes | None, public_key: str | None
) -> Iterator[PackFinding]:
    if signature is None:
        yield broken(f"{SIGNATURE} was removed: who made the manifest is not known.")
        return
    key = manifest_key(content, signature, manifest.keys)
    if key is None:
        yield broken("The manifest was changed after it was signed: its signature does not fit.")
        return
    yield holds(f"The manifest is as it was signed, with the key {shown(key)}.")
    if public_key is None:
        yield not_checked(
            "Whether that is the key of your installation cannot be known from the pack itself.",
            Remedy(command="Compare it with gatepost audit key, or give that to the check with --key."),
        )
    elif public_key.strip() == key:
        yield holds("That is the key that you gave.")
    else:
        yield broken("The pack was signed with another key than the one that you gave: another installation made it.")


def _check_decisions(manifest: Manifest, content: bytes | None, entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    found, count = [], 0
    assessed = [entry for entry in entries if entry.action == "measure.assessed"]
    recorded = Counter(str(entry.detail.get("digest")) for entry in assessed if entry.subject == manifest.measure["id"])
    for line in (content or b"").splitlines():
        count += 1
        try:
            decision = json.loads(line)
            number, digest = int(decision["id"]), str(decision["digest"])
            decided = [decision["verdict"], decision["evidence"]]
            made = digest if manifest.names_left_out else nameless_digest(decided, decision.get("names", {}))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            found.append(broken(f"Line {count} of {DECISIONS} is no decision."))
            continue
        if made != digest:
            found.append(broken(f"Decision {number} is not what was decided: its content does not give its digest."))
        elif not recorded[digest]:
            found.append(broken(f"Decision {number} is in no entry of the audit."))
        else:
            recorded[digest] -= 1
    found += [
        broken(f"A decision of the audit is missing: {shown(one)}.") for one, many in recorded.items() if many > 0
    ]
    yield from first_of(found, "problems with decisions")
    if not found and manifest.names_left_out:
        yield not_checked(
            f"{counted(count, 'decision', 'decisions')}: names that the reader may not see were taken out, so that "
            "their digests cannot be made anew. Each is in the audit."
        )
    elif not found:
        yield holds(f"{counted(count, 'decision', 'decisions')}, each as the audit has it.")


def _check_imports(manifest: Manifest, content: bytes | None) -> Iterator[PackFinding]:
    try:
        imports = [
            (int(one["id"]), str(one["sha256"] or ""), str(one["stored_as"] or ""))
            for one in json.loads(content or b"[]")
        ]
    except (ValueError, TypeError, KeyError, RecursionError):
        yield broken(f"{IMPORTS} cannot be read: it was changed.")
        return
    kept = [one for one in imports if one[2]]
    bad = [
        broken(f"The file of import {number}, {shown(name)}, is not the one that was imported.")
        for number, sha256, name in kept
        if manifest.files.get(name, ("", 0))[0] != sha256
    ]
    yield from first_of(bad, "imported files that are others")
    if kept and not bad:
        yield holds(f"{counted(len(kept), 'imported file', 'imported files')}, with the bytes that were imported.")
