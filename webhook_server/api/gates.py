"""Gates: whether a measure may pass, for instance asked by a pipeline before it deploys."""

from __future__ import annotations

from datetime import datetime

from flask import request
from pydantic import Field

from connector.bootstrap import MappingCache
from connector.measures.gate_check import GateCheck, NoAnswer, NoAnswerReason, check_gate
from connector.people.permissions import TokenScope
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.measure_lookup import explanation_of
from governance.verdict import GateState, Outcome
from webhook_server.api.gates_model import GatesModel, gates_model
from webhook_server.api.measure_lookup import MEASURE_PARAMETER
from webhook_server.api.operation import ApiCall, Operation, PathParameter, Reply
from webhook_server.api.problem import Problem, ProblemCode, ProblemModel
from webhook_server.api.values import Model, ShortText


class GateConditionModel(Model):
    outcome: Outcome
    subject: str
    code: str
    reason: str
    who: str


class GateCheckModel(Model):
    """Whether a measure may pass a gate."""

    open: bool
    state: GateState = Field(
        description="Of the gate that was asked for. A gate behind the next one is blocked: others come first."
    )
    measure: str
    key: str
    title: str | None
    url: str
    stage: str = Field(description="The stage that the gate leads into.")
    stage_label: str
    granted_stage: str | None = Field(description="The last granted stage.")
    summary: str = Field(description="The answer in one sentence.")
    gates: GatesModel
    checklist: list[GateConditionModel] = Field(description="Every condition of the next gate.")
    assessed_at: datetime
    text: str = Field(description="The whole answer as a text for a terminal.")


class GateQuery(Model):
    always_200: bool = Field(
        default=False,
        description="Answer 200 also when the gate is shut, for tools that stop at an error; read `open`.",
    )


PROBLEMS = {
    404: "There is no such measure or stage, or it is no longer a measure.",
    409: "The gate is shut: the body is the checklist. Or several measures have the key: a problem with the code "
    "ambiguous_key.",
    503: "The item is no longer visible in its tool, so there is no answer.",
}
PROBLEM_OF_REASON = {
    NoAnswerReason.NO_MEASURE: (404, ProblemCode.NOT_VISIBLE_OR_UNKNOWN, "Name it by its key or id."),
    NoAnswerReason.AMBIGUOUS: (409, ProblemCode.AMBIGUOUS_KEY, ""),
    NoAnswerReason.NO_STAGE: (404, ProblemCode.UNKNOWN_STAGE, ""),
    NoAnswerReason.UNREACHABLE: (503, ProblemCode.ITEM_UNREACHABLE, "Its tool no longer shows the item."),
    NoAnswerReason.UNMAPPED: (404, ProblemCode.NO_LONGER_A_MEASURE, ""),
}
"""Status, code and what to do, where that is another thing for a program than at the command line."""


def no_answer(answer: NoAnswer) -> Problem:
    status, code, detail = PROBLEM_OF_REASON[answer.reason]
    return Problem(status, answer.problem, detail or answer.hint, code=code)


def check(call: ApiCall) -> Reply:
    name, stage = call.text_parameter("measure"), call.text_parameter("stage")
    active = MappingCache(call.services.mappings).active()
    with call.services.read_as(call.viewer) as connection:
        measures = [
            explanation_of(row) for row in measure_queries.find_measures(connection, name, visible_to(call.viewer))
        ]
    answer = check_gate(measures, name, stage, active.policies.base if active is not None else None)
    if isinstance(answer, NoAnswer):
        raise no_answer(answer)
    status = 200 if answer.open or call.query_as(GateQuery).always_200 else 409
    if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
        return Reply(None, status, text=f"{answer.text}\n")
    return Reply(_gate(answer), status)


def _gate(answer: GateCheck) -> GateCheckModel:
    same = (
        "open",
        "state",
        "measure",
        "key",
        "title",
        "url",
        "stage",
        "stage_label",
        "granted_stage",
        "summary",
        "text",
    )
    return GateCheckModel(
        gates=gates_model(answer.gates),
        checklist=[
            GateConditionModel(
                outcome=condition.outcome, subject=condition.subject, code=condition.code, reason=condition.reason,
                who=condition.who,
            )
            for condition in answer.checklist
        ],
        assessed_at=answer.assessed_at,
        **{name: getattr(answer, name) for name in same},
    )  # fmt: skip


class GateQuestion(Model):
    measure: ShortText = Field(description="Key or id of the measure.")
    stage: ShortText = Field(
        description="Key or label of the stage that the gate leads into.", examples=["implemented"]
    )


class GateQuestions(Model):
    items: list[GateQuestion] = Field(min_length=1, max_length=500, description="Up to 500 gates.")


class GateAnswer(Model):
    """One answer: a gate, or why there is no answer.  Without one nothing may pass."""

    gate: GateCheckModel | None = Field(description="The answer; null when there is none.")
    problem: ProblemModel | None = Field(description="Why there is no answer; null otherwise.")


class GateAnswerList(Model):
    all_open: bool = Field(description="Whether every one of these gates is open.")
    items: list[GateAnswer] = Field(description="In the order of the request.")


def check_several(call: ApiCall) -> GateAnswerList:
    questions = call.body_as(GateQuestions).items
    active = MappingCache(call.services.mappings).active()
    policy = active.policies.base if active is not None else None
    with call.services.read_as(call.viewer) as connection:
        found = {
            name: [explanation_of(row) for row in measure_queries.find_measures(connection, name, visible)]
            for visible in (visible_to(call.viewer),)
            for name in {question.measure for question in questions}
        }
    answers = []
    for question in questions:
        answer = check_gate(found[question.measure], question.measure, question.stage, policy)
        if isinstance(answer, NoAnswer):
            answers.append(GateAnswer(gate=None, problem=no_answer(answer).model))
        else:
            answers.append(GateAnswer(gate=_gate(answer), problem=None))
    return GateAnswerList(all_open=all(one.gate is not None and one.gate.open for one in answers), items=answers)


STAGE_PARAMETER = PathParameter("stage", "a stage, by its key or label: implemented")

OPERATIONS = (
    Operation(
        "GET",
        "/gates/{measure}/{stage}",
        "gates",
        "Ask whether a gate is open",
        check,
        GateCheckModel,
        other_responses={409: GateCheckModel},
        path_parameters=(MEASURE_PARAMETER, STAGE_PARAMETER),
        query=GateQuery,
        has_text_form=True,
        problems=PROBLEMS,
        description="200 when the gate into the stage is open, 409 with the same body when it is shut. With "
        "`Accept: text/plain` the checklist as lines.",
        scope=TokenScope.GATES_READ,
    ),
    Operation(
        "POST",
        "/gates/check",
        "gates",
        "Ask whether several gates are open",
        check_several,
        GateAnswerList,
        body=GateQuestions,
        description="Up to 500; 200 with an answer for each, open or shut. Read `all_open` before you act on all.",
        scope=TokenScope.GATES_READ,
    ),
)
