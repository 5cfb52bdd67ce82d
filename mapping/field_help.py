"""What each key of a mapping file means, as the editor and the guided form show it.

Grouped by the models of :mod:`mapping.config` and :mod:`mapping.sources`; a test sees that no key is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

_THRESHOLDS = {
    "potential_green": "From this share of the plan on, the potential status is green: 0.95.",
    "potential_amber": "From this share of the plan on, the potential status is amber; below it is red: 0.85.",
    "implementation_green": "From this share of the expected progress on, the implementation status is green: 0.90.",
    "implementation_amber": "From this share of the expected progress on, it is amber; below it is red: 0.75.",
    "stale_days": "Days without a report on the work after which the implementation status is grey.",
    "hurdle": "Least net plan for a decision, in the reporting currency.",
    "payback_months": "Months within which the cumulated net has to be positive.",
    "realised_share": "Share of the plan that the actual effect has to reach before a measure is closed.",
    "observation_months": "Months of actuals that have to be booked before a measure is closed.",
    "committee_limit": "Gross planned benefit from which the steering committee decides as well.",
    "tolerance": "Share of the plan by which it may be missed before a reason is requested.",
    "slip_days": "Days that the work may be behind its locked end or milestone before a reason is requested.",
    "slip_share": "The same as a share of the locked duration; the longer of the two counts.",
    "done_on_word": "true: work without child items and progress is done when its owner says so.",
    "kill_decision_days": "Days within which the sponsor has to decide after the kill switch.",
    "kill_red_months": "Months of red potential without a recovery plan after which the kill switch stops a measure.",
    "ageing_days": "Days in one stage after which a measure counts as ageing.",
    "gate_lead_days": "Days before the start of the work from which the gates up to the decision are due.",
    "diversion_share": "Share of the team's hours logged elsewhere from which a measure counts as diverted.",
    "diversion_days": "Days over which logged hours are counted.",
    "cost_spike": "Rise of a service's unit cost over the trailing quarter from which it is reported: 0.2 is a fifth.",
    "high_value": "Net plan from which a low priority of a measure's tickets is reported, in the reporting currency.",
    "low_priorities": "Names of the priorities that count as low.",
    "delegation_days": "Days after which a delegation ends by itself.",
}

_PL_LINE = {"pl_line": "Line of the profit and loss statement, as the organisation calls it."}
_DEPRECIATION = {"depreciation_months": "Months over which it is depreciated, from the month after it was spent."}

FIELD_HELP: Mapping[str, Mapping[str, str]] = {
    "MappingConfig": {
        "version": "Version of the file's format: 1.",
        "organization": "The organization at the top of the hierarchy.",
        "reporting_currency": "Amounts without a currency of their own are in this one: EUR.",
        "fiscal_year_start": "Number of the month in which the fiscal year begins.",
        "fiscal_year_named_by": "Whether a fiscal year is called by the calendar year in which it begins (first) "
        "or ends (last).",
        "policy": "The stage model, its numbers, and what is switched off.",
        "committees": "Steering committees: which programs each decides, and who belongs to it.",
        "measures": "The rules, from top to bottom: the first one that takes an item makes a measure of it.",
    },
    "MeasureRule": {
        "name": "The rule's name, as every decision and report says it.",
        "connection": "The connection whose items this rule reads.",
        "match": "Which items become measures; everything that is named has to hold.",
        "when": "A condition in CEL; the rule takes an item only while it holds.",
        "hierarchy": "Where the measure stands in the hierarchy: names, or {Field name} to take a field's value.",
        "roles": "Which fields hold the owner, the sponsor and the controller.",
        "facts": "Which fields hold what the gates ask for.",
        "milestones": "Name of a milestone to the field with its date; the dates lock with the plan.",
        "progress": "How far the work is: by the child items, a percentage, or the dates.",
        "reports": "What counts as somebody's report on the work; without one for stale_days the status is grey.",
        "effects": "The amounts of the measure: plan, forecast and actual.",
        "joins": "Items of another connection that feed the same measure.",
        "legacy": "The services that the measure retires, and the ServiceNow that knows them.",
        "team": "Field with the people of the measure; their logged hours are compared.",
        "stage": "Which stage each status of the tool claims.",
        "ends": "Statuses of the tool in which work ends without its result.",
        "approvals": "Stage that the tool's own approvals count for (ServiceNow).",
        "enforce": "What happens at a shut gate: native (the tool refuses), revert, comment, or off.",
        "reply_comment": "Whether commands are answered in one comment of the item.",
        "write": "The fields that Gatepost owns and writes; a hand edit in them is put back.",
        "marks": "What Gatepost adds to an item beside its fields.",
    },
    "Match": {
        "project": "Keys of the Jira projects.",
        "type": "Issue types.",
        "status": "Statuses.",
        "labels": "Labels; {any: [...], none: [...]} leaves some out.",
        "components": "Components.",
        "table": "Tables of ServiceNow.",
        "assignment_group": "Assignment groups of ServiceNow.",
        "fields": "Any field by its visible name, with the values that count.",
    },
    "Selector": {"any": "One of these.", "all": "All of these.", "none": "None of these."},
    "HierarchyRule": {
        "portfolio": "The portfolio: a name, or {Field name}.",
        "program": "The program: a name, or {Field name}. The steering committee comes from it.",
        "project": "The project: a name, or {Field name}; {Project} is the item's own.",
        "package": "The measure package: a name, or {Field name}.",
    },
    "RoleRule": {
        "owner": "Person who drives the measure.",
        "sponsor": "Person who wants the measure and decides about it.",
        "controller": "Person of finance who confirms its size and its effect; neither owner nor sponsor.",
    },
    "RoleTable": {
        "by": "The field whose value says who holds the role.",
        "people": "Value to person: {Cloud exit: {id: …, name: …}}.",
    },
    "RoleGroup": {
        "field": "The person field.",
        "group": "Name of the ServiceNow group whose members may hold the role: a change to one of them is accepted.",
    },
    "RoleHolder": {"id": "The tool's id of the person.", "name": "The name that is displayed."},
    "FactRule": {
        "title": "The measure's title; the item's own when it is left out.",
        "business_unit": "The business unit that the effect belongs to.",
        "legal_entity": "The legal entity that books the effect.",
        "start": "First day of the work.",
        "end": "Last day of the work.",
        "rough_value": "First estimate of the value, needed at the first gate.",
        "baseline": "Cost or revenue before the measure, which the effect is counted from.",
        "objective": "The objective or key result that the measure serves.",
        "kill_criteria": "What would stop the measure, agreed beforehand: cost > 1.2M; forecast < 60 % of plan; …",
        "overlaps": "Other measures that claim the same effect, or none.",
        "baseline_id": "The baseline's name, when several measures share one.",
    },
    "ComputedSource": {"cel": "An expression over the item, in CEL."},
    "TranslatedSource": {
        "field": "The field whose values are translated.",
        "values": "The tool's value to the meaning here.",
        "default": "What a value means that is not listed.",
        "unknown": "block: a value that is not listed shuts the gate.",
    },
    "JoinedSource": {"from": "Name of the join.", "field": "The field of the joined items; amounts are added up."},
    "ProgressRule": {
        "from": "children, percent or dates.",
        "field": "For percent: the field that holds it.",
        "weight": "For children: their field that says how much each one counts.",
    },
    "ReportRule": {
        "counts": "What counts: status, progress (a percentage), dates, children (moves of child items), worklogs.",
        "fields": "Fields in which people report, such as a status report.",
    },
    "EffectRule": {
        "currency": "Field that names the currency of the amounts.",
        "plan": "What was agreed; locked at the decision.",
        "forecast": "What the owner expects now.",
        "actual": "What was booked.",
        "attributes": "P&L line, hard or soft, capex and depreciation, by kind of amount.",
    },
    "AttributesRule": {
        "benefit": "Of recurring benefits.",
        "one_off_benefit": "Of benefits that come once.",
        "recurring_cost": "Of running costs.",
        "one_off_cost": "Of the cost of getting there.",
        "capex": "Of investments.",
        "avoidance": "Of costs that do not come.",
        "cash": "Of cash effects that are no result.",
    },
    "LineAttributes": _PL_LINE,
    "BenefitAttributes": {
        **_PL_LINE,
        "hard": "true, false, or a field: yes or hard is in the books, anything else is soft.",
    },
    "CapexAttributes": {**_PL_LINE, **_DEPRECIATION},
    "SpendAttributes": {
        **_PL_LINE,
        **_DEPRECIATION,
        "capex": "true, false, or a field: yes, capex or capitalised is capex, anything else is expensed.",
    },
    "SeriesRule": {
        "benefit": "Recurring benefit, in total.",
        "one_off_benefit": "Benefit that comes once.",
        "recurring_cost": "Cost that stays, in total.",
        "one_off_cost": "Cost of getting there.",
        "capex": "Investment.",
        "avoidance": "Recurring cost that does not come; counted apart, never in the net.",
        "cash": "A one-off cash effect that is no result, such as working capital.",
        "table": "A text field with a table by month.",
        "from": "fields, children, or plans (ServiceNow's cost and benefit plans).",
        "spread": "How recurring totals are spread over the months.",
    },
    "LegacyRule": {
        "services": "Field with the services' names.",
        "connection": "The ServiceNow that knows them.",
        "end_column": "Label of the service's column with its planned end.",
    },
    "JoinRule": {
        "name": "How facts and effects refer to the joined items.",
        "connection": "Where the joined items are.",
        "table": "ServiceNow: their table.",
        "their_field": "Their field that holds this item's key.",
        "own_field": "This item's field that holds their keys.",
        "link": "The label of this item's links to them.",
        "write": "Fields of theirs that receive the measure's verdict too.",
    },
    "EndRule": {
        "cancelled": "Statuses that are open to cancelled measures and a breach for all others: Won't do, Closed "
        "Incomplete.",
    },
    "StageRule": {"from_status": "Status of the tool to stage."},
    "MarkRule": {
        "property": "Key of an issue property that holds the whole verdict.",
        "link": "Address of Gatepost: a remote link with the gate's icon leads there.",
        "flag": "Raise the item's flag: while shut, or in a breach.",
        "blocked_by": "Key of an issue that is linked as a blocker while the gate is shut.",
        "on_hold": "Put the record on hold with the reason: while shut, or in a breach (ServiceNow).",
        "checklist": "Keep every condition of the next gate as a row of the app's list (ServiceNow).",
    },
    "WriteRule": {
        "doi_stage": "The granted stage.",
        "implementation": "Is the work on time: Green, Amber, Red or Grey.",
        "potential": "Will the money come: Green, Amber, Red or Grey.",
        "gate": "The next gate: Open, Not due, Waiting, Blocked or Breach.",
        "funding": "Whether money may be spent: Not released, Released or Stopped.",
        "allowed_stages": "The stages into which the item may be moved now.",
        "blockers": "What keeps the gate shut, one sentence a line.",
        "why": "Why each status has its colour; without it the reasons stand below the blockers.",
        "findings": "What dashboards hide, one sentence a line.",
        "plan": "Net plan.",
        "forecast": "Net forecast.",
        "actual": "Net actual.",
        "variance": "Deviation from the plan, in percent.",
        "written_at": "When the fields were written last; the gate of Gatepost's ServiceNow app goes by it.",
    },
    "PolicyRule": {
        "preset": "The stage model.",
        "off": "Codes of rules that are switched off; every decision names the policy that says so.",
        "escalation": "From whom the reason is requested, how many minutes after a deviation was detected.",
        "owner_may_sponsor": "Whether the owner of a measure may be its sponsor as well, or decide on it in the "
        "steering committee.",
        "role_change": "When another owner, sponsor or controller in the tool counts: once the change is accepted "
        "(accept), also after hours in which nobody put it back (cooling 48), or at once (trust).",
        "after_role_change": "What becomes of a stage that rests on the approval of somebody whose role was changed "
        "and nobody accepted that: the next gate is shut, or the stage is taken back.",
        "gate_names": "What people read for the states of the gate, in fields and on pages: {blocked: Gesperrt}.",
        "committed_from": "Key of the stage from which committed totals count a measure; without it the stage that "
        "locks the plan.",
        "overrides": "Numbers for one program, one measure type, or one of both.",
        **_THRESHOLDS,
    },
    "OverrideRule": {
        "program": "The program that these numbers are for.",
        "measures": "The rule whose measures these numbers are for.",
        **_THRESHOLDS,
    },
    "EscalationRule": {
        "owner": "Minutes until the reason is requested from the owner.",
        "sponsor": "Minutes until it is requested from the sponsor.",
        "steering_committee": "Minutes until it is requested from the steering committee.",
    },
    "CommitteeRule": {
        "name": "The committee's name.",
        "programs": "The programs that it decides.",
        "members": "Account ids or user names; never display names, which people may change.",
        "quorum": "How many members have to agree.",
    },
}

VALUE_NAMES: Mapping[str, Mapping[str, str]] = {
    "MeasureRule": {"connection": "connection", "team": "field"},
    "Match": {"project": "project", "type": "type", "table": "table", "status": "status"},
    "RoleRule": dict.fromkeys(FIELD_HELP["RoleRule"], "field"),
    "RoleTable": {"by": "field"},
    "RoleGroup": {"field": "field"},
    "FactRule": dict.fromkeys(FIELD_HELP["FactRule"], "field"),
    "TranslatedSource": {"field": "field"},
    "ProgressRule": {"field": "field"},
    "EffectRule": {"currency": "field"},
    "BenefitAttributes": {"hard": "field"},
    "SpendAttributes": {"capex": "field"},
    "SeriesRule": {key: "field" for key in FIELD_HELP["SeriesRule"] if key not in {"from", "spread"}},
    "LegacyRule": {"services": "field", "connection": "connection"},
    "JoinRule": {"connection": "connection", "own_field": "field"},
    "WriteRule": dict.fromkeys(FIELD_HELP["WriteRule"], "written"),
}
"""Whose names a value comes from: a connection, or fields, owned fields, projects, types, tables or statuses there."""

KEY_NAMES: Mapping[str, Mapping[str, str]] = {"StageRule": {"from_status": "status"}, "Match": {"fields": "field"}}
"""The same for places whose keys are names of the tool."""
