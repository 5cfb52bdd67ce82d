"""The work item: a frozen, normalised snapshot of one Jira issue or ServiceNow record.

A work item is identified by (connection, native id), never by its key: keys change when an
issue moves.  Fields are named as people see them; the connector has resolved the ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, TypeAlias

from governance.effects import EffectLine
from governance.evidence import Children, CommandOrigin, OpenItem
from governance.facts import Fact, Unknown
from governance.measure import Person
from governance.money import Money

ConnectionName = NewType("ConnectionName", str)
NativeId = NewType("NativeId", str)
"""Jira: the numeric issue id.  ServiceNow: ``table:sys_id``."""

FieldName = NewType("FieldName", str)
"""A field's visible name in the tool."""

FieldValue: TypeAlias = "str | Decimal | bool | date | datetime | Person | Money | tuple[FieldValue, ...] | None"
"""``None`` is a field that is there and empty.  A field that is not in ``WorkItem.fields`` is unknown."""


class Tool(StrEnum):
    JIRA = "jira"
    SERVICENOW = "servicenow"


class StatusCategory(StrEnum):
    """Jira's three meanings of a status, used for both tools."""

    NEW = "new"
    INDETERMINATE = "indeterminate"
    DONE = "done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CommentEdit:
    """The last edit of a comment."""

    at: datetime
    by: Person | None
    """``None`` when the tool does not name the editor: then it was not the author."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as plain text, with the author whom the tool has authenticated."""

    id: str
    author: Person
    at: datetime
    """When it was written first."""
    text: str
    origin: CommandOrigin = CommandOrigin.COMMENT
    """Where the command was really given: commands from pages and the tool's own approvals are read like comments."""
    edit: CommentEdit | None = None
    edits_shown: bool = False
    """Whether the tool tells when a comment was edited; a journal does not."""
    restricted: bool = False
    """Not everybody who sees the item may read it."""
    set_by: Person | None = None
    """Of an approval: who set it in its author's place; ``None`` where it was the author."""

    @property
    def is_authors_word(self) -> bool:
        """Whether its present text is the author's own."""
        return self.edit is None or (self.edit.by is not None and self.edit.by.id == self.author.id)

    @property
    def given_at(self) -> datetime:
        """When its present text was written, as far as the author wrote it."""
        return self.edit.at if self.edit is not None and self.is_authors_word else self.at


@dataclass(frozen=True, slots=True)
class ChildItem:
    """A child item with the fields that were requested, and what rules for measures look at."""

    done: bool
    fields: Mapping[FieldName, FieldValue]
    key: str = ""
    type: str = ""
    """Issue type name, or the ServiceNow table; empty when it was not read."""
    project: str = ""
    status: str = ""
    status_category: StatusCategory = StatusCategory.UNKNOWN
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    assignment_group: str = ""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change of a field, as the tool's own history tells it; empty texts for an empty field."""

    at: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another item, as this one reads it: ``is blocked by``, ``relates to``."""

    label: str
    key: str
    done: bool | None = None
    id: str = ""
    blocks: bool = False
    """Whether the other item blocks this one."""


class ApprovalDecision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    OPEN = "open"
    """It is not decided, or no longer."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody decided in the tool's own approvals (ServiceNow)."""

    id: str
    person: Person
    decision: ApprovalDecision
    at: datetime
    is_own: bool = True
    """Whether the approver, or a delegate of theirs on record, has set the state."""
    set_by: Person | None = None
    """Who has set it; ``None`` when the tool names nobody."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    tool: Tool
    connection: ConnectionName
    native_id: NativeId
    key: str
    url: str
    type: str
    """Issue type name, or the ServiceNow table."""
    project: str
    """Project key; empty for ServiceNow."""
    title: str | None
    status: str
    status_category: StatusCategory
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fields: Mapping[FieldName, FieldValue] = field(default_factory=dict)
    parent: str | None = None
    parents: tuple[str, ...] = ()
    """Ids and keys of all items that count this one among their children, however it hangs on them."""
    level: int | None = None
    """Jira's hierarchy level (1 epic, 0 story, -1 sub-task); unknown for ServiceNow."""
    priority: str = ""
    """As the tool calls it; empty where it has none."""
    links: tuple[Link, ...] = ()
    children: Fact[Children] = Unknown("children were not read")
    child_items: tuple[ChildItem, ...] = ()
    """Each child item with the fields that were requested; empty when none were."""
    plan_lines: Fact[tuple[EffectLine, ...]] = Unknown("cost and benefit plans were not read")
    """ServiceNow's cost and benefit plans, laid over months; read where a rule of the connection asks for them."""
    blocking_links: Fact[tuple[OpenItem, ...]] = Unknown("links were not read")
    changes: Fact[tuple[OpenItem, ...]] = Unknown("changes were not read")
    incidents: Fact[tuple[OpenItem, ...]] = ()
    """ServiceNow's open incidents that belong to the record."""
    attachments: Fact[int] = Unknown("attachments were not read")
    assignment_group: str = ""
    """ServiceNow's group; empty for Jira."""
    flagged: bool = False
    on_hold_reason: str | None = None
    """Why the record is on hold (ServiceNow); ``None`` while it is not."""
    comments: tuple[Comment, ...] = ()
    """Comments of people; Gatepost's own comment is not among them."""
    all_comments: bool = True
    """Whether these are all of them: of one that is missing it is known only then that it is gone."""
    approvals: tuple[Approval, ...] = ()
    """Read where a rule of the connection lets them count."""
    reply_comment: str | None = None
    """Gatepost's own comment as it stands there now; ``None`` when there is none."""
    created: datetime | None = None
    updated: datetime | None = None
    version: str = ""
    """What the tool counts up on change: Jira's ``updated``, ServiceNow's ``sys_mod_count``."""
