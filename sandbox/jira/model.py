"""What the stand-in keeps: users, fields, workflows, issues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import uuid4

Value: TypeAlias = "str | float | int | list[str] | None"
"""A custom field's value: text, number, an option's name, a user's account id, labels,
    multiuserpicker."""


class Refusal(Exception):
    """The stand-in refuses a request; ``status`` and bodies are Jira's."""

    def __init__(self, status: int, *messages: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(messages) or str(fields))
        self.status = status
        self.messages = list(messages)
        self.fields = dict(fields or {})


@dataclass(frozen=True)
class User:
    """Somebody on the site; a deactivated account keeps its name."""

    account_id: str
    name: str
    email: str
    token: str | None
    active: bool = True
    number: int = 10100

    @property
    def key(self) -> str:
        """Data Center's unchanging name of an account; people sign in with ``account_id`` there."""
        return f"JIRAUSER{self.number}"


class Deployment(StrEnum):
    """Which Jira this is."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"


@dataclass(frozen=True)
class FieldDef:
    id: str
    name: str
    type: str
    """Last part of the custom field type: float, textfield, textarea, select, datepicker, userpicker, labels,
    multiuserpicker."""
    options: tuple[str, ...] = ()
    project: str = ""
    """Id of the team-managed project that it belongs to."""


@dataclass(frozen=True)
class Status:
    id: str
    name: str
    category: str
    """new, indeterminate or done."""


Rule: TypeAlias = "dict[str, object]"
"""A rule of a workflow as the REST API writes it: ``ruleKey``, ``parameters`` (all text), ``id``."""

Group: TypeAlias = "dict[str, object]"
"""A group of conditions: ``operation`` ANY or ALL, ``conditions``, ``conditionGroups``."""


def field_is(field: str, value: str, comparator: str = "=", comparison: str = "STRING") -> Group:
    """A group with one ``system:check-field-value`` condition."""
    parameters = {
        "fieldId": field,
        "fieldValue": json.dumps([value]),
        "comparator": comparator,
        "comparisonType": comparison,
    }
    rule: Rule = {"ruleKey": "system:check-field-value", "parameters": parameters, "id": f"seeded-{field}"}
    return {"operation": "ALL", "conditions": [rule], "conditionGroups": []}


@dataclass
class Transition:
    id: str
    name: str
    to: str
    sources: tuple[str, ...] = ()
    """Status names from which it is offered; empty means from everywhere."""
    conditions: Group | None = None
    validators: list[Rule] = field(default_factory=list)
    triggers: list[Rule] = field(default_factory=list)
    """Events of development tools that move an issue, whatever the conditions say."""
    screen: tuple[str, ...] = ()
    """Ids of the fields on the transition's screen that have to be filled."""


@dataclass
class Workflow:
    """Several projects may use one; a change affects all of them."""

    name: str
    statuses: tuple[Status, ...]
    transitions: list[Transition]
    id: str = field(default_factory=lambda: str(uuid4()))
    version_id: str = field(default_factory=lambda: str(uuid4()))
    version: int = 1
    locked: tuple[str, ...] = ()
    """Names of statuses in which no issue can be edited."""

    def status(self, name: str) -> Status:
        return next(status for status in self.statuses if status.name == name)


@dataclass(frozen=True)
class Project:
    id: str
    key: str
    name: str
    workflow: Workflow
    archived: bool = False
    hidden: bool = False
    """Whether only its members see it; it does not exist for others."""
    team_managed: bool = False
    kind: str = "software"
    """software, business or service_desk."""
    type_workflows: Mapping[str, Workflow] = field(default_factory=dict)
    """Issue types with a workflow of their own."""

    def workflow_of(self, kind: str) -> Workflow:
        return self.type_workflows.get(kind, self.workflow)


@dataclass
class Comment:
    id: str
    author: str
    text: str
    """As wiki text: a mention is ``[~accountid:…]``."""
    created: datetime
    updated: datetime | None = None
    editor: str | None = None
    visible_to: str = ""
    """Name of the project role whose members alone may read it; everybody may without one."""
    internal: bool = False
    """Whether a service project keeps it from its customers."""
    anonymous_editor: bool = False
    """Whether the response leaves out who edited it, as for an account that was deleted."""


@dataclass
class Change:
    """One entry of an issue's changelog."""

    id: str
    author: str
    at: datetime
    items: list[dict[str, str | None]]


@dataclass
class Worklog:
    id: str
    author: str
    started: datetime
    seconds: int
    updated: datetime


@dataclass
class Issue:
    id: str
    key: str
    project: str
    type: str
    summary: str
    status: str
    reporter: str
    created: datetime
    updated: datetime
    assignee: str | None = None
    description: str | None = None
    duedate: str | None = None
    labels: list[str] = field(default_factory=list)
    parent: str | None = None
    values: dict[str, Value] = field(default_factory=dict)
    priority: str = "Medium"
    resolution: str | None = None
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    blocked_by: list[str] = field(default_factory=list)
    attachments: int = 0
    properties: dict[str, object] = field(default_factory=dict)
    remote_links: dict[str, dict[str, object]] = field(default_factory=dict)
    """By global id."""
    old_keys: list[str] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)


PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")

TYPES = {"Epic": ("10000", 1), "Story": ("10001", 0), "Task": ("10002", 0), "Bug": ("10003", 0)}
"""Issue types with id and hierarchy level."""
