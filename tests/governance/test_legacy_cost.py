"""What is still paid for the legacy is money: figures, light, confirmation and re-opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import EffectKind, Version
from governance.evidence import LifeCycle, Service, Verb
from governance.facts import Unknown
from governance.measure import Measure
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.money import Money, Period
from governance.rates import Rate, Rates
from governance.verdict import Colour, EventKind, Verdict
from tests.governance.factory import APPROVALS, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (Period(2026, month) for month in (8, 9, 10, 11))
ENDED = measure(
    end=date(2026, 9, 30),
    effects=(
        *lines(Version.PLAN, 20_000, 60_000),
        *lines(Version.FORECAST, 20_000, 60_000),
        *lines(Version.ACTUAL, 20_000, 60_000, months=9),
    ),
)
"""180,000 planned and forecast; its agreed end was in September, and actuals are booked until then."""


def service(name: str = "CRM-OLD", *, retired: bool = False, ends: date | None = None, **costs: int) -> Service:
    """``sep``, ``oct`` and ``nov`` are thousands of EUR."""
    months = {"aug": AUGUST, "sep": SEPTEMBER, "oct": OCTOBER, "nov": NOVEMBER}
    booked = {months[month]: eur(amount * 1000) for month, amount in costs.items()}
    return Service(name, LifeCycle.RETIRED if retired else LifeCycle.ACTIVE, booked, ends_on=ends)


def judged(legacy: object, some: Measure = ENDED, now: datetime = NOW, rates: Rates | None = None) -> Verdict:
    present = evidence("decided", "decided", legacy=legacy, commands=())
    return assess(some, present, POLICY, now, rates or Rates())


def amounts(verdict: Verdict) -> tuple[Money | None, Money | None, Money | None]:
    return verdict.figures.forecast, verdict.figures.actual, verdict.figures.at_completion


def thousand(*numbers: int) -> tuple[Money, ...]:
    return tuple(eur(number * 1000) for number in numbers)


COUNTED: Mapping[str, tuple[object, tuple[int, int, int], Colour]] = {
    "no legacy": (None, (180, 120, 180), Colour.GREEN),
    "retired in time": ((service(retired=True, sep=40),), (180, 120, 180), Colour.GREEN),
    "paid in the month of the end, and not after it": ((service(retired=True, aug=40, sep=40),), (180, 120, 180), Colour.GREEN),
    "retired, and one late invoice": ((service(retired=True, oct=4),), (176, 116, 176), Colour.GREEN),
    "retired, and a large late invoice": ((service(retired=True, oct=40),), (140, 80, 140), Colour.RED),
    "two late months": ((service(retired=True, oct=10, nov=12),), (158, 98, 158), Colour.AMBER),
    "a credit note takes some of it back": ((service(retired=True, oct=10, nov=-6),), (176, 116, 176), Colour.GREEN),
    "active: it is expected as long as anything is forecast": ((service(oct=10, nov=10),), (150, 100, 150), Colour.AMBER),
    "active until a dated end": (
        (service(oct=10, nov=10, ends=date(2026, 11, 30)),), (160, 100, 160), Colour.AMBER,
    ),
    "active until an end after the forecast": (
        (service(oct=10, nov=10, ends=date(2027, 2, 15)),), (130, 100, 130), Colour.RED,
    ),
    "active, and November is not booked yet": ((service(sep=10, oct=10),), (150, 110, 150), Colour.AMBER),
    "active, and nothing booked": ((service(),), (180, 120, 180), Colour.GREEN),
    "two services": ((service(retired=True, oct=3), service("CRM-RPT", retired=True, nov=2)), (175, 115, 175), Colour.GREEN),
}  # fmt: skip


@pytest.mark.parametrize(("legacy", "expected", "colour"), COUNTED.values(), ids=COUNTED.keys())
def test_it_lowers_forecast_and_actual_from_the_month_after_the_agreed_end(
    legacy: object, expected: tuple[int, int, int], colour: Colour
) -> None:
    verdict = judged(legacy)
    assert amounts(verdict) == thousand(*expected)
    assert verdict.potential.colour is colour, verdict.potential.reason


def test_before_the_end_nothing_counts() -> None:
    assert amounts(judged((service(oct=40, nov=40),), replace(ENDED, end=date(2026, 11, 30)))) == thousand(
        180, 120, 180
    )


def test_a_late_invoice_does_not_hide_the_months_that_are_forecast() -> None:
    """Actuals reach to September; a booking of November says nothing of October's benefit."""
    assert judged((service(retired=True, nov=1),)).figures.at_completion == eur(179_000)


def test_without_a_forecast_there_is_still_none() -> None:
    some = replace(ENDED, effects=tuple(line for line in ENDED.effects if line.version is not Version.FORECAST))
    verdict = judged((service(retired=True, oct=40),), some)
    assert amounts(verdict) == (None, eur(80_000), None)
    assert verdict.potential.reason == "there is no forecast"


def test_a_moved_end_moves_nothing_until_it_is_approved() -> None:
    before = assess(ENDED, evidence("decided", "decided", commands=()), POLICY, NOW)
    later = replace(ENDED, end=date(2027, 6, 30))
    present = replace(
        evidence("decided", "decided", legacy=(service(retired=True, oct=40),), commands=()),
        measure_state=before.measure_state,
    )
    assert assess(later, present, POLICY, NOW).figures.actual == eur(80_000)


UNKNOWN: Mapping[str, tuple[object, str]] = {
    "the services cannot be read": (Unknown("the services of snow could not be read"), "the services of snow could not be read"),
    "no rate": (
        (Service("CRM-OLD", LifeCycle.RETIRED, {OCTOBER: Money(Decimal(5), "USD")}),),
        "there is no rate from USD to EUR on 1 Oct 2026 for CRM-OLD: an administrator adds it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("legacy", "reason"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_cost_that_is_not_known_leaves_no_green(legacy: object, reason: str) -> None:
    verdict = judged(legacy)
    assert verdict.potential.colour is Colour.GREY
    assert verdict.potential.reason == f"what is still paid for the legacy is not known: {reason}"
    before_the_end = judged(legacy, replace(ENDED, end=date(2026, 12, 31)))
    assert before_the_end.potential.colour is Colour.GREEN


def test_another_currency_is_converted_at_the_rate_of_its_month() -> None:
    rates = Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9"))])
    paid = Service("CRM-OLD", LifeCycle.RETIRED, {OCTOBER: Money(Decimal(10_000), "USD")})
    assert judged((paid,), rates=rates).figures.actual == eur(111_000)


def test_it_is_no_cost_of_a_measure_that_was_cancelled() -> None:
    off_ramp = OffRamp(OffRampKind.CANCELLED, "M. Brandt", NOW, "replaced")
    present = replace(
        evidence("decided", "decided", legacy=(service(oct=40),), commands=()),
        measure_state=MeasureState("decided", off_ramp=off_ramp),
    )
    assert assess(ENDED, present, POLICY, NOW).figures.actual == eur(120_000)


def test_it_is_never_counted_as_months_that_were_observed() -> None:
    some = replace(ENDED, effects=tuple(line for line in ENDED.effects if line.version is not Version.ACTUAL))
    present = evidence("implemented", "implemented", legacy=(service(retired=True, oct=5, nov=5),), commands=())
    reasons = [blocker.reason for blocker in assess(some, present, POLICY, NOW).blockers]
    assert "actuals are booked for 0 of the 3 months that have to be observed (Aug 2026 to Oct 2026)" in reasons
    assert "there are no actuals to compare the value with" in reasons


def test_it_is_taken_off_the_realised_value() -> None:
    present = evidence("implemented", "implemented", legacy=(service(oct=25, nov=25),), commands=())
    (reason,) = [
        blocker.reason
        for blocker in assess(ENDED, present, POLICY, NOW).blockers
        if blocker.code == "VALUE_NOT_REALISED"
    ]
    assert reason == (
        "47,500 EUR of 60,000 EUR planned net recurring benefit from Jul 2026 to Sep 2026 is realised (79.1%), "
        "less 12,500 EUR still paid for the legacy, the part of these months of 50,000 EUR"
    )


def test_one_late_bill_is_not_the_whole_value_of_the_months_that_are_observed() -> None:
    """It is a fortieth of the plan, and would be a tenth of the three months."""
    present = evidence("implemented", "implemented", legacy=(service(retired=True, oct=6),), commands=())
    codes = {blocker.code for blocker in assess(ENDED, present, POLICY, NOW).blockers}
    assert "VALUE_NOT_REALISED" not in codes


def test_the_finding_names_every_service_with_months_and_amounts() -> None:
    legacy = (service(oct=30, nov=30), service("CRM-RPT", nov=11), service("CRM-ARC"))
    (finding,) = [one for one in judged(legacy).findings if one.code == "LEGACY_COST_RUNNING"]
    assert finding.sentence == (
        "41,000 EUR a month still paid for 3 legacy services (CRM-OLD: 30,000 EUR in Oct 2026, 30,000 EUR in Nov 2026; "
        "CRM-RPT: 11,000 EUR in Nov 2026; CRM-ARC: nothing booked), although the measure ended on 2026-09-30; "
        "71,000 EUR paid since"
    )


# --- after closing -----------------------------------------------------------------------------------------------------

GONE = service(retired=True, sep=30)
CONFIRMED = new_command("", WEBER, Verb.CONFIRM, amount=eur(120_000), first_month=Period(2026, 1), month=SEPTEMBER)


def closed() -> Verdict:
    present = evidence("implemented", "implemented", legacy=(GONE,), done=True, commands=(*APPROVALS[:4], CONFIRMED))
    verdict = assess(ENDED, present, POLICY, NOW)
    assert verdict.stage == "closed", [blocker.sentence for blocker in verdict.blockers]
    return verdict


def later(before: Verdict, legacy: object, days: int = 5) -> Verdict:
    present = evidence("closed", "closed", legacy=legacy, done=True, commands=before.commands)
    return assess(ENDED, replace(present, measure_state=before.measure_state), POLICY, NOW + timedelta(days=days))


def reopened(verdict: Verdict) -> list[str]:
    return [event.text for event in verdict.events if event.kind is EventKind.REOPENED]


def test_nothing_new_leaves_it_closed() -> None:
    assert (later(closed(), (GONE,)).stage, later(closed(), Unknown("away")).stage) == ("closed", "closed")


def test_a_late_invoice_lowers_the_actual_and_reopens() -> None:
    verdict = later(closed(), (replace(GONE, costs={SEPTEMBER: eur(30_000), OCTOBER: eur(7_000)}),))
    assert (verdict.stage, verdict.figures.actual) == ("implemented", eur(113_000))
    assert reopened(verdict) == ["Closed taken back: the actuals have changed since the controller confirmed them"]
    confirm = [blocker.reason for blocker in verdict.blockers if blocker.code == "CONTROLLER_CONFIRM"]
    assert len(confirm) == 1, "and the controller confirms what is left of it"


def test_a_service_that_is_revived_reopens_before_its_first_invoice() -> None:
    verdict = later(closed(), (replace(GONE, life_cycle=LifeCycle.ACTIVE),))
    assert verdict.stage == "implemented"
    assert reopened(verdict) == [
        "Closed taken back: 30,000 EUR a month still paid for 1 legacy service (CRM-OLD: 30,000 EUR in Sep 2026)"
    ]


def test_the_lines_are_part_of_the_verdict() -> None:
    verdict = judged((service(retired=True, oct=4),))
    assert [(line.version, line.kind, line.month, line.money) for line in verdict.legacy_lines] == [
        (Version.ACTUAL, EffectKind.LEGACY_COST, OCTOBER, eur(4_000)),
        (Version.FORECAST, EffectKind.LEGACY_COST, OCTOBER, eur(4_000)),
    ]
    assert verdict.reassess_at is not None
    assert verdict.reassess_at <= datetime(2026, 12, 1, tzinfo=NOW.tzinfo)
