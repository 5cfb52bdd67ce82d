"""What a condition is evaluated with, and the three results that it may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.claims import NOT_COMPARED, Overclaim
from governance.effects import Effects
from governance.evidence import Command, Evidence
from governance.facts import Question, Unknown
from governance.gates import Policy
from governance.latest_estimate import LatestEstimate
from governance.locked_plan import LockedPlan
from governance.measure import Measure, Role
from governance.measure_state import Deviation
from governance.plan_rates import converter_of
from governance.rates import Rates
from governance.reporting_amounts import NO_RATES, ReportingCurrency
from governance.responsible import ADMINISTRATOR, correcting_role, responsible
from governance.validation import NOTHING_SIGNED, Validation
from governance.verdict import ConditionResult, Outcome, UnknownCause


@dataclass(frozen=True, slots=True)
class ConditionContext:
    """What a condition is evaluated with."""

    stage: str
    measure: Measure
    evidence: Evidence
    policy: Policy
    effects: Effects | None
    """Sums under the locked plan; ``None`` when the lines cannot be added up, and ``effects_problem`` says why."""
    effects_problem: str = ""
    commands: tuple[Command, ...] = ()
    """All commands, with their rulings."""
    now: datetime | None = None
    plan: LockedPlan | None = None
    deviation: Deviation | None = None
    rates: Rates = NO_RATES
    validation: Validation = NOTHING_SIGNED
    """What of the actuals the controller has signed."""
    estimate: LatestEstimate | Unknown = Unknown("there is no forecast")
    """What is expected now, under the locked plan."""
    overclaim: Overclaim | Unknown | None = NOT_COMPARED
    """What is claimed beyond the baseline (:mod:`governance.claims`)."""

    @property
    def reporting(self) -> ReportingCurrency:
        """The currency of the policy's thresholds; a locked plan keeps the rates of its decision."""
        frozen = self.plan.rates if self.plan is not None else None
        return ReportingCurrency(self.policy.currency, converter_of(frozen, self.rates))

    def met(self, code: str, subject: str, expected: str, actual: str) -> ConditionResult:
        return ConditionResult(self.stage, code, subject, Outcome.MET, expected, actual, actual)

    def unmet(
        self, code: str, subject: str, expected: str, actual: str, reason: str, role: Role = Role.OWNER
    ) -> ConditionResult:
        who = (responsible(self.measure, role),)
        return ConditionResult(self.stage, code, subject, Outcome.UNMET, expected, actual, reason, who)

    def unknown(
        self,
        code: str,
        subject: str,
        expected: str,
        reason: str | Unknown,
        role: Role | None = None,
        cause: UnknownCause | None = None,
    ) -> ConditionResult:
        """``role`` acts where somebody has to say it, the owner where somebody has entered what cannot be read, else
        the administrator who makes it readable.
        """
        asks = isinstance(reason, Question)
        if isinstance(reason, Unknown):
            role, reason = role or (correcting_role(self.measure) if reason.entered else None), reason.reason
        who = ADMINISTRATOR if role is None else (responsible(self.measure, role),)
        return ConditionResult(
            self.stage, code, subject, Outcome.UNKNOWN, expected, "unknown", reason, who, asks=asks, cause=cause
        )
