"""Which facts of an item report on the work, as texts that change only when somebody reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.evidence import Report, ReportedFact, Team
from governance.facts import Unknown
from governance.measure import Person
from mapping.config import FactRule, MappingConfig, MeasureRule, ProgressRule, ReportRule
from mapping.map_item import map_item
from mapping.reported_facts import reported_facts
from mapping.sources import ComputedSource
from mapping.work_item import WorkItem
from tests.mapping.items import expression_scope, item
from tests.mapping.rules import rule as rule_of

RULE = rule_of(facts={"start": "Start date", "end": "Due date"})
CONFIG = MappingConfig(version=1, organization="ACME", reporting_currency="EUR", measures=(RULE,))
PERCENT = ProgressRule.model_validate({"from": "percent", "field": "Percent complete"})
PEOPLE = ReportRule(fields=("Status report", "Reporter"))
CALENDAR = ComputedSource(cel='now + duration("24h")')
TOUCHED = ComputedSource(cel="item.updated")
COMPUTED = ComputedSource(cel='item.fields["Due date"]')


def facts(some: WorkItem, rule: MeasureRule, team: Team | None = None) -> dict[str, object]:
    mapped = map_item(expression_scope(some), CONFIG.model_copy(update={"measures": (rule,)}))
    return dict(reported_facts(some, rule, mapped.measure, mapped.progress, team))  # type: ignore[union-attr]


def test_status_dates_and_hours_are_facts_of_their_own() -> None:
    logged = Team((), 14, date(2026, 2, 9))
    assert facts(item(), RULE, logged) == {
        Report.STATUS: ReportedFact("Backlog"),
        Report.DATES: ReportedFact(
            "2026-01-15 2026-04-30", 'start from the field "Start date"; end from the field "Due date"'
        ),
        Report.WORKLOGS: ReportedFact("2026-02-09", at=datetime(2026, 2, 9, tzinfo=UTC)),
    }


@pytest.mark.parametrize("source", [CALENDAR, TOUCHED], ids=["with the calendar", "with any change of the item"])
def test_a_date_that_moves_by_itself_is_no_report(source: ComputedSource) -> None:
    rule = RULE.model_copy(update={"facts": FactRule(start="Start date", end=source)})
    assert facts(item(), rule)[Report.DATES] == ReportedFact("2026-01-15", 'start from the field "Start date"')


def test_a_date_worked_out_from_fields_is_a_report() -> None:
    rule = RULE.model_copy(update={"facts": FactRule(start="Start date", end=COMPUTED)})
    assert facts(item(), rule)[Report.DATES].value == "2026-01-15 2026-04-30"  # type: ignore[attr-defined]


def test_a_percentage_is_a_report_and_the_elapsed_time_is_none() -> None:
    stated = item({"Percent complete": Decimal("40.0")})
    by_field = RULE.model_copy(update={"progress": PERCENT})
    assert facts(stated, by_field)[Report.PROGRESS] == ReportedFact("0.4", "Percent complete")
    assert facts(item({"Percent complete": None}), by_field)[Report.PROGRESS] == ReportedFact("", "Percent complete")
    assert isinstance(facts(item(), by_field)[Report.PROGRESS], Unknown)
    elapsed = RULE.model_copy(update={"progress": ProgressRule.model_validate({"from": "dates"})})
    assert Report.PROGRESS not in facts(stated, elapsed)


def test_a_report_field_counts_by_its_content() -> None:
    rule = RULE.model_copy(update={"reports": PEOPLE})
    kaya = Person("k", "A. Kaya")
    first = facts(item({"Status report": " on track\n", "Reporter": kaya}), rule)
    renamed = facts(item({"Status report": "on track", "Reporter": replace(kaya, name="A. Kaya-Wolf")}), rule)
    other = facts(item({"Status report": "late", "Reporter": kaya}), rule)
    assert first == renamed, "spaces around it and a person's new name are no report"
    assert first["Status report"] != other["Status report"]
    assert facts(item({"Status report": "  ", "Reporter": None}), rule)["Status report"] == ReportedFact("")
    assert facts(item(), rule)["Status report"] == Unknown('the field "Status report" was not read')
