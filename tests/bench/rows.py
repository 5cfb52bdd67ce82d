"""A generated measure as rows of the tables, with as much of a verdict as pages read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.money import Period
from tests.bench import names

STAGES = ("", "identified", "detailed", "decided", "implemented", "closed")
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
class Made:
    """One measure on its way into the tables."""

    number: int
    place: tuple[str, str, str, str]
    entity: str
    unit: str
    owner: int
    stage: int
    ramp: str | None
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
    "potential", "currency", "plan_net", "forecast_net", "actual_net", "variance_net", "facts", "verdict", "standing",
    "findings", "explanation", "verdict_digest", "effects_digest", "mapping_version", "policy_version", "assessed_at",
    "look_again_at", "born_at",
)  # fmt: skip


def item(one: Made, stamp: str) -> str:
    key = f"ITX-{one.number}"
    snapshot = json.dumps({"key": key, "title": names.title(one.number), "status": STATUSES[one.stage]})
    return f"jira-main\t{one.number}\t{key}\thttps://nordbank.example/browse/{key}\t{snapshot}\t1\t{stamp}"


def row(one: Made, now: datetime, mapping_version: int) -> str:
    stage = STAGES[one.stage]
    nets = {version: _net(one.lines, version) for version in ("plan", "forecast", "actual")}
    plan, forecast = nets["plan"], nets["forecast"]
    owner = names.person(one.owner)
    sponsor, controller = names.person(one.owner % 40 + 1_000), names.person(one.owner % 25 + 2_000)
    since = now - timedelta(days=one.number % 240)
    people = {
        "owner": (one.owner, owner),
        "sponsor": (one.owner % 40, sponsor),
        "controller": (one.owner % 25, controller),
    }
    facts = {
        "roles": {
            role: {"id": f"{role}-{number}", "name": name, "active": True} for role, (number, name) in people.items()
        }
    }
    values: Sequence[object] = (
        one.id, "jira-main", one.number, f"ITX-{one.number}", names.title(one.number), "epics", *one.place, one.unit,
        one.entity, owner, sponsor, controller, stage or None, stage or "identified", one.gate, one.implementation,
        one.potential, one.currency, plan, forecast, nets["actual"],
        None if plan is None or forecast is None else forecast - plan,
        _json(facts), _json(_verdict(one, since)), _json({"stage": stage or None, "granted_at": {stage: since.isoformat()}}),
        _json(_findings(one, since)), "", f"v{one.number}", f"e{one.number}", mapping_version, "five/generated",
        now.isoformat(), (now + timedelta(days=1)).isoformat(), since.isoformat(),
    )  # fmt: skip
    return "\t".join("\\N" if value is None else str(value) for value in values)


def _verdict(one: Made, since: datetime) -> dict[str, object]:
    following = LABELS[min(one.stage + 1, 5)]
    codes = [BLOCKERS[one.number % len(BLOCKERS)]] if one.gate != "open" else []
    return {
        "stage": STAGES[one.stage] or None,
        "stage_label": LABELS[one.stage],
        "newly_granted": [],
        "next_stage": STAGES[min(one.stage + 1, 5)],
        "next_stage_label": following,
        "gate": one.gate,
        "checklist": [],
        "blockers": [
            {
                "key": f"{one.stage}:{code}:",
                "code": code,
                "subject": "",
                "stage": following,
                "reason": SENTENCES[code],
                "sentence": f"{following} is shut: {SENTENCES[code]}",
                "responsible": _owner(one),
                "since": since.isoformat(),
                "approval": None,
            }
            for code in codes
        ],
        "figures": {},
        "policy_version": "five/generated",
        "implementation": {"colour": one.implementation, "number": None, "reason": "as the tool says"},
        "potential": {"colour": one.potential, "number": None, "reason": "forecast held against the plan"},
        "ramp": {"kind": one.ramp, "by": "office", "at": since.isoformat(), "reason": "budget"} if one.ramp else None,
        "deviation": {"since": since.isoformat(), "shortfall": "0.2", "reason": one.reason} if one.reason else None,
    }


def _owner(one: Made) -> list[dict[str, str]]:
    return [{"role": "owner", "name": names.person(one.owner), "id": f"owner-{one.owner}"}]


def _findings(one: Made, since: datetime) -> list[dict[str, object]]:
    if one.number % 7:
        return []
    code = FINDINGS[one.number // 7 % len(FINDINGS)]
    return [
        {
            "code": code,
            "subject": "",
            "sentence": f"{code.replace('_', ' ').capitalize()} at ITX-{one.number}",
            "responsible": _owner(one),
            "since": since.isoformat(),
        }
    ]


def _net(lines: Iterable[tuple[str, str, Period, int]], version: str) -> int | None:
    amounts = [amount if kind == "benefit" else -amount for line, kind, _, amount in lines if line == version]
    return sum(amounts) if amounts else None


def completion(lines: Sequence[tuple[str, str, Period, int]]) -> float | None:
    """Net at completion held against the net plan, as the potential status does it."""
    plan = _net(lines, "plan")
    booked = [month for version, _, month, _ in lines if version == "actual"]
    until = max(booked, default=None)
    kept = [
        line for line in lines if line[0] == "actual" or (line[0] == "forecast" and (until is None or line[2] > until))
    ]
    if plan is None or plan <= 0 or not any(line[0] == "forecast" for line in lines):
        return None
    return ((_net(kept, "actual") or 0) + (_net(kept, "forecast") or 0)) / plan


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
