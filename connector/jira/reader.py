"""Reads the current state of issues: 100 with each call, and the children of all of them with one search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from connector.errors import AuthenticationFailed, RetryLater, ToolError, ValuesRejected
from connector.http.json_values import JsonObject, as_object, as_text
from connector.jira.absence import AbsenceCheck
from connector.jira.client import MAX_IDS, JiraClient, search
from connector.jira.evidence_scanner import parent_fields
from connector.jira.fields import Field, OwnAccount, SiteFields
from connector.jira.jql import children_of
from connector.jira.payloads import (
    BASE_FIELDS,
    FLAGGED,
    child_item,
    has_all_comments,
    in_progress,
    is_done,
    open_item,
    parents_of,
    status_id,
    updated,
    work_item,
)
from connector.sync.ports import ReadResult
from governance.evidence import Children, ChildState
from governance.facts import Unknown
from mapping.work_item import ChildItem, ConnectionName, FieldName, NativeId, WorkItem

CHILD_FIELDS = ("summary", "project", "status", "parent", "priority", "updated")
MATCHED_FIELDS = ("issuetype", "labels", "components")
"""What rules look at as well; read where children's amounts are added up, because a child may be a measure itself."""
LOOK_UP_AGAIN = timedelta(minutes=1)
"""How often at most the list of fields is read again for a name that a mapping uses and the site lacks."""
MAX_RECONCILED = 50
"""Issues whose newest state a search can be asked to know."""
MAX_OPEN_SHOWN = 20
"""Open children that are read by name; all are counted."""

CHILDREN_NOT_READ = Unknown("the child items have not been read yet")

_log = structlog.get_logger(__name__)


class JiraReader:
    def __init__(
        self,
        connection: ConnectionName,
        base_url: str,
        client: JiraClient,
        fields: SiteFields,
        own: OwnAccount,
    ) -> None:
        self._connection = connection
        self._base_url = base_url
        self._client = client
        self._fields = fields
        self._own = own
        self._logged_problems: set[FieldName] = set()

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> ReadResult:
        """A bulk fetch for each 100 issues, one paged search for the children of all of them.

        Jira has no cost plans: where a rule needs them they stay unknown; and no approvals but people's commands.
        """
        del plans, approvals
        resolved = self._resolve(fields)
        below = self._resolve(child_fields) if child_fields else ResolvedFields({}, ())
        hanging = parent_fields(self._fields)
        requested = [*BASE_FIELDS, *sorted((resolved.ids | set(hanging)) - set(BASE_FIELDS))]
        read: list[WorkItem] = []
        unheard: dict[str, str] = {}
        for start in range(0, len(items), MAX_IDS):
            some, silent_of_some = self._items(items[start : start + MAX_IDS], requested, resolved, hanging)
            read += some
            unheard |= silent_of_some
        children = self._children(read, below)
        by_requested_id, requested_names = dict[NativeId, WorkItem](), _Requested(items)
        for item in read:
            of_item = () if isinstance(children, Unknown) else children.get(item.native_id, ())
            item = replace(
                item,
                children=children if isinstance(children, Unknown) else self._summarize_children(of_item),
                child_items=_items_of(of_item, below),
            )
            by_requested_id |= requested_names.answered_by(item)
        # Nothing is decided about an issue on which somebody may have said something that was not read.
        silent = {name: reason for name in items if (reason := unheard.get(name.casefold())) is not None}
        missing = [item for item in items if item not in by_requested_id and item not in silent]
        reasons, unsure = AbsenceCheck(self._client).confirm(missing) if missing else ({}, ())
        reasons |= silent
        return ReadResult(by_requested_id, tuple(reasons), reasons, unsure)

    def read_joined(
        self, table: str | None, their_field: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Issues by key."""
        if table or their_field:
            raise ValuesRejected("Issues are joined by their keys; name the field that holds them with own_field.")
        joined: dict[str, tuple[WorkItem, ...]] = {}
        for start in range(0, len(keys), MAX_IDS):
            batch = keys[start : start + MAX_IDS]
            for item in self.read([NativeId(key) for key in batch], fields).items.values():
                joined |= {key: (item,) for key in batch if key.casefold() == item.key.casefold()}
        return joined

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """The newest issues that a JQL query finds."""
        ordered = query if " order by " in f" {query.casefold()} " else f"{query} ORDER BY updated DESC"
        return [NativeId(as_text(issue.get("id"))) for issue in search(self._client, ordered, ["summary"], limit)]

    def _items(
        self, some: Sequence[NativeId], requested: Sequence[str], resolved: ResolvedFields, hanging: Sequence[str]
    ) -> tuple[list[WorkItem], dict[str, str]]:
        """The issues of one bulk fetch without their children; and by id and key why comments could not all be read.

        The bodies end with it: each has some 20 kB, and Python needs several times that.
        """
        issues, unheard = self._heard(self._client.bulk_fetch(some, requested))
        read = [
            work_item(
                issue,
                connection=self._connection,
                base_url=self._base_url,
                fields=resolved.for_issue(issue),
                children=CHILDREN_NOT_READ,
                own_account=self._own.id(),
                parent_fields=hanging,
            )
            for issue in issues
        ]
        return read, unheard

    def _heard(self, issues: Sequence[JsonObject]) -> tuple[list[JsonObject], dict[str, str]]:
        """Issues with all their comments; and by id and key why those of others could not all be read."""
        heard: list[JsonObject] = []
        unheard: dict[str, str] = {}
        for issue in issues:
            try:
                heard.append(self._with_all_comments(issue))
            except (RetryLater, AuthenticationFailed):
                raise
            except ToolError as error:
                _log.warning("comments not readable", connection=self._connection, why=str(error))
                names = (as_text(issue.get(name)).casefold() for name in ("id", "key"))
                unheard |= dict.fromkeys(names, f"the comments could not all be read: {error}")
        return heard, unheard

    def _with_all_comments(self, issue: JsonObject) -> JsonObject:
        """A command that is not read counts for nobody, and a rejection that is pushed out of a list must count."""
        values = as_object(issue.get("fields"))
        if has_all_comments(values.get("comment")):
            return issue
        comments = self._client.comments(as_text(issue.get("id")))
        return {**issue, "fields": {**values, "comment": {"comments": comments, "total": len(comments)}}}

    def _resolve(self, names: Iterable[FieldName]) -> ResolvedFields:
        names = frozenset(names)
        catalogue = self._fields.with_names(names, oldest=LOOK_UP_AGAIN)
        flag = catalogue.resolve(FLAGGED)
        resolved: dict[FieldName, Field] = {FieldName(FLAGGED): flag} if isinstance(flag, Field) else {}
        scoped: list[tuple[FieldName, Field]] = []
        for name in sorted(names):
            field, own = catalogue.resolve(name), catalogue.in_projects(name)
            scoped += [(name, own_field) for own_field in own]
            if isinstance(field, Field):
                resolved[name] = field
            elif not own and name not in self._logged_problems:
                # Once a process: a batch that lacks a field is followed by a thousand that lack it too.
                self._logged_problems.add(name)
                _log.warning("field not resolved", connection=self._connection, field=name, why=field.message)
        return ResolvedFields(resolved, tuple(scoped))

    def _children(
        self, items: Sequence[WorkItem], below: ResolvedFields
    ) -> Mapping[NativeId, Sequence[JsonObject]] | Unknown:
        """Child issues by parent id; unknown for all when they could not be read."""
        ids = [str(item.native_id) for item in items]
        if not ids:
            return {}
        # Company-managed projects of old, and all of Data Center, hang a story on its epic by a field of its own.
        catalogue = self._fields.catalogue()
        hanging = parent_fields(self._fields)
        above = [field for name in hanging if (field := catalogue.by_id(name)) is not None]
        system = (*CHILD_FIELDS, *MATCHED_FIELDS) if below.ids else CHILD_FIELDS
        requested = [*system, *sorted(below.ids - set(system))]
        keys = [item.key for item in items]
        by_name = {key: NativeId(identity) for key, identity in zip((*keys, *ids), (*ids, *ids), strict=True)}
        requested += [field.id for field in above]
        query = children_of(ids, keys, [field.name for field in above])
        try:
            # A child that changed is read together with its parent, which must not see it as it was before.
            found = search(self._client, f"{query} ORDER BY key", requested, reconcile=ids[:MAX_RECONCILED])
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return Unknown(f"the child items could not be read: {error}")
        by_parent: dict[NativeId, list[JsonObject]] = {}
        for child in found:
            values = as_object(child.get("fields"))
            # A sub-task's own parent is none of these where the story above it hangs on one by another field.
            names = parents_of(values, hanging)
            parent = next((known for name in names if (known := by_name.get(name)) is not None), None)
            if parent is None:
                return Unknown(f"{as_text(child.get('key'))} is somebody's child item, and Jira does not say whose")
            by_parent.setdefault(parent, []).append(child)
        return by_parent

    def _summarize_children(self, group: Sequence[JsonObject]) -> Children:
        still_open = [open_item(child, self._base_url) for child in group if not is_done(child)]
        moments = [moment for child in group if (moment := updated(child)) is not None]
        return Children(
            total=len(group),
            done=len(group) - len(still_open),
            open=tuple(still_open[:MAX_OPEN_SHOWN]),
            in_progress=sum(map(in_progress, group)),
            last_changed=max(moments, default=None),
            items=tuple(
                ChildState(as_text(child.get("id")), as_text(child.get("key")), is_done(child), status_id(child))
                for child in group
            ),
        )


@dataclass(frozen=True, slots=True)
class ResolvedFields:
    """The fields of the requested names; a team-managed project has its own under the same name."""

    site_wide: Mapping[FieldName, Field]
    by_project: tuple[tuple[FieldName, Field], ...]

    @property
    def ids(self) -> set[str]:
        return {field.id for field in self.site_wide.values()} | {field.id for _, field in self.by_project}

    def for_issue(self, issue: JsonObject) -> Mapping[FieldName, Field]:
        if not self.by_project:
            return self.site_wide
        project = as_text(as_object(as_object(issue.get("fields")).get("project")).get("id"))
        return dict(self.site_wide) | {name: field for name, field in self.by_project if field.project == project}


def _items_of(group: Sequence[JsonObject], below: ResolvedFields) -> tuple[ChildItem, ...]:
    if not below.ids:
        return ()
    return tuple(child_item(child, below.for_issue(child)) for child in group)


class _Requested:
    """The ids and keys that were asked for, and which of them an issue answers."""

    def __init__(self, names: Sequence[NativeId]) -> None:
        self._names = frozenset(names)
        self._by_key: dict[str, list[NativeId]] = {}
        for name in names:
            self._by_key.setdefault(name.casefold(), []).append(name)
        odd = [name for name in names if not name.isdigit()]
        self._only_key = odd if len(odd) == 1 else []

    def answered_by(self, item: WorkItem) -> dict[NativeId, WorkItem]:
        """The item under the requested ids; a former key still finds its issue."""
        names = [item.native_id] if item.native_id in self._names else []
        names += self._by_key.get(item.key.casefold(), [])
        # Requested by a key that the issue no longer has; with one such key it is certain which.
        return dict.fromkeys(names or self._only_key, item)
