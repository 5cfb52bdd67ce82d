"""After closure: a benefit that stops, or a legacy cost that comes back, opens the measure again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Command, LifeCycle, Service, Verb
from governance.facts import Unknown
from governance.gates import Policy, Thresholds
from governance.measure import Measure
from governance.money import Money, Period
from governance.presets import default_policy
from governance.verdict import EventKind, Finding, Outcome, Verdict
from tests.governance.factory import APPROVALS, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY = (Period(2026, 10).plus(number) for number in range(5))
MARCH_2027 = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
GONE = Service("CRM-OLD", LifeCycle.RETIRED)
PLANNED = (*lines(Version.PLAN, 20_000, 60_000, months=24), *lines(Version.FORECAST, 20_000, 60_000, months=24))
MEASURE = measure(
    end=date(2026, 9, 30), effects=(*PLANNED, *lines(Version.ACTUAL, 20_000, 60_000, months=10)), rule_name="epic"
)
CONFIRM = new_command("", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=OCTOBER)


def closed(policy: Policy = POLICY, confirmation: Command = CONFIRM, some: Measure = MEASURE) -> Verdict:
    """Closed on 21 November 2026, on what is booked until October."""
    present = evidence("implemented", "implemented", legacy=(GONE,), done=True, commands=(*APPROVALS[:4], confirmation))
    verdict = assess(some, present, policy, NOW)
    assert verdict.stage == "closed", [blocker.sentence for blocker in verdict.blockers]
    return verdict


def booked(**months: int | None) -> Measure:
    """20,000 a month until February 2027, but for what is named: ``nov``, ``dec``, ``jan`` and ``feb``."""
    names = {"nov": NOVEMBER, "dec": DECEMBER, "jan": JANUARY, "feb": FEBRUARY}
    amounts: dict[Period, int | None] = dict.fromkeys(names.values(), 20_000)
    amounts |= {names[name]: amount for name, amount in months.items()}
    later = tuple(
        EffectLine(Version.ACTUAL, EffectKind.BENEFIT, month, eur(amount))
        for month, amount in amounts.items()
        if amount is not None
    )
    return replace(MEASURE, effects=(*MEASURE.effects, *later))


def later(
    before: Verdict,
    some: Measure,
    facts: Mapping[str, object] = MappingProxyType({}),
    *,
    now: datetime = MARCH_2027,
    policy: Policy = POLICY,
    more: tuple[Command, ...] = (),
) -> Verdict:
    present = evidence("closed", "closed", legacy=(GONE,), closed_through=FEBRUARY, done=True)
    present = replace(present, commands=(*before.commands, *more), **facts)  # type: ignore[arg-type]
    return assess(some, replace(present, measure_state=before.measure_state), policy, now)


def found(verdict: Verdict) -> list[Finding]:
    return [one for one in verdict.findings if one.code == "SAVINGS_RELAPSE"]


def paid(**months: int) -> tuple[Service, ...]:
    names = {"oct": OCTOBER, "dec": DECEMBER, "jan": JANUARY}
    return (replace(GONE, costs={names[name]: eur(amount) for name, amount in months.items()}),)


CASES: Mapping[str, tuple[Measure, dict[str, object], str]] = {
    "as planned": (booked(), {}, ""),
    "a month at the agreed share": (booked(jan=18_000), {}, ""),
    "a month just below it": (
        booked(jan=17_999),
        {},
        "closed on 21 Nov 2026, and the saving did not stay: 17,999 EUR of 20,000 EUR net recurring benefit in Jan 2027 "
        "(89.9%); 2,001 EUR lost since",
    ),
    "the month of closing counts": (
        booked(nov=0),
        {},
        "closed on 21 Nov 2026, and the saving did not stay: 0 EUR of 20,000 EUR net recurring benefit in Nov 2026 (0%); "
        "20,000 EUR lost since",
    ),
    "closed months with nothing booked": (
        booked(jan=None, feb=None),
        {},
        "closed on 21 Nov 2026, and the saving did not stay: no recurring benefit is booked for Jan 2027, where 20,000 EUR "
        "was expected; no recurring benefit is booked for Feb 2027, where 20,000 EUR was expected; 40,000 EUR lost since",
    ),
    "a month that is not closed yet": (booked(feb=None), {"closed_through": JANUARY}, ""),
    "a better month does not make up for a bad one": (
        booked(dec=40_000, jan=0),
        {},
        "closed on 21 Nov 2026, and the saving did not stay: 0 EUR of 20,000 EUR net recurring benefit in Jan 2027 (0%); "
        "20,000 EUR lost since",
    ),
    "the legacy is paid again": (
        booked(),
        {"legacy": paid(jan=4_000)},
        "closed on 21 Nov 2026, and the saving did not stay: 4,000 EUR legacy cost in Jan 2027 for CRM-OLD; "
        "4,000 EUR lost since",
    ),
    "both": (
        booked(feb=10_000),
        {"legacy": paid(dec=1_000)},
        "closed on 21 Nov 2026, and the saving did not stay: 1,000 EUR legacy cost in Dec 2026 for CRM-OLD; "
        "10,000 EUR of 20,000 EUR net recurring benefit in Feb 2027 (50%); 11,000 EUR lost since",
    ),
    "without a close, and bookings that are two months late": (booked(jan=None, feb=None), {"closed_through": None}, ""),
    "without a close, and bookings that have stopped": (
        booked(dec=None, jan=None, feb=None),
        {"closed_through": None},
        "closed on 21 Nov 2026, and the saving did not stay: no recurring benefit is booked for Dec 2026, where 20,000 EUR "
        "was expected; 20,000 EUR lost since",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "facts", "sentence"), CASES.values(), ids=CASES.keys())
def test_each_month_after_closing_is_watched(some: Measure, facts: dict[str, object], sentence: str) -> None:
    verdict = later(closed(), some, facts)
    assert [one.sentence for one in found(verdict)] == ([sentence] if sentence else [])
    assert verdict.stage == ("implemented" if sentence else "closed")


def test_sponsor_and_controller_are_told_once() -> None:
    verdict = later(closed(), booked(jan=0))
    (finding,) = found(verdict)
    assert finding.who == "sponsor M. Brandt and controller J. Weber"
    assert [event.kind for event in verdict.events][:2] == [EventKind.REOPENED, EventKind.RELAPSED]
    assert verdict.events[0].text == f"Closed taken back: {finding.sentence}"
    (blocker,) = [one for one in verdict.blockers if one.code == "SAVINGS_RELAPSE"]
    assert [one.role for one in blocker.responsible] == ["controller", "sponsor"], (
        "it stands on the page My work of both"
    )
    again = later(verdict, booked(jan=0), now=MARCH_2027 + timedelta(days=1))
    assert [one.kind for one in again.events if one.kind is EventKind.RELAPSED] == []
    assert [one.since for one in found(again)] == [MARCH_2027]


def test_what_is_lost_lowers_the_estimate_and_counts_as_leakage() -> None:
    as_planned, missing = later(closed(), booked()), later(closed(), booked(jan=None))
    assert (as_planned.figures.leakage, as_planned.relapse and as_planned.relapse.lost) == ((), None)
    assert as_planned.figures.at_completion is not None
    assert missing.figures.at_completion == as_planned.figures.at_completion - eur(20_000)
    assert [str(check.deviation) for check in missing.figures.leakage][:1] == ["-20000"]
    assert missing.relapse is not None
    assert missing.relapse.lost == eur(20_000)
    assert [(line.month, line.money) for line in missing.relapse_lines] == [(JANUARY, eur(0))]


UNKNOWN: Mapping[str, tuple[Measure, dict[str, object], str]] = {
    "nobody closes the months": (
        booked(),
        {"closed_through": OCTOBER},
        "closed on 21 Nov 2026: whether the saving stays is not known: Nov 2026 and Dec 2026 are over for more than 2 months "
        "and not closed",
    ),
    "the services cannot be read": (
        booked(),
        {"legacy": Unknown("the services of snow could not be read")},
        "closed on 21 Nov 2026: whether the saving stays is not known: the services of snow could not be read",
    ),
    "no rate": (
        booked(),
        {"legacy": (replace(GONE, costs={JANUARY: Money(Decimal(5), "USD")}),)},
        "closed on 21 Nov 2026: whether the saving stays is not known: there is no rate from USD to EUR on 1 Jan 2027 for "
        "the legacy cost of Jan 2027: an administrator adds it",
    ),
    "a field that cannot be read": (
        replace(booked(), unreadable_effects=('the field "Actual" holds no amount',)),
        {},
        'closed on 21 Nov 2026: whether the saving stays is not known: the field "Actual" holds no amount',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "facts", "sentence"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_said_and_opens_nothing(some: Measure, facts: dict[str, object], sentence: str) -> None:
    verdict = later(closed(), some, facts)
    assert [one.sentence for one in found(verdict)] == [sentence]
    assert verdict.stage == "closed"


def test_it_is_closed_again_when_the_controller_confirms_what_is_left() -> None:
    some = booked(jan=16_000)
    open_again = later(closed(), some)
    confirm = new_command(
        "",
        WEBER,
        Verb.CONFIRM,
        amount=eur(216_000),
        first_month=Period(2026, 1),
        month=FEBRUARY,
        at=MARCH_2027 + timedelta(days=1),
    )
    after = later(open_again, some, more=(confirm,), now=MARCH_2027 + timedelta(days=2))
    assert (after.stage, found(after)) == ("closed", []), [one.sentence for one in after.blockers]
    assert after.measure_state.relapsed_from is None


def test_a_month_without_a_benefit_stays_lost_when_the_measure_is_closed_again() -> None:
    """Else a confirmation would bring its forecast back."""
    missing = replace(booked(nov=None), effects=booked(nov=None).effects)
    open_again = later(closed(), missing)
    confirm = new_command(
        "",
        WEBER,
        Verb.CONFIRM,
        amount=eur(200_000),
        first_month=Period(2026, 1),
        month=FEBRUARY,
        at=MARCH_2027 + timedelta(days=1),
    )
    after = later(open_again, missing, more=(confirm,), now=MARCH_2027 + timedelta(days=2))
    assert (after.stage, after.measure_state.lost_months) == ("closed", (NOVEMBER,)), [b.reason for b in after.blockers]
    then = later(after, missing, now=MARCH_2027 + timedelta(days=3))
    assert then.stage == "closed"
    assert then.figures.at_completion == open_again.figures.at_completion == eur(20_000 * 23 - 60_000)
    late = later(then, booked(), now=MARCH_2027 + timedelta(days=4))
    assert late.figures.at_completion == eur(20_000 * 24 - 60_000)
    assert late.stage == "implemented", "what was confirmed has changed"


def test_a_month_that_is_booked_late_ends_the_finding_and_still_has_to_be_confirmed() -> None:
    open_again = later(closed(), booked(jan=None))
    after = later(open_again, booked(), now=MARCH_2027 + timedelta(days=2))
    assert (after.stage, found(after)) == ("implemented", [])
    assert [one.code for one in after.checklist if one.outcome is not Outcome.MET] == ["CONTROLLER_CONFIRM"]


def test_a_measure_that_was_written_down_has_to_keep_what_was_booked() -> None:
    half = replace(MEASURE, effects=(*PLANNED, *lines(Version.ACTUAL, 10_000, 60_000, months=10)))
    lower = new_command(
        "",
        WEBER,
        Verb.CONFIRM_LOWER,
        amount=eur(40_000),
        first_month=Period(2026, 1),
        month=OCTOBER,
        text="less volume",
    )
    before = closed(confirmation=lower, some=half)

    def month(amount: int) -> Measure:
        months = lines(Version.ACTUAL, amount, 0, NOVEMBER, 4)[:4]
        return replace(half, effects=(*half.effects, *months))

    assert later(before, month(10_000)).stage == "closed"
    assert later(before, month(8_000)).stage == "implemented"


def test_nothing_is_expected_after_the_end_of_the_plan() -> None:
    short = replace(
        MEASURE,
        effects=tuple(line for line in MEASURE.effects if line.version is Version.ACTUAL or line.month <= NOVEMBER),
    )
    assert later(closed(some=short), short, now=MARCH_2027).stage == "implemented", "November was planned"
    assert found(later(closed(some=short), replace(short, effects=(*short.effects, *booked().effects[-4:-3])))) == []


WATCHED: Mapping[str, tuple[Policy, datetime, str]] = {
    "in the months of the policy": (POLICY, datetime(2027, 12, 5, tzinfo=UTC), "implemented"),
    "for one month": (
        default_policy(Thresholds(hurdle=Decimal(50_000), payback_months=12, relapse_months=1)), MARCH_2027, "closed",
    ),
    "not at all": (
        default_policy(Thresholds(hurdle=Decimal(50_000), payback_months=12, relapse_months=0)), MARCH_2027, "closed",
    ),
    "switched off": (replace(POLICY, off=frozenset({"SAVINGS_RELAPSE"})), MARCH_2027, "closed"),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "now", "stage"), WATCHED.values(), ids=WATCHED.keys())
def test_it_is_watched_as_long_as_the_policy_says(policy: Policy, now: datetime, stage: str) -> None:
    verdict = later(closed(policy), booked(jan=0), now=now, policy=policy)
    assert verdict.stage == stage


def test_legacy_cost_of_the_ledger_counts_and_stands_in_place_of_the_service_bill() -> None:
    posted = EffectLine(Version.ACTUAL, EffectKind.LEGACY_COST, JANUARY, eur(7_000))
    some = booked()
    verdict = later(closed(), replace(some, effects=(*some.effects, posted)), {"legacy": paid(jan=4_000)})
    assert verdict.relapse is not None
    assert verdict.relapse.lost == eur(7_000)
    assert verdict.figures.actual == eur(20_000 * 14 - 60_000 - 7_000)
    assert [(line.version, line.money) for line in verdict.legacy_lines] == [(Version.FORECAST, eur(7_000))]


def test_a_closed_measure_is_looked_at_again_when_the_next_month_is_over() -> None:
    assert closed().reassess_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_no_more_is_expected_of_a_month_than_at_the_steady_state_that_was_observed() -> None:
    """A plan that goes on rising is the next year's promise, not what was confirmed."""
    rise = EffectLine(Version.PLAN, EffectKind.BENEFIT, JANUARY, eur(10_000))
    rising = replace(MEASURE, effects=(*MEASURE.effects, rise))
    verdict = later(closed(some=rising), replace(booked(), effects=(*booked().effects, rise)))
    assert (found(verdict), verdict.stage) == ([], "closed")


def test_a_running_cost_that_nobody_books_is_a_loss_of_what_the_net_lacks() -> None:
    cost = tuple(
        EffectLine(version, EffectKind.RECURRING_COST, Period(2026, 1).plus(number), eur(5_000))
        for version, months in ((Version.PLAN, 24), (Version.FORECAST, 24), (Version.ACTUAL, 12))
        for number in range(months)
    )
    whole = replace(MEASURE, effects=(*MEASURE.effects, *cost))
    confirm = new_command("", WEBER, Verb.CONFIRM, amount=eur(90_000), first_month=Period(2026, 1), month=OCTOBER)
    verdict = later(
        closed(confirmation=confirm, some=whole),
        replace(booked(jan=12_000), effects=(*booked(jan=12_000).effects, *cost)),
    )
    assert [one.sentence for one in found(verdict)] == [
        "closed on 21 Nov 2026, and the saving did not stay: no running cost is booked for Jan 2027, where 15,000 EUR was "
        "expected; no running cost is booked for Feb 2027, where 15,000 EUR was expected; 3,000 EUR lost since"
    ]
