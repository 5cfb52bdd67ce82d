"""What boards and tickets hide, as sentences: one table of named cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.codes import CODES
from governance.conditions import CONDITIONS
from governance.effects import Version
from governance.evidence import BaselineClaim, Children, Evidence, LifeCycle, OpenItem, Service, Team, TeamMember
from governance.facts import Unknown
from governance.findings import FINDING_RULES
from governance.locked_plan import lock_plan
from governance.measure import Measure, MeasureId, Person, Roles
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.money import Money, Period
from governance.verdict import Colour
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure

GONE = Person("x", "P. Gone", False)
NOVEMBER = Period(2026, 11)
CANCELLED = OffRamp(OffRampKind.CANCELLED, "M. Brandt", NOW - timedelta(days=10), "replaced")
KILLED = OffRamp(OffRampKind.KILLED, "gatepost", NOW - timedelta(days=10), "red")


def team(away: int, of: int = 6, hours: int = 40) -> Team:
    members = tuple(
        TeamMember(
            f"Architect {n}",
            Decimal(0 if n < away else hours),
            Decimal(hours if n < away else 0),
            "SUP" if n < away else "",
        )
        for n in range(of)
    )
    return Team(members, 14)


UNTOUCHED = Children(10, 8, in_progress=2, last_changed=NOW - timedelta(days=20))


def service(name: str = "CRM-OLD", retired: bool = False, *costs: int, owner: str = "", **more: object) -> Service:
    """Costs of the months that end with November 2026."""
    booked = {NOVEMBER.plus(n - len(costs) + 1): eur(amount) for n, amount in enumerate(costs)}
    life_cycle = LifeCycle.RETIRED if retired else LifeCycle.ACTIVE
    return Service(name, life_cycle, booked, owner=owner, **more)  # type: ignore[arg-type]


def claim(key: str, monthly: int, born: datetime) -> BaselineClaim:
    months = {Period(2026, month): eur(monthly) for month in range(1, 13)}
    return BaselineClaim(MeasureId(key), key, born, months)


EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
SHARED = measure(baseline_id="Storage 2025", baseline=eur(300_000))
VALUABLE = measure(effects=(*lines(Version.PLAN, 60_000, 60_000), *lines(Version.FORECAST, 60_000, 60_000)))
LOW = OpenItem("NET-9", "Firewall", "Open", priority="Low")


def case(code: str, *sentences: str, some: Measure | None = None, **facts: object) -> object:
    state = facts.pop("state", MeasureState("decided", granted_at={"decided": NOW}))
    present = replace(evidence("decided", "decided", commands=()), measure_state=state, **facts)  # type: ignore[arg-type]
    return pytest.param(code, some or measure(), present, list(sentences))


CASES = {
    # zombie
    "half of the people work elsewhere and nothing moves": case(
        "RESOURCE_DIVERSION",
        "3 of 6 people log their time elsewhere (120 h in 14 days, most of them on SUP), and no milestone was touched "
        "since 1 Nov 2026",
        team=team(3), children=UNTOUCHED,
    ),
    "two of six are borrowed, and the rest goes on": case("RESOURCE_DIVERSION", team=team(2), children=UNTOUCHED),
    "people are away, but the milestones move": case(
        "RESOURCE_DIVERSION", team=team(5), children=replace(UNTOUCHED, last_changed=NOW - timedelta(days=3))
    ),
    "finished work needs no people": case("RESOURCE_DIVERSION", team=team(6), children=UNTOUCHED, done=True),
    "a measure without a team field has no zombie": case("RESOURCE_DIVERSION", team=None, children=UNTOUCHED),
    # orphan
    "the owner has left": case(
        "ORPHAN_OWNER", "the owner P. Gone has left (the account is inactive): name another owner",
        some=measure(roles=Roles(GONE, BRANDT, WEBER)),
    ),
    "sponsor and controller have left": case(
        "ORPHAN_OWNER",
        "the sponsor P. Gone has left (the account is inactive): name another sponsor",
        "the controller P. Gone has left (the account is inactive): name another controller",
        some=measure(roles=Roles(KAYA, GONE, GONE)),
    ),
    "a decided measure has lost its controller": case(
        "ORPHAN_OWNER", "the measure has lost its controller: name one", some=measure(roles=Roles(KAYA, BRANDT, None))
    ),
    "an idea needs no controller yet": case(
        "ORPHAN_OWNER", some=measure(roles=Roles(KAYA, BRANDT, None)), state=MeasureState("identified")
    ),
    "an account of which nothing is known has not left": case(
        "ORPHAN_OWNER", some=measure(roles=Roles(replace(KAYA, active=None), BRANDT, WEBER))
    ),
    # still paying
    "the work is done and the old services are paid": case(
        "LEGACY_COST_RUNNING",
        "41,000 EUR a month still paid for 2 legacy services (CRM-OLD: 30,000 EUR in Oct 2026, 30,000 EUR in Nov 2026; "
        "CRM-RPT: 11,000 EUR in Nov 2026), although the work is done",
        legacy=(service("CRM-OLD", False, 30_000, 30_000), service("CRM-RPT", False, 11_000)), done=True,
    ),
    "retired on paper and billed all the same": case(
        "LEGACY_COST_RUNNING",
        "30,000 EUR a month still paid for 1 retired service (CRM-OLD: 30,000 EUR in Nov 2026), although the work is done",
        legacy=(service("CRM-OLD", True, 30_000),), done=True,
    ),
    "active, and nothing booked": case(
        "LEGACY_COST_RUNNING", "1 legacy service is still active (CRM-OLD: nothing booked), although the work is done",
        legacy=(service("CRM-OLD", False),), done=True,
    ),
    "the end has passed": case(
        "LEGACY_COST_RUNNING",
        "30,000 EUR a month still paid for 1 legacy service (CRM-OLD: 30,000 EUR in Nov 2026), although the measure "
        "ended on 2026-10-31; 30,000 EUR paid since",
        some=measure(end=date(2026, 10, 31)), legacy=(service("CRM-OLD", False, 30_000),),
    ),
    "a booking that names its accounts": case(
        "LEGACY_COST_RUNNING",
        "30,000 EUR a month still paid for 1 legacy service (CRM-OLD: 30,000 EUR in Nov 2026 on accounts 4711 and 4712), "
        "although the work is done",
        legacy=(service("CRM-OLD", False, 30_000, accounts={NOVEMBER: ("4711", "4712")}),), done=True,
    ),
    "before the end the old services may run": case(
        "LEGACY_COST_RUNNING", legacy=(service("CRM-OLD", False, 30_000),)
    ),
    "retired, and no longer booked": case(
        "LEGACY_COST_RUNNING",
        legacy=(Service("CRM-OLD", LifeCycle.RETIRED, {Period(2026, 8): eur(30_000)}),), done=True,
    ),
    "a booking of two currencies is not added up": case(
        "LEGACY_COST_RUNNING", "2 legacy services are still active (A: 5 EUR in Nov 2026; B: 5 USD in Nov 2026), although the work is done",
        legacy=(service("A", False, 5), Service("B", LifeCycle.ACTIVE, {NOVEMBER: Money(Decimal(5), "USD")})), done=True,
    ),
    # priority
    "a valuable measure waits for a ticket that stands low": case(
        "PRIORITY_MISMATCH", "NET-9 has priority Low, but 660,000 EUR wait for it; each day costs 1,972.60 EUR",
        some=VALUABLE, blocking_links=(LOW,),
    ),
    "the money that waits for three tickets is stated once": case(
        "PRIORITY_MISMATCH",
        "660,000 EUR wait for 4 tickets of low priority (NET-9: Low, ITX-4: Lowest, INC1: 4 - Low, +1); each day costs 1,972.60 EUR",
        some=VALUABLE, blocking_links=(LOW,),
        children=Children(2, 1, (OpenItem("ITX-4", "a", "Open", priority="Lowest"), replace(LOW, priority=""))),
        tickets=(OpenItem("INC1", "a", "New", priority="4 - Low"), OpenItem("INC2", "a", "New", priority="5 - Planning")),
    ),
    "a small measure may wait": case("PRIORITY_MISMATCH", blocking_links=(LOW,)),
    "a high ticket is where it belongs": case(
        "PRIORITY_MISMATCH", some=VALUABLE, blocking_links=(replace(LOW, priority="High"),)
    ),
    "somebody lowered the priority of a child": case(
        "PRIORITY_DRIFT", "ITX-4 was lowered from priority High to Medium",
        children=Children(2, 1, (OpenItem("ITX-4", "a", "Open", priority="Medium"),)),
        state=MeasureState("decided", highest_priorities={"ITX-4": "High"}),
    ),
    "raising a priority is no drift": case(
        "PRIORITY_DRIFT",
        children=Children(2, 1, (OpenItem("ITX-4", "a", "Open", priority="Highest"),)),
        state=MeasureState("decided", highest_priorities={"ITX-4": "High"}),
    ),
    "lowered and raised halfway again is drift against the highest": case(
        "PRIORITY_DRIFT", "ITX-4 was lowered from priority Highest to High",
        children=Children(2, 1, (OpenItem("ITX-4", "a", "Open", priority="High"),)),
        state=MeasureState("decided", highest_priorities={"ITX-4": "Highest"}),
    ),
    "ServiceNow's priorities are understood as well": case(
        "PRIORITY_DRIFT", "INC1 was lowered from priority 1 - Critical to 4 - Low",
        blocking_links=(OpenItem("INC1", "a", "New", priority="4 - Low"),),
        state=MeasureState("decided", highest_priorities={"INC1": "1 - Critical"}),
    ),
    # unfunded
    "work that serves no objective": case(
        "UNFUNDED_WORK", "60,000 EUR spent, and the measure serves no objective",
        some=measure(objective=None, effects=(*lines(Version.PLAN, 1, 1), *lines(Version.ACTUAL, 0, 60_000, months=1))),
    ),
    "work that no plan pays for": case(
        "UNFUNDED_WORK", "5 child items worked on, and no plan pays for it",
        some=measure(effects=()), children=Children(6, 3, in_progress=2),
    ),
    "an idea that nobody works on needs no money": case(
        "UNFUNDED_WORK", some=measure(effects=(), objective=None), children=Children(6, 0)
    ),
    "a plan that could not be read is not called missing": case(
        "UNFUNDED_WORK", some=measure(effects=(), unreadable_effects=("hidden",)), children=Children(6, 3, in_progress=2)
    ),
    # double count
    "two measures claim more than the baseline is worth": case(
        "OVERCLAIM",
        "30,000 EUR is claimed on the baseline Storage 2025 in Jan 2026, which is worth 25,000 EUR a month: "
        "ITX-1 claimed it first",
        some=SHARED, created=LATE, claims=(claim("ITX-1", 10_000, EARLY),),
    ),
    "the older measure keeps its claim": case(
        "OVERCLAIM", some=SHARED, created=EARLY, claims=(claim("ITX-1", 10_000, LATE),)
    ),
    "together they fit": case("OVERCLAIM", some=SHARED, created=LATE, claims=(claim("ITX-1", 5_000, EARLY),)),
    "a measure alone may claim what it likes": case("OVERCLAIM", some=SHARED, created=LATE),
    # cost spike
    "a service costs a third more than in the quarter before": case(
        "COST_SPIKE",
        "CRM-OLD cost 40,000 EUR in Nov 2026, 33% above the quarter before (30,000 EUR) and 33% above the baseline of "
        "Aug 2026 (30,000 EUR), more than the tolerated 20% since Nov 2026",
        legacy=(service("CRM-OLD", False, 30_000, 30_000, 30_000, 40_000),),
    ),
    "more of a service for more users is no spike": case(
        "COST_SPIKE",
        legacy=(service("CRM-OLD", False, 30_000, 30_000, 30_000, 40_000, units={
            NOVEMBER.plus(n): Decimal(4000 if n == 0 else 3000) for n in range(-3, 1)
        }),),
    ),
    "dearer by the unit, although the bill is the same": case(
        "COST_SPIKE",
        "CRM-OLD cost 20 EUR per unit in Nov 2026, 100% above the quarter before (10 EUR) and 100% above the baseline "
        "of Aug 2026 (10 EUR), more than the tolerated 20% since Nov 2026",
        legacy=(service("CRM-OLD", False, 30_000, 30_000, 30_000, 30_000, units={
            NOVEMBER.plus(n): Decimal(1500 if n == 0 else 3000) for n in range(-3, 1)
        }),),
    ),
    "a fifth more is borne": case(
        "COST_SPIKE", legacy=(service("CRM-OLD", False, 30_000, 30_000, 30_000, 36_000),)
    ),
    "a service that stays is watched as well": case(
        "COST_SPIKE",
        "CRM-NEW cost 40,000 EUR in Nov 2026, 33% above the quarter before (30,000 EUR) and 33% above the baseline of "
        "Aug 2026 (30,000 EUR), more than the tolerated 20% since Nov 2026",
        watched=(service("CRM-NEW", False, 30_000, 30_000, 30_000, 40_000),),
    ),
    "a service that stays need not end": case(
        "LEGACY_COST_RUNNING", watched=(service("CRM-NEW", False, 30_000, 30_000),), done=True,
    ),
    "three months are not enough to compare": case("COST_SPIKE", legacy=(service("X", False, 10, 10, 40),)),
    # creep
    "work goes on after the measure was cancelled": case(
        "CREEP", "3 child items are in progress, although the measure was cancelled on 11 Nov 2026",
        children=Children(5, 2, in_progress=3), state=MeasureState("decided", off_ramp=CANCELLED),
    ),
    "work goes on after the kill switch": case(
        "CREEP", "1 child item is in progress, although the measure was stopped by the kill switch on 11 Nov 2026",
        children=Children(5, 4, in_progress=1), state=MeasureState("decided", off_ramp=KILLED),
    ),
    "work goes on, and the case is gone": case(
        "CREEP", "2 child items are in progress, although the business case no longer holds (-36,000 EUR at completion)",
        some=measure(effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 2_000, 60_000))),
        children=Children(5, 3, in_progress=2),
    ),
    "work on a living case is work": case("CREEP", children=Children(5, 3, in_progress=2)),
    "open items that nobody works on are no creep": case(
        "CREEP", children=Children(5, 2), state=MeasureState("decided", off_ramp=CANCELLED)
    ),
    # unknown
    "what could not be looked at is told": case(
        "EVIDENCE_UNKNOWN", "the services of snow could not be read", "the logged hours could not be read",
        legacy=Unknown("the services of snow could not be read"), team=Unknown("the logged hours could not be read"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "some", "present", "sentences"), CASES.values(), ids=CASES.keys())
def test_a_finding(code: str, some: Measure, present: Evidence, sentences: list[str]) -> None:
    found = assess(some, present, POLICY, NOW).findings
    assert [finding.sentence for finding in found if finding.code == code] == sentences


@pytest.mark.parametrize(("code", "some", "present", "sentences"), CASES.values(), ids=CASES.keys())
def test_a_finding_that_is_switched_off_is_not_reported(
    code: str, some: Measure, present: Evidence, sentences: list[str]
) -> None:
    found = assess(some, present, replace(POLICY, off=frozenset({code})), NOW).findings
    assert code not in [finding.code for finding in found]


def test_work_that_goes_on_is_one_finding_whatever_its_reason() -> None:
    creeping = [one.values for one in CASES.values() if one.values[0] == "CREEP" and one.values[3]]  # type: ignore[attr-defined]
    subjects = [
        finding.subject
        for _, some, present, _ in creeping
        for finding in assess(some, present, POLICY, NOW).findings
        if finding.code == "CREEP"
    ]
    assert subjects == ["work"] * 3


def test_a_finding_has_the_day_on_which_it_was_detected_first() -> None:
    orphaned = measure(roles=Roles(GONE, BRANDT, WEBER))
    first = assess(orphaned, evidence("decided", "decided", commands=()), POLICY, NOW)
    later = replace(evidence("decided", "decided", commands=()), measure_state=first.measure_state)
    (finding,) = assess(orphaned, later, POLICY, NOW + timedelta(days=9)).findings
    assert (finding.since, finding.who) == (NOW, "sponsor M. Brandt")


def test_diversion_leaves_no_status_greener_than_amber() -> None:
    half = datetime(2026, 7, 2, tzinfo=UTC)
    children = Children(10, 8, in_progress=2, last_changed=half - timedelta(days=20))
    present = replace(evidence("decided", "decided", commands=()), team=team(4), children=children, updated=half)
    status = assess(measure(), present, POLICY, half).implementation
    assert status.colour is Colour.AMBER
    assert "4 of 6 people log their time elsewhere" in status.reason


@pytest.mark.parametrize(
    ("services", "stage", "text"),
    [
        pytest.param(
            (service("CRM-OLD", False, 30_000),), "decided",
            "Cannot move into Implemented yet: 30,000 EUR a month still paid for 1 legacy service (CRM-OLD: 30,000 EUR in Nov 2026), and no end "
            "is dated"
            ". A. Kaya (owner) needs to act, since 21 Nov · LEGACY_COST_RUNNING", id="into Implemented the end has to be dated",
        ),
        pytest.param(
            (service("CRM-OLD", False, 30_000, ends_on=date(2026, 12, 31)),), "decided", "", id="a dated end is enough there"
        ),
        pytest.param(
            (service("CRM-OLD", False, 30_000, ends_on=date(2026, 12, 31)),), "implemented",
            "Cannot close yet: 30,000 EUR a month still paid for 1 legacy service (CRM-OLD: 30,000 EUR in Nov 2026)"
            ". A. Kaya (owner) needs to act, since 21 Nov · LEGACY_COST_RUNNING", id="into Closed it has to have ended",
        ),
        pytest.param((service("CRM-OLD", True),), "implemented", "", id="retired and not booked has ended"),
        pytest.param(
            Unknown("the services of snow could not be read"), "implemented",
            "Cannot close yet: the services of snow could not be read. Administrator needs to act, since 21 Nov"
            " · LEGACY_COST_RUNNING", id="what is not known has not ended",
        ),
    ],
)  # fmt: skip
def test_the_legacy_has_to_end(services: tuple[Service, ...] | Unknown, stage: str, text: str) -> None:
    plan = lock_plan(measure().effects, NOW)
    present = replace(
        evidence(stage, stage, commands=()),
        legacy=services,
        measure_state=MeasureState(stage, plan=plan),
    )
    found = [b.sentence for b in assess(measure(), present, POLICY, NOW).blockers if b.code == "LEGACY_COST_RUNNING"]
    assert found == ([text] if text else [])


def test_every_code_is_explained() -> None:
    """A code that a person meets in a field is found in the list of codes, and the list has no other."""
    assert set(FINDING_RULES) <= set(CODES)
    assert len(CONDITIONS) > 20
