"""Real event bodies against the running server: each accepted or refused for a stated reason, none lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT
from tests.stories.world import SECRET, World
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story

ACCEPTED = {"accepted", "ignored", "duplicate"}


def post(here: World, body: bytes, session: requests.Session, path: str = "/hooks/jira/jira-main") -> requests.Response:
    """As a tool sends it: once more whenever it could not be stored within the few seconds that a sender waits.

    That says how busy the machine is, and nothing about the body.
    """
    signature = f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    headers = {"Content-Type": "application/json", "X-Hub-Signature": signature}

    def stored_or_refused() -> requests.Response | None:
        answer = session.post(f"{here.url}{path}", data=body, headers=headers, timeout=LONGEST_CALL_SECONDS)
        return None if (answer.status_code, "Retry-After" in answer.headers) == (503, True) else answer

    # A response is true only when it is a success.
    (answer,) = here.wait_until(
        lambda: [one for one in [stored_or_refused()] if one is not None], "the event is stored"
    )
    return answer


def test_every_captured_jira_body_is_accepted_or_refused_for_a_stated_reason(empty_world: World, shared: Path) -> None:
    empty_world.start("web")
    empty_world.start("worker")
    empty_world.wait_ready()
    files = sorted((shared / "payloads").glob("jira-*/*/*.json"))
    assert len(files) > 300
    outcomes: Counter[str] = Counter()
    bodies: set[bytes] = set()
    with requests.Session() as session:
        for file in files:
            body = file.read_bytes()
            response = post(empty_world, body, session)
            result = response.json()
            if response.status_code == 202:
                assert result["result"] in ACCEPTED, file
                assert (result["result"] == "duplicate") == (body in bodies), file
                outcomes[result["result"]] += 1
                bodies.add(body)
            else:
                assert response.status_code in {400, 413}, (file, response.status_code)
                assert result["detail"], file
                outcomes["refused"] += 1
    empty_world.wait_quiet()
    # Nothing is lost: every distinct body that was accepted is in the inbox and finished.
    (row,) = empty_world.rows("SELECT count(DISTINCT delivery_id) AS stored FROM inbox")
    assert row.stored == len(bodies)
    states = Counter(str(row.state) for row in empty_world.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states
    assert empty_world.rows("SELECT 1 FROM inbox WHERE state = 'ignored' AND reason IS NULL") == []
    # The sandbox has none of these issues: the worker asked for each, got nothing, and is still running.
    assert empty_world.processes["worker"].poll() is None
    assert empty_world.rows("SELECT 1 FROM measure") == []
    assert outcomes["accepted"] > 60, outcomes


def test_captured_issues_of_the_story_are_mapped_assessed_and_written_and_an_event_sent_by_hand_is_accepted(
    story_world: World,
) -> None:
    """The project's own small payloads, without the corpus; then the event of the documentation."""
    story_world.start("web")
    # The worker's first sweep finds the items, also before the webhook endpoint is ready.
    story_world.wait_ready()
    story_world.start("worker")
    story_world.player.wait_assessed(lambda _done, _total: None)
    folder = Path(__file__).parent / "events"
    issue = next(issue for issue in story_world.sandbox.jira.issues.values() if issue.type == "Epic")
    with requests.Session() as session:
        for file in sorted(folder.glob("jira-*.json")):
            body = file.read_text().replace("10001", issue.id).encode()
            assert post(story_world, body, session).json()["result"] in ACCEPTED, file
        for file in sorted(folder.glob("servicenow-*.json")):
            response = post(story_world, file.read_bytes(), session, "/hooks/servicenow/servicenow-main")
            assert response.json()["result"] in ACCEPTED, file
    story_world.wait_quiet()
    states = Counter(str(row.state) for row in story_world.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states

    _send_by_hand(story_world)


def _send_by_hand(here: World) -> None:
    """The documentation's own shell lines, with this world's secret and address."""
    page = (ROOT / "docs/automation/pipelines-and-events.md").read_text()
    block = page[page.index("SECRET='what gatepost") :].partition("```")[0]
    script = block.replace("what gatepost connection add printed", SECRET.replace("'", "'\\''"))
    script = script.replace("http://127.0.0.1:8600", here.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert " 202 " in done.stdout.splitlines()[0]
    assert json.loads(done.stdout.splitlines()[-1]) == {"result": "accepted"}
