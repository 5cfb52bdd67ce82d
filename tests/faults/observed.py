"""What people see in both tools, and what is recorded; times, ports and random ids are left out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.jira.model import Issue
from sandbox.story.player import BOT_ACCOUNTS
from tests.faults.world import FaultWorld

Observation: TypeAlias = "dict[str, object]"
"""Every observed value by the name under which a difference is reported."""


@dataclass(frozen=True, slots=True)
class Observed:
    visible: Observation
    """What people see in the tools."""
    recorded: Observation
    """The audit, the decisions, and the subscriber's events."""


_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?|\d{1,2} \w{3} \d{4} \d\d:\d\d( UTC)?"
    r"|(?<=since )\d\d? \w{3}|(?<=127\.0\.0\.1:)\d+|(?<=\"id\": \")[0-9a-f]{32}"
)
_RANDOM = frozenset({"digest", "source", "at", "given_at", "evidence"})
"""Keys of an entry's detail that differ from run to run."""


def without_times(value: object) -> str:
    return _TIME.sub("then", value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str))


def observe(world: FaultWorld) -> Observed:
    visible: Observation = {}
    with world.sandbox.jira.lock:
        for issue in world.sandbox.jira.issues.values():
            visible |= {f"{issue.summary}: {name}": value for name, value in _issue(world, issue).items()}
    with world.sandbox.servicenow.lock:
        for table in ("pm_project", "dmn_demand", "change_request"):
            for record in world.sandbox.servicenow.tables[table].values():
                title = record["short_description"]
                visible |= {f"{title}: {name}": value for name, value in _record(world, record).items()}
    return Observed(visible, recorded(world))


def _issue(world: FaultWorld, issue: Issue) -> Observation:
    names = {field.id: field.name for field in world.sandbox.jira.fields.values()}
    return {names[key]: value for key, value in issue.values.items() if value is not None} | {
        "status": issue.status,
        "replies": [without_times(comment.text) for comment in issue.comments if comment.author in BOT_ACCOUNTS],
        "comments": len(issue.comments),
        "links": [without_times(link) for link in issue.remote_links.values()],
        "properties": {name: without_times(value) for name, value in issue.properties.items()},
        "blocked by": [world.sandbox.jira.issues[blocker].key for blocker in issue.blocked_by],
    }


def _record(world: FaultWorld, record: dict[str, str]) -> Observation:
    tables = world.sandbox.servicenow.tables
    people = {row["sys_id"]: row["user_name"] for row in tables["sys_user"].values()}
    fields = {
        name: people.get(value, without_times(value))
        for name, value in record.items()
        if value and not name.startswith("sys_")
    }
    notes = [row for row in tables["sys_journal_field"].values() if row["element_id"] == record["sys_id"]]
    checks = [row for row in tables["u_gatepost_checklist"].values() if row["u_task"] == record["sys_id"]]
    names = ("u_order", "u_code", "u_result", "u_sentence", "u_who")
    return dict(fields) | {
        "replies": [without_times(row["value"]) for row in notes if row["sys_created_by"] in BOT_ACCOUNTS],
        "checklist": sorted(without_times("|".join(row[name] for name in names)) for row in checks),
    }


def recorded(world: FaultWorld) -> Observation:
    """The audit's entries, the decisions of each measure, and the subscriber's events, each message once."""
    entries: Counter[str] = Counter()
    for row in world.rows("SELECT actor, action, subject, detail FROM audit"):
        detail = {name: value for name, value in dict(row.detail or {}).items() if name not in _RANDOM}
        entries[f"{row.subject} {row.actor} {row.action} {without_times(detail)}"] += 1
    decisions: dict[str, list[str]] = {}
    for row in world.rows("SELECT measure_id, stage, gate FROM decision ORDER BY id"):
        decisions.setdefault(f"decisions of {row.measure_id}", []).append(f"{row.stage} {row.gate}")
    received = dict(zip(world.receiver.ids(), (body for _, body in world.receiver.received), strict=True))
    messages = Counter(_message(body) for body in received.values())
    audit: Observation = {f"audit {name}": count for name, count in entries.items()}
    return audit | decisions | {f"event {name}": count for name, count in messages.items()}


def _message(body: str) -> str:
    event = json.loads(body)
    data = event["data"]
    gate = data["gates"]["next"] or {"state": "every gate is open", "blockers": ()}
    blockers = [blocker["code"] for blocker in gate["blockers"]]
    return f"{event['type']} {data['measure']['id']} {data['stage'] or 'no stage'} {gate['state']} {blockers}"


def differences(undisturbed: Observed, here: Observed) -> str:
    """The differences from the undisturbed run, one per line."""
    return "\n".join(
        [*_differences(undisturbed.visible, here.visible), *_differences(undisturbed.recorded, here.recorded)]
    )


def visible_differences(undisturbed: Observed, here: Observed) -> str:
    """The same for what people see: where several changes were assessed together, fewer decisions are recorded."""
    return "\n".join(_differences(undisturbed.visible, here.visible))


def _differences(undisturbed: Observation, here: Observation) -> Iterator[str]:
    for name in sorted({*undisturbed, *here}):
        if undisturbed.get(name) != here.get(name):
            yield f"{name}: {here.get(name)!r}, in the undisturbed run {undisturbed.get(name)!r}"
