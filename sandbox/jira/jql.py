"""A small part of JQL: comparisons joined by AND and OR, AND before OR, and an order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.jira.model import Deployment, Issue, Refusal

if TYPE_CHECKING:
    from sandbox.jira.state import JiraState

Test: TypeAlias = Callable[[Issue], bool]

_CLAUSE = re.compile(
    r"""(?P<field>[A-Za-z]+|"[^"]+")\s*(?:(?P<not>not\s+)?in\s*\((?P<list>[^)]*)\)|(?P<op>>=|<=|!=|=|>|<)\s*(?P<value>"[^"]*"|'[^']*'|[\w.:-]+))""",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"-(\d+)([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def search(state: JiraState, jql: str, *, lenient: bool = False) -> list[Issue]:
    """The issues that a query finds, in its order.  Raises Refusal 400 as Jira does.

    ``lenient`` is Data Center's ``validateQuery=false``: issues that are not there are not complained of.
    """
    query, _, order = (
        re.split(r"(?i)(\s*\border by\b\s*)", jql, maxsplit=1) if re.search(r"(?i)\border by\b", jql) else (jql, "", "")
    )
    if not query.strip():
        raise Refusal(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    either = [
        [_test(state, part, lenient=lenient) for part in re.split(r"(?i)\s+and\s+", group.strip())]
        for group in re.split(r"(?i)\s+or\s+", query.strip())
    ]
    with state.lock:
        found = [issue for issue in state.visible() if any(all(test(issue) for test in tests) for tests in either)]
    for term in reversed([term.strip() for term in order.split(",") if term.strip()]):
        name, _, direction = term.partition(" ")
        found.sort(key=_sorter(name), reverse=direction.strip().lower() == "desc")
    return found


def _test(state: JiraState, clause: str, *, lenient: bool) -> Test:
    match = _CLAUSE.fullmatch(clause.strip())
    if match is None:
        raise Refusal(400, f"Error in the JQL Query: the clause '{clause}' could not be understood.")
    name = match["field"].strip('"').lower()
    if name == "worklogdate" and match["op"] == ">=":
        day = _moment(state, match["value"].strip("\"'")).date()
        return lambda issue: any(entry.started.date() >= day for entry in issue.worklogs)
    if name in {"updated", "created"} and match["op"]:
        limit = _moment(state, match["value"].strip("\"'"))
        return _dated(name, match["op"], limit)
    if match["op"] in {">", "<", ">=", "<="}:
        raise Refusal(400, f"The operator '{match['op']}' is not supported by the '{name}' field.")
    listed = match["list"] if match["list"] is not None else match["value"]
    values = {part.strip().strip("\"'").casefold() for part in listed.split(",") if part.strip()}
    if name in {"key", "issuekey", "id", "issue", "parent"} and not lenient:
        _all_there(state, name, values)
    negated = bool(match["not"]) or match["op"] == "!="
    get = _getter(state, name)
    return lambda issue: bool(get(issue) & values) is not negated


def _all_there(state: JiraState, name: str, values: set[str]) -> None:
    for value in sorted(values):
        try:
            state.issue(value)
        except Refusal:
            text = f"An issue with key '{value.upper()}' does not exist for field '{name}'."
            raise Refusal(400, text) from None


def _dated(name: str, op: str, limit: datetime) -> Test:
    compare: dict[str, Callable[[datetime], bool]] = {
        ">=": lambda at: at >= limit,
        ">": lambda at: at > limit,
        "<=": lambda at: at <= limit,
        "<": lambda at: at < limit,
    }
    if op not in compare:
        raise Refusal(400, f"The operator '{op}' is not supported by the '{name}' field.")
    return lambda issue: compare[op](issue.updated if name == "updated" else issue.created)


def _getter(state: JiraState, name: str) -> Callable[[Issue], set[str]]:
    def parent(issue: Issue) -> set[str]:
        above = state.issues.get(issue.parent or "")
        return {above.id, above.key.casefold()} if above else set()

    def epic(issue: Issue) -> set[str]:
        above = state.issues.get(issue.parent or "")
        return {above.id, above.key.casefold()} if above and above.type == "Epic" else set()

    def sub_task_of(issue: Issue) -> set[str]:
        return parent(issue) - epic(issue)

    getters: dict[str, Callable[[Issue], set[str]]] = {
        "project": lambda issue: {issue.project.casefold(), state.projects[issue.project].name.casefold()},
        "key": lambda issue: {issue.key.casefold(), issue.id},
        "issuekey": lambda issue: {issue.key.casefold(), issue.id},
        "id": lambda issue: {issue.id, issue.key.casefold()},
        "issue": lambda issue: {issue.id, issue.key.casefold()},
        "issuetype": lambda issue: {issue.type.casefold()},
        "type": lambda issue: {issue.type.casefold()},
        "status": lambda issue: {issue.status.casefold()},
        "labels": lambda issue: {label.casefold() for label in issue.labels},
        "parent": parent,
        "epic link": epic,
        "worklogauthor": lambda issue: {entry.author.casefold() for entry in issue.worklogs},
    }
    if state.deployment is Deployment.DATACENTER:
        # There a story hangs on its epic by the field Epic Link; only a sub-task has a parent.
        getters["parent"] = sub_task_of
    if name not in getters:
        raise Refusal(400, f"Field '{name}' does not exist or you do not have permission to view it.")
    return getters[name]


def _moment(state: JiraState, text: str) -> datetime:
    relative = _RELATIVE.fullmatch(text)
    if relative:
        return state.clock() - timedelta(**{UNITS[relative[2]]: int(relative[1])})
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=ZoneInfo(state.time_zone))
        except ValueError:
            continue
    raise Refusal(
        400, f"Date value '{text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm'."
    )


def _sorter(name: str) -> Callable[[Issue], tuple[str, float]]:
    match name.lower():
        case "updated":
            return lambda issue: ("", issue.updated.timestamp())
        case "created":
            return lambda issue: ("", issue.created.timestamp())
        case "key":
            return lambda issue: (issue.project, float(issue.key.rpartition("-")[2]))
        case _:
            return lambda issue: ("", float(issue.id))
