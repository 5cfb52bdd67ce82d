"""Pages of the ServiceNow stand-in: the records, and forms to act as a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.pages import governed_first, rendered_value, with_currency
from sandbox.servicenow.app_tables import CHECKLIST, SENDER, setting
from sandbox.servicenow.events import sender_secret
from sandbox.servicenow.model import Record, Refusal
from sandbox.servicenow.state import ServiceNowState

PRODUCT = "ServiceNow"
ENDPOINT = "gatepost.endpoint"
LISTED = ("pm_project", "dmn_demand", "change_request")


def install(app: Flask, state: ServiceNowState) -> None:
    views = _Pages(state)
    pages = Blueprint("pages", __name__)
    pages.get("/")(views.index)
    pages.get("/record/<table>/<reference>")(views.browse)
    pages.post("/record/<table>/<reference>")(views.act)
    pages.post("/sandbox/act")(views.play)
    pages.get("/sandbox/items")(views.items)
    pages.get("/nav_to.do")(views.navigate)
    pages.get("/gatepost-app")(views.app_settings)
    pages.post("/gatepost-app")(views.set_app)
    app.register_blueprint(pages)


@dataclass(frozen=True, slots=True)
class Related:
    """A related list under a form."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


History = tuple[str, str, list[tuple[str, str, str]]]
"""Who, when, and each column with its value before and after."""


class _Pages:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def index(self) -> str:
        with self._state.lock:
            tables = {table: list(self._state.tables[table].values()) for table in LISTED}
            return render_template(
                "servicenow_list.html",
                product=PRODUCT,
                title=PRODUCT,
                shown=rendered_value,
                tables=tables,
                names={table: self._state.columns.table(table).label for table in LISTED},
                label=self._label,
                has_app=SENDER.name in self._state.tables,
            )

    def app_settings(self) -> str:
        """Gatepost › Properties and Gatepost › Gatepost sender, on one page."""
        with self._state.lock:
            return render_template(
                "servicenow_app.html",
                product=PRODUCT,
                title=f"Gatepost app - {PRODUCT}",
                endpoint=setting(self._state, ENDPOINT),
                has_secret=bool(sender_secret(self._state)),
                saved="saved" in request.args,
            )

    def set_app(self) -> AnyResponse:
        """As the instance's administrator would; a secret that is left empty stays as it is."""
        state, secret = self._state, request.form["secret"].strip()
        with state.lock:
            state.set_property(ENDPOINT, request.form["endpoint"].strip())
            for row in state.tables[SENDER.name].values() if secret else ():
                row |= {"u_secret": secret, "u_self_test": "ok"}
        return redirect("/gatepost-app?saved=1", 303)

    def browse(self, table: str, reference: str) -> str:
        return self._show(table, self._find(table, reference))

    def act(self, table: str, reference: str) -> AnyResponse | str:
        record, actor = self._find(table, reference), request.form["as"]
        values = {name: request.form[name] for name in ("state", "work_notes") if request.form.get(name)}
        try:
            self._state.update(table, record["sys_id"], values, actor)
        except Refusal as refusal:
            return self._show(table, record, refusal.shown or refusal.message, actor)
        return redirect(f"/record/{table}/{record['number']}", 303)

    def play(self) -> tuple[Response, int]:
        """Act as a user for a story's player, without that user's password."""
        body = request.get_json()
        table, actor = body["table"], body["as"]
        record = self._find(table, body["record"])
        try:
            self._state.update(table, record["sys_id"], body["values"], actor)
        except Refusal as refusal:
            return jsonify({"done": False, "message": refusal.shown or refusal.message}), refusal.status
        return jsonify({"done": True}), 200

    def items(self) -> Response:
        """Records that carry a gate column, with their columns as a form shows them; ``?title=`` for one."""
        state, title = self._state, request.args.get("title")
        with state.lock:
            found = [
                (table, record)
                for table in LISTED
                for record in state.tables[table].values()
                if title in {None, record["short_description"]}
            ]
            return jsonify([self._item(table, record) for table, record in found])

    def _item(self, table: str, record: Record) -> dict[str, object]:
        columns = self._state.columns[table].values()
        fields = {column.label: self._label(table, record, column.element) for column in columns}
        notes = self._state.tables["sys_journal_field"].values()
        return {
            "comments": [[n["sys_created_by"], n["value"]] for n in notes if n["element_id"] == record["sys_id"]],
            "key": record["number"],
            "url": f"{self._state.base_url}/record/{table}/{record['number']}",
            "fields": fields | {"Title": record["short_description"], "Status": fields["State"]},
        }

    def navigate(self) -> AnyResponse:
        """The platform's own address of a record: ``/nav_to.do?uri=<table>.do?sys_id=<id>``."""
        table, _, sys_id = request.args.get("uri", "").partition(".do?sys_id=")
        return redirect(f"/record/{table}/{self._find(table, sys_id)['sys_id']}", 302)

    def _find(self, table: str, reference: str) -> Record:
        rows = self._state.rows(table)
        found = rows.get(reference) or next(
            (row for row in rows.values() if reference in {row.get("number"), row.get("name")}), None
        )
        if found is None:
            raise Refusal(404, "No Record found")
        return found

    def _show(self, table: str, record: Record, message: str = "", actor: str = "") -> str:
        state = self._state
        with state.lock:
            columns = [
                c for c in state.columns[table].values() if not c.type.startswith("journal") and c.element != "state"
            ]
            # The platform's own columns stand last, as on a form.
            columns.sort(key=lambda column: column.element.startswith("sys_"))
            governed, others = governed_first([(c.label, self._label(table, record, c.element)) for c in columns])
            lists = [found for found in (self._checklist(record), self._approvals(record)) if found is not None]
            return render_template(
                "servicenow_record.html",
                product=PRODUCT,
                title=f"{record.get('number', '')} {record.get('short_description', '')}".strip(),
                shown=rendered_value,
                record=record,
                table=table,
                kind=state.columns.table(table).label,
                message=message,
                actor=actor,
                governed=with_currency(governed),
                fields=[(name, value) for name, value in with_currency(others) if value],
                history=self._history(table, record),
                lists=lists,
                state=self._label(table, record, "state"),
                states=state.columns[table]["state"].choices if "state" in state.columns[table] else (),
                notes=self._journal(record),
                users=[row for row in state.tables["sys_user"].values() if row["active"] == "true"],
                name=lambda login: (state.find_user(login) or {"name": login})["name"],
            )

    def _journal(self, record: Record) -> list[Record]:
        """Newest first, as a form shows its activity."""
        rows = self._state.tables["sys_journal_field"].values()
        return [row for row in rows if row["element_id"] == record["sys_id"]][::-1]

    def _history(self, table: str, record: Record) -> list[History]:
        """What was changed together as one entry, the newest first, as the activity of a form shows it."""
        entries: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for row in self._state.tables["sys_audit"].values():
            column = self._state.columns[table].get(row["fieldname"])
            if row["documentkey"] == record["sys_id"] and column is not None:
                before, after = (
                    self._label(table, {**record, column.element: row[name]}, column.element)
                    for name in ("oldvalue", "newvalue")
                )
                entries.setdefault((row["user"], row["sys_created_on"]), []).append((column.label, before, after))
        return [(who, at, changed) for (who, at), changed in reversed(entries.items())]

    def _checklist(self, record: Record) -> Related | None:
        """What the gate still waits for, as the related list that Gatepost's app brings."""
        if CHECKLIST.name not in self._state.tables:
            return None
        rows = [row for row in self._state.tables[CHECKLIST.name].values() if row["u_task"] == record["sys_id"]]
        rows.sort(key=lambda row: float(row["u_order"] or 0))
        names = ("u_stage", "u_result", "u_sentence", "u_who", "u_since")
        heads = [self._state.columns[CHECKLIST.name][name].label for name in names]
        return Related("Gate checklist", heads, [[row[name] for name in names] for row in rows])

    def _approvals(self, record: Record) -> Related | None:
        table = "sysapproval_approver"
        rows = [row for row in self._state.tables[table].values() if row["sysapproval"] == record["sys_id"]]
        if not rows:
            return None
        cells = [
            [self._label(table, row, "approver"), self._label(table, row, "state"), row["sys_updated_on"]]
            for row in rows
        ]
        return Related("Approvers", ["Approver", "State", "Updated"], cells)

    def _label(self, table: str, record: Record, element: str) -> str:
        """A column as a form shows it."""
        column, value = self._state.columns[table].get(element), record.get(element, "")
        if column is not None and column.type in {"decimal", "currency"} and value:
            return f"{float(value):,.2f}".removesuffix(".00")
        return self._state.display(column, value)
