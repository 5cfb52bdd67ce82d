"""What a condition may look at, and the three answers that it may give."""

from __future__ import annotations

from dataclasses import dataclass

from governance.effects import Effects
from governance.evidence import Evidence
from governance.gates import Policy
from governance.measure import Measure, Person, Role
from governance.verdict import ConditionResult, Outcome

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may look at."""

    stage: str
    measure: Measure
    evidence: Evidence
    policy: Policy
    effects: Effects | None
    """``None`` when the lines cannot be added up; ``effects_problem`` says why."""
    effects_problem: str = ""

    def who(self, role: Role) -> str:
        holder = self.measure.roles.of(role)
        if isinstance(holder, Person):
            return f"{role.value} {holder.name}"
        return f"{role.value} (nobody named)"

    def met(self, code: str, subject: str, expected: str, actual: str) -> ConditionResult:
        return ConditionResult(self.stage, code, subject, Outcome.MET, expected, actual, actual, "")

    def unmet(
        self, code: str, subject: str, expected: str, actual: str, reason: str, role: Role = Role.OWNER
    ) -> ConditionResult:
        who = self.who(role)
        return ConditionResult(self.stage, code, subject, Outcome.UNMET, expected, actual, reason, who)

    def unknown(self, code: str, subject: str, expected: str, reason: str) -> ConditionResult:
        return ConditionResult(self.stage, code, subject, Outcome.UNKNOWN, expected, "unknown", reason, ADMINISTRATOR)
