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
from typing import TYPE_CHECKING, TypeAlias

from connector.http.json_values import JsonObject, as_object, as_text
from mapping.problems import did_you_mean

if TYPE_CHECKING:
    # What parses events needs the fields' names and no client, whose import takes longer than the rest of it.
    from connector.jira.client import JiraClient

CACHE_TIME = timedelta(minutes=5)
"""How long a site's list of fields is cached; a new field is found after that at the latest."""

NEWEST_READING = timedelta(seconds=5)
"""A list of fields that was read this lately is not read again for a name that it lacks."""

ALIASES = {"title": "summary", "type": "issuetype", "issue type": "issuetype", "due date": "duedate"}
"""Names that people use for system fields besides the site's own."""


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


ResolvedField: TypeAlias = Field | FieldProblem


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
        return cls(_field(item) for item in payload if as_text(item.get("id")))

    def unique(self) -> tuple[Field, ...]:
        """The fields that a name alone identifies."""
        return tuple(field for name in self._by_name if isinstance(field := self.resolve(name), Field))

    def by_id(self, identity: str) -> Field | None:
        return self._by_id.get(identity)

    def by_custom_type(self, custom: str) -> Field | None:
        """The only field of the site of a custom type, such as ``gh-epic-link``."""
        fields = [field for field in self._by_id.values() if field.custom == custom and not field.project]
        return fields[0] if len(fields) == 1 else None

    def knows(self, name: str) -> bool:
        """Whether some field is meant by this name, here or in a project."""
        return name.casefold() in self._by_name or ALIASES.get(name.casefold(), name) in self._by_id

    def in_projects(self, name: str) -> tuple[Field, ...]:
        """Every field of this name that belongs to one team-managed project."""
        return tuple(field for field in self._by_name.get(name.casefold(), []) if field.project)

    def resolve(self, name: str, project: str = "") -> ResolvedField:
        """The field of this name in a project, named by its id; without a project, that of the whole site."""
        folded = name.casefold()
        fields = self._by_name.get(folded, [])
        own = [field for field in fields if project and field.project == project]
        if len(own) == 1:
            return own[0]
        shared = [field for field in fields if not field.project]
        fields = shared or fields
        if len(fields) == 1:
            return fields[0]
        if len(fields) > 1:
            system = [field for field in fields if not field.custom]
            if len(system) == 1:
                return system[0]
            ids = ", ".join(sorted(field.id for field in fields))
            message = f'{len(fields)} fields are called "{name}" ({ids}); rename all but one, or write the id instead'
            return FieldProblem(name, NotResolved.AMBIGUOUS, message)
        by_id = self._by_id.get(ALIASES.get(folded, name))
        if by_id is not None:
            return by_id
        hint = did_you_mean(name, (field.name for field in self._by_id.values()))
        return FieldProblem(name, NotResolved.MISSING, f'no field is called "{name}"{". " + hint if hint else ""}')


class OwnAccount:
    """Gatepost's own account on a site, read once."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._cached: str | None = None

    def id(self) -> str:
        """Raises ToolError when the site does not answer."""
        if self._cached is None:
            myself = self._client.myself()
            self._cached = as_text(myself.get("accountId")) or as_text(myself.get("key")) or as_text(myself.get("name"))
        return self._cached


class SiteFields:
    """The catalogue of a site, read when it is needed and cached for some minutes.

    A name that it lacks may have been made a moment ago, so it is looked up anew before it counts as missing.
    """

    def __init__(self, client: JiraClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._cached: tuple[datetime, FieldCatalogue] | None = None

    def catalogue(self) -> FieldCatalogue:
        """Raises ToolError when the fields cannot be read."""
        with self._lock:
            now = self._clock()
            if self._cached is None or now - self._cached[0] > CACHE_TIME:
                self._cached = (now, FieldCatalogue.from_payload(self._client.fields()))
            return self._cached[1]

    def with_names(self, names: Iterable[str], *, oldest: timedelta = NEWEST_READING) -> FieldCatalogue:
        """The catalogue, read again when it lacks one of these names and is older than that.  Raises ToolError."""
        catalogue = self.catalogue()
        if all(catalogue.knows(name) for name in names):
            return catalogue
        with self._lock:
            if self._cached is not None and self._clock() - self._cached[0] > oldest:
                self._cached = None
        return self.catalogue()


def _field(item: JsonObject) -> Field:
    schema = as_object(item.get("schema"))
    custom = as_text(schema.get("custom")).rpartition(":")[2]
    scope = as_object(item.get("scope"))
    project = as_text(as_object(scope.get("project")).get("id")) if as_text(scope.get("type")) == "PROJECT" else ""
    return Field(as_text(item.get("id")), as_text(item.get("name")), as_text(schema.get("type")), custom, project)
