"""Every code that a blocker or a finding may end with, and what it means.  Codes are stable; texts may improve."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "TITLE_MISSING": "the measure has no title",
    "ROLE_MISSING": "a person, program, business unit or legal entity is not named",
    "VALUE_MISSING": "no rough value with its sign",
    "SOD": "one person holds two roles that are kept apart: owner, sponsor, controller",
    "ROLE_CHANGED": "owner, sponsor or controller was changed in the tool, and nobody has accepted it",
    "BASELINE_MISSING": "no baseline to measure a saving against",
    "OVERCLAIM": "more is claimed on a baseline than it is worth",
    "PHASING_MISSING": "no plan by month with benefits and costs",
    "DATES_MISSING": "no start or end, or the end before the start",
    "NO_OUTCOME_LINK": "no objective or KPI",
    "OVERLAP_UNDECLARED": "it is not stated whether the measure overlaps with others",
    "BELOW_HURDLE": "net plan or NPV below the hurdle of its class, or payback too late",
    "KILL_CRITERIA_MISSING": "no kill criteria agreed, or one that cannot be checked",
    "APPROVAL_MISSING": "an approval is missing",
    "CONTROLLER_SIZE": "the controller has not confirmed size and timing",
    "STEERCO_DECISION": "the steering committee has not decided",
    "PLAN_LOCKED": "the plan was changed after it was locked",
    "TERMS_CHANGED": "dates, kill criteria, baseline or objective were changed after the decision",
    "SCOPE_CHANGED": "child items were added or removed after the plan was locked",
    "DEVIATION_UNEXPLAINED": "money or time is past the tolerance and carries no reason, or nothing is forecast",
    "OPEN_WORK": "child items are not done",
    "DEPENDENCY_OPEN": "a blocking link is open",
    "CHANGE_OPEN": "a ServiceNow change is not closed successfully",
    "LEGACY_COST_RUNNING": "legacy services are active or still paid",
    "ACTUALS_MISSING": "actuals are not booked for the observation months",
    "LEDGER_DIFFERENCE": "the tool holds another actual than the ledger; it keeps the month open",
    "VALUE_NOT_REALISED": "less than the agreed share of the plan is realised, and no lower value is confirmed",
    "SAVINGS_RELAPSE": "after closure the benefit stopped, or the legacy cost came back",
    "KPI_NOT_REACHED": "a KPI that the gate asks for is not reached, or its value is not known",
    "EVIDENCE_MISSING": "no evidence of the effect is attached",
    "CONTROLLER_CONFIRM": "the controller has not confirmed the actual effect of the months that count",
    "GATE_ORDER": "the tool's status is ahead of the granted stage",
    "NOT_CANCELLED": "the tool's status says cancelled, and nobody has cancelled the measure",
    "STAGE_UNKNOWN": "the tool's status could not be read",
    "ON_HOLD": "somebody put the measure on hold",
    "CANCELLED": "somebody cancelled the measure",
    "KILL_SWITCH": "the kill switch put the measure on hold: red for too long, or an agreed kill criterion holds",
    "RESOURCE_DIVERSION": "zombie: its people log their time elsewhere",
    "ORPHAN_OWNER": "orphan: owner, sponsor or controller has left",
    "PRIORITY_MISMATCH": "a valuable measure waits for low-priority tickets",
    "PRIORITY_DRIFT": "the priority of serving work is below the highest that it ever had",
    "HANDOFF_WAIT": "a ticket that the measure waits for has lain too long between teams",
    "OVERLOAD": "the same people carry more than their hours for weeks, and the work counts as green",
    "UNFUNDED_WORK": "work or spend that serves no objective, or that no plan pays for",
    "COST_SPIKE": "a service costs more by the unit than a quarter or a year ago, or than its baseline",
    "NEGATIVE_UNIT_MARGIN": "a unit of a service costs more than it brings",
    "CONFLICTING_MEASURES": "two measures pull the cost of one service in opposite directions",
    "VANITY_METRIC": "a KPI improved, and the cost that it is to lower did not fall",
    "UNIT_COST_UNKNOWN": "nobody knows what a unit of a service costs",
    "DEMAND_UNKNOWN": "nobody knows the demand of a service",
    "HURDLE_UNNAMED": "nobody has said what is in the way of a service",
    "CREEP": "work continues although the business case no longer holds",
    "AGEING_IN_GATE": "too long in one stage",
    "EVIDENCE_UNKNOWN": "something that the mapping asks for could not be read",
    "NOBODY_NAMED": "a step of the escalation has nobody who could be asked",
    "OWNER_CONFLICT": "an item that is joined to the measure has another owner",
    "OWNER_INACTIVE": "the owner has done nothing on the measure for too long, or nothing is known",
    "COMMAND_ALTERED": "somebody changed or removed what another person had said",
}

ALWAYS_ON = frozenset(
    {"STAGE_UNKNOWN", "NOT_CANCELLED", "ON_HOLD", "CANCELLED", "COMMAND_ALTERED", "ROLE_CHANGED", "LEDGER_DIFFERENCE"}
)
"""Rules that no policy switches off: what a person decided, what nobody can know, what was done to people's words;
a change of roles has a rule of its own in the policy (``role_change``)."""
