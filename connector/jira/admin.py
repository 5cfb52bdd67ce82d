"""Operations that only a site's administrator may do: fields, contexts, options, screens and workflows (REST v3).

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ ; traps: reference sections 3.3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import InvalidResponse, NotFound, ValuesRejected
from connector.http.answer_numbers import LARGEST_ID, Pages, whole_number
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.http.retry import retry_reads
from connector.jira.client import json_object
from connector.jira.cloud import CloudClient
from connector.jira.datacenter import DataCenterClient
from connector.jira.workflow_gates import Document, workflow_update

CUSTOM_FIELD_PREFIX = "com.atlassian.jira.plugin.system.customfieldtypes"
PAGE = 50
USAGES_PAGE = 200
"""The most that one page of a workflow's usages has."""


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
    is_global: bool
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workflows:
    """Documents as they were read, and the names of the statuses by their references."""

    documents: tuple[Document, ...]
    statuses: tuple[Document, ...]

    def status_name(self, reference: str) -> str:
        return next((str(status["name"]) for status in self.statuses if status["statusReference"] == reference), "")


class CloudAdmin:
    """Raises ToolError, PermissionDenied when the account does not administer Jira."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        self._jira: Any = client.jira
        self._schemes: dict[str, str] = {}
        self._by_type: dict[str, Mapping[str, str]] = {}
        self._screens: dict[str, JsonObject] = {}
        self._issue_types: dict[str, Mapping[str, str]] = {}

    def forget(self) -> None:
        """Read schemes and issue types anew: for a new plan."""
        for kept in (self._schemes, self._by_type, self._screens, self._issue_types):
            kept.clear()

    # --- fields ------------------------------------------------------------------------------------

    def create_field(self, name: str, kind: str, description: str) -> str:
        body = {"name": name, "type": f"{CUSTOM_FIELD_PREFIX}:{kind}", "description": description}
        return as_text(json_object(self._jira.create_custom_field(data=body), "field").get("id"))

    def trash_field(self, field: str) -> None:
        """Into the bin, from which an administrator can restore it for sixty days."""
        self._jira.trash_custom_field(field)

    def contexts(self, field: str) -> Sequence[Context]:
        ids = [as_text(row.get("id")) for row in _paged(self._jira.get_contexts_for_field, field)]
        projects: dict[str, list[str]] = {context: [] for context in ids}
        everywhere = set()
        for row in _paged(self._jira.get_project_context_mapping, field):
            context = as_text(row.get("contextId"))
            if row.get("isGlobalContext") is True:
                everywhere.add(context)
            elif row.get("projectId"):
                projects.setdefault(context, []).append(as_text(row.get("projectId")))
        return [Context(context, context in everywhere, tuple(projects[context])) for context in ids]

    def add_context(self, field: str, name: str, projects: Sequence[str]) -> str:
        body = {"name": name, "projectIds": list(projects), "issueTypeIds": []}
        return as_text(json_object(self._jira.create_custom_field_context(field, data=body), "context").get("id"))

    def drop_context(self, field: str, context: str) -> None:
        self._jira.delete_custom_field_context(field, context)

    def options(self, field: str, context: str) -> Mapping[str, str]:
        rows = _paged(self._jira.get_options_for_context, field, context)
        return {as_text(row.get("value")): as_text(row.get("id")) for row in rows}

    def add_options(self, field: str, context: str, names: Sequence[str]) -> None:
        body = {"options": [{"value": name, "disabled": False} for name in names]}
        self._jira.create_custom_field_option(field, context, data=body)

    # --- screens -----------------------------------------------------------------------------------

    def issue_type_screen_schemes(self, projects: Sequence[str]) -> frozenset[str]:
        """Ids of the schemes that these projects use; kept, because many projects share one."""
        asked = [project for project in projects if project not in self._schemes]
        for start in range(0, len(asked), PAGE):
            part = asked[start : start + PAGE]
            self._schemes |= dict.fromkeys(part, "")
            for row in _paged(self._jira.get_issue_type_screen_scheme_project_associations, project_id=part):
                scheme = as_text(as_object(row.get("issueTypeScreenScheme")).get("id"))
                self._schemes |= {as_text(project): scheme for project in as_list(row.get("projectIds"))}
        return frozenset(scheme for project in projects if (scheme := self._schemes[project]))

    def screen_schemes_by_type(self, scheme: str) -> Mapping[str, str]:
        """Issue type (id, or ``default``) to screen scheme."""
        if scheme not in self._by_type:
            rows = _paged(self._jira.get_issue_type_screen_scheme_mappings, issue_type_screen_scheme_id=[scheme])
            self._by_type[scheme] = {
                as_text(row.get("issueTypeId")): as_text(row.get("screenSchemeId")) for row in rows
            }
        return self._by_type[scheme]

    def screen_schemes(self, ids: Sequence[str]) -> Sequence[JsonObject]:
        """Each with its ``screens`` by role."""
        return [row for start in range(0, len(ids), PAGE) for row in self._some_schemes(ids[start : start + PAGE])]

    def _some_schemes(self, ids: Sequence[str]) -> list[JsonObject]:
        lacking = [identity for identity in ids if identity not in self._screens]
        if lacking:
            rows = _paged(self._jira.get_screen_schemes, id=lacking)
            self._screens |= {as_text(row.get("id")): row for row in rows}
        return [self._screens[identity] for identity in ids if identity in self._screens]

    def screen_name(self, number: int) -> str:
        rows = [row for row in _paged(self._jira.get_screens, id=[number]) if as_text(row.get("id")) == str(number)]
        return as_text(rows[0].get("name")) if rows else f"screen {number}"

    def tab(self, screen: int) -> Tab:
        tabs = [as_object(tab) for tab in as_list(retry_reads()(self._jira.get_all_screen_tabs, screen))]
        if not tabs:
            raise ValuesRejected(f"screen {screen} has no tab to put a field on")
        field_ids = []
        for tab in tabs:
            fields = retry_reads()(self._jira.get_all_screen_tab_fields, screen, as_text(tab.get("id")))
            field_ids += [as_text(as_object(field).get("id")) for field in as_list(fields)]
        return Tab(whole_number(tabs[0].get("id"), "id", "screens/tabs", largest=LARGEST_ID), tuple(field_ids))

    def add_to_screen(self, screen: int, tab: int, field: str) -> None:
        self._jira.add_screen_tab_field(screen, tab, data={"fieldId": field})

    def remove_from_screen(self, screen: int, tab: int, field: str) -> None:
        self._jira.remove_screen_tab_field(screen, tab, field)

    def associate(self, field: str, projects: Sequence[str]) -> str:
        """Make a field valid in projects: by field schemes where the site has them, else by association."""
        try:
            rows = list(_paged(self._jira.get_projects_with_field_schemes, project_id=list(projects)))
            schemes = sorted(
                {
                    whole_number(row.get("schemeId"), "schemeId", "projects/field schemes", largest=LARGEST_ID)
                    for row in rows
                }
            )
            self._jira.update_fields_associated_with_schemes(data={field: [{"schemeIds": schemes}]})
            return "field schemes"
        except NotFound:
            # The schemes are experimental; "404 if the feature flag is disabled".
            contexts = [
                {"type": "PROJECT_ID", "identifier": whole_number(project, "id", "project/search", largest=LARGEST_ID)}
                for project in projects
            ]
            body = {"associationContexts": contexts, "fields": [{"type": "FIELD_ID", "identifier": field}]}
            self._jira.create_associations(data=body)
            return "field association"

    # --- projects ----------------------------------------------------------------------------------

    def issue_types(self, project: str) -> Mapping[str, str]:
        """Name to id."""
        if project not in self._issue_types:
            response = retry_reads()(self._jira.get_issue_types_for_project, project_id=project)
            rows = [as_object(row) for row in as_list(response)]
            self._issue_types[project] = {as_text(row.get("name")): as_text(row.get("id")) for row in rows}
        return self._issue_types[project]

    # --- workflows ---------------------------------------------------------------------------------

    def workflows(self, pairs: Sequence[tuple[str, str]]) -> Workflows:
        """The workflows of (project id, issue type id)."""
        requested = [{"projectId": project, "issueTypeId": kind} for project, kind in pairs]
        return self._read({"projectAndIssueTypes": requested})

    def workflow(self, identity: str) -> Workflows:
        return self._read({"workflowIds": [identity]})

    def _read(self, body: JsonObject) -> Workflows:
        response = json_object(retry_reads()(self._jira.read_workflows, data=body), "workflows")
        documents: Any = response.get("workflows") or []
        statuses: Any = response.get("statuses") or []
        return Workflows(tuple(documents), tuple(statuses))

    def usages(self, workflow: str) -> frozenset[tuple[str, str]]:
        """(project id, issue type id) of everything that uses a workflow."""
        found = set()
        for project in _by_token(self._jira.get_project_usages_for_workflow, "projects", workflow):
            home = as_text(project.get("id"))
            kinds = _by_token(self._jira.get_workflow_project_issue_type_usages, "issueTypes", workflow, home)
            found |= {(home, as_text(row.get("id"))) for row in kinds}
        return frozenset(found)

    def rules_of(self, workflow: str) -> frozenset[str]:
        """Keys of the system rules that a workflow can have."""
        response = json_object(
            retry_reads()(self._jira.workflow_capabilities, workflow_id=workflow), "workflows/capabilities"
        )
        return frozenset(as_text(as_object(rule).get("ruleKey")) for rule in as_list(response.get("systemRules")))

    def replace_transitions(self, read: Workflows, transitions: Sequence[Document]) -> None:
        """Write a workflow as it was read but for its transitions: validated first, then replaced.

        Raises ValuesRejected with what the validation found, and when the workflow was changed since it was read.
        """
        (document,) = read.documents
        statuses = [
            {
                name: status[name]
                for name in ("id", "name", "statusCategory", "statusReference", "description")
                if name in status
            }
            for status in read.statuses
        ]
        payload = {"statuses": statuses, "workflows": [workflow_update(document, transitions)]}
        body = {"payload": payload, "validationOptions": {"levels": ["ERROR"]}}
        response = json_object(self._jira.validate_update_workflows(data=body), "workflows/update/validation")
        wrong = [as_text(as_object(error).get("message")) for error in as_list(response.get("errors"))]
        if wrong:
            raise ValuesRejected(
                f'the workflow "{document.get("name")}" cannot be changed like this: {"; ".join(wrong)}'
            )
        done = json_object(self._jira.update_workflows(data=payload), "workflows/update")
        if done.get("taskId"):
            raise InvalidResponse(
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
            "type": f"{CUSTOM_FIELD_PREFIX}:{kind}",
            "projectIds": [whole_number(project, "id", "project/search", largest=LARGEST_ID) for project in projects],
            "issueTypeIds": [],
        }
        return as_text(self._client.call("POST", "field", json=body).get("id"))

    def delete_field(self, field: str) -> None:
        self._client.call("DELETE", "customFields", params={"ids": field})

    def screens(self, name: str) -> Sequence[Screen]:
        """Those of this very name; letter case does not count."""
        response = self._client.call("GET", "screens", params={"search": name, "maxResults": 100})
        rows = as_list(response.get("values")) or as_list(response.get("screens"))
        found = [
            Screen(
                whole_number(as_object(row).get("id"), "id", "screens", largest=LARGEST_ID),
                as_text(as_object(row).get("name")),
            )
            for row in rows
        ]
        return [screen for screen in found if screen.name.casefold() == name.casefold()]

    def tab(self, screen: int) -> Tab:
        tabs = self._client.get_list(f"screens/{screen}/tabs")
        if not tabs:
            raise ValuesRejected(f"screen {screen} has no tab to put a field on")
        field_ids = []
        for tab in tabs:
            fields = self._client.get_list(f"screens/{screen}/tabs/{as_text(tab.get('id'))}/fields")
            field_ids += [as_text(field.get("id")) for field in fields]
        return Tab(whole_number(tabs[0].get("id"), "id", "screens/tabs", largest=LARGEST_ID), tuple(field_ids))

    def add_to_screen(self, screen: int, tab: int, field: str) -> None:
        self._client.call("POST", f"screens/{screen}/tabs/{tab}/fields", json={"fieldId": field})

    def remove_from_screen(self, screen: int, tab: int, field: str) -> None:
        self._client.call("DELETE", f"screens/{screen}/tabs/{tab}/fields/{field}")


def _by_token(read: Any, part: str, *arguments: Any) -> Iterator[JsonObject]:
    """Usages, which a token leads through; the last page has none."""
    token, pages = "", Pages(part)
    while True:
        options: dict[str, str] = {"next_page_token": token} if token else {}
        response = json_object(retry_reads()(read, *arguments, max_results=USAGES_PAGE, **options), part)
        page = as_object(response.get(part))
        yield from (as_object(row) for row in as_list(page.get("values")))
        token = as_text(page.get("nextPageToken"))
        if not token:
            return
        pages.next(token)


def _paged(read: Any, *arguments: Any, **options: Any) -> Iterator[JsonObject]:
    start, pages = 0, Pages("page")
    while True:
        response = json_object(retry_reads()(read, *arguments, start_at=start, max_results=PAGE, **options), "page")
        page = [as_object(row) for row in as_list(response.get("values"))]
        yield from page
        start += len(page)
        if not page or response.get("isLast") is True:
            return
        pages.next(repr(page[0]))
