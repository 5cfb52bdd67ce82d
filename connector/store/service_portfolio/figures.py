"""The figures of services, made anew where something was booked, measured or defined otherwise."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine, text

from connector.store.database.json_codec import from_json, json_digest, to_json
from connector.store.queue.wake_up import TaskKind, Waker
from connector.store.reporting.exchange_rates import all_rates
from connector.store.service_portfolio.definitions import end_sources, store_services
from connector.store.service_portfolio.linked_measures import linked_measures
from connector.store.service_portfolio.notes import mark_measures_of, reported, reported_before
from connector.store.service_portfolio.objectives import store_objectives
from connector.store.service_portfolio.shown_findings import plan_record_writes
from governance.money import Money, Period
from governance.outcomes import Objective
from governance.rates import Rates
from governance.service import AllocatedCost, ServiceDefinition, ServiceLine
from governance.service_economics import allocate, own_cost
from governance.service_report import ServiceInputs, ServiceReport, service_report
from mapping.services import StatedService
from mapping.work_item import ConnectionName

SERVICE_LOCK = 4_713_000_023
"""Key of the advisory lock that lets one refresher work at a time."""
BATCH = 500
MONTHS = 24
"""Months that are read of the ledger: the same quarter of the year before, and a quarter more."""

ByMonth = Mapping[Period, Decimal]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What all figures of services depend on."""

    currency: str
    rate_age_days: int
    off: tuple[str, ...]
    services: tuple[StatedService, ...]
    objectives: tuple[Objective, ...] = ()
    connections: tuple[str, ...] | None = None
    """Those from which the mapping takes services; the services of others have left.  ``None`` lets them stay."""


def refresh_services(engine: Engine, settings: ServiceSettings, now: datetime, waker: Waker | None = None) -> int:
    """Make the figures of what is due, up to a batch; returns how many names were due, -1 while another is at it."""
    month = Period.of(now.date()).plus(-1)
    with engine.begin() as transaction:
        if not transaction.execute(_TRY_LOCK, {"key": SERVICE_LOCK}).scalar():
            return -1
        stated = all_rates(transaction)
        stamp = json_digest(to_json([settings, str(month), *stated]))
        if transaction.execute(text("SELECT digest FROM service_settings")).scalar() != stamp:
            store_services(transaction, settings.services, "", now)
            if settings.connections is not None:
                end_sources(transaction, settings.connections, now)
            store_objectives(transaction, settings.objectives, "", "mapping", now)
            transaction.execute(text("DELETE FROM service_due"))
            transaction.execute(text("INSERT INTO service_due (name) SELECT key FROM service WHERE ended_at IS NULL"))
            transaction.execute(_STAMP, {"digest": stamp, "now": now})
        names = sorted(set(transaction.execute(_TAKE_DUE, {"most": BATCH}).scalars()))
        if not names:
            return 0
        rates = Rates(stated).aged(month.plus(1).first_day, settings.rate_age_days)
        due = _Due(transaction, names, rates, settings.currency, month)
        reports = {
            key: service_report(inputs, month, rates, settings.currency, settings.off)
            for key, inputs in due.inputs().items()
        }
        # Keys before rows and tasks, as whoever stores an event or an assessment locks them.
        changed = [
            key for key, report in reports.items() if reported(report) != (reported_before(transaction, key) or ())
        ]
        mark_measures_of(transaction, changed)
        written: set[ConnectionName] = set()
        for key, report in reports.items():
            _store(transaction, key, report, now)
            written |= plan_record_writes(transaction, key, report)
        if waker is not None:
            for connection in sorted(written):
                waker.wake(transaction, TaskKind.DELIVER, connection)
        return len(names)


@dataclass(frozen=True, slots=True)
class _Row:
    definition: ServiceDefinition
    hurdle: str


class _Due:
    """What is known of the services that are due, and of those with which they share cost."""

    def __init__(
        self, connection: Connection, names: Sequence[str], rates: Rates, currency: str, month: Period
    ) -> None:
        self._connection, self._rates, self._currency, self._month = connection, rates, currency, month
        sharing = _definitions(connection, _SHARING, {})
        keys = set(connection.execute(_KEYS, {"names": list(names)}).scalars())
        sources = keys | {one.source for key in keys & sharing.keys() for one in sharing[key].definition.allocations}
        self._carriers = {
            key: row for key, row in sharing.items() if any(one.source in sources for one in row.definition.allocations)
        }
        # Whoever carries a part of what is due is due as well, and so is whoever shares the same cost.
        self.keys = sorted(keys | self._carriers.keys() | (sources & _keys_of(self._carriers)))
        self._rows = _definitions(connection, _BY_KEY, {"keys": self.keys})
        read = sorted({*self.keys, *(one.source for row in self._rows.values() for one in row.definition.allocations)})
        since = month.plus(-MONTHS).first_day
        self._lines = _lines(connection, read, since, month)
        self._kpis = _kpis(connection, read, since)

    def inputs(self) -> dict[str, ServiceInputs]:
        allocated = self._allocated()
        measures = linked_measures(self._connection, self.keys, self._rates, self._currency, self._month.plus(1))
        return {
            key: ServiceInputs(
                row.definition, self._lines.get(key, ()), self._kpis.get(key, {}), allocated.get(key, ()),
                measures.get(key, ()), row.hurdle,
            )
            for key, row in self._rows.items()
        }  # fmt: skip

    def _allocated(self) -> dict[str, list[AllocatedCost]]:
        found: dict[str, list[AllocatedCost]] = {}
        for source in sorted(_keys_of(self._carriers)):
            cost, missing = own_cost(self._lines.get(source, ()), self._rates, self._currency)
            carriers = {
                key: (one.share, self._kpis.get(key, {}).get(one.kpi.casefold(), {}))
                for key, row in self._carriers.items()
                for one in row.definition.allocations
                if one.source == source
            }
            for key, amounts in allocate(cost, carriers).items():
                for month, amount in amounts.items():
                    problem = missing.get(month, "")
                    found.setdefault(key, []).append(AllocatedCost(month, amount, problem))
                    found.setdefault(source, []).append(AllocatedCost(month, -amount, problem))
        return found


def _keys_of(carriers: Mapping[str, _Row]) -> set[str]:
    return {one.source for row in carriers.values() for one in row.definition.allocations}


def _definitions(connection: Connection, query: object, asked: Mapping[str, object]) -> dict[str, _Row]:
    rows = connection.execute(query, asked)  # type: ignore[call-overload]  # one of the texts below
    return {row.key: _Row(from_json(ServiceDefinition, row.definition), row.hurdle) for row in rows}


def _lines(
    connection: Connection, keys: Collection[str], since: object, month: Period
) -> dict[str, tuple[ServiceLine, ...]]:
    found: dict[str, list[ServiceLine]] = {}
    asked = {"keys": list(keys), "since": since, "last": month.first_day}
    for row in connection.execute(_LINES, asked):
        found.setdefault(row.service, []).append(
            ServiceLine(
                Period.of(row.month), Money(row.amount, row.currency), row.cost_centre, row.pl_line, row.gl_account,
                row.is_benefit,
            )
        )  # fmt: skip
    return {key: tuple(lines) for key, lines in found.items()}


def _kpis(connection: Connection, keys: Collection[str], since: object) -> dict[str, dict[str, dict[Period, Decimal]]]:
    found: dict[str, dict[str, dict[Period, Decimal]]] = {}
    for row in connection.execute(_VALUES, {"keys": list(keys), "since": since}):
        found.setdefault(row.subject, {}).setdefault(row.kpi, {})[Period.of(row.month)] = row.value
    return found


def _store(transaction: Connection, key: str, report: ServiceReport, now: datetime) -> None:
    values = {name: getattr(report, name) for name in _NUMBERS}
    transaction.execute(
        _FIGURES,
        {
            **values, "service": key, "month": report.month.first_day, "currency": report.currency,
            "blocked": len(report.blockers), "codes": list(report.codes),
            "report": json.dumps(to_json(report)), "now": now,
        },
    )  # fmt: skip


_NUMBERS = ("cost", "demand", "unit_cost", "value_per_unit", "margin", "stranded", "trend")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_STAMP = text("""
    INSERT INTO service_settings (only_one, digest, made_at) VALUES (true, :digest, :now)
    ON CONFLICT (only_one) DO UPDATE SET digest = excluded.digest, made_at = excluded.made_at
""")
_TAKE_DUE = text("""
    DELETE FROM service_due WHERE id IN (SELECT id FROM service_due ORDER BY id LIMIT :most) RETURNING name
""")
_KEYS = text("SELECT DISTINCT service FROM service_name WHERE name = ANY (:names)")
_SHARING = text("""
    SELECT key, definition, hurdle FROM service WHERE ended_at IS NULL AND definition -> 'allocations' <> '[]'
""")
_BY_KEY = text("SELECT key, definition, hurdle FROM service WHERE key = ANY (:keys) AND ended_at IS NULL")
_LINES = text("""
    SELECT n.service, e.month, e.currency, e.cost_centre, e.pl_line, e.gl_account,
           e.kind IN ('benefit', 'one_off_benefit') AS is_benefit, sum(e.amount) AS amount
    FROM service_name AS n JOIN ledger_entry AS e ON lower(e.service) = n.name AND e.service <> ''
    WHERE n.service = ANY (:keys) AND e.month BETWEEN :since AND :last AND e.version = 'actual'
      AND e.kind IN ('benefit', 'one_off_benefit', 'recurring_cost', 'one_off_cost', 'legacy_cost', 'depreciation')
      AND e.account IN ('ebitda', 'ebit')
    GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(e.amount) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
""")
_VALUES = text("""
    SELECT subject, kpi, month, value FROM kpi_value
    WHERE subject_kind = 'service' AND subject = ANY (:keys) AND month >= :since
""")
_FIGURES = text("""
    INSERT INTO service_figures (service, month, currency, cost, demand, unit_cost, value_per_unit, margin, stranded,
                                 trend, blocked, codes, report, made_at)
    VALUES (:service, :month, :currency, :cost, :demand, :unit_cost, :value_per_unit, :margin, :stranded, :trend,
            :blocked, :codes, CAST(:report AS jsonb), :now)
    ON CONFLICT (service) DO UPDATE SET month = excluded.month, currency = excluded.currency, cost = excluded.cost,
        demand = excluded.demand, unit_cost = excluded.unit_cost, value_per_unit = excluded.value_per_unit,
        margin = excluded.margin, stranded = excluded.stranded, trend = excluded.trend, blocked = excluded.blocked,
        codes = excluded.codes, report = excluded.report, made_at = excluded.made_at
""")
