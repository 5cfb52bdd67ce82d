"""Conditions and validators of workflows: the system rules that a gate is made of.

A rule that the stand-in does not know lets everything through.  Rules and their parameters:
``GET /rest/api/3/workflows/capabilities``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from sandbox.jira.model import Group, Issue, Rule
from sandbox.jira.serializer import option_id
from sandbox.jira.site import JiraSite


def withheld(site: JiraSite, group: Group | None, issue: Issue, *, over_rest: bool) -> str | None:
    """What withholds a transition, in words; ``None`` when nothing does."""
    if group is None:
        return None
    rules, groups = _list(group.get("conditions")), _list(group.get("conditionGroups"))
    failing = [_failing(site, rule, issue, over_rest=over_rest) for rule in rules]
    failing += [withheld(site, inner, issue, over_rest=over_rest) for inner in groups]
    if not failing:
        return None
    if group.get("operation") == "ANY":
        return None if None in failing else " and ".join(str(one) for one in failing)
    return next((one for one in failing if one is not None), None)


def _failing(site: JiraSite, rule: Rule, issue: Issue, *, over_rest: bool) -> str | None:
    given = _parameters(rule)
    match rule.get("ruleKey"):
        case "system:check-field-value":
            return None if _compares(site, given, issue) else _told(site, given)
        case "system:restrict-from-all-users":
            return None if over_rest and given.get("restrictMode") == "users" else "only a program may do this"
        case "system:restrict-issue-transition":
            return "only members of a group may do this"
        case _:
            return None


def _compares(site: JiraSite, given: Mapping[str, str], issue: Issue) -> bool:
    wanted = [str(one) for one in json.loads(given.get("fieldValue") or "[]")]
    value = issue.values.get(given.get("fieldId", ""))
    kind, comparator = given.get("comparisonType"), given.get("comparator")
    if kind == "NUMBER":
        return _numbers(comparator or "", value, wanted)
    field = site.fields.get(given.get("fieldId", ""))
    present = "" if value is None else str(value)
    if kind == "OPTIONID" and field is not None:
        present = option_id(field.id, field.options.index(present)) if present in field.options else ""
    return (present in wanted) if comparator == "=" else (present not in wanted)


def _numbers(comparator: str, value: object, wanted: Sequence[str]) -> bool:
    try:
        left, right = Decimal(str(value)), Decimal(wanted[0])
    except (InvalidOperation, IndexError):
        return False
    results = {"=": left == right, "!=": left != right, ">": left > right, ">=": left >= right, "<": left < right}
    return results.get(comparator, left <= right)


def _told(site: JiraSite, given: Mapping[str, str]) -> str:
    field = site.fields.get(given.get("fieldId", ""))
    wanted = [str(one) for one in json.loads(given.get("fieldValue") or "[]")]
    if field is not None and given.get("comparisonType") == "OPTIONID":
        names = {option_id(field.id, place): name for place, name in enumerate(field.options)}
        wanted = [names.get(one, one) for one in wanted]
    word = {"=": "is not", "!=": "is"}.get(given.get("comparator", ""), f"is not {given.get('comparator')}")
    return f"{field.name if field else 'a field'} {word} {', '.join(wanted)}"


def invalid(site: JiraSite, rules: Sequence[Rule], issue: Issue) -> list[str]:
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
        if not re.search(given.get("regexp", ""), str(issue.values.get(identity) or "")):
            name = site.fields[identity].name if identity in site.fields else identity
            yield f"{name}: the value does not match the regular expression."


def _parameters(rule: Rule) -> Mapping[str, str]:
    given = rule.get("parameters")
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}


def _list(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
