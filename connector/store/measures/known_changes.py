"""What changed of a measure from one version to the next: facts, amounts, and whose commands counted just then.

Who changed a field in a tool is known only where it was said to Gatepost: a command that was ruled on in the same
assessment.  For everything else the item's own history names the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from connector.store.measures.verdict_history import KEPT_APART
from governance.effects import EffectKind, Version
from governance.money import Money

MAX_VERSIONS = 60
"""Versions that are compared; older changes are in the timeline."""
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """One fact or sum that is another one now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class KnownChange:
    """What one assessment found changed."""

    at: datetime
    parts: tuple[ChangedPart, ...]
    kinds: frozenset[EffectKind]
    """Kinds of which an amount changed."""
    people: tuple[str, ...]
    """Whose commands were accepted in that assessment, with what they said."""


def known_changes(connection: Connection, measure: str, until: datetime | None = None) -> tuple[KnownChange, ...]:
    """Changes of facts and amounts, newest first."""
    asked = {"measure": measure, "until": until, "most": MAX_VERSIONS}
    versions = connection.execute(_VERSIONS, asked).mappings().all()
    people: dict[datetime, list[str]] = {}
    for row in connection.execute(_COMMANDS, {"measure": measure, "moments": [one["known_from"] for one in versions]}):
        people.setdefault(row.ruled_at, []).append(f"{row.person} ({row.verb.replace('-', ' ')})")
    found = []
    for after, before in zip(versions, versions[1:], strict=False):
        parts = [*_facts(before["facts"], after["facts"])]
        kinds: set[EffectKind] = set()
        if before["effects_digest"] != after["effects_digest"]:
            for kind, part in _amounts(before["lines"] or (), after["lines"] or ()):
                kinds.add(kind)
                parts += [part] if part is not None else []
        if parts or kinds:
            at = after["known_from"]
            found.append(KnownChange(at, tuple(parts), frozenset(kinds), tuple(people.get(at, ()))))
    return tuple(found)


def change_before(changes: tuple[KnownChange, ...], kind: EffectKind) -> KnownChange | None:
    """The newest change of an amount of this kind."""
    return next((change for change in changes if kind in change.kinds), None)


def _facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ChangedPart]:
    old, new = dict(_flat("", before)), dict(_flat("", after))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield ChangedPart(name, old.get(name, NOTHING), new.get(name, NOTHING))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Facts by the name that people read: ``owner``, ``end``, ``milestones go live``."""
    if isinstance(value, Mapping):
        if value.keys() >= {"amount", "currency"}:
            yield path, str(Money(Decimal(str(value["amount"])), str(value["currency"])))
        elif "name" in value:
            yield path, str(value["name"])
        elif value.keys() == {"reason"}:
            yield path, f"not known: {value['reason']}"
        else:
            for name, part in value.items():
                if name not in HIDDEN:
                    label = name.replace("_", " ")
                    yield from _flat(label if path in {"", "roles", "hierarchy"} else f"{path} {label}", part)
    elif isinstance(value, list):
        if value:
            yield path, ", ".join(map(str, value))
    elif value not in (None, ""):
        yield path, str(value)


HIDDEN = frozenset({KEPT_APART, "id", "organization", "rule_name", "from_directory", "unaccepted", "former", "scope"})
"""Parts of the facts that are no fact of the ticket by themselves."""


def _amounts(
    before: list[Mapping[str, Any]], after: list[Mapping[str, Any]]
) -> Iterator[tuple[EffectKind, ChangedPart | None]]:
    """Each version and kind with an amount of any month that changed; with its sum where that is another one."""
    old, new = _months(before), _months(after)
    for key in sorted({*old, *new}):
        if old.get(key) == new.get(key):
            continue
        version, kind, currency = key
        sums = [sum(months[key].values(), Decimal(0)) if key in months else None for months in (old, new)]
        part = None
        label = f"{Version(version).value} {EffectKind(kind).value.replace('_', ' ')}"
        if sums[0] != sums[1]:
            part = ChangedPart(label, *(NOTHING if one is None else str(Money(one, currency)) for one in sums))
        else:
            part = ChangedPart(f"{label} by month", *(_span(months[key]) for months in (old, new)))
        yield EffectKind(kind), part


def _months(lines: list[Mapping[str, Any]]) -> dict[tuple[str, str, str], dict[str, Decimal]]:
    found: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    for line in lines:
        months = found.setdefault((line["version"], line["kind"], line["currency"]), {})
        month = str(line["month"])[:7]
        months[month] = months.get(month, Decimal(0)) + Decimal(str(line["amount"]))
    return found


def _span(months: Mapping[str, Decimal]) -> str:
    return f"{min(months)} to {max(months)}"


_VERSIONS = text("""
    SELECT v.known_from, v.facts, v.effects_digest, e.lines FROM verdict_version AS v
    LEFT JOIN effects_version AS e ON e.measure_id = v.measure_id AND e.digest = v.effects_digest
    WHERE v.measure_id = :measure AND (CAST(:until AS timestamptz) IS NULL OR v.known_from <= :until)
    ORDER BY v.known_from DESC, v.id DESC LIMIT :most
""")
_COMMANDS = text("""
    SELECT ruled_at, person, verb FROM command
    WHERE measure_id = :measure AND accepted AND ruled_at = ANY(CAST(:moments AS timestamptz[])) ORDER BY id
""")
