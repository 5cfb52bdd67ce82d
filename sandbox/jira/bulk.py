"""Bulk edit: one value for many issues, worked off in the background.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-bulk-operations/
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from flask import Blueprint, Response, g, jsonify, request

from sandbox.jira.model import Refusal, Value
from sandbox.jira.serializer import from_adf, moment, option_id
from sandbox.jira.site import JiraSite

MAX_ISSUES = 1_000


@dataclass
class Task:
    id: str
    issues: list[str]
    values: Mapping[str, Value]
    by: str
    polls: int = 0
    done: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)


class Edit(Protocol):
    """Sets fields of an issue, by id or visible name."""

    def __call__(self, reference: str, changes: Mapping[str, Value], *, by: str) -> object: ...


class BulkQueue:
    def __init__(self, site: JiraSite, *, edit: Edit) -> None:
        self._site = site
        self._edit = edit
        self._ids = itertools.count(1)
        self.tasks: dict[str, Task] = {}
        self.slow_polls = 1
        """How often a task answers RUNNING before it is complete."""
        self.stubborn: set[str] = set()
        """Issues that a bulk edit fails on."""

    def routes(self, api: Blueprint, root: str) -> None:
        api.post(f"{root}/bulk/issues/fields")(self.submit)
        api.add_url_rule(f"{root}/bulk/issues/fields", "bulk_fields", self.fields)
        api.get(f"{root}/bulk/queue/<task>")(self.progress)

    def fields(self) -> Response:
        """The fields that all these issues have."""
        issues = [self._site.issue(one) for one in request.args.get("issueIdsOrKeys", "").split(",") if one]
        shown = []
        for known in self._site.fields.values():
            if all(self._site.is_valid(known.id, issue.project) for issue in issues):
                options = [
                    {"id": option_id(known.id, place), "value": name} for place, name in enumerate(known.options)
                ]
                shown.append({"id": known.id, "name": known.name, "type": known.type, "isRequired": False}
                             | ({"fieldOptions": options} if options else {}))  # fmt: skip
        return jsonify({"fields": shown})

    def submit(self) -> tuple[Response, int]:
        if "BULK_CHANGE" in self._site.withheld:
            return jsonify({"errors": [{"message": "The user does not have the Bulk change permission."}]}), 403
        body = request.get_json()
        issues = [str(one) for one in body["selectedIssueIdsOrKeys"]]
        values = dict(self._values(body["editedFieldsInput"]))
        if not issues or len(issues) > MAX_ISSUES or set(values) != set(body["selectedActions"]):
            return jsonify({"errors": [{"message": "The selected actions and issues are not valid."}]}), 400
        task = Task(str(next(self._ids)), issues, values, g.user.account_id)
        self.tasks[task.id] = task
        return jsonify({"taskId": task.id}), 201

    def _values(self, edited: Mapping[str, list[Mapping[str, object]]]) -> Iterator[tuple[str, Value]]:
        for one in edited.get("singleSelectFields", []):
            identity = str(one["fieldId"])
            option = one["option"]
            chosen = option.get("optionId") if isinstance(option, Mapping) else None
            choices = {int(option_id(identity, place)): name for place, name in enumerate(self._options(identity))}
            yield identity, choices.get(int(str(chosen)))
        for one in edited.get("clearableNumberFields", []):
            number = one.get("value")
            yield str(one["fieldId"]), number if isinstance(number, int | float) else None
        for one in edited.get("singleLineTextFields", []):
            yield str(one["fieldId"]), str(one["text"]) or None
        for one in edited.get("richTextFields", []):
            rich = one["richText"]
            yield str(one["fieldId"]), from_adf(rich.get("adfValue")) if isinstance(rich, Mapping) else None

    def _options(self, identity: str) -> tuple[str, ...]:
        return self._site.fields[identity].options

    def progress(self, task: str) -> Response:
        found = self.tasks.get(task)
        if found is None:
            raise Refusal(404, "The task does not exist.")
        found.polls += 1
        running = found.polls <= self.slow_polls
        if not running and not found.done and not found.failed:
            self._work(found)
        now = moment(self._site.clock())
        return jsonify(
            {
                "taskId": found.id,
                "status": "RUNNING" if running else "COMPLETE",
                "progressPercent": 50 if running else 100,
                "totalIssueCount": len(found.issues),
                "processedAccessibleIssues": [int(one) for one in found.done],
                "failedAccessibleIssues": found.failed,
                "invalidOrInaccessibleIssueCount": len(found.issues) - len(found.done) - len(found.failed),
                "created": now, "started": now, "updated": now,
            }
        )  # fmt: skip

    def _work(self, task: Task) -> None:
        for reference in task.issues:
            try:
                issue = self._site.issue(reference)
            except Refusal:
                continue
            if issue.id in self.stubborn:
                task.failed[issue.id] = ["The field could not be edited."]
                continue
            self._edit(issue.id, task.values, by=task.by)
            task.done.append(issue.id)
