"""``gatepost money close`` and its kin: what is not done of a month, and the two people who sign it.

Who signs is known by an API token of their own: who runs the command is no person of Gatepost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.secret_input import TOKEN, read_secret
from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.finance.ledger_lines import WrongLine, money_of
from connector.finance.post_lines import may_close
from connector.measures.usable_rates import reporting_of
from connector.people.permissions import TokenScope
from connector.remedy import Remedy
from connector.settings import Settings
from governance.capital import capitalised
from governance.money import Money, Period
from governance.month_close import CloseStep, RefusedStep, Signer
from governance.rates import Reporting
from governance.time_text import month_text

SignerToken = Annotated[
    Path | None,
    typer.Option(help=f"File with your API token of the scope money:write; {TOKEN} by default, else asked for"),
]
LegalEntity = Annotated[str, typer.Option(help="One legal entity; all together by default")]
Month = Annotated[str, typer.Argument(help="2026-10")]
StepNumber = Annotated[int, typer.Argument(help="Number of what waits, as gatepost money close shows it")]


def close(
    month: Month,
    legal_entity: LegalEntity = "",
    prepare: Annotated[bool, typer.Option("--prepare", help="Prepare the close, for somebody else to review")] = False,
    reason: Annotated[str, typer.Option(help="Why it is closed with lines that are not done")] = "",
    gl_cost: Annotated[str, typer.Option(help='Cost of the month in the general ledger: "1200.50 EUR"')] = "",
    token_file: SignerToken = None,
) -> None:
    """Show what is not done of a month, or prepare its close for a second person to accept."""
    period, stated = _period(month), _gl_cost(gl_cost)
    with bootstrap(Settings(), application="gatepost money") as services:
        reporting = _reporting(services)
        table = Table("What", "Who", "Until", "Keeps it open")
        for item in services.month_close.checklist(period, legal_entity, reporting):
            table.add_row(item.text, item.who, str(item.due), "yes" if item.kind.keeps_open else "no")
        if table.row_count:
            Console(highlight=False).print(table)
        else:
            typer.echo(f"Nothing is left to do of {month_text(period)}.")
        state = services.month_close.state(legal_entity, _now())
        typer.echo(
            f"Closed through {month_text(state.closed_through)}." if state.closed_through else "No month is closed yet."
        )
        if state.waiting is not None:
            waiting = state.waiting
            typer.echo(
                f"{capitalised(waiting.sentence)} waits for a second person: number {waiting.id}, {waiting.by.login}."
            )
        if not prepare:
            return
        by = _signer(services, token_file, legal_entity)
        step = _taken(
            services.month_close.prepare(
                period, legal_entity, reporting, by=by, now=_now(), reason=reason, gl_cost=stated
            )
        )
    typer.echo(
        f"{capitalised(step.sentence)} is prepared with {step.entries:,} entries. A second person accepts it on the"
    )
    typer.echo(f"page Money, or with gatepost money accept {step.id}.")


def accept(number: StepNumber, token_file: SignerToken = None) -> None:
    """Sign the close of a month that somebody else prepared, or accept its reopening."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = _signer(services, token_file, _entity_of(services, number))
        step = _taken(services.month_close.accept(number, _reporting(services), by=by, now=_now()))
    month, entries = month_text(step.month), f"{step.entries:,}"
    typer.echo(f"{month} is {step.kind.value}. The digest of its {entries} entries: {step.ledger_digest}")


def refuse(
    number: StepNumber, reason: Annotated[str, typer.Option(help="Why not")], token_file: SignerToken = None
) -> None:
    """Refuse what somebody prepared, or withdraw what you prepared yourself."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = _signer(services, token_file, _entity_of(services, number))
        step = _taken(services.month_close.refuse(number, reason, by=by, now=_now()))
    typer.echo(f"{capitalised(step.kind.value)}: {month_text(step.month)}.")


def reopen(
    month: Month,
    reason: Annotated[str, typer.Option(help="What cannot be corrected")],
    legal_entity: LegalEntity = "",
    token_file: SignerToken = None,
) -> None:
    """Ask for the last closed month to be open again; a second person accepts it."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = _signer(services, token_file, legal_entity)
        asked = services.month_close.request_reopening(_period(month), legal_entity, reason, by=by, now=_now())
        step = _taken(asked)
    typer.echo(f"{capitalised(step.sentence)} waits for a second person: gatepost money accept {step.id}")


def _signer(services: Services, token_file: Path | None, legal_entity: str) -> Signer:
    """Raises ConfigurationError when the token is not good, or its person may not close this legal entity."""
    token = read_secret(token_file, TOKEN, prompt="Your API token")
    viewer = services.tokens.viewer(token or "", now=_now())
    if viewer is None or TokenScope.MONEY_WRITE not in viewer.scopes:
        raise ConfigurationError(
            "A month is signed with your own API token of the scope money:write, and this is none. Create one on the "
            "page Account."
        )
    if not may_close(viewer, legal_entity):
        what = f"all of {legal_entity}" if legal_entity else "the whole organisation"
        raise ConfigurationError(f"{viewer.login} needs the role controller or office for {what}.")
    return Signer(viewer.login, viewer.person)


def _entity_of(services: Services, number: int) -> str:
    step = services.month_close.step(number)
    if step is None:
        raise ConfigurationError(
            f"There is no step {number}.", remedy=Remedy(command="gatepost money close shows what waits.")
        )
    return step.legal_entity


def _taken(step: CloseStep | RefusedStep) -> CloseStep:
    if isinstance(step, RefusedStep):
        raise ConfigurationError(step.sentence)
    return step


def _gl_cost(text: str) -> Money | None:
    if not text.strip():
        return None
    amount, _, currency = text.strip().partition(" ")
    try:
        return money_of(amount, currency.strip())
    except WrongLine as error:
        raise ConfigurationError(f"--gl-cost: {error}. Write it as 1200.50 EUR.") from None


def _reporting(services: Services) -> Reporting:
    return reporting_of(services.active_config())


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError:
        raise ConfigurationError(f'"{text}" is no month; write 2026-10.') from None


def _now() -> datetime:
    return datetime.now(UTC)
