"""Moves an issue back that went past a shut gate, and looks whether it is there then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import RejectedByRule, ValuesRejected
from connector.http.json_values import Json, JsonObject, as_object, as_text
from connector.jira.client import JiraClient
from mapping.work_item import NativeId, StatusCategory

RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class IssueStatus:
    """Where an issue is."""

    name: str
    is_done: bool
    resolution: str
    """Empty while it is unresolved.  Left behind in an open status it strikes the issue through."""


class MoveBack:
    def __init__(self, connection: str, client: JiraClient) -> None:
        self._connection = connection
        self._client = client

    def move(self, issue: NativeId, statuses: Sequence[str]) -> None:
        """Into the first of these statuses that a transition leads to; one that it has already is enough.

        The transition is looked up each time: its id differs from status to status and workflow to workflow.  An
        earlier call may have succeeded although no response came.  Raises RejectedByRule with what a person has to do.
        """
        wanted = {status.casefold() for status in statuses}
        present = self._status(issue)
        if present.name.casefold() not in wanted:
            self._transition(issue, statuses)
            present = self._status(issue)
            if present.name.casefold() not in wanted:
                raise RejectedByRule(
                    f"{self._connection}: the issue was moved back, and something moved it on to {present.name} at "
                    "once. Look for an automation rule or a post function that does that."
                )
        if present.resolution and not present.is_done:
            self._clear_resolution(issue, present)

    def _status(self, issue: NativeId) -> IssueStatus:
        values = as_object(self._client.issue(issue, ["status", RESOLUTION]).get("fields"))
        status = as_object(values.get("status"))
        category = as_text(as_object(status.get("statusCategory")).get("key"))
        resolution = as_text(as_object(values.get(RESOLUTION)).get("name"))
        return IssueStatus(as_text(status.get("name")), category == StatusCategory.DONE.value, resolution)

    def _transition(self, issue: NativeId, statuses: Sequence[str]) -> None:
        offered = self._client.transitions(issue)
        lacking: dict[str, None] = {}
        for status in statuses:
            leading = [one for one in offered if _target(one).casefold() == status.casefold()]
            # Fewest questions first: a screen may ask for what nobody but a person knows.
            for transition in sorted(leading, key=lambda one: len(_required(one))):
                fields, unknown = self._values(issue, _required(transition))
                if not unknown:
                    self._client.transition(issue, as_text(transition.get("id")), fields)
                    return
                lacking |= dict.fromkeys(unknown)
        if lacking:
            raise RejectedByRule(
                f"{self._connection}: the issue was not moved back: the screen of the transition requires "
                f"{', '.join(lacking)}, which is empty. Fill it, or let a transition back have no screen."
            )
        raise RejectedByRule(
            f"{self._connection}: the issue was not moved back: its workflow has no transition for Gatepost's account "
            f"to {' or '.join(statuses)}. Add one, or set enforce: comment."
        )

    def _values(self, issue: NativeId, required: Mapping[str, str]) -> tuple[Mapping[str, Json], list[str]]:
        """What the issue holds of the fields that a screen requires, and the names of those that are empty."""
        if not required:
            return {}, []
        present = as_object(self._client.issue(issue, list(required)).get("fields"))
        found = {field: _sendable(present.get(field)) for field in required}
        return found, [name for field, name in required.items() if found[field] in (None, "", [])]

    def _clear_resolution(self, issue: NativeId, present: IssueStatus) -> None:
        try:
            self._client.edit_issue(issue, {RESOLUTION: None}, {})
        except ValuesRejected as error:
            raise RejectedByRule(
                f"{self._connection}: the issue was moved back to {present.name}, and its resolution "
                f"{present.resolution} stays: {error} Let the transition back clear the resolution."
            ) from error


def _target(transition: JsonObject) -> str:
    return as_text(as_object(transition.get("to")).get("name"))


def _required(transition: JsonObject) -> Mapping[str, str]:
    """Fields (id to name) that the transition's screen asks for."""
    fields = {name: as_object(field) for name, field in as_object(transition.get("fields")).items()}
    return {
        name: as_text(field.get("name")) or name
        for name, field in fields.items()
        if field.get("required") is True and field.get("hasDefaultValue") is not True
    }


def _sendable(value: Json) -> Json:
    """A value as it was read, in the form in which it is written: people and choices by their ids."""
    if isinstance(value, list):
        return [_sendable(part) for part in value]
    if isinstance(value, dict) and value.get("type") != "doc":
        for name in ("accountId", "id", "name"):
            if as_text(value.get(name)):
                return {name: value[name]}
    return value
