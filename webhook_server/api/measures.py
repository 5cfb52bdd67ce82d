"""Measures: the list, one of them, and everything that was said, decided and counted of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import request
from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.store.database.row_level_access import visible
from connector.store.measures import measure_queries
from connector.store.measures.measure_queries import Wanted
from connector.store.measures.verdicts import verdict_of, verdict_to_json
from governance.effects import Account, EffectKind, Version
from governance.measure import Role
from governance.responsible import Responsible
from governance.verdict import Colour, Finding, GateState, Outcome, Status
from webhook_server.api.operation import Call, Operation, Part, Reply
from webhook_server.api.problem import AMBIGUOUS, Problem
from webhook_server.api.values import (
    Amount,
    Model,
    Moment,
    Page,
    Paged,
    Place,
    Word,
    from_cursor,
    number_after,
    page_of,
)

MEASURE = Part("measure", "a measure, by its key (ITX-7), a former key, or its id (jira-main/10001)", slashes=True)
TAG = "measures"


class Figures(Model):
    """Net sums: benefit minus all costs."""

    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None
    variance: Amount | None = Field(description="At completion minus plan.")


class MeasureShort(Model):
    id: str
    key: str
    title: str | None
    url: str = Field(description="The item in its tool.")
    connection: str
    rule: str = Field(description="The rule of the mapping that takes the item.")
    place: Place
    business_unit: str | None
    legal_entity: str | None
    owner: str | None
    sponsor: str | None
    controller: str | None
    stage: str | None = Field(description="The stage that was granted last.")
    tool_stage: str | None = Field(description="The stage that the item's status stands for.")
    gate: GateState
    implementation: Colour
    potential: Colour
    figures: Figures
    blockers: int
    findings: int
    assessed_at: datetime


class ResponsibleModel(Model):
    """Somebody who must act."""

    role: Role | None = Field(description="The role of the measure; null for somebody who holds none of its roles.")
    name: str = Field(description="Empty where nobody is named.")


class BlockerModel(Model):
    code: str
    subject: str = Field(description="What the condition is about; of an approval the role that gives it.")
    sentence: str
    who: str = Field(description="Who must act, in words.")
    responsible: list[ResponsibleModel]
    since: datetime


class ConditionModel(Model):
    """One condition of the gate into the next stage."""

    stage: str
    code: str
    subject: str
    outcome: Outcome = Field(description="Unknown is not met.")
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


class LightModel(Model):
    colour: Colour
    number: str | None = Field(description="A ratio; 1 is as planned.")
    reason: str


class MeasureWhole(Model):
    measure: MeasureShort
    next_stage: str | None
    passes: list[str] = Field(description="Labels of the stages into which the item may be moved now.")
    blocked_by: list[BlockerModel]
    checklist: list[ConditionModel]
    found: list[FindingModel]
    implementation: LightModel
    potential: LightModel
    off_road: str | None = Field(description="Why it is on hold or cancelled; null when it is on its way.")
    mapping_version: int
    policy_version: str
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None = Field(description="Why it is no measure any more.")


class Explanation(Model):
    """The same as ``gatepost explain``."""

    id: str
    key: str
    title: str | None
    url: str
    explanation: list[str] = Field(description="Line by line; the first ones are what the tool's blocker field holds.")
    verdict: dict[str, Any] = Field(description="The whole verdict with its findings, as it is stored.")
    mapping_version: int
    policy_version: str
    assessed_at: datetime
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None


class Day(Model):
    day: date
    stage: str | None
    gate: GateState
    implementation: Colour
    potential: Colour
    reasons: dict[str, str]


class Days(Model):
    items: list[Day]


class Line(Model):
    version: Version
    kind: EffectKind
    month: date = Field(description="Its first day.")
    account: Account
    hard: bool
    money: Amount


class Lines(Model):
    items: list[Line]


class Decision(Model):
    number: int
    decided_at: datetime
    stage: str | None
    gate: GateState
    mapping_version: int
    policy_version: str
    digest: str = Field(description="As it stands in the audit.")


class DecisionWhole(Model):
    decision: Decision
    verdict: dict[str, Any]
    evidence: dict[str, Any]


class MeasuresQuery(Paged):
    connection: Word | None = None
    portfolio: Word | None = None
    program: Word | None = None
    project: Word | None = None
    package: Word | None = None
    business_unit: Word | None = None
    legal_entity: Word | None = None
    owner: Word | None = Field(default=None, description="A person's name, as the list shows it.")
    sponsor: Word | None = None
    controller: Word | None = None
    stage: Word | None = None
    rule: Word | None = None
    gate: GateState | None = None
    implementation: Colour | None = None
    potential: Colour | None = None
    blocker: Word | None = Field(default=None, description="Code of a blocker: LEGACY_COST_RUNNING.")
    finding: Word | None = Field(default=None, description="Code of a finding: CREEP.")
    q: Word | None = Field(default=None, description="Part of the key or the title.")
    assessed_since: Moment | None = Field(default=None, description="Looked at since then.")
    gone: bool = Field(default=False, description="Also what no rule takes any more.")

    def wanted(self) -> Wanted:
        given = {name: value for name in measure_queries.EQUAL if (value := getattr(self, name)) is not None}
        return Wanted(
            {name: str(value) for name, value in given.items()}, self.blocker, self.finding, self.q,
            self.assessed_since, self.gone,
        )  # fmt: skip


def short(row: RowMapping) -> MeasureShort:
    same = (
        "id", "key", "title", "url", "connection", "rule", "business_unit", "legal_entity", "owner", "sponsor",
        "controller", "stage", "tool_stage", "gate", "implementation", "potential", "blockers", "assessed_at",
    )  # fmt: skip
    figures = Figures(
        **{name: Amount.of(row[f"{name}_net"], row["currency"]) for name in ("plan", "forecast", "actual", "variance")}
    )
    return MeasureShort(
        place=Place.of(row), figures=figures, findings=row["finding_count"], **{name: row[name] for name in same}
    )


def responsible_models(people: Iterable[Responsible]) -> list[ResponsibleModel]:
    return [ResponsibleModel(role=one.role, name=one.name) for one in people]


def finding_model(finding: Finding) -> FindingModel:
    return FindingModel(
        code=finding.code, subject=finding.subject, sentence=finding.sentence, who=finding.who,
        responsible=responsible_models(finding.responsible), since=finding.since,
    )  # fmt: skip


def light_model(status: Status) -> LightModel:
    number = None if status.number is None else str(status.number)
    return LightModel(colour=status.colour, number=number, reason=status.reason)


def one(call: Call, connection: Connection) -> RowMapping:
    """The measure that the address names.  Raises a problem when there is none, or when the key is several's."""
    name = call.name("measure")
    found = measure_queries.named(connection, name, visible(call.viewer))
    if not found:
        raise Problem(404, f'There is no measure "{name}".', "Name it by its key or id.")
    if len(found) > 1:
        ids = ", ".join(row["id"] for row in found)
        raise Problem(409, f'"{name}" is the key of several measures.', f"Name one by its id: {ids}.", kind=AMBIGUOUS)
    return found[0]


def list_measures(call: Call) -> Page[MeasureShort]:
    query = call.asked(MeasuresQuery)
    after = from_cursor(query.cursor, str)
    with call.services.reading(call.viewer) as connection:
        rows = measure_queries.measures(
            connection,
            query.wanted(),
            visible(call.viewer),
            after=str(after[0]) if after else None,
            limit=query.limit + 1,
        )
    return page_of([short(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show(call: Call) -> MeasureWhole:
    with call.services.reading(call.viewer) as connection:
        row = one(call, connection)
    verdict = verdict_of(row)
    return MeasureWhole(
        measure=short(row),
        next_stage=verdict.next_stage,
        passes=list(verdict.passes),
        blocked_by=[
            BlockerModel(
                code=one.code, subject=one.subject, sentence=one.sentence, who=one.who,
                responsible=responsible_models(one.responsible), since=one.since,
            )
            for one in verdict.blockers
        ],
        checklist=[
            ConditionModel(
                stage=one.stage, code=one.code, subject=one.subject, outcome=one.outcome, expected=one.expected,
                actual=one.actual, reason=one.reason, who=one.who, responsible=responsible_models(one.responsible),
            )
            for one in verdict.checklist
        ],
        found=[finding_model(one) for one in verdict.findings],
        implementation=light_model(verdict.implementation),
        potential=light_model(verdict.potential),
        off_road=verdict.ramp.reason if verdict.ramp else None,
        **{
            name: row[name]
            for name in (
                "mapping_version", "policy_version", "unreachable_since", "unreachable_reason", "unmapped_reason",
            )
        },
    )  # fmt: skip


def explain(call: Call) -> Explanation | Reply:
    """The verdict as a checklist: JSON, or plain text when that is what the client accepts."""
    with call.services.reading(call.viewer) as connection:
        row = one(call, connection)
    if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
        return Reply(None, text=f"{row['key']} {row['title'] or ''}\n\n{row['explanation']}\n")
    names = (name for name in Explanation.model_fields if name not in {"explanation", "verdict"})
    return Explanation(
        explanation=row["explanation"].splitlines(),
        verdict=verdict_to_json(verdict_of(row)),
        **{name: row[name] for name in names},
    )


def history(call: Call) -> Days:
    with call.services.reading(call.viewer) as connection:
        rows = measure_queries.days(connection, one(call, connection)["id"])
    return Days(items=[Day(**{name: row[name] for name in Day.model_fields}) for row in rows])


def effect_lines(call: Call) -> Lines:
    with call.services.reading(call.viewer) as connection:
        rows = measure_queries.effect_lines(connection, one(call, connection)["id"])
    return Lines(
        items=[
            Line(
                money=Amount(amount=f"{row['amount']:f}", currency=row["currency"]),
                **{name: row[name] for name in ("version", "kind", "month", "account", "hard")},
            )
            for row in rows
        ]
    )


def list_decisions(call: Call) -> Page[Decision]:
    query = call.asked(Paged)
    with call.services.reading(call.viewer) as connection:
        measure = one(call, connection)["id"]
        rows = measure_queries.decisions(connection, measure, before=number_after(query.cursor), limit=query.limit + 1)
    return page_of([_decision(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_decision(call: Call) -> DecisionWhole:
    with call.services.reading(call.viewer) as connection:
        row = measure_queries.decision(connection, call.number("number"))
    if row is None:
        raise Problem(404, f"There is no decision {call.number('number')}.", "Numbers stand in a measure's decisions.")
    return DecisionWhole(decision=_decision(row), verdict=row["verdict"], evidence=row["evidence"])


def _decision(row: RowMapping) -> Decision:
    return Decision(number=row["id"], **{name: row[name] for name in Decision.model_fields if name != "number"})


_KEY_OF_SEVERAL = {409: "The key is that of several measures; the type is urn:gatepost:ambiguous."}


def _get(path: str, summary: str, run: Any, answer: Any, **more: Any) -> Operation:
    return Operation("GET", path, TAG, summary, run, answer, parts=(MEASURE,), problems=_KEY_OF_SEVERAL, **more)


OPERATIONS = (
    Operation("GET", "/measures", TAG, "List measures", list_measures, Page[MeasureShort], query=MeasuresQuery),
    _get("/measures/{measure}", "Show a measure", show, MeasureWhole),
    _get("/measures/{measure}/explain", "Explain the verdict as a checklist", explain, Explanation, text=True),
    _get("/measures/{measure}/history", "Show both lights day by day", history, Days),
    _get("/measures/{measure}/effect-lines", "List the effect lines that count", effect_lines, Lines),
    _get("/measures/{measure}/decisions", "List decisions", list_decisions, Page[Decision], query=Paged),
    Operation(
        "GET", "/decisions/{number}", TAG, "Show a decision with its evidence", show_decision, DecisionWhole,
        parts=(Part("number", "a decision's number", int),),
    ),
)  # fmt: skip
