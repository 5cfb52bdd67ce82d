"""``gatepost money import`` and its kin: files into the ledger, profiles, rows in quarantine, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user
from cli.progress import progress_bar
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.files.limits import FileRefused
from connector.finance.given_file import given_file, proposed_bill_rules, stream_of
from connector.finance.import_plan import ImportPlan
from connector.finance.import_template import write_template
from connector.finance.import_text import import_lines, quarantine_rows, total_rows
from connector.finance.money_import import MoneyImports, NotDecided, Progress
from connector.finance.propose_profile import propose_profile
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.ledger.imports import kept_file, read_imports, read_profile, read_profiles
from connector.store.ledger.quarantine import open_quarantine
from governance.money import Money
from governance.time_text import moment_text
from mapping.imports.given_profiles import GIVEN_PROFILES
from mapping.imports.profile import ProfileProblem, profile_yaml

SHOWN = 20

FileArgument = Annotated[Path, typer.Argument(help="xlsx, xlsm, xlsb, xls, ods or CSV")]


def import_(
    file: FileArgument,
    profile: Annotated[
        str, typer.Option(help="Name of a stored profile, or a YAML file; template by default")
    ] = "template",
    as_of: Annotated[str, typer.Option(help="The day that the file is of, today by default; the newest counts")] = "",
    post: Annotated[bool, typer.Option("--post", help="Post what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what a file would change in the ledger, cell by cell; with --post, change it: all of it or nothing."""
    with bootstrap(Settings(), application="gatepost money") as services:
        with services.engine.connect() as connection:
            found = read_profile(connection, profile) if not _is_file(profile) else None
        by = stated_account(services, as_) if post or as_ else operating_user()
        source = found.source if found is not None else _profile_text(profile)
        imports = MoneyImports(services.engine, services.waker)
        try:
            given = given_file(
                file.name, _bytes(file), source, by=by, at=_now(), as_of=_day(as_of), run_by=operating_user()
            )
        except ProfileProblem as error:
            raise ConfigurationError(f"{profile}: {error}.") from None
        except FileRefused as error:
            if post:
                imports.failed(stream_of(source) or file.name, file.name, str(error), by=by, at=_now())
            raise ConfigurationError(f"{file.name}: {error}") from None
        try:
            with _progress() as progress:
                if post:
                    result = imports.run(given, progress=progress)
                    plan, number = result.plan, result.number
                else:
                    plan, number = imports.dry_run(given, progress), 0
        except (FileRefused, NotDecided) as error:
            raise ConfigurationError(f"{file.name}: {error}") from None
    print_plan(plan)
    if plan.problems:
        some = "1 problem keeps" if plan.problems.count == 1 else f"{plan.problems.count:,} problems keep"
        raise ConfigurationError(f"{some} {file.name} out. Nothing was posted.")
    if number:
        typer.echo(f"Posted as import {number}. Take it back with: gatepost money undo {number} --reason … --as …")
    elif not plan.does_nothing and plan.same_as is None:
        typer.echo("Nothing was posted yet. Post it with --post.")


def profile(
    file: FileArgument,
    out: Annotated[Path | None, typer.Option(help="File to write the profile to")] = None,
    name: Annotated[str, typer.Option(help="Name of the profile; made of the file's name by default")] = "",
    sheet: Annotated[str, typer.Option(help="The sheet to read")] = "",
) -> None:
    """Propose a profile for a file, with what it is unsure of and a preview of what it reads."""
    content = _bytes(file)
    rules = proposed_bill_rules(file.name, content)
    if rules is not None:
        if out is not None:
            out.write_text(rules, encoding="utf-8")
        typer.echo(f"{file.name} is a cloud bill. Say under rules where its charges go:")
        typer.echo(rules)
        return
    try:
        found = propose_profile(file.name, content, name or profile_name(file.stem), sheet or None)
    except FileRefused as error:
        raise ConfigurationError(f"{file.name}: {error}") from None
    if isinstance(found, str):
        raise ConfigurationError(f"{file.name}: {found}")
    text = profile_yaml(found.profile)
    if out is not None:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"Written to {out}.")
    else:
        typer.echo(text)
    typer.echo("Not sure:" if found.unsure else "Sure of everything.")
    for sentence in found.unsure:
        typer.echo(f"  {sentence}")
    preview = Table("Cell", "Of", "Version", "Kind", "Month", "Amount")
    for line in found.read.lines[:SHOWN]:
        posting = line.posting
        month = "" if line.gap == "month" else str(posting.month)
        preview.add_row(
            line.cell, line.subject[:60], posting.version.value, posting.kind.value, month, str(posting.money)
        )
    Console(highlight=False).print(preview)
    typer.echo(
        f"{len(found.read.lines):,} amounts of {found.read.records:,} rows, {found.read.problems.count:,} problems."
    )


def undo(
    number: Annotated[int, typer.Argument(help="Number of the import")],
    reason: Annotated[str, typer.Option(help="What was wrong")],
    as_: InTheNameOf = "",
) -> None:
    """Take an import back as a whole: every amount is corrected to what it would be without it."""
    with bootstrap(Settings(), application="gatepost money") as services:
        try:
            imports = MoneyImports(services.engine, services.waker)
            corrections = imports.take_back(number, reason, by=stated_account(services, as_), at=_now())
        except NotDecided as error:
            raise ConfigurationError(str(error)) from None
    typer.echo(f"Import {number} is taken back: {corrections:,} corrections.")


def imports(
    number: Annotated[int | None, typer.Argument(help="Number of an import, to write its file")] = None,
    out: Annotated[Path | None, typer.Option(help="Where its file is written to")] = None,
    profiles: Annotated[bool, typer.Option("--profiles", help="List the stored profiles")] = False,
) -> None:
    """List imports, or write the file of one as it came."""
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as connection:
        if number is not None and out is not None:
            kept = kept_file(connection, number)
            if kept is None:
                raise ConfigurationError(f"There is no import {number} with a file.")
            out.write_bytes(kept[1])
            typer.echo(f"{kept[0]} written to {out}.")
            return
        if profiles:
            table = Table("Profile", "Number", "By", "When")
            for stored in read_profiles(connection):
                table.add_row(stored.name, str(stored.number), stored.author, moment_text(stored.created_at))
        else:
            table = Table(
                "No.", "File", "Profile", "Of", "Amounts", "Entries", "In quarantine", "By", "When", "Taken back"
            )
            for one in read_imports(connection, number=number):
                table.add_row(
                    str(one.id), one.file, one.stream, str(one.as_of), f"{one.lines:,}", f"{one.entries:,}",
                    f"{one.open_rows:,}", one.imported_by, moment_text(one.imported_at), one.taken_back_by,
                )  # fmt: skip
    Console(highlight=False).print(table)


def quarantine(
    number: Annotated[int | None, typer.Argument(help="Number of a row, to decide on it")] = None,
    measure: Annotated[str, typer.Option(help="Key or id of the measure that it is of")] = "",
    dismiss: Annotated[str, typer.Option(help="Leave it out, for this reason")] = "",
    owner: Annotated[str, typer.Option(help="Give it to somebody")] = "",
    due: Annotated[str, typer.Option(help="With --owner: until when, 2026-12-01")] = "",
    as_: InTheNameOf = "",
) -> None:
    """List the rows of imports that match no measure, by size; or give one a measure, an owner, or a reason."""
    at = _now()
    with bootstrap(Settings(), application="gatepost money") as services:
        decisions = MoneyImports(services.engine, services.waker)
        if number is None:
            with services.engine.connect() as connection:
                _print_quarantine(connection)
            return
        by = stated_account(services, as_) if measure or as_ else operating_user()
        try:
            if measure:
                known = services.measures.find(measure)
                if len(known) != 1:
                    raise ConfigurationError(f'There is no measure "{measure}", or several; give its id.')
                entries = decisions.resolve(number, known[0].id, by=by, at=at)
                typer.echo(f"Row {number} is of {known[0].key}: {entries:,} entries posted.")
            elif dismiss:
                decisions.dismiss(number, dismiss, by=by, at=at)
                typer.echo(f"Row {number} is dismissed.")
            else:
                decisions.assign(number, owner, by=by, due=_day(due) if due else None)
                typer.echo(f"Row {number} is given to {owner}.")
        except NotDecided as error:
            raise ConfigurationError(str(error)) from None


def template(out: Annotated[Path, typer.Argument(help="xlsx file to write")]) -> None:
    """Write a workbook to fill in, with drop-downs of measures, versions and kinds."""
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as connection:
        out.write_bytes(write_template(connection))
    typer.echo(f"Written to {out}. Import it with: gatepost money import {out.name} --post")


def _print_quarantine(connection: object) -> None:
    table = Table("No.", "Row", "Amount", "Months", "Amounts", "File", "Who", "Until")
    for one in open_quarantine(connection):  # type: ignore[arg-type]  # a connection of the engine
        months = f"{one.months[0]} to {one.months[-1]}" if len(one.months) > 1 else str(one.months[0])
        table.add_row(
            str(one.id), one.sentence, str(Money(one.amount, one.currency)), months, f"{one.lines:,}", one.file,
            one.owner, str(one.due_at),
        )  # fmt: skip
    Console(highlight=False).print(table)


def print_plan(plan: ImportPlan) -> None:
    """What a plan would change, with what is wrong."""
    for sentence in import_lines(plan):
        typer.echo(sentence)
    console = Console(highlight=False)
    if plan.problems:
        table = Table("Cell", "What is wrong", "What to do")
        for problem in list(plan.problems)[:SHOWN]:
            table.add_row(problem.cell, problem.sentence, problem.hint)
        console.print(table)
        if plan.problems.count > SHOWN:
            typer.echo(f"and {plan.problems.count - SHOWN:,} more")
        return
    _print_changes(plan, console)
    _print_waiting(plan, console)
    rows = total_rows(plan)
    if rows:
        table = Table("Version", "Month", "Kind", "Ledger before", "Ledger after")
        for row in rows[:100]:
            table.add_row(*row)
        console.print(table)


def _print_changes(plan: ImportPlan, console: Console) -> None:
    changed = [change for change in plan.changes if change.entries]
    if changed:
        table = Table("Cell", "Of", "Version", "Kind", "Month", "Before", "After", "What")
        for change in changed[:SHOWN]:
            posting = change.statement.posting
            cell = getattr(change.statement.source, "cell", str(change.statement.source))
            what = f"{change.kind.value}, corrected by hand before" if change.by_hand else change.kind.value
            table.add_row(
                cell, posting.subject, posting.version.value, posting.kind.value, str(posting.month),
                f"{change.before:,.2f}", f"{change.after:,.2f} {posting.money.currency}", what,
            )  # fmt: skip
        console.print(table)
        if len(changed) > SHOWN:
            typer.echo(f"and {len(changed) - SHOWN:,} more")


def _print_waiting(plan: ImportPlan, console: Console) -> None:
    """What matches nothing, by size."""
    waiting = quarantine_rows(plan)
    if waiting:
        table = Table("Unallocated" if plan.stream.is_bill else "Name", "Why", "Amount", "Share")
        for name, why, amount, share in waiting[:SHOWN]:
            table.add_row(name, why, amount, share)
        console.print(table)
        if len(waiting) > SHOWN:
            typer.echo(f"and {len(waiting) - SHOWN:,} more")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar of what is done, on a terminal."""
    with progress_bar(Console(stderr=True)) as bar:
        tasks: dict[str, object] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)  # type: ignore[arg-type]  # what add_task gave
                tasks.clear()
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)  # type: ignore[arg-type]  # what add_task gave

        yield step


def profile_name(text: str) -> str:
    """A name for a profile, of any text."""
    return (
        "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in text.lower()).strip("-")[:60] or "file"
    )


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _profile_text(name: str) -> str:
    if name in GIVEN_PROFILES:
        return GIVEN_PROFILES[name]
    if not _is_file(name):
        raise ConfigurationError(
            f'There is no profile "{name}".',
            remedy=Remedy(command="Propose one: gatepost money profile FILE --out FILE.yaml"),
        )
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name} cannot be read: {error}") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else _now().date()
    except ValueError:
        raise ConfigurationError(f'"{text}" is no day; write 2026-11-30.') from None


def _now() -> datetime:
    return datetime.now(UTC)
