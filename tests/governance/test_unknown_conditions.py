"""Every condition has a third value: what could not be established is neither met nor simply unmet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from governance.claims import overclaim
from governance.codes import CODES
from governance.condition_context import ConditionContext
from governance.conditions import evaluate
from governance.effects import Version, sum_up
from governance.evidence import Children, Verb
from governance.facts import Unknown
from governance.gates import ConditionKind
from governance.locked_plan import LockedPlan, lock_plan
from governance.locked_scope import terms_of
from governance.measure import HierarchyPath, Roles
from governance.measure_kpis import MeasureKpi
from governance.money import Period
from governance.service import Better
from governance.signature import Signature
from governance.validation import Validation
from governance.verdict import Outcome
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, lines, measure, new_command

HIDDEN = Unknown("hidden")
BROKEN: dict[str, object] = {"unreadable_effects": ("hidden",)}
PLAN = lock_plan(measure().effects, NOW, terms=terms_of(measure(), Children(4, 4)))
NO_FORECAST: dict[str, object] = {"effects": lines(Version.PLAN, 20_000, 60_000)}
NOTHING_FORECAST = "there is no forecast, so nobody can say whether the plan will be reached: enter one"
WORD = "nothing but somebody's word shows that the work is done: it has no child items and states no progress"
HANDLING = MeasureKpi("Handling time", Decimal(5), Better.LOWER, "min", ("decided",), problem="hidden")

Case = tuple[dict[str, object], dict[str, object], LockedPlan | None, str]


def fact(**changes: object) -> Case:
    return changes, {}, None, "hidden"


def seen(**changes: object) -> Case:
    return {}, changes, None, "hidden"


CASES: Mapping[ConditionKind, tuple[Case, ...]] = {
    ConditionKind.TITLE: (fact(title=HIDDEN),),
    ConditionKind.OWNER: (fact(roles=Roles(HIDDEN, BRANDT, WEBER)),),
    ConditionKind.SPONSOR: (fact(roles=Roles(KAYA, HIDDEN, WEBER)),),
    ConditionKind.CONTROLLER: (fact(roles=Roles(KAYA, BRANDT, HIDDEN)),),
    ConditionKind.PROGRAM: (fact(hierarchy=HierarchyPath("ACME", program=HIDDEN)),),
    ConditionKind.BUSINESS_UNIT: (fact(business_unit=HIDDEN),),
    ConditionKind.LEGAL_ENTITY: (fact(legal_entity=HIDDEN),),
    ConditionKind.ROUGH_VALUE: (fact(rough_value=HIDDEN, effects=()), fact(effects=(), **BROKEN)),
    ConditionKind.SEPARATION_OF_DUTIES: (fact(roles=Roles(HIDDEN, BRANDT, WEBER)),),
    ConditionKind.BASELINE: (fact(baseline=HIDDEN),),
    ConditionKind.BASELINE_CLAIMS: (fact(baseline_id=HIDDEN), fact(baseline_id="Storage", baseline=HIDDEN)),
    ConditionKind.PHASING: (fact(**BROKEN),),
    ConditionKind.DATES: (fact(start=HIDDEN), fact(end=HIDDEN)),
    ConditionKind.OBJECTIVE: (fact(objective=HIDDEN),),
    ConditionKind.OVERLAPS: (fact(overlaps=HIDDEN),),
    ConditionKind.HURDLE: (fact(**BROKEN),),
    ConditionKind.PAYBACK: (fact(**BROKEN),),
    ConditionKind.KILL_CRITERIA: (fact(kill_criteria=HIDDEN),),
    ConditionKind.SCOPE: (seen(children=HIDDEN),),
    ConditionKind.PLAN_LOCK: (
        (BROKEN, {}, PLAN, "hidden"),
        ({"end": HIDDEN}, {}, PLAN, "hidden"),
        ({"kill_criteria": HIDDEN}, {}, PLAN, "hidden"),
        ({"milestones": {"Go-live": HIDDEN}}, {}, PLAN, "hidden"),
    ),
    ConditionKind.DEVIATION_EXPLAINED: (
        (BROKEN, {}, PLAN, "hidden"),
        (NO_FORECAST, {}, PLAN, NOTHING_FORECAST),
    ),
    ConditionKind.OPEN_WORK: (
        seen(children=HIDDEN),
        seen(children=Children(0, 0), progress=HIDDEN),
    ),
    ConditionKind.DEPENDENCIES: (seen(blocking_links=HIDDEN),),
    ConditionKind.CHANGES: (seen(changes=HIDDEN),),
    ConditionKind.LEGACY_DATED: (seen(legacy=HIDDEN),),
    ConditionKind.LEGACY_ENDED: (seen(legacy=HIDDEN),),
    ConditionKind.ACTUALS: (fact(**BROKEN),),
    ConditionKind.VALUE_REALISED: (fact(**BROKEN),),
    ConditionKind.EVIDENCE_ATTACHED: (seen(attachments=HIDDEN),),
    ConditionKind.KPIS: (fact(kpis=(HANDLING,)),),
}


def test_every_condition_has_its_unknown_case() -> None:
    assert set(CASES) == set(ConditionKind)


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind, case, id=f"{kind.value}-{number}")
        for kind, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_what_is_not_known_is_not_met(kind: ConditionKind, case: Case) -> None:
    facts, seen_facts, plan, reason = case
    some, read = measure(**facts), replace(evidence(), **seen_facts)  # type: ignore[arg-type]
    context = ConditionContext(
        "decided", some, read, POLICY, sum_up(some.effects), now=NOW, plan=plan, overclaim=overclaim(some, read)
    )
    result = evaluate(kind, context)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, reason)
    assert result.code in CODES
    assert result.subject


@pytest.mark.parametrize(
    ("facts", "on_word", "outcome", "text"),
    [
        pytest.param({}, True, Outcome.MET, "no child items", id="the policy takes the owner's word"),
        pytest.param({}, False, Outcome.UNMET, WORD, id="a word alone"),
        pytest.param({"children": None}, False, Outcome.UNMET, WORD, id="a word alone, of what has no child items"),
        pytest.param({"progress": 1}, False, Outcome.MET, "no child items, 100% done", id="the progress says so"),
        pytest.param(
            {"progress": 0},
            False,
            Outcome.UNMET,
            "the work has no child items, and its progress is 0%",
            id="it does not",
        ),
    ],
)
def test_work_without_child_items(facts: dict[str, object], on_word: bool, outcome: Outcome, text: str) -> None:
    policy = POLICY.with_thresholds(replace(POLICY.thresholds, done_on_word=on_word))
    present = replace(evidence(children=Children(0, 0)), **facts)  # type: ignore[arg-type]
    context = ConditionContext("implemented", measure(), present, policy, None)
    result = evaluate(ConditionKind.OPEN_WORK, context)
    assert (result.outcome, result.reason) == (outcome, text)


def test_nothing_is_deviated_from_before_a_plan_is_locked() -> None:
    some = measure(**NO_FORECAST)
    context = ConditionContext("implemented", some, evidence(), POLICY, sum_up(some.effects), now=NOW)
    assert evaluate(ConditionKind.DEVIATION_EXPLAINED, context).actual == "no plan is locked yet"


def test_a_confirmed_lower_value_stands_in_for_a_forecast() -> None:
    some = measure(**NO_FORECAST)
    lower = new_command("", WEBER, Verb.CONFIRM_LOWER, text="one site stays")
    year = Signature(Period(2026, 1), Period(2026, 12), "EUR", (), "", 1, "")
    context = ConditionContext(
        "implemented", some, evidence(), POLICY, sum_up(some.effects), now=NOW, plan=PLAN,
        validation=Validation(valid=((lower, year),)),
    )  # fmt: skip
    result = evaluate(ConditionKind.DEVIATION_EXPLAINED, context)
    assert (result.outcome, result.actual) == (Outcome.MET, "lower value confirmed: one site stays")


def test_the_unknown_milestone_is_in_no_list_of_changes() -> None:
    some = measure(milestones={"Go-live": date(2026, 5, 1)})
    plan = lock_plan(some.effects, NOW, terms=terms_of(some, None))
    hidden = replace(some, milestones={"Go-live": HIDDEN})
    context = ConditionContext("implemented", hidden, evidence(), POLICY, sum_up(some.effects), now=NOW, plan=plan)
    assert evaluate(ConditionKind.PLAN_LOCK, context).outcome is Outcome.UNKNOWN
