"""Every request of Gatepost, and every response of the sandbox, against the vendor's own API descriptions.

A connection goes through its whole use_connection on each kind of Jira: connected, provisioned, swept, read, written in every
way, checked and removed.  Its calls are compared with ``jira-platform-v3.json`` and ``jira-dc-10.3.json``: the
operation exists and is not deprecated, parameters and bodies are as described.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from jira import JIRA

from connector import jira
from connector.errors import ToolError
from connector.http.tool_access import Auth, ToolAccess, WebhookAuth
from connector.http.transport import Timeout
from connector.sync.ports import ToolSite, WriteRequest
from connector.sync.provision import ProvisionedObject, ProvisionOptions
from connector.sync.scan import ScanPage
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from mapping.reply_comment import ReplyComment
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool
from mapping.writeback import WriteValue
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.jira.oauth import GATEWAY
from sandbox.story import seed
from tests.conftest import ROOT
from tests.contract.openapi import Description
from tests.contract.wiretap import Exchange, record_exchanges
from tests.sites import jira_site, now
from tests.waiting import LONGEST_CALL_SECONDS

UNDESCRIBED = {
    r"/rest/webhooks/1\.0/webhook(/\d+)?": "admin webhooks are in no description of the vendor's (reference 1.1)",
    r"/rest/jira-webhook/1\.0/webhooks(/\d+)?": "Data Center's neither (reference 1.7)",
    r"/oauth/token/accessible-resources": "which sites a consent reaches, and with what scopes; part of the sign-in",
    r"/_edge/tenant_info": "a site's public cloud id; in no description",
}
"""Paths that no description has, each with the reason."""

DEVIATIONS = {
    r"PUT /rest/api/2/issue/\{issueIdOrKey\} request at \$\.fields\.\w+: .* is not of type 'object'": (
        "the Data Center file requires that every field's value is an object; numbers and lines of text are sent as such"
    ),
    r"PUT /rest/api/2/issue/\{issueIdOrKey\}/properties/\{propertyKey\} request at \$: .* is not of type 'string'": (
        "it requires text for a property; the page of the resource allows any JSON, and so does Cloud's description"
    ),
    r"(POST|PUT) /rest/api/2/issue/\{issueIdOrKey\}/comment.* request at \$\.properties\[0\]\.value: .*'string'": (
        "the same for a comment's property; the vendor's examples of sd.public.comment send an object"
    ),
    r"GET /rest/api/3/bulk/issues/fields 200 at \$\.fields\[\d+\]\.fieldOptions\[\d+\]: Additional properties .*": (
        "the schema of an option allows no property at all, and the description's own example has id and priority"
    ),
}
"""Problems that are the description's own, each with the reason."""

RESPONSE_DEFECTS = (
    # The reference (5): the Data Center file describes one item where a list is sent, and its examples are unreal.
    r"is not of type 'object'",
    r"is not of type 'string'",
    r"is not of type 'array'",
    r"status \d+ is not described",
    r"Additional properties are not allowed",
    r"is not of type 'number'",
    r"is not of type 'integer'",
)
"""Defects of the vendor's Data Center file itself: its responses are compared by operation and status only."""


def use_connection(site: ToolSite, config: MappingConfig, sandbox: servers.Sandbox, screens: tuple[str, ...]) -> None:
    """Everything that Gatepost does to a Jira, once."""
    state = sandbox.jira
    setup, provisioner, scanner = site.setup, site.provisioner, site.scanner
    assert setup is not None
    assert provisioner is not None
    assert scanner is not None
    setup.identify()
    registration = setup.register(
        "https://gatepost.example/hooks/jira/jira-main", "s" * 40, WebhookAuth.SIGNATURE, setup.webhook_queries(["ITX"])
    )
    setup.register("https://gatepost.example/hooks/jira/jira-main", "t" * 40, WebhookAuth.SIGNATURE, [])
    objects: list[ProvisionedObject] = []
    for _ in range(9):
        plan = provisioner.plan(config, objects, ProvisionOptions(screens=screens))
        if not plan.steps:
            break
        objects += [provisioner.apply(step) for step in plan.steps if step.kind is plan.steps[0].kind]
    assert provisioner.verify(config) == []
    query = scanner.query_for(config.measures)
    page: ScanPage = scanner.scan(query, None, None)
    scanner.scan(query, now(), None)
    scanner.total(query, None)
    assert site.evidence_scanner is not None
    with_team = tuple(rule.model_copy(update={"team": "Team"}) for rule in config.measures)
    changed_since = config.model_copy(update={"measures": with_team}), now() - timedelta(hours=1)
    assert next(len(one) for one in site.evidence_scanner.evidence_changes(*changed_since)) == 2, "logged hours"
    epics = [item.native_id for item in page.items]
    site.reader.read([*epics, NativeId("99999")], frozenset({FieldName("Gate"), FieldName("Sponsor")}))
    write(site, epics, next(issue.key for issue in state.issues.values() if issue.type == "Story"))
    assert site.timesheet is not None
    assert site.finder is not None
    assert site.inspector is not None
    kaya = state.users["kaya"].key if state.deployment is Deployment.DATACENTER else "kaya"
    site.timesheet.time_entries([kaya], date(2026, 1, 1))
    site.finder.find("project = ITX", 5)
    site.inspector.inspect(config.measures[0], ["Gate"], [kaya])
    site.inspector.item_kinds()
    setup.trigger_event(epics[0], registration)
    setup.end_probe(epics[0], registration)
    setup.checks(["ITX"], registration)
    for provisioned in reversed(objects):
        provisioner.undo(provisioned)
    setup.unregister(registration)


def write(site: ToolSite, epics: list[NativeId], blocker: str) -> None:
    """Fields of every kind, marks, comments, in bulk and back."""
    values: dict[FieldName, WriteValue] = {
        FieldName("Gate"): "Blocked", FieldName("Gate blockers"): "one\ntwo", FieldName("Plan net"): Decimal("12.50"),
        FieldName("DoI stage"): None, FieldName("@property:gatepost"): '{"gate": "blocked"}',
        FieldName("@link"): (
            '{"url": "https://g.example/m", "title": "Gate", "summary": "1 blocker", "icon": "https://g.example/i.svg",'
            ' "iconTitle": "Gate blocked", "resolved": false}'
        ),
        FieldName("@blocked by"): blocker,
    }  # fmt: skip
    site.writer.write(WriteRequest(epics[0], values))
    site.writer.write(WriteRequest(epics[0], {FieldName("@blocked by"): f"-{blocker}"}))
    site.writer.write(WriteRequest(epics[0], {FieldName("Gate"): "Open"}))
    site.writer.write_reply_comment(
        epics[0], ReplyComment("Gatepost answers:\n@Aylin Kaya: why?", (("Aylin Kaya", "kaya"),))
    )
    site.writer.write_reply_comment(epics[0], ReplyComment("Gatepost answers more."))
    if site.bulk_editor is not None:
        task = site.bulk_editor.start(
            epics, {name: values[name] for name in map(FieldName, ("Gate", "Gate blockers", "Plan net"))}
        )
        assert task is not None
        while site.bulk_editor.result(task).running:
            pass


def prepared(deployment: Deployment) -> servers.Sandbox:
    sandbox = servers.start(deployment=deployment)
    state = sandbox.jira
    seed.set_up_people(state)
    for key, name in (("ITX", "IT transformation"), ("CLOUD", "Cloud")):
        state.add_project(
            key, name, seed.workflow(f"{key} workflow"), type_workflows={"Epic": seed.workflow(f"{key} epics")}
        )
    state.admin.create_screens()
    for key in ("ITX", "CLOUD"):
        epic = state.create(key, "Epic", f"An epic of {key}", by="kaya", values={"Program": "Data centre exit"})
        story = state.create(key, "Story", "A step", by="kaya", parent=epic.key)
        state.log_work(story.key, 3, by="kaya").updated -= timedelta(minutes=2)
    return sandbox


def config() -> MappingConfig:
    loaded = load_mapping((ROOT / "deploy/examples/jira-only.yaml").read_text())
    assert isinstance(loaded, LoadedMapping)
    return loaded.config


def problems_of(exchange: Exchange, description: Description, *, responses: bool) -> list[str]:
    """The problems of one exchange, without known deviations."""
    if any(re.fullmatch(pattern, exchange.path) for pattern in UNDESCRIBED):
        return []
    problems = list(description.request_problems(exchange.method, exchange.path, exchange.body, exchange.query))
    if responses:
        problems += description.problems(exchange.method, exchange.path, exchange.status, exchange.response_body)
    return [problem for problem in problems if not any(re.fullmatch(name, problem, re.DOTALL) for name in DEVIATIONS)]


def test_all_requests_to_cloud_are_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-platform-v3.json")
    sandbox = prepared(Deployment.CLOUD)
    with record_exchanges(monkeypatch) as caught:
        use_connection(jira_site(sandbox.jira), config(), sandbox, ())
    sandbox.stop()
    wrong = {problem for exchange in caught for problem in problems_of(exchange, description, responses=True)}
    assert sorted(wrong) == []
    assert len({(exchange.method, re.sub(r"\d+", "#", exchange.path)) for exchange in caught}) > 35, (
        "most operations were used"
    )


def test_all_requests_to_data_center_are_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-dc-10.3.json", "/rest")
    sandbox = prepared(Deployment.DATACENTER)
    with record_exchanges(monkeypatch) as caught:
        use_connection(jira_site(sandbox.jira), config(), sandbox, ("ITX: edit screen", "CLOUD: edit screen"))
    sandbox.stop()
    wrong = {problem for exchange in caught for problem in problems_of(exchange, description, responses=False)}
    assert sorted(wrong) == []
    response_problems = {
        problem
        for exchange in caught
        if not any(re.fullmatch(pattern, exchange.path) for pattern in UNDESCRIBED)
        for problem in description.problems(exchange.method, exchange.path, exchange.status, exchange.response_body)
    }
    assert [
        problem
        for problem in sorted(response_problems)
        if not any(re.search(defect, problem) for defect in RESPONSE_DEFECTS)
    ] == []


def test_dynamic_webhooks_are_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-platform-v3.json")
    sandbox = prepared(Deployment.CLOUD)
    state = sandbox.jira
    token = str(state.oauth.grant("sandbox-app", datetime.now(UTC))["access_token"])
    access = ToolAccess(
        ConnectionName("jira-main"), Tool.JIRA, state.base_url, "", token, auth=Auth.OAUTH,
        api_url=f"{state.base_url}{GATEWAY}",
    )  # fmt: skip
    site = jira.site(access, timeout=Timeout(), clock=now)
    assert site.setup is not None
    with record_exchanges(monkeypatch) as caught:
        registration = site.setup.register(
            "https://gatepost.example/hooks/jira/j", None, WebhookAuth.JWT, ["project in (ITX)"]
        )
        with pytest.raises(ToolError, match="The clause labels is unsupported"):
            site.setup.register("https://gatepost.example/hooks/jira/j", None, WebhookAuth.JWT, ["labels = x"])
        for number in range(1, 5):
            state.dynamic.register_for("sandbox-app", f"project in (P{number})")
        again = site.setup.register(
            "https://gatepost.example/hooks/jira/j", None, WebhookAuth.JWT, ["project in (ITX)"]
        )
        assert [str(number) for number in state.dynamic.registered] == [again.id], "five of an account at most"
        registration = again
        site.setup.refresh(registration)
        site.setup.checks([], registration)
        site.setup.unregister(registration)
    sandbox.stop()
    plain = [Exchange(**(vars(exchange) | {"path": exchange.path.removeprefix(GATEWAY)})) for exchange in caught]
    assert (
        sorted({problem for exchange in plain for problem in problems_of(exchange, description, responses=True)}) == []
    )
    assert {"/rest/api/3/webhook", "/rest/api/3/webhook/refresh", "/rest/api/3/webhook/failed"} <= {
        exchange.path for exchange in plain
    }


def test_the_vendors_own_client_works_with_the_data_center_sandbox() -> None:
    sandbox = prepared(Deployment.DATACENTER)
    client: Any = JIRA(sandbox.jira.base_url, token_auth=seed.BOT_TOKEN, max_retries=0)
    assert client.deploymentType == "Server"
    (issue,) = client.search_issues("project = ITX AND issuetype = Epic", fields="summary,status")
    issue.update(fields={"summary": "Renamed"})
    client.add_comment(issue, "Well [~kaya]")
    assert [comment.body for comment in client.comments(issue)] == ["Well [~kaya]"]
    client.transition_issue(issue, client.transitions(issue)[0]["id"])
    assert client.issue(issue.key).fields.summary == "Renamed"
    assert client.myself()["name"] == "gatepost-bot"
    client.close()
    sandbox.stop()


@pytest.mark.parametrize("deployment", Deployment)
def test_wrong_credentials_are_401_everywhere(deployment: Deployment) -> None:
    sandbox = prepared(deployment)
    version = 3 if deployment is Deployment.CLOUD else 2
    get: Callable[[str], requests.Response] = lambda path: requests.get(  # noqa: E731
        f"{sandbox.jira.base_url}/rest/api/{version}/{path}",
        headers={"Authorization": "Bearer x"},
        timeout=LONGEST_CALL_SECONDS,
    )
    assert {path: get(path).status_code for path in ("myself", "field", "mypermissions")} == dict.fromkeys(
        ("myself", "field", "mypermissions"), 401
    )
    sandbox.stop()
