"""What people see in both tools, and what the record says; moments, ports and random ids are left out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.jira.model import Issue
from sandbox.story.player import BOTS
from tests.faults.world import Struck

Told: TypeAlias = "dict[str, object]"
"""Everything by the name under which a difference is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    shown: Told
    """What people see in the tools."""
    recorded: Told
    """The audit, the decisions, and what the subscriber was told."""


_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?|\d\d \w{3} \d{4} \d\d:\d\d( UTC)?"
    r"|(?<=since )\d\d? \w{3}|(?<=127\.0\.0\.1:)\d+|(?<=\"id\": \")[0-9a-f]{32}"
)
_RANDOM = frozenset({"digest", "source", "at", "said_at", "evidence"})
"""Keys of an entry's detail that differ from run to run."""


def timeless(told: object) -> str:
    return _MOMENT.sub("then", told if isinstance(told, str) else json.dumps(told, sort_keys=True, default=str))


def seen(world: Struck) -> Seen:
    found: Told = {}
    with world.sandbox.jira.lock:
        for issue in world.sandbox.jira.issues.values():
            found |= {f"{issue.summary}: {name}": value for name, value in _issue(world, issue).items()}
    with world.sandbox.servicenow.lock:
        for table in ("pm_project", "dmn_demand", "change_request"):
            for record in world.sandbox.servicenow.tables[table].values():
                title = record["short_description"]
                found |= {f"{title}: {name}": value for name, value in _record(world, record).items()}
    return Seen(found, recorded(world))


def _issue(world: Struck, issue: Issue) -> Told:
    names = {one.id: one.name for one in world.sandbox.jira.fields.values()}
    return {names[key]: value for key, value in issue.values.items() if value is not None} | {
        "status": issue.status,
        "answers": [timeless(one.text) for one in issue.comments if one.author in BOTS],
        "comments": len(issue.comments),
        "links": [timeless(one) for one in issue.remote_links.values()],
        "properties": {name: timeless(value) for name, value in issue.properties.items()},
        "blocked by": [world.sandbox.jira.issues[one].key for one in issue.blocked_by],
    }


def _record(world: Struck, record: dict[str, str]) -> Told:
    tables = world.sandbox.servicenow.tables
    people = {row["sys_id"]: row["user_name"] for row in tables["sys_user"].values()}
    fields = {
        name: people.get(value, timeless(value))
        for name, value in record.items()
        if value and not name.startswith("sys_")
    }
    notes = [row for row in tables["sys_journal_field"].values() if row["element_id"] == record["sys_id"]]
    checks = [row for row in tables["u_gatepost_checklist"].values() if row["u_task"] == record["sys_id"]]
    names = ("u_order", "u_code", "u_result", "u_sentence", "u_who")
    return dict(fields) | {
        "answers": [timeless(row["value"]) for row in notes if row["sys_created_by"] in BOTS],
        "checklist": sorted(timeless("|".join(row[name] for name in names)) for row in checks),
    }


def recorded(world: Struck) -> Told:
    """The audit's entries and the decisions of each measure, and what the subscriber was told, each message once."""
    entries: Counter[str] = Counter()
    for row in world.rows("SELECT actor, action, subject, detail FROM audit"):
        detail = {name: value for name, value in dict(row.detail or {}).items() if name not in _RANDOM}
        entries[f"{row.subject} {row.actor} {row.action} {timeless(detail)}"] += 1
    decisions: dict[str, list[str]] = {}
    for row in world.rows("SELECT measure_id, stage, gate FROM decision ORDER BY id"):
        decisions.setdefault(f"decisions of {row.measure_id}", []).append(f"{row.stage} {row.gate}")
    heard = dict(zip(world.receiver.ids(), (body for _, body in world.receiver.got), strict=True))
    messages = Counter(_message(body) for body in heard.values())
    found: Told = {f"audit {name}": count for name, count in entries.items()}
    return found | decisions | {f"told {name}": count for name, count in messages.items()}


def _message(body: str) -> str:
    told = json.loads(body)
    data = told["data"]
    blockers = [one["code"] for one in data.get("blockers", ())]
    stage = data["stage"]["key"] if data["stage"] else "no stage"
    return f"{told['type']} {data['measure']['id']} {stage} {data['gate']['state']} {blockers}"


def differences(quiet: Seen, here: Seen) -> str:
    """What is otherwise than in the quiet run, a line for each."""
    return "\n".join([*_otherwise(quiet.shown, here.shown), *_otherwise(quiet.recorded, here.recorded)])


def shown_otherwise(quiet: Seen, here: Seen) -> str:
    """The same of what people see: where several things were looked at together, fewer decisions are recorded."""
    return "\n".join(_otherwise(quiet.shown, here.shown))


def _otherwise(quiet: Told, here: Told) -> Iterator[str]:
    for name in sorted({*quiet, *here}):
        if quiet.get(name) != here.get(name):
            yield f"{name}: {here.get(name)!r}, in the quiet run {quiet.get(name)!r}"
