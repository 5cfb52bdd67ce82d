"""Field values of requests, accepted or refused with Jira's messages."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.jira.model import Deployment, Refusal, Value
from sandbox.jira.serializer import from_adf
from sandbox.jira.site import JiraSite

SYSTEM_FIELDS = {
    "summary": "textfield",
    "duedate": "datepicker",
    "assignee": "userpicker",
    "description": "textarea",
    "resolution": "resolution",
}
"""System fields that can be edited, by the kind of value that they take."""

DOCUMENT_NEEDED = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 255 characters."


def validated_value(site: JiraSite, name: str, value: object, project: str) -> Value:
    """A field's value for an issue of a project (key), or Jira's complaint about it as a Refusal."""
    fields, cloud = site.fields, site.deployment is Deployment.CLOUD
    if name == "labels" and isinstance(value, list):
        return [str(label) for label in value]
    field = fields.get(name)
    kind = SYSTEM_FIELDS.get(name) or (field.type if field else None)
    if kind is None or (field is not None and not _can_be_set(site, name, project)):
        raise _refusal(name, f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    if value is None:
        return None
    if kind == "float":
        return _number(name, value)
    if kind == "textarea" and cloud:
        if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
            raise _refusal(name, DOCUMENT_NEEDED)
        return from_adf(value)
    if isinstance(value, list) or kind == "userpicker":
        return _option_value(value, "value" if kind == "multicheckboxes" else "accountId" if cloud else "name")
    if field is not None and kind == "select":
        chosen = str(_part(value, "value"))
        if chosen not in field.options:
            raise _refusal(name, f"Option value '{chosen}' is not valid")
        return chosen
    return _line(name, value, many_lines=kind == "textarea")


def _can_be_set(site: JiraSite, name: str, project: str) -> bool:
    """Cloud checks no screen when an issue is edited; Data Center does."""
    on_screen = site.deployment is Deployment.CLOUD or name not in site.off_screen
    return on_screen and site.is_valid(name, project)


def _option_value(value: object, part: str) -> Value:
    """One person or option, or several of them."""
    return [str(_part(one, part)) for one in value] if isinstance(value, list) else str(_part(value, part))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal(name, "Operation value must be a number")
    return value


def _line(name: str, value: object, *, many_lines: bool) -> str:
    if not isinstance(value, str):
        raise _refusal(name, "Operation value must be a string")
    if len(value) > 255 and not many_lines:
        raise _refusal(name, TOO_LONG)
    return value


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _refusal(name: str, message: str) -> Refusal:
    return Refusal(400, fields={name: message})
