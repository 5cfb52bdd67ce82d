"""``gatepost money``: the ledger and the close of its months."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.money_bill import bill
from cli.money_capitalisation import capitalisation
from cli.money_close import accept, close, refuse, reopen
from cli.money_export import export
from cli.money_fields import fields
from cli.money_hours import hours
from cli.money_import import import_, imports, profile, quarantine, template, undo
from cli.money_lock import lock_budget
from cli.money_sources import card, sources, sweep
from cli.operating_user import operating_user, stated_author
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.ledger_lines import WrongLine, entry_of, money_of, read_csv
from connector.finance.post_lines import LineProblem, PostedLines, lines_of, post_lines
from connector.settings import Settings
from connector.store.ledger.entries import read_entries, related_entries
from governance.ledger import EntryId, LedgerEntry, NewEntry
from governance.ledger_source import EnteredBy, FileCell

app = typer.Typer(help="Money as finance knows it: the ledger, and the close of its months.", no_args_is_help=True)

SHOWN_PROBLEMS = 20


@app.command()
def post(
    file: Annotated[
        Path | None, typer.Argument(help="CSV with the columns measure, version, kind, month, amount, currency, …")
    ] = None,
    measure: Annotated[str, typer.Option(help="Without a file: the measure's key or id")] = "",
    service: Annotated[str, typer.Option(help="In place of a measure: the service that it belongs to")] = "",
    version: Annotated[str, typer.Option(help="budget, plan, forecast, committed or actual")] = "actual",
    kind: Annotated[str, typer.Option(help="benefit, one_off_benefit, recurring_cost, one_off_cost or capex")] = "",
    month: Annotated[str, typer.Option(help="2026-10")] = "",
    amount: Annotated[str, typer.Option(help="Positive; the kind says which way it counts")] = "",
    currency: Annotated[str, typer.Option(help="EUR")] = "",
    type_: Annotated[str, typer.Option("--type", help="posting, credit or accrual")] = "posting",
    cost_centre: Annotated[str, typer.Option(help="Cost centre")] = "",
    gl_account: Annotated[str, typer.Option(help="Account of the general ledger")] = "",
    legal_entity: Annotated[str, typer.Option(help="Legal entity; the measure's own by default")] = "",
    counterparty: Annotated[str, typer.Option(help="The legal entity on the other side")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted, and post nothing")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Post one entry, or all lines of a CSV file; all of them or none.  The file's name is its batch, taken once."""
    if file is not None:
        lines, batch = _lines_of_file(file), file.name
    else:
        values = {
            "measure": measure, "service": service, "version": version, "kind": kind, "month": month, "amount": amount,
            "currency": currency, "type": type_, "cost_centre": cost_centre, "gl_account": gl_account,
            "legal_entity": legal_entity, "counterparty": counterparty,
        }  # fmt: skip
        try:
            lines, batch = [entry_of(values, EnteredBy(stated_author(as_ or None)))], ""
        except WrongLine as error:
            raise ConfigurationError(f"This is no entry: {error}.") from None
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as connection:
        by = operating_user() if dry_run and not as_ else stated_account(services, as_)
        result = post_lines(
            services.ledger, connection, lines, viewer=None, by=by, at=_now(), batch=batch, dry_run=dry_run,
            run_by=operating_user(),
        )  # fmt: skip
        _raise_problems(result, lines)
        _print_entries(result.entries)
    typer.echo(f"{len(result.entries):,} {'would be posted' if dry_run else 'posted'}.")


@app.command()
def entries(measure: Annotated[str, typer.Argument(help="Key or id of the measure")]) -> None:
    """List the ledger of a measure: who posted what, and where it comes from."""
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as connection:
        found = services.measures.find(measure)
        if not found:
            raise ConfigurationError(f'There is no measure "{measure}".')
        _print_entries(tuple(entry for one in found for entry in read_entries(connection, measure=one.id)))


@app.command()
def correct(
    entry: Annotated[int, typer.Argument(help="Number of the entry")],
    amount: Annotated[str, typer.Option(help="The amount that is right")],
    reason: Annotated[str, typer.Option(help="What was wrong")],
    as_: InTheNameOf = "",
) -> None:
    """Correct the amount of an entry, also in a closed month; the entry itself stays as it is."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_)
        with services.engine.connect() as connection:
            related = {one.id: one for one in related_entries(connection, EntryId(entry))}
        known = related.get(EntryId(entry))
        if known is None:
            raise ConfigurationError(f"There is no entry {entry} in the ledger.")
        try:
            right = money_of(amount, known.posting.money.currency)
        except WrongLine as error:
            raise ConfigurationError(f"{error}.") from None
        source = EnteredBy(stated_author(by))
        made = services.ledger.correct(EntryId(entry), right, reason, source, by=by, at=_now(), run_by=operating_user())
        result = lines_of(made)
        _raise_problems(result, ())
        _print_entries(result.entries)


app.command("import")(import_)
for _command in (
    profile, bill, hours, fields, undo, imports, quarantine, template, close, accept, refuse, reopen, capitalisation,
    lock_budget, sweep, sources, card, export,
):  # fmt: skip
    app.command()(_command)


def _lines_of_file(file: Path) -> list[NewEntry]:
    """Raises ConfigurationError with every line that is wrong."""
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read as UTF-8: {error}") from None
    lines, wrong = [], []
    try:
        for number, values in read_csv(content):
            try:
                lines.append(entry_of(values, FileCell(file.name, f"line {number}")))
            except WrongLine as error:
                wrong.append(f"line {number}: {error}")
    except WrongLine as error:
        raise ConfigurationError(f"{file.name}: {error}. Nothing was posted.") from None
    if wrong:
        raise ConfigurationError(f"{file.name}: {_some(wrong)}. Nothing was posted.")
    if not lines:
        raise ConfigurationError(f"{file.name} has no lines. Nothing was posted.")
    return lines


def _raise_problems(result: PostedLines, lines: list[NewEntry] | tuple[()]) -> None:
    if result.problems:
        raise ConfigurationError(f"{_some([_problem(one, lines) for one in result.problems])} Nothing was posted.")


def _problem(problem: LineProblem, lines: list[NewEntry] | tuple[()]) -> str:
    source = lines[problem.position].source if problem.position < len(lines) else None
    return f"{source}: {problem.sentence}" if isinstance(source, FileCell) else problem.sentence


def _some(problems: list[str]) -> str:
    more = len(problems) - SHOWN_PROBLEMS
    return "\n".join(problems[:SHOWN_PROBLEMS]) + (f"\nand {more:,} more" if more > 0 else "")


def _print_entries(found: tuple[LedgerEntry, ...], limit: int = 200) -> None:
    table = Table("No.", "Of", "Version", "Kind", "Month", "Amount", "Type", "Corrects", "From", "By", "Reason")
    for entry in found[:limit]:
        posting = entry.posting
        kind = f"{entry.type.value} after the close" if entry.after_close else entry.type.value
        table.add_row(
            str(entry.id or ""), posting.subject, posting.version.value, posting.kind.value, str(posting.month),
            str(posting.money), kind, str(entry.corrects or ""), str(entry.source), entry.entered_by, entry.reason,
        )  # fmt: skip
    Console(highlight=False).print(table)


def _now() -> datetime:
    return datetime.now(UTC)
