"""What a step is refused for, and which months and lines it is about, to the month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.definitions.steady_state import steady_window
from governance.effects import Account, EffectKind, EffectLine, Version, sum_up
from governance.evidence import Verb
from governance.money import Period
from governance.month_close import CloseRefusal, CloseState, refusal_to_prepare, refusal_to_reopen
from governance.signature import LineKey, SignedLine
from governance.stated_criteria import stated_criteria
from governance.validation import Claimed, Validation, is_named, last_signable
from governance.verdict import EventKind
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, eur, evidence, lines, measure, new_command

AUGUST, SEPTEMBER, OCTOBER = Period(2026, 8), Period(2026, 9), Period(2026, 10)
CLOSED = CloseState("ACME AG", SEPTEMBER, Period(2026, 1))
WITH_ALL = replace(CLOSED, closed_with_all=AUGUST)


@pytest.mark.parametrize(
    ("month", "refusal"),
    [
        pytest.param(SEPTEMBER, CloseRefusal.ALREADY_CLOSED, id="the last closed month"),
        pytest.param(AUGUST, CloseRefusal.ALREADY_CLOSED, id="an older one"),
        pytest.param(OCTOBER, None, id="the next one"),
        pytest.param(Period(2026, 11), CloseRefusal.NOT_OVER, id="a month that goes on"),
    ],
)
def test_why_a_month_cannot_be_closed(month: Period, refusal: CloseRefusal | None) -> None:
    found = refusal_to_prepare(CLOSED, month, date(2026, 11, 30), (), "")
    assert (found.reason if found else None) == refusal
    assert refusal_to_prepare(CLOSED, OCTOBER, date(2026, 10, 31), (), "") is not None, "its last day is not over"


@pytest.mark.parametrize(
    ("state", "month", "refusal", "sentence"),
    [
        (CLOSED, OCTOBER, CloseRefusal.NOT_THE_LAST, "Oct 2026 of ACME AG is not closed."),
        (CloseState("ACME AG"), AUGUST, CloseRefusal.NOT_THE_LAST, "Aug 2026 of ACME AG is not closed."),
        (
            CLOSED, AUGUST, CloseRefusal.NOT_THE_LAST,
            "Only the last closed month can be reopened: Sep 2026 of ACME AG. Or correct the entries.",
        ),
        (
            WITH_ALL, AUGUST, CloseRefusal.NOT_THE_LAST,
            "Aug 2026 is closed for all legal entities together: reopen it for all.",
        ),
        (WITH_ALL, SEPTEMBER, None, ""),
    ],
)  # fmt: skip
def test_why_a_month_cannot_be_reopened(
    state: CloseState, month: Period, refusal: CloseRefusal | None, sentence: str
) -> None:
    found = refusal_to_reopen(state, month, "wrong company code")
    assert (found.reason if found else None, found.sentence if found else "") == (refusal, sentence)


def test_booked_months_up_to_the_last_are_unsigned_until_each_line_is_signed() -> None:
    keys = [LineKey(month, EffectKind.BENEFIT) for month in (AUGUST, SEPTEMBER, OCTOBER)]
    claimed = Claimed("EUR", dict.fromkeys(keys, Decimal(100)))
    signed = {keys[0]: SignedLine(AUGUST, EffectKind.BENEFIT, Decimal(100), Decimal(100), "EUR")}
    found = Validation(claimed, signed=signed)
    assert found.unsigned_months(SEPTEMBER) == [SEPTEMBER]
    assert found.unsigned_months(OCTOBER) == [SEPTEMBER, OCTOBER]
    assert found.unsigned_months(AUGUST) == []
    assert [found.is_covered(month) for month in (AUGUST, SEPTEMBER)] == [True, False]


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [
        ("License_Fees", True),
        ("license fees", True),
        ("one_off_cost", True),
        ("One off cost", True),
        ("license", False),
    ],
)
def test_a_line_is_named_by_its_line_or_kind_in_any_writing(name: str, is_meant: bool) -> None:
    assert is_named(LineKey(AUGUST, EffectKind.ONE_OFF_COST, "License_fees"), name) is is_meant


@pytest.mark.parametrize(
    ("today", "closed", "last"),
    [
        (date(2026, 11, 1), None, OCTOBER), (date(2026, 10, 31), None, SEPTEMBER),
        (date(2026, 11, 30), AUGUST, AUGUST), (date(2026, 10, 5), OCTOBER, SEPTEMBER),
    ],
)  # fmt: skip
def test_the_last_month_that_may_be_signed_is_over_and_closed(today: date, closed: Period | None, last: Period) -> None:
    assert last_signable(today, closed) == last


def test_receivables_and_payables_of_one_month_are_added_up() -> None:
    capital = [
        EffectLine(Version.PLAN, kind, AUGUST, eur(amount), Account.CASH)
        for kind, amount in ((EffectKind.BENEFIT, 300), (EffectKind.BENEFIT, 70), (EffectKind.RECURRING_COST, 20))
    ]
    effects = sum_up((*lines(Version.PLAN, 100, 0, AUGUST, 1), *capital))
    assert effects.plan is not None
    assert sum(effects.plan.working_capital.values()) == 350
    assert set(effects.plan.working_capital) == {2026 * 12 + 7}


def test_a_stage_that_is_taken_back_is_named_with_its_reason() -> None:
    state = replace(evidence().measure_state, stage="detailed", granted_at={"detailed": NOW - timedelta(days=9)})
    no = new_command("detailed", BRANDT, Verb.REJECT, text="too vague", at=NOW - timedelta(days=1))
    verdict = assess(measure(), evidence("detailed", "detailed", commands=(no,), measure_state=state), POLICY, NOW)
    (taken,) = [one for one in verdict.events if one.kind is EventKind.REOPENED]
    assert (taken.text, taken.label) == ("Detailed taken back: M. Brandt: too vague", "Detailed")
    assert verdict.stage == "identified"


def test_only_an_accepted_statement_of_criteria_is_one() -> None:
    granted = assess(measure(), evidence(commands=APPROVALS), POLICY, NOW).commands
    assert stated_criteria(granted) is None, "an approval states no criteria"
    refused = assess(
        measure(), evidence(commands=(new_command("", KAYA, Verb.KILL_CRITERIA, text="rain"),)), POLICY, NOW
    ).commands
    assert stated_criteria(refused) is None


@pytest.mark.parametrize(
    ("recurring", "window"),
    [
        pytest.param({1: 100, 2: 100, 3: 100}, range(1, 4), id="every month earns"),
        pytest.param({0: -600, 1: 100, 2: 100, 3: 10}, range(2, 3), id="a loss before the first earning month is no part of the mean"),
        pytest.param({1: 100, 2: -20, 3: 100}, None, id="a loss between is"),
        pytest.param({1: 0, 2: -5}, None, id="nothing is earned"),
    ],
)  # fmt: skip
def test_the_months_at_steady_state(recurring: dict[int, int], window: range | None) -> None:
    amounts = {month: Decimal(amount) for month, amount in recurring.items()}
    assert steady_window(amounts, len(window) if window else 2) == window
