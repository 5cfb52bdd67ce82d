"""When an issue's fields were changed last and by whom, by its changelog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, OwnAccount, SiteFields
from connector.jira.payloads import moment
from connector.jira.payloads import person as author
from governance.measure import Person
from mapping.marks import Mark
from mapping.work_item import FieldChange, FieldName, NativeId, WorkItem

STATUS = frozenset({"status"})
"""How a changelog names the status, by id and by name."""
MOVE = FieldName(Mark.STATUS)
AT_ONCE = timedelta(seconds=1)
"""By so much an entry of the changelog may be younger than the time of its issue."""


class JiraChangeHistory:
    """Implements :class:`connector.sync.ports.ChangeHistory`, :class:`connector.sync.ports.Editors`
    and :class:`connector.sync.ports.PersonalHistory`."""

    def __init__(self, client: JiraClient, fields: SiteFields, own: OwnAccount) -> None:
        self._client = client
        self._fields = fields
        self._own = own

    def last_change(self, item: NativeId, fields: frozenset[FieldName], since: datetime) -> datetime | None:
        """Data Center names a changed field by its visible name, or by its id; an entry without a time counts as now's.

        Nothing but fields is in a changelog: no comments, no links of other issues.
        """
        names = self._names(fields)
        moments = [
            at
            for entry in self._client.changelog(item, since)
            if names & set(_changed(entry)) and (at := moment(entry.get("created"))) is not None and at >= since
        ]
        return max(moments, default=None)

    def changes(
        self, item: NativeId, fields: frozenset[FieldName], since: datetime
    ) -> Mapping[FieldName, tuple[FieldChange, ...]]:
        """The values as Jira writes them in its history; an entry without a time is left out with its field."""
        known_as = {name: self._names(frozenset({name})) for name in fields}
        found: dict[FieldName, list[FieldChange]] = {}
        undated: set[FieldName] = set()
        for entry in self._client.changelog(item, since):
            at = moment(entry.get("created"))
            for change in map(as_object, as_list(entry.get("items"))):
                names = {as_text(change.get(part)).casefold() for part in ("fieldId", "field")}
                for name in (name for name, known in known_as.items() if known & names):
                    if at is None:
                        undated.add(name)
                    elif at >= since:
                        before, after = as_text(change.get("fromString")), as_text(change.get("toString"))
                        found.setdefault(name, []).append(FieldChange(at, before, after))
        return {name: tuple(changes) for name, changes in found.items() if name not in undated}

    def editors(self, item: WorkItem, fields: frozenset[FieldName], seen_version: str) -> Mapping[FieldName, Person]:
        """The author of the last entry for each field, made after the reading before and not after this one.

        An older entry is not of this change: its own may not be in the history yet.  Jira writes the entry after it has
        set the time of the issue, so that the entry can be some milliseconds younger: one that follows at once counts
        where no other explains the change.
        """
        until, since = item.updated, moment(seen_version) or item.created
        if until is None or since is None:
            return {}
        entries = [
            (at, entry)
            for entry in self._client.changelog(item.native_id, since)
            if (at := moment(entry.get("created"))) is not None and since <= at <= until + AT_ONCE
        ]
        names = {name: STATUS if name == MOVE else self._names(frozenset({name})) for name in fields}
        found = self._newest(item, names, [one for one in entries if one[0] <= until])
        unexplained = {name: known_as for name, known_as in names.items() if found.get(name) is None}
        found |= self._newest(item, unexplained, [one for one in entries if one[0] > until])
        return {name: who for name, who in found.items() if who is not None and who.id != self._own.id()}

    def _newest(
        self,
        item: WorkItem,
        names: Mapping[FieldName, AbstractSet[str]],
        entries: Sequence[tuple[datetime, JsonObject]],
    ) -> dict[FieldName, Person | None]:
        """By field the author of the last entry for it; None for somebody who moved the issue elsewhere."""
        newest: dict[FieldName, tuple[datetime, Person | None]] = {}
        for at, entry in entries:
            changed = set(_changed(entry))
            who = author(entry.get("author"))
            for name, known_as in names.items():
                if known_as & changed and (name not in newest or newest[name][0] <= at):
                    is_other_move = name == MOVE and _new_status(entry) != item.status
                    # Moved back by ourselves in the instant of the reading, after it: that is not how it came here.
                    if is_other_move and who is not None and who.id == self._own.id():
                        continue
                    newest[name] = (at, None if is_other_move else who)
        return {name: who for name, (_, who) in newest.items()}

    def last_edit(self, item: WorkItem, person: Person, since: datetime) -> datetime | None:
        """Of an entry without a time nobody can say that it is new."""
        moments = [
            at
            for entry in self._client.changelog(item.native_id, since)
            if (who := author(entry.get("author"))) is not None
            and who.id == person.id
            and (at := moment(entry.get("created"))) is not None
            and at >= since
        ]
        return max(moments, default=None)

    def _names(self, fields: frozenset[FieldName]) -> set[str]:
        catalogue = self._fields.catalogue()
        names = {name.casefold() for name in fields}
        for name in fields:
            field = catalogue.resolve(name)
            names |= {own.id.casefold() for own in catalogue.in_projects(name)}
            if isinstance(field, Field):
                names |= {field.id.casefold(), field.name.casefold()}
        return names


def _changed(entry: JsonObject) -> Iterator[str]:
    for item in map(as_object, as_list(entry.get("items"))):
        yield from (as_text(item.get(part)).casefold() for part in ("fieldId", "field"))


def _new_status(entry: JsonObject) -> str:
    changes = map(as_object, as_list(entry.get("items")))
    return next((as_text(one.get("toString")) for one in changes if as_text(one.get("field")).casefold() in STATUS), "")
