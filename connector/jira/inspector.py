"""Checks a mapping rule against a Jira site: do its fields, statuses and people exist, and may they be edited?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.errors import NotFound
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue, FieldProblem, SiteFields
from connector.jira.jql import jql_quoted
from connector.jira.reader import JiraReader
from connector.sync.ports import DirectoryPerson
from mapping.config import MeasureRule
from mapping.live_check import RuleInspection, selected_names
from mapping.starter import FieldKind, Survey, SurveyField
from mapping.work_item import ConnectionName, StatusCategory, Tool

MAX_PROJECTS = 50


class JiraInspector:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields, reader: JiraReader) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._reader = reader

    def inspect(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> RuleInspection:
        """Raises ToolError.  The edit screen is that of one issue which the rule selects."""
        catalogue = self._fields.catalogue()
        resolved = {name: catalogue.resolve(name) for name in fields}
        problems = {name: field.message for name, field in resolved.items() if isinstance(field, FieldProblem)}
        projects, statuses = self._projects(rule)
        editable, options, notes = self._screen(rule, projects, catalogue)
        return RuleInspection(
            problems=problems,
            editable=editable,
            options=options,
            statuses=None if statuses is None else tuple(statuses),
            done=tuple(name for name, category in (statuses or {}).items() if category is StatusCategory.DONE),
            projects=projects,
            people={person: why for person in people if (why := self._person(person))},
            notes=notes,
        )

    def item_kinds(self) -> Mapping[str, Sequence[str]]:
        """Projects with their issue types; at most fifty, to stay quick on a large site."""
        return {
            project: [as_text(kind.get("name")) for kind in self._client.statuses(project)]
            for project in [project.key for project in self._client.projects()][:MAX_PROJECTS]
        }

    def survey(self, project: str, kind: str) -> Survey:
        """The editable fields of one such issue, and the statuses of the type."""
        found = next(
            (
                issue_type
                for issue_type in self._client.statuses(project)
                if as_text(issue_type.get("name")).casefold() == kind.casefold()
            ),
            {},
        )
        statuses = tuple(_statuses(found))
        sample = self._reader.find(f"project = {jql_quoted(project)} AND issuetype = {jql_quoted(kind)}", 1)
        meta = self._client.editable_fields(sample[0]) if sample else {}
        writable = self._client.writable_fields(sample[0]) if sample else frozenset()
        fields = tuple(
            SurveyField(
                field.name, _kind(field), not sample or field.id in writable, _options(as_object(meta.get(field.id)))
            )
            for field in self._fields.catalogue().unique()
        )
        return Survey(Tool.JIRA, self._connection, project, kind, statuses, fields)

    def find_people(self, text: str, limit: int) -> Sequence[DirectoryPerson]:
        """Without accounts of apps and of customers, who hold no role of a measure."""
        return tuple(
            DirectoryPerson(
                as_text(user.get("accountId") or user.get("key")),
                as_text(user.get("displayName")),
                as_text(user.get("emailAddress")) or as_text(user.get("name")),
                user.get("active") is not False,
            )
            for user in self._client.find_users(text, limit)
            if as_text(user.get("accountType")) in {"", "atlassian"}
        )

    def _projects(self, rule: MeasureRule) -> tuple[frozenset[str] | None, Mapping[str, StatusCategory] | None]:
        """The named projects that exist, and the statuses of the named types in them with what they mean."""
        named, types = selected_names(rule.match.project), {name.casefold() for name in selected_names(rule.match.type)}
        if not named:
            return None, None
        existing = frozenset(project.key for project in self._client.projects())
        statuses = dict[str, StatusCategory]()
        known = {key.casefold() for key in existing}
        for project in (name for name in named if name.casefold() in known):
            for kind in self._client.statuses(project):
                if not types or as_text(kind.get("name")).casefold() in types:
                    statuses |= dict(_statuses(kind))
        return existing, statuses or None

    def _screen(
        self, rule: MeasureRule, projects: frozenset[str] | None, catalogue: FieldCatalogue
    ) -> tuple[frozenset[str] | None, Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        named = (
            ("project", _existing_projects(selected_names(rule.match.project), projects)),
            ("issuetype", selected_names(rule.match.type)),
        )
        clauses = [f"{name} in ({', '.join(map(jql_quoted, values))})" for name, values in named if values]
        sample = self._reader.find(" AND ".join(clauses), 1) if clauses else []
        if not sample:
            return (
                None,
                {},
                (f"rule {rule.name}: there is no issue to check; whether its fields can be edited was not checked",),
            )
        meta, writable = self._client.editable_fields(sample[0]), self._client.writable_fields(sample[0])
        editable, options = set(), {}
        for name in (name for name in rule.write.model_dump().values() if name):
            field = catalogue.resolve(name)
            if isinstance(field, FieldProblem) or field.id not in writable:
                continue
            editable.add(name)
            allowed = _options(as_object(meta.get(field.id)))
            if allowed:
                options[name] = allowed
        return frozenset(editable), options, ()

    def _person(self, account: str) -> str:
        try:
            user = self._client.user(account)
        except NotFound:
            return f'the site has no user "{account}"'
        return f"the account of {as_text(user.get('displayName'))} is inactive" if user.get("active") is False else ""


def _statuses(kind: JsonObject) -> Iterator[tuple[str, StatusCategory]]:
    """The statuses of an issue type in a project, each with what it means."""
    for status in map(as_object, as_list(kind.get("statuses"))):
        yield as_text(status.get("name")), _category(status)


def _category(status: JsonObject) -> StatusCategory:
    key = as_text(as_object(status.get("statusCategory")).get("key"))
    return StatusCategory(key) if key in set(StatusCategory) else StatusCategory.UNKNOWN


def _kind(field: Field) -> FieldKind:
    kinds = {
        "user": FieldKind.PERSON,
        "date": FieldKind.DATE,
        "datetime": FieldKind.DATE,
        "number": FieldKind.NUMBER,
        "string": FieldKind.TEXT,
    }
    return kinds.get(field.type, FieldKind.OTHER)


def _options(field: JsonObject) -> tuple[str, ...]:
    return tuple(as_text(as_object(option).get("value")) for option in as_list(field.get("allowedValues")))


def _existing_projects(named: Sequence[str], existing: frozenset[str] | None) -> list[str]:
    """The named projects that exist: a query with another one would fail as a whole."""
    known = {key.casefold() for key in existing or ()}
    return [name for name in named if name.casefold() in known]
