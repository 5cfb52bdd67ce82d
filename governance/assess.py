"""The entry point of the domain: a measure, its evidence and the policy in; a verdict out.

Decide and explain in one pass: the list of unmet and unknown conditions *is* the decision, and the same
list is what people read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from governance.assessed_verdict import read_progress, verdict_of
from governance.assessment import Assessment
from governance.commands_in_assessment import (
    read_roles,
    read_signatures,
    rebaseline,
    report_changed_terms,
    rule_on_commands,
)
from governance.evidence import Evidence
from governance.findings import diversion
from governance.gate_outcome import final_statuses, went_past_gate
from governance.gates import Policy
from governance.granting import grant
from governance.locked_scope import scope_text
from governance.measure import Measure
from governance.progress_seen import last_report
from governance.rates import Rates
from governance.reopening import reopen
from governance.reporting_amounts import NO_RATES
from governance.status import implementation_status, without_unknown_cost
from governance.stopping import apply_kill_switch, watch_deviation
from governance.verdict import Verdict


def assess(measure: Measure, evidence: Evidence, policy: Policy, now: datetime, rates: Rates = NO_RATES) -> Verdict:
    """Assess one measure at one moment.  Never raises on what a tool may hold.

    Stages are granted one after another while every condition and approval of the next gate is met.  A stage once
    granted is taken back only when somebody who approves it rejects it, or when the actuals of a closed measure
    change; a fact that was lost shuts the next gate.
    """
    measure = replace(measure, scope=scope_text(evidence.children))
    assessment = Assessment(measure, evidence, policy, now, rates.aged(now.date(), policy.rate_age_days))
    read_roles(assessment)
    rule_on_commands(assessment)
    rebaseline(assessment)
    read_signatures(assessment)
    report_changed_terms(assessment)
    reopen(assessment)
    potential = without_unknown_cost(assessment.potential(), assessment.legacy.problem)
    watch_deviation(assessment)
    apply_kill_switch(assessment, potential)
    grant(assessment)
    read_progress(assessment)
    moved = assessment.children_moved
    # What went past a shut gate is not done, whatever its status says: a breach improves no light.
    refused = went_past_gate(assessment)
    work = replace(evidence, done=False) if refused else evidence
    diverted = diversion(work, policy, now, moved) if policy.is_on("RESOURCE_DIVERSION") else ""
    reported_at = last_report(assessment.progress_seen, evidence.counted_reports)
    implementation = implementation_status(
        measure, work, policy.thresholds, now, diverted, assessment.terms, reported_at=reported_at
    )
    if refused and evidence.done:
        reason = f"{implementation.reason}; the move to {evidence.tool_status} past a shut gate does not count as done"
        implementation = replace(implementation, reason=reason)
    return verdict_of(assessment, *final_statuses(assessment, implementation, potential))
