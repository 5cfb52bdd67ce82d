"""Why a measure's variance is what it is: its tree, and the change of the ticket that came before each part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from connector.measures.counted_lines import counted_lines
from connector.store.measures import measure_queries
from connector.store.measures.known_changes import KnownChange, KnownChanges, known_changes
from connector.store.measures.verdicts import verdict_of
from governance.definitions.leakage import causes_of
from governance.effects import EffectLine, Version
from governance.estimate_lines import estimate_lines
from governance.variance_tree import KindShare, VarianceTree, variance_tree


@dataclass(frozen=True, slots=True)
class MeasureWhy:
    """A variance with its parts, or why there is none."""

    tree: VarianceTree | None
    currency: str
    problem: str
    """Why there is no tree; empty with one."""
    known: KnownChanges
    stated_reason: str
    """The reason that the owner gave for the deviation."""

    def change_of(self, share: KindShare) -> KnownChange | None:
        """The newest change of an amount of this kind."""
        return self.known.before((share.kind, share.hard))


def measure_why(
    connection: Connection, row: RowMapping, lines: Iterable[EffectLine], until: datetime | None = None
) -> MeasureWhy:
    """``row`` is as the catalogue has it, ``lines`` are those that count; ``until`` is the day of a past page."""
    measure, verdict = row["id"], verdict_of(row)
    counted = tuple(lines)
    changes = known_changes(connection, measure, until)
    reason = verdict.deviation.reason if verdict.deviation else ""
    currencies = sorted({line.money.currency for line in counted})
    variance = verdict.figures.variance
    estimate = None if len(currencies) > 1 else estimate_lines(counted, row["assessed_at"].date())
    problem = ""
    if len(currencies) > 1:
        problem = f"Its amounts are in {' and '.join(currencies)}, which are not added up without a rate."
    elif estimate is None:
        problem = "Without a forecast there is no variance."
    elif variance is None:
        problem = "Without a plan there is no variance."
    if problem or estimate is None or variance is None:
        return MeasureWhy(None, "", problem, changes, reason)
    plan = (line for line in counted if line.version is Version.PLAN)
    tree = variance_tree(plan, estimate, variance=variance.amount, stated=causes_of(reason)[0].reason)
    return MeasureWhy(tree, variance.currency, "", changes, reason)


def why_of_now(connection: Connection, row: RowMapping) -> MeasureWhy:
    """The tree of a measure as it stands, from one of the catalogue's rows."""
    lines = counted_lines(measure_queries.effect_lines(connection, row["id"]))
    return measure_why(connection, row, lines)
