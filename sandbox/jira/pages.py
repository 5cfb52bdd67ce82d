"""Pages of the Jira stand-in: an issue's values, and forms to act as a user."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.jira.model import Issue, Refusal
from sandbox.jira.state import JiraState
from sandbox.pages import governed_first, rendered_value, with_currency

PRODUCT = "Jira"
HISTORY_SHOWN = 30
"""Entries of an issue's history on its page."""


def install(app: Flask, state: JiraState) -> None:
    views = _Pages(state)
    pages = Blueprint("pages", __name__)
    pages.get("/")(views.index)
    pages.get("/browse/<reference>")(views.browse)
    pages.post("/browse/<reference>")(views.act)
    pages.post("/sandbox/act")(views.play)
    pages.get("/sandbox/items")(views.items)
    app.register_blueprint(pages)


class _Pages:
    def __init__(self, state: JiraState) -> None:
        self._state = state

    def index(self) -> str:
        state = self._state
        with state.lock:
            epics = [issue for issue in state.issues.values() if issue.parent is None]
            return render_template(
                "jira_list.html",
                product=PRODUCT,
                title=PRODUCT,
                shown=rendered_value,
                issues=epics,
                value=state.value_named,
            )

    def browse(self, reference: str) -> str:
        return self._show(self._state.issue(reference))

    def act(self, reference: str) -> AnyResponse | str:
        state, actor = self._state, request.form["as"]
        issue = state.issue(reference)
        try:
            if request.form.get("text"):
                state.comment(issue.id, request.form["text"], by=actor)
            elif request.form.get("to"):
                state.transition(issue.id, request.form["to"], by=actor)
        except Refusal as refusal:
            return self._show(issue, str(refusal), actor)
        return redirect(f"/browse/{issue.key}", 303)

    def play(self) -> tuple[Response, int]:
        """Act as a user for a story's player, without that user's token."""
        state, body = self._state, request.get_json()
        actor, reference = body["as"], body["issue"]
        match body["do"]:
            case "transition":
                state.transition(reference, body["to"], by=actor)
            case "edit":
                state.edit(reference, body["fields"], by=actor)
            case "comment":
                state.comment(reference, body["text"], by=actor)
            case "edit_comment":
                state.edit_comment(reference, body["comment"], body["text"], by=actor)
            case "log":
                state.log_work(reference, float(body["hours"]), by=actor)
            case "deactivate":
                state.deactivate(body["account"])
            case "link":
                state.link(body["blocker"], reference, by=actor)
            case "unlink":
                state.unlink(f"{state.issue(body['blocker']).id}{state.issue(reference).id}", by=actor)
        return jsonify({"done": True}), 200

    def items(self) -> Response:
        """Epics with their fields as a page shows them; ``?title=`` for one."""
        state, title = self._state, request.args.get("title")
        with state.lock:
            epics = [
                issue for issue in state.issues.values() if issue.parent is None and title in {None, issue.summary}
            ]
            return jsonify(
                [
                    {
                        "key": issue.key,
                        "url": f"{state.base_url}/browse/{issue.key}",
                        "fields": dict(self._fields(issue)) | {"Title": issue.summary, "Status": issue.status},
                        "comments": [[one.author, self._readable(one.text)] for one in issue.comments],
                    }
                    for issue in epics
                ]
            )

    def _show(self, issue: Issue, message: str = "", actor: str = "") -> str:
        state = self._state
        with state.lock:
            governed, others = governed_first(with_currency(self._fields(issue)))
            blockers = [state.issues[identity].key for identity in issue.blocked_by if identity in state.issues]
            return render_template(
                "jira_issue.html",
                product=PRODUCT,
                title=f"{issue.key} {issue.summary}",
                shown=rendered_value,
                issue=issue,
                message=message,
                actor=actor,
                users=[user for user in state.users.values() if user.active],
                transitions=state.transitions(issue),
                governed=governed,
                fields=others,
                blocked_by=", ".join(blockers),
                children=state.children(issue),
                person=self._person,
                history=self._history(issue),
                readable=self._readable,
            )

    def _history(self, issue: Issue) -> list[tuple[str, datetime, list[tuple[str, str, str]]]]:
        """Who changed what and when, the newest first, as the tab *History* shows it."""
        shown = []
        for change in reversed(issue.history[-HISTORY_SHOWN:]):
            items = [
                (str(item.get("field") or ""), self._was(item.get("fromString")), self._was(item.get("toString")))
                for item in change.items
            ]
            shown.append((self._person(change.author) or change.author, change.at, items))
        return shown

    def _was(self, text: str | None) -> str:
        """A value of the history; a person by name, nothing as *None*."""
        return (self._person(text) or text) if text else "None"

    def _fields(self, issue: Issue) -> list[tuple[str, str]]:
        """Custom fields by name, as a page shows them."""
        listed = []
        for field in self._state.fields.values():
            value = issue.values.get(field.id)
            if field.type == "userpicker":
                text = self._person(value) if value else ""
            elif isinstance(value, list):
                text = ", ".join(self._person(one) or one for one in value)
            elif isinstance(value, int | float):
                text = f"{value:,.2f}".removesuffix(".00")
            else:
                text = "" if value is None else str(value)
            listed.append((field.name, text))
        return listed

    def _person(self, account_id: object) -> str:
        user = self._state.users.get(str(account_id))
        return (user.name if user.active else f"{user.name} (inactive)") if user else ""

    def _readable(self, text: str) -> str:
        """A comment as people see it: a mention shows the name."""
        return re.sub(r"\[~(?:accountid:)?([^\]]+)\]", lambda found: f"@{self._person(found[1]) or found[1]}", text)
