"""Measures as a ranking of trade-offs needs them: what is still to come, who would have to agree, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from connector.people.permissions import Viewer
from connector.store.database.one_of_many import is_none_of, is_one_of
from connector.store.database.tables import MEASURE, MEASURE_FIGURES, MEASURE_NAME, MEASURE_SERIES, PLAN_VERSION
from connector.store.reporting.portfolio_filters import PortfolioFilters, measures_where, visible_measures
from governance.evidence import Verb
from governance.gates import Policy
from governance.left_out import CANCELLED, ENDED, ON_HOLD
from governance.levers import Flows, Lever
from governance.measure import HierarchyPath, Measure, MeasureId, Role
from governance.tradeoffs import Agreement, NoCandidate, Workable
from mapping.config import CommitteeRule, MappingConfig
from mapping.policy import Policies

MOST = 500
"""Measures that a ranking reads: those with the most one-off cost and capex still to come."""
MOST_WAITING = 500
"""Measures that wait for these, through however many others."""
DAYS, MONTHS = 365, 12
LEVERS = {Lever.PAUSE: Verb.HOLD, Lever.STOP: Verb.CANCEL}
"""The command of a lever; a deferral is a hold before the plan is locked, and a re-baseline from then on."""


@dataclass(frozen=True, slots=True)
class WorkableMeasures:
    """Measures that something could be done with, and those that wait for them."""

    measures: tuple[Workable, ...]
    waiting: tuple[Workable, ...]
    """Not among the first, and candidates of nothing: only what happens to them counts."""
    is_whole: bool
    """Whether these are all that there are."""

    @property
    def every(self) -> tuple[Workable, ...]:
        return (*self.measures, *self.waiting)


class WorkableReader:
    """Reads with the rights of the connection; ``hours`` says whether hours are looked up, which is slow."""

    _at: datetime | None = None
    """The moment as of which it reads; ``None`` for now."""

    def __init__(self, connection: Connection, viewer: Viewer, config: MappingConfig, policies: Policies) -> None:
        self._connection, self._viewer, self._config, self._policies = connection, viewer, config, policies
        self._policy_of: dict[tuple[str, str, str], Policy] = {}
        stages = policies.base.stages
        self._implemented = tuple(stage.key for stage in stages[-2:])
        self._mandatory = {one.name.casefold() for one in config.policy.classes if one.mandatory}

    def ranked(self, filters: PortfolioFilters, *, hours: bool) -> WorkableMeasures:
        """Those of a part that are neither implemented nor over, the most to spend first."""
        columns = MEASURE_FIGURES.c
        one_off = func.coalesce(columns.one_off_estimate, columns.one_off_plan, 0)
        spend = one_off + func.coalesce(columns.capex_estimate, columns.capex_plan, 0)
        to_spend = spend - func.coalesce(columns.capex_actual, 0)
        rows = self._rows(
            measures_where(filters), visible_measures(self._viewer), columns.step.not_in(ENDED),
            columns.stage.not_in(self._implemented), order=(to_spend, columns.measure_id), limit=MOST + 1,
        )  # fmt: skip
        return self._with_waiting(rows[:MOST], hours=hours, is_whole=len(rows) <= MOST)

    def named(self, ids: Iterable[str], *, hours: bool = True) -> WorkableMeasures:
        """These, whatever has become of them."""
        rows = self._rows(is_one_of(MEASURE_FIGURES.c.measure_id, sorted(set(ids))), visible_measures(self._viewer))
        return self._with_waiting(rows, hours=hours, is_whole=True)

    def _rows(
        self, *conditions: ColumnElement[bool], order: Sequence[ColumnElement[Any]] = (), limit: int | None = None
    ) -> Sequence[Any]:
        """With the names of :class:`WorkableRow`."""
        query = _selected().where(*conditions)
        if limit is not None:
            # Which they are is found in the figures alone; the facts of a measure are unpacked for those that are.
            identity = MEASURE_FIGURES.c.measure_id
            first = select(identity).where(*conditions).order_by(*order).limit(limit)
            query = _selected().where(identity.in_(first))
        return self._connection.execute(query.order_by(*order)).all()

    def _waits_for(self, keys: Sequence[str]) -> ColumnElement[bool]:
        names = MEASURE_NAME.c
        waiting = select(names.measure_id).where(names.kind == "ticket", is_one_of(names.name, keys))
        return MEASURE_FIGURES.c.measure_id.in_(waiting)

    def _with_waiting(self, rows: Sequence[Any], *, hours: bool, is_whole: bool) -> WorkableMeasures:
        every = {row.measure_id: row for row in rows}
        newest = list(every)
        while newest and len(every) < MOST + MOST_WAITING:
            keys = [every[name].key for name in newest]
            columns = MEASURE_FIGURES.c
            found = self._rows(
                self._waits_for(keys), columns.step.not_in(ENDED), is_none_of(columns.measure_id, every),
                limit=MOST_WAITING,
            )  # fmt: skip
            newest = [row.measure_id for row in found]
            every |= {row.measure_id: row for row in found}
        ids = list(every)
        flows, sizes = self._flows(ids), self._sizes(ids)
        logged = self._hours([row.measure_id for row in rows]) if hours else {}
        by_key = {row.key: row.measure_id for row in every.values()}
        made = {
            name: self._workable(row, flows.get(name), sizes.get(name), logged.get(name), by_key)
            for name, row in every.items()
        }
        own = {row.measure_id for row in rows}
        return WorkableMeasures(
            tuple(one for name, one in made.items() if name in own),
            tuple(one for name, one in made.items() if name not in own),
            is_whole,
        )

    def _workable(
        self, row: Any, flows: Flows | None, size: Decimal | None, hours: Decimal | None, by_key: Mapping[str, str]
    ) -> Workable:
        waits_for = frozenset(by_key[key] for key in row.waiting_for if key in by_key)
        return Workable(
            row.measure_id, row.key, row.title, row.owner, row.program, row.stage, row.begun, flows or Flows(),
            self._obstacle(row, flows), hours, waits_for - {row.measure_id}, self._agreements(row, size),
        )  # fmt: skip

    def _obstacle(self, row: Any, flows: Flows | None) -> NoCandidate | None:
        if row.measure_class and row.measure_class.strip().casefold() in self._mandatory:
            return NoCandidate.MANDATORY
        if row.step == ON_HOLD:
            return NoCandidate.ON_HOLD
        if row.step == CANCELLED:
            return NoCandidate.CANCELLED
        if row.step in ENDED or row.stage in self._implemented:
            return NoCandidate.IMPLEMENTED
        if row.missing_rate:
            return NoCandidate.NO_RATE
        return NoCandidate.NO_ESTIMATE if flows is None else None

    def _agreements(self, row: Any, size: Decimal | None) -> dict[Lever, tuple[Agreement, ...]]:
        policy = self._policy(row)
        names = {Role.OWNER: row.owner, Role.SPONSOR: row.sponsor or "", Role.CONTROLLER: row.controller or ""}
        committee = _committee(self._config.committees, row.program)
        if committee is not None:
            names[Role.STEERING_COMMITTEE] = committee.name

        # Each of them once: most levers ask the same few.
        agreements = {role: Agreement(role.value, name) for role, name in names.items()}

        def any_of(verb: Verb) -> tuple[Agreement, ...]:
            return tuple([agreements[role] for role in policy.command_roles.get(verb, ()) if role in agreements])

        found = {lever: any_of(verb) for lever, verb in LEVERS.items()}
        found[Lever.DEFER] = _rebaselined(policy, names, size) if row.locked else any_of(Verb.HOLD)
        return found

    def _policy(self, row: Any) -> Policy:
        """Measures of one program and rule have the same."""
        place = (row.portfolio, row.program, row.rule)
        if place not in self._policy_of:
            path = HierarchyPath("", row.portfolio or None, row.program or None)
            measure = Measure(MeasureId(row.measure_id), row.title, path, rule_name=row.rule)
            self._policy_of[place] = self._policies.of(measure)
        return self._policy_of[place]

    def _flows(self, ids: Sequence[str]) -> dict[str, Flows]:
        """The latest estimate; the plan of what has none yet."""
        columns = MEASURE_SERIES.c
        query = (
            select(columns.measure_id, columns.months, columns.recurring, columns.one_off, columns.capex)
            .where(is_one_of(columns.measure_id, ids), columns.version.in_(["forecast", "plan"]))
            # A plan is read, with all its months, only where no forecast stands in its place.
            .ext(distinct_on(columns.measure_id))
            .order_by(columns.measure_id, (columns.version == "forecast").desc())
        )
        return {
            row.measure_id: Flows(*(_by_month(row.months, row[name]) for name in (2, 3, 4)))
            for row in self._connection.execute(query).all()
        }

    def _sizes(self, ids: Sequence[str]) -> dict[str, Decimal | None]:
        """The larger of planned benefit and planned cost; ``None`` where it is in another currency."""
        rows = self._connection.execute(_SIZES, {"ids": list(ids)}).all()
        own = self._config.reporting_currency
        return {row.measure_id: row.size if row.currencies == [own] else None for row in rows}

    def _hours(self, ids: Sequence[str]) -> dict[str, Decimal]:
        """Hours a month that the team logged, from the window of the newest decision's evidence."""
        rows = self._connection.execute(_TEAMS, {"ids": list(ids), "at": self._at})
        return {
            row.measure_id: row.hours * DAYS / MONTHS / row.days for row in rows if row.hours is not None and row.days
        }


def _rebaselined(policy: Policy, names: Mapping[Role, str], size: Decimal | None) -> tuple[Agreement, ...]:
    limit = policy.thresholds.committee_limit
    large = limit is not None and (size is None or size >= limit)
    asks = (
        Agreement(role.value, names[role], "asks")
        for role in policy.command_roles.get(Verb.REBASELINE, ())
        if role in names
    )
    approves = (
        Agreement(rule.role.value, names.get(rule.role, ""), "approves")
        for rule in policy.rebaseline
        if not rule.above_limit or large
    )
    return (*asks, *approves)


def _committee(rules: Iterable[CommitteeRule], program: str) -> CommitteeRule | None:
    return next((rule for rule in rules if program and program in rule.programs), None)


def _by_month(months: Iterable[date], amounts: Iterable[Decimal]) -> dict[int, Decimal]:
    pairs = zip(months, amounts, strict=True)
    return {month.year * 12 + month.month - 1: amount for month, amount in pairs if amount}


def _selected() -> Any:
    figures, measure, series = MEASURE_FIGURES.c, MEASURE.c, MEASURE_SERIES.c
    booked = exists().where(series.measure_id == figures.measure_id, series.version == "actual")
    return select(
        figures.measure_id, figures.key, figures.title, figures.owner, figures.portfolio, figures.program,
        figures.stage, figures.step, figures.rule, figures.missing_rate, measure.sponsor, measure.controller,
        measure.waiting_for, measure.facts["measure_class"].astext.label("measure_class"), booked.label("begun"),
        exists().where(PLAN_VERSION.c.measure_id == figures.measure_id).label("locked"),
    ).select_from(MEASURE_FIGURES.join(MEASURE, MEASURE.c.id == MEASURE_FIGURES.c.measure_id))  # fmt: skip


_SIZES = text("""
    SELECT e.measure_id, array_agg(DISTINCT e.currency) AS currencies,
           greatest(coalesce(sum(e.amount) FILTER (WHERE e.kind IN ('benefit', 'one_off_benefit')), 0),
                    coalesce(sum(e.amount) FILTER (WHERE e.kind IN ('recurring_cost', 'one_off_cost', 'capex')), 0))
               AS size
    FROM unnest(CAST(:ids AS text[])) AS wanted (id)
    -- By the measure: the index by month holds every line there is, and looks costless for some hundred measures.
    CROSS JOIN LATERAL (SELECT * FROM effect_line AS l WHERE l.measure_id = wanted.id OFFSET 0) AS e
    WHERE e.version = 'plan' AND e.account = 'ebitda'
    GROUP BY e.measure_id
""")
_TEAMS = text("""
    SELECT m.id AS measure_id,
           (SELECT sum(CAST(one ->> 'hours_on_measure' AS numeric))
            FROM jsonb_array_elements(CASE jsonb_typeof(d.evidence #> '{evidence,team,members}') WHEN 'array'
                                      THEN d.evidence #> '{evidence,team,members}' ELSE '[]' END) AS one) AS hours,
           CAST(d.evidence #>> '{evidence,team,window_days}' AS int) AS days
    FROM measure AS m CROSS JOIN LATERAL
         (SELECT d.evidence FROM decision AS d
          WHERE d.measure_id = m.id AND (CAST(:at AS timestamptz) IS NULL OR d.decided_at <= :at)
          ORDER BY d.id DESC LIMIT 1) AS d
    WHERE m.id = ANY(:ids)
""")
