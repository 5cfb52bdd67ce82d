"""One item, whole: map it, assess it, find what would be written.  Pure; preview and the flow share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.assess import assess
from governance.evidence import Evidence, Standing
from governance.gates import Policy
from governance.verdict import Verdict
from mapping.apply import Mapped, Unmapped, apply, evidence_from
from mapping.approvals import approvals_in
from mapping.config import MappingConfig
from mapping.work_item import FieldName, WorkItem
from mapping.writeback import Comparison, compare, wanted


@dataclass(frozen=True, slots=True)
class Judged:
    """A measure with its verdict and the fields that differ from it."""

    mapped: Mapped
    evidence: Evidence
    verdict: Verdict
    comparison: Comparison


def judge(
    item: WorkItem,
    config: MappingConfig,
    policy: Policy,
    *,
    standing: Standing,
    last_written: Mapping[FieldName, str | None],
    now: datetime,
) -> Judged | Unmapped:
    """Map and assess one item at one moment; the same input gives the same answer."""
    mapped = apply(item, config)
    if isinstance(mapped, Unmapped):
        return mapped
    evidence = evidence_from(item, mapped, approvals_in(item.comments, policy), standing)
    verdict = assess(mapped.measure, evidence, policy, now)
    comparison = compare(last_written, item.fields, wanted(verdict, mapped.rule.write))
    return Judged(mapped, evidence, verdict, comparison)
