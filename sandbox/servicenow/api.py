"""The REST APIs of the stand-in; statuses, envelopes and encodings follow the vendor's documentation."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify, request

from sandbox.servicenow import request_guard
from sandbox.servicenow.aggregate import Aggregates
from sandbox.servicenow.batch import Batches
from sandbox.servicenow.credentials import OAuthError
from sandbox.servicenow.model import Refusal
from sandbox.servicenow.state import ServiceNowState
from sandbox.servicenow.table_api import TableApi

TOKEN_PATH, REVOKE_PATH = "/oauth_token.do", "/oauth_revoke_token.do"
VERSIONS = {"now": "", "v1": "/v1", "v2": "/v2"}


def install(app: Flask, state: ServiceNowState) -> None:
    request_guard.install(app, state)
    table, counts, batches, tokens = TableApi(state), Aggregates(state), Batches(state), _Tokens(state)
    api = Blueprint("servicenow", __name__)
    api.post(TOKEN_PATH)(tokens.grant)
    api.add_url_rule(REVOKE_PATH, "revoke", tokens.revoke, methods=["GET", "POST"])
    for name, version in VERSIONS.items():
        base = f"/api/now{version}"
        api.add_url_rule(f"{base}/batch", f"batch_{name}", batches.run, methods=["POST"])
        api.add_url_rule(f"{base}/table/<table>", f"list_{name}", table.list_, methods=["GET"])
        api.add_url_rule(f"{base}/table/<table>", f"add_{name}", table.add, methods=["POST"])
        api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"get_{name}", table.get, methods=["GET"])
        api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"set_{name}", table.set_, methods=["PATCH", "PUT"])
        api.add_url_rule(f"{base}/table/<table>/<sys_id>", f"drop_{name}", table.drop, methods=["DELETE"])
        api.add_url_rule(f"{base}/stats/<table>", f"count_{name}", counts.count, methods=["GET"])
    app.register_blueprint(api)


class _Tokens:
    """``/oauth_token.do`` and its counterpart: form-encoded only, parameters in the body."""

    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def grant(self) -> tuple[Response, int]:
        try:
            return jsonify(self._state.keys.grant(request.form)), 200
        except OAuthError as refused:
            body = {"error": refused.error, "error_description": refused.description}
            return jsonify(body), refused.status

    def revoke(self) -> tuple[str, int]:
        token = request.values.get("token", "")
        if not token:
            raise Refusal(400, "Missing token", None)
        self._state.keys.revoke(token)
        return "", 200
