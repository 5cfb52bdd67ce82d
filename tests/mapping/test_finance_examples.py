"""Worked examples of a controller: what comes out of a mapped item, to the euro.

Each case failed while totals were laid over the months of the work, and amounts were added up whatever their sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.effects import ZERO, EffectKind, EffectLine, Version, sum_up
from governance.evidence import Children
from governance.investment import payback_months
from governance.locked_plan import lock_plan, with_locked_plan
from governance.locked_terms import LockedTerms
from governance.measure import Measure
from governance.measure_state import MeasureState
from governance.slip_effect import BenefitSlip, SlipEffect, benefit_slip
from governance.verdict import Colour
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.related_evidence import NO_RELATED_EVIDENCE, RelatedEvidence
from mapping.work_item import ChildItem, ConnectionName, FieldName, FieldValue, NativeId, StatusCategory, Tool
from tests.governance.sheet_figures import in_year, run_rate
from tests.mapping.items import NOW, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {{project: [ITX], type: [Epic]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    facts: {{start: Start date, end: Due date}}
    joins:
      - {{name: change, connection: snow, table: change_request, their_field: Correlation ID}}
    effects: {{{effects}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
  - name: stories
    connection: jira-main
    match: {{project: [ITX], type: [Story]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    facts: {{start: Start date, end: Due date}}
    effects: {{plan: {{one_off_cost: Cost}}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
  - name: changes
    connection: snow
    match: {{table: [change_request]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    effects: {{actual: {{one_off_cost: Actual cost}}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
"""
BOTH = "plan: {benefit: Benefit, one_off_cost: Cost}, forecast: {benefit: Benefit, one_off_cost: Cost}"
EPIC: dict[str, FieldValue] = {
    "Start date": date(2026, 1, 1), "Due date": date(2026, 6, 30),
    "Benefit": Decimal(1_200_000), "Cost": Decimal(400_000),
}  # fmt: skip
AT = datetime(2026, 1, 20, tzinfo=UTC)
UNDECIDED = MeasureState()


def assessed(
    effects: str,
    fields: Mapping[str, FieldValue] | None = None,
    state: MeasureState = UNDECIDED,
    related: RelatedEvidence = NO_RELATED_EVIDENCE,
    **more: object,
) -> MeasureAssessment:
    """An epic from January to June 2026 with a benefit of 1.2M and a cost of 400k, in one point as the case has it."""
    loaded = load_mapping(MAPPING.format(effects=effects))
    assert isinstance(loaded, LoadedMapping), loaded
    some = replace(item({**EPIC, **(fields or {})}), **more)  # type: ignore[arg-type]
    found = assess_item(
        some, loaded.config, Policies(loaded.config),
        measure_state=state, last_written={}, now=NOW, related=related,
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def decided(effects: str) -> MeasureState:
    """As it is after the decision, with the plan and the dates locked."""
    lines = assessed(effects).mapped.measure.effects
    terms = LockedTerms(date(2026, 1, 1), date(2026, 6, 30))
    return MeasureState("decided", plan=lock_plan(lines, AT, terms=terms), read_at=AT)


def lines_that_count(found: MeasureAssessment) -> tuple[EffectLine, ...]:
    measure: Measure = found.mapped.measure
    assert not measure.unreadable_effects
    return with_locked_plan(measure.effects, found.verdict.measure_state.plan)


@pytest.mark.parametrize(
    ("end", "figures", "payback"),
    [
        pytest.param(date(2026, 6, 30), (1_200_000, 200_000), 10, id="a yearly benefit from July"),
        pytest.param(date(2026, 12, 31), (1_200_000, -400_000), 16, id="the due date moved to December"),
    ],
)
def test_a_benefit_begins_after_the_work_and_a_later_end_leaves_its_run_rate(
    end: date, figures: tuple[object, object], payback: int
) -> None:
    """Not: run-rate 2.4M, in-year 800k, payback in month 2, and half the run-rate once the due date is moved."""
    lines = lines_that_count(assessed(BOTH, {"Due date": end}))
    assert (run_rate(lines, Version.PLAN), in_year(lines, Version.PLAN, 2026)) == figures
    plan = sum_up(lines).plan
    assert plan is not None
    assert payback_months(plan.net) == payback


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        pytest.param("", {2026: SlipEffect(lost=Decimal(600_000))}, id="to the horizon: lost"),
        pytest.param(
            "timing: {benefit: {duration: 12}}, ",
            {2026: SlipEffect(postponed=Decimal(600_000)), 2027: SlipEffect(made_up=Decimal(600_000))},
            id="six months late, same total: postponed",
        ),
    ],
)  # fmt: skip
def test_only_the_forecast_slips(timing: str, expected: dict[int, SlipEffect]) -> None:
    """Not a leakage of 1.2M beside a green light: the run-rate is the same, and what is late is said by year."""
    effects = timing + BOTH
    found = assessed(effects, {"Due date": date(2026, 12, 31)}, state=decided(effects))
    lines = lines_that_count(found)
    assert run_rate(lines, Version.PLAN) == run_rate(lines, Version.FORECAST) == 1_200_000
    slip = benefit_slip(lines)
    assert isinstance(slip, BenefitSlip)
    assert (slip.months, slip.by_year) == (6, expected)
    assert found.verdict.potential.colour is Colour.RED, "nothing of the year's 600,000 is expected"


def test_moving_the_start_with_the_end_does_not_move_the_horizon() -> None:
    """A later start of the work would give the late benefit its months back, and nothing would be lost."""
    later: dict[str, FieldValue] = {"Start date": date(2026, 7, 1), "Due date": date(2026, 12, 31)}
    slip = benefit_slip(lines_that_count(assessed(BOTH, later, state=decided(BOTH))))
    assert isinstance(slip, BenefitSlip)
    assert slip.by_year == {2026: SlipEffect(lost=Decimal(600_000))}


def test_a_cost_below_zero_never_raises_the_net() -> None:
    """Benefit 1,000 and cost -400 is not 1,400: nobody knows which of the two is meant."""
    found = assessed("plan: {benefit: Benefit, one_off_cost: Cost}", {"Benefit": Decimal(1000), "Cost": Decimal(-400)})
    assert found.mapped.measure.unreadable_effects == (
        'the field "Cost" holds -400 EUR as one off cost, and amounts are entered without a sign: is it 400 EUR? If the '
        "tool holds costs below zero, write sign: negative_costs in the mapping",
    )
    assert EffectKind.ONE_OFF_COST not in {line.kind for line in found.mapped.measure.effects}
    assert found.verdict.potential.colour is Colour.GREY


def costs(found: MeasureAssessment) -> Decimal:
    lines = (line for line in found.mapped.measure.effects if line.kind is EffectKind.ONE_OFF_COST)
    return sum((line.money.amount for line in lines), ZERO)


def test_the_epic_and_its_child_measure_add_up_to_what_was_entered_once() -> None:
    """A story of 500 that is a measure and a task of 120 are 620 together, not 1,120."""
    children = tuple(
        ChildItem(False, {FieldName("Cost"): Decimal(cost)}, key, kind, "ITX", "Backlog", StatusCategory.NEW)
        for key, kind, cost in (("ITX-2", "Story", 500), ("ITX-3", "Task", 120))
    )
    effects = "plan: {from: children, one_off_cost: Cost}"
    epic = assessed(effects, children=Children(2, 0), child_items=children)
    story = assessed(effects, {"Cost": Decimal(500)}, type="Story", key="ITX-2")
    assert (costs(epic), costs(story)) == (120, 500)
    assert epic.mapped.measure.effect_notes == (
        "the plan leaves out ITX-2: a child item that is a measure with money of its own counts there, and only there",
    )


def test_a_joined_item_that_is_a_measure_counts_its_money_itself() -> None:
    """The change books its 800 itself; a record that no rule takes is counted at the epic."""
    fields: dict[str, FieldValue] = {"Actual cost": Decimal(800)}
    change = item(
        fields, tool=Tool.SERVICENOW, connection=ConnectionName("snow"), native_id=NativeId("c1"), key="CHG1",
        type="change_request", project="",
    )  # fmt: skip
    other = item({"Actual cost": Decimal(50)}, native_id=NativeId("c2"), key="OPS-2", type="Task", project="OPS")
    related = RelatedEvidence(joined_items={"change": (change, other)})
    effects = "actual: {one_off_cost: {from: change, field: Actual cost}}"
    epic = assessed(effects, related=related)
    itself = assessed(effects, fields, **_place_of(change))  # type: ignore[arg-type]
    assert (costs(epic), costs(itself)) == (50, 800)
    assert epic.mapped.measure.effect_notes == (
        "the actual leaves out CHG1: a joined item that is a measure with money of its own counts there, and only there",
    )


def _place_of(some: object) -> dict[str, object]:
    return {name: getattr(some, name) for name in ("tool", "connection", "native_id", "key", "type", "project")}


def test_a_comment_in_november_changes_no_money_of_october() -> None:
    """The total was seen in October; an item that is updated in November has the same months, light and net."""
    effects = f"{BOTH}, actual: {{benefit: Actual benefit}}"
    first = assessed(effects, {"Actual benefit": Decimal(100_000)}, state=decided(effects))
    again = assessed(
        effects, {"Actual benefit": Decimal(100_000)}, state=first.verdict.measure_state,
        updated=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    assert again.mapped.measure.effects == first.mapped.measure.effects
    assert again.verdict.potential == first.verdict.potential
    assert again.verdict.figures == first.verdict.figures
