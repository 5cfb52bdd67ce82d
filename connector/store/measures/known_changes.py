"""What changed of a measure from one version to the next: facts, amounts, who edited, and whose commands counted then.

Who changed a field in a tool is what its own history told the assessment that found the change.  Where it named nobody
for certain, nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from connector.store.measures.verdict_history import KEPT_APART
from governance.effects import ZERO, Account, EffectKind, Version
from governance.money import Money, Period
from governance.time_text import month_text, span_text
from governance.variance_tree import LineKind
from mapping.field_edits import MONEY

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
class KnownEdit:
    """A mapped field that was changed in the tool."""

    field: str
    person: str | None
    """Who changed it last, by the tool's own record; ``None`` when it names nobody for certain."""
    feeds: frozenset[str] = frozenset()
    """As :class:`mapping.field_edits.FieldEdit` has it."""


@dataclass(frozen=True, slots=True)
class KnownChange:
    """What one assessment found changed."""

    at: datetime
    parts: tuple[ChangedPart, ...]
    kinds: frozenset[LineKind]
    """Kinds of which an amount changed that counts in a variance, and whether it was a hard one."""
    people: tuple[str, ...]
    """Whose commands were accepted in that assessment, with what they said."""
    edits: tuple[KnownEdit, ...] = ()
    """The mapped fields that were changed; empty when the change came from elsewhere."""

    def edits_of(self, kind: EffectKind) -> tuple[KnownEdit, ...]:
        """The edits of fields that amounts of this kind come from."""
        return tuple(edit for edit in self.edits if edit.feeds & {kind.value, MONEY})


@dataclass(frozen=True, slots=True)
class KnownChanges:
    """Newest first."""

    changes: tuple[KnownChange, ...] = ()
    complete: bool = True
    """Whether they go back to the first version that is kept."""

    def before(self, kind: LineKind) -> KnownChange | None:
        """The newest change of an amount of this kind."""
        return next((change for change in self.changes if kind in change.kinds), None)


def known_changes(connection: Connection, measure: str, until: datetime | None = None) -> KnownChanges:
    """Changes of facts and amounts up to now, or to a moment."""
    asked = {"measure": measure, "until": until, "most": MAX_VERSIONS + 1}
    versions = [dict(row) for row in connection.execute(_VERSIONS, asked).mappings()]
    people: dict[datetime, list[str]] = {}
    for row in connection.execute(_COMMANDS, {"measure": measure, "moments": [one["known_from"] for one in versions]}):
        people.setdefault(row.ruled_at, []).append(f"{row.person} ({row.verb.replace('-', ' ')})")
    return KnownChanges(changes_of(versions, people), len(versions) <= MAX_VERSIONS)


def changes_of(
    versions: Sequence[Mapping[str, Any]], people: Mapping[datetime, Sequence[str]]
) -> tuple[KnownChange, ...]:
    """``versions`` are rows with moment, facts and lines, newest first; one that says the same is no change."""
    found = []
    for after, before in pairwise(versions):
        parts = [*changed_facts(before["facts"], after["facts"])]
        kinds: set[LineKind] = set()
        if before["effects_digest"] != after["effects_digest"]:
            for kind, part in _amounts(before["lines"] or (), after["lines"] or ()):
                kinds |= kind
                parts.append(part)
        if parts:
            at = after["known_from"]
            edits = tuple(_edit(edit) for edit in after.get("edits", ()))
            found.append(KnownChange(at, tuple(parts), frozenset(kinds), tuple(people.get(at, ())), edits))
    return tuple(found)


def _edit(stored: Mapping[str, Any]) -> KnownEdit:
    person = stored["person"]
    return KnownEdit(stored["field"], person["name"] if person else None, frozenset(stored["feeds"]))


def changed_facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ChangedPart]:
    """The facts of the work item that are others; amounts are compared by their lines."""
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
        elif "reason" in value and value.keys() <= {"reason", "entered"}:
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


HIDDEN = frozenset(
    {
        KEPT_APART, "id", "organization", "rule_name", "from_directory", "unaccepted", "former", "scope",
        "entered_problems", "effects_entered", "effects_ask", "shares_unread_field",
    }
)  # fmt: skip
"""Parts of the facts that are no fact of the ticket by themselves."""


def _amounts(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[frozenset[LineKind], ChangedPart]]:
    """Each kind of line with an amount of any month that changed, by its sum where that is another one."""
    old, new = _months(before), _months(after)
    for key in sorted({*old, *new}):
        was, now = old.get(key, {}), new.get(key, {})
        if was == now:
            continue
        counts = key.account is Account.EBITDA
        kinds = frozenset({(key.kind, key.hard)} if counts else ())
        sums = (sum(was.values(), ZERO), sum(now.values(), ZERO))
        if sums[0] != sums[1] or not (was and now):
            texts = (_money(months, amount, key) for months, amount in zip((was, now), sums, strict=True))
            yield kinds, ChangedPart(key.label, *texts)
        elif (was_span := _span(was)) != (span := _span(now)):
            yield kinds, ChangedPart(f"{key.label}, months", was_span, span)
        else:
            first, *others = sorted(month for month in {*was, *now} if was.get(month) != now.get(month))
            label = f"{key.label} in {month_text(Period.parse(first))}"
            label += f" and {len(others)} more months" if len(others) > 1 else ""
            yield kinds, ChangedPart(label, *(str(Money(one.get(first, ZERO), key.currency)) for one in (was, now)))


class _Key(NamedTuple):
    """Lines that are added up."""

    version: Version
    kind: EffectKind
    account: Account
    hard: bool
    currency: str

    @property
    def label(self) -> str:
        account = "" if self.account is Account.EBITDA else f" ({self.account.value})"
        return f"{self.version.value} {self.kind.value.replace('_', ' ')}{account}{'' if self.hard else ' (soft)'}"


def _months(lines: Sequence[Mapping[str, Any]]) -> dict[_Key, dict[str, Decimal]]:
    found: dict[_Key, dict[str, Decimal]] = {}
    for line in lines:
        key = _Key(
            Version(line["version"]), EffectKind(line["kind"]), Account(line["account"]), line["hard"],
            line["currency"],
        )  # fmt: skip
        months = found.setdefault(key, {})
        month = str(line["month"])[:7]
        months[month] = months.get(month, ZERO) + Decimal(str(line["amount"]))
    return found


def _money(months: Mapping[str, Decimal], amount: Decimal, key: _Key) -> str:
    return str(Money(amount, key.currency)) if months else NOTHING


def _span(months: Mapping[str, Decimal]) -> str:
    return span_text(Period.parse(min(months)), Period.parse(max(months)))


_VERSIONS = text("""
    SELECT v.known_from, v.facts, v.effects_digest, v.edits, e.lines FROM verdict_version AS v
    LEFT JOIN effects_version AS e ON e.measure_id = v.measure_id AND e.digest = v.effects_digest
    WHERE v.measure_id = :measure AND (CAST(:until AS timestamptz) IS NULL OR v.known_from <= :until)
    ORDER BY v.known_from DESC, v.id DESC LIMIT :most
""")
_COMMANDS = text("""
    SELECT ruled_at, person, verb FROM command
    WHERE measure_id = :measure AND accepted AND ruled_at = ANY(CAST(:moments AS timestamptz[])) ORDER BY id
""")
