"""What a mapping would do to given items, as a difference to what is there now.  Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from governance.verdict import Blocker
from mapping.assess_item import MeasureAssessment
from mapping.map_item import Unmapped
from mapping.work_item import WorkItem
from mapping.writeback import Change, canonical


class PreviewOutcome(StrEnum):
    """What becomes of an item under the mapping."""

    NEW = "new"
    """It becomes a measure."""
    CHANGED = "changed"
    """It stays a measure, and something about it changes."""
    UNCHANGED = "same"
    DROPPED = "dropped"
    """It is a measure now, and no rule would take it any more."""
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class CurrentMeasure:
    """What Gatepost holds of an item now; blockers by code."""

    rule: str
    gate: str
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldPreview:
    """One owned field as the tool shows it now, and as it would show it."""

    field: str
    present: str | None
    target: str | None
    readable: bool = True

    @property
    def differs(self) -> bool:
        return self.present != self.target


@dataclass(frozen=True, slots=True)
class ItemPreview:
    """One item."""

    key: str
    title: str
    outcome: PreviewOutcome
    rule: str = ""
    reason: str = ""
    """Why no rule takes it."""
    summary_text: str = ""
    """The reason without the item's key."""
    stage: str = ""
    gate: str = ""
    changes: tuple[Change, ...] = ()
    unreadable: tuple[str, ...] = ()
    new_blockers: tuple[Blocker, ...] = ()
    """Blockers that it has not now."""
    removed_blockers: tuple[str, ...] = ()
    """Codes of blockers that it would no longer have."""
    reply_comment: str = ""
    """What Gatepost's comment would say."""
    url: str = ""
    implementation: str = ""
    potential: str = ""
    blockers: tuple[Blocker, ...] = ()
    fields: tuple[FieldPreview, ...] = ()
    """Every owned field, whether it would change or not."""


@dataclass(frozen=True, slots=True)
class PreviewSummary:
    outcomes: Counter[PreviewOutcome]
    rules: Counter[str]
    reasons: Counter[str]
    new_blockers: Counter[str]
    removed_blockers: Counter[str]
    fields: Counter[str]
    """Owned fields that would be written, by name."""


def preview_item(item: WorkItem, assessed: MeasureAssessment | Unmapped, present: CurrentMeasure | None) -> ItemPreview:
    """One item under the new mapping beside what Gatepost holds of it now."""
    title = item.title or ""
    if isinstance(assessed, Unmapped):
        outcome = PreviewOutcome.DROPPED if present else PreviewOutcome.UNMAPPED
        return ItemPreview(
            item.key, title, outcome, reason=assessed.text, summary_text=assessed.summary_text, url=item.url
        )
    verdict, comparison = assessed.verdict, assessed.comparison
    before = Counter(present.blockers) if present else Counter[str]()
    appearing = []
    left = Counter(before)
    for blocker in verdict.blockers:
        if left[blocker.code] > 0:
            left[blocker.code] -= 1
        else:
            appearing.append(blocker)
    rule = assessed.mapped.rule.name
    moved = present is not None and (present.rule != rule or present.gate != verdict.gate.value)
    changed = moved or comparison.has_writes or bool(appearing) or bool(+left)
    outcome = PreviewOutcome.NEW if present is None else PreviewOutcome.CHANGED if changed else PreviewOutcome.UNCHANGED
    return ItemPreview(
        key=item.key,
        title=title,
        outcome=outcome,
        rule=rule,
        stage=verdict.display_stage,
        gate=verdict.gate.value,
        changes=comparison.changes,
        unreadable=tuple(comparison.unreadable),
        new_blockers=tuple(appearing),
        removed_blockers=tuple((+left).elements()),
        reply_comment=comparison.reply_comment.text if comparison.reply_comment else "",
        url=item.url,
        implementation=verdict.implementation.colour.value,
        potential=verdict.potential.colour.value,
        blockers=verdict.blockers,
        fields=tuple(_field_previews(item, assessed)),
    )


def _field_previews(item: WorkItem, assessed: MeasureAssessment) -> Iterator[FieldPreview]:
    for name, value in assessed.values.items():
        present = canonical(item.fields[name]) if name in item.fields else None
        yield FieldPreview(name, present, canonical(value), readable=name in item.fields)


def summarise(rows: Sequence[ItemPreview]) -> PreviewSummary:
    return PreviewSummary(
        outcomes=Counter(one.outcome for one in rows),
        rules=Counter(one.rule for one in rows if one.rule),
        reasons=Counter(one.summary_text for one in rows if one.summary_text),
        new_blockers=Counter(blocker.code for one in rows for blocker in one.new_blockers),
        removed_blockers=Counter(code for one in rows for code in one.removed_blockers),
        fields=Counter(change.field for one in rows for change in one.changes),
    )
