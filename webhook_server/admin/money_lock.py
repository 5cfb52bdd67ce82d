"""The part of ``/money`` that takes a validated saving out of a cost centre's budget."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import system_clock
from connector.finance.budget_lock import validated_of
from connector.finance.ledger_lines import WrongLine, money_of
from connector.finance.post_lines import may_post
from connector.people.permissions import Viewer
from connector.store.ledger.measure_names import NamedMeasure, measures_by_name
from governance.budget_lock import BudgetLock, BudgetLockStep, RefusedLock
from governance.capital import capitalised
from governance.money import Period
from governance.month_close import Signer
from webhook_server.auth import current_viewer
from webhook_server.auth import services as current_services


def lock_data(viewer: Viewer) -> dict[str, Any]:
    """The locks of measures that the viewer may post money of, each with the measure's key."""
    here = current_services()
    steps = here.budget_locks.steps()
    with here.read_as(viewer) as connection:
        found = measures_by_name(connection, {one.lock.measure for one in steps})
    mine = {name: seen[0] for name, seen in found.items() if seen and may_post(viewer, seen[0])}
    answered = {one.answers for one in steps}
    shown = [(one, mine[one.lock.measure].key) for one in steps if one.lock.measure in mine]
    return {
        "lock_steps": shown,
        "locks_waiting": [(one, key) for one, key in shown if one.answers is None and one.id not in answered],
    }


def prepare_lock() -> ResponseReturnValue | str:
    """Ask a second person to agree; a text says why it is not taken."""
    name = _text("lock_measure")
    named = _named(name)
    number, _, currency = request.form.get("amount", "").strip().partition(" ")
    cost_centre, reason = (
        request.form.get(one, "").strip()[:200].replace("\x00", "") for one in ("cost_centre", "why")
    )
    try:
        first, money = Period.parse(request.form.get("first", "")), money_of(number, currency.strip())
    except WrongLine as error:
        return f"Amount of a month: {error}, such as 500.00 EUR."
    except ValueError:
        return "First month: write it as 2027-01."
    if named is None:
        return f'There is no measure "{name}" for which you may post.'
    if not cost_centre:
        return "Name the cost centre."
    lock, now = BudgetLock(named.id, cost_centre, first, money, reason), system_clock()
    validated = partial(validated_of, current_services(), now=now)
    return _answer(current_services().budget_locks.prepare(lock, validated, by=_signer(), now=now))


def agree_to_lock(number: int) -> ResponseReturnValue | str:
    """Agree to what somebody else prepared."""
    _require(number)
    now = system_clock()
    validated = partial(validated_of, current_services(), now=now)
    return _answer(current_services().budget_locks.agree(number, validated, by=_signer(), now=now))


def refuse_lock(number: int) -> ResponseReturnValue | str:
    """Refuse it, or withdraw one's own."""
    _require(number)
    return _answer(current_services().budget_locks.refuse(number, by=_signer(), now=system_clock()))


def _answer(step: BudgetLockStep | RefusedLock) -> ResponseReturnValue | str:
    if isinstance(step, RefusedLock):
        return step.sentence
    flash(f"{capitalised(step.lock.text)}: {step.kind.value}.", "good")
    return redirect(url_for("money.index"), 303)


def _require(number: int) -> None:
    step = next((one for one in current_services().budget_locks.waiting() if one.id == number), None)
    if step is None or _named(step.lock.measure) is None:
        abort(404, "There is no such lock that you may answer.")


def _named(name: str) -> NamedMeasure | None:
    viewer = current_viewer()
    with current_services().read_as(viewer) as connection:
        found = measures_by_name(connection, {name}).get(name, ()) if name else ()
    return found[0] if len(found) == 1 and may_post(viewer, found[0]) else None


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:200].replace("\x00", "")


def _signer() -> Signer:
    viewer = current_viewer()
    return Signer(viewer.login, viewer.person)
