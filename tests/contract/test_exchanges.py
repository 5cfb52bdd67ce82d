"""Every request of Gatepost, and every answer of the stand-in, against the vendor's own API descriptions.

A whole life of a connection is played on each kind of Jira: connected, provisioned, swept, read, written in every
way, looked after and taken back.  What goes over the wire is held against ``jira-platform-v3.json`` and
``jira-dc-10.3.json``: the operation is there and not deprecated, parameters and bodies are as described.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from jira import JIRA

from connector import jira
from connector.errors import ToolError
from connector.http.tool_access import Access, Auth, DoorKind
from connector.http.transport import Timeout
from connector.sync.ports import Site, Wish
from connector.sync.provision import Made, Options
from connector.sync.scan import SweptPage
from mapping.config import MappingConfig
from mapping.load import Loaded, load_mapping
from mapping.reply_comment import Answer
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool
from mapping.writeback import WriteValue
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.jira.oauth import GATEWAY
from sandbox.story import seed
from tests.conftest import ROOT
from tests.contract.openapi import Description
from tests.contract.wiretap import Exchange, wiretap
from tests.sites import jira_site, now
from tests.waiting import LONGEST_CALL_SECONDS

UNDESCRIBED = {
    r"/rest/webhooks/1\.0/webhook(/\d+)?": "admin webhooks stand in no description of the vendor's (reference 1.1)",
    r"/rest/jira-webhook/1\.0/webhooks(/\d+)?": "Data Center's neither (reference 1.7)",
    r"/_edge/tenant_info": "tells a site's cloud id to everybody; public, and in no description",
}
"""Paths that no description has, each with the reason."""

DEVIATIONS = {
    r"PUT /rest/api/2/issue/\{issueIdOrKey\} request at \$\.fields\.\w+: .* is not of type 'object'": (
        "the Data Center file says that every field's value is an object; numbers and lines of text are sent as such"
    ),
    r"PUT /rest/api/2/issue/\{issueIdOrKey\}/properties/\{propertyKey\} request at \$: .* is not of type 'string'": (
        "it says that a property is text; the page of the resource says any JSON, and so does Cloud's description"
    ),
}
"""Problems that are the description's own, each with the reason."""

ANSWER_DEFECTS = (
    # The reference (5): the Data Center file describes one item where a list is sent, and its examples are unreal.
    r"is not of type 'object'",
    r"is not of type 'string'",
    r"is not of type 'array'",
    r"status \d+ is not described",
    r"Additional properties are not allowed",
    r"is not of type 'number'",
    r"is not of type 'integer'",
)
"""Defects of the vendor's Data Center file itself: its answers are held to operation and status only."""


def life(site: Site, config: MappingConfig, sandbox: servers.Sandbox, screens: tuple[str, ...]) -> None:
    """Everything that Gatepost does to a Jira, once."""
    state = sandbox.jira
    setup, provisioner, scanner = site.setup, site.provisioner, site.scanner
    assert setup is not None
    assert provisioner is not None
    assert scanner is not None
    setup.identify()
    registration = setup.register("https://gatepost.example/hooks/jira/jira-main", "s" * 40, DoorKind.SIGNATURE, [])
    setup.register("https://gatepost.example/hooks/jira/jira-main", "t" * 40, DoorKind.SIGNATURE, [])
    made: list[Made] = []
    for _ in range(9):
        plan = provisioner.plan(config, made, Options(screens=screens))
        if not plan.steps:
            break
        made += [provisioner.apply(step) for step in plan.steps if step.kind is plan.steps[0].kind]
    assert provisioner.verify(config) == []
    query = scanner.scope(config.measures)
    page: SweptPage = scanner.scan(query, None, None)
    scanner.scan(query, now(), None)
    scanner.total(query, None)
    epics = [one.native_id for one in page.items]
    site.reader.read([*epics, NativeId("99999")], frozenset({FieldName("Gate"), FieldName("Sponsor")}))
    write(site, epics, next(one.key for one in state.issues.values() if one.type == "Story"))
    assert site.timesheet is not None
    assert site.finder is not None
    assert site.inspector is not None
    kaya = state.users["kaya"].key if state.deployment is Deployment.DATACENTER else "kaya"
    site.timesheet.logged([kaya], date(2026, 1, 1))
    site.finder.find("project = ITX", 5)
    site.inspector.look(config.measures[0], ["Gate"], [kaya])
    site.inspector.kinds()
    setup.ring(epics[0])
    setup.checks(["ITX"], registration)
    for one in reversed(made):
        provisioner.undo(one)
    setup.unregister(registration)


def write(site: Site, epics: list[NativeId], blocker: str) -> None:
    """Fields of every kind, marks, comments, in bulk and back."""
    values: dict[FieldName, WriteValue] = {
        FieldName("Gate"): "Shut", FieldName("Gate blockers"): "one\ntwo", FieldName("Plan net"): Decimal("12.50"),
        FieldName("DoI stage"): None, FieldName("@property:gatepost"): '{"gate": "shut"}',
        FieldName("@link"): (
            '{"url": "https://g.example/m", "title": "Gate", "summary": "1 blocker", "icon": "https://g.example/i.svg",'
            ' "iconTitle": "Gate shut", "resolved": false}'
        ),
        FieldName("@blocked by"): blocker,
    }  # fmt: skip
    site.writer.write(Wish(epics[0], values))
    site.writer.write(Wish(epics[0], {FieldName("@blocked by"): f"-{blocker}"}))
    site.writer.write(Wish(epics[0], {FieldName("Gate"): "Open"}))
    site.writer.answer(epics[0], Answer("Gatepost answers:\n@Aylin Kaya: why?", (("Aylin Kaya", "kaya"),)))
    site.writer.answer(epics[0], Answer("Gatepost answers more."))
    if site.bulk is not None:
        task = site.bulk.start(
            epics, {name: values[name] for name in map(FieldName, ("Gate", "Gate blockers", "Plan net"))}
        )
        assert task is not None
        while site.bulk.result(task).running:
            pass


def prepared(deployment: Deployment) -> servers.Sandbox:
    sandbox = servers.start(deployment=deployment)
    state = sandbox.jira
    seed.set_up_people(state)
    for key, name in (("ITX", "IT transformation"), ("CLOUD", "Cloud")):
        state.add_project(
            key, name, seed.workflow(f"{key} workflow"), type_workflows={"Epic": seed.workflow(f"{key} epics")}
        )
    state.admin.give_screens()
    for key in ("ITX", "CLOUD"):
        epic = state.create(key, "Epic", f"An epic of {key}", by="kaya", values={"Program": "Data centre exit"})
        story = state.create(key, "Story", "A step", by="kaya", parent=epic.key)
        state.log_work(story.key, 3, by="kaya")
    return sandbox


def config() -> MappingConfig:
    loaded = load_mapping((ROOT / "deploy/examples/jira-only.yaml").read_text())
    assert isinstance(loaded, Loaded)
    return loaded.config


def known(exchange: Exchange, description: Description, answers: bool) -> list[str]:
    """What is wrong with one exchange, deviations left out."""
    if any(re.fullmatch(pattern, exchange.path) for pattern in UNDESCRIBED):
        return []
    wrong = list(description.request_problems(exchange.method, exchange.path, exchange.body, exchange.query))
    if answers:
        wrong += description.problems(exchange.method, exchange.path, exchange.status, exchange.answer)
    return [one for one in wrong if not any(re.fullmatch(name, one, re.DOTALL) for name in DEVIATIONS)]


def test_a_life_on_cloud_is_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-platform-v3.json")
    sandbox = prepared(Deployment.CLOUD)
    with wiretap(monkeypatch) as caught:
        life(jira_site(sandbox.jira), config(), sandbox, ())
    sandbox.stop()
    wrong = {problem for one in caught for problem in known(one, description, answers=True)}
    assert sorted(wrong) == []
    assert len({(one.method, re.sub(r"\d+", "#", one.path)) for one in caught}) > 35, "most of what it can do was done"


def test_a_life_on_data_center_is_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-dc-10.3.json", "/rest")
    sandbox = prepared(Deployment.DATACENTER)
    with wiretap(monkeypatch) as caught:
        life(jira_site(sandbox.jira), config(), sandbox, ("ITX: edit screen", "CLOUD: edit screen"))
    sandbox.stop()
    wrong = {problem for one in caught for problem in known(one, description, answers=False)}
    assert sorted(wrong) == []
    answers = {
        problem
        for one in caught
        if not any(re.fullmatch(pattern, one.path) for pattern in UNDESCRIBED)
        for problem in description.problems(one.method, one.path, one.status, one.answer)
    }
    assert [one for one in sorted(answers) if not any(re.search(defect, one) for defect in ANSWER_DEFECTS)] == []


def test_dynamic_webhooks_are_as_described(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = Description(shared / "specs/jira-platform-v3.json")
    sandbox = prepared(Deployment.CLOUD)
    state = sandbox.jira
    token = str(state.oauth.grant("sandbox-app", datetime.now(UTC))["access_token"])
    access = Access(
        ConnectionName("jira-main"), Tool.JIRA, state.base_url, "", token, auth=Auth.OAUTH,
        api_url=f"{state.base_url}{GATEWAY}",
    )  # fmt: skip
    site = jira.site(access, timeout=Timeout(), clock=now)
    assert site.setup is not None
    with wiretap(monkeypatch) as caught:
        made = site.setup.register("https://gatepost.example/hooks/jira/j", None, DoorKind.JWT, ["project in (ITX)"])
        with pytest.raises(ToolError, match="The clause labels is unsupported"):
            site.setup.register("https://gatepost.example/hooks/jira/j", None, DoorKind.JWT, ["labels = x"])
        site.setup.refresh(made)
        site.setup.checks([], made)
        site.setup.unregister(made)
    sandbox.stop()
    plain = [Exchange(**(vars(one) | {"path": one.path.removeprefix(GATEWAY)})) for one in caught]
    assert sorted({problem for one in plain for problem in known(one, description, answers=True)}) == []
    assert {"/rest/api/3/webhook", "/rest/api/3/webhook/refresh", "/rest/api/3/webhook/failed"} <= {
        one.path for one in plain
    }


def test_the_vendors_own_client_drives_the_data_center_stand_in() -> None:
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
    answer: Callable[[str], requests.Response] = lambda path: requests.get(  # noqa: E731
        f"{sandbox.jira.base_url}/rest/api/{version}/{path}",
        headers={"Authorization": "Bearer x"},
        timeout=LONGEST_CALL_SECONDS,
    )
    assert {path: answer(path).status_code for path in ("myself", "field", "mypermissions")} == dict.fromkeys(
        ("myself", "field", "mypermissions"), 401
    )
    sandbox.stop()
