"""With whom issues are and were: status, person and team, from the issues and their changelogs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector.errors import NotFound
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, SiteFields
from connector.jira.payloads import field_value, moment
from connector.jira.payloads import person as user
from governance.measure import Person
from mapping.ticket_history import NOTHING, NamedValue, TicketChange, TicketPart, TicketRecord
from mapping.work_item import StatusCategory

BATCH = 100
"""Issues of one bulk fetch."""
STATUS_AGE = timedelta(hours=1)
CATEGORIES = {"new": StatusCategory.NEW, "indeterminate": StatusCategory.INDETERMINATE, "done": StatusCategory.DONE}


class JiraTicketHistory:
    """Implements :class:`connector.sync.ports.TicketHistory`."""

    def __init__(self, client: JiraClient, fields: SiteFields, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._fields = fields
        self._clock = clock
        self._statuses: dict[str, tuple[datetime, Mapping[str, StatusCategory]]] = {}

    def records(self, keys: Sequence[str], team_field: str | None) -> Mapping[str, TicketRecord]:
        """Raises ToolError."""
        field = self._fields.with_names([team_field]).resolve(team_field) if team_field else None
        team = field if isinstance(field, Field) else None
        asked = ["status", "assignee", "created", "updated", "project", *([team.id] if team else [])]
        found: dict[str, TicketRecord] = {}
        for start in range(0, len(keys), BATCH):
            issues = self._client.bulk_fetch(keys[start : start + BATCH], asked)
            ids = [as_text(issue.get("id")) for issue in issues]
            parts = {"status": TicketPart.STATUS, "assignee": TicketPart.PERSON}
            parts |= {team.id.casefold(): TicketPart.TEAM, team.name.casefold(): TicketPart.TEAM} if team else {}
            histories = self._client.changelogs(ids, ["status", "assignee", *([team.id] if team else [])])
            for issue in issues:
                record = self._record(issue, team, histories.get(as_text(issue.get("id")), ()), parts)
                found[record.key] = record
        return found

    def _record(
        self, issue: JsonObject, team: Field | None, history: Sequence[JsonObject], parts: Mapping[str, TicketPart]
    ) -> TicketRecord:
        values = as_object(issue.get("fields"))
        status, who = as_object(values.get("status")), user(values.get("assignee"))
        present = {
            TicketPart.STATUS: NamedValue(as_text(status.get("name")), as_text(status.get("id"))),
            TicketPart.PERSON: NamedValue(who.name, who.id) if who else NOTHING,
            TicketPart.TEAM: NamedValue(_text(field_value(values.get(team.id), team))) if team else NOTHING,
        }
        project = as_text(as_object(values.get("project")).get("key")) or as_text(issue.get("key")).rpartition("-")[0]
        categories = {**self._categories(project)}
        category = as_text(as_object(status.get("statusCategory")).get("key"))
        categories[present[TicketPart.STATUS].name.casefold()] = CATEGORIES.get(category, StatusCategory.UNKNOWN)
        changes = [change for entry in history for change in _changes(entry, parts)]
        updated = moment(values.get("updated")) or self._clock()
        return TicketRecord(
            as_text(issue.get("key")), present, updated, moment(values.get("created")), tuple(changes), categories
        )

    def _categories(self, project: str) -> Mapping[str, StatusCategory]:
        now, cached = self._clock(), self._statuses.get(project)
        if cached is None or now - cached[0] > STATUS_AGE:
            try:
                kinds = self._client.statuses(project)
            except NotFound:
                kinds = []
            statuses = [as_object(one) for kind in kinds for one in as_list(kind.get("statuses"))]
            cached = self._statuses[project] = (
                now,
                {
                    as_text(one.get("name")).casefold(): CATEGORIES.get(
                        as_text(as_object(one.get("statusCategory")).get("key")), StatusCategory.UNKNOWN
                    )
                    for one in statuses
                },
            )
        return cached[1]


def _changes(entry: JsonObject, parts: Mapping[str, TicketPart]) -> Sequence[TicketChange]:
    at = entry_moment(entry.get("created"))
    found = []
    for item in map(as_object, as_list(entry.get("items"))) if at is not None else ():
        names = (as_text(item.get(name)).casefold() for name in ("fieldId", "field"))
        part = next((parts[name] for name in names if name in parts), None)
        if part is not None and at is not None:
            before, after = (
                NamedValue(as_text(item.get(f"{way}String")), as_text(item.get(way))) for way in ("from", "to")
            )
            found.append(TicketChange(at, part, before, after))
    return found


def entry_moment(value: Json | None) -> datetime | None:
    """A moment of a changelog: text, or as the bulk fetch has it a number of seconds or milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value / 1000 if value > 10**11 else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return moment(value)


def _text(value: object) -> str:
    """A team as people see it: a chosen option, a person, a text, or the first of several."""
    if isinstance(value, tuple):
        return _text(value[0]) if value else ""
    if isinstance(value, Person):
        return value.name
    return "" if value is None else str(value)
