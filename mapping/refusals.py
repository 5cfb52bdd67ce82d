"""Policies that are refused because they would govern nothing; read from the file's plain values, as other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from governance.gates import Gate
from governance.presets import PRESETS

MappingPath: TypeAlias = "tuple[str | int, ...]"
RuleProblem: TypeAlias = "tuple[MappingPath, str, str]"

MONEY_RULES = frozenset(
    {"VALUE_MISSING", "PHASING_MISSING", "BELOW_HURDLE", "PLAN_LOCKED", "DEVIATION_UNEXPLAINED", "ACTUALS_MISSING",
     "VALUE_NOT_REALISED"}
)  # fmt: skip
"""The rules that look at a measure's money; without all of them it is a list of tasks."""


def cannot_govern(data: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) of each part with which nothing would be governed."""
    policy = data.get("policy")
    policy = policy if isinstance(policy, Mapping) else {}
    codes = policy.get("off")
    off = {str(code).upper() for code in codes} if isinstance(codes, list) else set()
    preset = PRESETS.get(str(policy.get("preset", "five")), PRESETS["five"])
    open_gates = [preset.label(gate.into) for gate in preset.gates if _nobody_approves(gate, off)]
    if open_gates:
        needed = sorted({rule.code for gate in preset.gates for rule in gate.approvals if rule.code in off})
        gates = f"gate into {open_gates[0]}" if len(open_gates) == 1 else f"gates into {' and '.join(open_gates)}"
        message = f"nobody approves the {gates}: work would be granted the stage without anybody's word."
        yield ("policy", "off"), message, f"Switch on one of {', '.join(needed)}."
    if off >= MONEY_RULES:
        message = "every rule about money is switched off: no plan, forecast or effect would be looked at."
        yield ("policy", "off"), message, f"Switch on at least one of {', '.join(sorted(MONEY_RULES))}."
    rules = data.get("measures")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        stage = rule.get("stage") if isinstance(rule, Mapping) else None
        statuses = stage.get("from_status") if isinstance(stage, Mapping) else None
        if isinstance(statuses, Mapping) and not statuses:
            message = "no status stands for a stage: no gate could hold, and no move would ever be a breach."
            hint = "Name what each status of the tool claims: {Backlog: identified, Approved: decided, …}."
            yield ("measures", index, "stage", "from_status"), message, hint


def _nobody_approves(gate: Gate, off: set[str]) -> bool:
    """A gate that asks for approvals, of which none is left for every measure."""
    always = [rule for rule in gate.approvals if not rule.above_limit]
    return bool(always) and all(rule.code in off for rule in always)
