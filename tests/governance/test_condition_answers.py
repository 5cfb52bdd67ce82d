"""The whole answer of every condition: what it is called, what it asks for, what is there, why, and who must act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from governance.claims import overclaim
from governance.condition_context import ConditionContext
from governance.conditions import evaluate
from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.evidence import Children, ChildState, LifeCycle, OpenItem, Service, Verb
from governance.facts import Unknown
from governance.gates import ConditionKind
from governance.latest_estimate import latest_estimate
from governance.locked_plan import lock_plan
from governance.locked_scope import terms_of
from governance.measure import HierarchyPath, Person, Roles
from governance.measure_kpis import MeasureKpi
from governance.measure_state import Deviation
from governance.money import Period
from governance.plan_check import CheckKind, PlanCheck
from governance.service import Better
from governance.signature import Signature
from governance.validation import Validation
from governance.verdict import ConditionResult
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

Options = dict[str, object]
Case = tuple[ConditionKind, Options, Options, Options, str]

HIDDEN = Unknown("hidden")
BROKEN: Options = {"unreadable_effects": ("the field Benefit is no number",)}
GONE = Person("x", "P. Gone", False)
OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)
WORK = Children(2, 2, items=(ChildState("1", "A1", True), ChildState("2", "A2", True)))
PLAN = lock_plan(measure().effects, NOW, terms=terms_of(measure(), WORK))
LATE = Deviation(NOW, (PlanCheck(CheckKind.LIFETIME, eur(240_000), eur(144_000)),), slip_days=1)
LOWER = Validation(
    valid=(
        (
            new_command("", WEBER, Verb.CONFIRM_LOWER, text="one site stays", amount=eur(5_000)),
            Signature(Period(2026, 1), Period(2026, 12), "EUR", (), "", 1, ""),
        ),
    )
)
HANDLING = MeasureKpi("Handling time", Decimal(5), Better.LOWER, "min", ("decided",), month=OCTOBER)
LOCKED: Options = {"plan": PLAN}
PLANNED: Options = {"effects": lines(Version.PLAN, 20_000, 60_000)}


def thresholds(**numbers: object) -> Options:
    return {"policy": POLICY.with_thresholds(replace(POLICY.thresholds, **numbers))}  # type: ignore[arg-type]


def plan_of(*amounts: tuple[EffectKind, int], month: Period = Period(2026, 1)) -> Options:
    return {"effects": tuple(EffectLine(Version.PLAN, kind, month, eur(amount)) for kind, amount in amounts)}


def service(
    name: str = "CRM-OLD", cycle: LifeCycle = LifeCycle.ACTIVE, ends_on: date | None = None, **costs: int
) -> Service:
    booked = {Period(2026, int(month[1:])): eur(amount) for month, amount in costs.items()}
    return Service(name, cycle, booked, ends_on=ends_on)


def answer(result: ConditionResult) -> str:
    """The reason is left out where it says what is there."""
    parts = [f"{result.outcome} {result.code}:{result.subject}", result.expected, result.actual]
    parts += [result.reason] * (result.reason != result.actual)
    return " | ".join((*parts, *(f"{one.text} to act" for one in result.responsible)))


def asked(kind: ConditionKind, facts: Options, seen: Options, more: Options) -> ConditionResult:
    some, read = measure(**facts), replace(evidence(), **seen)  # type: ignore[arg-type]
    context = ConditionContext(
        "decided", some, read, more.get("policy", POLICY), sum_up(some.effects), now=NOW,  # type: ignore[arg-type]
        overclaim=overclaim(some, read),
        **{name: value for name, value in more.items() if name != "policy"},  # type: ignore[arg-type]
    )  # fmt: skip
    return evaluate(kind, context)


def case(
    kind: ConditionKind,
    text: str,
    facts: Options | None = None,
    seen: Options | None = None,
    more: Options | None = None,
) -> Case:
    return kind, facts or {}, seen or {}, more or {}, text


CASES: tuple[Case, ...] = (
    case(ConditionKind.TITLE, "met TITLE_MISSING:title | a title | Retire the legacy CRM"),
    case(ConditionKind.TITLE, "unmet TITLE_MISSING:title | a title | empty | the title is missing | owner A. Kaya to act",
        facts={"title": None}),
    case(ConditionKind.TITLE, "unknown TITLE_MISSING:title | a title | unknown | hidden | administrator to act",
        facts={"title": HIDDEN}),
    case(ConditionKind.OWNER, "met ROLE_MISSING:owner | a named and active owner | A. Kaya"),
    case(ConditionKind.OWNER, "unmet ROLE_MISSING:owner | a named and active owner | nobody named | no owner is named | sponsor M. Brandt to act",
        facts={"roles": Roles(None, BRANDT, WEBER)}),
    case(ConditionKind.OWNER, "unmet ROLE_MISSING:owner | a named and active owner | inactive | the owner P. Gone has an inactive account | sponsor M. Brandt to act",
        facts={"roles": Roles(GONE, BRANDT, WEBER)}),
    case(ConditionKind.OWNER, "unknown ROLE_MISSING:owner | a named and active owner | unknown | hidden | administrator to act",
        facts={"roles": Roles(HIDDEN, BRANDT, WEBER)}),
    case(ConditionKind.SPONSOR, "met ROLE_MISSING:sponsor | a named and active sponsor | M. Brandt"),
    case(ConditionKind.SPONSOR, "unmet ROLE_MISSING:sponsor | a named and active sponsor | nobody named | no sponsor is named | owner A. Kaya to act",
        facts={"roles": Roles(KAYA, None, WEBER)}),
    case(ConditionKind.SPONSOR, "unmet ROLE_MISSING:sponsor | a named and active sponsor | inactive | the sponsor P. Gone has an inactive account | owner A. Kaya to act",
        facts={"roles": Roles(KAYA, GONE, WEBER)}),
    case(ConditionKind.CONTROLLER, "met ROLE_MISSING:controller | a named and active controller | J. Weber"),
    case(ConditionKind.CONTROLLER, "unmet ROLE_MISSING:controller | a named and active controller | inactive | the controller P. Gone has an inactive account | sponsor M. Brandt to act",
        facts={"roles": Roles(KAYA, BRANDT, GONE)}),
    case(ConditionKind.PROGRAM, "met ROLE_MISSING:program | a program | Cloud exit"),
    case(ConditionKind.PROGRAM, "unmet ROLE_MISSING:program | a program | empty | the program is missing | owner A. Kaya to act",
        facts={"hierarchy": HierarchyPath("ACME")}),
    case(ConditionKind.PROGRAM, "unknown ROLE_MISSING:program | a program | unknown | hidden | administrator to act",
        facts={"hierarchy": HierarchyPath("ACME", program=HIDDEN)}),
    case(ConditionKind.BUSINESS_UNIT, "met ROLE_MISSING:business_unit | a business unit | Group IT"),
    case(ConditionKind.BUSINESS_UNIT, "unmet ROLE_MISSING:business_unit | a business unit | empty | the business unit is missing | owner A. Kaya to act",
        facts={"business_unit": None}),
    case(ConditionKind.LEGAL_ENTITY, "met ROLE_MISSING:legal_entity | a legal entity | ACME AG"),
    case(ConditionKind.LEGAL_ENTITY, "unmet ROLE_MISSING:legal_entity | a legal entity | empty | the legal entity is missing | owner A. Kaya to act",
        facts={"legal_entity": None}),
    case(ConditionKind.OBJECTIVE, "met NO_OUTCOME_LINK:objective | a link to an objective or KPI | Cost-income ratio"),
    case(ConditionKind.OBJECTIVE, "unmet NO_OUTCOME_LINK:objective | a link to an objective or KPI | empty | the link to an objective or KPI is missing | owner A. Kaya to act",
        facts={"objective": None}),
    case(ConditionKind.ROUGH_VALUE, "met VALUE_MISSING:value | a rough value with its sign | -5,000 EUR",
        facts={"rough_value": eur(-5_000)}),
    case(ConditionKind.ROUGH_VALUE, "met VALUE_MISSING:value | a rough value with its sign | 240,000 EUR"),
    case(ConditionKind.ROUGH_VALUE, "unmet VALUE_MISSING:value | a rough value with its sign | no value | no rough value is given, not even its sign | owner A. Kaya to act",
        facts={"effects": ()}),
    case(ConditionKind.ROUGH_VALUE, "unmet VALUE_MISSING:value | a rough value with its sign | no value | no rough value is given, not even its sign | owner A. Kaya to act",
        facts={"effects": (), "rough_value": eur(0)}),
    case(ConditionKind.ROUGH_VALUE, "unknown VALUE_MISSING:value | a rough value with its sign | unknown | hidden | administrator to act",
        facts={"effects": (), "rough_value": HIDDEN}),
    case(ConditionKind.ROUGH_VALUE, "unknown VALUE_MISSING:value | a rough value with its sign | unknown | the field Benefit is no number | administrator to act",
        facts={"effects": (), **BROKEN}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "met SOD:controller | an owner, a sponsor and a controller who are three people | J. Weber"),
    case(ConditionKind.SEPARATION_OF_DUTIES, "unmet SOD:controller | an owner, a sponsor and a controller who are three people | nobody named | no controller is named who could check the figures | owner A. Kaya to act",
        facts={"roles": Roles(KAYA, BRANDT, None)}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "unmet SOD:controller | an owner, a sponsor and a controller who are three people | also the owner | A. Kaya is controller and owner at once: nobody checks their own figures | sponsor M. Brandt to act",
        facts={"roles": Roles(KAYA, BRANDT, KAYA)}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "unmet SOD:controller | an owner, a sponsor and a controller who are three people | also the sponsor | M. Brandt is controller and sponsor at once: nobody checks their own figures | sponsor M. Brandt to act",
        facts={"roles": Roles(KAYA, BRANDT, BRANDT)}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "unmet SOD:sponsor | an owner, a sponsor and a controller who are three people | also the owner | A. Kaya is sponsor and owner at once: nobody decides on their own measure | owner A. Kaya to act",
        facts={"roles": Roles(KAYA, KAYA, WEBER)}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "met SOD:controller | a controller who is neither owner nor sponsor | J. Weber",
        facts={"roles": Roles(KAYA, KAYA, WEBER)}, more={"policy": replace(POLICY, owner_may_sponsor=True)}),
    case(ConditionKind.SEPARATION_OF_DUTIES, "unknown SOD:controller | an owner, a sponsor and a controller who are three people | unknown | hidden | administrator to act",
        facts={"roles": Roles(KAYA, BRANDT, HIDDEN)}),
    case(ConditionKind.BASELINE, "met BASELINE_MISSING:baseline | a baseline amount | 500,000 EUR"),
    case(ConditionKind.BASELINE, "unmet BASELINE_MISSING:baseline | a baseline amount | empty | no baseline is fixed, so that no saving can be measured against it | owner A. Kaya to act",
        facts={"baseline": None}),
    case(ConditionKind.BASELINE, "unknown BASELINE_MISSING:baseline | a baseline amount | unknown | hidden | administrator to act",
        facts={"baseline": HIDDEN}),
    case(ConditionKind.BASELINE_CLAIMS, "met OVERCLAIM:baseline | no more claimed on the baseline than it is worth | not shared"),
    case(ConditionKind.BASELINE_CLAIMS, "met OVERCLAIM:baseline | no more claimed on the baseline than it is worth | Storage",
        facts={"baseline_id": "Storage"}),
    case(ConditionKind.BASELINE_CLAIMS, "unmet OVERCLAIM:baseline | no more claimed on the baseline than it is worth | 20,000 EUR in Jan 2026 | 20,000 EUR is claimed on the baseline Storage in Jan 2026, which is worth 1,000 EUR a month | owner A. Kaya to act",
        facts={"baseline_id": "Storage", "baseline": eur(12_000)}),
    case(ConditionKind.BASELINE_CLAIMS, "unknown OVERCLAIM:baseline | no more claimed on the baseline than it is worth | unknown | hidden | administrator to act",
        facts={"baseline_id": HIDDEN}),
    case(ConditionKind.PHASING, "met PHASING_MISSING:plan | a plan by month with benefits and costs | 12 months from Jan 2026 to Dec 2026"),
    case(ConditionKind.PHASING, "unmet PHASING_MISSING:plan | a plan by month with benefits and costs | no benefit | the plan by month has no benefit in it | owner A. Kaya to act",
        facts={"effects": ()}),
    case(ConditionKind.PHASING, "unmet PHASING_MISSING:plan | a plan by month with benefits and costs | no benefit | the plan by month has no benefit in it | owner A. Kaya to act",
        facts=plan_of((EffectKind.ONE_OFF_COST, 60_000))),
    case(ConditionKind.PHASING, "unmet PHASING_MISSING:plan | a plan by month with benefits and costs | no costs | the plan by month has no one-off or recurring costs in it | owner A. Kaya to act",
        facts=plan_of((EffectKind.BENEFIT, 20_000))),
    case(ConditionKind.PHASING, "unknown PHASING_MISSING:plan | a plan by month with benefits and costs | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN),
    case(ConditionKind.HURDLE, "met BELOW_HURDLE:net | a net plan of at least 50,000 EUR | 180,000 EUR"),
    case(ConditionKind.HURDLE, "unmet BELOW_HURDLE:net | a net plan over the hurdle | no plan | there is no plan to compare with the hurdle | owner A. Kaya to act",
        facts={"effects": ()}),
    case(ConditionKind.HURDLE, "unmet BELOW_HURDLE:net | a net plan of at least 50,000 EUR | 48,000 EUR | net plan 48,000 EUR is below the hurdle of 50,000 EUR | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 9_000, 60_000)}),
    case(ConditionKind.HURDLE, "unmet BELOW_HURDLE:net | a net plan of at least 50,000 EUR | 43,200 EUR | net plan 43,200 EUR, with 10% contingency on its cost, is below the hurdle of 50,000 EUR | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 9_100, 60_000)}, more=thresholds(contingency=Decimal("0.1"), hurdle=Decimal(50_000))),
    case(ConditionKind.HURDLE, "met BELOW_HURDLE:net | a net plan of at least 50,000 EUR and an NPV of at least 100,000 EUR at 8% over 60 months | 180,000 EUR; NPV 171,738.64 EUR at 8% over 60 months",
        more=thresholds(npv_hurdle=Decimal(100_000))),
    case(ConditionKind.HURDLE, "unmet BELOW_HURDLE:npv | an NPV of at least 175,000 EUR at 8.5% over 60 months | 168,255.57 EUR | NPV 168,255.57 EUR, with 5% contingency on its cost, at 8.5% over 60 months is below the hurdle of 175,000 EUR | owner A. Kaya to act",
        more=thresholds(npv_hurdle=Decimal(175_000), discount_rate=Decimal("0.085"), contingency=Decimal("0.05"))),
    case(ConditionKind.HURDLE, "unknown BELOW_HURDLE:net | a net plan over the hurdle | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN),
    case(ConditionKind.PAYBACK, "met BELOW_HURDLE:payback | payback within 12 months | 3 months"),
    case(ConditionKind.PAYBACK, "met BELOW_HURDLE:payback | payback within 12 months | 1 month",
        facts={"effects": lines(Version.PLAN, 60_000, 60_000)}),
    case(ConditionKind.PAYBACK, "unmet BELOW_HURDLE:payback | payback within 2 months | 3 months | payback takes 3 months, the limit is 2 | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 20_000, 60_000)}, more=thresholds(payback_months=2)),
    case(ConditionKind.PAYBACK, "unmet BELOW_HURDLE:payback | payback within 12 months | never | the plan never pays its costs back | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 1, 60_000)}),
    case(ConditionKind.PAYBACK, "unmet BELOW_HURDLE:payback | payback within 12 months | no plan | there is no plan to work a payback out of | owner A. Kaya to act",
        facts={"effects": ()}),
    case(ConditionKind.PAYBACK, "unknown BELOW_HURDLE:payback | payback within 12 months | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN),
    case(ConditionKind.PLAN_LOCK, "met PLAN_LOCKED:plan | the plan as it was decided | not locked yet"),
    case(ConditionKind.PLAN_LOCK, "met PLAN_LOCKED:plan | the plan as it was decided | as locked on 21 Nov 2026",
        more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unmet PLAN_LOCKED:plan | the plan as it was decided | 168,000 EUR instead of 180,000 EUR | the plan was changed after it was locked on 21 Nov 2026 (168,000 EUR instead of 180,000 EUR): put it back, or ask for it with /rebaseline REASON | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 19_000, 60_000)}, more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unmet PLAN_LOCKED:plan | the plan as it was decided | the same sum in other months | the plan was changed after it was locked on 21 Nov 2026 (the same sum in other months): put it back, or ask for it with /rebaseline REASON | owner A. Kaya to act",
        facts={"effects": lines(Version.PLAN, 20_000, 60_000, first=Period(2026, 2))}, more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unmet PLAN_LOCKED:plan | the plan as it was decided | nothing instead of 180,000 EUR | the plan was changed after it was locked on 21 Nov 2026 (nothing instead of 180,000 EUR): put it back, or ask for it with /rebaseline REASON | owner A. Kaya to act",
        facts={"effects": ()}, more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unmet PLAN_LOCKED:plan | the plan as it was decided | the end is 2027-01-31 instead of 2026-12-31 | the plan was changed after it was locked on 21 Nov 2026 (the end is 2027-01-31 instead of 2026-12-31): put it back, or ask for it with /rebaseline REASON | owner A. Kaya to act",
        facts={"end": date(2027, 1, 31)}, more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unknown PLAN_LOCKED:plan | the plan as it was decided | unknown | hidden | administrator to act",
        facts={"end": HIDDEN}, more=LOCKED),
    case(ConditionKind.PLAN_LOCK, "unknown PLAN_LOCKED:plan | the plan as it was decided | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN, more=LOCKED),
    case(ConditionKind.DATES, "met DATES_MISSING:dates | a start and an end | 1 Jan 2026 to 31 Dec 2026"),
    case(ConditionKind.DATES, "unmet DATES_MISSING:dates | a start and an end | no start date | the start date is missing | owner A. Kaya to act",
        facts={"start": None}),
    case(ConditionKind.DATES, "unmet DATES_MISSING:dates | a start and an end | no end date | the end date is missing | owner A. Kaya to act",
        facts={"end": None}),
    case(ConditionKind.DATES, "unmet DATES_MISSING:dates | a start and an end | no start date and no end date | the start date and the end date are missing | owner A. Kaya to act",
        facts={"start": None, "end": None}),
    case(ConditionKind.DATES, "unmet DATES_MISSING:dates | a start and an end | 1 Jan 2027 to 31 Dec 2026 | the end 31 Dec 2026 lies before the start 1 Jan 2027 | owner A. Kaya to act",
        facts={"start": date(2027, 1, 1)}),
    case(ConditionKind.DATES, "met DATES_MISSING:dates | a start and an end | 31 Dec 2026 to 31 Dec 2026",
        facts={"start": date(2026, 12, 31)}),
    case(ConditionKind.DATES, "unknown DATES_MISSING:dates | a start and an end | unknown | hidden | administrator to act",
        facts={"end": HIDDEN}),
    case(ConditionKind.OVERLAPS, "met OVERLAP_UNDECLARED:overlaps | overlaps with other measures declared, or stated that there are none | none"),
    case(ConditionKind.OVERLAPS, "unmet OVERLAP_UNDECLARED:overlaps | overlaps with other measures declared, or stated that there are none | not declared | it is not stated whether the measure overlaps with others | owner A. Kaya to act",
        facts={"overlaps": None}),
    case(ConditionKind.OVERLAPS, "unknown OVERLAP_UNDECLARED:overlaps | overlaps with other measures declared, or stated that there are none | unknown | hidden | administrator to act",
        facts={"overlaps": HIDDEN}),
    case(ConditionKind.KILL_CRITERIA, "met KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | cost > 1.2M"),
    case(ConditionKind.KILL_CRITERIA, "unmet KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | empty | the set of kill criteria is missing | owner A. Kaya to act",
        facts={"kill_criteria": None}),
    case(ConditionKind.KILL_CRITERIA, "unmet KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | cannot be checked | \"when it hurts\" is no kill criterion that can be checked: write cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | owner A. Kaya to act",
        facts={"kill_criteria": "when it hurts"}),
    case(ConditionKind.KILL_CRITERIA, "unmet KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | cannot be checked | \"it hurts\" and \"it is late\" and 2 more are no kill criteria that can be checked: write cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | owner A. Kaya to act",
        facts={"kill_criteria": "it hurts; it is late; it is dull; nobody cares"}),
    case(ConditionKind.KILL_CRITERIA, "met KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | cost > 900,000,000,000 EUR",
        facts={"kill_criteria": "cost > 900,000,000,000 EUR"}),
    case(ConditionKind.KILL_CRITERIA, "unknown KILL_CRITERIA_MISSING:kill_criteria | kill criteria such as cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31 | unknown | hidden | administrator to act",
        facts={"kill_criteria": HIDDEN}),
    case(ConditionKind.SCOPE, "met SCOPE_CHANGED:scope | child items that can be read when the plan locks | 4 child items"),
    case(ConditionKind.SCOPE, "met SCOPE_CHANGED:scope | child items that can be read when the plan locks | 1 child item",
        seen={"children": Children(1, 0)}),
    case(ConditionKind.SCOPE, "met SCOPE_CHANGED:scope | child items that can be read when the plan locks | 0 child items",
        seen={"children": None}),
    case(ConditionKind.SCOPE, "unknown SCOPE_CHANGED:scope | child items that can be read when the plan locks | unknown | hidden | administrator to act",
        seen={"children": HIDDEN}),
    case(ConditionKind.SCOPE, "met SCOPE_CHANGED:scope | child items that can be read when the plan locks | locked with the plan",
        seen={"children": HIDDEN}, more=LOCKED),
    case(ConditionKind.OPEN_WORK, "met OPEN_WORK:children | every child item done or cancelled | 4 of 4 done"),
    case(ConditionKind.OPEN_WORK, "unmet OPEN_WORK:children | every child item done or cancelled | 1 of 4 done | 3 of 4 child items are not done (A2, A3, +1) | owner A. Kaya to act",
        seen={"children": Children(4, 1, (OpenItem("A2", "", "Open"), OpenItem("A3", "", "Open"), OpenItem("A4", "", "Open")))}),
    case(ConditionKind.OPEN_WORK, "unmet OPEN_WORK:children | every child item done or cancelled | 1 of 1 done | 1 child item that was agreed is gone (A2): put the work back, or ask for the smaller scope with /rebaseline REASON | owner A. Kaya to act",
        seen={"children": Children(1, 1, items=WORK.items[:1])}, more=LOCKED),
    case(ConditionKind.OPEN_WORK, "unknown OPEN_WORK:children | every child item done or cancelled | unknown | hidden | administrator to act",
        seen={"children": HIDDEN}),
    case(ConditionKind.OPEN_WORK, "met OPEN_WORK:progress | every child item done or cancelled | no child items, 100% done",
        seen={"children": None, "progress": Decimal(1)}),
    case(ConditionKind.OPEN_WORK, "unmet OPEN_WORK:progress | every child item done or cancelled | 50% | the work has no child items, and its progress is 50% | owner A. Kaya to act",
        seen={"children": None, "progress": Decimal("0.5")}),
    case(ConditionKind.OPEN_WORK, "unknown OPEN_WORK:progress | every child item done or cancelled | unknown | hidden | administrator to act",
        seen={"children": None, "progress": HIDDEN}),
    case(ConditionKind.OPEN_WORK, "unmet OPEN_WORK:progress | every child item done or cancelled | nobody's word but the owner's | nothing but somebody's word shows that the work is done: it has no child items and states no progress | owner A. Kaya to act",
        seen={"children": None}),
    case(ConditionKind.OPEN_WORK, "met OPEN_WORK:children | every child item done or cancelled | no child items",
        seen={"children": None}, more=thresholds(done_on_word=True)),
    case(ConditionKind.DEPENDENCIES, "met DEPENDENCY_OPEN:links | no open blocking link | none open"),
    case(ConditionKind.DEPENDENCIES, "unmet DEPENDENCY_OPEN:links | no open blocking link | 1 blocking item open | 1 blocking item is still open (B1) | owner A. Kaya to act",
        seen={"blocking_links": (OpenItem("B1", "", "Open"),)}),
    case(ConditionKind.DEPENDENCIES, "unmet DEPENDENCY_OPEN:links | no open blocking link | 2 blocking items open | 2 blocking items are still open (B1, 1 of another project) | owner A. Kaya to act",
        seen={"blocking_links": (OpenItem("B1", "", "Open"), OpenItem("C1", "", "Open", elsewhere=True))}),
    case(ConditionKind.DEPENDENCIES, "unknown DEPENDENCY_OPEN:links | no open blocking link | unknown | hidden | administrator to act",
        seen={"blocking_links": HIDDEN}),
    case(ConditionKind.CHANGES, "met CHANGE_OPEN:changes | every change closed successfully | none open"),
    case(ConditionKind.CHANGES, "unmet CHANGE_OPEN:changes | every change closed successfully | 1 ServiceNow change open | 1 ServiceNow change is not closed successfully (CHG1) | owner A. Kaya to act",
        seen={"changes": (OpenItem("CHG1", "", "Open"),)}),
    case(ConditionKind.CHANGES, "unmet CHANGE_OPEN:changes | every change closed successfully | 2 ServiceNow changes open | 2 ServiceNow changes are not closed successfully (CHG1, CHG2) | owner A. Kaya to act",
        seen={"changes": (OpenItem("CHG1", "", "Open"), OpenItem("CHG2", "", "Open"))}),
    case(ConditionKind.CHANGES, "unmet CHANGE_OPEN:changes | every change closed successfully | 2 Jira epics open | 2 Jira epics are still open (X1, X2) | owner A. Kaya to act",
        seen={"changes": (OpenItem("X1", "", "Open", kind_label="Jira epic"), OpenItem("X2", "", "Open", kind_label="Jira epic"))}),
    case(ConditionKind.CHANGES, "unmet CHANGE_OPEN:changes | every change closed successfully | 2 items of this measure in the other tool open | 2 items of this measure in the other tool are still open (X1, X2) | owner A. Kaya to act",
        seen={"changes": (OpenItem("X1", "", "Open", kind_label="Jira epic"), OpenItem("X2", "", "Open", kind_label="Jira bug"))}),
    case(ConditionKind.CHANGES, "unknown CHANGE_OPEN:changes | every change closed successfully | unknown | hidden | administrator to act",
        seen={"changes": HIDDEN}),
    case(ConditionKind.LEGACY_DATED, "met LEGACY_COST_RUNNING:legacy | legacy cost ended, or its end dated | no legacy service is named"),
    case(ConditionKind.LEGACY_DATED, "met LEGACY_COST_RUNNING:legacy | legacy cost ended, or its end dated | 1 retired",
        seen={"legacy": (service(cycle=LifeCycle.RETIRED),)}),
    case(ConditionKind.LEGACY_DATED, "met LEGACY_COST_RUNNING:legacy | legacy cost ended, or its end dated | every end is dated",
        seen={"legacy": (service(ends_on=date(2026, 12, 31)),)}),
    case(ConditionKind.LEGACY_DATED, "unmet LEGACY_COST_RUNNING:legacy | legacy cost ended, or its end dated | no end | 1 legacy service is still active (CRM-OLD: nothing booked), and no end is dated | owner A. Kaya to act",
        seen={"legacy": (service(), service("CRM-RPT", ends_on=date(2026, 12, 31)))}),
    case(ConditionKind.LEGACY_DATED, "unknown LEGACY_COST_RUNNING:legacy | legacy cost ended, or its end dated | unknown | hidden | administrator to act",
        seen={"legacy": HIDDEN}),
    case(ConditionKind.LEGACY_ENDED, "met LEGACY_COST_RUNNING:legacy | legacy services retired and no longer billed | no legacy service is named"),
    case(ConditionKind.LEGACY_ENDED, "met LEGACY_COST_RUNNING:legacy | legacy services retired and no longer billed | 1 retired",
        seen={"legacy": (service(cycle=LifeCycle.RETIRED),)}),
    case(ConditionKind.LEGACY_ENDED, "unmet LEGACY_COST_RUNNING:legacy | legacy services retired and no longer billed | 2 running | 41,000 EUR a month still paid for 2 legacy services (CRM-OLD: 30,000 EUR in Oct 2026, 40,000 EUR in Nov 2026; CRM-RPT: 1,000 EUR in Nov 2026) | owner A. Kaya to act",
        seen={"legacy": (service(m10=30_000, m11=40_000), service("CRM-RPT", m11=1_000))}),
    case(ConditionKind.LEGACY_ENDED, "unmet LEGACY_COST_RUNNING:legacy | legacy services retired and no longer billed | 1 running | 40,000 EUR a month still paid for 1 retired service (CRM-OLD: 40,000 EUR in Nov 2026) | owner A. Kaya to act",
        seen={"legacy": (service(cycle=LifeCycle.RETIRED, m11=40_000),)}),
    case(ConditionKind.LEGACY_ENDED, "unknown LEGACY_COST_RUNNING:legacy | legacy services retired and no longer billed | unknown | hidden | administrator to act",
        seen={"legacy": HIDDEN}),
    case(ConditionKind.DEVIATION_EXPLAINED, "met DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | no plan is locked yet"),
    case(ConditionKind.DEVIATION_EXPLAINED, "met DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | within the tolerance",
        more={"plan": PLAN, "estimate": latest_estimate(sum_up(measure().effects), NOW.date())}),
    case(ConditionKind.DEVIATION_EXPLAINED, "unmet DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | the lifetime benefit is 40% below plan, and the work is 1 day behind the locked schedule | the lifetime benefit is 40% below plan, and the work is 1 day behind the locked schedule, and nobody has given the reason: answer with /reason TEXT | owner A. Kaya to act",
        more={"plan": PLAN, "deviation": LATE}),
    case(ConditionKind.DEVIATION_EXPLAINED, "met DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | two sites stay (A. Kaya)",
        more={"plan": PLAN, "deviation": replace(LATE, reason="two sites stay", reason_by="A. Kaya")}),
    case(ConditionKind.DEVIATION_EXPLAINED, "unknown DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | unknown | there is no forecast, so nobody can say whether the plan will be reached: enter one | owner A. Kaya to act",
        facts=PLANNED, more=LOCKED),
    case(ConditionKind.DEVIATION_EXPLAINED, "met DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | lower value confirmed: one site stays",
        facts=PLANNED, more={"plan": PLAN, "validation": LOWER}),
    case(ConditionKind.DEVIATION_EXPLAINED, "unknown DEVIATION_UNEXPLAINED:deviation | a reason for every deviation past the tolerance | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN, more=LOCKED),
    case(ConditionKind.ACTUALS, "met ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | Aug 2026 to Oct 2026"),
    case(ConditionKind.ACTUALS, "unmet ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | 0 months | actuals are booked for 0 of the 3 months that have to be observed (Aug 2026 to Oct 2026) | controller J. Weber to act",
        facts=PLANNED),
    case(ConditionKind.ACTUALS, "unmet ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | no plan | there is no plan that actuals could be observed of | owner A. Kaya to act",
        facts={"effects": ()}),
    case(ConditionKind.ACTUALS, "unmet ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | not yet | the plan has not been in steady state for 3 closed months yet | controller J. Weber to act",
        facts={"effects": lines(Version.PLAN, 20_000, 60_000, first=Period(2026, 10))}),
    case(ConditionKind.ACTUALS, "unmet ACTUALS_MISSING:actuals | actuals | nothing booked | no actuals are booked | controller J. Weber to act",
        facts=plan_of((EffectKind.ONE_OFF_BENEFIT, 9_000))),
    case(ConditionKind.ACTUALS, "met ACTUALS_MISSING:actuals | actuals | 1 month",
        facts={"effects": tuple(EffectLine(version, EffectKind.ONE_OFF_BENEFIT, Period(2026, 1), eur(9_000)) for version in (Version.PLAN, Version.ACTUAL))}),
    case(ConditionKind.ACTUALS, "met ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | lower value confirmed: one site stays",
        facts=PLANNED, more={"validation": LOWER}),
    case(ConditionKind.ACTUALS, "unknown ACTUALS_MISSING:actuals | actuals of 3 closed months in a row at planned steady state | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN),
    case(ConditionKind.VALUE_REALISED, "met VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | 60,000 EUR of 60,000 EUR"),
    case(ConditionKind.VALUE_REALISED, "unmet VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | nothing to compare | there are no actuals to compare the value with | controller J. Weber to act",
        facts=PLANNED),
    case(ConditionKind.VALUE_REALISED, "unmet VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | nothing to compare | there is no plan to compare the value with | controller J. Weber to act",
        facts={"effects": lines(Version.ACTUAL, 20_000, 60_000)}),
    case(ConditionKind.VALUE_REALISED, "unmet VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | 89.9% | 53,997 EUR of 60,000 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (89.9%) | owner A. Kaya to act",
        facts={"effects": (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 17_999, 60_000, months=11))}),
    case(ConditionKind.VALUE_REALISED, "unmet VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | nothing planned | no benefit is planned that could be realised | owner A. Kaya to act",
        facts={"effects": (*lines(Version.PLAN, 0, 60_000), *lines(Version.ACTUAL, 0, 60_000, months=11))}),
    case(ConditionKind.VALUE_REALISED, "unmet VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | nothing to compare | there are no closed months at planned steady state to compare the value with | controller J. Weber to act",
        facts={"effects": (*lines(Version.PLAN, 20_000, 60_000, first=Period(2026, 10)), *lines(Version.ACTUAL, 1, 1, months=11))}),
    case(ConditionKind.VALUE_REALISED, "met VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | lower value of 5,000 EUR confirmed by J. Weber: one site stays",
        facts=PLANNED, more={"validation": LOWER}),
    case(ConditionKind.VALUE_REALISED, "unknown VALUE_NOT_REALISED:value | at least 90% of the planned net recurring benefit of the same months | unknown | the field Benefit is no number | administrator to act",
        facts=BROKEN),
    case(ConditionKind.EVIDENCE_ATTACHED, "met EVIDENCE_MISSING:attachment | evidence of the effect, attached | 1 attached"),
    case(ConditionKind.EVIDENCE_ATTACHED, "unmet EVIDENCE_MISSING:attachment | evidence of the effect, attached | nothing attached | no evidence of the effect is attached | owner A. Kaya to act",
        seen={"attachments": 0}),
    case(ConditionKind.EVIDENCE_ATTACHED, "unknown EVIDENCE_MISSING:attachment | evidence of the effect, attached | unknown | hidden | administrator to act",
        seen={"attachments": HIDDEN}),
    case(ConditionKind.KPIS, "met KPI_NOT_REACHED:kpis | Handling time at most 5 min | Handling time 5 min",
        facts={"kpis": (replace(HANDLING, value=Decimal(5)),)}),
    case(ConditionKind.KPIS, 'unmet KPI_NOT_REACHED:kpis | Handling time at most 5 min | Handling time 6 min | "Handling time" is 6 min in Oct 2026, and at most 5 min is asked for | owner A. Kaya to act',
        facts={"kpis": (replace(HANDLING, value=Decimal(6)),)}),
    case(ConditionKind.KPIS, 'unknown KPI_NOT_REACHED:kpis | Handling time at most 5 min | unknown | nobody has stated a value of "Handling time" | owner A. Kaya to act',
        facts={"kpis": (HANDLING,)}),
    case(ConditionKind.KPIS, "met KPI_NOT_REACHED:kpis | no KPI is asked for | no KPI is asked for"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "facts", "seen", "more", "text"), CASES, ids=[case[-1].partition(" | ")[0] for case in CASES]
)
def test_the_whole_answer(kind: ConditionKind, facts: Options, seen: Options, more: Options, text: str) -> None:
    assert answer(asked(kind, facts, seen, more)) == text


def test_every_condition_is_met_and_not_met_here() -> None:
    seen = {(kind, text.partition(" ")[0]) for kind, _, _, _, text in CASES}
    assert {kind for kind in ConditionKind if (kind, "met") not in seen or (kind, "unmet") not in seen} == {
        ConditionKind.SCOPE
    }
