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
    signature = f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    headers = {"Content-Type": "application/json", "X-Hub-Signature": signature}
    return session.post(f"{here.url}{path}", data=body, headers=headers, timeout=LONGEST_CALL_SECONDS)


def test_every_captured_jira_body_is_accepted_or_refused_for_a_stated_reason(blank: World, shared: Path) -> None:
    blank.start("web")
    blank.start("worker")
    blank.wait_ready()
    files = sorted((shared / "payloads").glob("jira-*/*/*.json"))
    assert len(files) > 300
    outcomes: Counter[str] = Counter()
    bodies: set[bytes] = set()
    with requests.Session() as session:
        for file in files:
            body = file.read_bytes()
            answer = post(blank, body, session)
            told = answer.json()
            if answer.status_code == 202:
                assert told["result"] in ACCEPTED, file
                assert (told["result"] == "duplicate") == (body in bodies), file
                outcomes[told["result"]] += 1
                bodies.add(body)
            else:
                assert answer.status_code in {400, 413}, (file, answer.status_code)
                assert told["detail"], file
                outcomes["refused"] += 1
    blank.wait_quiet()
    # Nothing is lost: every distinct body that was taken in stands in the inbox and has an end.
    (row,) = blank.rows("SELECT count(DISTINCT delivery_id) AS kept FROM inbox")
    assert row.kept == len(bodies)
    states = Counter(str(row.state) for row in blank.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states
    assert blank.rows("SELECT 1 FROM inbox WHERE state = 'ignored' AND reason IS NULL") == []
    # The sandbox has none of these issues: the worker asked for each, was told nothing, and lives.
    assert blank.processes["worker"].poll() is None
    assert blank.rows("SELECT 1 FROM measure") == []
    assert outcomes["accepted"] > 60, outcomes


def test_captured_issues_of_the_story_are_mapped_assessed_and_written_and_an_event_sent_by_hand_is_accepted(
    told: World,
) -> None:
    """The project's own small payloads: the same way, without the corpus; then the event of the README."""
    told.start("web")
    # The worker's first sweep finds the items, also before the door is open.
    told.wait_ready()
    told.start("worker")
    told.player.wait_assessed(lambda _done, _total: None)
    here = Path(__file__).parent / "events"
    issue = next(issue for issue in told.sandbox.jira.issues.values() if issue.type == "Epic")
    with requests.Session() as session:
        for file in sorted(here.glob("jira-*.json")):
            body = file.read_text().replace("10001", issue.id).encode()
            assert post(told, body, session).json()["result"] in ACCEPTED, file
        for file in sorted(here.glob("servicenow-*.json")):
            answer = post(told, file.read_bytes(), session, "/hooks/servicenow/servicenow-main")
            assert answer.json()["result"] in ACCEPTED, file
    told.wait_quiet()
    states = Counter(str(row.state) for row in told.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states

    _sent_by_hand(told)


def _sent_by_hand(told: World) -> None:
    """The README's own shell lines, with this world's secret and address."""
    readme = (ROOT / "README.md").read_text()
    block = readme[readme.index("SECRET='what gatepost") :].partition("```")[0]
    script = block.replace("what gatepost connection add printed", SECRET.replace("'", "'\\''"))
    script = script.replace("http://127.0.0.1:8600", told.url)
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
