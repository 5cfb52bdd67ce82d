"""An epic under a whole mapping, assessed like in the flow: item and what was known before in, verdict out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from governance.evidence import Command
from governance.measure import Person
from governance.measure_state import MeasureState
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.config import MappingConfig
from mapping.known_people import NOBODY_KNOWN, KnownPeople
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import Comment, FieldValue, StatusCategory, WorkItem
from tests.mapping.items import BRANDT, NOW, WEBER, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
policy: {hurdle: 100, payback_months: 24}
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {portfolio: IT, program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts:
      business_unit: Business unit
      legal_entity: Legal entity
      start: Start date
      end: Due date
      baseline: Baseline
      objective: Objective
      kill_criteria: Kill criteria
      overlaps: Overlaps
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost}
      forecast: {benefit: Forecast benefit, one_off_cost: Planned cost}
      actual: {benefit: Actual benefit}
    stage: {from_status: {Backlog: identified, Analysis: detailed, Approved: decided, Done: implemented}}
    ends: {cancelled: [Rejected]}
    write: {gate: Gate, blockers: Gate blockers}
"""
FACTS: dict[str, FieldValue] = {
    "Program": "Cloud exit",
    "Legal entity": "ACME AG",
    "Baseline": Decimal(100_000),
    "Objective": "Cost-income ratio",
    "Kill criteria": "cost > 900000",
    "Overlaps": "none",
    "Forecast benefit": Decimal(1000),
    "Actual benefit": None,
}
A_DAY = timedelta(days=1)
APPROVED_AT = NOW - timedelta(minutes=30)


@cache
def config_of(mapping: str) -> MappingConfig:
    loaded = load_mapping(mapping)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded.config


def comment(person: Person, text: str, at: datetime = APPROVED_AT) -> Comment:
    return Comment(f"{person.id} {at}", person, at, text)


APPROVALS = (comment(BRANDT, "/approve detailed\n/approve decided"), comment(WEBER, "/approve decided"))


def epic(fields: dict[str, FieldValue] | None = None, **changes: object) -> WorkItem:
    """An epic with every fact that its first three gates ask for, last changed before it was approved."""
    facts: dict[str, object] = {"comments": APPROVALS, "updated": datetime(2026, 2, 10, 8, tzinfo=UTC)}
    return item(FACTS | (fields or {}), **(facts | changes))  # type: ignore[arg-type]


def at_work(fields: dict[str, FieldValue] | None = None, **changes: object) -> WorkItem:
    """The same in the status that its decision opened."""
    here: dict[str, object] = {"status": "Approved", "status_category": StatusCategory.INDETERMINATE}
    return epic(fields, **(here | changes))


def assessed(
    some: WorkItem,
    before: MeasureAssessment | None = None,
    mapping: str = MAPPING,
    now: datetime | None = None,
    people: KnownPeople = NOBODY_KNOWN,
) -> MeasureAssessment:
    """Assessed for the first time, or a day after ``before``."""
    config = config_of(mapping)
    known: tuple[Command, ...] = before.verdict.commands if before is not None else ()
    now = now or (NOW if before is None else NOW + A_DAY)
    found = assess_item(
        some,
        config,
        Policies(config),
        measure_state=before.verdict.measure_state if before is not None else MeasureState(),
        last_written={},
        now=now,
        ruled_on=known,
        read_at=now,
        people=people,
    )
    assert isinstance(found, MeasureAssessment)
    return found


def decided(mapping: str = MAPPING) -> MeasureAssessment:
    """The same epic after its decision."""
    first = assessed(epic(), mapping=mapping)
    assert first.verdict.stage == "decided", [blocker.sentence for blocker in first.verdict.blockers]
    return first


def sentences(assessment: MeasureAssessment) -> list[str]:
    return [blocker.sentence for blocker in assessment.verdict.blockers]
