"""What a mapping would do to given items, as a difference to what is there now.  Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from governance.verdict import Blocker
from mapping.assess_item import Judged
from mapping.map_item import Unmapped
from mapping.work_item import WorkItem
from mapping.writeback import Change, canonical, wanted


class Fate(StrEnum):
    """What becomes of an item under the mapping."""

    NEW = "new"
    """It becomes a measure."""
    CHANGED = "changed"
    """It stays a measure, and something about it changes."""
    SAME = "same"
    DROPPED = "dropped"
    """It is a measure now, and no rule would take it any more."""
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Present:
    """What Gatepost holds of an item now; blockers by code."""

    rule: str
    gate: str
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One owned field as the tool shows it now, and as it would show it."""

    field: str
    present: str | None
    wanted: str | None
    readable: bool = True

    @property
    def differs(self) -> bool:
        return self.present != self.wanted


@dataclass(frozen=True, slots=True)
class Row:
    """One item."""

    key: str
    title: str
    fate: Fate
    rule: str = ""
    reason: str = ""
    """Why no rule takes it."""
    group: str = ""
    """The reason without the item's key."""
    stage: str = ""
    gate: str = ""
    changes: tuple[Change, ...] = ()
    unreadable: tuple[str, ...] = ()
    appearing: tuple[Blocker, ...] = ()
    """Blockers that it has not now."""
    vanishing: tuple[str, ...] = ()
    """Codes of blockers that it would no longer have."""
    answer: str = ""
    """What Gatepost's comment would say."""
    url: str = ""
    implementation: str = ""
    potential: str = ""
    blockers: tuple[Blocker, ...] = ()
    shown: tuple[Shown, ...] = ()
    """Every owned field, whether it would change or not."""


@dataclass(frozen=True, slots=True)
class Summary:
    fates: Counter[Fate]
    rules: Counter[str]
    reasons: Counter[str]
    appearing: Counter[str]
    vanishing: Counter[str]
    fields: Counter[str]
    """Owned fields that would be written, by name."""


def row(item: WorkItem, judged: Judged | Unmapped, present: Present | None) -> Row:
    """One item under the new mapping beside what Gatepost holds of it now."""
    title = item.title or ""
    if isinstance(judged, Unmapped):
        fate = Fate.DROPPED if present else Fate.UNMAPPED
        return Row(item.key, title, fate, reason=judged.text, group=judged.group, url=item.url)
    verdict, comparison = judged.verdict, judged.comparison
    before = Counter(present.blockers) if present else Counter[str]()
    appearing = []
    left = Counter(before)
    for blocker in verdict.blockers:
        if left[blocker.code] > 0:
            left[blocker.code] -= 1
        else:
            appearing.append(blocker)
    rule = judged.mapped.rule.name
    moved = present is not None and (present.rule != rule or present.gate != verdict.gate.value)
    changed = moved or comparison.writes or bool(appearing) or bool(+left)
    fate = Fate.NEW if present is None else Fate.CHANGED if changed else Fate.SAME
    return Row(
        key=item.key,
        title=title,
        fate=fate,
        rule=rule,
        stage=verdict.shown_stage,
        gate=verdict.gate.value,
        changes=comparison.changes,
        unreadable=tuple(comparison.unreadable),
        appearing=tuple(appearing),
        vanishing=tuple((+left).elements()),
        answer=comparison.answer.text if comparison.answer else "",
        url=item.url,
        implementation=verdict.implementation.colour.value,
        potential=verdict.potential.colour.value,
        blockers=verdict.blockers,
        shown=tuple(_shown(item, judged)),
    )


def _shown(item: WorkItem, judged: Judged) -> Iterator[Shown]:
    for name, value in wanted(judged.verdict, judged.mapped.rule.write).items():
        present = canonical(item.fields[name]) if name in item.fields else None
        yield Shown(name, present, canonical(value), readable=name in item.fields)


def summary(rows: Sequence[Row]) -> Summary:
    return Summary(
        fates=Counter(one.fate for one in rows),
        rules=Counter(one.rule for one in rows if one.rule),
        reasons=Counter(one.group for one in rows if one.group),
        appearing=Counter(blocker.code for one in rows for blocker in one.appearing),
        vanishing=Counter(code for one in rows for code in one.vanishing),
        fields=Counter(change.field for one in rows for change in one.changes),
    )
