"""Play scenarios over HTTP on the running stand-ins and read the outcome from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from sandbox.story.scenarios import Item, Scenario, Step

BOT_ACCOUNTS = ("gatepost-bot", "gatepost.integration")
CALL_SECONDS = 60.0
"""Time limit of one call to a stand-in; generous, for a busy machine."""


class ScenarioFailed(AssertionError):
    """The tools do not show what the story expects."""


@dataclass(frozen=True)
class ShownItem:
    """An item as its tool shows it."""

    key: str
    url: str
    fields: Mapping[str, str]
    comments: tuple[tuple[str, str], ...] = ()
    """(author, text), oldest first."""

    @property
    def reply(self) -> str:
        """Gatepost's newest comment."""
        return next((text for author, text in reversed(self.comments) if author in BOT_ACCOUNTS), "")


class ScenarioPlayer:
    def __init__(
        self, jira: str, servicenow: str, *, timeout_seconds: float = 30.0, watch: Callable[[], None] = lambda: None
    ) -> None:
        """``timeout_seconds`` applies to each wait; ``watch`` raises when waiting is pointless."""
        self._jira = jira.rstrip("/")
        self._servicenow = servicenow.rstrip("/")
        self._timeout = timeout_seconds
        self._watch = watch
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def items(self) -> list[ShownItem]:
        """Every item of the story."""
        items = []
        for base in (self._jira, self._servicenow):
            response = self._session.get(f"{base}/sandbox/items", timeout=CALL_SECONDS)
            response.raise_for_status()
            items += [ShownItem(item["key"], item["url"], item["fields"]) for item in response.json()]
        return items

    def show(self, item: Item) -> ShownItem:
        base = self._jira if item[0] == "jira" else self._servicenow
        response = self._session.get(f"{base}/sandbox/items", params={"title": item[1]}, timeout=CALL_SECONDS)
        response.raise_for_status()
        (found,) = response.json()
        comments = tuple((str(author), str(text)) for author, text in found["comments"])
        return ShownItem(found["key"], found["url"], found["fields"], comments)

    def act_as(self, tool: str, body: Mapping[str, object]) -> tuple[bool, str]:
        """Act as somebody in a tool: whether the tool allowed it, and its response text."""
        base = self._jira if tool == "jira" else self._servicenow
        response = self._session.post(f"{base}/sandbox/act", json=dict(body), timeout=CALL_SECONDS)
        return response.status_code == 200, response.text

    def play(self, scenario: Scenario) -> ShownItem:
        """Do every step and wait for the expected outcome.  Raises ScenarioFailed."""
        for step in scenario.steps:
            self._do(scenario, step)
        return self._wait(scenario)

    def _do(self, scenario: Scenario, step: Step) -> None:
        """A step whose gate has only just opened is tried until the tool allows it."""
        deadline = time.monotonic() + self._timeout
        while True:
            done, text = self._send(scenario.item, step)
            if step.refused is not None:
                if done:
                    raise ScenarioFailed(
                        f"{scenario.title}: {step.action} {step.value} should have been refused and was not"
                    )
                if step.refused in text:
                    return
            elif done:
                return
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{scenario.title}: {step.person} could not {step.action} {step.value}: {text}")
            self._watch()
            time.sleep(0.05)

    def _send(self, item: Item, step: Step) -> tuple[bool, str]:
        key = self.show(item).key
        if item[0] == "jira":
            names = {"transition": "to", "edit": "fields", "comment": "text", "log": "hours"}
            return self.act_as(
                "jira", {"as": step.person, "issue": key, "do": step.action, names[step.action]: step.value}
            )
        values = {step.action: step.value}
        return self.act_as(item[0], {"as": step.person, "table": item[0], "record": key, "values": values})

    def _wait(self, scenario: Scenario) -> ShownItem:
        deadline = time.monotonic() + self._timeout
        while True:
            shown = self.show(scenario.item)
            expected = scenario.expected_fields
            missing = [name for name, value in expected.items() if not _matches(name, value, shown.fields)]
            missing_texts = [text for text in scenario.expected_replies if text not in shown.reply]
            if not missing and not missing_texts:
                return shown
            if time.monotonic() > deadline:
                wrong = [f"{name}: {shown.fields.get(name)!r}, not {expected[name]!r}" for name in missing]
                problems = "; ".join([*wrong, *(f"its reply {shown.reply!r} lacks {text!r}" for text in missing_texts)])
                raise ScenarioFailed(f"{scenario.title}: {shown.key} shows {problems}")
            self._watch()
            time.sleep(0.05)

    def wait_assessed(self, progress: Callable[[int, int], None]) -> None:
        """Wait until every item of the story shows a gate."""
        deadline = time.monotonic() + self._timeout * 2
        while True:
            gates = [item.fields.get("Gate") for item in self.items()]
            assessed = sum(bool(gate) for gate in gates)
            progress(assessed, len(gates))
            if gates and assessed == len(gates):
                return
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{len(gates) - assessed} of {len(gates)} items have no gate yet")
            self._watch()
            time.sleep(0.1)


def _matches(name: str, expected: str, fields: Mapping[str, str]) -> bool:
    present = fields.get(name, "")
    return expected in present if name in {"Gate blockers", "Gate findings"} else present == expected
