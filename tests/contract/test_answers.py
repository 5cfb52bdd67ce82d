"""Every operation of Jira that the stand-in answers, held to the vendor's description of it.

The other half of ``test_exchanges.py``: there Gatepost's own calls are judged, here whatever the stand-in can say,
refusals among it.  A route that is added to the stand-in fails here until it has a case, and until it is described.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.jira.scopes import ADMINISTRATION, DAILY
from sandbox.delivery import EventSender
from sandbox.jira.app import create_app
from sandbox.jira.model import Deployment
from sandbox.jira.oauth import GATEWAY
from sandbox.jira.scopes import needed_scope
from sandbox.jira.state import JiraState
from sandbox.story import seed
from tests.contract.openapi import Description

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DOCUMENT = {"type": "doc", "version": 1, "content": []}

UNDESCRIBED = {
    r"/rest/webhooks/1\.0/webhook(/X)?": "admin webhooks are in no description of the vendor's",
    r"/rest/jira-webhook/1\.0/webhooks(/X)?": "Data Center's neither",
    r"/rest/oauth2/latest/token": "a service account's token; in no description",
}
"""Paths below ``/rest`` that no description has, each with the reason."""

OWN_DEFECTS: dict[Deployment, dict[str, str]] = {
    Deployment.CLOUD: {
        r"^GET /rest/api/3/bulk/issues/fields 200 .*fieldOptions\[\d+\]: Additional properties .*'id', 'value'": (
            "the schema of an option allows no property at all, and the description's own example has id and value"
        ),
        r"^(GET|POST) /rest/api/3/search: status 410 is not described": (
            "both are described as they were, and answer 410 since they were removed (changelog CHANGE-2046)"
        ),
    },
    Deployment.DATACENTER: {
        r"^GET /rest/api/2/(issue|search).* at \$.*\.fields\.\w+: .* is not of type 'object'": (
            "every field's value is described as an object; the file's own examples have lists, texts and null"
        ),
        r"^POST /rest/api/2/search 200 at .*\.fields\.\w+: .* is not of type 'object'": "the same",
        r"^GET /rest/api/2/issue/\{issueIdOrKey\}/properties/\{propertyKey\} 200 at \$\.value: .*'string'": (
            "a property's value is described as text; the page of the resource says that it is any JSON"
        ),
        (
            r"^(GET /rest/api/2/(field|project|user/search|project/\{projectIdOrKey\}/statuses|issue/\{issueIdOrKey\}/remotelink|"
            r"screens/\{screenId\}/tabs|screens/\{screenId\}/tabs/\{tabId\}/fields)|POST /rest/api/2/worklog/list)"
            r" 200 at \$: \[.* is not of type 'object'"
        ): "a list is described as one of its entries",
        r"^GET /rest/api/2/screens: status 200 is not described": "a list is described with status 201, which nothing that reads answers",
        r"^POST /rest/api/2/issue/\{issueIdOrKey\}/remotelink: status 201 is not described": (
            "a new link answers 201, as on Cloud, and an existing one 200"
        ),
        (
            r"^(DELETE /rest/api/2/issue/\{issueIdOrKey\}/comment/\{id\}|GET /rest/api/2/screens/\{screenId\}/tabs|"
            r"PUT /rest/api/2/issue/\{issueIdOrKey\}): status 404 is not described"
        ): "what does not exist is 404 there as on Cloud, which describes it",
    },
}
"""Deviations of the descriptions themselves: what is wrong in them, each with the reason."""


@dataclass(frozen=True)
class Case:
    method: str
    path: str
    """Below the API's root; names in braces are those of the world."""
    status: int
    body: object = None


def shared_cases(document: bool) -> list[Case]:
    """What both deployments have."""
    text: object = DOCUMENT if document else "Well"
    return [
        Case("GET", "/serverInfo", 200),
        Case("GET", "/myself", 200),
        Case("GET", "/field", 200),
        Case("POST", "/field", 201, {"name": "Extra", "type": "com.atlassian.jira.plugin.system.customfieldtypes:float"}),
        Case("POST", "/field", 400, {"name": "Extra", "type": "nonsense"}),
        Case("GET", "/issue/{epic}", 200),
        Case("GET", "/issue/NONE-1", 404),
        Case("POST", "/issue", 201, {"fields": {"summary": "New", "project": {"key": "ITX"}, "issuetype": {"name": "Task"}}}),
        Case("POST", "/issue", 400, {"fields": {"project": {"key": "ITX"}}}),
        Case("PUT", "/issue/{epic}", 204, {"fields": {"summary": "Renamed"}}),
        Case("PUT", "/issue/{epic}", 400, {"fields": {"customfield_0": 1}}),
        Case("PUT", "/issue/NONE-1", 404, {"fields": {"summary": "Renamed"}}),
        Case("GET", "/issue/{epic}/editmeta", 200),
        Case("GET", "/issue/NONE-1/editmeta", 404),
        Case("GET", "/project/ITX/statuses", 200),
        Case("GET", "/project/{project}/statuses", 200),
        Case("GET", "/project/NONE/statuses", 404),
        Case("GET", "/user?{user}", 200),
        Case("GET", "/user?accountId=nobody&username=nobody", 404),
        Case("GET", "/user/search?query=kaya&username=kaya", 200),
        Case("GET", "/user/search?query=nobody&username=nobody", 200),
        Case("GET", "/issue/{epic}/comment", 200),
        Case("POST", "/issue/{epic}/comment", 201, {"body": text}),
        Case("POST", "/issue/{epic}/comment", 400, {"body": 7}),
        Case("PUT", "/issue/{epic}/comment/{comment}", 200, {"body": text}),
        Case("DELETE", "/issue/{epic}/comment/{comment}", 204),
        Case("DELETE", "/issue/{epic}/comment/{comment}", 404),
        Case("POST", "/issue/{epic}/worklog", 201, {"timeSpentSeconds": 3600}),
        Case("POST", "/issue/{epic}/worklog", 400, {"timeSpentSeconds": 0}),
        Case("GET", "/issue/{epic}/worklog", 200),
        Case("GET", "/worklog/updated?since=0", 200),
        Case("GET", "/worklog/deleted?since=0", 200),
        Case("POST", "/worklog/list", 200, {"ids": ["{worklog}"]}),
        Case("POST", "/worklog/list", 400, {"ids": list(range(1, 1002))}),
        Case("GET", "/issue/{epic}/transitions?expand=transitions.fields", 200),
        Case("POST", "/issue/{epic}/transitions", 400, {"transition": {"id": "999"}}),
        Case("POST", "/issue/{story}/transitions", 204, {"transition": {"id": "{move}"}}),
        Case("PUT", "/issue/{epic}/properties/gatepost", 201, {"gate": "open"}),
        Case("PUT", "/issue/{epic}/properties/gatepost", 200, {"gate": "shut"}),
        Case("PUT", "/issue/{epic}/properties/gatepost", 400, "x" * 32768),
        Case("GET", "/issue/{epic}/properties/gatepost", 200),
        Case("DELETE", "/issue/{epic}/properties/gatepost", 204),
        Case("GET", "/issue/{epic}/properties/gatepost", 404),
        Case("DELETE", "/issue/{epic}/properties/gatepost", 404),
        Case("POST", "/issue/{epic}/remotelink", 201, {"globalId": "g", "object": {"url": "https://g.example", "title": "G"}}),
        Case("POST", "/issue/{epic}/remotelink", 200, {"globalId": "g", "object": {"url": "https://g.example", "title": "H"}}),
        Case("POST", "/issue/{epic}/remotelink", 400, {"object": {}}),
        Case("GET", "/issue/{epic}/remotelink", 200),
        Case("POST", "/issueLink", 201, {"type": {"name": "Blocks"}, "inwardIssue": {"key": "{story}"}, "outwardIssue": {"key": "{epic}"}}),
        Case("DELETE", "/issueLink/{link}", 204),
        Case("DELETE", "/issueLink/{link}", 404),
        Case("GET", "/mypermissions?permissions=EDIT_ISSUES", 200),
        Case("GET", "/screens?queryString=ITX", 200),
        Case("GET", "/screens/{screen}/tabs", 200),
        Case("GET", "/screens/0/tabs", 404),
        Case("GET", "/screens/{screen}/tabs/{tab}/fields", 200),
        Case("DELETE", "/screens/{screen}/tabs/{tab}/fields/{gate}", 204),
        Case("POST", "/screens/{screen}/tabs/{tab}/fields", 200, {"fieldId": "{gate}"}),
        Case("POST", "/screens/{screen}/tabs/{tab}/fields", 400, {"fieldId": "{gate}"}),
        Case("DELETE", "/issue/{doomed}", 204),
        Case("DELETE", "/issue/{doomed}", 404),
    ]  # fmt: skip


CLOUD_CASES = [
    Case("POST", "/issue/bulkfetch", 200, {"issueIdsOrKeys": ["{epic}", "NONE-1"], "fields": ["summary", "comment"]}),
    Case("POST", "/issue/bulkfetch", 400, {"issueIdsOrKeys": ["{epic}"] * 101}),
    Case("GET", "/search/jql?jql=project%20%3D%20ITX&fields=summary", 200),
    Case("POST", "/search/jql", 200, {"jql": "project = ITX ORDER BY key", "fields": ["summary"], "maxResults": 1}),
    Case("POST", "/search/jql", 400, {"jql": ""}),
    Case("POST", "/search/approximate-count", 200, {"jql": "project = ITX"}),
    Case("GET", "/search?jql=x", 410),
    Case("POST", "/search", 410, {"jql": "x"}),
    Case("GET", "/issue/{epic}/changelog", 200),
    Case("POST", "/changelog/bulkfetch", 200, {"issueIdsOrKeys": ["{epic}", "{story}"], "fieldIds": ["status", "summary"]}),
    Case("POST", "/changelog/bulkfetch", 400, {"issueIdsOrKeys": []}),
    Case("GET", "/project/search", 200),
    Case("GET", "/issuetype/project?projectId={project}", 200),
    Case("GET", "/field/{gate}/context", 200),
    Case("POST", "/field/{gate}/context", 201, {"name": "Of ITX", "projectIds": ["{project}"]}),
    Case("GET", "/field/{gate}/context/projectmapping", 200),
    Case("GET", "/field/{gate}/context/{context}/option", 200),
    Case("POST", "/field/{gate}/context/{context}/option", 200, {"options": [{"value": "Ajar"}]}),
    Case("POST", "/field/{gate}/context/{context}/option", 400, {"options": [{"value": "Ajar"}]}),
    Case("DELETE", "/field/{gate}/context/{context}", 204),
    Case("DELETE", "/field/{gate}/context/{context}", 404),
    Case("GET", "/issuetypescreenscheme/project?projectId={project}", 200),
    Case("GET", "/issuetypescreenscheme/mapping?issueTypeScreenSchemeId={project}", 200),
    Case("GET", "/screenscheme?id={project}", 200),
    Case("GET", "/config/fieldschemes/projects?projectId={project}", 200),
    Case("PUT", "/config/fieldschemes/fields", 204, {"{gate}": [{"schemeIds": [1]}]}),
    Case("PUT", "/field/association", 204, {
        "associationContexts": [{"identifier": 10001, "type": "PROJECT_ID"}],
        "fields": [{"identifier": "{gate}", "type": "FIELD_ID"}],
    }),
    Case("GET", "/bulk/issues/fields?issueIdsOrKeys={epic}", 200),
    Case("POST", "/bulk/issues/fields", 201, {
        "selectedIssueIdsOrKeys": ["{epic}"], "selectedActions": ["{net}"], "sendBulkNotification": False,
        "editedFieldsInput": {"clearableNumberFields": [{"fieldId": "{net}", "value": 5}]},
    }),
    Case("POST", "/bulk/issues/fields", 400, {
        "selectedIssueIdsOrKeys": ["{epic}"] * 1001, "selectedActions": ["{net}"], "sendBulkNotification": False,
        "editedFieldsInput": {"clearableNumberFields": [{"fieldId": "{net}", "value": 5}]},
    }),
    Case("GET", "/bulk/queue/1", 200),
    Case("GET", "/bulk/queue/1", 200),
    Case("POST", "/workflows", 200, {"projectAndIssueTypes": [{"projectId": "{project}", "issueTypeId": "10000"}]}),
    Case("GET", "/workflows/capabilities?workflowId={workflow}", 200),
    Case("GET", "/workflow/{workflow}/projectUsages", 200),
    Case("GET", "/workflow/{workflow}/project/{project}/issueTypeUsages", 200),
    Case("POST", "/workflows/update/validation", 200, {"payload": {"statuses": [], "workflows": []}, "validationOptions": {"levels": ["ERROR"]}}),
    Case("POST", "/workflows/update", 200, {"statuses": [], "workflows": []}),
    Case("POST", "/field/{trashed}/trash", 200),
    Case("POST", "/field/customfield_0/trash", 404),
    Case("POST", "/project", 201, {"key": "GPLIVE", "name": "Live", "projectTypeKey": "software", "leadAccountId": "kaya"}),
    Case("DELETE", "/project/GPLIVE", 204),
    Case("DELETE", "/project/GPLIVE", 404),
]  # fmt: skip

APP_CASES = [
    Case("POST", "/webhook", 200, {"url": "https://g.example/h", "webhooks": [
        {"jqlFilter": "project = ITX", "events": ["jira:issue_updated"]},
        {"jqlFilter": "labels = x", "events": ["jira:issue_updated"]},
    ]}),
    Case("GET", "/webhook", 200),
    Case("PUT", "/webhook/refresh", 200, {"webhookIds": [1000]}),
    Case("GET", "/webhook/failed", 200),
    Case("DELETE", "/webhook", 202, {"webhookIds": [1000]}),
]  # fmt: skip
"""What an OAuth app alone may ask, through the gateway."""

DATACENTER_CASES = [
    Case("GET", "/search?jql=project%20%3D%20ITX", 200),
    Case("POST", "/search", 200, {"jql": "project = ITX", "fields": ["summary"], "maxResults": 1}),
    Case("GET", "/project", 200),
    Case("GET", "/project/ITX", 200),
    Case("GET", "/project/NONE", 404),
    Case("DELETE", "/customFields?ids={trashed}", 200),
]


class World:
    """One stand-in, called without a network."""

    def __init__(self, deployment: Deployment) -> None:
        self.state = state = JiraState(deliverer=EventSender(), clock=lambda: self.now, deployment=deployment)
        self.now = NOW
        self.app: Flask = create_app(state)
        self.client: FlaskClient = self.app.test_client()
        seed.set_up_jira(state)
        trashed = state.add_field("Trashed", "float").id
        state.admin.create_screens()
        epic, doomed = (state.create("ITX", "Epic", name, by="kaya") for name in ("Epic", "Doomed"))
        state.edit(epic.key, {"summary": "Edited"}, by="kaya")
        moved = state.create("CLOUD", "Story", "Moved", by="kaya")
        screen = str(next(iter(state.admin.screens)))
        gate = state.field_named("Gate").id
        self.names = {
            "epic": epic.key, "story": moved.key, "doomed": doomed.key, "project": state.projects["ITX"].id,
            "user": "accountId=kaya" if deployment is Deployment.CLOUD else "username=kaya",
            "comment": state.comment(epic.key, "x", by="gatepost-bot").id,
            "worklog": state.log_work(epic.key, 1, by="kaya").id,
            "move": state.transitions(moved)[0][0].id, "link": f"{moved.id}{epic.id}", "screen": screen,
            "gate": gate, "net": state.field_named("Plan net").id, "trashed": trashed,
            "workflow": state.projects["ITX"].workflow.id, "tab": "", "context": "",
        }  # fmt: skip
        work = state.log_work(epic.key, 2, by="kaya")
        state.delete_work(epic.key, work.id)
        self.now += timedelta(minutes=5)
        self.root = f"/rest/api/{3 if deployment is Deployment.CLOUD else 2}"
        self.names["tab"] = str(self.call(Case("GET", "/screens/{screen}/tabs", 200)).get_json()[0]["id"])
        if deployment is Deployment.CLOUD:
            contexts = self.call(Case("GET", "/field/{gate}/context", 200)).get_json()
            self.names["context"] = contexts["values"][0]["id"]
        self.app_token = str(state.oauth.grant("sandbox-app", self.now)["access_token"])

    def filled(self, value: object) -> object:
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda match: self.names[match[1]], value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, dict):
            return {str(self.filled(key)): self.filled(one) for key, one in value.items()}
        return value

    def path(self, case: Case) -> str:
        return f"{self.root}{self.filled(case.path)}"

    def call(self, case: Case, *, as_app: bool = False) -> TestResponse:
        basic = base64.b64encode(f"{seed.BOT_EMAIL}:{seed.BOT_TOKEN}".encode()).decode()
        cloud = self.state.deployment is Deployment.CLOUD
        given = f"Bearer {self.app_token}" if as_app else f"Basic {basic}" if cloud else f"Bearer {seed.BOT_TOKEN}"
        address = f"{GATEWAY if as_app else ''}{self.path(case)}"
        body = self.filled(case.body)
        return self.client.open(address, method=case.method, headers={"Authorization": given}, json=body)


def answers(world: World) -> Iterator[tuple[Case, TestResponse]]:
    cloud = world.state.deployment is Deployment.CLOUD
    for case in [*shared_cases(document=cloud), *(CLOUD_CASES if cloud else DATACENTER_CASES)]:
        yield case, world.call(case)
    for case in APP_CASES if cloud else []:
        yield case, world.call(case, as_app=True)


def description_of(shared: Path, deployment: Deployment) -> Description:
    if deployment is Deployment.CLOUD:
        return Description(shared / "specs/jira-platform-v3.json")
    return Description(shared / "specs/jira-dc-10.3.json", "/rest")


@pytest.mark.parametrize("deployment", Deployment)
def test_every_answer_of_the_stand_in_is_as_described(shared: Path, deployment: Deployment) -> None:
    description, world = description_of(shared, deployment), World(deployment)
    wrong: list[str] = []
    reached: set[tuple[str, str]] = set()
    for case, answer in answers(world):
        path = world.path(case).partition("?")[0]
        reached.add((case.method, description.operation(case.method, path)[0]))
        if answer.status_code != case.status:
            wrong.append(
                f"{case.method} {case.path}: {answer.status_code} instead of {case.status}: {answer.text[:200]}"
            )
        wrong += description.content_problems(case.method, path, answer.status_code, answer.content_type, answer.data)
        body = answer.get_json(silent=True) if answer.data else None
        wrong += description.problems(case.method, path, answer.status_code, body)
    world.state.deliverer.close()
    defects = OWN_DEFECTS[deployment]
    assert sorted({one for one in wrong if not any(re.search(name, one) for name in defects)}) == []
    unused = [name for name in defects if not any(re.search(name, one) for one in wrong)]
    assert unused == [], "the description is no longer wrong there"
    lacking = {one for one in described_routes(world.app, description) if one not in reached}
    assert sorted(lacking) == [], "a route without a case"


def described_routes(app: Flask, description: Description) -> Iterator[tuple[str, str]]:
    """The operations behind the stand-in's routes; every one is described, or its reason is known."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "X", rule.rule)
        if path.startswith("/rest/") and not any(re.fullmatch(known, path) for known in UNDESCRIBED):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, description.operation(method, path)[0]


def test_each_operation_needs_the_scope_that_is_described(shared: Path) -> None:
    description, app = description_of(shared, Deployment.CLOUD), World(Deployment.CLOUD).app
    described = {
        (method, path): [one["OAuth2"] for one in operation.get("security", []) if "OAuth2" in one]
        for method, path in described_routes(app, description)
        for operation in [description.document["paths"][path][method.lower()]]
    }
    ours = {key: needed_scope(key[0], key[1].removeprefix("/rest/api/3")) for key in described}
    wrong = {key: (ours[key], found) for key, found in described.items() if found and ours[key] not in [*found[0], ""]}
    assert wrong == {}
    daily = {key for key, scope in ours.items() if scope not in {*DAILY, ""}}
    assert all(ours[key] in ADMINISTRATION for key in daily), "what the daily consent lacks an administrator's covers"
