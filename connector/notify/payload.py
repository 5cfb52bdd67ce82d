"""The body of an outgoing event: small, versioned, documented in the README.

``{"type": …, "version": 1, "timestamp": …, "data": {…}}``.  Amounts are texts with their currency, because a number
in JSON is a binary fraction for many readers.  Keys may be added under one version; none is taken away or renamed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from connector.notify.measure_events import (
    TEST,
    TYPES,
    Breached,
    Changed,
    Confirmed,
    EventType,
    Granted,
    Occasion,
    Opened,
    Raised,
    Shut,
)
from governance.evidence import Verb
from governance.facts import known
from governance.measure import Measure
from governance.money import Money
from governance.responsible import Responsible
from governance.verdict import Blocker, Verdict

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

VERSION = 1


def body_of(
    occasion: Occasion,
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
        "place": _place(measure),
        "stage": _stage(verdict.stage, verdict.stage_label),
        "gate": {"state": verdict.gate.value, "into": _stage(verdict.next_stage, verdict.next_stage_label)},
        "people": {
            name: person.name if (person := known(holder)) else None
            for name, holder in (
                ("owner", measure.roles.owner),
                ("sponsor", measure.roles.sponsor),
                ("controller", measure.roles.controller),
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
    return text_of(TYPES[type(occasion)].value, data | _special(occasion), at)


def connection_body(
    event: EventType, name: str, tool: str, url: str, *, reason: str, since: datetime, by: str, at: datetime
) -> str:
    """The body of an event that concerns a connection; ``reason`` and ``since`` are the pause's, also at its end."""
    data: dict[str, Json] = {
        "connection": {"name": name, "tool": tool, "url": url},
        "reason": reason,
        "since": moment(since),
        "by": by,
    }
    return text_of(event.value, data, at)


def trial_body(name: str, at: datetime) -> str:
    """The body of a test event: it names the subscription and concerns no measure."""
    return text_of(TEST, {"subscription": name, "text": "A test by hand; nothing has happened."}, at)


def text_of(kind: str, data: Mapping[str, Json], at: datetime) -> str:
    whole = {"type": kind, "version": VERSION, "timestamp": moment(at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def moment(at: datetime) -> str:
    """``2026-11-21T08:15:30.123456Z``"""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _special(occasion: Occasion) -> dict[str, Json]:
    """What only events of this type have."""
    match occasion:
        case Shut(blockers, new):
            return _blockers(blockers, new)
        case Breached(breach, blockers):
            told: dict[str, Json] = {
                "status": breach.status,
                "stage": breach.stage,
                "gate": breach.gate,
                "since": moment(breach.at),
            }
            return _blockers(blockers, frozenset()) | {"breach": told}
        case Opened(passes):
            return {"passes": passes}
        case Granted(stage, label):
            return {"granted": _stage(stage, label)}
        case Changed(lights):
            return {
                "changed": {
                    light.name: {
                        "before": light.before,
                        "after": light.after.colour.value,
                        "reason": light.after.reason,
                    }
                    for light in lights
                }
            }
        case Confirmed(one):
            return {
                "confirmation": {
                    "kind": "write_down" if one.verb is Verb.WRITE_DOWN else "actual_effect",
                    "amount": _money(one.amount),
                    "until": str(one.month) if one.month else None,
                    "by": one.person.name,
                    "at": moment(one.at),
                    "text": one.text,
                }
            }
        case Raised(finding):
            return {
                "finding": {
                    "code": finding.code,
                    "sentence": finding.sentence,
                    "who": finding.who,
                    "responsible": _responsible(finding.responsible),
                    "since": moment(finding.since),
                }
            }


def _blockers(blockers: Sequence[Blocker], new: frozenset[str]) -> dict[str, Json]:
    return {
        "blockers": [
            {
                "code": one.code,
                "sentence": one.sentence,
                "who": one.who,
                "responsible": _responsible(one.responsible),
                "since": moment(one.since),
                "new": one.key in new,
            }
            for one in blockers
        ],
        "who_must_act": list(dict.fromkeys(one.who for one in blockers if one.responsible)),
    }


def _responsible(people: Sequence[Responsible]) -> Json:
    """Without the ids, which belong to the tool."""
    return [{"role": one.role.value if one.role else None, "name": one.name} for one in people]


def _place(measure: Measure) -> dict[str, Json]:
    place = measure.place
    return {
        "organization": place.organization,
        "portfolio": known(place.portfolio),
        "program": known(place.program),
        "project": known(place.project),
        "package": known(place.package),
        "business_unit": known(measure.business_unit),
        "legal_entity": known(measure.legal_entity),
    }


def _stage(key: str | None, label: str) -> Json:
    return None if key is None else {"key": key, "label": label}


def _money(money: Money | None) -> Json:
    return None if money is None else {"amount": f"{money.amount:f}", "currency": money.currency}
