"""Measures: the list, one measure, its verdict, history, effect lines and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import request
from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import system_clock
from connector.measures.known_on import NotKnownYet, known_row
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.further_holders import further_holders
from connector.store.measures.measure_queries import MeasureFilter
from connector.store.measures.names_for_viewer import VisibleNames, decision_without_names
from connector.store.measures.verdict_history import KnownMeasure
from connector.store.measures.verdicts import verdict_of, verdict_to_json
from connector.store.operations.source_ages import source_ages
from governance.effects import Account, EffectKind, Version
from governance.kill_switch import criterion_at
from governance.money import Money
from governance.plan_check import CheckKind, PlanCheck
from governance.responsible import Responsible
from governance.verdict import Colour, Finding, GateState, Outcome, Status
from governance.verdict import Figures as VerdictFigures
from webhook_server.api.books import BothBooksModel, books_of
from webhook_server.api.capitalisation import CapitalisationModel, capitalisation_model
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation, PathParameter, Reply
from webhook_server.api.problem import AMBIGUOUS_TYPE, Problem
from webhook_server.api.relapse import RelapseModel, relapse_model
from webhook_server.api.sources import SourceModel, source_models
from webhook_server.api.values import (
    Amount,
    HierarchyModel,
    Model,
    Moment,
    Page,
    PageQuery,
    ShortText,
    from_cursor,
    make_page,
    number_cursor,
)

MEASURE_PARAMETER = PathParameter(
    "measure", "a measure, by its key (ITX-7), a former key, or its id (jira-main/10001)", allows_slashes=True
)
TAG = "measures"


class Figures(Model):
    """Net sums: benefit minus all costs."""

    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None
    variance: Amount | None = Field(description="At completion minus plan.")


class FurtherHolder(Model):
    role: str = Field(description="Key of the role in the mapping, such as `risk_owner`.")
    name: str


class MeasureSummary(Model):
    id: str
    key: str
    title: str | None
    url: str = Field(description="The item in its tool.")
    connection: str
    rule: str = Field(description="The mapping rule that matches the item.")
    hierarchy: HierarchyModel
    business_unit: str | None
    legal_entity: str | None
    owner: str | None
    sponsor: str | None
    controller: str | None
    further_roles: list[FurtherHolder] = Field(description="Who holds the roles that the mapping adds.")
    stage: str | None = Field(description="The last granted stage.")
    tool_stage: str | None = Field(description="The stage that the item's status corresponds to.")
    gate: GateState
    implementation: Colour
    potential: Colour
    figures: Figures
    blockers: int
    findings: int
    assessed_at: datetime


class ResponsibleModel(Model):
    """Somebody who must act."""

    role: str | None = Field(description="Key of the role of the measure; null for somebody without a role there.")
    name: str = Field(description="Empty if nobody is named.")


class BlockerModel(Model):
    code: str
    subject: str = Field(description="What the condition is about; for an approval, the role that gives it.")
    sentence: str
    who: str = Field(description="Who must act, as a text.")
    responsible: list[ResponsibleModel]
    since: datetime


class ConditionModel(Model):
    """A condition of the gate into the next stage."""

    stage: str
    code: str
    subject: str
    outcome: Outcome = Field(description="Unknown counts as not met.")
    expected: str
    actual: str
    reason: str
    who: str
    responsible: list[ResponsibleModel]


class FindingModel(Model):
    code: str
    subject: str
    sentence: str
    who: str
    responsible: list[ResponsibleModel]
    since: datetime


class PlanCheckModel(Model):
    """The latest estimate against the plan in one figure."""

    kind: CheckKind
    period: str = Field(description="Fiscal year of the in-year benefit, month of the run-rate.")
    planned: Amount
    expected: Amount
    ratio: str | None = Field(description="1 is as planned, 0.9 a tenth too little benefit or too much cost.")


class CheckWithColour(PlanCheckModel):
    """One figure that the colour of the potential is made of."""

    colour: Colour


class StatusModel(Model):
    colour: Colour
    ratio: str | None = Field(description="1 is as planned.")
    reason: str
    checks: list[CheckWithColour] = Field(description="Of the potential: what the colour is the worst of, worst first.")


class PlanFigures(Model):
    """What the decision rests on, the variance to what was decided first, and the validated value."""

    npv: Amount | None = Field(description="Net present value of the plan at the policy's rate.")
    payback_months: int | None = Field(description="Months after which the cumulative cash stays at zero or more.")
    original_plan: Amount | None = Field(description="Net plan of the decision, if a re-baseline has replaced it.")
    variance_to_original: Amount | None = Field(description="At completion minus the plan of the decision.")
    claimed: Amount | None = Field(description="Booked effect on the result of all months, without capex.")
    validated: Amount | None = Field(description="What of it the controller has signed.")
    unvalidated: Amount | None = Field(description="What of it nobody has signed.")
    missing_actuals: list[str] = Field(description="Closed months without a booking; they count as forecast.")
    leakage: list[PlanCheckModel] = Field(
        description="In-year benefit and run-rate below the plan of the decision, also after a re-baseline."
    )


class KnownOnQuery(Model):
    on: ShortText | None = Field(
        default=None,
        description="As known on a day (2026-06-30, until its end in UTC) or at a moment (2026-06-30T12:00Z).",
    )


class KillCriterionModel(Model):
    text: str
    present: str = Field(description="The present value, or why it is not known.")
    holds: bool | None = Field(description="Null when the present value is not known.")
    since: datetime | None = Field(description="Since when it has held without a break.")
    fires_at: datetime | None = Field(description="When it stops the measure if nothing changes.")
    overridden: bool = Field(description="The sponsor decided to go on although it holds.")
    evaluated_at: datetime


class MeasureDetail(Model):
    known_from: datetime | None = Field(
        description="Since when what is shown was known, if a day was asked for; null for today."
    )
    measure: MeasureSummary
    next_stage: str | None
    allowed_stages: list[str] = Field(description="Labels of the stages to which the item may move now.")
    blockers: list[BlockerModel]
    checklist: list[ConditionModel]
    findings: list[FindingModel]
    implementation: StatusModel
    potential: StatusModel
    plan_figures: PlanFigures
    kill_criteria: list[KillCriterionModel] = Field(description="The agreed criteria, evaluated from the decision on.")
    off_ramp: str | None = Field(description="Why it is on hold or cancelled; null otherwise.")
    mapping_version: int
    policy_version: str
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None = Field(description="Why it is no longer a measure.")
    books: BothBooksModel | None = Field(
        description="Also in the currency and fiscal year of its legal entity, where the mapping names others than the "
        "group's; null for a day in the past, whose rates are not kept."
    )
    sources: list[SourceModel] = Field(description="The connection that it is read from; empty for a day in the past.")
    capitalisation: CapitalisationModel | None = Field(
        description="Whether what is spent may be capitalised; null for a day in the past."
    )
    relapse: RelapseModel | None = Field(
        description="What the watch after closing found; null while nothing is watched."
    )


class Explanation(Model):
    """The same as ``gatepost explain``."""

    id: str
    key: str
    title: str | None
    url: str
    explanation: list[str] = Field(
        description="Lines of text; the first ones are also in the tool's field with the blockers."
    )
    verdict: dict[str, Any] = Field(description="The verdict with its findings, as stored.")
    mapping_version: int
    policy_version: str
    assessed_at: datetime
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None


class StatusDay(Model):
    day: date
    stage: str | None
    gate: GateState
    implementation: Colour
    potential: Colour
    reasons: dict[str, str]


class StatusDayList(Model):
    items: list[StatusDay]


class EffectLineModel(Model):
    version: Version
    kind: EffectKind
    month: date = Field(description="Its first day.")
    account: Account
    hard: bool
    money: Amount


class EffectLineList(Model):
    items: list[EffectLineModel]


class DecisionSummary(Model):
    number: int
    decided_at: datetime
    stage: str | None
    gate: GateState
    mapping_version: int
    policy_version: str
    digest: str = Field(description="The digest that the audit records.")


class DecisionDetail(Model):
    decision: DecisionSummary
    verdict: dict[str, Any]
    evidence: dict[str, Any]


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


def measure_summary(row: RowMapping) -> MeasureSummary:
    same = (
        "id", "key", "title", "url", "connection", "rule", "business_unit", "legal_entity", "owner", "sponsor",
        "controller", "stage", "tool_stage", "gate", "implementation", "potential", "blockers", "assessed_at",
    )  # fmt: skip
    figures = Figures(
        **{name: Amount.of(row[f"{name}_net"], row["currency"]) for name in ("plan", "forecast", "actual", "variance")}
    )
    return MeasureSummary(
        hierarchy=HierarchyModel.of(row),
        figures=figures,
        findings=row["finding_count"],
        further_roles=[FurtherHolder(role=role, name=name) for role, name in further_holders(_further(row))],
        **{name: row[name] for name in same},
    )


def _further(row: RowMapping) -> Mapping[str, Any] | None:
    """Of one measure by its facts, which may be those of a day; in a list by a column of their own."""
    if "facts" not in row:
        return row["further_roles"]  # type: ignore[no-any-return]  # an object of JSON
    return row["facts"].get("roles", {}).get("further")  # type: ignore[no-any-return]


def responsible_models(people: Iterable[Responsible]) -> list[ResponsibleModel]:
    return [ResponsibleModel(role=person.role, name=person.name) for person in people]


def finding_model(finding: Finding) -> FindingModel:
    return FindingModel(
        code=finding.code, subject=finding.subject, sentence=finding.sentence, who=finding.who,
        responsible=responsible_models(finding.responsible), since=finding.since,
    )  # fmt: skip


def status_model(status: Status) -> StatusModel:
    ratio = None if status.number is None else str(status.number)
    return StatusModel(
        colour=status.colour,
        ratio=ratio,
        reason=status.reason,
        checks=[CheckWithColour(**_check(one.check).model_dump(), colour=one.colour) for one in status.checks],
    )


def _check(check: PlanCheck) -> PlanCheckModel:
    return PlanCheckModel(
        kind=check.kind,
        period=check.period,
        planned=_amount(check.planned),
        expected=_amount(check.expected),
        ratio=None if check.ratio is None else f"{check.ratio:.6f}",
    )


def plan_figures(figures: VerdictFigures) -> PlanFigures:
    npv, original, variance = figures.npv, figures.original_plan, figures.variance_to_original
    return PlanFigures(
        npv=npv and _amount(npv),
        payback_months=figures.payback_months,
        original_plan=original and _amount(original),
        variance_to_original=variance and _amount(variance),
        claimed=figures.claimed and _amount(figures.claimed),
        validated=figures.validated and _amount(figures.validated),
        unvalidated=figures.unvalidated and _amount(figures.unvalidated),
        missing_actuals=[gap.text for gap in figures.missing_actuals],
        leakage=[_check(one) for one in figures.leakage],
    )


def _amount(money: Money) -> Amount:
    return Amount(amount=f"{money.amount:f}", currency=money.currency)


def find_measure(call: ApiCall, connection: Connection) -> RowMapping:
    """The measure of the path.  Raises Problem: 404 without such a measure, 409 when several have the key."""
    name = call.text_parameter("measure")
    rows = measure_queries.find_measures(connection, name, visible_to(call.viewer))
    if not rows:
        raise Problem(404, f'There is no measure "{name}".', "Name it by its key or id.")
    if len(rows) > 1:
        ids = ", ".join(row["id"] for row in rows)
        raise Problem(
            409, f'"{name}" is the key of several measures.', f"Name one by its id: {ids}.", kind=AMBIGUOUS_TYPE
        )
    return rows[0]


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


def find_known(call: ApiCall, connection: Connection) -> tuple[RowMapping, KnownMeasure | None]:
    """The measure of the path, as known on the day of the query where there is one.

    Raises Problem: 422 for what is no day of the past, 404 before Gatepost knew the measure.
    """
    row = find_measure(call, connection)
    on = day_of(call.query_as(KnownOnQuery).on)
    if on is None:
        return row, None
    try:
        known = known_row(connection, row, on)
    except NotKnownYet as error:
        raise Problem(404, str(error), "Ask for a later day.") from error
    return known.row, known  # type: ignore[return-value]  # a row as the catalogue has it


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
        next_stage=verdict.next_stage,
        allowed_stages=list(verdict.allowed_stages),
        blockers=[
            BlockerModel(
                code=blocker.code, subject=blocker.subject, sentence=blocker.sentence, who=blocker.who,
                responsible=responsible_models(blocker.responsible), since=blocker.since,
            )
            for blocker in verdict.blockers
        ],
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


def explain(call: ApiCall) -> Explanation | Reply:
    """The verdict as a checklist: JSON, or plain text if the client prefers it."""
    with call.services.read_as(call.viewer) as connection:
        row, _ = find_known(call, connection)
    if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
        return Reply(None, text=f"{row['key']} {row['title'] or ''}\n\n{row['explanation']}\n")
    names = (name for name in Explanation.model_fields if name not in {"explanation", "verdict"})
    stored = verdict_to_json(verdict_of(row))
    return Explanation(
        explanation=row["explanation"].splitlines(),
        verdict=decision_without_names(stored, VisibleNames(everything=call.viewer.sees_everything)),
        **{name: row[name] for name in names},
    )


def history(call: ApiCall) -> StatusDayList:
    with call.services.read_as(call.viewer) as connection:
        rows = measure_queries.status_history(connection, find_measure(call, connection)["id"])
    return StatusDayList(items=[StatusDay(**{name: row[name] for name in StatusDay.model_fields}) for row in rows])


def effect_lines(call: ApiCall) -> EffectLineList:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        rows = known.lines if known else measure_queries.effect_lines(connection, row["id"])
    return EffectLineList(
        items=[
            EffectLineModel(
                money=Amount(amount=f"{row['amount']:f}", currency=row["currency"]),
                **{name: row[name] for name in ("version", "kind", "month", "account", "hard")},
            )
            for row in rows
        ]
    )


def list_decisions(call: ApiCall) -> Page[DecisionSummary]:
    query = call.query_as(PageQuery)
    with call.services.read_as(call.viewer) as connection:
        measure = find_measure(call, connection)["id"]
        rows = measure_queries.list_decisions(
            connection, measure, before=number_cursor(query.cursor), limit=query.limit + 1
        )
    return make_page([_decision(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_decision(call: ApiCall) -> DecisionDetail:
    with call.services.read_as(call.viewer) as connection:
        row = measure_queries.find_decision(connection, call.number_parameter("number"))
    if row is None:
        raise Problem(
            404,
            f"There is no decision {call.number_parameter('number')}.",
            "A measure's decisions are listed with their numbers.",
        )
    visible = VisibleNames(everything=call.viewer.sees_everything)
    verdict, evidence = (decision_without_names(row[part], visible) for part in ("verdict", "evidence"))
    return DecisionDetail(decision=_decision(row), verdict=verdict, evidence=evidence)


def _decision(row: RowMapping) -> DecisionSummary:
    return DecisionSummary(
        number=row["id"], **{name: row[name] for name in DecisionSummary.model_fields if name != "number"}
    )


_AMBIGUOUS_KEY = {409: "Several measures have this key; the type is urn:gatepost:ambiguous."}


def _get(path: str, summary: str, run: Any, response: Any, **more: Any) -> Operation:
    return Operation(
        "GET", path, TAG, summary, run, response, path_parameters=(MEASURE_PARAMETER,), problems=_AMBIGUOUS_KEY, **more
    )


OPERATIONS = (
    Operation("GET", "/measures", TAG, "List measures", list_measures, Page[MeasureSummary], query=MeasuresQuery),
    _get("/measures/{measure}", "Show a measure", show, MeasureDetail, query=KnownOnQuery),
    _get(
        "/measures/{measure}/explain", "Explain the verdict as a checklist", explain, Explanation, has_text_form=True,
        query=KnownOnQuery,
    ),
    _get("/measures/{measure}/history", "Show implementation and potential status day by day", history, StatusDayList),
    _get("/measures/{measure}/effect-lines", "List effect lines", effect_lines, EffectLineList, query=KnownOnQuery),
    _get("/measures/{measure}/decisions", "List decisions", list_decisions, Page[DecisionSummary], query=PageQuery),
    Operation(
        "GET", "/decisions/{number}", TAG, "Show a decision with its evidence", show_decision, DecisionDetail,
        path_parameters=(PathParameter("number", "a decision's number", int),),
    ),
)  # fmt: skip
