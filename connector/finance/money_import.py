"""Import a file of money: a dry run, then all of it or nothing; and take an import back as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine

from connector.finance.files.limits import FileRefused
from connector.finance.files.read import read_by_profile
from connector.finance.import_plan import NOBODY, ImportPlan, Stream, plan_lines, plan_statements
from connector.finance.plan_entries import ENTRY_KEY
from connector.people.permissions import Viewer
from connector.store.database import audit
from connector.store.database.row_level_access import read_as
from connector.store.ledger import imports, quarantine
from connector.store.ledger.entries_in_effect import amounts_without, in_effect
from connector.store.ledger.money_sources import FailedFile, end_failed_file, store_failed_file
from connector.store.ledger.quarantine import Quarantined, QuarantinedLine
from connector.store.ledger.statements import LOCK, copy_statements, known_amounts, posted_measures, store_entries
from connector.store.queue.wake_up import Waker
from governance.ledger import NewEntry
from governance.ledger_source import EnteredBy
from governance.money import Money
from governance.number_words import number_of
from governance.statements import Statement, change_of, posting_key
from mapping.imports.cells import folded
from mapping.imports.lines import read_lines
from mapping.imports.profile import Profile
from mapping.imports.stated_lines import FileLines

Progress = Callable[[str, int, int], None]
"""What is done, how far it is, and of how many."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file, its profile, and who imports it."""

    name: str
    content: bytes
    profile: Profile
    source: str
    """The profile as it was written."""
    by: str
    at: datetime
    as_of: date
    viewer: Viewer | None = None
    """``None`` for the command line."""
    run_by: str = ""
    """Who ran the command, where that is another person."""
    lines: FileLines | None = None
    """What was read of it already: a bill."""
    bill: dict[str, object] | None = None
    """What is shown of a bill beside its entries."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was imported, or with problems nothing; ``number`` is 0 when nothing was stored."""

    plan: ImportPlan
    number: int = 0


class NotDecided(ValueError):
    """A decision on an import or on a row in quarantine that cannot be taken; the message says why."""


class MoneyImports:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine, self._waker = engine, waker

    def dry_run(self, given: GivenFile, progress: Progress | None = None) -> ImportPlan:
        """What the file would change; nothing is stored.  Raises FileRefused."""
        found = self._read(given, progress)
        with self._engine.connect() as connection, self._shown(given.viewer, connection) as shown:
            return self._plan(connection, shown, given, found, progress)

    def run(self, given: GivenFile, confirmed: str = "", progress: Progress | None = None) -> ImportResult:
        """Import it.  With ``confirmed`` (the digest of a plan) only when it still changes what was shown.

        Raises FileRefused and NotDecided.
        """
        try:
            found = self._read(given, progress)
        except FileRefused as error:
            self.failed(given.profile.name, given.name, str(error), by=given.by, at=given.at)
            raise
        with self._shown(given.viewer) as shown, self._engine.begin() as transaction:
            transaction.execute(LOCK)
            transaction.execute(imports.LOCK, {"stream": given.profile.name})
            plan = self._plan(transaction, shown or transaction, given, found, progress)
            if plan.problems:
                first, more = next(iter(plan.problems)), plan.problems.count - 1
                told = f"{first} {number_of(more, 'more problem')}." if more else f"{first}"
                store_failed_file(transaction, FailedFile(given.profile.name, given.name, given.by, given.at, told))
                return ImportResult(plan)
            end_failed_file(transaction, given.profile.name, given.name)
            if plan.same_as or plan.does_nothing:
                return ImportResult(plan)
            if confirmed and confirmed != plan.digest:
                raise NotDecided(
                    "The ledger has changed since the preview. Read the preview again, and confirm that one."
                )
            if progress is not None:
                progress("Posting", 0, len(plan.changes))
            return ImportResult(plan, self._store(transaction, given, plan))

    def failed(self, stream: str, file: str, why: str, *, by: str, at: datetime) -> None:
        """Keep for the close that a file which was to be imported could not be read."""
        with self._engine.begin() as transaction:
            store_failed_file(transaction, FailedFile(stream, file, by, at, why))

    def _read(self, given: GivenFile, progress: Progress | None) -> FileLines:
        if given.lines is not None:
            return given.lines
        sheet = read_by_profile(given.name, given.content, given.profile)
        many = len(sheet.rows)
        step = (lambda row: progress("Reading", row, many)) if progress is not None else None
        return read_lines(sheet, given.profile, step)

    def _plan(
        self,
        connection: Connection,
        shown: Connection | None,
        given: GivenFile,
        found: FileLines,
        progress: Progress | None,
    ) -> ImportPlan:
        profile = given.profile
        reason = f"{given.name} states another amount"
        stream = Stream(profile.name, given.name, profile.sheet or "", given.as_of, reason, profile.complete,
                        given.lines is not None)  # fmt: skip
        if found.problems:
            return ImportPlan(stream, len(found.lines), problems=found.problems, notes=found.notes)
        same = imports.same_import(connection, imports.sha256_of(given.content), profile.name, profile.digest)
        if same is not None:
            return ImportPlan(stream, len(found.lines), notes=found.notes, same_as=same)
        many = len(found.lines)
        step = (lambda row: progress("Comparing", row, many)) if progress is not None else None
        plan = plan_lines(
            connection, found.lines, profile, stream, shown=shown or connection, viewer=given.viewer,
            today=given.at.date(), progress=step,
        )  # fmt: skip
        plan.notes = found.notes + plan.notes
        return plan

    def _store(self, transaction: Connection, given: GivenFile, plan: ImportPlan) -> int:
        stored = imports.save_profile(transaction, given.profile.name, given.profile.digest, given.source, given.by)
        sha256 = imports.keep_file(transaction, given.name, given.content)
        entries = [entry for change in plan.changes for entry in change.entries]
        report = {
            "notes": plan.notes,
            "totals": [
                [
                    one.of.version.value,
                    str(one.of.month),
                    one.of.kind.value,
                    one.of.currency,
                    f"{one.before:f}",
                    f"{one.after:f}",
                ]
                for one in plan.totals
            ],
            **({"bill": given.bill} if given.bill is not None else {}),
        }
        number = imports.add_import(
            transaction, stream=given.profile.name, file=given.name, sha256=sha256, as_of=given.as_of, lines=plan.lines,
            entries=len(entries), by=given.by, at=given.at, profile=(stored.number, stored.digest), report=report,
        )  # fmt: skip
        _keep_statements(transaction, number, plan)
        if plan.stream.is_bill and given.lines is not None:
            months = {line.posting.month for line in given.lines.lines}
            quarantine.end_allocated(transaction, given.profile.name, plan.quarantined, months)
        quarantine.add_quarantine(transaction, number, given.profile.name, plan.quarantined, _owner(given), given.at)
        measures = posted_measures(transaction, {one.posting.measure for one in entries if one.posting.measure})
        rows = sum(len(one.lines) for one in plan.quarantined)
        waiting = f", {number_of(rows, 'amount')} in quarantine" if rows else ""
        posted = number_of(len(entries), "entry", "entries")
        told = (
            f"{given.name} imported by the profile {stored.name}, number {stored.number}: "
            f"{posted} of {number_of(plan.lines, 'amount')}{waiting}."
        )
        detail = {"text": told, "import": number, "file": given.name, "sha256": sha256, "profile": stored.name,
                  "profile_number": stored.number, "quarantined": rows, "run_by": given.run_by}  # fmt: skip
        entry = {"actor": given.by, "action": "money.imported", "subject": "ledger", "detail": detail}
        audit.record(transaction, [entry])
        store_entries(
            transaction, entries, measures, self._waker, by=given.by, at=given.at, batch=imports.batch_name(number),
            action="ledger.posted", told=f"{posted} posted by import {number} ({given.name}).",
        )  # fmt: skip
        return number

    @contextmanager
    def _shown(self, viewer: Viewer | None, connection: Connection | None = None) -> Iterator[Connection | None]:
        """What shows the measures that the viewer sees; the given connection for nobody in particular."""
        if viewer is None:
            yield connection
            return
        with read_as(self._engine, viewer) as shown:
            yield shown

    def take_back(self, number: int, reason: str, *, by: str, at: datetime) -> int:
        """Correct every amount to what it would be without the import; returns how many entries.  Raises NotDecided."""
        if not reason.strip():
            raise NotDecided("An import is taken back with a reason: say what was wrong.")
        with self._engine.begin() as transaction:
            transaction.execute(LOCK)
            known = next(iter(imports.read_imports(transaction, number=number)), None)
            if known is None:
                raise NotDecided(f"There is no import {number}.")
            transaction.execute(imports.LOCK, {"stream": known.stream})
            if not imports.mark_taken_back(transaction, number, by, at, reason.strip()):
                raise NotDecided(f"Import {number} was taken back already.")
            wanted = imports.statements_without(transaction, number)
            held = known_amounts(transaction, set(wanted))
            entries: list[NewEntry] = _entries_back(transaction, wanted, known.batch, by, reason.strip())
            for key, amount in wanted.items():
                if key in held:
                    posting = replace(
                        held[key].posting, money=Money(Decimal(str(amount)), held[key].posting.money.currency)
                    )
                    entries += change_of(Statement(key, posting, EnteredBy(by)), held[key], reason.strip()).entries
            measures = posted_measures(transaction, {one.posting.measure for one in entries if one.posting.measure})
            told = (
                f"Import {number} ({known.file}) taken back: {number_of(len(entries), 'correction')}. {reason.strip()}"
            )
            detail = {"text": told, "import": number, "reason": reason.strip(), "corrections": len(entries)}
            audit.record(
                transaction, [{"actor": by, "action": "money.taken_back", "subject": "ledger", "detail": detail}]
            )
            batch = f"import {number} taken back"
            return store_entries(
                transaction, entries, measures, self._waker, by=by, at=at, batch=batch, action="ledger.corrected",
                told=told,
            )  # fmt: skip

    def resolve(self, number: int, measure: str, *, by: str, at: datetime, note: str = "") -> int:
        """Post what waits for a measure, by its id, and remember what the name means.  Raises NotDecided."""
        with self._engine.begin() as transaction:
            transaction.execute(LOCK)
            row, lines = _open_row(transaction, number)
            if row.gap in {"month", "currency"}:
                raise NotDecided(f"{row.sentence}: correct the file and import it again, or dismiss the row.")
            transaction.execute(imports.LOCK, {"stream": row.stream})
            known = next(iter(imports.read_imports(transaction, number=row.import_id)))
            stream = Stream(row.stream, row.file, "", known.as_of, f"{row.file} states another amount")
            plan = ImportPlan(stream, len(lines))
            plan_statements(transaction, plan, _statements(row, lines, measure), today=at.date())
            if plan.problems:
                raise NotDecided(" ".join(str(one) for one in list(plan.problems)[:5]))
            entries = [entry for change in plan.changes for entry in change.entries]
            quarantine.decide(transaction, number, "resolved", by=by, at=at, reason=note, measure=measure)
            if row.subject:
                quarantine.remember(transaction, row.stream, folded(row.subject), measure, by, at)
            _keep_statements(transaction, row.import_id, plan)
            imports.count_entries(transaction, row.import_id, len(entries))
            told = f"{row.name} of {row.file} is {measure}: {number_of(len(entries), 'entry', 'entries')}."
            detail = {"text": told, "import": row.import_id, "quarantine": number, "reason": note}
            audit.record(transaction, [{"actor": by, "action": "money.resolved", "subject": measure, "detail": detail}])
            return store_entries(
                transaction, entries, posted_measures(transaction, {measure}), self._waker, by=by, at=at,
                batch=known.batch, action="ledger.posted", told=told,
            )  # fmt: skip

    def dismiss(self, number: int, reason: str, *, by: str, at: datetime) -> None:
        """Leave out what waits, with a reason.  Raises NotDecided."""
        if not reason.strip():
            raise NotDecided("A row is dismissed with a reason: say why it is no money of a measure.")
        with self._engine.begin() as transaction:
            row, _ = _open_row(transaction, number)
            quarantine.decide(transaction, number, "dismissed", by=by, at=at, reason=reason.strip())
            told = f"{row.name} of {row.file} dismissed: {Money(row.amount, row.currency)}. {reason.strip()}"
            detail = {"text": told, "import": row.import_id, "quarantine": number, "reason": reason.strip()}
            audit.record(
                transaction, [{"actor": by, "action": "money.dismissed", "subject": "ledger", "detail": detail}]
            )

    def assign(self, number: int, owner: str, *, by: str, due: date | None = None) -> None:
        """Give a row to somebody, perhaps with another deadline.  Raises NotDecided."""
        if not owner.strip():
            raise NotDecided("Name who decides on the row.")
        with self._engine.begin() as transaction:
            row, _ = _open_row(transaction, number)
            quarantine.assign(transaction, number, owner.strip()[:200], due)
            detail = {"text": f"{row.name} of {row.file} given to {owner.strip()[:200]}.", "quarantine": number}
            audit.record(
                transaction, [{"actor": by, "action": "money.assigned", "subject": "ledger", "detail": detail}]
            )


def _entries_back(
    transaction: Connection, wanted: Mapping[str, object], batch: str, by: str, reason: str
) -> list[NewEntry]:
    """What takes back the corrections of entries that rows named by their numbers."""
    numbers = {int(key.removeprefix(ENTRY_KEY)) for key in wanted if key.startswith(ENTRY_KEY)}
    if not numbers:
        return []
    before = amounts_without(transaction, numbers, batch)
    found: list[NewEntry] = []
    for number, one in in_effect(transaction, numbers).items():
        right = Money(before[number], one.entry.posting.money.currency)
        statement = Statement(f"{ENTRY_KEY}{number}", replace(one.entry.posting, money=right), EnteredBy(by))
        change = change_of(statement, one.stated, reason)
        found += [replace(entry, statement=one.entry.statement) for entry in change.entries]
    return found


def _owner(given: GivenFile) -> str:
    return given.viewer.login if given.viewer is not None else NOBODY


def _open_row(transaction: Connection, number: int) -> tuple[Quarantined, tuple[QuarantinedLine, ...]]:
    found = quarantine.read_quarantine(transaction, number)
    if found is None:
        raise NotDecided(f"There is no row {number} in quarantine.")
    if found[0].state != "open":
        raise NotDecided(f"Row {number} is {found[0].state} already.")
    return found


def _statements(row: Quarantined, lines: tuple[QuarantinedLine, ...], measure: str) -> list[Statement]:
    found: dict[str, Statement] = {}
    for line in lines:
        posting = replace(line.posting, measure=measure, service="")
        key = posting_key(row.stream, folded(row.subject), posting, line.record)
        if key in found:
            posting = replace(posting, money=found[key].posting.money + posting.money)
        found[key] = Statement(key, posting, line.source)
    return list(found.values())


def _stated(plan: ImportPlan) -> Iterator[Statement]:
    """All of them; of rows that name an entry only those that changed it, because they state nothing of a stream."""
    for change in plan.changes:
        if change.entries or not change.statement.key.startswith(ENTRY_KEY):
            yield change.statement


def _keep_statements(transaction: Connection, number: int, plan: ImportPlan) -> None:
    copy_statements(
        transaction,
        number,
        (
            (one.key, one.posting.money.amount, one.posting.version, one.posting.month)
            for one in (*_stated(plan), *plan.overruled)
        ),
    )
