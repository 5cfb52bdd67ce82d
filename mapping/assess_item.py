"""One item, whole: map it, assess it, find what would be written.  Pure; preview and the flow share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from governance.assess import assess
from governance.evidence import Evidence, Statement
from governance.facts import Unknown
from governance.measure_state import Standing
from governance.verdict import Verdict
from mapping.comment_commands import merge, statements_in, words_of
from mapping.config import Enforce, MappingConfig, MeasureRule, WriteRule
from mapping.expressions import Scope
from mapping.map_item import Mapped, Unmapped, apply, evidence_from, rule_for
from mapping.marks import IMPEDIMENT, Mark, mark_changes, reverts
from mapping.policy import Policies
from mapping.related_evidence import NOTHING, Around
from mapping.reply_comment import answer_of
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem
from mapping.writeback import Change, ChangeKind, Comparison, compare, wanted

Written: TypeAlias = "Mapping[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]]"
"""What was written last, by item."""

NOWHERE: Written = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Judged:
    """A measure with its verdict and the fields that differ from it."""

    mapped: Mapped
    evidence: Evidence
    verdict: Verdict
    comparison: Comparison
    withdrawn: tuple[Statement, ...] = ()
    """What was heard before and is no longer said by its comment."""
    beside: tuple[tuple[WorkItem, Comparison], ...] = ()
    """Joined items that receive the verdict too, and what differs there."""


def judge(
    item: WorkItem,
    config: MappingConfig,
    policies: Policies,
    *,
    standing: Standing,
    last_written: Mapping[FieldName, str | None],
    now: datetime,
    heard: Sequence[Statement] = (),
    around: Around = NOTHING,
    written_beside: Written = NOWHERE,
) -> Judged | Unmapped:
    """Map and assess one item at one moment; the same input gives the same answer."""
    mapped = apply(Scope(item, now, around.joined), config)
    if isinstance(mapped, Unmapped):
        return mapped
    policy = policies.of(mapped.measure)
    words = words_of(item.approvals, mapped.rule.approvals) if mapped.rule.approvals else ()
    comments = (*item.comments, *words)
    statements = merge(comments, statements_in(comments, policy), heard)
    # A flag that Gatepost raised is no news about the work.
    own_flag = item.flagged and last_written.get(FieldName(Mark.FLAG)) == IMPEDIMENT
    seen = replace(item, flagged=False) if own_flag else item
    evidence = evidence_from(seen, mapped, statements, standing, around)
    verdict = assess(mapped.measure, evidence, policy, now)
    rule, measure = mapped.rule, mapped.measure
    explained = rule.enforce is Enforce.COMMENT or reverts(rule, item)
    answer = answer_of(measure, verdict, item.answer, item.status if explained else None) if rule.answers else None
    comparison = compare(last_written, item.fields, wanted(verdict, rule.write), answer, item.answer)
    marks = mark_changes(verdict, rule, item, measure.id, last_written)
    if marks:
        comparison = replace(comparison, changes=(*comparison.changes, *marks))
    comparison = _stamped(comparison, rule.write, now)
    beside: tuple[tuple[WorkItem, Comparison], ...] = ()
    if any(join.write for join in rule.joins):
        ours = assess(measure, replace(evidence, changes=item.changes), policy, now)
        beside = tuple(_beside(ours, rule, config, around, written_beside, now))
    said = {one.source for one in statements}
    withdrawn = tuple(one for one in heard if one.source not in said)
    return Judged(mapped, evidence, verdict, comparison, withdrawn, beside)


def _beside(
    verdict: Verdict, rule: MeasureRule, config: MappingConfig, around: Around, written: Written, now: datetime
) -> Iterator[tuple[WorkItem, Comparison]]:
    """What the joined items shall hold.

    ``verdict`` was made without them: a change that waits for a gate which waits for the change would never close.
    An item that is a measure of its own gets its own verdict and nothing from here.
    """
    for join in rule.joins:
        others = around.joined.get(join.name, ())
        if join.write is None or isinstance(others, Unknown):
            continue
        for other in others:
            if rule_for(Scope(other, now), config)[0] is None:
                last = written.get((other.connection, other.native_id), {})
                found = compare(last, other.fields, wanted(verdict, join.write))
                if found.writes:
                    yield other, _stamped(found, join.write, now)


def _stamped(comparison: Comparison, rule: WriteRule, now: datetime) -> Comparison:
    """With the moment, where a field shall tell it; the moment alone is no reason to write."""
    if rule.checked is None or not comparison.changes:
        return comparison
    stamp = Change(FieldName(rule.checked), ChangeKind.CHANGED, None, now.replace(microsecond=0), None)
    return replace(comparison, changes=(*comparison.changes, stamp))
