"""Budget locks: savings that are taken out of a cost centre's budget, proposed by one person and agreed by another."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.finance.budget_lock import validated_of
from connector.finance.ledger_lines import WrongLine, money_of
from connector.finance.post_lines import may_post
from connector.people.permissions import Action, TokenScope
from connector.store.ledger.measure_names import NamedMeasure, measures_by_name
from governance.budget_lock import BudgetLock, BudgetLockStep, LockStepKind, RefusedLock
from governance.money import Period
from governance.month_close import Signer
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2027-01"])]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]


class BudgetLockModel(Model):
    number: int
    kind: LockStepKind
    answers: int | None = Field(description="The number of what it agrees to or refuses.")
    waits: bool = Field(description="A second person has to answer it.")
    measure: str = Field(description="Id of the measure.")
    key: str
    cost_centre: str
    first: Month = Field(description="The first of twelve months.")
    last: Month
    amount: Amount = Field(description="Of each month.")
    reason: str
    by: str
    at: datetime
    entries: int = Field(description="How many entries of the budget it corrected.")


class BudgetLockList(Model):
    items: list[BudgetLockModel] = Field(description="The newest first.")


class NewBudgetLock(Model):
    measure: Text = Field(description="Key or id of the measure.")
    cost_centre: Text
    first: Month = Field(description="The first of twelve months; it may not have begun.")
    amount: Amount = Field(description="Of each month, at most what is validated.")
    reason: Text


def list_locks(call: ApiCall) -> BudgetLockList:
    steps = call.services.budget_locks.steps()
    with call.services.read_as(call.viewer) as connection:
        found = measures_by_name(connection, {one.lock.measure for one in steps})
    mine = {name: seen[0] for name, seen in found.items() if seen and may_post(call.viewer, seen[0])}
    waiting = {one.id for one in call.services.budget_locks.waiting()}
    return BudgetLockList(
        items=[
            _model(one, mine[one.lock.measure].key, waits=one.id in waiting)
            for one in steps
            if one.lock.measure in mine
        ]
    )


def propose_lock(call: ApiCall) -> BudgetLockModel:
    sent = call.body_as(NewBudgetLock)
    named = _named(call, sent.measure)
    try:
        amount = money_of(sent.amount.amount, sent.amount.currency or "")
    except WrongLine as error:
        raise Problem(422, f"amount: {error}.", "Write it as 500.00 with a currency such as EUR.") from None
    lock = BudgetLock(named.id, sent.cost_centre.strip(), Period.parse(sent.first), amount, sent.reason.strip())
    now = system_clock()
    validated = partial(validated_of, call.services, now=now)
    step = call.services.budget_locks.prepare(lock, validated, by=_signer(call), now=now)
    return _answered(step, named, waits=True)


def agree_to_lock(call: ApiCall) -> BudgetLockModel:
    number, named = _waiting(call)
    now = system_clock()
    validated = partial(validated_of, call.services, now=now)
    return _answered(call.services.budget_locks.agree(number, validated, by=_signer(call), now=now), named)


def refuse_lock(call: ApiCall) -> BudgetLockModel:
    number, named = _waiting(call)
    return _answered(call.services.budget_locks.refuse(number, by=_signer(call), now=system_clock()), named)


def _waiting(call: ApiCall) -> tuple[int, NamedMeasure]:
    number = call.number_parameter("number")
    step = next((one for one in call.services.budget_locks.waiting() if one.id == number), None)
    if step is None:
        raise Problem(404, f"No lock {number} waits.", "GET /api/v1/budget-locks shows what does.")
    return number, _named(call, step.lock.measure)


def _named(call: ApiCall, name: str) -> NamedMeasure:
    with call.services.read_as(call.viewer) as connection:
        found = measures_by_name(connection, {name}).get(name, ())
    if len(found) > 1:
        told = ", ".join(one.id for one in found)
        raise Problem(409, f'"{name}" is the key of several measures.', f"Give one of {told}.")
    if not found or not may_post(call.viewer, found[0]):
        raise Problem(404, f'There is no measure "{name}" for which you may post.')
    return found[0]


def _signer(call: ApiCall) -> Signer:
    return Signer(call.viewer.login, call.viewer.person)


def _answered(step: BudgetLockStep | RefusedLock, named: NamedMeasure, *, waits: bool = False) -> BudgetLockModel:
    if isinstance(step, RefusedLock):
        raise Problem(409, step.sentence)
    return _model(step, named.key, waits=waits)


def _model(step: BudgetLockStep, key: str, *, waits: bool) -> BudgetLockModel:
    lock = step.lock
    return BudgetLockModel(
        number=step.id, kind=step.kind, answers=step.answers, waits=waits, measure=lock.measure, key=key,
        cost_centre=lock.cost_centre, first=str(lock.first), last=str(lock.last),
        amount=Amount(amount=f"{lock.amount.amount:f}", currency=lock.amount.currency), reason=lock.reason,
        by=step.by.login, at=step.at, entries=step.entries,
    )  # fmt: skip


TAG = "budget locks"
NUMBER = PathParameter("number", "the number of what waits", int)
MISSING = {404: "Nothing waits under this number for somebody of the caller's part."}

OPERATIONS = (
    Operation(
        "GET", "/budget-locks", TAG, "List savings that are taken out of budgets", list_locks, BudgetLockList,
        action=Action.POST_MONEY, description="Of the measures that the caller may post for.",
        scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/budget-locks", TAG, "Propose to take a saving out of a budget", propose_lock, BudgetLockModel,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewBudgetLock,
        problems={404: "There is no such measure.", 409: "It cannot be taken out; the problem says why."},
    ),
    Operation(
        "POST", "/budget-locks/{number}/agree", TAG, "Agree to what somebody else proposed", agree_to_lock,
        BudgetLockModel, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, path_parameters=(NUMBER,),
        problems=MISSING | {409: "The caller may not agree; the problem says why."},
    ),
    Operation(
        "POST", "/budget-locks/{number}/refuse", TAG, "Refuse or withdraw what was proposed", refuse_lock,
        BudgetLockModel, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, path_parameters=(NUMBER,),
        problems=MISSING | {409: "It was answered already."},
    ),
)  # fmt: skip
