"""What a condition may look at, and the three answers that it may give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.effects import Effects
from governance.evidence import Evidence, Statement
from governance.gates import Policy
from governance.locked_plan import LockedPlan
from governance.measure import Committee, Measure, Person, Role
from governance.measure_state import Deviation
from governance.verdict import ConditionResult, Outcome

ADMINISTRATOR = "administrator"


def named(measure: Measure, role: Role) -> str:
    """``sponsor M. Brandt``; ``steering committee IT Board``; ``owner (nobody named)``."""
    title = role.value.replace("_", " ")
    holder = measure.committee if role is Role.STEERING_COMMITTEE else measure.roles.of(role)
    return f"{title} {holder.name}" if isinstance(holder, Person | Committee) else f"{title} (nobody named)"


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may look at."""

    stage: str
    measure: Measure
    evidence: Evidence
    policy: Policy
    effects: Effects | None
    """Sums under the locked plan; ``None`` when the lines cannot be added up, and ``effects_problem`` says why."""
    effects_problem: str = ""
    statements: tuple[Statement, ...] = ()
    """All that was said, with its rulings."""
    now: datetime | None = None
    plan: LockedPlan | None = None
    deviation: Deviation | None = None

    def who(self, role: Role) -> str:
        return named(self.measure, role)

    def met(self, code: str, subject: str, expected: str, actual: str) -> ConditionResult:
        return ConditionResult(self.stage, code, subject, Outcome.MET, expected, actual, actual, "")

    def unmet(
        self, code: str, subject: str, expected: str, actual: str, reason: str, role: Role = Role.OWNER
    ) -> ConditionResult:
        who = self.who(role)
        return ConditionResult(self.stage, code, subject, Outcome.UNMET, expected, actual, reason, who)

    def unknown(self, code: str, subject: str, expected: str, reason: str) -> ConditionResult:
        return ConditionResult(self.stage, code, subject, Outcome.UNKNOWN, expected, "unknown", reason, ADMINISTRATOR)
