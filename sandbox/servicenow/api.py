"""The Table API of the stand-in; statuses, envelopes and encodings follow the vendor's documentation."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.datastructures import Headers

from sandbox.servicenow.model import Column, Record, Refusal
from sandbox.servicenow.query import select
from sandbox.servicenow.state import ServiceNowState

TOKEN_PATH = "/oauth_token.do"
TOKEN_LIFE = timedelta(seconds=1800)


def install(app: Flask, state: ServiceNowState) -> None:
    app.register_blueprint(_Api(state).blueprint())
    app.register_error_handler(Refusal, refused)


def refused(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(
        {"error": {"message": refusal.message, "detail": refusal.detail}, "status": "failure"}
    ), refusal.status


class _Api:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def blueprint(self) -> Blueprint:
        api = Blueprint("servicenow", __name__)
        api.before_request(self._authenticate)
        api.post(TOKEN_PATH)(self.token)
        api.post("/api/now/v1/batch")(self.batch)
        for version in ("", "/v1", "/v2"):
            base = f"/api/now{version}"
            name = version.strip("/") or "now"
            api.add_url_rule(f"{base}/table/<table>", f"list_{name}", self.list_, methods=["GET"])
            api.add_url_rule(f"{base}/table/<table>", f"add_{name}", self.add, methods=["POST"])
            api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"get_{name}", self.get, methods=["GET"])
            api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"set_{name}", self.set_, methods=["PATCH", "PUT"])
            api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"drop_{name}", self.drop, methods=["DELETE"])
            api.add_url_rule(f"{base}/stats/<table>", f"count_{name}", self.count, methods=["GET"])
        return api

    def _authenticate(self) -> None:
        if request.path == TOKEN_PATH:
            return
        kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
        user = self._bearer(encoded) if kind == "Bearer" else self._basic(encoded) if kind == "Basic" else ""
        if not user:
            raise Refusal(401, "User Not Authenticated", "Required to provide Auth information")
        if request.method in {"POST", "PATCH", "PUT"} and request.mimetype != "application/json":
            raise Refusal(400, "Exception while reading request", "The request body is not application/json")
        g.user = user

    def _basic(self, encoded: str) -> str:
        try:
            user, _, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return ""
        return user if password and self._state.passwords.get(user) == password else ""

    def _bearer(self, token: str) -> str:
        user, ends = self._state.tokens.get(token, ("", self._state.clock()))
        return user if ends > self._state.clock() else ""

    def token(self) -> tuple[Response, int]:
        """``/oauth_token.do``: form-encoded only, parameters in the body."""
        given = request.form
        secret, user = self._state.oauth_clients.get(given.get("client_id", ""), ("", ""))
        if not secret or given.get("client_secret") != secret or given.get("grant_type") != "client_credentials":
            return jsonify({"error": "access_denied", "error_description": "access_denied"}), 401
        token = secrets.token_urlsafe(32)
        self._state.tokens[token] = (user, self._state.clock() + TOKEN_LIFE)
        seconds = int(TOKEN_LIFE.total_seconds()) - 1
        return jsonify(
            {"access_token": token, "scope": "useraccount", "token_type": "Bearer", "expires_in": seconds}
        ), 200

    def batch(self) -> Response:
        """Each request by itself; what the batch's time does not suffice for is listed."""
        body = request.get_json()
        serviced, unserviced = [], []
        caller = {"Authorization": request.headers.get("Authorization", "")}
        for place, one in enumerate(body["rest_requests"]):
            if place >= self._state.batch_limit:
                unserviced.append(one["id"])
                continue
            headers = {header["name"]: header["value"] for header in one["headers"]} | caller
            data = base64.b64decode(one.get("body") or "")
            with current_app.test_client() as client:
                answer = client.open(one["url"], method=one["method"], headers=headers, data=data)
            serviced.append(
                {
                    "id": one["id"], "status_code": answer.status_code, "status_text": answer.status.partition(" ")[2],
                    "body": base64.b64encode(answer.data).decode(), "headers": [], "execution_time": 1,
                }
            )  # fmt: skip
        return jsonify(
            {
                "batch_request_id": body["batch_request_id"],
                "serviced_requests": serviced,
                "unserviced_requests": unserviced,
            }
        )

    # --- operations ------------------------------------------------------------------------------------

    def list_(self, table: str) -> tuple[Response, int] | Response:
        state = self._state
        with state.lock:
            found = select(list(state.rows(table).values()), request.args.get("sysparm_query", ""), self._get)
            start = int(request.args.get("sysparm_offset", 0))
            size = int(request.args.get("sysparm_limit", 10_000))
            # The limit is applied before ACLs: a page may be short, or empty, while more rows follow.
            page = [self._shown(row) for row in found[start : start + size] if row["sys_id"] not in state.hidden]
        if not found and "/v1/" in request.path:
            return jsonify({"error": {"message": "No Record found", "detail": "No rows"}, "status": "failure"}), 404
        response = jsonify({"result": page})
        if request.args.get("sysparm_no_count") != "true":
            response.headers["X-Total-Count"] = str(len(found))
        if request.args.get("sysparm_suppress_pagination_header") != "true":
            response.headers.extend(_links(start, size, len(found)))
        return response

    def get(self, table: str, sys_id: str) -> Response:
        with self._state.lock:
            return jsonify({"result": self._shown(self._state.record(table, sys_id))})

    def add(self, table: str) -> tuple[Response, int]:
        record = self._state.insert(table, _values(), g.user)
        response = jsonify({"result": self._shown(record)})
        response.headers["Location"] = f"{self._state.base_url}/api/now/table/{table}/{record['sys_id']}"
        return response, 201

    def set_(self, table: str, sys_id: str) -> Response:
        with self._state.lock:
            return jsonify({"result": self._shown(self._state.update(table, sys_id, _values(), g.user))})

    def drop(self, table: str, sys_id: str) -> tuple[str, int]:
        self._state.delete(table, sys_id)
        return "", 204

    def count(self, table: str) -> Response:
        rows = list(self._state.rows(table).values())
        found = select(rows, request.args.get("sysparm_query", ""), self._get)
        return jsonify({"result": {"stats": {"count": str(len(found))}}})

    # --- shapes ----------------------------------------------------------------------------------------

    def _get(self, row: Record, name: str) -> str | None:
        """A column's raw value, across one reference if the name has a dot; ``None`` when there is no such."""
        first, _, rest = name.partition(".")
        if not rest:
            return row.get(first)
        column = self._column(row, first)
        if column is None or not column.reference or not row.get(first):
            return "" if column is not None and column.reference else None
        target = self._state.tables.get(column.reference, {}).get(row[first])
        return target.get(rest) if target else None

    def _column(self, row: Record, name: str) -> Column | None:
        for columns in self._state.columns.values():
            if set(columns) <= set(row) and name in columns:
                return columns[name]
        return next((columns[name] for columns in self._state.columns.values() if name in columns), None)

    def _shown(self, row: Record) -> dict[str, object]:
        asked = [name for name in request.args.get("sysparm_fields", "").split(",") if name]
        names: Sequence[str] = asked or list(row)
        mode = request.args.get("sysparm_display_value", "false")
        bare = request.args.get("sysparm_exclude_reference_link") == "true"
        shown = {}
        for name in names:
            value = self._get(row, name)
            if value is not None:
                shown[name] = self._encoded(row, name, value, mode, bare=bare)
        return shown

    def _encoded(self, row: Record, name: str, value: str, mode: str, *, bare: bool) -> object:
        column = self._column(row, name.partition(".")[0]) if "." not in name else None
        shown = self._state.display(column, value)
        if column is not None and column.type == "currency" and value:
            shown = f"${value.partition(';')[2] or value}"
        if column is not None and column.reference and value:
            link = f"{self._state.base_url}/api/now/table/{column.reference}/{value}"
            if mode == "all":
                both = {"display_value": shown, "value": value}
                return both if bare else both | {"link": link}
            if mode == "true":
                return shown if bare else {"display_value": shown, "link": link}
            return value if bare else {"link": link, "value": value}
        if mode == "all":
            return {"display_value": shown, "value": value}
        return shown if mode == "true" else value


def _values() -> dict[str, str]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "Exception while reading request", "The payload is not valid JSON")
    return {name: "" if value is None else str(value) for name, value in body.items()}


def _links(start: int, size: int, total: int) -> Headers:
    base = request.base_url
    marks = [("first", 0)]
    if start + size < total:
        marks.append(("next", start + size))
    marks.append(("last", max(0, (total - 1) // size * size) if size else 0))
    text = ",".join(f'<{base}?sysparm_limit={size}&sysparm_offset={offset}>;rel="{name}"' for name, offset in marks)
    return Headers({"Link": text})
