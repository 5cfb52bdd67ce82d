"""Measures that a steering committee looks at: their gate is due by a day, or somebody has escalated them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, cast, func, or_, select

from connector.people.permissions import Viewer
from connector.store.database.json_codec import from_json
from connector.store.database.tables import MEASURE, MEASURE_FIGURES, WORK_ITEM
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import MeasureRow, PortfolioLists, row_of
from governance.measure_gates import gate_ahead
from governance.measure_state import deviation_text
from governance.plan_check import PlanCheck
from governance.responsible import Responsible, in_words
from governance.verdict import GateState

MAX_ROWS = 2_000
"""Of a paper; the largest benefit comes first."""


@dataclass(frozen=True, slots=True)
class OpenBlocker:
    """What shuts the gate."""

    code: str
    reason: str
    who: str
    """Who must act."""
    is_approval: bool
    """Whether it is an approval that nobody has given yet."""


@dataclass(frozen=True, slots=True)
class SteeringRow:
    """One measure with its next gate and what was escalated."""

    measure: MeasureRow
    sponsor: str
    next_stage: str
    """Key of the stage behind the first gate that is not open; empty when all are."""
    next_label: str
    gate_due: date | None
    """From which day the gate is due; ``None`` when it is due now."""
    blockers: tuple[OpenBlocker, ...]
    deviation: str
    """What is past its tolerance, in words; empty when nothing is."""
    asked: tuple[tuple[str, datetime], ...]
    """From whom the reason was requested, and when; the highest of the ladder last."""
    stopped: str
    """Why the kill switch has put it on hold; empty when it has not."""
    decide_by: datetime | None
    """Until when somebody has to decide after the kill switch."""
    implementation_reason: str
    potential_reason: str
    gate: GateState | None = None
    """Of the item's own gate, as the verdict has it that the next stage is of."""

    @property
    def item_gate(self) -> GateState:
        return GateState(self.measure.gate) if self.gate is None else self.gate

    @property
    def next_state(self) -> GateState:
        """Of the gate into the next stage: while the item may still move into the granted one, it is not due."""
        return GateState.NOT_DUE if self.item_gate is GateState.OPEN else self.item_gate

    @property
    def is_breach(self) -> bool:
        return self.item_gate is GateState.BREACH

    @property
    def waits_for_reason(self) -> bool:
        return bool(self.asked) and not self.measure.deviation_reason

    @property
    def is_escalated(self) -> bool:
        """The kill switch stopped it, it went past its gate, or its reason was asked for and is not given."""
        return bool(self.stopped) or self.is_breach or self.waits_for_reason

    @property
    def waits_for_approval(self) -> bool:
        """Nothing but approvals is missing."""
        return self.item_gate is GateState.WAITING


class SteeringRows(PortfolioLists):
    """Of one part of the portfolio, as one viewer sees it; the connection may be one of a moment in the past."""

    def __init__(self, connection: Connection, viewer: Viewer, filters: PortfolioFilters) -> None:
        super().__init__(connection, viewer, filters)

    def due_by(self, day: date) -> tuple[SteeringRow, ...]:
        """Whose gate is due by then, or who are escalated; the largest plan first."""
        verdict = MEASURE.c.verdict
        due = cast(verdict[("gate_due",)].astext, Date)
        asked = func.jsonb_array_length(
            func.coalesce(func.nullif(verdict[("deviation", "reason_requests")], func.jsonb("null")), func.jsonb("[]"))
        )
        query = (
            select(MEASURE_FIGURES, MEASURE.c.facts[("roles", "further")].label("further_roles"), WORK_ITEM.c.url,
                   MEASURE.c.facts[("roles", "sponsor", "name")].astext.label("sponsor"), verdict.label("verdict"))
            .select_from(self.joined())
            .where(
                self._wanted,
                self._live,
                or_(
                    MEASURE_FIGURES.c.is_held_up,
                    due <= day,
                    verdict[("off_ramp", "kind")].astext == "killed",
                    asked > 0,
                ),
            )
            .order_by(MEASURE_FIGURES.c.ebitda_plan.desc().nulls_last(), MEASURE_FIGURES.c.measure_id)
            .limit(MAX_ROWS)
        )  # fmt: skip
        return tuple(_steering_row(row) for row in self._connection.execute(query))


def _steering_row(row: Any) -> SteeringRow:
    verdict: Mapping[str, Any] = row.verdict or {}
    off_ramp = verdict.get("off_ramp") or {}
    killed = off_ramp.get("kind") == "killed"
    deviation = verdict.get("deviation") or {}
    due = verdict.get("gate_due")
    gate = GateState(verdict.get("gate") or row.gate)
    ahead = gate_ahead(verdict.get("stage"), verdict.get("next_stage"), gate)
    label = verdict.get("next_stage_label") if verdict.get("next_stage") else verdict.get("stage_label")
    return SteeringRow(
        measure=row_of(row),
        sponsor=row.sponsor or "",
        next_stage=ahead.stage if ahead else "",
        next_label=(label or "") if ahead else "",
        gate_due=date.fromisoformat(due) if due else None,
        blockers=tuple(_blocker(one) for one in verdict.get("blockers") or ()),
        deviation=_deviation(deviation),
        asked=tuple(
            (from_json(Responsible, one["responsible"]).text, datetime.fromisoformat(one["at"]))
            for one in deviation.get("reason_requests") or ()
        ),
        stopped=(off_ramp.get("reason") or "the kill switch has put it on hold") if killed else "",
        decide_by=datetime.fromisoformat(off_ramp["decide_by"]) if killed and off_ramp.get("decide_by") else None,
        implementation_reason=(verdict.get("implementation") or {}).get("reason") or "",
        potential_reason=(verdict.get("potential") or {}).get("reason") or "",
        gate=gate,
    )


def _blocker(stored: Mapping[str, Any]) -> OpenBlocker:
    approval = stored.get("approval") or {}
    people: Sequence[Mapping[str, Any]] = stored.get("responsible") or ()
    return OpenBlocker(
        code=stored["code"],
        reason=stored.get("reason") or stored.get("sentence") or "",
        who=in_words(from_json(Responsible, one) for one in people),
        is_approval=approval.get("state") in {"not_given", "quorum"},
    )


def _deviation(stored: Mapping[str, Any]) -> str:
    checks = tuple(from_json(PlanCheck, one) for one in stored.get("checks") or ())
    return deviation_text(checks, int(stored.get("slip_days") or 0))
