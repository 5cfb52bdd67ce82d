"""A small part of JQL: comparisons joined by AND and OR, parentheses, and an order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sandbox.jira.model import Deployment, Issue, Refusal
from sandbox.jira.site import JiraSite

Predicate: TypeAlias = Callable[[Issue], bool]

_TOKEN = re.compile(r"""\s*(?P<token>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|>=|<=|!=|[=<>(),]|[^\s=<>!(),"']+)""")
_RELATIVE = re.compile(r"-(\d+)([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COMPARISONS = ("=", "!=", ">=", "<=", ">", "<")


def search(site: JiraSite, jql: str, *, lenient: bool = False) -> list[Issue]:
    """The issues that a query finds, in its order.  Raises Refusal 400 as Jira does.

    ``lenient`` is Data Center's ``validateQuery=false``: issues that are not there are not complained of.
    """
    query, order = _split_order(jql)
    if not query.strip():
        raise Refusal(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    with site.lock:
        test = _Parser(site, query, lenient=lenient).parse()
        found = [issue for issue in site.visible() if test(issue)]
    for term in reversed([term.strip() for term in order.split(",") if term.strip()]):
        name, _, direction = term.partition(" ")
        found.sort(key=_sorter(name), reverse=direction.strip().lower() == "desc")
    return found


def _split_order(jql: str) -> tuple[str, str]:
    found = list(re.finditer(r"(?i)\border\s+by\b", jql))
    return (jql[: found[-1].start()], jql[found[-1].end() :]) if found else (jql, "")


class _Parser:
    """``or`` binds weaker than ``and``; parentheses group."""

    def __init__(self, site: JiraSite, query: str, *, lenient: bool) -> None:
        self._site = site
        self._lenient = lenient
        self._query = query
        self._tokens = [match["token"] for match in _TOKEN.finditer(query)]
        self._place = 0

    def parse(self) -> Predicate:
        test = self._any()
        if self._place < len(self._tokens):
            raise self._wrong()
        return test

    def _any(self) -> Predicate:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return lambda issue: any(test(issue) for test in tests)

    def _all(self) -> Predicate:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda issue: all(test(issue) for test in tests)

    def _one(self) -> Predicate:
        if self._take("("):
            inner = self._any()
            self._expect(")")
            return inner
        name = self._next().strip("\"'").lower()
        negated = self._take("not")
        if self._take("in"):
            return self._among(name, self._list(), negated=negated)
        operator = self._next()
        if operator not in COMPARISONS or negated:
            raise self._wrong()
        value = _value(self._next())
        if name == "worklogdate" and operator == ">=":
            day = _moment(self._site, value).date()
            return lambda issue: any(entry.started.date() >= day for entry in issue.worklogs)
        if name in {"updated", "created"}:
            return _dated(name, operator, _moment(self._site, value))
        if operator not in {"=", "!="}:
            raise Refusal(400, f"The operator '{operator}' is not supported by the '{name}' field.")
        return self._among(name, [value], negated=operator == "!=")

    def _among(self, name: str, listed: list[str], *, negated: bool) -> Predicate:
        values = {value.casefold() for value in listed}
        if name in {"key", "issuekey", "id", "issue", "parent"} and not self._lenient:
            _require_known_values(self._site, name, values)
        get = _getter(self._site, name)
        return lambda issue: bool(get(issue) & values) is not negated

    def _list(self) -> list[str]:
        self._expect("(")
        values = [_value(self._next())]
        while self._take(","):
            values.append(_value(self._next()))
        self._expect(")")
        return values

    def _take(self, word: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place].lower() == word:
            self._place += 1
            return True
        return False

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            raise self._wrong()
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._wrong()

    def _wrong(self) -> Refusal:
        return Refusal(400, f"Error in the JQL Query: the clause '{self._query.strip()}' could not be understood.")


def _value(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[:1] in {'"', "'"} else token


def _require_known_values(site: JiraSite, name: str, values: set[str]) -> None:
    for value in sorted(values):
        try:
            site.issue(value)
        except Refusal:
            text = f"An issue with key '{value.upper()}' does not exist for field '{name}'."
            raise Refusal(400, text) from None


def _dated(name: str, op: str, limit: datetime) -> Predicate:
    compare: dict[str, Callable[[datetime], bool]] = {
        ">=": lambda at: at >= limit,
        ">": lambda at: at > limit,
        "<=": lambda at: at <= limit,
        "<": lambda at: at < limit,
    }
    if op not in compare:
        raise Refusal(400, f"The operator '{op}' is not supported by the '{name}' field.")
    return lambda issue: compare[op](issue.updated if name == "updated" else issue.created)


def _getter(site: JiraSite, name: str) -> Callable[[Issue], set[str]]:
    def parent(issue: Issue) -> set[str]:
        above = site.issues.get(issue.parent or "")
        return {above.id, above.key.casefold()} if above else set()

    def epic(issue: Issue) -> set[str]:
        above = site.issues.get(issue.parent or "")
        return {above.id, above.key.casefold()} if above and above.type == "Epic" else set()

    def sub_task_of(issue: Issue) -> set[str]:
        return parent(issue) - epic(issue)

    getters: dict[str, Callable[[Issue], set[str]]] = {
        "project": lambda issue: {
            issue.project.casefold(),
            site.projects[issue.project].name.casefold(),
            site.projects[issue.project].id,
        },
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
    if site.deployment is Deployment.DATACENTER:
        # There a story hangs on its epic by the field Epic Link; only a sub-task has a parent.
        getters["parent"] = sub_task_of
    if name not in getters:
        raise Refusal(400, f"Field '{name}' does not exist or you do not have permission to view it.")
    return getters[name]


def _moment(site: JiraSite, text: str) -> datetime:
    relative = _RELATIVE.fullmatch(text)
    if relative:
        return site.clock() - timedelta(**{UNITS[relative[2]]: int(relative[1])})
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=ZoneInfo(site.time_zone))
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
