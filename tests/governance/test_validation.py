"""Validated value: what a controller has signed, by closed month and P&L line, and what ends the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Command, Ruling, Verb
from governance.locked_plan import lock_plan
from governance.measure import Measure
from governance.measure_state import MeasureState
from governance.money import Period
from governance.signature import LineKey
from governance.validation import claimed_of, validation_of
from governance.verdict import Outcome, Verdict
from tests.governance.factory import APPROVALS, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command
from tests.governance.test_latest_estimate import ACTUAL, BENEFIT, CAPEX, PLAN, RUNNING, at
from tests.governance.test_plan_checks import months

Lines = tuple[EffectLine, ...]
OCTOBER, AUGUST, JANUARY = Period(2026, 10), Period(2026, 8), Period(2026, 1)
STEADY = at(PLAN, BENEFIT, months(100))
"""100 EUR a month in 2026."""


def confirm(amount: int, first: Period, last: Period, **more: object) -> Command:
    return new_command("", WEBER, Verb.CONFIRM, amount=eur(amount), first_month=first, month=last, **more)


def lower(amount: int, first: Period, last: Period, **more: object) -> Command:
    facts = {"amount": eur(amount), "first_month": first, "month": last, "text": "no volume"} | more
    return new_command("", WEBER, Verb.CONFIRM_LOWER, **facts)


def judged(some: Lines, *commands: Command, closed: Period | None = None, plan: int = 1, **facts: object) -> Verdict:
    """An implemented measure on 21 November 2026."""
    own: Measure = measure(effects=some, **facts)
    state = MeasureState("implemented", plan=lock_plan(some, NOW - timedelta(days=90), number=plan))
    present = evidence("implemented", "implemented", commands=commands, measure_state=state, closed_through=closed)
    return assess(own, present, POLICY, NOW)


def ruling(verdict: Verdict) -> Ruling:
    found = verdict.commands[-1].ruling
    assert found is not None
    return found


BOOKED = (*STEADY, *at(ACTUAL, BENEFIT, {1: 1_000_000}), *at(ACTUAL, CAPEX, {1: 600_000}))
REVIEW: Mapping[str, tuple[Lines, Command, bool]] = {
    "a benefit less its capex is no validated value": (BOOKED, confirm(400_000, JANUARY, JANUARY), False),
    "a benefit is, and capex is no part of it": (BOOKED, confirm(1_000_000, JANUARY, JANUARY), True),
    "a month of the future": (BOOKED, confirm(400_000, Period(2031, 12), Period(2031, 12)), False),
    "the running month": (
        (*STEADY, *at(ACTUAL, BENEFIT, {11: 100})), confirm(100, Period(2026, 11), Period(2026, 11)), False,
    ),
    "less than is claimed, with a reason": (BOOKED, lower(300_000, JANUARY, JANUARY), True),
    "nothing of nothing": (STEADY, confirm(0, AUGUST, OCTOBER), False),
}  # fmt: skip


@pytest.mark.parametrize(("some", "command", "accepted"), REVIEW.values(), ids=REVIEW)
def test_the_signature_says_the_right_thing(some: Lines, command: Command, accepted: bool) -> None:
    assert ruling(judged(some, command)).accepted is accepted


def test_a_month_that_finance_has_not_closed_is_not_signed() -> None:
    some = (*STEADY, *at(ACTUAL, BENEFIT, months(100, 1, 10)))
    september = Period(2026, 9)
    assert ruling(judged(some, confirm(100, september, september), closed=september)).accepted
    refused = ruling(judged(some, confirm(100, OCTOBER, OCTOBER), closed=september))
    assert refused.reply == (
        "100 EUR for Oct 2026 does not hold: Oct 2026 is not closed: months are closed through Sep 2026 for ACME AG. "
        "Correct form: /confirm 900 EUR 2026-01..2026-09"
    )


def test_claimed_is_the_result_by_month_and_line() -> None:
    soft = EffectLine(Version.ACTUAL, EffectKind.BENEFIT, AUGUST, eur(7), hard=False)
    some = (*at(ACTUAL, BENEFIT, {8: 100}), *at(ACTUAL, RUNNING, {8: 30}), *at(ACTUAL, CAPEX, {8: 50}), soft)
    assert claimed_of(some).lines == {
        LineKey(AUGUST, EffectKind.BENEFIT): Decimal(100),
        LineKey(AUGUST, EffectKind.RECURRING_COST): Decimal(-30),
    }


def test_a_lower_value_is_taken_off_the_benefits_to_the_cent() -> None:
    some = (*STEADY, *at(ACTUAL, BENEFIT, {8: 100, 9: 100, 10: 100}), *at(ACTUAL, RUNNING, {8: 10}))
    signature = ruling(judged(some, lower(190, AUGUST, OCTOBER))).signature
    assert signature is not None
    assert [(line.month.month, line.kind.value, line.claimed, line.validated) for line in signature.lines] == [
        (8, "benefit", 100, Decimal("66.67")),
        (8, "recurring_cost", -10, -10),
        (9, "benefit", 100, Decimal("66.67")),
        (10, "benefit", 100, Decimal("66.66")),
    ]
    assert (signature.claimed, signature.validated) == (eur(290), eur(190))


def signed(some: Lines, *commands: Command) -> tuple[Command, ...]:
    return judged(some, *commands).commands


TEN = (*STEADY, *at(ACTUAL, BENEFIT, months(100, 1, 10)))
ALL = confirm(1000, JANUARY, OCTOBER)
JANUARY_IN_DECEMBER = (*STEADY, *at(ACTUAL, BENEFIT, months(100, 2, 10)), *at(ACTUAL, BENEFIT, {12: 100}))
ENDS: Mapping[str, tuple[Lines, dict[str, Any], str]] = {
    "as it was": (TEN, {}, ""),
    "another month is booked": ((*TEN, *at(ACTUAL, BENEFIT, {11: 100})), {}, ""),
    "capex is booked": ((*TEN, *at(ACTUAL, CAPEX, {3: 900})), {}, ""),
    "an amount moves to another month": (
        (*STEADY, *at(ACTUAL, BENEFIT, months(100, 3, 10) | {1: 50, 2: 150})), {},
        "1,000 EUR is booked for Jan 2026 to Oct 2026 as then, but in other months or lines",
    ),
    "an amount moves out of them": (
        JANUARY_IN_DECEMBER, {}, "1,000 EUR was booked for Jan 2026 to Oct 2026 then, 900 EUR is now",
    ),
    "a cost is booked later": (
        (*TEN, *at(ACTUAL, RUNNING, {4: 1})), {}, "1,000 EUR was booked for Jan 2026 to Oct 2026 then, 999 EUR is now",
    ),
    "another plan is locked": (TEN, {"plan": 2}, "it was signed under plan 1, and plan 2 is locked now"),
    "another baseline": (TEN, {"baseline": eur(1)}, "the baseline is another one now"),
}  # fmt: skip


@pytest.mark.parametrize(("later", "facts", "why"), ENDS.values(), ids=ENDS)
def test_what_ends_a_signature(later: Lines, facts: dict[str, Any], why: str) -> None:
    verdict = judged(later, *signed(TEN, ALL), **facts)
    confirmation = next((one for one in verdict.checklist if one.code == "CONTROLLER_CONFIRM"), None)
    if not why:
        assert confirmation is None or confirmation.outcome is Outcome.MET
    else:
        assert confirmation is not None
        assert confirmation.reason == (
            f"J. Weber gave the confirmation of the actual effect for other facts ({why}): it has to be given again"
        )


CLOSING = {"ACTUALS_MISSING", "VALUE_NOT_REALISED", "CONTROLLER_CONFIRM"}
CLOSES: Mapping[str, tuple[tuple[Command, ...], tuple[str, ...]]] = {
    "every observed month": ((confirm(300, AUGUST, OCTOBER),), ()),
    "each by itself": (tuple(confirm(100, Period(2026, month), Period(2026, month),
                                     source=APPROVALS[0].source._replace(id=str(month))) for month in (8, 9, 10)), ()),
    "two of three": (
        (confirm(200, AUGUST, Period(2026, 9)),), ("J. Weber has not confirmed the actual effect of Oct 2026",),
    ),
    "other months": (
        (confirm(300, Period(2026, 1), Period(2026, 3)),),
        ("J. Weber has not confirmed the actual effect of Aug 2026 to Oct 2026",),
    ),
    "a lower value that is enough": ((lower(270, AUGUST, OCTOBER),), ()),
    "a lower value of one month leaves too little": (
        (confirm(200, AUGUST, Period(2026, 9)), lower(50, OCTOBER, OCTOBER)),
        ("250 EUR of 300 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (83.3%)",),
    ),
    "a lower value of all of them, with its reason, closes at what it says": ((lower(50, AUGUST, OCTOBER),), ()),
    "one P&L line of several": (
        (confirm(300, AUGUST, OCTOBER, pl_line="benefit"),), ("J. Weber has not confirmed the actual effect of Oct 2026",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLOSES)
def test_closing_rests_on_the_months_that_were_validated(case: str) -> None:
    commands, expected = CLOSES[case]
    more = at(ACTUAL, RUNNING, {10: 1}) if case == "one P&L line of several" else ()
    verdict = judged((*TEN, *more), *commands)
    unmet = [one for one in verdict.checklist if one.code in CLOSING and one.outcome is not Outcome.MET]
    assert tuple(one.reason for one in unmet) == expected


def test_what_is_taken_back_opens_a_measure_again_that_was_closed_before_its_benefit_was_planned() -> None:
    """No month is observed: nothing but the lower value closed it."""
    later = at(PLAN, BENEFIT, dict.fromkeys(range(13, 25), 100))
    some = (*later, *at(ACTUAL, BENEFIT, {9: 60}))
    closed = judged(some, lower(50, Period(2026, 9), OCTOBER))
    assert not [one for one in closed.checklist if one.code in CLOSING and one.outcome is not Outcome.MET]
    verdict = judged((*some, *at(ACTUAL, BENEFIT, {11: -10})), *closed.commands)
    (why,) = [one.reason for one in verdict.checklist if one.code == "CONTROLLER_CONFIRM"]
    assert why == "J. Weber has not confirmed the actual effect of Nov 2026"


def test_a_signed_line_leaves_the_other_lines_of_its_month_open() -> None:
    some = (*STEADY, *at(ACTUAL, BENEFIT, {8: 100}), *at(ACTUAL, RUNNING, {8: 10}))
    given = signed(some, confirm(100, AUGUST, AUGUST, pl_line="benefit"))
    found = validation_of(measure(effects=some), lock_plan(some, NOW), given)
    assert (found.validated, found.unvalidated, found.is_covered(AUGUST)) == (100, -10, False)


def test_a_later_signature_of_the_same_month_counts() -> None:
    first = confirm(1000, JANUARY, OCTOBER, at=NOW - timedelta(days=3))
    second = lower(40, OCTOBER, OCTOBER, at=NOW - timedelta(days=2))
    found = validation_of(measure(effects=TEN), lock_plan(TEN, NOW), signed(TEN, first, second))
    assert (found.validated, found.unvalidated) == (940, 0)


def test_what_was_taken_back_or_rejected_afterwards_is_not_validated() -> None:
    no = new_command("closed", WEBER, Verb.REJECT, text="the volumes are wrong", at=NOW - timedelta(hours=1))
    verdict = judged(TEN, ALL, no)
    assert (verdict.figures.validated, verdict.figures.unvalidated) == (eur(0), eur(1000))
    withdrawn = tuple(replace_withdrawn(one) for one in signed(TEN, ALL))
    assert validation_of(measure(effects=TEN), lock_plan(TEN, NOW), withdrawn).validated == 0


def replace_withdrawn(command: Command) -> Command:
    return command._replace(withdrawn=True)


def test_claimed_validated_and_unvalidated_are_three_figures() -> None:
    some = (*TEN, *at(ACTUAL, BENEFIT, {11: 100}), *at(ACTUAL, CAPEX, {2: 70}))
    figures = judged(some, lower(900, JANUARY, OCTOBER)).figures
    assert (figures.claimed, figures.validated, figures.unvalidated) == (eur(1100), eur(900), eur(100))
    assert replace(figures, claimed=None).actual == eur(1030), "capex is in the net, and in no validated value"


def test_without_actuals_there_are_no_such_figures() -> None:
    figures = judged(STEADY).figures
    assert (figures.claimed, figures.validated, figures.unvalidated) == (None, None, None)
    assert lines(Version.PLAN, 1, 1)
