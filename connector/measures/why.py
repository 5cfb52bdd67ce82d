"""Why a measure's variance is what it is: its tree, and the change of the ticket that came before each part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, Select, select

from connector.measures.counted_lines import counted_lines
from connector.store.database.tables import FIGURES_SETTINGS, FIGURES_SETTINGS_VERSION
from connector.store.measures import measure_queries
from connector.store.measures.known_changes import KnownChange, KnownChanges, known_changes
from connector.store.measures.plan_rates import plan_rates
from connector.store.measures.verdicts import verdict_of
from connector.store.reporting.exchange_rates import all_rates
from governance.definitions.leakage import causes_of
from governance.effects import EffectLine, Version
from governance.estimate_lines import estimate_lines
from governance.money import Money, Period
from governance.plan_rates import PlanRates
from governance.rates import MissingRate, Rates, Reporting
from governance.variance_tree import KindShare, VarianceTree, variance_tree


class Rating(StrEnum):
    """How the amounts of a variance are converted."""

    OWN_CURRENCY = "own_currency"
    EACH_MONTH = "each_month"
    """In the reporting currency; what exchange rates did since the decision stands apart."""
    CONSTANT = "constant"
    """In the reporting currency at the rates of the decision, without what exchange rates did."""


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
    rating: Rating = Rating.OWN_CURRENCY

    def change_of(self, share: KindShare) -> KnownChange | None:
        """The newest change of an amount of this kind."""
        return self.known.before((share.kind, share.hard))


def measure_why(
    connection: Connection, row: RowMapping, lines: Iterable[EffectLine], until: datetime | None = None
) -> MeasureWhy:
    """``row`` is as the catalogue has it, ``lines`` are those that count; ``until`` is the day of a past page.

    A decided measure of another currency is shown in the reporting currency, unless a rate is missing.  A past day is
    shown in constant currency, at the rates of the decision: those that were recorded on that day are not kept.
    """
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
    plan = tuple(line for line in counted if line.version is Version.PLAN)
    causes = causes_of(reason)
    tree = variance_tree(plan, estimate, variance=variance.amount, stated=causes)
    rates = None if tree.other else _rates_of(connection, row, (*plan, *estimate), until)
    if rates is None:
        return MeasureWhy(tree, variance.currency, "", changes, reason)
    tree = variance_tree(
        plan, estimate, stated=causes, rate=rates.now.__getitem__, locked_rate=rates.decided.__getitem__
    )
    rating = Rating.EACH_MONTH if until is None else Rating.CONSTANT
    return MeasureWhy(tree, rates.currency, "", changes, reason, rating)


@dataclass(frozen=True, slots=True)
class _MonthRates:
    currency: str
    now: Mapping[Period, Decimal]
    decided: Mapping[Period, Decimal]


def _rates_of(
    connection: Connection, row: RowMapping, lines: tuple[EffectLine, ...], until: datetime | None
) -> _MonthRates | None:
    """``None`` for a measure of the reporting currency, before its decision, and where a rate is missing."""
    reporting, frozen = _reporting(connection, until), plan_rates(connection, row["id"], until)
    own = {line.money.currency for line in lines}
    if reporting is None or frozen is None or len(own) != 1 or own == {reporting.currency}:
        return None
    to, one, now, decided = reporting.currency, Money(Decimal(1), own.pop()), {}, {}
    recorded = all_rates(connection) if until is None else ()
    rates = Rates(recorded).aged(row["assessed_at"].date(), reporting.rate_age_days)
    agreed = PlanRates(rates, frozen)
    for month in {line.month for line in lines}:
        then = agreed.convert(one, to, month)
        present = then if until is not None else rates.convert(one, to, month)
        if isinstance(present, MissingRate) or isinstance(then, MissingRate):
            return None
        now[month], decided[month] = present.money.amount, then.money.amount
    return _MonthRates(to, now, decided)


def _reporting(connection: Connection, until: datetime | None) -> Reporting | None:
    """As the totals of the moment were made; ``None`` where there were none."""
    query: Select[tuple[str, int]]
    if until is None:
        query = select(FIGURES_SETTINGS.c.currency, FIGURES_SETTINGS.c.rate_age_days)
    else:
        versions = FIGURES_SETTINGS_VERSION.c
        query = select(versions.currency, versions.rate_age_days).where(versions.known_from <= until)
        query = query.order_by(versions.id.desc()).limit(1)
    found = connection.execute(query).first()
    return None if found is None else Reporting(*found)


def why_of_now(connection: Connection, row: RowMapping) -> MeasureWhy:
    """The tree of a measure as it stands, from one of the catalogue's rows."""
    lines = counted_lines(measure_queries.effect_lines(connection, row["id"]))
    return measure_why(connection, row, lines)
