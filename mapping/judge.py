"""One item, whole: map it, assess it, find what would be written.  Pure; preview and the flow share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from governance.assess import assess
from governance.evidence import Evidence, Statement
from governance.standing import Standing
from governance.verdict import Verdict
from mapping.answer import answer_of
from mapping.apply import Mapped, Unmapped, apply, evidence_from
from mapping.around import NOTHING, Around
from mapping.config import Enforce, MappingConfig
from mapping.expressions import Scope
from mapping.marks import IMPEDIMENT, Mark, mark_changes, reverts
from mapping.policy import Policies
from mapping.statements import merge, statements_in, words_of
from mapping.work_item import FieldName, WorkItem
from mapping.writeback import Comparison, compare, wanted


@dataclass(frozen=True, slots=True)
class Judged:
    """A measure with its verdict and the fields that differ from it."""

    mapped: Mapped
    evidence: Evidence
    verdict: Verdict
    comparison: Comparison
    withdrawn: tuple[Statement, ...] = ()
    """What was heard before and is no longer said by its comment."""


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
    said = {one.source for one in statements}
    withdrawn = tuple(one for one in heard if one.source not in said)
    return Judged(mapped, evidence, verdict, comparison, withdrawn)
