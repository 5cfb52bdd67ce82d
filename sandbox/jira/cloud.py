"""What Jira Cloud alone answers: enhanced search, bulk fetch, counts; nothing of the search before it."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, jsonify, request

from sandbox.jira import jql
from sandbox.jira.admin import issue_types_of
from sandbox.jira.api import Api, body_of, requested_fields, strings_of
from sandbox.jira.model import Issue, Refusal

MAX_FETCHED = 100
MOST_HISTORIES, MOST_FIELDS = 1000, 10
REMOVED_MESSAGE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


class CloudApi(Api):
    def routes(self, api: Blueprint, v3: str) -> None:
        super().routes(api, v3)
        api.post(f"{v3}/issue/bulkfetch")(self.bulk_fetch)
        api.add_url_rule(f"{v3}/search/jql", "search", self.search, methods=["GET", "POST"])
        api.post(f"{v3}/search/approximate-count")(self.count)
        api.add_url_rule(f"{v3}/search", "old_search", self.old_search, methods=["GET", "POST"])
        api.get(f"{v3}/issue/<reference>/changelog")(self.changelog)
        api.post(f"{v3}/changelog/bulkfetch")(self.changelogs)
        api.get(f"{v3}/project/search")(self.projects)
        self._state.dynamic.routes(api, v3)
        self._state.bulk.routes(api, v3)
        self._state.admin.routes(api, v3)
        self._state.workflows.routes(api, v3)
        api.get(f"{v3}/issuetype/project")(lambda: issue_types_of(self._state))

    def bulk_fetch(self) -> Response:
        body = body_of()
        references = strings_of(body.get("issueIdsOrKeys"))
        if not references or len(references) > MAX_FETCHED:
            raise Refusal(400, f"The number of issues to fetch must be between 1 and {MAX_FETCHED}.")
        found: dict[str, Issue] = {}
        with self._state.lock:
            for reference in references:
                try:
                    issue = self._state.issue(reference)
                except Refusal:
                    continue
                if not self._state.projects[issue.project].archived:
                    found[issue.id] = issue
            fields = strings_of(body.get("fields")) or ["*all"]
            issues = [self._shapes.issue(found[identity], fields) for identity in sorted(found, key=int)]
        return jsonify({"issues": issues, "issueErrors": []})

    def changelog(self, reference: str) -> Response:
        """Oldest first, a hundred entries at most."""
        history = self._state.issue(reference).history
        start, size = int(request.args.get("startAt", 0)), min(int(request.args.get("maxResults", 100)), 100)
        page = [self._shapes.change(change) for change in history[start : start + size]]
        last = start + size >= len(history)
        return jsonify({"startAt": start, "maxResults": size, "total": len(history), "isLast": last, "values": page})

    def changelogs(self) -> Response:
        """Of several issues, only changes of the fields that are named; issues that do not exist are left out."""
        body = body_of()
        references, fields = strings_of(body.get("issueIdsOrKeys")), set(strings_of(body.get("fieldIds")))
        size = int(str(body.get("maxResults") or 1000))
        if not references or len(references) > MOST_HISTORIES or len(fields) > MOST_FIELDS:
            raise Refusal(
                400, f"Between 1 and {MOST_HISTORIES} issues and up to {MOST_FIELDS} fields can be asked for."
            )
        start = _page(str(body.get("nextPageToken") or ""))
        with self._state.lock:
            entries = [
                (issue, change) for issue in self._existing(references) for change in issue.history
                if not fields or any(item.get("fieldId") in fields for item in change.items)
            ]  # fmt: skip
        entries.sort(key=lambda pair: (pair[1].at, int(pair[0].id)))
        shown: dict[str, list[dict[str, object]]] = {}
        for issue, change in entries[start : start + size]:
            shown.setdefault(issue.id, []).append(self._shapes.change(change))
        answer: dict[str, object] = {
            "issueChangeLogs": [{"issueId": issue, "changeHistories": some} for issue, some in shown.items()]
        }
        if start + size < len(entries):
            answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        return jsonify(answer)

    def _existing(self, references: list[str]) -> list[Issue]:
        found: dict[str, Issue] = {}
        for reference in references:
            try:
                issue = self._state.issue(reference)
            except Refusal:
                continue
            found[issue.id] = issue
        return list(found.values())

    # --- search ----------------------------------------------------------------------------------------

    def search(self) -> Response:
        posted = request.method == "POST"
        body = body_of() if posted else request.args
        fields = requested_fields(body)
        size = min(int(str(body.get("maxResults") or 50)), 5000)
        start = _page(str(body.get("nextPageToken") or ""))
        with self._state.lock:
            found = jql.search(self._state, str(body.get("jql") or ""))
            page = found[start : start + size]
            issues = [self._issue_json(issue, fields) for issue in page]
        last = start + size >= len(found)
        answer: dict[str, object] = {"issues": issues, "isLast": last}
        if not last:
            answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        return jsonify(answer)

    def _issue_json(self, issue: Issue, fields: list[str]) -> dict[str, object]:
        # Without a list of fields the enhanced search answers ids only.
        return self._shapes.issue(issue, fields) if fields else {"id": issue.id}

    def count(self) -> Response:
        return jsonify({"count": len(jql.search(self._state, str(body_of().get("jql") or "")))})

    def old_search(self) -> Response:
        raise Refusal(410, REMOVED_MESSAGE)

    def projects(self) -> Response:
        found = [self._shapes.project(key) for key in sorted(self._state.projects)]
        return jsonify({"isLast": True, "maxResults": 50, "startAt": 0, "total": len(found), "values": found})


def _page(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise Refusal(400, "Next page token is invalid or has expired.") from None
