"""Measures as people ask for them: by key, with their explanation, their history, their effect lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Label, RowMapping, Text, cast, exists, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.json_codec import from_json
from connector.store.database.reading import reading
from connector.store.database.tables import EFFECT_LINE, MEASURE, PLAN_VERSION, STATUS_DAY, WORK_ITEM
from connector.store.measures.roll_up_entry import BUDGET, entry_of
from connector.store.measures.verdicts import verdict_of
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.verdict import Blocker, Verdict
from mapping.preview import CurrentMeasure
from mapping.work_item import ConnectionName, NativeId


@dataclass(frozen=True, slots=True)
class MeasureExplanation:
    """A measure with the explanation of its verdict."""

    id: MeasureId
    key: str
    title: str | None
    url: str
    explanation: str
    verdict: Verdict
    mapping_version: int
    policy_version: str
    assessed_at: datetime
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None


@dataclass(frozen=True, slots=True)
class StatusDay:
    """Both statuses of one day."""

    day: date
    stage: str | None
    gate: str
    implementation: str
    potential: str
    reasons: dict[str, str]


class MeasureLookup:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, name: str) -> tuple[MeasureExplanation, ...]:
        """By key in any case, also a former one, or by id; a key may be there on two connections."""
        query = (
            select(MEASURE, WORK_ITEM.c.url, WORK_ITEM.c.unreachable_since, WORK_ITEM.c.unreachable_reason)
            .join(
                WORK_ITEM,
                (WORK_ITEM.c.connection == MEASURE.c.connection) & (WORK_ITEM.c.native_id == MEASURE.c.native_id),
            )
            .where(
                or_(
                    MEASURE.c.key.in_([name, name.upper()]),
                    MEASURE.c.id == name,
                    WORK_ITEM.c.former_keys.contains([name.upper()]),
                )
            )
            .order_by(MEASURE.c.id)
        )
        with reading(self._engine) as connection:
            return tuple(explanation_of(row) for row in connection.execute(query).mappings())

    def status_history(self, measure: MeasureId) -> tuple[StatusDay, ...]:
        """Days with an assessment; a day without an entry is like the one before."""
        query = select(STATUS_DAY).where(STATUS_DAY.c.measure_id == measure).order_by(STATUS_DAY.c.day)
        with reading(self._engine) as connection:
            return tuple(
                StatusDay(row.day, row.stage, row.gate, row.implementation, row.potential, row.reasons)
                for row in connection.execute(query)
            )

    def hierarchy_entries(self, organization: str) -> Iterator[RollUpMeasure]:
        """Every measure with its effect lines, for totals; also those that have left."""
        named = {"off_ramp", "signed"}
        # Those come from the verdict, which is what totals go by.
        measures = select(
            *(column for column in MEASURE.c if column.name not in named),
            MEASURE.c.verdict["deviation"]["reason"].astext.label("reason"),
            MEASURE.c.verdict["off_ramp"]["kind"].astext.label("off_ramp"),
            MEASURE.c.verdict["without_value"].astext.label("without_value"),
            *_plan_columns(),
            MEASURE.c.verdict["signed"].label("signed"),
            MEASURE.c.verdict["steady_from"].astext.label("steady_from"),
        ).order_by(MEASURE.c.id)
        lines = select(EFFECT_LINE).order_by(EFFECT_LINE.c.measure_id)
        with self._engine.connect() as connection:
            effects: dict[str, list[EffectLine]] = {}
            for row in connection.execution_options(yield_per=10_000).execute(lines):
                effects.setdefault(row.measure_id, []).append(_line(row))
            for row in connection.execute(measures):
                place = HierarchyPath(organization, row.portfolio, row.program, row.project, row.package)
                found = tuple(effects.get(row.id, ()))
                yield entry_of(row, place, found, without_value=row.without_value == "true")

    def current_measures(self, connection: ConnectionName, items: Sequence[NativeId]) -> dict[NativeId, CurrentMeasure]:
        """Rule, gate and blockers' codes of these items' measures."""
        blockers = MEASURE.c.verdict["blockers"].label("blockers")
        query = select(MEASURE.c.native_id, MEASURE.c.rule, MEASURE.c.gate, blockers).where(
            MEASURE.c.connection == connection, MEASURE.c.native_id.in_(items), MEASURE.c.unmapped_since.is_(None)
        )
        with reading(self._engine) as connected:
            return {
                NativeId(row.native_id): CurrentMeasure(
                    row.rule, row.gate, tuple(from_json(Blocker, stored).code for stored in row.blockers)
                )
                for row in connected.execute(query)
            }

    def newest_items(self, limit: int) -> dict[ConnectionName, list[NativeId]]:
        """The items that were read last, by connection."""
        query = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).order_by(WORK_ITEM.c.read_at.desc()).limit(limit)
        found: dict[ConnectionName, list[NativeId]] = {}
        with reading(self._engine) as connected:
            for row in connected.execute(query):
                found.setdefault(ConnectionName(row.connection), []).append(NativeId(row.native_id))
        return found

    def items_by_key(self, key: str) -> dict[ConnectionName, list[NativeId]]:
        """The items that have this key, by connection."""
        query = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).where(
            or_(WORK_ITEM.c.key == key.upper(), WORK_ITEM.c.former_keys.contains([key.upper()]))
        )
        found: dict[ConnectionName, list[NativeId]] = {}
        with reading(self._engine) as connected:
            for row in connected.execute(query):
                found.setdefault(ConnectionName(row.connection), []).append(NativeId(row.native_id))
        return found

    def measure_names(self) -> dict[MeasureId, str]:
        """Measure to ``KEY Title``."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(MEASURE.c.id, MEASURE.c.key, MEASURE.c.title))
            return {MeasureId(row.id): f"{row.key} {row.title or ''}".strip() for row in rows}


def _line(row: Any) -> EffectLine:
    money, month = Money(row.amount, row.currency), Period.of(row.month)
    account = Account(row.account)
    return EffectLine(Version(row.version), EffectKind(row.kind), month, money, account, row.hard, row.pl_line)


def explanation_of(row: RowMapping) -> MeasureExplanation:
    """From a row of the measure together with its item."""
    return MeasureExplanation(
        id=MeasureId(row["id"]),
        key=row["key"],
        title=row["title"],
        url=row["url"],
        explanation=row["explanation"],
        verdict=verdict_of(row),
        mapping_version=row["mapping_version"],
        policy_version=row["policy_version"],
        assessed_at=row["assessed_at"],
        unreachable_since=row["unreachable_since"],
        unreachable_reason=row["unreachable_reason"],
        unmapped_reason=row["unmapped_reason"],
    )


def _plan_columns() -> tuple[Label[Any], ...]:
    """Rates of the locked plan as text, the lines of the decision where a re-baseline has replaced them, the budget."""
    plan, later = PLAN_VERSION, PLAN_VERSION.alias()
    rates = select(cast(plan.c.rates, Text)).where(plan.c.measure_id == MEASURE.c.id).order_by(plan.c.number.desc())
    replaced = exists().where(later.c.measure_id == MEASURE.c.id, later.c.number > 1)
    lines = select(plan.c.lines).where(plan.c.measure_id == MEASURE.c.id, plan.c.number == 1, replaced)
    budget = literal_column(BUDGET, JSONB).label("budget")
    return rates.limit(1).scalar_subquery().label("plan_rates"), lines.scalar_subquery().label("original_lines"), budget
