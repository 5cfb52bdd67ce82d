"""What a file would change in the ledger: measures found, changes and totals, rows that match nothing, and problems.

A plan is made twice: for the dry run, and once more within the transaction that posts it, so that what a person has
confirmed is what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Connection

from connector.finance.plan_entries import plan_entries
from connector.finance.post_lines import may_post
from connector.people.permissions import POSTING_ROLES, Viewer
from connector.store.ledger import quarantine
from connector.store.ledger.entries import closed_through
from connector.store.ledger.measure_names import NamedMeasure, measures_by_name, measures_by_title
from connector.store.ledger.quarantine import NewQuarantine, QuarantinedLine
from connector.store.ledger.statements import (
    PostedMeasure,
    keys_of_months,
    known_amounts,
    ledger_totals,
    newer_statements,
    posted_measures,
    with_legal_entity,
)
from governance.ledger import EntryType, LedgerVersion, NewEntry, posting_refusal
from governance.ledger_source import BillLine, FileCell, LedgerSource
from governance.money import Money, Period
from governance.number_words import number_of
from governance.statements import (
    Change,
    ChangeKind,
    StatedAmount,
    Statement,
    TotalChange,
    change_of,
    changes_digest,
    posting_key,
    total_changes,
)
from mapping.imports.cells import folded
from mapping.imports.problems import ProblemCode, Problems
from mapping.imports.profile import Profile
from mapping.imports.stated_lines import StatedLine

NOBODY = quarantine.NOBODY


@dataclass(frozen=True, slots=True)
class Stream:
    """What is stated by one profile, or by one kind of record of a tool."""

    name: str
    """Statements of one stream replace one another."""
    file: str
    sheet: str
    as_of: date
    reason: str
    """Why amounts are corrected."""
    complete: bool = False
    is_bill: bool = False


@dataclass(slots=True)
class ImportPlan:
    """What an import would do; with ``problems`` it does nothing."""

    stream: Stream
    lines: int
    changes: list[Change] = field(default_factory=list)
    quarantined: list[NewQuarantine] = field(default_factory=list)
    new_quarantined: list[NewQuarantine] = field(default_factory=list)
    """Those that nobody has decided on and that do not wait already."""
    overruled: list[Statement] = field(default_factory=list)
    """Those of which a later file states another amount already."""
    totals: tuple[TotalChange, ...] = ()
    problems: Problems = field(default_factory=Problems)
    notes: list[str] = field(default_factory=list)
    same_as: int | None = None
    """The import of the same bytes by the same profile."""

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind is kind for change in self.changes)

    @property
    def by_hand(self) -> int:
        return sum(change.by_hand for change in self.changes)

    @property
    def does_nothing(self) -> bool:
        return not self.new_quarantined and not self.overruled and not any(change.entries for change in self.changes)

    @property
    def digest(self) -> str:
        """Of everything that would be stored."""
        waiting = sorted(
            f"{one.subject}{one.gap}{one.amount.normalize()}{one.currency}" for one in self.new_quarantined
        )
        return sha256("\x1e".join((changes_digest(self.changes), *waiting)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Matches:
    """Subjects of a file and their measures."""

    found: Mapping[str, NamedMeasure]
    several: frozenset[str]


def match_subjects(connection: Connection, shown: Connection, profile: Profile, subjects: Iterable[str]) -> Matches:
    """The measure of each subject among those that ``shown`` shows: as people decided, else as the profile says."""
    wanted = {subject for subject in subjects if subject}
    decided = quarantine.aliases(connection, profile.name)
    codes = {folded(code): name for code, name in profile.subject.codes.items()}
    names: dict[str, str] = {}
    titles: set[str] = set()
    for subject in wanted:
        name = decided.get(folded(subject)) or codes.get(folded(subject))
        if name is None and profile.subject.by == "title":
            titles.add(subject)
        elif name is not None or profile.subject.by in {"key", "id"}:
            names[subject] = name or subject
    by_name = measures_by_name(shown, set(names.values()))
    by_title = measures_by_title(shown, {folded(one) for one in titles})
    candidates = {subject: by_name.get(name, ()) for subject, name in names.items()}
    candidates |= {subject: by_title.get(folded(subject), ()) for subject in titles}
    return Matches(
        {subject: some[0] for subject, some in candidates.items() if len(some) == 1},
        frozenset(subject for subject, some in candidates.items() if len(some) > 1),
    )


def plan_lines(
    connection: Connection,
    lines: Sequence[StatedLine],
    profile: Profile,
    stream: Stream,
    *,
    shown: Connection,
    viewer: Viewer | None,
    today: date,
    progress: Callable[[int], None] | None = None,
) -> ImportPlan:
    """The plan of the lines of a file.

    ``shown`` shows the measures that the viewer may see; without a viewer (the command line) nobody's rights count.
    """
    plan = ImportPlan(stream, len(lines))
    numbered = [line for line in lines if profile.entries and line.record]
    lines = [line for line in lines if not (profile.entries and line.record)] if numbered else lines
    matches = match_subjects(connection, shown, profile, {line.subject for line in lines if not line.posting.service})
    statements: list[Statement] = []
    waiting: dict[tuple[str, str, str], list[QuarantinedLine]] = {}
    for line in lines:
        measure = None if line.posting.service else matches.found.get(line.subject)
        gap = line.gap
        if gap == "unallocated" and measure is not None:
            gap = ""
        if not gap and measure is None and not line.posting.service:
            gap = "several" if line.subject in matches.several else "measure"
        source: LedgerSource = FileCell(stream.file, line.cell, stream.sheet)
        if stream.is_bill:
            source = BillLine(stream.file, line.cell)
        if viewer is not None and not gap and not may_post(viewer, measure):
            what = f'for "{line.subject[:80]}"' if measure else "for a service"
            plan.problems.add(
                ProblemCode.REFUSED, line.cell,
                f"Only a controller or the transformation office posts {what}.", "Ask one of them."
            )  # fmt: skip
        elif gap:
            of = (line.subject, gap, line.posting.money.currency)
            waiting.setdefault(of, []).append(QuarantinedLine(line.posting, source, line.record))
        else:
            posting = replace(line.posting, measure=measure.id) if measure else line.posting
            key = posting_key(stream.name, folded(line.subject), posting, line.record)
            statements.append(Statement(key, posting, source))
    plan.quarantined = [NewQuarantine(*key, tuple(some)) for key, some in waiting.items()]
    if plan.quarantined and viewer is not None and not viewer.holds_everywhere(POSTING_ROLES):
        for one in plan.quarantined:
            plan.problems.add(
                ProblemCode.NO_SUBJECT, "", f'"{one.subject[:80]}" matches no measure that you may see.',
                "Ask a controller of the whole organisation to import the file.",
            )  # fmt: skip
    plan.new_quarantined = quarantine.unknown_only(connection, stream.name, plan.quarantined)
    if numbered:
        _plan_numbered(connection, plan, numbered, profile, shown, viewer)
    plan_statements(connection, plan, statements, today=today, progress=progress)
    return plan


def _plan_numbered(
    connection: Connection,
    plan: ImportPlan,
    lines: Sequence[StatedLine],
    profile: Profile,
    shown: Connection,
    viewer: Viewer | None,
) -> None:
    """Rows that name an entry, into ``plan``."""
    stream = plan.stream
    matches = match_subjects(connection, shown, profile, {line.subject for line in lines})
    subjects = {subject: measure.id for subject, measure in matches.found.items()}
    changes = plan_entries(
        connection, lines, subjects, plan.problems, file=stream.file, sheet=stream.sheet, reason=stream.reason
    )
    posted = {measure.id: measure for measure in matches.found.values()}
    for change in changes:
        measure = posted.get(change.statement.posting.measure)
        if viewer is not None and change.entries and not may_post(viewer, measure):
            plan.problems.add(
                ProblemCode.REFUSED, getattr(change.statement.source, "cell", ""),
                "Only a controller or the transformation office corrects this entry.", "Ask one of them.",
            )  # fmt: skip
    plan.changes += changes


def plan_statements(
    connection: Connection,
    plan: ImportPlan,
    statements: Sequence[Statement],
    *,
    today: date,
    progress: Callable[[int], None] | None = None,
    months: Collection[tuple[LedgerVersion, Period]] = (),
    keep: Collection[str] = (),
    leave_refused: bool = False,
    since: Period | None = None,
) -> dict[str, PostedMeasure]:
    """Compare statements with the ledger, into ``plan``; returns the measures that they are of.

    A complete stream states everything of the months of its statements, and of ``months``; nothing of measures to
    ``keep``, or of months before ``since``, is taken back.  ``leave_refused``: what the ledger does not take is left
    out with a note, and is no problem of the rest.
    """
    stream = plan.stream
    keys = {one.key for one in statements}
    newer = newer_statements(connection, keys, stream.as_of)
    plan.overruled = [one for one in statements if one.key in newer]
    stated = {*months, *((one.posting.version, one.posting.month) for one in statements)}
    gone = keys_of_months(connection, stream.name, stated, stream.as_of) - keys if stated else set()
    if gone and not stream.complete:
        stay = "is not in this file, and stays" if len(gone) == 1 else "are not in this file, and stay"
        plan.notes.append(
            f"{number_of(len(gone), 'amount')} of the same months that earlier files of this profile stated {stay}. "
            "Write complete: true in the profile when a file states everything of its months."
        )
        gone = set()
    known = known_amounts(connection, keys | gone)
    measures = posted_measures(connection, {one.posting.measure for one in statements if one.posting.measure})
    for number, one in enumerate(statements):
        if one.key not in newer:
            plan.changes.append(
                change_of(_placed(one, known.get(one.key), measures), known.get(one.key), stream.reason)
            )
        if progress is not None and number % 5_000 == 0:
            progress(number)
    for key in sorted(gone & set(known)):
        if known[key].posting.measure in keep or (since is not None and known[key].posting.month < since):
            continue
        posting = replace(known[key].posting, money=Money(Decimal(0), known[key].posting.money.currency))
        source = FileCell(stream.file, "not in the file any more", stream.sheet)
        plan.changes.append(change_of(Statement(key, posting, source), known[key], stream.reason))
    measures |= posted_measures(
        connection,
        {one.statement.posting.measure for one in plan.changes if one.statement.posting.measure} - set(measures),
    )
    _refuse(connection, plan, measures, today, leave=leave_refused)
    stated |= {(entry.posting.version, entry.posting.month) for change in plan.changes for entry in change.entries}
    plan.totals = total_changes(plan.changes, ledger_totals(connection, stated))
    return measures


def _placed(one: Statement, known: StatedAmount | None, measures: Mapping[str, PostedMeasure]) -> Statement:
    """With the legal entity: as it was posted before, else the measure's."""
    if one.posting.legal_entity:
        return one
    if known is not None:
        return replace(one, posting=replace(one.posting, legal_entity=known.posting.legal_entity))
    placed = with_legal_entity(NewEntry(one.posting, one.source), measures)
    return one if placed.posting is one.posting else replace(one, posting=placed.posting)


def _refuse(
    connection: Connection, plan: ImportPlan, measures: Mapping[str, PostedMeasure], today: date, *, leave: bool
) -> None:
    """Problems for the entries that the ledger does not take; or they are left out, with a note."""
    own = {one.legal_entity for one in measures.values()}
    named = {entry.posting.legal_entity for change in plan.changes for entry in change.entries}
    closed = closed_through(connection, own | named)
    left: dict[str, list[Change]] = {}
    for change in plan.changes:
        for entry in change.entries:
            if entry.type is EntryType.CORRECTION:
                continue
            measure = measures.get(entry.posting.measure)
            both = {entry.posting.legal_entity, measure.legal_entity if measure else ""}
            last: Period | None = max((closed[one] for one in both if one in closed), default=None)
            refusal = posting_refusal(entry, last, today)
            if refusal is not None and leave:
                left.setdefault(refusal.sentence, []).append(change)
            elif refusal is not None:
                cell = getattr(entry.source, "cell", "")
                plan.problems.add(ProblemCode.REFUSED, cell, refusal.sentence)
    out = {id(change) for some in left.values() for change in some}
    plan.changes = [change for change in plan.changes if id(change) not in out] if out else plan.changes
    for sentence, some in sorted(left.items()):
        told = ", ".join(str(change.statement.source) for change in some[:3])
        plan.notes.append(f"Left out: {told}{f' and {len(some) - 3:,} more' if len(some) > 3 else ''}. {sentence}")
