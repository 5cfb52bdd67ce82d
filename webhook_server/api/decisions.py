"""Decisions on a measure, each with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from connector.people.permissions import TokenScope
from connector.store.measures import measure_queries
from connector.store.measures.names_for_viewer import VisibleNames, decision_without_names
from governance.verdict import GateState
from webhook_server.api.gates_model import ITEM_GATE
from webhook_server.api.measure_lookup import (
    TAG,
    about_measure,
    find_measure,
)
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import (
    NEWEST_FIRST,
    Model,
    NumberSort,
    Page,
    PageQuery,
    make_page,
    number_cursor,
)


class DecisionSummary(Model):
    number: int
    decided_at: datetime
    stage: str | None
    item_gate: GateState = Field(description=ITEM_GATE)
    mapping_version: int
    policy_version: str
    digest: str = Field(description="The digest that the audit records.")


class DecisionDetail(Model):
    decision: DecisionSummary
    verdict: dict[str, Any]
    evidence: dict[str, Any]


class DecisionsQuery(PageQuery):
    sort: NumberSort = NEWEST_FIRST


def list_decisions(call: ApiCall) -> Page[DecisionSummary]:
    query = call.query_as(DecisionsQuery)
    with call.services.read_as(call.viewer) as connection:
        measure = find_measure(call, connection)["id"]
        rows = measure_queries.list_decisions(
            connection, measure, after=number_cursor(query.cursor), limit=query.limit + 1,
            oldest_first=query.sort is NumberSort.NUMBER,
        )  # fmt: skip
    return make_page([_decision(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_decision(call: ApiCall) -> DecisionDetail:
    with call.services.read_as(call.viewer) as connection:
        row = measure_queries.find_decision(connection, call.number_parameter("number"))
    if row is None:
        raise Problem(
            404,
            f"There is no decision {call.number_parameter('number')}.",
            "A measure's decisions are listed with their numbers.",
        )
    visible = VisibleNames(everything=call.viewer.sees_everything)
    verdict, evidence = (decision_without_names(row[part], visible) for part in ("verdict", "evidence"))
    return DecisionDetail(decision=_decision(row), verdict=verdict, evidence=evidence)


def _decision(row: RowMapping) -> DecisionSummary:
    return DecisionSummary(
        number=row["id"],
        item_gate=row["gate"],
        **{name: row[name] for name in DecisionSummary.model_fields if name not in {"number", "item_gate"}},
    )


OPERATIONS = (
    about_measure(
        "/measures/{measure}/decisions", "List decisions", list_decisions, Page[DecisionSummary], query=DecisionsQuery
    ),
    Operation(
        "GET", "/decisions/{number}", TAG, "Show a decision with its evidence", show_decision, DecisionDetail,
        path_parameters=(PathParameter("number", "a decision's number", int),), scope=TokenScope.MEASURES_READ,
    ),
)  # fmt: skip
