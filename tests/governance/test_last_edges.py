"""Edges that no other table tells apart: equality, the same moment, what comes second in a list, and exact sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from governance.approvals import ApprovalContext, _committee, _unsigned
from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.evidence import Command, Ruling, Team, TeamMember, Verb
from governance.findings import diversion
from governance.locked_plan import lock_plan
from governance.measure import Committee, Person
from governance.money import Period
from governance.number_words import number_of
from governance.presets import COMMITTEE
from governance.service import Better, ServiceDefinition, ServiceKpi
from governance.service_findings import service_findings
from governance.slip_effect import BenefitSlip, SlipEffect, benefit_slip
from tests.governance.factory import NOW, POLICY, WEBER, eur, evidence, measure, new_command
from tests.governance.test_approvals import LIND, NOVAK
from tests.governance.test_latest_estimate import ACTUAL, BENEFIT, PLAN, at
from tests.governance.test_service_economics import figures, lines, months
from tests.governance.test_validation import STEADY, confirm, judged, lower

SECOND = timedelta(seconds=1)
EARLY, LATE = NOW - timedelta(days=9), NOW - timedelta(days=2)
AUGUST, SEPTEMBER, OCTOBER = Period(2026, 8), Period(2026, 9), Period(2026, 10)
BOOKED = (*STEADY, *at(ACTUAL, BENEFIT, {8: 100, 9: 100, 10: 100}))


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (1, ("month",), "1 month"),
        (0, ("month",), "0 months"),
        (2, ("month",), "2 months"),
        (1_200, ("entry", "entries"), "1,200 entries"),
        (1, ("entry", "entries"), "1 entry"),
    ],
)
def test_one_thing_is_written_in_the_singular(count: int, words: tuple[str, ...], text: str) -> None:
    assert number_of(count, *words) == text


def signed(*commands: Command, wanted: tuple[Period, ...], rejected: datetime | None = None) -> str:
    """Why the wanted months are not all signed, after these confirmations and perhaps a rejection."""
    ruled = judged(BOOKED, *commands).commands
    context = ApprovalContext(
        measure(effects=BOOKED), POLICY, sum_up(BOOKED), ruled, plan=lock_plan(BOOKED, NOW - timedelta(days=90)),
        months_to_sign=wanted,
    )  # fmt: skip
    no = None if rejected is None else new_command("closed", WEBER, Verb.REJECT, text="no", at=rejected)
    return _unsigned(ruled[-1], list(ruled), no, context)


ALL = (AUGUST, SEPTEMBER, OCTOBER)
TWO = (confirm(200, AUGUST, SEPTEMBER, at=EARLY), confirm(100, OCTOBER, OCTOBER, at=LATE))
FIRST_TWO = "J. Weber has not confirmed the actual effect of Aug 2026 and Sep 2026"


@pytest.mark.parametrize(
    ("rejected", "why"),
    [
        pytest.param(None, "", id="never rejected"),
        pytest.param(EARLY - SECOND, "", id="rejected before both"),
        pytest.param(EARLY, FIRST_TWO, id="rejected in the moment of the first"),
        pytest.param(EARLY + SECOND, FIRST_TWO, id="rejected between them"),
    ],
)
def test_a_confirmation_counts_only_after_the_rejection(rejected: datetime | None, why: str) -> None:
    assert signed(*TWO, wanted=ALL, rejected=rejected) == why


def test_without_a_month_to_sign_only_a_lower_value_says_that_nothing_came() -> None:
    nobody = "there is no closed month that could be confirmed"
    assert signed(TWO[0], wanted=()) == nobody
    assert signed(lower(190, AUGUST, SEPTEMBER, at=EARLY), wanted=()) == ""
    assert signed(lower(190, AUGUST, SEPTEMBER, at=EARLY), TWO[1], wanted=(), rejected=EARLY) == nobody


def test_a_confirmation_of_other_facts_does_not_count() -> None:
    ruled = judged(BOOKED, *TWO).commands
    more = (*BOOKED, *at(ACTUAL, BENEFIT, {9: 50}))
    plan = lock_plan(BOOKED, NOW - timedelta(days=90))
    own = measure(effects=more)
    context = ApprovalContext(own, POLICY, sum_up(more), ruled, plan=plan, months_to_sign=ALL)
    assert _unsigned(ruled[-1], list(ruled), None, context) != ""
    assert _unsigned(ruled[0], list(ruled), None, context).startswith(
        "J. Weber gave the confirmation of the actual effect for other facts ("
    )


BOARD = Committee("IT Board", frozenset({LIND.id, NOVAK.id}), 2)


@pytest.mark.parametrize(
    ("quorum", "others", "reason"),
    [
        (2, (), "0 of 2 members of IT Board have approved"),
        (1, (), "0 of 1 member of IT Board has approved"),
        (2, (LIND,), "0 of 2 members of IT Board have approved, and 1 was given for other figures"),
        (2, (LIND, NOVAK), "0 of 2 members of IT Board have approved, and 2 were given for other figures"),
    ],
)
def test_a_quorum_of_one_and_one_old_decision_are_written_in_the_singular(
    quorum: int, others: tuple[Person, ...], reason: str
) -> None:
    rule = COMMITTEE
    old = measure()
    stale = Ruling(accepted=True, reply="", fingerprints={group.value: "other" for group in rule.depends_on})
    ruled = tuple(new_command("decided", one)._replace(ruling=stale) for one in others)
    context = ApprovalContext(replace(old, committee=replace(BOARD, quorum=quorum)), POLICY, sum_up(old.effects), ruled)
    assert _committee("decided", rule, context).reason == reason


MOVED = NOW - timedelta(days=14)


def member(on_it: int, elsewhere: int, project: str = "SUP", *, hidden: bool = False) -> TeamMember:
    return TeamMember("P", Decimal(on_it), Decimal(elsewhere), project, hidden)


def diverted(*people: TeamMember, moved: datetime | None = MOVED, named: bool = False, window: int = 14) -> str:
    present = replace(evidence("decided", "decided"), team=Team(people, window))
    policy = replace(POLICY, thresholds=replace(POLICY.thresholds, diversion_share=Decimal("0.5")))
    return diversion(present, policy, NOW, moved, named=named)


END = "and no milestone was touched since 7 Nov 2026"
DIVERSION: Mapping[str, tuple[str, str]] = {
    "half of them is enough": (
        diverted(member(1, 40), member(40, 0)),
        f"1 of 2 people logs their time elsewhere (40 h in 14 days, most of them on SUP), {END}",
    ),
    "as many hours here as there": (diverted(member(20, 20)), ""),
    "an hour more there": (
        diverted(member(20, 21)), f"1 of 1 person logs their time elsewhere (21 h in 14 days, most of them on SUP), {END}"
    ),
    "less than half": (diverted(member(0, 9), member(9, 0), member(9, 0)), ""),
    "moved within the window": (diverted(member(0, 9), moved=MOVED + SECOND), ""),
    "never moved": (
        diverted(member(0, 9), moved=None),
        "1 of 1 person logs their time elsewhere (9 h in 14 days, most of them on SUP), and no milestone was touched",
    ),
    "two who log on one project outweigh one": (
        diverted(member(0, 6, "A"), member(0, 8, "B"), member(0, 6, "A")),
        f"3 of 3 people log their time elsewhere (20 h in 14 days, most of them on A), {END}",
    ),
    "without the name of a project": (
        diverted(member(0, 9, "")), f"1 of 1 person logs their time elsewhere (9 h in 14 days), {END}"
    ),
    "another project than the measure's own is hidden": (
        diverted(member(0, 9, hidden=True), member(0, 1)),
        f"2 of 2 people log their time elsewhere (10 h in 14 days, most of them on one other project), {END}",
    ),
    "it is named to whoever asks": (
        diverted(member(0, 9, hidden=True), named=True),
        f"1 of 1 person logs their time elsewhere (9 h in 14 days, most of them on SUP), {END}",
    ),
    "a hidden project that is not the main one hides nothing": (
        diverted(member(0, 9), member(0, 1, "X", hidden=True)),
        f"2 of 2 people log their time elsewhere (10 h in 14 days, most of them on SUP), {END}",
    ),
    "a window of a day": (
        diverted(member(0, 9), window=1), f"1 of 1 person logs their time elsewhere (9 h in 1 day, most of them on SUP), {END}"
    ),
    "no team": (diverted(), ""),
}  # fmt: skip


@pytest.mark.parametrize(("found", "told"), DIVERSION.values(), ids=DIVERSION)
def test_people_who_work_elsewhere(found: str, told: str) -> None:
    assert found == told


OLD = {"2026-05": "1000", "2026-06": "1000", "2026-07": "1000"}


def vanity(*kpis: tuple[ServiceKpi, str, str], cost: str = "1000") -> list[str]:
    """Sentences about KPIs, each with its value in the quarter before and in this one."""
    definition = ServiceDefinition("desk", "Desk", kpis=tuple(kpi for kpi, _, _ in kpis))
    now = dict.fromkeys(("2026-08", "2026-09", "2026-10"))
    values = {
        kpi.name.casefold(): months({**dict.fromkeys(OLD, before), **dict.fromkeys(now, after)})
        for kpi, before, after in kpis
    }
    found = figures(lines({**OLD, **dict.fromkeys(now, cost)}), {}, definition)
    return [one.sentence for one in service_findings(definition, found, (), values) if one.code == "VANITY_METRIC"]


FASTER, OTHER = ServiceKpi("Handling time", Better.LOWER, True), ServiceKpi("Mood", Better.HIGHER, False)
RISEN = ServiceKpi("Solved at once", Better.HIGHER, True)
SAID = (
    "Handling time of Desk is 10% better than in the quarter before, and the cost that it is to lower stayed as it was"
)
VANITY: Mapping[str, tuple[list[str], list[str]]] = {
    "the cost stayed": (vanity((FASTER, "100", "90")), [SAID]),
    "the cost rose": (
        vanity((FASTER, "100", "50"), cost="1030"),
        ["Handling time of Desk is 50% better than in the quarter before, and the cost that it is to lower rose by "
         "30.00 EUR a month"],
    ),
    "the cost fell": (vanity((FASTER, "100", "50"), cost="999"), []),
    "one that claims nothing comes first": (vanity((OTHER, "1", "2"), (FASTER, "100", "90")), [SAID]),
    "one without a value before comes first": (vanity((RISEN, "0", "2"), (FASTER, "100", "90")), [SAID]),
    "one that is worse comes first": (vanity((RISEN, "2", "1"), (FASTER, "100", "90")), [SAID]),
    "from below zero to above it": (
        vanity((RISEN, "-10", "10")),
        ["Solved at once of Desk is 200% better than in the quarter before, and the cost that it is to lower stayed as "
         "it was"],
    ),
    "both are named": (
        vanity((FASTER, "100", "90"), (RISEN, "100", "110")),
        [SAID, SAID.replace("Handling time", "Solved at once")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "told"), VANITY.values(), ids=VANITY)
def test_an_improvement_that_lowers_no_cost(found: list[str], told: list[str]) -> None:
    assert found == told


def slip(*some: EffectLine) -> SlipEffect:
    found = benefit_slip(some)
    assert isinstance(found, BenefitSlip)
    return found.of_year(2026)


def test_all_lines_of_a_month_make_its_net() -> None:
    """Two benefits and a cost: 100 + 50 − 30 a month slip by one month, and end with the year."""
    forecast = Version.FORECAST
    parts = {EffectKind.BENEFIT: (100, 50), EffectKind.RECURRING_COST: (30,), EffectKind.ONE_OFF_COST: (7,)}
    planned = [
        EffectLine(PLAN, kind, Period(2026, month), eur(amount))
        for kind, amounts in parts.items() for amount in amounts for month in (10, 11, 12)
    ]  # fmt: skip
    later = [replace(line, version=forecast) for line in planned if line.month > OCTOBER]
    assert slip(*planned, *later) == SlipEffect(lost=Decimal(120))
    cash = replace(planned[0], account=planned[0].account.CASH, month=Period(2026, 1))
    assert slip(*planned, *later, cash, replace(cash, version=forecast)) == SlipEffect(lost=Decimal(120))


@pytest.mark.parametrize(
    ("booked", "expected", "actual", "reason"),
    [
        pytest.param(
            {}, "actuals of 3 closed months in a row at planned steady state", "0 months",
            "actuals are booked for 0 of the 3 months that have to be observed (Aug 2026 to Oct 2026)", id="none",
        ),
        pytest.param(
            {10: 100}, "actuals of 3 closed months in a row at planned steady state", "1 month",
            "actuals are booked for 1 of the 3 months that have to be observed (Aug 2026 to Oct 2026)", id="one",
        ),
        pytest.param(
            {8: 100, 10: 100}, "actuals of 3 closed months in a row at planned steady state", "2 months",
            "actuals are booked for 2 of the 3 months that have to be observed (Aug 2026 to Oct 2026)", id="two",
        ),
        pytest.param(
            {8: 100, 9: 100, 10: 100}, "actuals of 3 closed months in a row at planned steady state",
            "Aug 2026 to Oct 2026", "Aug 2026 to Oct 2026", id="all",
        ),
    ],
)  # fmt: skip
def test_actuals_of_the_observed_months(booked: dict[int, int], expected: str, actual: str, reason: str) -> None:
    found = judged((*STEADY, *at(ACTUAL, BENEFIT, booked)))
    (one,) = [result for result in found.checklist if result.code == "ACTUALS_MISSING"]
    assert (one.expected, one.actual, one.reason) == (expected, actual, reason)
