"""Logged hours: they change no field of their issue, and a site lists what was changed and deleted by time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify, request

from sandbox.jira.model import Issue, Refusal, Worklog
from sandbox.jira.serializer import IssueSerializer
from sandbox.jira.site import JiraSite
from sandbox.jira.webhooks import Webhooks

PAGE = 1_000
LATEST = timedelta(minutes=1)
"""What happened in the minute before a request is not listed."""


class Worklogs:
    def __init__(self, site: JiraSite, webhooks: Webhooks) -> None:
        self._site = site
        self._webhooks = webhooks
        self._shapes = IssueSerializer(site)
        self._deleted: list[tuple[datetime, str]] = []

    def log(self, issue: Issue, number: str, hours: float, *, by: str, started: datetime | None) -> Worklog:
        with self._site.lock:
            now = self._site.clock()
            entry = Worklog(number, by, started or now, round(hours * 3600), now)
            issue.worklogs.append(entry)
            self._webhooks.worklog("worklog_created", issue, entry)
            return entry

    def edit(self, issue: Issue, number: str, hours: float) -> Worklog:
        with self._site.lock:
            entry = _entry(issue, number)
            entry.seconds, entry.updated = round(hours * 3600), self._site.clock()
            self._webhooks.worklog("worklog_updated", issue, entry)
            return entry

    def delete(self, issue: Issue, number: str) -> None:
        with self._site.lock:
            entry = _entry(issue, number)
            issue.worklogs.remove(entry)
            self._deleted.append((self._site.clock(), number))
            self._webhooks.worklog("worklog_deleted", issue, entry)

    def routes(self, api: Blueprint, root: str, version: int) -> None:
        def edited() -> Response:
            found = [(entry.updated, entry.id) for issue in self._site.issues.values() for entry in issue.worklogs]
            return self._page(f"{root}/worklog/updated", found)

        def listed() -> Response:
            asked = {str(number) for number in (request.get_json(silent=True) or {}).get("ids", [])}
            if not asked or len(asked) > PAGE:
                raise Refusal(400, "The ids of 1 to 1000 worklogs are required.")
            pairs = ((issue, entry) for issue in self._site.visible() for entry in issue.worklogs)
            return jsonify([self._shapes.worklog(issue, entry, version) for issue, entry in pairs if entry.id in asked])

        api.get(f"{root}/worklog/updated", endpoint="updated_worklogs")(edited)
        api.get(f"{root}/worklog/deleted", endpoint="deleted_worklogs")(
            lambda: self._page(f"{root}/worklog/deleted", self._deleted)
        )
        api.post(f"{root}/worklog/list", endpoint="listed_worklogs")(listed)

    def _page(self, path: str, changes: Iterable[tuple[datetime, str]]) -> Response:
        since, latest = int(request.args.get("since", 0)), self._site.clock() - LATEST
        moments = sorted((_milliseconds(at), int(number)) for at, number in changes if at <= latest)
        found = [(at, number) for at, number in moments if at > since]
        page, address = found[:PAGE], f"{self._site.base_url}{path}"
        until = page[-1][0] if page else since
        answer: dict[str, object] = {
            "values": [{"worklogId": number, "updatedTime": at, "properties": []} for at, number in page],
            "since": since,
            "until": until,
            "self": f"{address}?since={since}",
            "lastPage": len(found) <= PAGE,
        }
        if len(found) > PAGE:
            answer["nextPage"] = f"{address}?since={until}"
        return jsonify(answer)


def _entry(issue: Issue, number: str) -> Worklog:
    found = next((one for one in issue.worklogs if one.id == number), None)
    if found is None:
        raise Refusal(404, f"Cannot find worklog with id: '{number}'.")
    return found


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
