"""Organization > Portfolio > Program > Project > Measure Package > Measure, and totals along it.

Legal entity and business unit are separate dimensions, not levels.  A total is a list of converted lines: it can
always say which lines and rates it is made of, and which lines it had to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from governance.definitions.parts import part_of
from governance.definitions.results import Figure
from governance.effects import ZERO, EffectKind, EffectLine, Version
from governance.facts import known
from governance.line_rates import LineRates
from governance.measure import HierarchyPath, Measure, MeasureId
from governance.money import Money, Period
from governance.plan_rates import FrozenRates
from governance.rates import Conversion, MissingRate, Rate, Rates
from governance.signature import SignedLine

HierarchyNode: TypeAlias = tuple[str, ...]
"""The path from the top: ``("ACME", "IT", "Cloud exit")``; of a dimension only its own name."""

NOT_STATED = "(not stated)"


class Dimension(StrEnum):
    """What totals are made along."""

    ORGANIZATION = "organization"
    PORTFOLIO = "portfolio"
    PROGRAM = "program"
    PROJECT = "project"
    PACKAGE = "package"
    MEASURE = "measure"
    LEGAL_ENTITY = "legal_entity"
    BUSINESS_UNIT = "business_unit"


LEVELS = (
    Dimension.ORGANIZATION,
    Dimension.PORTFOLIO,
    Dimension.PROGRAM,
    Dimension.PROJECT,
    Dimension.PACKAGE,
    Dimension.MEASURE,
)


@dataclass(frozen=True, slots=True)
class RollUpMeasure:
    """A measure as the roll-up sees it.  Names are facts; one that is not stated is a node of its own."""

    id: MeasureId
    hierarchy: HierarchyPath
    legal_entity: str | None
    business_unit: str | None
    lines: tuple[EffectLine, ...]
    stage: str | None = None
    reason: str = ""
    """Why less comes than was planned, as its owner gave it."""
    step: str = ""
    """How it ended, of :data:`governance.left_out.ENDED`, or where it is in the funnel."""
    governable: bool = True
    """Owner, sponsor, controller, business unit and legal entity are known."""
    held_up: bool = False
    """Its gate is due and shut."""
    rates: FrozenRates | None = None
    """The exchange rates of the decision; ``None`` before it."""
    original: tuple[EffectLine, ...] | None = None
    """The plan of the decision, where a re-baseline has replaced it."""
    budget: tuple[EffectLine, ...] = ()
    """Cost that was approved, by month: the ledger's, as lines of a plan."""
    steady_from: Period | None = None
    """The month from which its plan is declared to be in steady state."""
    signed: tuple[SignedLine, ...] = ()
    """What stands of what its controller has signed, in the currency of its actuals."""

    @classmethod
    def of(cls, measure: Measure, lines: tuple[EffectLine, ...] | None = None) -> RollUpMeasure:
        return cls(
            measure.id,
            measure.hierarchy,
            known(measure.legal_entity),
            known(measure.business_unit),
            measure.effects if lines is None else lines,
        )

    def node(self, dimension: Dimension) -> HierarchyNode:
        """Where the measure counts along a dimension."""
        match dimension:
            case Dimension.LEGAL_ENTITY:
                return (self.legal_entity or NOT_STATED,)
            case Dimension.BUSINESS_UNIT:
                return (self.business_unit or NOT_STATED,)
        hierarchy = self.hierarchy
        path = (
            hierarchy.organization,
            hierarchy.portfolio,
            hierarchy.program,
            hierarchy.project,
            hierarchy.package,
            self.id,
        )
        depth = LEVELS.index(dimension) + 1
        return tuple(known(name) or NOT_STATED for name in path[:depth])


@dataclass(frozen=True, slots=True)
class TotalLine:
    """One line of a total: whose it is, and how it was converted."""

    measure: MeasureId
    line: EffectLine
    conversion: Conversion

    @property
    def amount(self) -> Decimal:
        """In the reporting currency; costs count down."""
        amount = self.conversion.money.amount
        return amount if self.line.kind.is_benefit else -amount


@dataclass(frozen=True, slots=True)
class Total:
    """A sum in the reporting currency, with everything that it is made of."""

    node: HierarchyNode
    currency: str
    lines: tuple[TotalLine, ...]
    left_out: tuple[tuple[MeasureId, EffectLine, MissingRate], ...] = ()

    @property
    def complete(self) -> bool:
        return not self.left_out

    @property
    def money(self) -> Money:
        """Of the lines that could be converted; see :attr:`complete`."""
        return Money(sum((part.amount for part in self.lines), ZERO), self.currency)

    @property
    def rates(self) -> tuple[Rate, ...]:
        return tuple(sorted({part.conversion.rate for part in self.lines if part.conversion.rate is not None}))

    @property
    def measures(self) -> frozenset[MeasureId]:
        return frozenset(part.measure for part in self.lines) | {measure for measure, _, _ in self.left_out}

    def of(self, *kinds: EffectKind) -> Money:
        chosen = (part.amount for part in self.lines if part.line.kind in kinds)
        return Money(sum(chosen, ZERO), self.currency)


def roll_up(
    entries: Iterable[RollUpMeasure],
    dimension: Dimension,
    version: Version,
    currency: str,
    rates: Rates,
    *,
    figure: Figure = Figure.EBITDA,
    include: Callable[[EffectLine], bool] = lambda _line: True,
) -> Mapping[HierarchyNode, Total]:
    """One total of a figure per node of a dimension, in the order of the names."""
    parts: dict[HierarchyNode, list[TotalLine]] = {}
    left: dict[HierarchyNode, list[tuple[MeasureId, EffectLine, MissingRate]]] = {}
    for entry in entries:
        node = entry.node(dimension)
        included = parts.setdefault(node, [])
        missing = left.setdefault(node, [])
        conversions = LineRates(rates, entry.rates)
        for line in entry.lines:
            if line.version is not version or part_of(line) not in figure.parts or not include(line):
                continue
            converted = conversions.convert(line, currency)
            if isinstance(converted, MissingRate):
                missing.append((entry.id, line, converted))
            else:
                included.append(TotalLine(entry.id, line, converted))
    return {node: Total(node, currency, tuple(parts[node]), tuple(left[node])) for node in sorted(parts)}
