"""A work item to map."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from governance.evidence import Children
from governance.measure import Person
from mapping.expressions import ExpressionScope
from mapping.work_item import ConnectionName, FieldName, FieldValue, NativeId, StatusCategory, Tool, WorkItem

KAYA, BRANDT, WEBER = Person("k", "A. Kaya", True), Person("b", "M. Brandt", True), Person("w", "J. Weber", True)

FIELDS: dict[str, FieldValue] = {
    "Assignee": KAYA,
    "Sponsor": BRANDT,
    "Controller": WEBER,
    "Program": "Cloud exit",
    "Business unit": "Group IT",
    "Start date": date(2026, 1, 15),
    "Due date": date(2026, 4, 30),
    "Planned benefit": Decimal(1000),
    "Planned cost": Decimal(400),
    "Gate": None,
    "Gate blockers": None,
}


def item(fields: dict[str, FieldValue] | None = None, without: tuple[str, ...] = (), **changes: object) -> WorkItem:
    values = {FieldName(name): value for name, value in (FIELDS | (fields or {})).items() if name not in without}
    whole = WorkItem(
        tool=Tool.JIRA,
        connection=ConnectionName("jira-main"),
        native_id=NativeId("10001"),
        key="ITX-1",
        url="https://acme.example/browse/ITX-1",
        type="Epic",
        project="ITX",
        title="Retire the legacy CRM",
        status="Backlog",
        status_category=StatusCategory.NEW,
        labels=("governed", "q4"),
        components=("CRM",),
        fields=values,
        children=Children(0, 0),
        updated=datetime(2026, 2, 10, tzinfo=UTC),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)


def expression_scope(some: WorkItem) -> ExpressionScope:
    """An item at the moment of the tests."""
    return ExpressionScope(some, NOW)
