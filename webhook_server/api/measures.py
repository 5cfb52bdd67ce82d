"""Measures: the list and one measure."""

from __future__ import annotations

from pydantic import Field

from connector.bootstrap import system_clock
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.measure_queries import MeasureFilter
from connector.store.measures.verdicts import verdict_of
from connector.store.operations.source_ages import source_ages
from governance.kill_switch import criterion_at
from governance.verdict import Colour, GateState
from webhook_server.api.books import books_of
from webhook_server.api.capitalisation import capitalisation_model
from webhook_server.api.gates_model import responsible_models
from webhook_server.api.measure_answers import (
    finding_model,
    measure_summary,
    plan_figures,
    status_model,
)
from webhook_server.api.measure_lookup import (
    TAG,
    KnownOnQuery,
    about_measure,
    find_known,
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
    Page,
    PageQuery,
    ShortText,
    from_cursor,
    make_page,
)


class MeasuresQuery(PageQuery):
    connection: ShortText | None = None
    portfolio: ShortText | None = None
    program: ShortText | None = None
    project: ShortText | None = None
    package: ShortText | None = None
    business_unit: ShortText | None = None
    legal_entity: ShortText | None = None
    owner: ShortText | None = Field(default=None, description="A person's name, as listed.")
    sponsor: ShortText | None = None
    controller: ShortText | None = None
    stage: ShortText | None = None
    rule: ShortText | None = None
    gate: GateState | None = None
    implementation: Colour | None = None
    potential: Colour | None = None
    blocker: ShortText | None = Field(default=None, description="Code of a blocker: LEGACY_COST_RUNNING.")
    finding: ShortText | None = Field(default=None, description="Code of a finding: CREEP.")
    q: ShortText | None = Field(default=None, description="Part of the key or the title.")
    assessed_since: Moment | None = Field(default=None, description="Assessed at this time or later.")
    include_removed: bool = Field(default=False, description="Also measures that no rule matches any more.")

    def to_filter(self) -> MeasureFilter:
        equal = {name: value for name in measure_queries.EQUALITY_FILTERS if (value := getattr(self, name)) is not None}
        return MeasureFilter(
            {name: str(value) for name, value in equal.items()}, self.blocker, self.finding, self.q,
            self.assessed_since, self.include_removed,
        )  # fmt: skip


def list_measures(call: ApiCall) -> Page[MeasureSummary]:
    query = call.query_as(MeasuresQuery)
    after = from_cursor(query.cursor, str)
    with call.services.read_as(call.viewer) as connection:
        rows = measure_queries.list_measures(
            connection,
            query.to_filter(),
            visible_to(call.viewer),
            after=str(after[0]) if after else None,
            limit=query.limit + 1,
        )
    return make_page([measure_summary(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show(call: ApiCall) -> MeasureDetail:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        books = books_of(call.services, connection, row) if known is None else None
        capitalisation = capitalisation_model(connection, row) if known is None else None
    verdict = verdict_of(row)
    ages = source_ages(call.services.engine, (row["connection"],)) if known is None else ()
    return MeasureDetail(
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
        off_ramp=verdict.off_ramp.reason if verdict.off_ramp else None,
        **{
            name: row[name]
            for name in (
                "mapping_version", "policy_version", "unreachable_since", "unreachable_reason", "unmapped_reason",
            )
        },
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/measures", TAG, "List measures", list_measures, Page[MeasureSummary], query=MeasuresQuery),
    about_measure("/measures/{measure}", "Show a measure", show, MeasureDetail, query=KnownOnQuery),
)  # fmt: skip
