"""The stand-in answers as the vendor does where that was once found wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import cast

import pytest
import requests

from connector.jira.workflow_gates import WorkflowGate
from sandbox import servers
from sandbox.jira.model import Deployment, Group, Refusal
from sandbox.jira.oauth import GATEWAY
from sandbox.story import seed
from tests.waiting import LONGEST_CALL_SECONDS

CLOUD_AUTH = (seed.BOT_EMAIL, seed.BOT_TOKEN)


@pytest.fixture(scope="module", params=list(Deployment))
def site(request: pytest.FixtureRequest) -> Iterator[servers.Sandbox]:
    running = servers.start(deployment=request.param)
    seed.set_up_jira(running.jira)
    running.jira.create("ITX", "Epic", "Retire the legacy CRM", by="kaya")
    yield running
    running.stop()


def call(site: servers.Sandbox, method: str, path: str, body: object = None, gateway: str = "") -> requests.Response:
    cloud = site.jira.deployment is Deployment.CLOUD
    auth = CLOUD_AUTH if cloud else None
    headers = {} if cloud else {"Authorization": f"Bearer {seed.BOT_TOKEN}"}
    url = f"{site.jira.base_url}{gateway}/rest/api/{3 if cloud else 2}{path}"
    return requests.request(method, url, json=body, auth=auth, headers=headers, timeout=LONGEST_CALL_SECONDS)


def test_an_empty_answer_has_no_content_type(site: servers.Sandbox) -> None:
    answer = call(site, "PUT", "/issue/ITX-1", {"fields": {"summary": "New"}})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Type")) == (204, b"", None)


def test_data_center_lists_all_permissions_unasked(site: servers.Sandbox) -> None:
    shown = call(site, "GET", "/mypermissions?permissions=EDIT_ISSUES").json()["permissions"]
    assert (len(shown) == 1) is (site.jira.deployment is Deployment.CLOUD)
    assert shown["EDIT_ISSUES"]["havePermission"] is True


def test_a_project_is_found_by_its_id(site: servers.Sandbox) -> None:
    identity = site.jira.projects["ITX"].id
    assert (
        call(site, "GET", f"/project/{identity}/statuses").json() == call(site, "GET", "/project/ITX/statuses").json()
    )


def test_a_request_of_another_shape_is_an_error_and_no_500(site: servers.Sandbox) -> None:
    answer = call(site, "POST", "/issue", {"fields": {"summary": "x", "project": {"key": "NONE"}}})
    assert (answer.status_code, sorted(answer.json())) == (400, ["errorMessages", "errors"])


def test_every_address_leads_to_the_api_that_was_called(site: servers.Sandbox) -> None:
    cloud = site.jira.deployment is Deployment.CLOUD
    shown = call(site, "GET", "/issue/ITX-1").json()
    root = f"{site.jira.base_url}/rest/api/{3 if cloud else 2}/"
    kinds = [shown["self"], shown["fields"]["status"]["self"], shown["fields"]["project"]["self"]]
    assert [address.removeprefix(root).partition("/")[0] for address in kinds] == ["issue", "status", "project"]
    if cloud:
        site.jira.oauth.scoped_tokens.add(seed.BOT_TOKEN)
        over = call(site, "GET", "/issue/ITX-1", gateway=GATEWAY).json()
        site.jira.oauth.scoped_tokens.discard(seed.BOT_TOKEN)
        assert over["self"] == f"{site.jira.base_url}{GATEWAY}/rest/api/3/issue/{shown['id']}"


@pytest.mark.parametrize(("by", "moved"), [("osei", True), ("kaya", False)])
def test_an_exempt_group_passes_a_shut_gate_and_nobody_else_does(site: servers.Sandbox, by: str, moved: bool) -> None:
    """As ``provision apply --exempt-group`` writes the condition."""
    jira = site.jira
    gate = WorkflowGate(jira.field_named("Highest stage").id, exempt_group="rescuers")
    jira.groups["rescuers"] = {"osei"}
    epic = jira.create("CLOUD", "Epic", "Shut", by="kaya")
    (step, *_) = [one for one in jira.workflow(epic).transitions if "Backlog" in one.sources]
    before, step.conditions = step.conditions, cast("Group", gate.block(2))
    with nullcontext() if moved else pytest.raises(Refusal):
        jira.transition(epic.key, step.id, by=by)
    step.conditions = before
    assert (epic.status == step.to) is moved
