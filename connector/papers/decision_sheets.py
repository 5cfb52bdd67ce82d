"""The sheets of who decided what, and what keeps gates shut: blockers, decisions, and an extract of the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from connector.papers.audit_sentences import sentence_of
from connector.papers.measure_columns import stage_label
from connector.papers.report import BATCH_ROWS, Report
from connector.papers.sheet import Cell, Column, Sheet
from connector.store.database.audit import AuditEntry, search
from connector.store.measures.command_list import rulings_of
from governance.capital import capitalised

AUDIT_ROWS = 10_000
"""Entries of the extract, the newest ones."""
ASSESSED = "measure.assessed"
"""Written with every assessment that comes out otherwise: what it says stands in the other sheets."""

BLOCKER_COLUMNS = (
    Column("Measure", 12), Column("Title", 36), Column("Gate", 16), Column("What is missing", 60),
    Column("Who must act", 30), Column("Since", 17), Column("Code", 24),
)  # fmt: skip
DECISION_COLUMNS = (
    Column("Measure", 12), Column("Decided", 17), Column("Person", 24), Column("Role", 14), Column("Command", 14),
    Column("Stage", 16), Column("Reason", 50), Column("Ruling", 11), Column("Ruled on", 17), Column("Meeting", 12),
    Column("Minutes", 20),
)  # fmt: skip
AUDIT_COLUMNS = (
    Column("Entry", 9), Column("Time", 17), Column("Who", 24), Column("Measure", 12), Column("What was done", 70),
    Column("Policy", 14), Column("Hash", 66),
)  # fmt: skip


def write_blockers(report: Report, sheet: Sheet, keys: Mapping[str, str], native: bool) -> None:
    """One row for each condition that keeps the next gate of a listed measure shut."""
    sheet.title(
        "Gates and blockers", report.as_of, "Times are UTC. The state of each gate stands on the sheet Measures."
    )
    sheet.headings(BLOCKER_COLUMNS, freeze=2)
    sheet.write_list("GatesAndBlockers", "blockers", BLOCKER_COLUMNS, _blockers(report, keys), native=native)


def _blockers(report: Report, keys: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
    for ids in _batches(keys):
        for row in report.lists.blockers(ids):
            one = row.blocker
            yield (
                row.key, row.title, stage_label(one.stage, report.stages), capitalised(one.reason or one.sentence),
                one.who, one.since, one.code,
            )  # fmt: skip


def write_decisions(report: Report, sheet: Sheet, keys: Mapping[str, str], native: bool) -> None:
    """What people decided on the listed measures with commands, and how each was ruled on."""
    sheet.title("Decisions", report.as_of, "Times are UTC. A refused command changed nothing.")
    sheet.headings(DECISION_COLUMNS, freeze=1)
    sheet.write_list("Decisions", "decisions", DECISION_COLUMNS, _decisions(report, keys), native=native)


def _decisions(report: Report, keys: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
    until = report.on.at if report.on else None
    for ids in _batches(keys):
        for row in rulings_of(report.connection, ids, until):
            stage = stage_label(row["stage"], report.stages) if row["stage"] else ""
            yield (
                keys[row["measure_id"]], row["given_at"], row["person"], row["role"], row["verb"], stage, row["reason"],
                row["state"], row["ruled_at"], row["met_on"], row["minutes"],
            )  # fmt: skip


def write_audit(report: Report, sheet: Sheet, keys: Mapping[str, str], native: bool) -> None:
    """The newest entries of the audit about the listed measures, each with its hash in the chain."""
    sheet.title(
        "Audit extract",
        f"{report.as_of} Times are UTC.",
        f"The newest {AUDIT_ROWS:,} entries about the listed measures, without assessments. The page Audit has all.",
    )
    head = sheet.row
    sheet.headings(AUDIT_COLUMNS, freeze=1)
    for entry in _entries(report, keys):
        sheet.write(
            (
                entry.seq, entry.at, entry.actor, keys[entry.subject], capitalised(sentence_of(entry)),
                entry.policy_version, entry.hash,
            )
        )  # fmt: skip
    sheet.filters("AuditExtract", head, AUDIT_COLUMNS, native=native)


def _entries(report: Report, keys: Mapping[str, str]) -> Iterator[AuditEntry]:
    # The whole portfolio is not named measure by measure.
    subjects: Sequence[str] = sorted(keys) if report.filters else ()
    until, after, found = (report.on.at if report.on else None), None, 0
    while found < AUDIT_ROWS:
        page = search(
            report.connection, subjects=subjects, without=(ASSESSED,), until=until, after=after, limit=BATCH_ROWS
        )
        for entry in page:
            if entry.subject in keys and found < AUDIT_ROWS:
                found += 1
                yield entry
        if len(page) < BATCH_ROWS:
            return
        after = page[-1].seq


def _batches(keys: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    rest = iter(keys)
    while batch := tuple(islice(rest, BATCH_ROWS)):
        yield batch
