"""``gatepost money lock-budget``: take a validated saving out of a cost centre's budget; a second person agrees."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.secret_input import TOKEN, read_secret
from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.finance.budget_lock import validated_of
from connector.finance.ledger_lines import WrongLine, money_of
from connector.finance.post_lines import may_post
from connector.people.permissions import TokenScope
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.ledger.measure_names import NamedMeasure, measures_by_name
from governance.budget_lock import BudgetLock, BudgetLockStep, RefusedLock
from governance.money import Period
from governance.month_close import Signer


def lock_budget(
    measure: Annotated[str, typer.Argument(help="Key or id of the measure; leave out to show what waits")] = "",
    cost_centre: Annotated[str, typer.Option(help="Cost centre whose budget gets smaller")] = "",
    first: Annotated[str, typer.Option(help="First of twelve months: 2027-01")] = "",
    amount: Annotated[str, typer.Option(help='Of each month: "500.00 EUR"')] = "",
    reason: Annotated[str, typer.Option(help="What saving it is")] = "",
    agree: Annotated[int, typer.Option(help="Agree to what somebody else prepared: its number")] = 0,
    refuse: Annotated[int, typer.Option(help="Refuse it, or withdraw your own: its number")] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option(help=f"File with your API token of the scope money:write; {TOKEN} by default, else asked for"),
    ] = None,
) -> None:
    """Take a validated saving out of a cost centre's budget for twelve months; a second person agrees to it."""
    with bootstrap(Settings(), application="gatepost money") as services:
        locks, now = services.budget_locks, datetime.now(UTC)
        validated = partial(validated_of, services, now=now)
        if agree or refuse:
            number = agree or refuse
            waiting = next((one for one in locks.waiting() if one.id == number), None)
            if waiting is None:
                raise ConfigurationError(
                    f"No lock {number} waits.", remedy=Remedy(command="gatepost money lock-budget shows what does.")
                )
            by = _signer(services, token_file, _named(services, waiting.lock.measure))
            step = locks.agree(number, validated, by=by, now=now) if agree else locks.refuse(number, by=by, now=now)
            typer.echo(_told(_taken(step)))
            return
        if not measure:
            for one in locks.waiting():
                typer.echo(f"{one.id}: {one.lock.text}, prepared by {one.by.login}: {one.lock.reason}")
            return
        named = _named(services, measure)
        lock = _lock(named.id, cost_centre, first, amount, reason)
        by = _signer(services, token_file, named)
        step = _taken(locks.prepare(lock, validated, by=by, now=now))
    typer.echo(f"{_told(step)} A second person agrees on the page Money, or with")
    typer.echo(f"gatepost money lock-budget --agree {step.id}.")


def _lock(measure: str, cost_centre: str, first: str, amount: str, reason: str) -> BudgetLock:
    number, _, currency = amount.strip().partition(" ")
    try:
        month, money = Period.parse(first), money_of(number, currency.strip())
    except WrongLine as error:
        raise ConfigurationError(f"--amount: {error}. Write it as 500.00 EUR.") from None
    except ValueError:
        raise ConfigurationError(f'--first: "{first}" is no month; write 2027-01.') from None
    if not cost_centre.strip():
        raise ConfigurationError("Name the cost centre with --cost-centre.")
    return BudgetLock(measure, cost_centre.strip(), month, money, reason.strip())


def _named(services: Services, name: str) -> NamedMeasure:
    with services.engine.connect() as connection:
        found = measures_by_name(connection, {name}).get(name, ())
    if len(found) != 1:
        raise ConfigurationError(f'"{name}" names {"no measure" if not found else "several measures: write the id"}.')
    return found[0]


def _signer(services: Services, token_file: Path | None, measure: NamedMeasure) -> Signer:
    """Raises ConfigurationError when the token is not good, or its person posts no money of this measure."""
    token = read_secret(token_file, TOKEN, prompt="Your API token")
    viewer = services.tokens.viewer(token or "", now=datetime.now(UTC))
    if viewer is None or TokenScope.MONEY_WRITE not in viewer.scopes:
        raise ConfigurationError(
            "A budget is changed with your own API token of the scope money:write, and this is none. Create one on the "
            "page Account."
        )
    if not may_post(viewer, measure):
        raise ConfigurationError(f"{viewer.login} needs the role controller or office for {measure.key}.")
    return Signer(viewer.login, viewer.person)


def _taken(step: BudgetLockStep | RefusedLock) -> BudgetLockStep:
    if isinstance(step, RefusedLock):
        raise ConfigurationError(step.sentence)
    return step


def _told(step: BudgetLockStep) -> str:
    entries = f", {step.entries:,} entries of the budget corrected" if step.entries else ""
    return f"{step.lock.text}: {step.kind.value}{entries}."
