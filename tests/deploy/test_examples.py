"""The examples for other people's automation do what they say: parsed, and run against a live server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.people.permissions import Role, RoleGrant, TokenScope
from mapping.load import LoadedMapping
from sandbox.serving import Server
from tests.conftest import ROOT
from tests.connector.store.conftest import StoreFixture, store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.waiting import LONGEST_WAIT_SECONDS
from tests.webhook_server.api_server import api_server

__all__ = ["loaded", "store"]

EXAMPLES = ROOT / "deploy/examples"
PIPELINES = EXAMPLES / "pipelines"


@dataclass
class Live:
    url: str
    token: str


@pytest.fixture
def live(store: StoreFixture, loaded: LoadedMapping, tmp_path: Path) -> Iterator[Live]:
    """A server where ITX-1 is identified, and the gate into Detailed is shut."""
    with api_server(store, loaded, tmp_path) as api:
        api.person("ci", RoleGrant(Role.VIEWER), scopes=frozenset({TokenScope.GATES_READ}))
        server = Server(api.app).start()
        yield Live(server.url, api.tokens["ci"])
        server.stop()


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return subprocess.run(
        ["sh", "-e", "-c", command],
        cwd=folder,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT_SECONDS,
        check=False,
    )


def check_gate(live: Live, measure: str, stage: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"GATEPOST_URL": live.url, "GATEPOST_TOKEN": live.token} | more
    return shell(f"./check-gate.sh {measure} {stage}", PIPELINES, **environment)


def test_the_script_answers_open_shut_or_nothing(live: Live) -> None:
    passed = check_gate(live, "ITX-1", "identified")
    assert (passed.returncode, passed.stdout, passed.stderr) == (
        0, "The gate into Identified is open for ITX-1 Retire the legacy CRM.\n", "",
    )  # fmt: skip
    shut = check_gate(live, "ITX-1", "detailed")
    assert shut.returncode == 1
    assert shut.stdout.startswith(
        "The gate into Detailed is shut for ITX-1 Retire the legacy CRM.\n- Cannot move into Detailed yet: "
    )
    assert check_gate(live, "jira-main/10001", "Identified").returncode == 0, "an id, with its slash"
    for name, stage, more in (
        ("'ITX-1/identified?x='", "detailed", {}),
        ("'../gates/ITX-1'", "identified", {}),
        ("ITX-9", "detailed", {}),
        ("ITX-1", "live", {}),
        ("ITX-1", "identified", {"GATEPOST_TOKEN": "wrong"}),
        ("ITX-1", "identified", {"GATEPOST_URL": "http://127.0.0.1:9"}),
    ):
        unanswered = check_gate(live, name, stage, **more)
        assert (unanswered.returncode, unanswered.stdout) == (2, ""), name
        assert unanswered.stderr


def test_the_job_of_github_stops_at_a_shut_gate_and_shows_why(live: Live, tmp_path: Path) -> None:
    jobs: dict[str, Any] = YAML(typ="safe").load((PIPELINES / "github-actions.yaml").read_text())["jobs"]
    assert jobs["deploy"]["needs"] == "gate"
    step = jobs["gate"]["steps"][-1]
    assert set(step["env"]) == {"GATEPOST_URL", "GATEPOST_TOKEN", "MEASURE"}
    shutil.copy(PIPELINES / "check-gate.sh", tmp_path)
    summary = tmp_path / "summary.md"
    done = shell(
        step["run"],
        tmp_path,
        GATEPOST_URL=live.url,
        GATEPOST_TOKEN=live.token,
        MEASURE="ITX-1",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert done.returncode == 1
    assert "The gate into Implemented is shut for ITX-1 Retire the legacy CRM: Detailed comes first." in done.stdout
    assert summary.read_text().startswith("```\nThe gate into Implemented is shut")
    assert live.token not in done.stdout + done.stderr


def test_the_job_of_gitlab_stops_at_a_shut_gate(live: Live, tmp_path: Path) -> None:
    jobs: dict[str, Any] = YAML(typ="safe").load((PIPELINES / "gitlab-ci.yaml").read_text())
    assert jobs["deploy"]["needs"] == ["gate"]
    shutil.copy(PIPELINES / "check-gate.sh", tmp_path)
    (command,) = jobs["gate"]["script"]
    done = shell(command, tmp_path, GATEPOST_URL=live.url, GATEPOST_TOKEN=live.token, MEASURE="ITX-1")
    assert done.returncode == 1


def test_the_stage_of_jenkins_stops_at_a_shut_gate(live: Live, tmp_path: Path) -> None:
    text = (PIPELINES / "Jenkinsfile").read_text()
    shutil.copy(PIPELINES / "check-gate.sh", tmp_path)
    command = text.partition("sh '")[2].partition("'")[0]
    done = shell(command, tmp_path, GATEPOST_URL=live.url, GATEPOST_TOKEN=live.token, MEASURE="ITX-1")
    assert done.returncode == 1
    assert done.stdout.startswith("The gate into Implemented is shut")


HARNESS = """
const {{ execFileSync }} = require('child_process');
const fs = require('fs');
class RESTMessageV2 {{
  constructor() {{ this.headers = []; }}
  setEndpoint(url) {{ this.url = url; }}
  setHttpMethod() {{}}
  setHttpTimeout() {{}}
  setRequestHeader(name, value) {{ this.headers.push('-H', name + ': ' + value); }}
  execute() {{
    const body = execFileSync('curl', ['-s', ...this.headers, this.url]).toString();
    return {{ getBody: () => body, getStatusCode: () => 0 }};
  }}
}}
const sn_ws = {{ RESTMessageV2 }};
const inputs = {inputs}, outputs = {{}};
eval(fs.readFileSync({script}, 'utf8'));
console.log(JSON.stringify(outputs));
"""


@pytest.mark.parametrize(
    ("measure", "stage", "answered", "is_open", "summary"),
    [
        ("ITX-1", "identified", True, True, "The gate into Identified is open for ITX-1 Retire the legacy CRM."),
        ("jira-main/10001", "detailed", True, False, "The gate into Detailed is shut for ITX-1 Retire the legacy CRM."),
        ("ITX-9", "detailed", False, False, 'There is no measure "ITX-9". Name it by its key or id.'),
    ],
)
def test_the_script_step_of_servicenow(
    live: Live, measure: str, stage: str, answered: bool, is_open: bool, summary: str
) -> None:
    """ServiceNow's own classes stand in by name; the request is a real one."""
    if shutil.which("node") is None or shutil.which("curl") is None:
        pytest.skip("node and curl are needed to run a script of ServiceNow here")
    inputs = {"measure": measure, "stage": stage, "url": live.url + "/", "token": live.token}
    program = HARNESS.format(inputs=json.dumps(inputs), script=json.dumps(str(EXAMPLES / "servicenow/check-gate.js")))
    done = subprocess.run(
        ["node", "-e", program], capture_output=True, text=True, timeout=LONGEST_WAIT_SECONDS, check=True
    )
    outputs = json.loads(done.stdout)
    assert (outputs["answered"], outputs["open"]) == (answered, is_open)
    assert outputs["summary"].startswith(summary)


def test_the_rule_of_jira_gets_the_values_that_it_reads(live: Live) -> None:
    """The address in the steps, with a key in the place of the smart value; and the values that later steps name."""
    steps = (EXAMPLES / "automation.md").read_text()
    address = next(part for part in steps.split("`") if part.startswith("https://gatepost.acme.example/api/v1/gates/"))
    path = address.removeprefix("https://gatepost.acme.example").replace("{{issue.key}}", "ITX-1")
    done = shell(
        f"curl -s --fail-with-body -H 'Authorization: Bearer {live.token}' -H 'Accept: application/json' '{live.url}{path}'",
        EXAMPLES,
    )
    assert done.returncode == 0, "a shut gate is no error for a rule"
    body = json.loads(done.stdout)
    assert body["open"] is False
    assert body["summary"].startswith("The gate into Implemented is shut")
    assert all(blocker["sentence"] for blocker in body["gates"]["next"]["blockers"])
