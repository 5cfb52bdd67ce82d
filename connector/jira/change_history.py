"""When an issue's fields were changed last, by its changelog."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, SiteFields
from connector.jira.payloads import moment
from mapping.work_item import FieldName, NativeId


class JiraChangeHistory:
    """Implements :class:`connector.sync.ports.ChangeHistory`."""

    def __init__(self, client: JiraClient, fields: SiteFields) -> None:
        self._client = client
        self._fields = fields

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
