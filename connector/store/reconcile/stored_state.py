"""What the store knows of an item before its assessment: measure state, last written values, commands, claims."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Row, select, text

from connector.people.permissions import HIERARCHY_LEVELS
from connector.store.database.json_codec import from_json
from connector.store.database.reading import reading
from connector.store.database.tables import MEASURE
from connector.store.ledger.closed_months import closed_months
from connector.store.ledger.sums import ledger_lines
from connector.store.measures.commands import newest_commands
from connector.store.queue.outbox import IN_DOUBT, OWN_IF_PRESENT
from connector.store.queue.submitted_commands import pending_comments
from connector.store.reconcile import command_rows
from connector.store.reconcile.account_people import load_people, other_accounts
from connector.store.reconcile.item_changes import item_changes
from connector.store.reporting.exchange_rates import ExchangeRates
from connector.store.reporting.stated_week import stated_week
from connector.store.service_portfolio.kpi_values import newest_of_measures
from connector.store.service_portfolio.notes import service_notes
from connector.sync.item_changes import ItemChanges
from connector.sync.stores import StatedWeek, StoredState
from governance.claims import baseline_key
from governance.closed_months import ClosedMonths
from governance.effects import EffectLine, Version
from governance.evidence import BaselineClaim
from governance.measure import MeasureId
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.named_sentence import Place
from governance.rates import Rates
from governance.service_notes import ServiceNote
from mapping.known_people import KnownPeople
from mapping.places import area_of_key
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem


class SqlStateStore:
    """Implements the flow's ``StateStore``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(
        self, connection: ConnectionName, items: Sequence[NativeId], *, read_for: float = 0.0
    ) -> dict[NativeId, StoredState]:
        with reading(self._engine) as session:
            measures = session.execute(
                select(MEASURE.c.id, MEASURE.c.native_id, MEASURE.c.measure_state, MEASURE.c.mapping_version).where(
                    MEASURE.c.connection == connection, MEASURE.c.native_id.in_(items)
                )
            ).all()
            asked = {"connection": connection, "items": list(items)}
            written = session.execute(_LAST_WRITTEN, asked | {"read_for": read_for}).all()
            ids = [row.id for row in measures]
            plans = command_rows.locked_plans(session, ids)
            commands = newest_commands(session, ids)
            pending = pending_comments(session, ids)
        values: dict[NativeId, dict[FieldName, str | None]] = {}
        for row in written:
            if row.field in OWN_IF_PRESENT or (row.is_certain and row.value != IN_DOUBT):
                values.setdefault(NativeId(row.native_id), {})[FieldName(row.field)] = row.value
        known = {NativeId(row.native_id): row for row in measures}
        states = {}
        for item in known.keys() | values.keys():
            measure = known.get(item)
            if measure is None:
                states[item] = StoredState(last_written=values.get(item, {}))
                continue
            state = replace(from_json(MeasureState, measure.measure_state), plan=plans.get(measure.id))
            states[item] = StoredState(
                state,
                values.get(item, {}),
                commands.get(measure.id, ()),
                pending.get(measure.id, ()),
                measure.mapping_version,
            )
        return states

    def item_changes(
        self,
        connection: ConnectionName,
        items: Collection[WorkItem],
        fields: Collection[FieldName],
        *,
        same_version: bool = False,
    ) -> dict[NativeId, ItemChanges]:
        with reading(self._engine) as session:
            return item_changes(session, connection, items, fields, same_version=same_version)

    def people(
        self, connection: ConnectionName, accounts: Collection[str], identities: Collection[str] = ()
    ) -> KnownPeople:
        with reading(self._engine) as session:
            return load_people(session, connection, accounts, identities)

    def other_accounts(
        self, connection: ConnectionName, accounts: Collection[str], others: Collection[ConnectionName]
    ) -> dict[ConnectionName, dict[str, str]]:
        with reading(self._engine) as session:
            return other_accounts(session, connection, accounts, others)

    def rates(self) -> Rates:
        return ExchangeRates(self._engine).rates()

    def closed_months(self) -> ClosedMonths:
        with reading(self._engine) as session:
            return closed_months(session)

    def baseline_claims(self, baselines: Sequence[str]) -> dict[str, tuple[BaselineClaim, ...]]:
        """What every mapped measure claims on these baselines: its planned and its booked benefit by month.

        A measure with benefits in several currencies has a claim in each.  Names of one baseline that are written
        otherwise (:func:`governance.claims.baseline_key`) name the same claims.
        """
        keys = {name: baseline_key(name) for name in baselines}
        found: dict[str, dict[tuple[str, str], BaselineClaim]] = {}
        with reading(self._engine) as session:
            for row in session.execute(_CLAIMS, {"keys": sorted(set(keys.values()))}):
                claims = found.setdefault(row.baseline_id, {})
                born = row.item_created_at or row.assessed_at
                key = row.id, row.currency
                claim = claims.setdefault(key, BaselineClaim(MeasureId(row.id), row.key, born, {}, _place(row)))
                amount = {Period.of(row.month): Money(row.amount, row.currency)}
                if row.version == Version.PLAN:
                    claims[key] = replace(claim, months={**claim.months, **amount})
                else:
                    claims[key] = replace(claim, booked={**claim.booked, **amount})
        return {name: tuple(found[key].values()) for name, key in keys.items() if key in found}

    def service_notes(self, names: Sequence[str]) -> dict[str, tuple[ServiceNote, ...]]:
        if not names:
            return {}
        with reading(self._engine) as session:
            return service_notes(session, names)

    def kpi_values(
        self, measures: Sequence[MeasureId], last: Period
    ) -> dict[MeasureId, dict[str, tuple[Period, Decimal]]]:
        with reading(self._engine) as session:
            return newest_of_measures(session, measures, last)

    def stated_hours(self, people: Collection[str], month: Period, *, teams: bool) -> StatedWeek:
        with reading(self._engine) as session:
            return stated_week(session, people, month, teams=teams)

    def ledger_lines(
        self, measures: Sequence[MeasureId], group: Collection[str]
    ) -> dict[MeasureId, tuple[EffectLine, ...]]:
        with reading(self._engine) as session:
            return ledger_lines(session, measures, group)


def _place(row: Row[Any]) -> Place:
    """As :func:`mapping.places.place_of` gives it for an item."""
    hierarchy = tuple(getattr(row, level) or "" for level in HIERARCHY_LEVELS)
    return Place(row.connection, area_of_key(row.key), hierarchy, row.legal_entity or "")


_CLAIMS = text("""
    SELECT m.id, m.key, m.connection, m.portfolio, m.program, m.project, m.package, m.legal_entity,
           m.baseline_id, m.item_created_at, m.assessed_at, e.version, e.month, e.currency, sum(e.amount) AS amount
    FROM measure AS m JOIN effect_line AS e ON e.measure_id = m.id
    WHERE m.baseline_id = ANY(:keys) AND m.unmapped_since IS NULL
      AND e.version IN ('plan', 'actual') AND e.kind = 'benefit' AND e.account = 'ebitda'
    GROUP BY m.id, e.version, e.month, e.currency
    ORDER BY m.id, e.currency, e.version, e.month
""")


# What another worker recorded while the item was being read may be newer than what was read: the value that is seen
# then is an older one of Gatepost's own, and nobody's edit.
_LAST_WRITTEN = text("""
    SELECT native_id, field, value, written_at < now() - make_interval(secs => :read_for) AS is_certain
    FROM last_written WHERE connection = :connection AND native_id = ANY(:items)
""")
