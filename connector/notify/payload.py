"""The body of an outgoing event: small, versioned, documented in docs/automation/pipelines-and-events.md.

``{"type": …, "version": 1, "timestamp": …, "data": {…}}``.  Amounts are texts with their currency, because a number
in JSON is a binary fraction for many readers.  Keys may be added under one version; none is taken away or renamed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from connector.notify.measure_events import (
    EVENT_TYPES,
    TEST_EVENT,
    ConfirmationGiven,
    EventType,
    FindingRaised,
    GateBlocked,
    GateOpened,
    MeasureBreached,
    MeasureEvent,
    RoleChanged,
    StageGranted,
    StatusesChanged,
)
from connector.timestamp import timestamp_text
from governance.evidence import Verb
from governance.facts import Fact, known
from governance.measure import Measure, Person
from governance.measure_gates import MeasureGates, gates_of
from governance.money import Money
from governance.responsible import Responsible
from governance.verdict import Blocker, Verdict

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

VERSION = 1


def event_body(
    event: MeasureEvent,
    measure: Measure,
    verdict: Verdict,
    *,
    key: str,
    url: str,
    at: datetime,
) -> str:
    """The JSON text of one event; ``key`` and ``url`` are the item's."""
    data: dict[str, Json] = {
        "measure": {"id": measure.id, "key": key, "url": url, "title": known(measure.title)},
        "hierarchy": _hierarchy(measure),
        "stage": verdict.stage,
        "stage_label": verdict.stage_label,
        "gates": gates_json(gates_of(verdict)),
        "people": {
            name: _person(measure, holder)
            for name, holder in (
                ("owner", measure.roles.owner),
                ("sponsor", measure.roles.sponsor),
                ("controller", measure.roles.controller),
                *measure.roles.further.items(),
            )
        },
        "status": {
            "implementation": verdict.implementation.colour.value,
            "potential": verdict.potential.colour.value,
        },
        "figures": {
            "plan": _money(verdict.figures.plan),
            "forecast": _money(verdict.figures.forecast),
            "actual": _money(verdict.figures.actual),
        },
    }
    return body_text(EVENT_TYPES[type(event)].value, data | _event_data(event), at)


def connection_body(
    event: EventType, name: str, tool: str, url: str, *, reason: str, since: datetime, by: str, at: datetime
) -> str:
    """The body of an event that concerns a connection; ``reason`` and ``since`` are the pause's, also at its end."""
    data: dict[str, Json] = {
        "connection": {"name": name, "tool": tool, "url": url},
        "reason": reason,
        "since": timestamp_text(since),
        "by": by,
    }
    return body_text(event.value, data, at)


def trial_body(name: str, at: datetime) -> str:
    """The body of a test event: it names the subscription and concerns no measure."""
    return body_text(TEST_EVENT, {"subscription": name, "text": "A test event; nothing has happened."}, at)


def body_text(kind: str, data: Mapping[str, Json], at: datetime) -> str:
    payload = {"type": kind, "version": VERSION, "timestamp": timestamp_text(at), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _event_data(event: MeasureEvent) -> dict[str, Json]:
    """What only events of this type have."""
    match event:
        case GateBlocked(blockers, new):
            return _blocked(blockers, new)
        case MeasureBreached(breach, blockers):
            breach_data: dict[str, Json] = {
                "status": breach.status,
                "stage": breach.stage,
                "gate": breach.gate,
                "since": timestamp_text(breach.at),
                "by": breach.by.name if breach.by is not None else None,
            }
            return _blocked(blockers, frozenset()) | {"breach": breach_data}
        case GateOpened(opened):
            return {"opened": opened}
        case StageGranted(stage, label):
            return {"granted": {"stage": stage, "stage_label": label}}
        case StatusesChanged(changes):
            return {
                "changed": {
                    change.name: {
                        "before": change.before,
                        "after": change.after.colour.value,
                        "reason": change.after.reason,
                    }
                    for change in changes
                }
            }
        case ConfirmationGiven(command):
            return {
                "confirmation": {
                    "kind": "lower_value" if command.verb is Verb.CONFIRM_LOWER else "actual_effect",
                    "amount": _money(command.amount),
                    "from": str(command.first_month or command.month) if command.month else None,
                    "until": str(command.month) if command.month else None,
                    "by": command.person.name,
                    "at": timestamp_text(command.at),
                    "text": command.text,
                }
            }
        case RoleChanged(change):
            return {
                "role_change": {
                    "role": change.role.value,
                    "state": change.state.value,
                    "former": change.former.name if change.former else None,
                    "holder": change.holder.name if change.holder else None,
                    "accepted_by": change.accepted_by.value if change.accepted_by else None,
                    "at": timestamp_text(change.at),
                }
            }
        case FindingRaised(finding):
            return {
                "finding": {
                    "code": finding.code,
                    "sentence": finding.sentence,
                    "who": finding.who,
                    "responsible": _responsible(finding.responsible),
                    "since": timestamp_text(finding.since),
                }
            }


def gates_json(gates: MeasureGates) -> dict[str, Json]:
    """Which gates are open and what the next one waits for, as the API has it too."""
    following = gates.next
    return {
        "may_enter": gates.may_enter,
        "next": None
        if following is None
        else {
            "stage": following.stage,
            "stage_label": following.stage_label,
            "state": following.state.value,
            "blockers": [
                {
                    "id": blocker.id,
                    "code": blocker.code,
                    "subject": blocker.subject,
                    "sentence": blocker.sentence,
                    "who": blocker.who,
                    "responsible": _responsible(blocker.responsible),
                    "since": None if blocker.since is None else timestamp_text(blocker.since),
                }
                for blocker in following.blockers
            ],
        },
    }


def _blocked(blockers: Sequence[Blocker], new: frozenset[str]) -> dict[str, Json]:
    """Which of the next gate's blockers were not there before, by id, and who has to act."""
    return {
        "new_blockers": [blocker.key for blocker in blockers if blocker.key in new],
        "who_must_act": list(dict.fromkeys(blocker.who for blocker in blockers if blocker.responsible)),
    }


def _person(measure: Measure, holder: Fact[Person]) -> Json:
    """With the id that stays the same when the name changes: connection and account in its tool."""
    person = known(holder)
    if not person:
        return None
    return {"person": f"{measure.id.partition('/')[0]}/{person.id}", "name": person.name}


def _responsible(people: Sequence[Responsible]) -> Json:
    """Without the ids, which belong to the tool."""
    return [{"role": person.role.value if person.role else None, "name": person.name} for person in people]


def _hierarchy(measure: Measure) -> dict[str, Json]:
    levels = measure.hierarchy
    return {
        "organization": levels.organization,
        "portfolio": known(levels.portfolio),
        "program": known(levels.program),
        "project": known(levels.project),
        "package": known(levels.package),
        "business_unit": known(measure.business_unit),
        "legal_entity": known(measure.legal_entity),
    }


def _money(money: Money | None) -> Json:
    return None if money is None else {"amount": f"{money.amount:f}", "currency": money.currency}
