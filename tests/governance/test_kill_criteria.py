"""Kill criteria: read from people's text, checked by machine, decided by the sponsor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Command, LifeCycle, Service, Verb
from governance.explain import explain
from governance.facts import Unknown
from governance.kill_criteria import CriterionKind, KillCriterion, parse_kill_criteria
from governance.kill_evaluation import CriterionContext, evaluate_criteria, stage_names
from governance.measure import Measure
from governance.measure_state import OffRampKind
from governance.money import Money, Period
from governance.rates import Rate, Rates
from governance.reporting_amounts import NO_RATES
from governance.verdict import EventKind, Funding, Verdict
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, eur, evidence, lines, measure, new_command

STAGES = stage_names(POLICY.stages)
DAY = timedelta(days=1)


def criterion(text: str, kind: CriterionKind, limit: str = "0", **more: object) -> KillCriterion:
    return KillCriterion(text, kind, Decimal(limit), **more)  # type: ignore[arg-type]


READ: Mapping[str, KillCriterion] = {
    one.text: one
    for one in (
        criterion("cost > 1.2M", CriterionKind.COST, "1200000"),
        criterion("Costs > 1,200,000 EUR", CriterionKind.COST, "1200000", currency="EUR"),
        criterion("cost > USD 900k", CriterionKind.COST, "900000", currency="USD"),
        criterion("total cost >= 750000.50", CriterionKind.COST, "750000.50", includes_limit=True),
        criterion("Cost exceeds 2 million for two months", CriterionKind.COST, "2000000", months=2),
        criterion("forecast < 60 % of plan for 3 months", CriterionKind.FORECAST_SHARE, "0.6", months=3),
        criterion("forecast <= 62.5% of the plan", CriterionKind.FORECAST_SHARE, "0.625", includes_limit=True),
        criterion("Forecast below half of plan for three months", CriterionKind.FORECAST_SHARE, "0.5", months=3),
        criterion("forecast falls below 40 percent of plan", CriterionKind.FORECAST_SHARE, "0.4"),
        criterion("forecast < 100,000 EUR", CriterionKind.FORECAST, "100000", currency="EUR"),
        criterion("unit cost > 12.50", CriterionKind.UNIT_COST, "12.50"),
        criterion(
            "unit cost of CRM-OLD above 12 EUR", CriterionKind.UNIT_COST, "12", currency="EUR", service="crm-old"
        ),
        criterion("slip > 60 days", CriterionKind.SLIP, "60"),
        criterion(
            "not implemented by 2026-12-31", CriterionKind.NOT_REACHED, stage="implemented", by=date(2026, 12, 31)
        ),
        criterion("Not Closed before 2027-06-30", CriterionKind.NOT_REACHED, stage="closed", by=date(2027, 6, 30)),
    )
}


@pytest.mark.parametrize("text", READ)
def test_what_people_write_is_read(text: str) -> None:
    read = parse_kill_criteria(text, STAGES)
    assert (read.criteria, read.unreadable) == ((READ[text],), ())


@pytest.mark.parametrize(
    "text",
    [
        "stop when nobody likes it",
        "cost < 1.2M",
        "forecast > 60 % of plan",
        "forecast < 60 % of budget",
        "cost > 1.200",
        "cost > 1,2M",
        "cost > a lot",
        "cost > EUR 5 USD",
        "cost > 1.2M and slip > 60 days",
        "not celebrated by 2026-12-31",
        "not implemented by 31.12.2026",
        "not implemented by 2026-02-30",
        "none",
    ],
)
def test_what_may_mean_anything_is_not_guessed(text: str) -> None:
    read = parse_kill_criteria(text, STAGES)
    assert (read.criteria, read.unreadable) == ((), (text,))


def test_several_criteria_are_separated_by_lines_semicolons_or_the_word_or() -> None:
    read = parse_kill_criteria("- cost > 1.2M\n* slip > 60 days; as we feel\n\nunit cost > 3 or forecast < 0", STAGES)
    assert [one.text for one in read.criteria] == ["cost > 1.2M", "slip > 60 days", "unit cost > 3", "forecast < 0"]
    assert read.unreadable == ("as we feel",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ;\n", "the set of kill criteria is missing"),
        (
            "cost > 1.2M; as we feel",
            '"as we feel" is no kill criterion that can be checked: write cost > 1.2M, forecast < 60 % of plan for 3 '
            "months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31",
        ),
        (
            "a; b; c",
            '"a" and "b" and 1 more are no kill criteria that can be checked: write cost > 1.2M, forecast < 60 % of plan '
            "for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31",
        ),
    ],
)
def test_what_cannot_be_checked_is_said_when_it_is_agreed(text: str, reason: str) -> None:
    verdict = assess(measure(kill_criteria=text), evidence("detailed", "detailed"), POLICY, NOW)
    assert [blocker.reason for blocker in verdict.blockers] == [reason]
    assert verdict.blockers[0].code == "KILL_CRITERIA_MISSING"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "not implemented by 2029-01-01",
            '"not implemented by 2029-01-01" can never stop the measure: 1 Jan 2029 lies after the plan, which ends in '
            "Dec 2026: name an earlier day",
            id="a day after the plan",
        ),
        pytest.param(
            "not detailed by 2026-06-01",
            '"not detailed by 2026-06-01" can never stop the measure: Detailed is reached when it is agreed: name a later '
            "stage",
            id="a stage that is behind it",
        ),
        pytest.param(
            "forecast < 0 % of plan",
            '"forecast < 0 % of plan" can never stop the measure: a forecast is stopped long before 0 % of the plan: name '
            "a share above it",
            id="less than nothing",
        ),
        pytest.param(
            "cost > 1.2M for 24 months",
            '"cost > 1.2M for 24 months" can never stop the measure: it has to hold for 24 months, and the plan has 12: '
            "name fewer",
            id="for longer than the plan",
        ),
        pytest.param(
            "cost > -5",
            '"cost > -5" is no kill criterion that can be checked: write cost > 1.2M, forecast < 60 % of plan for 3 '
            "months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31",
            id="a negative cost",
        ),
        pytest.param("not implemented by 2026-12-31; cost > 1.2M for 3 months", None, id="what can fire"),
    ],
)
def test_what_can_never_fire_is_said_when_it_is_agreed(text: str, reason: str | None) -> None:
    verdict = assess(measure(kill_criteria=text), evidence("detailed", "detailed"), POLICY, NOW)
    found = [one.reason for one in verdict.blockers if one.code == "KILL_CRITERIA_MISSING"]
    assert found == ([reason] if reason else [])


def test_a_share_of_a_plan_that_only_costs_can_never_fire() -> None:
    costs = (*lines(Version.PLAN, 1_000, 60_000), *lines(Version.FORECAST, 1_000, 60_000))
    some = measure(kill_criteria="forecast < 60 % of plan", effects=costs)
    verdict = assess(some, evidence("detailed", "detailed"), POLICY, NOW)
    assert [one.reason for one in verdict.blockers if one.code == "KILL_CRITERIA_MISSING"] == [
        '"forecast < 60 % of plan" can never stop the measure: the net plan is -48,000 EUR, and no share of that can be '
        "missed: name an amount"
    ]


# What they say now.

SERVICE = Service(
    "CRM-OLD", LifeCycle.ACTIVE, {Period(2026, 10): eur(1_300), Period(2026, 11): eur(1_400)},
    {Period(2026, 10): Decimal(100), Period(2026, 11): Decimal(100)}, date(2027, 1, 1),
)  # fmt: skip
HALF = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 10_000, 60_000))
"""60,000 of 180,000 net at completion: a third."""
HIDDEN = Unknown("the services could not be read")


def decided(criteria: str, **changes: object) -> tuple[Measure, Verdict]:
    some = measure(**{"effects": HALF} | changes | {"kill_criteria": criteria})
    verdict = assess(some, evidence("detailed", "detailed", commands=APPROVALS[:3]), POLICY, NOW)
    assert verdict.stage == "decided", [blocker.reason for blocker in verdict.blockers]
    return some, verdict


def after(
    some: Measure, before: Verdict, now: datetime, *commands: Command, legacy: object = None, rates: Rates | None = None
) -> Verdict:
    present = evidence("decided", "decided", commands=(*before.commands, *commands), updated=now, legacy=legacy)
    return assess(some, replace(present, measure_state=before.measure_state), POLICY, now, rates or Rates())


NOW_SAYS: Mapping[str, tuple[str, dict[str, object], object, str, bool | None]] = {
    "cost at the limit": ("cost > 60,000", {}, None, "60,000 EUR", False),
    "cost at the limit that counts": ("cost >= 60,000", {}, None, "60,000 EUR", True),
    "cost past it": ("cost > 59,999", {}, None, "60,000 EUR", True),
    "actual cost to date and what is forecast after": (
        "cost > 75,000",
        {"effects": (*HALF, *lines(Version.ACTUAL, 0, 76_000, months=1))},
        None,
        "76,000 EUR",
        True,
    ),
    "cost without a forecast is not known": (
        "cost > 75,000",
        {"effects": (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 0, 50_000, months=1))},
        None,
        "50,000 EUR so far, and no forecast",
        None,
    ),
    "cost without a forecast past the limit is certain": (
        "cost > 49,000",
        {"effects": (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 0, 50_000, months=1))},
        None,
        "50,000 EUR",
        True,
    ),
    "cost in another currency without a rate": (
        "cost > 10 USD", {}, None, "there is no rate from EUR to USD on 1 Jan 2026: an administrator adds it", None,
    ),
    "cost that a forecast takes back": (
        "cost > 59,999",
        {
            "effects": (
                *lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 20_000, 60_000, months=1),
                *lines(Version.FORECAST, 20_000, -30_000, Period(2026, 6)),
            )
        },
        None, "60,000 EUR", True,
    ),
    "share above": ("forecast < 33 % of plan", {}, None, "33% of plan (60,000 EUR)", False),
    "share below": ("forecast < 34 % of plan", {}, None, "33% of plan (60,000 EUR)", True),
    "share without a forecast": (
        "forecast < 60 % of plan", {"effects": lines(Version.PLAN, 20_000, 60_000)}, None, "there is no forecast", None,
    ),
    "forecast as an amount": ("forecast < 60,001", {}, None, "60,000 EUR", True),
    "forecast at the amount": ("forecast < 60,000", {}, None, "60,000 EUR", False),
    "unit cost": ("unit cost > 13.99", {}, (SERVICE,), "CRM-OLD 14 EUR in Nov 2026", True),
    "unit cost at the limit": ("unit cost > 14", {}, (SERVICE,), "CRM-OLD 14 EUR in Nov 2026", False),
    "unit cost of a named service": ("unit cost of crm-old > 13", {}, (SERVICE,), "CRM-OLD 14 EUR in Nov 2026", True),
    "unit cost of a service that is not there": (
        "unit cost of ERP > 13", {}, (SERVICE,), "no such service is named", None,
    ),
    "unit cost without demand": (
        "unit cost > 13", {}, (replace(SERVICE, units={}),),
        "the unit cost of CRM-OLD is not known: cost or demand is missing", None,
    ),
    "unit cost that is hidden": ("unit cost > 13", {}, HIDDEN, "the services could not be read", None),
    "no services": ("unit cost > 13", {}, None, "no service is named", None),
    "slip": ("slip > 20 days", {}, None, "0 days", False),
    "a day that has not come": ("not implemented by 2026-11-22", {}, None, "Decided", False),
    "a day that has passed": ("not implemented by 2026-11-21", {}, None, "Decided", True),
}  # fmt: skip


def test_a_stage_that_was_reached_in_time_fires_nothing() -> None:
    implemented = CriterionContext(None, None, None, POLICY.index("implemented"), POLICY, NOW.date(), NO_RATES)
    agreed = parse_kill_criteria("not implemented by 2026-11-01", {"implemented": "implemented"})
    (state,) = evaluate_criteria(agreed, implemented, {}, {}, NOW)
    assert (state.present, state.holds) == ("Implemented", False)


@pytest.mark.parametrize(("text", "changes", "legacy", "present", "holds"), NOW_SAYS.values(), ids=NOW_SAYS.keys())
def test_each_criterion_has_its_present_value(
    text: str, changes: dict[str, object], legacy: object, present: str, holds: bool | None
) -> None:
    some, before = decided(text, **changes)
    verdict = after(some, before, NOW + DAY, legacy=legacy)
    assert [(one.text, one.present, one.holds) for one in verdict.kill_criteria] == [(text, present, holds)]
    unknown = [finding.sentence for finding in verdict.findings if finding.subject == f"kill_criterion {text}"]
    expected = [f'the agreed kill criterion "{text}" cannot be checked: {present}'] if holds is None else []
    assert unknown == expected
    assert (verdict.off_ramp is not None) is (holds is True)


def test_amounts_of_a_criterion_are_compared_at_the_rate_of_their_month() -> None:
    some, before = decided("cost > 65,000 USD")
    rates = Rates([Rate("EUR", "USD", date(2026, 1, 1), Decimal("1.1"))])
    (state,) = after(some, before, NOW + DAY, rates=rates).kill_criteria
    assert (state.present, state.holds) == ("60,000 EUR (66,000 USD)", True)


def test_the_explanation_shows_them_all() -> None:
    some, before = decided("cost > 70,000; forecast < 40 % of plan for 3 months; unit cost > 12")
    assert list(explain(after(some, before, NOW + DAY)))[-4:] == [
        "Kill criteria",
        "- cost > 70,000: 60,000 EUR; does not hold",
        "- forecast < 40 % of plan for 3 months: 33% of plan (60,000 EUR); holds since 22 Nov 2026",
        "- unit cost > 12: no service is named; cannot be checked",
    ]


# What it does.


def test_it_stops_the_measure_once_and_asks_for_a_decision_with_a_deadline() -> None:
    some, before = decided("cost > 50,000", effects=measure().effects)
    killed = after(some, before, NOW + DAY)
    assert killed.off_ramp is not None
    assert (killed.off_ramp.kind, killed.funding) == (OffRampKind.KILLED, Funding.STOPPED)
    assert killed.blockers[0].sentence == (
        'On hold by the kill switch since 22 Nov: the agreed kill criterion "cost > 50,000" holds (60,000 EUR)'
        ". Sponsor M. Brandt decides by 6 Dec 2026: /resume to go on, /cancel to stop · KILL_SWITCH"
    )
    assert [event.text for event in killed.events if event.kind is EventKind.KILLED] == [
        'the agreed kill criterion "cost > 50,000" holds (60,000 EUR)'
    ]
    assert killed.reassess_at == NOW + timedelta(days=15)
    assert [event.kind for event in after(some, killed, NOW + 2 * DAY).events] == []


def test_after_the_deadline_the_committee_is_asked_once() -> None:
    some, before = decided("cost > 50,000")
    late = after(some, after(some, before, NOW + DAY), NOW + timedelta(days=15))
    assert [event.text for event in late.events] == [
        "sponsor M. Brandt has not decided about the kill switch by 6 Dec 2026; steering committee (nobody named) is asked"
    ]
    assert late.blockers[0].sentence.endswith(
        ". Sponsor M. Brandt had to decide by 6 Dec 2026: /resume to go on, or steering committee (nobody named) stops it"
        " with /cancel · KILL_SWITCH"
    )
    assert after(some, late, NOW + timedelta(days=16)).events == ()


def test_an_override_is_recorded_and_the_criterion_does_not_fire_again_while_it_holds() -> None:
    some, before = decided("cost > 50,000")
    killed = after(some, before, NOW + DAY)
    back = after(some, killed, NOW + 2 * DAY, new_command("", BRANDT, Verb.RESUME, at=NOW + timedelta(days=1, hours=1)))
    assert (back.off_ramp, back.funding) == (None, Funding.RELEASED)
    assert [(event.text, event.actor) for event in back.events if event.kind is EventKind.KILL_OVERRIDDEN] == [
        ('Kill switch overridden: the agreed kill criterion "cost > 50,000" holds (60,000 EUR)', "M. Brandt")
    ]
    assert back.kill_criteria[0].overridden
    later = after(some, back, NOW + timedelta(days=90))
    assert later.off_ramp is None
    cheaper = replace(some, effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 20_000, 40_000)))
    fell = after(cheaper, later, NOW + timedelta(days=91))
    assert fell.measure_state.overridden_criteria == {}
    assert after(some, fell, NOW + timedelta(days=92)).off_ramp is not None, "it came true anew"


def test_going_on_and_holding_the_measure_before_anybody_looked_is_no_stop() -> None:
    """The sponsor overrides the kill switch, and the owner holds the measure at once."""
    some, before = decided("cost > 50,000")
    killed = after(some, before, NOW + DAY)
    resume = new_command("", BRANDT, Verb.RESUME, at=NOW + timedelta(days=1, hours=1))
    hold = new_command("", KAYA, Verb.HOLD, text="wait", at=NOW + timedelta(days=1, hours=2))
    held = after(some, killed, NOW + 2 * DAY, resume, hold)
    assert held.off_ramp is not None
    assert held.off_ramp.kind is OffRampKind.ON_HOLD
    assert [
        (one.kind, one.actor) for one in held.events if one.kind in {EventKind.KILL_STOPPED, EventKind.KILL_OVERRIDDEN}
    ] == [(EventKind.KILL_OVERRIDDEN, "M. Brandt")]
    assert list(held.measure_state.overridden_criteria) == ["cost > 50,000"]


def test_what_was_written_before_the_kill_switch_overrides_nothing() -> None:
    """The sponsor ends a hold while the measure is being stopped, and knows nothing of it."""
    some, before = decided("cost > 50,000")
    killed = after(some, before, NOW + DAY)
    assert killed.off_ramp is not None
    resume = new_command("", BRANDT, Verb.RESUME, at=NOW + DAY - timedelta(seconds=2))
    still = after(some, killed, NOW + DAY + timedelta(minutes=1), resume)
    assert (still.off_ramp, still.measure_state.overridden_criteria) == (killed.off_ramp, {})
    ruling = still.commands[-1].ruling
    assert ruling is not None
    assert (ruling.accepted, ruling.reply) == (
        False,
        "Not counted: this was written on 22 Nov 2026 08:59 UTC, before the measure was on hold by the kill switch. Look at "
        "it as it is now, and say it again: /resume",
    )


def test_a_hold_keeps_no_agreed_criterion_from_firing() -> None:
    """The owner may put a measure on hold, and would else be rid of the kill switch."""
    some, before = decided("cost > 100,000")
    held = after(some, before, NOW + DAY, new_command("", KAYA, Verb.HOLD, text="wait", at=NOW + timedelta(hours=2)))
    assert held.off_ramp is not None
    assert held.off_ramp.kind is OffRampKind.ON_HOLD
    dear = (*HALF, *lines(Version.ACTUAL, 0, 150_000, months=1))
    killed = after(replace(some, effects=dear), held, NOW + 3 * DAY)
    assert killed.off_ramp is not None
    assert (killed.off_ramp.kind, killed.funding) == (OffRampKind.KILLED, Funding.STOPPED)
    resumed = new_command("", KAYA, Verb.RESUME, at=NOW + timedelta(days=3, hours=1))
    again = new_command("", KAYA, Verb.HOLD, text="wait", at=NOW + timedelta(days=3, hours=2))
    for said in (resumed, again):
        assert after(replace(some, effects=dear), killed, NOW + 4 * DAY, said).off_ramp == killed.off_ramp


def test_a_hold_does_not_count_as_months_of_red() -> None:
    some, before = decided("cost > 900,000")
    held = after(some, before, NOW + DAY, new_command("", BRANDT, Verb.HOLD, text="wait", at=NOW + timedelta(hours=2)))
    later = after(some, held, datetime(2027, 6, 1, 9, tzinfo=NOW.tzinfo))
    assert later.off_ramp == held.off_ramp


def test_a_stop_is_recorded() -> None:
    some, before = decided("cost > 50,000")
    killed = after(some, before, NOW + DAY)
    cancel = new_command("", BRANDT, Verb.CANCEL, text="too dear", at=NOW + timedelta(days=1, hours=1))
    stopped = after(some, killed, NOW + 2 * DAY, cancel)
    assert stopped.off_ramp is not None
    assert (stopped.off_ramp.kind, stopped.funding) == (OffRampKind.CANCELLED, Funding.STOPPED)
    assert [(event.text, event.actor) for event in stopped.events if event.kind is EventKind.KILL_STOPPED] == [
        ("Stopped after the kill switch: too dear", "M. Brandt")
    ]


def test_the_owner_overrides_nothing() -> None:
    some, before = decided("cost > 50,000")
    killed = after(some, before, NOW + DAY)
    refused = after(
        some, killed, NOW + 2 * DAY, new_command("", KAYA, Verb.RESUME, at=NOW + timedelta(days=1, hours=1))
    )
    assert refused.off_ramp is not None
    assert refused.measure_state.overridden_criteria == {}


def test_a_criterion_over_months_holds_all_that_time_and_an_unknown_value_stops_no_clock() -> None:
    some, before = decided("forecast < 50 % of plan for 3 months")
    hidden = replace(some, effects=lines(Version.PLAN, 20_000, 60_000))
    good = replace(some, effects=measure().effects)
    first = after(some, before, NOW + DAY)
    assert first.off_ramp is None
    assert first.measure_state.criteria_since == {"forecast < 50 % of plan for 3 months": NOW + DAY}
    unknown = after(hidden, first, NOW + timedelta(days=40))
    assert unknown.measure_state.criteria_since == first.measure_state.criteria_since
    better = after(good, unknown, NOW + timedelta(days=60))
    assert better.kill_criteria[0].since is None
    assert better.measure_state.criteria_since == first.measure_state.criteria_since
    recovered = after(good, better, NOW + timedelta(days=91))
    assert (recovered.measure_state.criteria_since, recovered.measure_state.criteria_interrupted) == ({}, {})
    later = datetime(2027, 2, 22, 9, tzinfo=NOW.tzinfo)
    worse = after(some, better, later)
    assert worse.measure_state.criteria_since == {"forecast < 50 % of plan for 3 months": later}
    almost = after(some, unknown, datetime(2027, 2, 21, 9, tzinfo=NOW.tzinfo))
    assert "kill criterion" not in (almost.off_ramp.reason if almost.off_ramp else "")
    due = after(some, unknown, datetime(2027, 2, 22, 9, tzinfo=NOW.tzinfo))
    assert due.off_ramp is not None
    assert due.off_ramp.reason.partition("; ")[2] == (
        'the agreed kill criterion "forecast < 50 % of plan for 3 months" holds (33% of plan (60,000 EUR), since 22 Nov 2026)'
    )


def test_softening_the_text_after_the_decision_changes_nothing() -> None:
    some, before = decided("cost > 50,000")
    for text in ("cost > 5M", None):
        assert after(replace(some, kill_criteria=text), before, NOW + DAY).off_ramp is not None


def test_switched_off_it_still_shows_what_holds() -> None:
    some, before = decided("cost > 50,000")
    off = replace(POLICY, off=frozenset({"KILL_SWITCH"}))
    present = evidence("decided", "decided", commands=before.commands, updated=NOW)
    verdict = assess(some, replace(present, measure_state=before.measure_state), off, NOW + DAY)
    assert (verdict.off_ramp, verdict.kill_criteria[0].holds) == (None, True)


def test_money_is_released_by_the_decision_only() -> None:
    verdict = assess(measure(), evidence("identified", "identified", commands=()), POLICY, NOW)
    assert verdict.funding is Funding.NOT_RELEASED
    assert Money(Decimal(1), "EUR") == eur(1)
