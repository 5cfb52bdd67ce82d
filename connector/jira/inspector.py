"""Looks at a Jira site with a rule in hand: do its fields, statuses and people exist, and may they be edited?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.errors import NotFound
from connector.http.json_values import JsonObject, items, obj, text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue, FieldProblem, SiteFields
from connector.jira.reader import JiraReader
from connector.jira.scanner import quoted
from mapping.config import MeasureRule
from mapping.live_check import Looked, listed
from mapping.starter import Kind, SeenField, Survey
from mapping.work_item import ConnectionName, StatusCategory, Tool

MOST_PROJECTS = 50


class JiraInspector:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields, reader: JiraReader) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._reader = reader

    def look(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> Looked:
        """Raises ToolError.  The edit screen is that of one issue which the rule would take."""
        catalogue = self._fields.catalogue()
        resolved = {name: catalogue.resolve(name) for name in fields}
        problems = {name: found.message for name, found in resolved.items() if isinstance(found, FieldProblem)}
        projects, statuses = self._projects(rule)
        editable, options, notes = self._screen(rule, projects, catalogue)
        return Looked(
            problems=problems,
            editable=editable,
            options=options,
            statuses=statuses,
            projects=projects,
            people={person: why for person in people if (why := self._person(person))},
            notes=notes,
        )

    def kinds(self) -> Mapping[str, Sequence[str]]:
        """Projects with their issue types; at most fifty, to stay quick on a large site."""
        return {
            project: [text(kind.get("name")) for kind in self._client.statuses(project)]
            for project in [one.key for one in self._client.projects()][:MOST_PROJECTS]
        }

    def survey(self, project: str, kind: str) -> Survey:
        """Fields with what may be edited on one such issue, and the statuses of the type."""
        found = next(
            (one for one in self._client.statuses(project) if text(one.get("name")).casefold() == kind.casefold()), {}
        )
        statuses = tuple(
            (text(obj(status).get("name")), _category(obj(status))) for status in items(found.get("statuses"))
        )
        sample = self._reader.find(f"project = {quoted(project)} AND issuetype = {quoted(kind)}", 1)
        meta = self._client.editable(sample[0]) if sample else {}
        fields = tuple(
            SeenField(field.name, _kind(field), not sample or field.id in meta, _options(obj(meta.get(field.id))))
            for field in self._fields.catalogue().unique()
        )
        return Survey(Tool.JIRA, self._connection, project, kind, statuses, fields)

    def _projects(self, rule: MeasureRule) -> tuple[frozenset[str] | None, tuple[str, ...] | None]:
        """The named projects that are there, and the statuses of the named types in them."""
        named, types = listed(rule.match.project), {name.casefold() for name in listed(rule.match.type)}
        if not named:
            return None, None
        there, statuses = frozenset(one.key for one in self._client.projects()), dict[str, None]()
        known = {key.casefold() for key in there}
        for project in (name for name in named if name.casefold() in known):
            for kind in self._client.statuses(project):
                if not types or text(kind.get("name")).casefold() in types:
                    statuses |= dict.fromkeys(text(obj(status).get("name")) for status in items(kind.get("statuses")))
        return there, tuple(statuses) or None

    def _screen(
        self, rule: MeasureRule, projects: frozenset[str] | None, catalogue: FieldCatalogue
    ) -> tuple[frozenset[str] | None, Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        named = (("project", _in(listed(rule.match.project), projects)), ("issuetype", listed(rule.match.type)))
        clauses = [f"{name} in ({', '.join(map(quoted, values))})" for name, values in named if values]
        sample = self._reader.find(" AND ".join(clauses), 1) if clauses else []
        if not sample:
            return (
                None,
                {},
                (f"rule {rule.name}: no issue to look at; whether its fields can be edited was not checked",),
            )
        meta = self._client.editable(sample[0])
        editable, options = set(), {}
        for name in (name for name in rule.write.model_dump().values() if name):
            field = catalogue.resolve(name)
            if isinstance(field, FieldProblem) or field.id not in meta:
                continue
            editable.add(name)
            allowed = _options(obj(meta.get(field.id)))
            if allowed:
                options[name] = allowed
        return frozenset(editable), options, ()

    def _person(self, account: str) -> str:
        try:
            user = self._client.user(account)
        except NotFound:
            return f'the site has no user "{account}"'
        return f"the account of {text(user.get('displayName'))} is inactive" if user.get("active") is False else ""


def _category(status: JsonObject) -> StatusCategory:
    key = text(obj(status.get("statusCategory")).get("key"))
    return StatusCategory(key) if key in set(StatusCategory) else StatusCategory.UNKNOWN


def _kind(field: Field) -> Kind:
    kinds = {"user": Kind.PERSON, "date": Kind.DATE, "datetime": Kind.DATE, "number": Kind.NUMBER, "string": Kind.TEXT}
    return kinds.get(field.type, Kind.OTHER)


def _options(field: JsonObject) -> tuple[str, ...]:
    return tuple(text(obj(option).get("value")) for option in items(field.get("allowedValues")))


def _in(named: Sequence[str], there: frozenset[str] | None) -> list[str]:
    """The named projects that are there: a query with one that is not would fail whole."""
    known = {key.casefold() for key in there or ()}
    return [name for name in named if name.casefold() in known]
