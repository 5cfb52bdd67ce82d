"""The gates of a measure, in the one shape that every answer and every event has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from governance.measure_gates import MeasureGates
from governance.responsible import Responsible
from governance.verdict import GateState
from webhook_server.api.values import Model

ITEM_GATE = (
    "Of the item where the tool had it: open means that it could move into a stage that was granted, and says nothing "
    "of the gate behind that stage."
)


class ResponsibleModel(Model):
    """Somebody who must act."""

    role: str | None = Field(description="Key of the role of the measure; null for somebody without a role there.")
    name: str = Field(description="Empty if nobody is named.")


class BlockerModel(Model):
    """Something that keeps the next gate shut."""

    id: str = Field(description="The same for as long as it stands.", examples=["decided:APPROVAL_MISSING:sponsor"])
    code: str = Field(description="Stable, for search.", examples=["APPROVAL_MISSING"])
    subject: str = Field(
        description="What the condition is about; for an approval, the role that gives it.", examples=["sponsor"]
    )
    sentence: str
    who: str = Field(description="Who must act, as a text.")
    responsible: list[ResponsibleModel]
    since: datetime | None = Field(
        description="When it was found first; null while the item has not come to this gate."
    )


class NextGateModel(Model):
    """The first gate that is shut."""

    stage: str = Field(description="Key of the stage that it leads into.", examples=["decided"])
    stage_label: str = Field(examples=["Decided"])
    state: GateState = Field(
        description="Never open: not_due, when work has not come to it; waiting, when only approvals are missing; "
        "blocked, when a condition fails or is unknown; breach, when the tool's status went past it.",
        examples=["waiting"],
    )
    blockers: list[BlockerModel]


class GatesModel(Model):
    """Which gates are open, and what the next one waits for."""

    may_enter: list[str] = Field(
        description="Keys of the stages whose gates are open now, from the first one on, those that it has entered "
        "among them. `GET /gates/{measure}/{stage}` answers 200 for these stages and for no other.",
        examples=[["identified", "detailed"]],
    )
    next: NextGateModel | None = Field(description="The first gate that is shut; null when every gate is open.")


def gates_model(gates: MeasureGates) -> GatesModel:
    following = gates.next
    if following is None:
        return GatesModel(may_enter=list(gates.may_enter), next=None)
    return GatesModel(
        may_enter=list(gates.may_enter),
        next=NextGateModel(
            stage=following.stage,
            stage_label=following.stage_label,
            state=following.state,
            blockers=[
                BlockerModel(
                    id=one.id,
                    code=one.code,
                    subject=one.subject,
                    sentence=one.sentence,
                    who=one.who,
                    responsible=responsible_models(one.responsible),
                    since=one.since,
                )
                for one in following.blockers
            ],
        ),
    )


def responsible_models(people: Iterable[Responsible]) -> list[ResponsibleModel]:
    return [ResponsibleModel(role=person.role, name=person.name) for person in people]
