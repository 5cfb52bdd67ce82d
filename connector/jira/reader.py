"""Reads the present state of issues: 100 with each call, and their children with one for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from connector.errors import AuthenticationFailed, Refused, RetryLater, ToolError
from connector.http.json_values import JsonObject, obj, text
from connector.jira.absence import Absence
from connector.jira.client import MOST_IDS, JiraClient, search
from connector.jira.fields import Field, OwnAccount, SiteFields
from connector.jira.payloads import (
    BASE_FIELDS,
    FLAGGED,
    in_progress,
    is_done,
    named_values,
    open_item,
    updated,
    work_item,
)
from connector.sync.ports import Reading
from governance.evidence import Children
from governance.facts import Unknown
from mapping.work_item import ChildItem, ConnectionName, FieldName, NativeId, WorkItem

EPIC_LINK = "gh-epic-link"
"""Custom type of the field Epic Link."""

CHILD_FIELDS = ("summary", "project", "status", "parent", "priority", "updated")
SHOWN_OPEN = 20
"""Open children that are kept by name; all are counted."""

_log = structlog.get_logger(__name__)


class JiraReader:
    def __init__(
        self,
        connection: ConnectionName,
        base_url: str,
        client: JiraClient,
        fields: SiteFields,
        own: OwnAccount,
        *,
        native_gates: bool = True,
    ) -> None:
        self._connection = connection
        self._base_url = base_url
        self._client = client
        self._fields = fields
        self._own = own
        self._native_gates = native_gates
        self._told: set[FieldName] = set()

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> Reading:
        """A bulk fetch for each 100 issues, one paged search for the children of all of them.

        Jira knows no cost plans: where a rule asks for them they stay unknown; and no approvals but people's words.
        """
        del plans, approvals
        resolved = self._resolve(fields)
        below = self._resolve(child_fields) if child_fields else Names({}, ())
        wanted = [*BASE_FIELDS, *sorted(resolved.ids - set(BASE_FIELDS))]
        issues = [
            issue
            for start in range(0, len(items), MOST_IDS)
            for issue in self._client.bulk_fetch(items[start : start + MOST_IDS], wanted)
        ]
        children = self._children(issues, below)
        found: dict[NativeId, WorkItem] = {}
        for issue in issues:
            identity = NativeId(text(issue.get("id")))
            item = work_item(
                issue,
                connection=self._connection,
                base_url=self._base_url,
                fields=resolved.of(issue),
                children=children if isinstance(children, Unknown) else self._sum(children.get(identity, ())),
                own_account=self._own.id(),
                native_gates=self._native_gates,
                child_items=() if isinstance(children, Unknown) else _items_of(children.get(identity, ()), below),
            )
            found |= _under_asked(items, item)
        missing = [item for item in items if item not in found]
        if not missing:
            return Reading(found, ())
        reasons, unsure = Absence(self._client).confirm(missing)
        return Reading(found, tuple(reasons), reasons, unsure)

    def joined(
        self, table: str | None, theirs: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Issues by key."""
        if table or theirs:
            raise Refused("Issues are joined by their keys; name the field that holds them with mine.")
        found: dict[str, tuple[WorkItem, ...]] = {}
        for start in range(0, len(keys), MOST_IDS):
            batch = keys[start : start + MOST_IDS]
            for item in self.read([NativeId(key) for key in batch], fields).found.values():
                found |= {key: (item,) for key in batch if key.casefold() == item.key.casefold()}
        return found

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """The newest issues that a JQL query finds."""
        ordered = query if " order by " in f" {query.casefold()} " else f"{query} ORDER BY updated DESC"
        return [NativeId(text(issue.get("id"))) for issue in search(self._client, ordered, ["summary"], limit)]

    def _resolve(self, names: Iterable[FieldName]) -> Names:
        catalogue = self._fields.catalogue()
        flag = catalogue.resolve(FLAGGED)
        resolved: dict[FieldName, Field] = {FieldName(FLAGGED): flag} if isinstance(flag, Field) else {}
        scoped: list[tuple[FieldName, Field]] = []
        for name in sorted(names):
            field, own = catalogue.resolve(name), catalogue.in_projects(name)
            scoped += [(name, one) for one in own]
            if isinstance(field, Field):
                resolved[name] = field
            elif not own and name not in self._told:
                # Once a process: a batch that lacks a field is followed by a thousand that lack it too.
                self._told.add(name)
                _log.warning("field not resolved", connection=self._connection, field=name, why=field.message)
        return Names(resolved, tuple(scoped))

    def _children(
        self, issues: Sequence[JsonObject], below: Names
    ) -> Mapping[NativeId, Sequence[JsonObject]] | Unknown:
        """Child issues by parent id; unknown for all when they could not be read."""
        ids = [text(issue.get("id")) for issue in issues]
        if not ids:
            return {}
        # Company-managed projects of old, and all of Data Center, hang a story on its epic by a field of its own.
        epic = self._fields.catalogue().of_kind(EPIC_LINK)
        asked = [*CHILD_FIELDS, *sorted(below.ids - set(CHILD_FIELDS))]
        query = f"parent in ({', '.join(ids)})"
        if epic is not None:
            asked.append(epic.id)
            query += f' OR "{epic.name}" in ({", ".join(ids)})'
        by_key = {text(issue.get("key")): NativeId(text(issue.get("id"))) for issue in issues}
        try:
            found = search(self._client, f"{query} ORDER BY key", asked)
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return Unknown(f"the child items could not be read: {error}")
        by_parent: dict[NativeId, list[JsonObject]] = {}
        for child in found:
            values = obj(child.get("fields"))
            parent = NativeId(text(obj(values.get("parent")).get("id")))
            if not parent and epic is not None:
                parent = by_key.get(text(values.get(epic.id)), parent)
            by_parent.setdefault(parent, []).append(child)
        return by_parent

    def _sum(self, group: Sequence[JsonObject]) -> Children:
        still_open = [open_item(child, self._base_url) for child in group if not is_done(child)]
        moments = [moment for child in group if (moment := updated(child)) is not None]
        return Children(
            total=len(group),
            done=len(group) - len(still_open),
            open=tuple(still_open[:SHOWN_OPEN]),
            in_progress=sum(map(in_progress, group)),
            touched=max(moments, default=None),
        )


@dataclass(frozen=True, slots=True)
class Names:
    """The fields behind the names that were asked for; a team-managed project has its own behind the same name."""

    shared: Mapping[FieldName, Field]
    scoped: tuple[tuple[FieldName, Field], ...]

    @property
    def ids(self) -> set[str]:
        return {field.id for field in self.shared.values()} | {field.id for _, field in self.scoped}

    def of(self, issue: JsonObject) -> Mapping[FieldName, Field]:
        if not self.scoped:
            return self.shared
        project = text(obj(obj(issue.get("fields")).get("project")).get("id"))
        return dict(self.shared) | {name: field for name, field in self.scoped if field.project == project}


def _items_of(group: Sequence[JsonObject], below: Names) -> tuple[ChildItem, ...]:
    if not below.ids:
        return ()
    return tuple(ChildItem(is_done(child), named_values(obj(child.get("fields")), below.of(child))) for child in group)


def _under_asked(asked: Sequence[NativeId], item: WorkItem) -> dict[NativeId, WorkItem]:
    """The item under the ids that were asked for; a key that has moved on still finds its issue."""
    names = [item.native_id] if item.native_id in asked else []
    names += [name for name in asked if name.casefold() == item.key.casefold()]
    if not names:
        # Asked by a key that the issue no longer has; with one such key there is no doubt which.
        odd = [name for name in asked if not name.isdigit()]
        names = odd if len(odd) == 1 else []
    return dict.fromkeys(names, item)
