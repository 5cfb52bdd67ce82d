"""Everything that is known of one measure, read in one transaction as somebody sees it, for its evidence pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services
from connector.measures.known_on import KnownOn, known_details, known_row
from connector.papers.evidence.archive import safe_name
from connector.papers.evidence.plain_json import plain
from connector.people.permissions import Role, Viewer
from connector.store.database.reading import reading
from connector.store.mapping_versions.versions import StoredMapping
from connector.store.measures import evidence_rows as rows
from connector.store.measures.evidence_rows import AuditText, Rows
from connector.store.measures.measure_details import MeasureDetails, measure_details
from connector.store.measures.names_for_viewer import (
    decision_without_names,
    hidden_links,
    visible_names,
    with_visible_names,
)
from governance.gates import Policy
from governance.verdict import Verdict
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies

MAPPING_READERS = (Role.ADMINISTRATOR, Role.OFFICE, Role.OPERATOR)
"""Who reads the mapping whole, as on its page; others get the policy of the measure alone."""
MAX_IMPORTED_BYTES = 300_000_000
"""Of all imported files in one pack."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file of money behind entries of the measure."""

    row: Mapping[Any, Any]
    stored_as: str
    """Its name in the pack; empty for one that is not in it."""
    content: bytes


@dataclass(frozen=True, slots=True)
class EvidenceContents:
    """What goes into the pack, as it was known."""

    measure: Mapping[str, str]
    row: Mapping[Any, Any]
    as_of: str
    known_at: datetime
    details: MeasureDetails
    """With the verdict without names that the reader may not see, as ``verdict`` has it."""
    verdict: Any
    """As JSON, without the names that the reader may not see."""
    facts: Any
    state: Any
    decisions: tuple[Mapping[Any, Any], ...]
    commands: Rows
    meeting_decisions: Rows
    budget_locks: Rows
    ledger: Rows
    imports: tuple[ImportedFile, ...]
    audit: tuple[AuditText, ...]
    mapping: StoredMapping | None
    shows_mapping: bool
    policy: Policy | None
    names_left_out: bool
    left_out: tuple[str, ...]

    @property
    def shown_verdict(self) -> Verdict:
        return self.details.snapshot.verdict


def read_contents(
    services: Services, reader: Connection, viewer: Viewer, row: RowMapping, on: KnownOn | None, now: datetime
) -> EvidenceContents:
    """Of one row of the catalogue.  Raises NotKnownYet."""
    at = on.at if on is not None else now
    details = known_details(reader, known_row(reader, row, on), on) if on is not None else measure_details(reader, row)
    snapshot, name = details.snapshot, row["id"]
    visible = visible_names(
        reader, snapshot.verdict, hidden_links(details.evidence, row["connection"]), everything=viewer.sees_everything
    )

    def without_names(value: object) -> Any:
        return decision_without_names(value, visible, row["connection"])

    verdict = with_visible_names(snapshot.verdict, visible)
    decisions = rows.decisions_until(reader, name, at)
    ledger = rows.ledger_until(reader, name, at)
    imports, left_out = _imports(services, viewer, ledger, at)
    mapping = _mapping(services, snapshot.row, decisions)
    shows_mapping = viewer.sees_everything and viewer.is_any(MAPPING_READERS)
    if mapping is not None and not shows_mapping:
        left_out.append("The mapping itself is not in the pack: the reader may not read it. Its number and digest are.")
    policies = _policies(mapping)
    return EvidenceContents(
        measure={"id": str(name), "key": str(snapshot.row["key"]), "title": str(snapshot.row["title"] or "")},
        row=snapshot.row,
        as_of=on.iso if on is not None else f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        known_at=at,
        details=replace(details, snapshot=replace(snapshot, verdict=verdict)),
        verdict=without_names(plain(verdict)),
        facts=without_names(snapshot.row["facts"]),
        state=without_names(plain(snapshot.state)),
        decisions=tuple(
            {**one, "verdict": without_names(one["verdict"]), "evidence": without_names(one["evidence"])}
            for one in decisions
        ),
        commands=rows.commands_until(reader, name, at),
        meeting_decisions=rows.meeting_decisions_until(reader, name, at),
        budget_locks=rows.budget_locks_until(reader, name, at),
        ledger=ledger,
        imports=imports,
        audit=rows.audit_until(reader, name, at, decisions),
        mapping=mapping,
        shows_mapping=shows_mapping,
        policy=policies.of(snapshot.measure, snapshot.plan) if policies else None,
        names_left_out=not visible.everything,
        left_out=tuple(left_out),
    )


def _mapping(services: Services, row: Mapping[Any, Any], decisions: Rows) -> StoredMapping | None:
    """The version in force: of a past day as that day says, today the one that the verdict was made under."""
    number = row.get("mapping_version")
    if number is None:
        active = services.mappings.active()
        number = active.number if active else decisions[-1]["mapping_version"] if decisions else None
    return services.mappings.get(int(number)) if number is not None else None


def _policies(mapping: StoredMapping | None) -> Policies | None:
    """``None`` also for a version that this release does not read any more."""
    loaded = load_mapping(mapping.source) if mapping is not None else None
    return Policies(loaded.config) if isinstance(loaded, LoadedMapping) else None


def _imports(
    services: Services, viewer: Viewer, ledger: Rows, at: datetime
) -> tuple[tuple[ImportedFile, ...], list[str]]:
    """A file holds lines of every measure that it is about: only whoever sees all of them gets its bytes."""
    found: list[ImportedFile] = []
    left_out: list[str] = []
    left = MAX_IMPORTED_BYTES
    with reading(services.engine) as connection:
        for row in rows.imports_behind(connection, {str(one["batch"]) for one in ledger}, at):
            stored_as, content, size = "", b"", row["size"] or 0
            what = f"The file of import {row['id']}, {row['file']},"
            if row["sha256"] is None:
                left_out.append(f"Import {row['id']} came from a tool and not from a file: only its entries are kept.")
            elif not viewer.sees_everything:
                left_out.append(f"{what} is not in the pack: it holds lines of measures that the reader may not see.")
            elif size > left:
                left_out.append(f"{what} is not in the pack: it is too large. Its SHA-256 is in imports.json.")
            else:
                stored_as = f"imported/{row['sha256'][:16]}-{safe_name(row['file'])}"
                content, left = rows.file_content(connection, row["sha256"]), left - size
            found.append(ImportedFile(row, stored_as, content))
    return tuple(found), left_out
