"""The first lines of a measure's page: whole templates filled with data, see :mod:`governance.sentences`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from connector.store.measures.measure_details import MeasureSnapshot
from governance.capital import capitalised
from governance.gates import Policy
from governance.measure_state import OffRampKind
from governance.verdict import GateState
from webhook_server.formats import Formats


class Line(StrEnum):
    """Each is a sentence of its own."""

    ON_HOLD = "On hold since {day} by {by}: {reason}."
    CANCELLED = "Cancelled on {day} by {by}: {reason}."
    KILLED = "On hold by the kill switch since {day}: {reason}."
    DONE = "Every gate is granted: it is {stage}."
    MAY_MOVE = "It may be moved into {stage} now."
    SHUT = "The gate into {stage} is shut."
    SHUT_BY_ONE = "The gate into {stage} is shut: 1 condition is open."
    SHUT_BY_SEVERAL = "The gate into {stage} is shut: {count} conditions are open."
    NOT_DUE = "The gate into {stage} is not due before {due}."
    NOT_DUE_BY_ONE = "The gate into {stage} is not due before {due}: 1 condition is open until then."
    NOT_DUE_BY_SEVERAL = "The gate into {stage} is not due before {due}: {count} conditions are open until then."
    BREACH = "It was moved to {claimed} while the gate into {stage} is shut."
    BREACH_BY_ONE = "It was moved to {claimed} while the gate into {stage} is shut: 1 condition is open."
    BREACH_BY_SEVERAL = "It was moved to {claimed} while the gate into {stage} is shut: {count} conditions are open."
    ONE_ACTS = "{people} has to act."
    SEVERAL_ACT = "{people} have to act."
    REALISED = "{amount} net have been realised."
    DEPENDS = "{amount} of planned net benefit depends on it."


_OFF_RAMPS = {OffRampKind.ON_HOLD: Line.ON_HOLD, OffRampKind.CANCELLED: Line.CANCELLED, OffRampKind.KILLED: Line.KILLED}
_SHUT = {
    "shut": (Line.SHUT, Line.SHUT_BY_ONE, Line.SHUT_BY_SEVERAL),
    GateState.NOT_DUE: (Line.NOT_DUE, Line.NOT_DUE_BY_ONE, Line.NOT_DUE_BY_SEVERAL),
    GateState.BREACH: (Line.BREACH, Line.BREACH_BY_ONE, Line.BREACH_BY_SEVERAL),
}
"""By the gate's state, and by none, one or several open conditions."""
MOST_NAMED = 3
"""People that the sentence names."""


def summary_lines(
    snapshot: MeasureSnapshot, people: Sequence[str], open_conditions: int, policy: Policy | None, formats: Formats
) -> list[str]:
    """May it move on, what is missing, who must act, and which benefit depends on it; ``people`` must act."""
    row, verdict, off_ramp = snapshot.row, snapshot.verdict, snapshot.state.off_ramp
    plan, actual = verdict.figures.plan, verdict.figures.actual
    depends = [Line.DEPENDS.format(amount=f"{formats.short(plan.amount)} {plan.currency}")] if plan else []
    if off_ramp is not None:
        reason = off_ramp.reason.rstrip(". ")
        line = _OFF_RAMPS[off_ramp.kind].format(day=formats.day(off_ramp.at), by=off_ramp.by, reason=reason)
        return [line, *depends]
    if row["gate"] == "open" and verdict.next_stage is None:
        done = Line.DONE.format(stage=verdict.stage_label)
        realised = f"{formats.short(actual.amount)} {actual.currency}" if actual else ""
        return [done, Line.REALISED.format(amount=realised)] if actual else [done, *depends]
    if row["gate"] == "open":
        stages = " or ".join(verdict.allowed_stages) or verdict.stage_label
        return [Line.MAY_MOVE.format(stage=stages), *depends]
    claimed = policy.label(row["tool_stage"]) if policy else row["tool_stage"]
    # The day is missing where its measure states no dates yet.
    is_early = row["gate"] == GateState.NOT_DUE and verdict.gate_due is not None
    lines = (
        _SHUT["shut"] if row["gate"] == GateState.NOT_DUE and not is_early else _SHUT.get(row["gate"], _SHUT["shut"])
    )
    shut = lines[min(open_conditions, 2)].format(
        claimed=claimed,
        stage=verdict.next_stage_label,
        count=formats.number(open_conditions),
        due=formats.day(verdict.gate_due) if is_early else "",
    )
    if not people or not open_conditions or is_early:
        return [shut, *depends]
    acts = Line.ONE_ACTS if len(people) == 1 else Line.SEVERAL_ACT
    return [shut, acts.format(people=listed(people[:MOST_NAMED])), *depends]


def listed(names: Sequence[str]) -> str:
    """``Sponsor A, owner B and C``."""
    first, *others = names
    names = [capitalised(first), *others]
    return names[0] if not others else f"{', '.join(names[:-1])} and {names[-1]}"
