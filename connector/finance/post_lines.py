"""Post lines into the ledger as somebody: names to measures, who may post for them, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from connector.people.permissions import POSTING_ROLES, Viewer
from connector.store.ledger.entries import LedgerEntries, PostingResult
from connector.store.ledger.measure_names import NamedMeasure, measures_by_name
from governance.ledger import LedgerEntry, NewEntry


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why one line is not posted."""

    position: int
    """Counted from 0."""
    sentence: str


@dataclass(frozen=True, slots=True)
class PostedLines:
    """What was posted, or with ``problems`` nothing."""

    entries: tuple[LedgerEntry, ...] = ()
    problems: tuple[LineProblem, ...] = ()


def may_post(viewer: Viewer, measure: NamedMeasure | None) -> bool:
    """Whether somebody may post for a measure, or (``None``) for what belongs to a service."""
    if measure is None:
        return viewer.holds_everywhere(POSTING_ROLES)
    return any(grant.reaches(measure.hierarchy, measure.legal_entity) for grant in viewer.grants_of(POSTING_ROLES))


def may_close(viewer: Viewer, legal_entity: str) -> bool:
    """Whether somebody may close months of a legal entity, or (empty) of all: it is signed for the whole of it."""
    return viewer.holds_for(POSTING_ROLES, (), legal_entity or None)


def post_lines(
    ledger: LedgerEntries,
    connection: Connection,
    lines: Sequence[NewEntry],
    *,
    viewer: Viewer | None,
    by: str,
    at: datetime,
    batch: str = "",
    dry_run: bool = False,
    run_by: str = "",
) -> PostedLines:
    """Post entries whose ``measure`` is a key or an id.  ``run_by``: who ran a command in the name of ``by``.

    ``connection`` shows the measures that the viewer sees; without a viewer (the command line) nobody's rights count.
    """
    found = measures_by_name(connection, {line.posting.measure for line in lines if line.posting.measure})
    problems, entries = [], []
    for position, line in enumerate(lines):
        name = line.posting.measure
        named = found.get(name, ()) if name else ()
        problem = _problem(name, named, viewer)
        if problem:
            problems.append(LineProblem(position, problem))
        elif name:
            entries.append(replace(line, posting=replace(line.posting, measure=named[0].id)))
        else:
            entries.append(line)
    if problems:
        return PostedLines(problems=tuple(problems))
    return lines_of(ledger.post(entries, by=by, at=at, batch=batch, dry_run=dry_run, run_by=run_by))


def lines_of(result: PostingResult) -> PostedLines:
    """The result with its refusals as sentences."""
    problems = tuple(LineProblem(one.position, one.refusal.sentence) for one in result.refused)
    return PostedLines(result.entries, problems)


def _problem(name: str, named: Sequence[NamedMeasure], viewer: Viewer | None) -> str:
    if name and not named:
        return f'There is no measure "{name}" that you may see.'
    if len(named) > 1:
        ids = ", ".join(one.id for one in named)
        return f'"{name}" is the key of several measures: write one of {ids}.'
    if viewer is not None and not may_post(viewer, named[0] if named else None):
        what = f'for "{name}"' if name else "for a service"
        return f"Only a controller or the transformation office posts {what}: ask one of them, or an administrator."
    return ""
