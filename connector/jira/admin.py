"""What only a site's administrator may do: fields, contexts, options, screens and workflows (REST v3).

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ ; traps: reference sections 3.3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import BadAnswer, NotFound, Refused
from connector.http.json_values import JsonObject, items, obj, text
from connector.http.retry import read_again
from connector.jira.client import json_object
from connector.jira.cloud import CloudClient
from connector.jira.datacenter import DataCenterClient
from connector.jira.workflow_gates import Document, update_of

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Screen:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Tab:
    id: int
    fields: tuple[str, ...]
    """Of all tabs of the screen, not of this one only."""


@dataclass(frozen=True, slots=True)
class Context:
    id: str
    everywhere: bool
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workflows:
    """Documents as they were read, and the names of the statuses by their references."""

    documents: tuple[Document, ...]
    statuses: tuple[Document, ...]

    def status_name(self, reference: str) -> str:
        return next((str(one["name"]) for one in self.statuses if one["statusReference"] == reference), "")


class CloudAdmin:
    """Raises ToolError, PermissionDenied when the account does not administer Jira."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        self._jira: Any = client.jira

    # --- fields ------------------------------------------------------------------------------------

    def create_field(self, name: str, kind: str, description: str) -> str:
        body = {"name": name, "type": f"{CUSTOM}:{kind}", "description": description}
        return text(json_object(self._jira.create_custom_field(data=body), "field").get("id"))

    def trash_field(self, field: str) -> None:
        """Into the bin, from which an administrator may take it back for sixty days."""
        self._jira.trash_custom_field(field)

    def contexts(self, field: str) -> Sequence[Context]:
        ids = [text(one.get("id")) for one in _paged(self._jira.get_contexts_for_field, field)]
        projects: dict[str, list[str]] = {one: [] for one in ids}
        everywhere = set()
        for one in _paged(self._jira.get_project_context_mapping, field):
            context = text(one.get("contextId"))
            if one.get("isGlobalContext") is True:
                everywhere.add(context)
            elif one.get("projectId"):
                projects.setdefault(context, []).append(text(one.get("projectId")))
        return [Context(one, one in everywhere, tuple(projects[one])) for one in ids]

    def add_context(self, field: str, name: str, projects: Sequence[str]) -> str:
        body = {"name": name, "projectIds": list(projects), "issueTypeIds": []}
        return text(json_object(self._jira.create_custom_field_context(field, data=body), "context").get("id"))

    def options(self, field: str, context: str) -> Mapping[str, str]:
        found = _paged(self._jira.get_options_for_context, field, context)
        return {text(one.get("value")): text(one.get("id")) for one in found}

    def add_options(self, field: str, context: str, names: Sequence[str]) -> None:
        body = {"options": [{"value": name, "disabled": False} for name in names]}
        self._jira.create_custom_field_option(field, context, data=body)

    # --- screens -----------------------------------------------------------------------------------

    def edit_screens(self, projects: Sequence[str], kinds: Sequence[str]) -> Mapping[int, Screen]:
        """The screens on which these projects edit issues of these types."""
        if not projects:
            return {}
        schemes = {
            text(obj(one.get("issueTypeScreenScheme")).get("id"))
            for one in _paged(self._jira.get_issue_type_screen_scheme_project_associations, project_id=list(projects))
        }
        wanted = set()
        for scheme in schemes:
            rows = list(_paged(self._jira.get_issue_type_screen_scheme_mappings, issue_type_screen_scheme_id=[scheme]))
            own = {text(one.get("issueTypeId")): text(one.get("screenSchemeId")) for one in rows}
            wanted |= {own.get(kind) or own.get("default", "") for kind in kinds}
        ids = []
        for one in _paged(self._jira.get_screen_schemes, id=sorted(wanted - {""})):
            screens = obj(one.get("screens"))
            ids.append(int(text(screens.get("edit")) or text(screens.get("default"))))
        return {number: Screen(number, self._screen_name(number)) for number in sorted(set(ids))}

    def _screen_name(self, number: int) -> str:
        found = [one for one in _paged(self._jira.get_screens, id=[number]) if text(one.get("id")) == str(number)]
        return text(found[0].get("name")) if found else f"screen {number}"

    def tab(self, screen: int) -> Tab:
        tabs = [obj(one) for one in items(read_again()(self._jira.get_all_screen_tabs, screen))]
        if not tabs:
            raise Refused(f"screen {screen} has no tab to put a field on")
        shown = []
        for one in tabs:
            fields = read_again()(self._jira.get_all_screen_tab_fields, screen, text(one.get("id")))
            shown += [text(obj(field).get("id")) for field in items(fields)]
        return Tab(int(text(tabs[0].get("id"))), tuple(shown))

    def add_to_screen(self, screen: int, tab: int, field: str) -> None:
        self._jira.add_screen_tab_field(screen, tab, data={"fieldId": field})

    def drop_from_screen(self, screen: int, tab: int, field: str) -> None:
        self._jira.remove_screen_tab_field(screen, tab, field)

    def associate(self, field: str, projects: Sequence[str]) -> str:
        """Make a field valid in projects: by field schemes where the site has them, else by association."""
        try:
            rows = list(_paged(self._jira.get_projects_with_field_schemes, project_id=list(projects)))
            schemes = sorted({int(text(one.get("schemeId"))) for one in rows})
            self._jira.update_fields_associated_with_schemes(data={field: [{"schemeIds": schemes}]})
            return "field schemes"
        except NotFound:
            # The schemes are experimental; "404 if the feature flag is disabled".
            contexts = [{"type": "PROJECT_ID", "identifier": int(one)} for one in projects]
            body = {"associationContexts": contexts, "fields": [{"type": "FIELD_ID", "identifier": field}]}
            self._jira.create_associations(data=body)
            return "field association"

    # --- projects ----------------------------------------------------------------------------------

    def issue_types(self, project: str) -> Mapping[str, str]:
        """Name to id."""
        answer = read_again()(self._jira.get_issue_types_for_project, project_id=project)
        return {text(obj(one).get("name")): text(obj(one).get("id")) for one in items(answer)}

    # --- workflows ---------------------------------------------------------------------------------

    def workflows(self, pairs: Sequence[tuple[str, str]]) -> Workflows:
        """The workflows of (project id, issue type id)."""
        asked = [{"projectId": project, "issueTypeId": kind} for project, kind in pairs]
        return self._read({"projectAndIssueTypes": asked})

    def workflow(self, identity: str) -> Workflows:
        return self._read({"workflowIds": [identity]})

    def _read(self, body: JsonObject) -> Workflows:
        answer = json_object(read_again()(self._jira.read_workflows, data=body), "workflows")
        documents: Any = answer.get("workflows") or []
        statuses: Any = answer.get("statuses") or []
        return Workflows(tuple(documents), tuple(statuses))

    def usages(self, workflow: str) -> frozenset[tuple[str, str]]:
        """(project id, issue type id) of everything that uses a workflow."""
        found = set()
        answer = json_object(read_again()(self._jira.get_project_usages_for_workflow, workflow), "projectUsages")
        for project in items(obj(answer.get("projects")).get("values")):
            home = text(obj(project).get("id"))
            kinds = json_object(
                read_again()(self._jira.get_workflow_project_issue_type_usages, workflow, home), "issueTypeUsages"
            )
            found |= {(home, text(obj(one).get("id"))) for one in items(obj(kinds.get("issueTypes")).get("values"))}
        return frozenset(found)

    def replace_transitions(self, read: Workflows, transitions: Sequence[Document]) -> None:
        """Write a workflow as it was read but for its transitions: validated first, then replaced.

        Raises Refused with what the validation found, and when the workflow was changed since it was read.
        """
        (document,) = read.documents
        statuses = [
            {
                name: one[name]
                for name in ("id", "name", "statusCategory", "statusReference", "description")
                if name in one
            }
            for one in read.statuses
        ]
        payload = {"statuses": statuses, "workflows": [update_of(document, transitions)]}
        ask = {"payload": payload, "validationOptions": {"levels": ["ERROR"]}}
        answer = json_object(self._jira.validate_update_workflows(data=ask), "workflows/update/validation")
        wrong = [text(obj(one).get("message")) for one in items(answer.get("errors"))]
        if wrong:
            raise Refused(f'the workflow "{document.get("name")}" cannot be changed so: {"; ".join(wrong)}')
        done = json_object(self._jira.update_workflows(data=payload), "workflows/update")
        if done.get("taskId"):
            raise BadAnswer(
                f'the workflow "{document.get("name")}" is being migrated by the site (task {done["taskId"]}); '
                "run the same command again when it is done."
            )


class DataCenterAdmin:
    """The part of it that Data Center's REST has (v2)."""

    def __init__(self, client: DataCenterClient) -> None:
        self._client = client

    def create_field(self, name: str, kind: str, description: str, projects: Sequence[str]) -> str:
        body = {
            "name": name,
            "description": description,
            "type": f"{CUSTOM}:{kind}",
            "projectIds": [int(one) for one in projects],
            "issueTypeIds": [],
        }
        return text(self._client.call("POST", "field", json=body).get("id"))

    def delete_field(self, field: str) -> None:
        self._client.call("DELETE", "customFields", params={"ids": field})

    def screens(self, name: str) -> Sequence[Screen]:
        """Those of this very name; letter case does not count."""
        answer = self._client.call("GET", "screens", params={"search": name, "maxResults": 100})
        rows = items(answer.get("values")) or items(answer.get("screens"))
        found = [Screen(int(text(obj(one).get("id"))), text(obj(one).get("name"))) for one in rows]
        return [screen for screen in found if screen.name.casefold() == name.casefold()]

    def tab(self, screen: int) -> Tab:
        tabs = self._client.listed(f"screens/{screen}/tabs")
        if not tabs:
            raise Refused(f"screen {screen} has no tab to put a field on")
        shown = []
        for one in tabs:
            fields = self._client.listed(f"screens/{screen}/tabs/{text(one.get('id'))}/fields")
            shown += [text(field.get("id")) for field in fields]
        return Tab(int(text(tabs[0].get("id"))), tuple(shown))

    def add_to_screen(self, screen: int, tab: int, field: str) -> None:
        self._client.call("POST", f"screens/{screen}/tabs/{tab}/fields", json={"fieldId": field})

    def drop_from_screen(self, screen: int, tab: int, field: str) -> None:
        self._client.call("DELETE", f"screens/{screen}/tabs/{tab}/fields/{field}")


def _paged(ask: Any, *which: Any, **more: Any) -> Iterator[JsonObject]:
    start = 0
    while True:
        answer = json_object(read_again()(ask, *which, start_at=start, max_results=PAGE, **more), "page")
        page = [obj(one) for one in items(answer.get("values"))]
        yield from page
        start += len(page)
        if not page or answer.get("isLast") is True:
            return
