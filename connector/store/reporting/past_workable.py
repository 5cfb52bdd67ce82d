"""Measures as a ranking of trade-offs needs them, as they were known at a moment.

Place, stage and owner are those of the figures that held good then; money is that of the effect lines that were known,
at the rates of their months; who waited for whom, what was locked and what people logged is of the verdicts, plans and
decisions until then.  The rules say as today who would have to agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, cast, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE, MEASURE_FIGURES
from connector.store.reporting.compared_rows import known_lines
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.portfolio_results import FigureSettings
from connector.store.reporting.workable_measures import WorkableReader
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.levers import Flows
from governance.measure import HierarchyPath, MeasureId
from governance.measure_figures import measure_figures
from governance.rates import Rates
from governance.roll_up import RollUpSettings
from mapping.config import MappingConfig
from mapping.policy import Policies

BENEFIT = frozenset({EffectKind.BENEFIT, EffectKind.ONE_OFF_BENEFIT})
COST = frozenset({EffectKind.RECURRING_COST, EffectKind.ONE_OFF_COST, EffectKind.CAPEX})


@dataclass(frozen=True, slots=True)
class WorkableRow:
    """A measure as the ranking reads it."""

    measure_id: str
    key: str
    title: str
    owner: str
    portfolio: str
    program: str
    stage: str
    step: str
    rule: str
    missing_rate: str | None
    sponsor: str
    controller: str
    waiting_for: tuple[str, ...]
    measure_class: str
    begun: bool = False
    """Whether anything is booked."""
    locked: bool = False


class PastWorkableReader(WorkableReader):
    def __init__(
        self,
        connection: Connection,
        viewer: Viewer,
        config: MappingConfig,
        policies: Policies,
        settings: FigureSettings,
        at: datetime,
        rates: Rates,
    ) -> None:
        super().__init__(connection, viewer, config, policies)
        self._at: datetime = at
        self._rates = rates
        self._then = figures_at(connection, at)
        self._settings = RollUpSettings(
            settings.currency, settings.year, settings.closed, policies.base.weights, settings.committed_from
        )
        self._known: dict[str, tuple[EffectLine, ...]] = {}

    def _rows(
        self, *conditions: ColumnElement[bool], order: Sequence[ColumnElement[Any]] = (), limit: int | None = None
    ) -> Sequence[WorkableRow]:
        query = _selected().where(*conditions).order_by(*order)
        rows = self._then.execute(query if limit is None else query.limit(limit)).all()
        made = [_row(row) for row in rows]
        ids = [one.measure_id for one in made]
        self._known |= dict.fromkeys(ids, ()) | known_lines(self._connection, ids, self._at, tuple(Version))
        locked = set(self._connection.execute(_LOCKED, {"ids": ids, "at": self._at}).scalars())
        return [
            replace(
                one,
                begun=any(line.version is Version.ACTUAL for line in self._known[one.measure_id]),
                locked=one.measure_id in locked,
            )
            for one in made
        ]

    def _waits_for(self, keys: Sequence[str]) -> ColumnElement[bool]:
        waiting = cast(MEASURE.c.measure_state["waiting_since"], JSONB)
        found: ColumnElement[bool] = waiting.op("?|")(literal(list(keys), ARRAY(Text)))
        return found

    def _flows(self, ids: Sequence[str]) -> dict[str, Flows]:
        found = {}
        for name in ids:
            lines = self._known[name]
            entry = RollUpMeasure(MeasureId(name), HierarchyPath(""), None, None, lines)
            months = measure_figures(entry, self._settings, self._rates).months
            versions = {one.version for one in months}
            version = Version.FORECAST if Version.FORECAST in versions else Version.PLAN
            some = [one for one in months if one.version is version]
            if some:
                found[name] = Flows(
                    *(
                        {
                            one.month.year * 12 + one.month.month - 1: amount
                            for one in some
                            if (amount := getattr(one, part))
                        }
                        for part in ("recurring", "one_off", "capex")
                    )
                )
        return found

    def _sizes(self, ids: Sequence[str]) -> dict[str, Decimal | None]:
        found: dict[str, Decimal | None] = {}
        for name in ids:
            planned = [
                one for one in self._known[name] if one.version is Version.PLAN and one.account is Account.EBITDA
            ]
            if planned:
                own = {one.money.currency for one in planned} == {self._config.reporting_currency}
                sums = (
                    sum((one.money.amount for one in planned if one.kind in kinds), Decimal(0))
                    for kinds in (BENEFIT, COST)
                )
                found[name] = max(sums) if own else None
        return found


def _selected() -> Any:
    figures, measure = MEASURE_FIGURES.c, MEASURE.c
    return select(
        figures.measure_id, figures.key, figures.title, figures.owner, figures.portfolio, figures.program,
        figures.stage, figures.step, figures.rule, figures.missing_rate, measure.facts, measure.measure_state,
    ).select_from(MEASURE_FIGURES.join(MEASURE, measure.id == figures.measure_id))  # fmt: skip


def _row(row: Row[Any]) -> WorkableRow:
    facts, state = row.facts or {}, row.measure_state or {}
    waiting = state.get("waiting_since") or {}
    return WorkableRow(
        row.measure_id, row.key, row.title, row.owner, row.portfolio, row.program, row.stage, row.step, row.rule,
        row.missing_rate, _name(facts.get("sponsor")), _name(facts.get("controller")),
        tuple(waiting) if isinstance(waiting, Mapping) else (), _text(facts.get("measure_class")),
    )  # fmt: skip


def _name(person: object) -> str:
    return _text(person.get("name")) if isinstance(person, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_LOCKED = text("SELECT DISTINCT measure_id FROM plan_version WHERE measure_id = ANY(:ids) AND locked_at <= :at")
