"""The parts of a stored verdict that tell which gates are open, without reading all of it: for lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Label, RowMapping, case, func, literal_column

from connector.store.database.json_codec import from_json
from connector.store.database.tables import MEASURE
from governance.verdict import Blocker, ConditionResult, GateState

PARTS = ("stage", "stage_label", "next_stage", "next_stage_label", "gate", "open_stages", "blockers")
"""Of a verdict, as it is stored."""


@dataclass(frozen=True, slots=True)
class StoredGates:
    """What :func:`governance.measure_gates.gates_of` asks for."""

    stage: str | None
    stage_label: str
    next_stage: str | None
    next_stage_label: str
    gate: GateState
    open_stages: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    checklist: tuple[ConditionResult, ...] = ()


def gates_column() -> Label[Any]:
    """These parts of a row of ``measure``; the checklist only where nothing else tells what the next gate asks for."""
    verdict = MEASURE.c.verdict
    pairs = [part for name in PARTS for part in (name, verdict[name])]
    checklist = case(
        (MEASURE.c.gate == GateState.OPEN.value, verdict["checklist"]), else_=literal_column("'[]'::jsonb")
    )
    return func.jsonb_build_object(*pairs, "checklist", checklist).label("gates")


def stored_gates(row: RowMapping) -> StoredGates:
    """From a row with :func:`gates_column`, or with the whole verdict."""
    return from_json(StoredGates, row["gates"])
