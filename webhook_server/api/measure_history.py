"""A measure's explanation, status day by day, and effect lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import request
from pydantic import Field
from sqlalchemy import RowMapping

from connector.papers.measure_comparison import comparison_lines
from connector.store.measures import measure_queries
from connector.store.measures.names_for_viewer import VisibleNames, decision_without_names
from connector.store.measures.verdicts import verdict_of, verdict_to_json
from governance.effects import Account, EffectKind, Version
from governance.verdict import Colour, GateState
from webhook_server.api.gates_model import ITEM_GATE
from webhook_server.api.measure_comparison import (
    MeasureComparedQuery,
    MeasureComparisonModel,
    compared_measure,
    comparison_model,
)
from webhook_server.api.measure_lookup import (
    KnownOnQuery,
    about_measure,
    find_known,
    find_measure,
)
from webhook_server.api.operation import ApiCall, Reply
from webhook_server.api.values import (
    Amount,
    ListQuery,
    Model,
)


class Explanation(Model):
    """The same as ``gatepost explain``."""

    id: str
    key: str
    title: str | None
    url: str
    lines: list[str] = Field(
        description="Lines of text; the first ones are also in the tool's field with the blockers."
    )
    verdict: dict[str, Any] = Field(description="The verdict with its findings, as stored.")
    mapping_version: int
    policy_version: str
    assessed_at: datetime
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None
    comparison: MeasureComparisonModel | None = Field(
        description="With the day of the parameter compare; null without it."
    )


class StatusDay(Model):
    day: date
    stage: str | None
    item_gate: GateState = Field(description=ITEM_GATE)
    implementation: Colour
    potential: Colour
    reasons: dict[str, str]


class StatusDayList(Model):
    items: list[StatusDay]


class EffectLineModel(Model):
    version: Version
    kind: EffectKind
    month: date = Field(description="Its first day.")
    account: Account
    hard: bool
    money: Amount


class EffectLineList(Model):
    items: list[EffectLineModel]


def explain(call: ApiCall) -> Explanation | Reply:
    """The verdict as a checklist: JSON, or plain text if the client prefers it."""
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        present = row if known is None else find_measure(call, connection)
        compared = compared_measure(call, connection, present)
    if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
        since = "\n".join(("", *comparison_lines(compared), "")) if compared is not None else ""
        return Reply(None, text=f"{row['key']} {row['title'] or ''}\n\n{row['explanation']}\n{since}")
    names = (name for name in Explanation.model_fields if name not in {"lines", "verdict", "comparison"})
    stored = verdict_to_json(verdict_of(row))
    return Explanation(
        lines=row["explanation"].splitlines(),
        verdict=decision_without_names(stored, VisibleNames(everything=call.viewer.sees_everything)),
        comparison=comparison_model(compared),
        **{name: row[name] for name in names},
    )


def _day(row: RowMapping) -> StatusDay:
    same = (name for name in StatusDay.model_fields if name != "item_gate")
    return StatusDay(item_gate=row["gate"], **{name: row[name] for name in same})


def history(call: ApiCall) -> StatusDayList:
    with call.services.read_as(call.viewer) as connection:
        rows = measure_queries.status_history(connection, find_measure(call, connection)["id"])
    return StatusDayList(items=[_day(row) for row in rows])


class EffectLinesQuery(KnownOnQuery, ListQuery):
    pass


def effect_lines(call: ApiCall) -> EffectLineList:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        rows = known.lines if known else measure_queries.effect_lines(connection, row["id"])
    return EffectLineList(
        items=[
            EffectLineModel(
                money=Amount(amount=f"{row['amount']:f}", currency=row["currency"]),
                **{name: row[name] for name in ("version", "kind", "month", "account", "hard")},
            )
            for row in rows
        ]
    )


OPERATIONS = (
    about_measure(
        "/measures/{measure}/explain", "Explain the verdict as a checklist", explain, Explanation, has_text_form=True,
        query=MeasureComparedQuery,
    ),
    about_measure(
        "/measures/{measure}/history", "Show implementation and potential status day by day", history, StatusDayList
    ),
    about_measure(
        "/measures/{measure}/effect-lines", "List effect lines", effect_lines, EffectLineList, query=EffectLinesQuery
    ),
)  # fmt: skip
