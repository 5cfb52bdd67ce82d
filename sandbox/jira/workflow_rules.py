"""Conditions and validators of workflows: the system rules that form a gate.

A rule that the stand-in does not know lets everything through.  Rules and their parameters:
``GET /rest/api/3/workflows/capabilities``; how they compare: the source of the app that they came from
(github.com/atlassian/jira-suite-utilities).  There an empty field is unequal to everything and neither above nor below
anything, and a regular expression has to match the whole value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from sandbox.jira.model import Group, Issue, Rule
from sandbox.jira.serializer import option_id
from sandbox.jira.site import JiraSite

GROUP_MESSAGE = "only members of a group may do this"


def blocked_reason(site: JiraSite, group: Group | None, issue: Issue, *, over_rest: bool, by: str = "") -> str | None:
    """Why a transition is withheld from somebody (``by``); ``None`` when it is not."""
    if group is None:
        return None
    rules, groups = _list(group.get("conditions")), _list(group.get("conditionGroups"))
    failing = [_failed_rule(site, rule, issue, over_rest=over_rest, by=by) for rule in rules]
    failing += [blocked_reason(site, inner, issue, over_rest=over_rest, by=by) for inner in groups]
    if not failing:
        return None
    if group.get("operation") == "ANY":
        return None if None in failing else " and ".join(str(one) for one in failing)
    return next((one for one in failing if one is not None), None)


def _failed_rule(site: JiraSite, rule: Rule, issue: Issue, *, over_rest: bool, by: str) -> str | None:
    given = _parameters(rule)
    match rule.get("ruleKey"):
        case "system:check-field-value":
            return None if _field_matches(site, given, issue) else _condition_text(site, given)
        case "system:restrict-from-all-users":
            return None if over_rest and given.get("restrictMode") == "users" else "only an app may do this"
        case "system:restrict-issue-transition":
            groups = [name for name in given.get("groupIds", "").split(",") if name]
            return None if any(by in site.groups.get(name, ()) for name in groups) else GROUP_MESSAGE
        case _:
            return None


def _field_matches(site: JiraSite, given: Mapping[str, str], issue: Issue) -> bool:
    expected = [str(one) for one in json.loads(given.get("fieldValue") or "[]")]
    value = issue.values.get(given.get("fieldId", ""))
    kind, comparator = given.get("comparisonType"), given.get("comparator")
    if kind == "NUMBER":
        return _compare_numbers(comparator or "", value, expected)
    field = site.fields.get(given.get("fieldId", ""))
    present = "" if value is None else str(value)
    if kind == "OPTIONID" and field is not None:
        present = option_id(field.id, field.options.index(present)) if present in field.options else ""
    return (present in expected) if comparator == "=" else (present not in expected)


def _compare_numbers(comparator: str, value: object, expected: Sequence[str]) -> bool:
    if value is None:
        return comparator == "!="
    try:
        left, right = Decimal(str(value)), Decimal(expected[0])
    except (InvalidOperation, IndexError):
        return False
    results = {"=": left == right, "!=": left != right, ">": left > right, ">=": left >= right, "<": left < right}
    return results.get(comparator, left <= right)


def _condition_text(site: JiraSite, given: Mapping[str, str]) -> str:
    field = site.fields.get(given.get("fieldId", ""))
    expected = [str(one) for one in json.loads(given.get("fieldValue") or "[]")]
    if field is not None and given.get("comparisonType") == "OPTIONID":
        names = {option_id(field.id, place): name for place, name in enumerate(field.options)}
        expected = [names.get(one, one) for one in expected]
    word = {"=": "is not", "!=": "is"}.get(given.get("comparator", ""), f"is not {given.get('comparator')}")
    return f"{field.name if field else 'a field'} {word} {', '.join(expected)}"


def validator_messages(site: JiraSite, rules: Sequence[Rule], issue: Issue) -> list[str]:
    """The messages of the validators that do not pass."""
    return [message for rule in rules for message in _messages(site, rule, issue)]


def _messages(site: JiraSite, rule: Rule, issue: Issue) -> Iterator[str]:
    given = _parameters(rule)
    if rule.get("ruleKey") != "system:validate-field-value":
        return
    if given.get("ruleType") == "fieldRequired" and not issue.values.get(given.get("fieldsRequired", "")):
        yield given.get("errorMessage") or "A field is required."
    if given.get("ruleType") == "fieldMatchesRegularExpression":
        identity = given.get("fieldKey", "")
        if not re.fullmatch(given.get("regexp", ""), str(issue.values.get(identity) or "")):
            name = site.fields[identity].name if identity in site.fields else identity
            yield f"{name}: the value does not match the regular expression."


def _parameters(rule: Rule) -> Mapping[str, str]:
    given = rule.get("parameters")
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}


def _list(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
