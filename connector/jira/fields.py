"""Field names as people see them, resolved to the ids of one site.

Custom field ids differ from site to site and names are not unique, so a name that is missing or ambiguous
is a problem with a hint, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from threading import Lock
from typing import TypeAlias

from connector.http.json_values import JsonObject, obj, text
from connector.jira.client import JiraClient
from mapping.problems import nearest

KEPT = timedelta(minutes=5)
"""How long a site's list of fields is believed; a new field is found after that at the latest."""

ALIASES = {"title": "summary", "type": "issuetype", "issue type": "issuetype", "due date": "duedate"}
"""Names that people use for system fields beside the ones that the site shows."""


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    name: str
    type: str
    """Schema type: string, number, option, user, date, datetime, array, …"""
    custom: str
    """Last part of the custom type (textarea, select, readonlyfield); empty for system fields."""
    project: str = ""
    """Id of the team-managed project that the field belongs to; empty for fields of the whole site."""


class NotResolved(Enum):
    MISSING = auto()
    AMBIGUOUS = auto()


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why a name could not be resolved, and what to do."""

    name: str
    why: NotResolved
    message: str


Resolved: TypeAlias = Field | FieldProblem


class FieldCatalogue:
    """The fields of one site by visible name; letter case does not count."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_id: dict[str, Field] = {}
        self._by_name: dict[str, list[Field]] = {}
        for field in fields:
            self._by_id[field.id] = field
            self._by_name.setdefault(field.name.casefold(), []).append(field)

    @classmethod
    def from_payload(cls, payload: Iterable[JsonObject]) -> FieldCatalogue:
        return cls(_field(item) for item in payload if text(item.get("id")))

    def unique(self) -> tuple[Field, ...]:
        """The fields that a name alone tells apart."""
        return tuple(field for name in self._by_name if isinstance(field := self.resolve(name), Field))

    def by_id(self, identity: str) -> Field | None:
        return self._by_id.get(identity)

    def of_kind(self, custom: str) -> Field | None:
        """The only field of the site of a custom type, such as ``gh-epic-link``."""
        found = [field for field in self._by_id.values() if field.custom == custom and not field.project]
        return found[0] if len(found) == 1 else None

    def in_projects(self, name: str) -> tuple[Field, ...]:
        """Every field of this name that belongs to one team-managed project."""
        return tuple(field for field in self._by_name.get(name.casefold(), []) if field.project)

    def resolve(self, name: str, project: str = "") -> Resolved:
        """The field of this name in a project, given by its id; without one, that of the whole site."""
        folded = name.casefold()
        found = self._by_name.get(folded, [])
        own = [field for field in found if project and field.project == project]
        if len(own) == 1:
            return own[0]
        shared = [field for field in found if not field.project]
        found = shared or found
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            system = [field for field in found if not field.custom]
            if len(system) == 1:
                return system[0]
            ids = ", ".join(sorted(field.id for field in found))
            told = f'{len(found)} fields are called "{name}" ({ids}); rename all but one, or write the id instead'
            return FieldProblem(name, NotResolved.AMBIGUOUS, told)
        by_id = self._by_id.get(ALIASES.get(folded, name))
        if by_id is not None:
            return by_id
        hint = nearest(name, (field.name for field in self._by_id.values()))
        return FieldProblem(name, NotResolved.MISSING, f'no field is called "{name}"{". " + hint if hint else ""}')


class OwnAccount:
    """The account that Gatepost works as on a site, asked for once."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._kept: str | None = None

    def id(self) -> str:
        """Raises ToolError when the site does not tell."""
        if self._kept is None:
            myself = self._client.myself()
            self._kept = text(myself.get("accountId")) or text(myself.get("key")) or text(myself.get("name"))
        return self._kept


class SiteFields:
    """The catalogue of a site, read when it is needed and kept for some minutes."""

    def __init__(self, client: JiraClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[datetime, FieldCatalogue] | None = None

    def catalogue(self) -> FieldCatalogue:
        """Raises ToolError when the site does not tell its fields."""
        with self._lock:
            now = self._clock()
            if self._kept is None or now - self._kept[0] > KEPT:
                self._kept = (now, FieldCatalogue.from_payload(self._client.fields()))
            return self._kept[1]


def _field(item: JsonObject) -> Field:
    schema = obj(item.get("schema"))
    custom = text(schema.get("custom")).rpartition(":")[2]
    scope = obj(item.get("scope"))
    project = text(obj(scope.get("project")).get("id")) if text(scope.get("type")) == "PROJECT" else ""
    return Field(text(item.get("id")), text(item.get("name")), text(schema.get("type")), custom, project)
