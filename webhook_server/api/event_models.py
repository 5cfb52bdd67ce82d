"""What outgoing events hold, for the description: ``connector/notify/payload.py`` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from governance.verdict import Colour
from webhook_server.api.gates_model import GatesModel, ResponsibleModel
from webhook_server.api.values import Amount, Model


class EventMeasure(Model):
    id: str = Field(examples=["jira-main/10001"])
    key: str
    url: str
    title: str | None


class EventHierarchy(Model):
    organization: str = Field(examples=["ACME"])
    portfolio: str | None
    program: str | None
    project: str | None
    package: str | None
    business_unit: str | None
    legal_entity: str | None


class EventPerson(Model):
    person: str = Field(description="Stable id: connection and account.", examples=["jira-main/b"])
    name: str


class EventStatus(Model):
    implementation: Colour
    potential: Colour


class EventFigures(Model):
    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None


class MeasureEventData(Model):
    """What every event about a measure holds."""

    measure: EventMeasure
    hierarchy: EventHierarchy
    stage: str | None = Field(description="Key of the granted stage.")
    stage_label: str
    gates: GatesModel
    people: dict[str, EventPerson | None] = Field(description="By key of the role.", examples=[{"owner": None}])
    status: EventStatus
    figures: EventFigures


class GateBlockedData(MeasureEventData):
    new_blockers: list[str] = Field(description="Ids of the blockers that were not there before.")
    who_must_act: list[str]


class GateOpenedData(MeasureEventData):
    opened: list[str] = Field(description="Keys of the stages into which the item may be moved now, and was not.")


class GrantedStage(Model):
    stage: str
    stage_label: str


class StageGrantedData(MeasureEventData):
    granted: GrantedStage


class ChangedStatus(Model):
    before: Colour = Field(description="The colour before.")
    after: Colour = Field(description="The colour of now.")
    reason: str


class StatusChangedData(MeasureEventData):
    changed: dict[str, ChangedStatus] = Field(
        description="By `implementation` and `potential`, those that changed.",
        examples=[{"potential": {"before": "green", "after": "amber", "reason": "90% of plan"}}],
    )


class EventConfirmation(Model):
    kind: Literal["actual_effect", "lower_value"]
    amount: Amount | None
    from_: str | None = Field(alias="from", description="First month.", examples=["2026-08"])
    until: str | None = Field(description="Last month.", examples=["2026-10"])
    by: str
    at: datetime
    text: str


class ConfirmationGivenData(MeasureEventData):
    confirmation: EventConfirmation


class EventFinding(Model):
    code: str
    sentence: str
    who: str
    responsible: list[ResponsibleModel]
    since: datetime


class FindingRaisedData(MeasureEventData):
    finding: EventFinding


class EventBreach(Model):
    status: str = Field(description="Status of the tool into which the item was moved.", examples=["Approved"])
    stage: str = Field(description="Label of the stage of that status.", examples=["Decided"])
    gate: str = Field(description="Label of the stage whose gate is shut.", examples=["Detailed"])
    since: datetime
    by: str | None = Field(description="Who moved it; null when the tool names nobody for certain.")


class MeasureBreachedData(GateBlockedData):
    breach: EventBreach


class EventRoleChange(Model):
    role: str
    state: Literal["pending", "accepted", "restored"]
    former: str | None = Field(description="Name of the former holder.", examples=["M. Brandt"])
    holder: str | None = Field(description="Name of the new holder.", examples=["S. Lind"])
    accepted_by: str | None = Field(description="In which capacity it was accepted.", examples=["sponsor"])
    at: datetime


class RoleChangedData(MeasureEventData):
    role_change: EventRoleChange


class EventConnection(Model):
    name: str = Field(examples=["jira-main"])
    tool: str = Field(examples=["jira"])
    url: str = Field(examples=["https://acme.atlassian.net"])


class ConnectionEventData(Model):
    connection: EventConnection
    reason: str
    since: datetime
    by: str


class GateBlockedEvent(Model):
    type: Literal["gate.blocked"]
    version: Literal[1]
    timestamp: datetime
    data: GateBlockedData


class GateOpenedEvent(Model):
    type: Literal["gate.opened"]
    version: Literal[1]
    timestamp: datetime
    data: GateOpenedData


class StageGrantedEvent(Model):
    type: Literal["stage.granted"]
    version: Literal[1]
    timestamp: datetime
    data: StageGrantedData


class StatusChangedEvent(Model):
    type: Literal["status.changed"]
    version: Literal[1]
    timestamp: datetime
    data: StatusChangedData


class ConfirmationGivenEvent(Model):
    type: Literal["confirmation.given"]
    version: Literal[1]
    timestamp: datetime
    data: ConfirmationGivenData


class FindingRaisedEvent(Model):
    type: Literal["finding.raised"]
    version: Literal[1]
    timestamp: datetime
    data: FindingRaisedData


class MeasureBreachedEvent(Model):
    type: Literal["measure.breached"]
    version: Literal[1]
    timestamp: datetime
    data: MeasureBreachedData


class RoleChangedEvent(Model):
    type: Literal["role.changed"]
    version: Literal[1]
    timestamp: datetime
    data: RoleChangedData


class ConnectionEvent(Model):
    type: Literal["connection.paused", "connection.resumed"]
    version: Literal[1]
    timestamp: datetime
    data: ConnectionEventData


class AuditHeadData(Model):
    anchor: str = Field(description="One line of JSON with the signed head of the audit.", examples=["{}"])


class AuditHeadEvent(Model):
    type: Literal["audit.head"]
    version: Literal[1]
    timestamp: datetime
    data: AuditHeadData


EVENT_MODELS: Mapping[str, type[Model]] = {
    "gate.blocked": GateBlockedEvent,
    "gate.opened": GateOpenedEvent,
    "stage.granted": StageGrantedEvent,
    "status.changed": StatusChangedEvent,
    "confirmation.given": ConfirmationGivenEvent,
    "finding.raised": FindingRaisedEvent,
    "measure.breached": MeasureBreachedEvent,
    "role.changed": RoleChangedEvent,
    "connection.paused": ConnectionEvent,
    "connection.resumed": ConnectionEvent,
    "audit.head": AuditHeadEvent,
}
"""By type of the event."""


def example_of_schema(reference: str, schemas: Mapping[str, Any]) -> Any:
    """An example of a whole schema, made of the examples of its properties."""
    schema = schemas[reference.rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    return {name: _example(part, schemas) for name, part in schema.get("properties", {}).items()}


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of_schema(schema["$ref"], schemas)
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if choices:
        return _example(choices[0], schemas)
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas)]
    return None
