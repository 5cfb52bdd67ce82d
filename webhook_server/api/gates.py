"""Gates: the question of a pipeline before it deploys."""

from __future__ import annotations

from datetime import datetime

from flask import request
from pydantic import Field

from connector.bootstrap import MappingCache
from connector.measures.gate_check import CannotSay, Doubt, GateAnswer, ask
from connector.store.database.row_level_access import visible
from connector.store.measures import measure_queries
from connector.store.measures.measure_lookup import explained
from governance.verdict import Outcome
from webhook_server.api.measures import MEASURE
from webhook_server.api.operation import Call, Operation, Part, Reply
from webhook_server.api.problem import AMBIGUOUS, Problem
from webhook_server.api.values import Model


class Blocking(Model):
    code: str
    sentence: str
    who: str
    since: datetime | None = Field(
        description="When it was seen first; null when the item has not come to this gate yet."
    )


class Condition(Model):
    outcome: Outcome
    subject: str
    code: str
    told: str
    who: str


class Gate(Model):
    """Whether a measure may pass a gate."""

    open: bool
    measure: str
    key: str
    title: str | None
    url: str
    stage: str = Field(description="The stage that the gate leads into.")
    label: str
    granted: str | None = Field(description="The stage that was granted last.")
    told: str = Field(description="The answer in one sentence.")
    blockers: list[Blocking]
    checklist: list[Condition] = Field(description="Every condition of the gate that is asked for next.")
    assessed_at: datetime
    text: str = Field(description="All of it, for a terminal.")


class GateQuery(Model):
    always_200: bool = Field(
        default=False,
        description="Answer 200 also when it is shut, for tools that break off at an error: look at `open`.",
    )


PROBLEMS = {
    404: "There is no such measure or stage, or it is no measure any more.",
    409: "The gate is shut: the body is the checklist. Or the key is that of several measures: a problem of the type "
    "urn:gatepost:ambiguous.",
    503: "The item can no longer be seen in its tool: nothing can be said.",
}
STATUS = {Doubt.AMBIGUOUS: 409, Doubt.UNREACHABLE: 503}


def check(call: Call) -> Reply:
    name, stage = call.name("measure"), call.name("stage")
    active = MappingCache(call.services.mappings).active()
    with call.services.reading(call.viewer) as connection:
        found = [explained(row) for row in measure_queries.named(connection, name, visible(call.viewer))]
    answer = ask(found, name, stage, active.policies.base if active is not None else None)
    if isinstance(answer, CannotSay):
        kind = AMBIGUOUS if answer.doubt is Doubt.AMBIGUOUS else "about:blank"
        raise Problem(STATUS.get(answer.doubt, 404), answer.problem, answer.hint, kind=kind)
    status = 200 if answer.open or call.asked(GateQuery).always_200 else 409
    if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
        return Reply(None, status, text=f"{answer.text}\n")
    return Reply(_gate(answer), status)


def _gate(answer: GateAnswer) -> Gate:
    same = ("open", "measure", "key", "title", "url", "stage", "label", "granted", "told", "text")
    return Gate(
        blockers=[
            Blocking(code=one.code, sentence=one.sentence, who=one.who, since=one.since) for one in answer.blockers
        ],
        checklist=[
            Condition(outcome=one.outcome, subject=one.subject, code=one.code, told=one.told, who=one.who)
            for one in answer.checklist
        ],
        assessed_at=answer.assessed_at,
        **{name: getattr(answer, name) for name in same},
    )


STAGE = Part("stage", "a stage, by its key or label: implemented")

OPERATIONS = (
    Operation(
        "GET", "/gates/{measure}/{stage}", "gates", "Ask whether a gate is open", check, Gate, also={409: Gate},
        parts=(MEASURE, STAGE), query=GateQuery, text=True, problems=PROBLEMS,
        about="200 when the gate into the stage is open, 409 with the same body when it is shut. With "
        "`Accept: text/plain` the checklist as lines. `gatepost check --server` asks here.",
    ),
)  # fmt: skip
