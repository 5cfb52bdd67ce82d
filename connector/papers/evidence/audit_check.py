"""The audit in a pack: each entry recomputed, and held against the others, the manifest and the anchors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from connector.papers.evidence.archive import shown
from connector.papers.evidence.finding import PackFinding, broken, counted, first_of, holds, not_checked
from connector.papers.evidence.manifest import ANCHORS, ENTRIES, Manifest
from connector.papers.evidence.signature import SignedAnchor, read_anchor
from connector.remedy import Remedy


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One entry as it stands in a pack: the very text that its hash was made of."""

    seq: int
    hash: str
    content: str
    parts: Sequence[Any]
    """Number, hash before, moment, actor, action, subject, detail, version of the mapping, version of the policy."""

    @property
    def previous(self) -> str:
        return str(self.parts[1])

    @property
    def action(self) -> str:
        return str(self.parts[4])

    @property
    def subject(self) -> str:
        return str(self.parts[5])

    @property
    def detail(self) -> Mapping[str, Any]:
        return self.parts[6] if isinstance(self.parts[6], dict) else {}


def read_entries(content: bytes | None) -> tuple[tuple[PackEntry, ...], tuple[PackFinding, ...]]:
    """The entries that can be read, and the lines that cannot."""
    entries, bad = [], []
    for number, line in enumerate((content or b"").splitlines(), 1):
        try:
            found = json.loads(line)
            parts = json.loads(found["content"])
            if not isinstance(parts, list) or len(parts) != len(PARTS):
                raise ValueError("not the parts of an entry")
            entries.append(PackEntry(int(found["seq"]), str(found["hash"]), str(found["content"]), parts))
        except (ValueError, TypeError, KeyError, RecursionError):
            bad.append(broken(f"Line {number} of {ENTRIES} is no entry of the audit."))
    return tuple(entries), tuple(bad)


PARTS = ("seq", "prev_hash", "at", "actor", "action", "subject", "detail", "mapping_version", "policy_version")


def check_entries(manifest: Manifest, entries: Sequence[PackEntry]) -> tuple[PackFinding, ...]:
    """Each entry by itself, as part of the list, and where it follows another one directly."""
    found = first_of(
        [*_changed(manifest, entries), *_misplaced(manifest, entries), *_unlinked(entries)],
        "problems with entries of the audit",
    )
    if found:
        return found
    many = counted(len(entries), "entry", "entries")
    if not entries:
        return (not_checked("There is no entry of the audit in the pack: none was made by then."),)
    return (holds(f"The audit: {many} from {entries[0].seq} to {entries[-1].seq}, each with the hash of its content."),)


def _changed(manifest: Manifest, entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    listed = dict(manifest.entries)
    for entry in entries:
        made = hashlib.sha256(entry.content.encode("utf-8", "surrogatepass")).hexdigest()
        if made != entry.hash or entry.parts[0] != entry.seq:
            yield broken(f"Audit entry {entry.seq} was changed: its content does not give its hash.")
        elif listed.get(entry.seq, entry.hash) != entry.hash:
            yield broken(f"Audit entry {entry.seq} was replaced: the manifest names another hash.")


def _misplaced(manifest: Manifest, entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    expected = [seq for seq, _ in manifest.entries]
    here = [entry.seq for entry in entries]
    yield from (broken(f"Audit entry {seq} was removed.") for seq in expected if seq not in set(here))
    known, seen = set(expected), set()
    for seq in here:
        if seq not in known:
            yield broken(f"Audit entry {seq} was added: the manifest does not name it.")
        elif seq in seen:
            yield broken(f"Audit entry {seq} is there twice.")
        seen.add(seq)
    last = 0
    for seq in here:
        if seq < last:
            yield broken(f"Audit entry {seq} is not in its place: it stands behind entry {last}.")
        last = seq


def _unlinked(entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    by_number = {entry.seq: entry for entry in entries}
    for entry in entries:
        before = by_number.get(entry.seq - 1)
        if before is not None and entry.previous != before.hash:
            yield broken(f"Audit entry {entry.seq} does not follow entry {before.seq}: one of them is another one.")


def check_chain(manifest: Manifest, entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    """What stands between the entries, and what the installation itself had found."""
    gaps = [(a.seq, b.seq) for a, b in pairwise(entries) if b.seq > a.seq + 1]
    if gaps:
        others = sum(after - before - 1 for before, after in gaps)
        yield not_checked(
            f"Between these entries stand {counted(others, 'entry', 'entries')} about something else, whose content is "
            "not in the pack. That nothing was changed there is checked where Gatepost runs.",
            Remedy(command="There: gatepost audit verify"),
        )
    elif len(entries) > 1:
        yield holds(f"The chain from entry {entries[0].seq} to entry {entries[-1].seq} has no gap and was recomputed.")
    if manifest.chain == "broken":
        yield broken("The audit of the installation itself did not hold when the pack was made.")
    elif manifest.chain == "sound":
        yield holds(
            f"When the pack was made Gatepost recomputed its own chain from the first of them to entry "
            f"{manifest.head[0]}, and it held. Gatepost says so itself, under its signature."
        )
    else:
        yield not_checked("The installation did not recompute its own chain when the pack was made.")


def check_anchors(manifest: Manifest, entries: Sequence[PackEntry], content: bytes | None) -> tuple[PackFinding, ...]:
    """What was kept outside of the database, against the entries that it names."""
    try:
        kept = [(str(one["sink"]), int(one["number"]), str(one["text"])) for one in json.loads(content or b"[]")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return (broken(f"{ANCHORS} cannot be read: it was changed."),)
    if not kept:
        return (not_checked("No anchor is in the pack: only Gatepost's own signature says when these entries stood."),)
    hashes = {entry.seq: entry.hash for entry in entries}
    found: list[PackFinding] = []
    covered = 0
    for sink, number, text in kept:
        name = f"Anchor {number} of {shown(sink)}"
        anchor = read_anchor(text, manifest.keys)
        finding = _check_anchor(name, number, anchor, hashes, manifest.at_anchors)
        if finding is None and anchor is not None:
            covered = max(covered, anchor.seq)
        elif finding is not None:
            found.append(finding)
    return (*first_of(found, "problems with anchors"), *_covered(len(kept), len(found), covered, entries))


def _check_anchor(
    name: str, number: int, anchor: SignedAnchor | None, hashes: Mapping[int, str], at_anchors: Mapping[int, str]
) -> PackFinding | None:
    if anchor is None:
        return broken(f"{name} does not count: its signature does not fit, or is of another key.")
    if anchor.number != number:
        return broken(f"{name} was written as anchor {anchor.number}.")
    known = hashes.get(anchor.seq, at_anchors.get(anchor.seq))
    if known is None:
        return broken(f"{name} names entry {anchor.seq}, which the audit did not have.")
    if known != anchor.hash or at_anchors.get(anchor.seq, known) != known:
        return broken(
            f"{name} holds another entry {anchor.seq} than the audit: entries were changed after it was kept."
        )
    return None


def _covered(kept: int, bad: int, covered: int, entries: Sequence[PackEntry]) -> Iterator[PackFinding]:
    if not bad:
        yield holds(f"{counted(kept, 'anchor', 'anchors')} outside of the database: signed, and of this audit.")
    last = entries[-1].seq if entries else 0
    after = sum(entry.seq > covered for entry in entries)
    if after:
        yield not_checked(
            f"{counted(after, 'entry', 'entries')} up to {last} came after the newest anchor in the pack."
        )
    elif entries and not bad and covered not in {entry.seq for entry in entries}:
        yield not_checked(
            f"The newest anchor names entry {covered}, which is about something else: that the entries here lead to it "
            "is what Gatepost says under its signature, and what a pack with the whole chain shows.",
            Remedy(command="Have one made with --whole-chain."),
        )
