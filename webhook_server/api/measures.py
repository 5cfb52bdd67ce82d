"""Measures: the list and one measure."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import TokenScope
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.known_values import known_people
from connector.store.measures.measure_queries import MeasureFilter, MeasureSort
from connector.store.measures.verdicts import verdict_of
from connector.store.operations.source_ages import source_ages
from governance.kill_switch import criterion_at
from governance.verdict import Colour, GateState
from webhook_server.api.books import books_of
from webhook_server.api.capitalisation import capitalisation_model
from webhook_server.api.gates_model import responsible_models
from webhook_server.api.known_filters import raise_unknown, require_known, require_stages, unknown
from webhook_server.api.measure_answers import (
    finding_model,
    measure_summary,
    plan_figures,
    status_model,
)
from webhook_server.api.measure_comparison import MeasureComparedQuery, compared_measure, comparison_model
from webhook_server.api.measure_kpis import kpi_models
from webhook_server.api.measure_lookup import (
    TAG,
    about_measure,
    find_known,
    find_measure,
)
from webhook_server.api.measure_models import (
    ConditionModel,
    KillCriterionModel,
    MeasureDetail,
    MeasureSummary,
)
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.relapse import relapse_model
from webhook_server.api.sources import source_models
from webhook_server.api.values import (
    Moment,
    Names,
    Page,
    PageQuery,
    ShortText,
    from_cursor,
    make_page,
    moment_of_cursor,
)


class MeasuresQuery(PageQuery):
    connection: Names = Field(default=[], description="Name of the connection to the tool; one of several.")
    portfolio: Names = Field(default=[], description="Name of the portfolio; one of several.")
    program: Names = Field(default=[], description="Name of the program; one of several.")
    project: Names = Field(default=[], description="Name of the project; one of several.")
    package: Names = Field(default=[], description="Name of the work package; one of several.")
    business_unit: Names = Field(default=[], description="Business unit; one of several.")
    legal_entity: Names = Field(default=[], description="Legal entity; one of several.")
    owner: Names = Field(default=[], description="A person's name, as listed; one of several.")
    sponsor: Names = Field(default=[], description="A person's name, as listed; one of several.")
    controller: Names = Field(default=[], description="A person's name, as listed; one of several.")
    person: Names = Field(
        default=[],
        description="Stable id of somebody who is owner, sponsor or controller; one of several.",
        examples=[["jira-main/b"]],
    )
    stage: Names = Field(default=[], description="Key of the granted stage; one of several.")
    rule: Names = Field(default=[], description="Name of the mapping rule; one of several.")
    may_enter: Names = Field(
        default=[],
        description="Key of a stage whose gate is open; one of several.",
        examples=[["implemented"]],
    )
    next_state: list[GateState] = Field(default=[], description="State of the next gate; one of several.")
    implementation: list[Colour] = Field(default=[], description="Status of the work; one of several.")
    potential: list[Colour] = Field(default=[], description="Status of the money; one of several.")
    blocker: Names = Field(default=[], description="Code of a blocker: LEGACY_COST_RUNNING; one of several.")
    finding: Names = Field(default=[], description="Code of a finding: CREEP; one of several.")
    q: ShortText | None = Field(default=None, description="Part of the key or the title.")
    assessed_since: Moment | None = Field(default=None, description="Assessed at this time or later.")
    include_removed: bool = Field(default=False, description="Also measures that no rule matches any more.")
    sort: MeasureSort = Field(default=MeasureSort.ID, description="Order; with a minus the other way round.")

    def to_filter(self) -> MeasureFilter:
        people = [(one.partition("/")[0], one.partition("/")[2]) for one in self.person]
        return MeasureFilter(
            self.equal, self.blocker, self.finding, self.may_enter, self.next_state, people, self.q,
            self.assessed_since, self.include_removed,
        )  # fmt: skip

    @property
    def equal(self) -> dict[str, list[str]]:
        """The values of columns, by column."""
        given = {name: getattr(self, name) for name in measure_queries.EQUALITY_FILTERS}
        return {name: list(map(str, values)) for name, values in given.items() if values}


def list_measures(call: ApiCall) -> Page[MeasureSummary]:
    query = call.query_as(MeasuresQuery)
    after = _position(query)
    with call.services.read_as(call.viewer) as connection:
        require_known(call, connection, query.equal, blocker=query.blocker, finding=query.finding)
        require_stages(call, may_enter=query.may_enter)
        raise_unknown(unknown("person", query.person, lambda: known_people(connection, query.person)))
        rows = measure_queries.list_measures(
            connection, query.to_filter(), visible_to(call.viewer), after=after, limit=query.limit + 1, sort=query.sort
        )
    ends = [(_text(row[query.sort.column]), row["id"]) for row in rows]
    return make_page([measure_summary(row) for row in rows], query.limit, ends)


def _position(query: MeasuresQuery) -> tuple[str, str] | None:
    parts = from_cursor(query.cursor, str, str)
    if parts is None:
        return None
    value, measure = map(str, parts)
    if query.sort.column == "assessed_at":
        moment_of_cursor(value)
    return value, measure


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show(call: ApiCall) -> MeasureDetail:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        present = row if known is None else find_measure(call, connection)
        compared = compared_measure(call, connection, present)
        books = books_of(call.services, connection, row) if known is None else None
        capitalisation = capitalisation_model(connection, row) if known is None else None
    verdict = verdict_of(row)
    ages = source_ages(call.services.engine, (row["connection"],)) if known is None else ()
    return MeasureDetail(
        comparison=comparison_model(compared),
        books=books,
        capitalisation=capitalisation,
        relapse=relapse_model(verdict.relapse),
        sources=source_models(ages, call.services.settings.source_age_limit, system_clock()),
        known_from=known.known_from if known else None,
        measure=measure_summary(row),
        checklist=[
            ConditionModel(
                stage=condition.stage, code=condition.code, subject=condition.subject, outcome=condition.outcome,
                expected=condition.expected, actual=condition.actual, reason=condition.reason, who=condition.who,
                responsible=responsible_models(condition.responsible),
            )
            for condition in verdict.checklist
        ],
        findings=[finding_model(finding) for finding in verdict.findings],
        implementation=status_model(verdict.implementation),
        potential=status_model(verdict.potential),
        plan_figures=plan_figures(verdict.figures),
        kill_criteria=[
            KillCriterionModel(
                text=one.text, present=one.present, holds=one.holds, since=one.since, fires_at=criterion_at(one),
                overridden=one.overridden, evaluated_at=row["assessed_at"],
            )
            for one in verdict.kill_criteria
        ],
        kpis=kpi_models(row),
        steady_from=str(verdict.steady_from) if verdict.steady_from else None,
        off_ramp=verdict.off_ramp.reason if verdict.off_ramp else None,
        **{
            name: row[name]
            for name in (
                "mapping_version", "policy_version", "unreachable_since", "unreachable_reason", "unmapped_reason",
            )
        },
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET", "/measures", TAG, "List measures", list_measures, Page[MeasureSummary], query=MeasuresQuery,
        problems={409: "The active mapping is not valid, so that the stages are not known."},
        scope=TokenScope.MEASURES_READ,
    ),
    about_measure("/measures/{measure}", "Show a measure", show, MeasureDetail, query=MeasureComparedQuery),
)  # fmt: skip
