"""Plays acts over HTTP on the running stand-ins and reads the outcome back from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from sandbox.story.scenarios import Act, Item, Step

BOTS = ("gatepost-bot", "gatepost.integration")
CALL_SECONDS = 60.0
"""For one call to a stand-in, which answers at once unless the machine has much else to do."""


class StoryFailed(AssertionError):
    """The tools do not show what the story says they have to."""


@dataclass(frozen=True)
class Shown:
    """An item as its tool shows it."""

    key: str
    url: str
    fields: Mapping[str, str]
    comments: tuple[tuple[str, str], ...] = ()
    """(author, text), oldest first."""

    @property
    def answer(self) -> str:
        """What Gatepost says here: its newest comment."""
        return next((text for author, text in reversed(self.comments) if author in BOTS), "")


class Player:
    def __init__(
        self, jira: str, servicenow: str, *, patience: float = 30.0, watch: Callable[[], None] = lambda: None
    ) -> None:
        """``patience`` in seconds, for each thing that is waited for; ``watch`` raises when that is in vain."""
        self._jira = jira.rstrip("/")
        self._servicenow = servicenow.rstrip("/")
        self._patience = patience
        self._watch = watch
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def items(self) -> list[Shown]:
        """Every item of the story."""
        found = []
        for base in (self._jira, self._servicenow):
            answer = self._session.get(f"{base}/sandbox/items", timeout=CALL_SECONDS)
            answer.raise_for_status()
            found += [Shown(item["key"], item["url"], item["fields"]) for item in answer.json()]
        return found

    def show(self, item: Item) -> Shown:
        base = self._jira if item[0] == "jira" else self._servicenow
        answer = self._session.get(f"{base}/sandbox/items", params={"title": item[1]}, timeout=CALL_SECONDS)
        answer.raise_for_status()
        (only,) = answer.json()
        said = tuple((str(author), str(text)) for author, text in only["comments"])
        return Shown(only["key"], only["url"], only["fields"], said)

    def act(self, tool: str, body: Mapping[str, object]) -> tuple[bool, str]:
        """Act as somebody in a tool: whether it was let through, and what the tool said."""
        base = self._jira if tool == "jira" else self._servicenow
        answer = self._session.post(f"{base}/sandbox/act", json=dict(body), timeout=CALL_SECONDS)
        return answer.status_code == 200, answer.text

    def play(self, act: Act) -> Shown:
        """Do every step and wait for what has to be shown.  Raises StoryFailed."""
        for step in act.steps:
            self._do(act, step)
        return self._wait(act)

    def _do(self, act: Act, step: Step) -> None:
        """A step whose gate has only just opened is tried until the tool lets it through."""
        deadline = time.monotonic() + self._patience
        while True:
            done, text = self._send(act.item, step)
            if step.refused is not None:
                if done:
                    raise StoryFailed(f"{act.title}: {step.do} {step.value} had to be refused and was not")
                if step.refused in text:
                    return
            elif done:
                return
            if time.monotonic() > deadline:
                raise StoryFailed(f"{act.title}: {step.by} could not {step.do} {step.value}: {text}")
            self._watch()
            time.sleep(0.05)

    def _send(self, item: Item, step: Step) -> tuple[bool, str]:
        key = self.show(item).key
        if item[0] == "jira":
            names = {"transition": "to", "edit": "fields", "comment": "text", "log": "hours"}
            return self.act("jira", {"as": step.by, "issue": key, "do": step.do, names[step.do]: step.value})
        values = {step.do: step.value}
        return self.act(item[0], {"as": step.by, "table": item[0], "record": key, "values": values})

    def _wait(self, act: Act) -> Shown:
        deadline = time.monotonic() + self._patience
        while True:
            shown = self.show(act.item)
            lacking = [name for name, value in act.shows.items() if not _holds(name, value, shown.fields)]
            unsaid = [text for text in act.answers if text not in shown.answer]
            if not lacking and not unsaid:
                return shown
            if time.monotonic() > deadline:
                wrong = [f"{name}: {shown.fields.get(name)!r}, not {act.shows[name]!r}" for name in lacking]
                told = "; ".join([*wrong, *(f"its answer {shown.answer!r} lacks {text!r}" for text in unsaid)])
                raise StoryFailed(f"{act.title}: {shown.key} shows {told}")
            self._watch()
            time.sleep(0.05)

    def wait_assessed(self, progress: Callable[[int, int], None]) -> None:
        """Wait until every item of the story shows a gate."""
        deadline = time.monotonic() + self._patience * 2
        while True:
            gates = [item.fields.get("Gate") for item in self.items()]
            assessed = sum(bool(gate) for gate in gates)
            progress(assessed, len(gates))
            if gates and assessed == len(gates):
                return
            if time.monotonic() > deadline:
                raise StoryFailed(f"{len(gates) - assessed} of {len(gates)} items have no gate yet")
            self._watch()
            time.sleep(0.1)


def _holds(name: str, wanted: str, fields: Mapping[str, str]) -> bool:
    present = fields.get(name, "")
    return wanted in present if name in {"Gate blockers", "Gate findings"} else present == wanted
