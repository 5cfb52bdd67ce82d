"""A generated measure as rows of the tables, with the parts of a verdict that pages read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from connector.store.database.json_codec import Json, to_json
from governance.money import Money, Period
from governance.reporting_amounts import ReportingAmount
from governance.waits import PlaceKind, ValueWaits, Wait
from tests.bench import names
from tests.bench.stored import since_granted, stored_parts

STAGES = ("", "identified", "detailed", "decided", "implemented", "closed")
SERVICES = 5_000
"""Which the measures of a full database name."""
LABELS = ("None yet", "Identified", "Detailed", "Decided", "Implemented", "Closed")
STATUSES = ("Backlog", "Backlog", "Analysis", "Approved", "Done", "Closed")
BLOCKERS = (
    "APPROVAL_MISSING",
    "CONTROLLER_SIZE",
    "OPEN_WORK",
    "LEGACY_COST_RUNNING",
    "ACTUALS_MISSING",
    "ROLE_MISSING",
)
SENTENCES = {
    "APPROVAL_MISSING": "the sponsor has not approved",
    "CONTROLLER_SIZE": "the controller has not confirmed size and timing",
    "OPEN_WORK": "3 of 11 child items are not done",
    "LEGACY_COST_RUNNING": "41,000 EUR a month still paid for 3 retired services",
    "ACTUALS_MISSING": "actuals are booked for 1 of the 3 months that have to be observed",
    "ROLE_MISSING": "no controller is named",
}
FINDINGS = ("RESOURCE_DIVERSION", "ORPHAN_OWNER", "AGEING_IN_GATE", "PRIORITY_DRIFT", "UNFUNDED_WORK", "COST_SPIKE")


@dataclass
class GeneratedMeasure:
    """One measure to be inserted."""

    number: int
    hierarchy: tuple[str, str, str, str]
    entity: str
    unit: str
    owner: int
    stage: int
    off_ramp: str | None
    currency: str
    implementation: str
    potential: str
    gate: str
    reason: str | None
    lines: list[tuple[str, str, Period, int]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"jira-main/{self.number}"


COLUMNS = (
    "id", "connection", "native_id", "key", "title", "rule", "portfolio", "program", "project", "package",
    "business_unit", "legal_entity", "owner", "sponsor", "controller", "stage", "tool_stage", "gate", "implementation",
    "potential", "currency", "plan_net", "forecast_net", "actual_net", "variance_net", "facts", "verdict", "measure_state",
    "findings", "explanation", "verdict_digest", "effects_digest", "mapping_version", "policy_version", "assessed_at",
    "reassess_at", "item_created_at",
)  # fmt: skip


def item(measure: GeneratedMeasure, stamp: str) -> str:
    key = f"ITX-{measure.number}"
    snapshot = json.dumps({"key": key, "title": names.title(measure.number), "status": STATUSES[measure.stage]})
    return f"jira-main\t{measure.number}\t{key}\thttps://nordbank.example/browse/{key}\t{snapshot}\t1\t{stamp}"


def row(measure: GeneratedMeasure, now: datetime, mapping_version: int) -> str:
    stage = STAGES[measure.stage]
    nets = {version: _net(measure.lines, version) for version in ("plan", "forecast", "actual")}
    plan, forecast = nets["plan"], nets["forecast"]
    owner = names.person(measure.owner)
    sponsor, controller = names.person(measure.owner % 40 + 1_000), names.person(measure.owner % 25 + 2_000)
    since = now - timedelta(days=measure.number % 240)
    people = {
        "owner": (measure.owner, owner),
        "sponsor": (measure.owner % 40, sponsor),
        "controller": (measure.owner % 25, controller),
    }
    facts = _facts(measure, people)
    values: Sequence[object] = (
        measure.id, "jira-main", measure.number, f"ITX-{measure.number}", names.title(measure.number), "epics", *measure.hierarchy, measure.unit,
        measure.entity, owner, sponsor, controller, stage or None, stage or "identified", measure.gate, measure.implementation,
        measure.potential, measure.currency, plan, forecast, nets["actual"],
        None if plan is None or forecast is None else forecast - plan,
        _json(facts), _json(_verdict(measure, since)), _json(since_granted(stage, since) | _waiting(measure, since)),
        _json(_findings(measure, since)), "", f"v{measure.number}", f"e{measure.number}", mapping_version, "five/generated",
        now.isoformat(), (now + timedelta(days=1)).isoformat(), since.isoformat(),
    )  # fmt: skip
    return "\t".join("\\N" if value is None else str(value) for value in values)


def _facts(measure: GeneratedMeasure, people: Mapping[str, tuple[int, str]]) -> dict[str, Json]:
    """As :class:`governance.measure.Measure` is stored, with its effect lines."""
    stored = stored_parts(STAGES[measure.stage]).facts
    portfolio, program, project, package = measure.hierarchy
    roles: dict[str, Json] = {"from_directory": [], "unaccepted": [], "former": {}, "further": {}, "labels": {}}
    roles |= {
        role: {"id": f"{role}-{number}", "name": name, "active": True, "login": "", "identities": []}
        for role, (number, name) in people.items()
    }
    own: dict[str, Json] = {
        "id": measure.id,
        "title": names.title(measure.number),
        "hierarchy": {
            "organization": "Nordbank",
            "portfolio": portfolio,
            "program": program,
            "project": project,
            "package": package,
        },
        "roles": roles,
        "business_unit": measure.unit,
        "legal_entity": measure.entity,
        "baseline": {"amount": "5000000", "currency": measure.currency},
        "services": names.service(measure.number % SERVICES + 1) if measure.number % 10 < 3 else None,
        "objective": names.objective(measure.number % names.OBJECTIVES + 1) if measure.number % 2 else None,
        "planned_people": "2.5" if measure.number % 5 == 0 else None,
        "effects": [
            {
                "version": version,
                "kind": kind,
                "month": str(month),
                "money": {"amount": str(amount), "currency": measure.currency},
                "account": "ebitda",
                "hard": True,
                "pl_line": "",
            }
            for version, kind, month, amount in measure.lines
        ],
    }
    return stored | own


def _verdict(measure: GeneratedMeasure, since: datetime) -> dict[str, object]:
    following = LABELS[min(measure.stage + 1, 5)]
    codes = [BLOCKERS[measure.number % len(BLOCKERS)]] if measure.gate != "open" else []
    own: dict[str, object] = {
        "stage": STAGES[measure.stage] or None,
        "stage_label": LABELS[measure.stage],
        "newly_granted": [],
        "next_stage": STAGES[min(measure.stage + 1, 5)],
        "next_stage_label": following,
        "gate": measure.gate,
        "blockers": [
            {
                "key": f"{measure.stage}:{code}:",
                "code": code,
                "subject": "",
                "stage": following,
                "reason": SENTENCES[code],
                "sentence": f"{following} is shut: {SENTENCES[code]}",
                "responsible": _owner(measure),
                "since": since.isoformat(),
                "approval": None,
            }
            for code in codes
        ],
        "figures": {
            version: None if net is None else {"amount": str(net), "currency": measure.currency}
            for version in ("plan", "forecast", "actual")
            for net in (_net(measure.lines, version),)
        },
        "policy_version": "five/generated",
        "implementation": {"colour": measure.implementation, "number": None, "reason": "as the tool says"},
        "potential": {"colour": measure.potential, "number": None, "reason": "forecast compared with the plan"},
        "off_ramp": {"kind": measure.off_ramp, "by": "office", "at": since.isoformat(), "reason": "budget"}
        if measure.off_ramp
        else None,
        "deviation": {"since": since.isoformat(), "checks": [], "reason": measure.reason} if measure.reason else None,
        "value_waits": to_json(_value_waits(measure, since)),
    }
    return {**stored_parts(STAGES[measure.stage]).verdict, **own}


def _value_waits(measure: GeneratedMeasure, since: datetime) -> ValueWaits | None:
    """What is shut waits at its gate, and at one more place; each third at a second one as well."""
    if measure.gate == "open":
        return None
    number = measure.number
    a_day = Decimal(50 + number % 4_000)
    elsewhere = (
        Wait(PlaceKind.TEAM, names.team(number % 200), since, number % 3 == 0, _ticket(number)),
        Wait(PlaceKind.PERSON, names.person(measure.owner), since),
        Wait(PlaceKind.VENDOR, names.supplier(number % 100), since, number % 2 == 0, _ticket(number)),
        Wait(PlaceKind.APPROVAL, names.person(measure.owner % 40 + 1_000), since),
    )
    places = elsewhere[number % 4 :][: 2 if number % 3 == 0 else 1]
    gate = Wait(PlaceKind.GATE, LABELS[min(measure.stage + 1, 5)], since)
    return ValueWaits(ReportingAmount(Money(a_day, "EUR"), Money(a_day, "EUR")), (gate, *places))


def _waiting(measure: GeneratedMeasure, since: datetime) -> dict[str, Json]:
    """The tickets that it waits for."""
    if measure.gate == "open":
        return {}
    ticket = _ticket(measure.number)
    return {"waiting_since": {ticket: since.isoformat()}, "highest_priorities": {ticket: "High"}}


def _ticket(number: int) -> str:
    """A ticket for which some measures wait."""
    return f"OPS-{number % 9_000}"


def _owner(measure: GeneratedMeasure) -> list[dict[str, str]]:
    return [{"role": "owner", "name": names.person(measure.owner), "id": f"owner-{measure.owner}"}]


def _findings(measure: GeneratedMeasure, since: datetime) -> list[dict[str, object]]:
    if measure.number % 7:
        return []
    code = FINDINGS[measure.number // 7 % len(FINDINGS)]
    return [
        {
            "code": code,
            "subject": "",
            "sentence": f"{code.replace('_', ' ').capitalize()} at ITX-{measure.number}",
            "responsible": _owner(measure),
            "since": since.isoformat(),
        }
    ]


def _net(lines: Iterable[tuple[str, str, Period, int]], version: str) -> int | None:
    amounts = [amount if kind == "benefit" else -amount for line, kind, _, amount in lines if line == version]
    return sum(amounts) if amounts else None


def completion(lines: Sequence[tuple[str, str, Period, int]]) -> float | None:
    """Net at completion divided by the net plan, as for the potential status."""
    plan = _net(lines, "plan")
    booked = [month for version, _, month, _ in lines if version == "actual"]
    until = max(booked, default=None)
    counted = [
        line for line in lines if line[0] == "actual" or (line[0] == "forecast" and (until is None or line[2] > until))
    ]
    if plan is None or plan <= 0 or not any(line[0] == "forecast" for line in lines):
        return None
    return ((_net(counted, "actual") or 0) + (_net(counted, "forecast") or 0)) / plan


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
