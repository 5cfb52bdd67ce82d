"""Making a pack: its files, its manifest with the audit and the anchors, its signature, and the entry that says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import IO

from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services
from connector.errors import GatepostError
from connector.measures.known_on import KnownOn
from connector.papers.evidence import manifest as names
from connector.papers.evidence.anchors_read import KeptAnchors, anchors_for
from connector.papers.evidence.archive import write_archive
from connector.papers.evidence.contents import EvidenceContents, read_contents
from connector.papers.evidence.manifest import Manifest, manifest_bytes
from connector.papers.evidence.page import evidence_page
from connector.papers.evidence.plain_json import json_bytes, json_lines
from connector.papers.evidence.signature import sign_manifest
from connector.people.permissions import Viewer
from connector.remedy import Remedy
from connector.runtime.audit_anchoring import AuditAnchoring, anchoring
from connector.store.database import audit
from connector.store.database.audit_anchors import AuditHead
from connector.store.database.reading import reading
from connector.store.measures.evidence_rows import AuditText, audit_between
from connector.timestamp import timestamp_text

MAX_CHAIN = 200_000
"""Entries over which the installation recomputes its chain for a pack, and of which a whole chain may be."""


MAX_PACK_BYTES = 300_000_000
"""Of all files of a pack, before they are packed."""


class PackTooLarge(Exception):
    """The files behind a measure are more than a pack holds; the message says so."""


class ChainTooLong(GatepostError):
    """A whole chain was asked for that is longer than a pack holds; the message says so."""


@dataclass(frozen=True, slots=True)
class PackRequest:
    """Which pack somebody asks for."""

    by: str
    """Who stands in the audit."""
    viewer: Viewer
    on: KnownOn | None = None
    whole_chain: bool = False
    """With the content of every entry of the audit from the measure's first one on; for those who see everything."""


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """A pack that is made, and in the audit."""

    digest: str
    """SHA-256 of its manifest, which its entry in the audit holds."""
    as_of: str
    key: str
    files: int
    entries: int


def make_pack(
    services: Services, reader: Connection, row: RowMapping, asked: PackRequest, now: datetime, out: IO[bytes]
) -> EvidencePack:
    """Write a pack.  Raises NotKnownYet, ChainTooLong and PackTooLarge; then nothing is in the audit."""
    kept = anchoring(services)
    contents = read_contents(services, reader, asked.viewer, row, asked.on, now)
    head = kept.anchors.head()
    entries = _entries(services, contents, head, asked)
    anchors = anchors_for(kept.anchors, kept.sinks, entries[-1].seq) if entries else KeptAnchors((), ())
    files = pack_files(contents, entries, anchors)
    manifest = _manifest(contents, asked, now, kept, head, entries, anchors, files)
    written = manifest_bytes(manifest)
    files[names.MANIFEST], files[names.SIGNATURE] = written, sign_manifest(kept.keys, written)
    size = sum(map(len, files.values()))
    if size > MAX_PACK_BYTES:
        raise PackTooLarge(
            f"The files behind {contents.measure['key']} are {size // 1_000_000:,} MB; a pack holds "
            f"{MAX_PACK_BYTES // 1_000_000:,} MB. Ask for an earlier day."
        )
    write_archive(files, out)
    digest = hashlib.sha256(written).hexdigest()
    _record(services, contents, asked, digest, len(files))
    return EvidencePack(digest, contents.as_of, contents.measure["key"], len(files), len(manifest.entries))


def _entries(
    services: Services, contents: EvidenceContents, head: AuditHead, asked: PackRequest
) -> tuple[AuditText, ...]:
    if not asked.whole_chain or not contents.audit:
        return contents.audit
    first = contents.audit[0].seq
    if head.seq - first >= MAX_CHAIN:
        raise ChainTooLong(
            f"From the first entry about {contents.measure['key']} on the audit has {head.seq - first + 1:,} entries; "
            f"a pack holds {MAX_CHAIN:,}.",
            remedy=Remedy(command="Make it without --whole-chain, and give gatepost audit export beside it."),
        )
    with reading(services.engine) as connection:
        return audit_between(connection, first, head.seq)


def pack_files(contents: EvidenceContents, entries: tuple[AuditText, ...], anchors: KeptAnchors) -> dict[str, bytes]:
    """Every file but the manifest and its signature."""
    details = contents.details
    known = {"row": _shown_row(contents.row), "facts": contents.facts, "state": contents.state}
    files = {
        "measure.json": json_bytes({**contents.measure, "as_of": contents.as_of, **known}),
        "verdict.json": json_bytes(contents.verdict),
        "effect-lines.json": json_bytes([dict(one) for one in details.effect_lines]),
        "status-history.json": json_bytes([dict(one) for one in details.status_history]),
        "plans.json": json_bytes([one._asdict() for one in details.plan_versions]),
        "commands.json": json_bytes([dict(one) for one in contents.commands]),
        "meeting-decisions.json": json_bytes([dict(one) for one in contents.meeting_decisions]),
        "budget-locks.json": json_bytes([dict(one) for one in contents.budget_locks]),
        "ledger.json": json_bytes([dict(one) for one in contents.ledger]),
        names.IMPORTS: json_bytes([{**one.row, "stored_as": one.stored_as} for one in contents.imports]),
        names.DECISIONS: json_lines(contents.decisions),
        names.ENTRIES: b"".join(_entry_line(one) for one in entries),
        names.ANCHORS: json_bytes(
            [{"sink": one.sink, "number": one.number, "text": one.text} for one in anchors.anchors]
        ),
        **_rules(contents),
        **{one.stored_as: one.content for one in contents.imports if one.stored_as},
    }
    files[names.PAGE] = evidence_page(contents, entries, anchors).encode()
    return files


def _shown_row(row: Mapping[str, object]) -> dict[str, object]:
    """Without what stands in files of its own, as the reader may see it."""
    return {name: value for name, value in row.items() if name not in _APART}


_APART = frozenset({"facts", "verdict", "findings", "explanation", "gates", "measure_state"})


def _entry_line(entry: AuditText) -> bytes:
    content = {"seq": entry.seq, "hash": entry.hash, "content": entry.content}
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _rules(contents: EvidenceContents) -> dict[str, bytes]:
    mapping = contents.mapping
    if mapping is None:
        return {}
    said = {
        "number": mapping.number, "digest": mapping.digest, "author": mapping.author, "reason": mapping.reason,
        "created_at": mapping.created_at, "activated_at": mapping.activated_at,
        "policy_version": contents.shown_verdict.policy_version,
    }  # fmt: skip
    files = {"rules/mapping.json": json_bytes(said)}
    if contents.policy is not None:
        files["rules/policy.json"] = json_bytes(contents.policy)
    if contents.shows_mapping:
        files["rules/mapping.yaml"] = mapping.source.encode()
    return files


def _manifest(
    contents: EvidenceContents,
    asked: PackRequest,
    now: datetime,
    kept: AuditAnchoring,
    head: AuditHead,
    entries: tuple[AuditText, ...],
    anchors: KeptAnchors,
    files: Mapping[str, bytes],
) -> Manifest:
    chain = "not checked"
    if entries and head.seq - entries[0].seq < MAX_CHAIN:
        chain = "sound" if kept.anchors.is_sound(entries[0].seq, head) else "broken"
    return Manifest(
        measure=contents.measure,
        as_of=contents.as_of,
        known_at=timestamp_text(contents.known_at),
        made_at=timestamp_text(now),
        made_by=asked.by,
        seen_as=asked.viewer.login or asked.viewer.name,
        program=version("gatepost"),
        mapping_version=contents.mapping.number if contents.mapping else None,
        policy_version=contents.shown_verdict.policy_version,
        keys=kept.keys.public_keys,
        entries=tuple((one.seq, one.hash) for one in entries),
        head=(head.seq, head.hash),
        chain=chain,
        at_anchors=kept.anchors.hashes({one.seq for one in anchors.anchors}),
        names_left_out=contents.names_left_out,
        left_out=(*contents.left_out, *anchors.left_out),
        files={name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()},
    )


def _record(services: Services, contents: EvidenceContents, asked: PackRequest, digest: str, files: int) -> None:
    key, day = contents.measure["key"], contents.as_of
    detail = {
        "text": f"made an evidence pack of {key} as of {day}", "as_of": day, "manifest_sha256": digest, "files": files,
        "seen_as": asked.viewer.login or asked.viewer.name, "whole_chain": asked.whole_chain,
    }  # fmt: skip
    entry = {"actor": asked.by, "action": "evidence.packed", "subject": contents.measure["id"], "detail": detail}
    with services.engine.begin() as transaction:
        audit.record(transaction, [entry])
