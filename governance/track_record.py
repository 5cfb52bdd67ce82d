"""What was forecast at decision and what came: by owner, program and supplier, as a factor with its sample.

Formulas, over measures that were decided, whatever became of them::

    promised = Σ recurring EBITDA of the plan of the decision, of the closed months
    came     = Σ booked recurring EBITDA of the same months, at the exchange rates of the decision
    factor   = came ÷ promised, over the measures of which anything was promised by then: their number is the sample

No re-baseline replaces the plan of the decision, and a measure that was cancelled, closed without value or taken out of
the mapping has promised what it promised.  A measure with nothing booked brought nothing.

The pipeline weighted with it, where the policy says so::

    weight            = factor between 0 and 1; with fewer measures than the policy asks for, that of all measures, and
                        1 where these are too few as well
    weighted pipeline = pipeline − benefit in it × (1 − weight)

Nobody's pipeline is raised by it, and costs are never weighted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO

ONE = Decimal(1)
LEAST_SAMPLE = 5
"""Measures from which a factor may weigh, where the policy says nothing else."""


class RecordKind(StrEnum):
    """Whose record it is."""

    ALL = "all"
    OWNER = "owner"
    """Who owned the measure when it was decided."""
    PROGRAM = "program"
    SUPPLIER = "supplier"
    """Who is on the other side of what is booked on the measure; it counts for each of them."""


@dataclass(frozen=True, slots=True)
class TrackPart:
    """One measure's part: what its decision promised by the last closed month, and what is booked of it."""

    promised: Decimal
    came: Decimal


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Amounts in the reporting currency."""

    kind: RecordKind
    name: str
    """Empty for all measures, and for what nobody has stated."""
    promised: Decimal
    came: Decimal
    sample: int
    """Measures of which anything was promised by now."""
    decided: int
    """With those of which nothing was."""

    @property
    def factor(self) -> Decimal | None:
        """``None`` while nothing was promised by now."""
        return self.came / self.promised if self.sample and self.promised > 0 else None

    def is_enough(self, least: int) -> bool:
        """Whether the sample is large enough to weigh with."""
        return self.factor is not None and self.sample >= least


@dataclass(frozen=True, slots=True)
class PipelinePart:
    """The pipeline of an owner or a program."""

    name: str
    pipeline: Decimal
    benefit: Decimal
    """What of it is benefit, weighted by its stage; costs are not in it."""


@dataclass(frozen=True, slots=True)
class WeightedPipeline:
    """The pipeline as it is, and with what was kept of earlier promises."""

    pipeline: Decimal
    weighted: Decimal
    by: RecordKind

    @property
    def taken_off(self) -> Decimal:
        return self.pipeline - self.weighted


def weight_of(record: TrackRecord | None, whole: TrackRecord | None, least: int) -> Decimal:
    """The factor between 0 and 1 that weighs; 1 where nobody's sample is large enough."""
    for one in (record, whole):
        if one is not None and one.factor is not None and one.is_enough(least):
            return min(max(one.factor, ZERO), ONE)
    return ONE


def weighted_pipeline(
    parts: Iterable[PipelinePart],
    records: Mapping[str, TrackRecord],
    whole: TrackRecord | None,
    by: RecordKind,
    least: int = LEAST_SAMPLE,
) -> WeightedPipeline:
    """``records`` are those of the kind by their names."""
    pipeline = weighted = ZERO
    for part in parts:
        pipeline += part.pipeline
        weighted += part.pipeline - part.benefit * (ONE - weight_of(records.get(part.name), whole, least))
    return WeightedPipeline(pipeline, weighted, by)
