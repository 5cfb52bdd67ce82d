"""The personal data reporting API at Atlassian's gateway.

https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/
"""

from __future__ import annotations

import re
from datetime import datetime

from flask import Flask, Response, jsonify, request

from sandbox.jira.oauth import OAuthServer
from sandbox.jira.site import JiraSite

MOST = 90
SCOPE = "report:personal-data"


def install(app: Flask, site: JiraSite, server: OAuthServer) -> None:
    @app.post("/app/report-accounts/")
    def report() -> tuple[Response, int]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or server.app_of(token, site.clock()) is None:
            return jsonify({"code": 401, "message": "Unauthorized"}), 401
        if not server.covers(token, SCOPE):
            return jsonify({"code": 401, "message": "Unauthorized; scope does not match"}), 401
        body = request.get_json(silent=True)
        accounts = body.get("accounts") if isinstance(body, dict) else None
        if (
            not isinstance(accounts, list)
            or not accounts
            or len(accounts) > MOST
            or not all(map(_is_account, accounts))
        ):
            return jsonify({"errorType": "bad_request", "errorMessage": "Bad request"}), 400
        server.reports.append({one["accountId"]: one["updatedAt"] for one in accounts})
        told = [
            {"accountId": one["accountId"], "status": server.account_statuses[one["accountId"]]}
            for one in accounts
            if one["accountId"] in server.account_statuses
        ]
        response = jsonify({"accounts": told}) if told else Response(status=204)
        response.headers["Cycle-Period"] = server.cycle_period
        return response, response.status_code


def _is_account(value: object) -> bool:
    if not isinstance(value, dict) or not re.fullmatch(r"[A-Za-z0-9:-]{1,128}", str(value.get("accountId", ""))):
        return False
    try:
        return datetime.fromisoformat(str(value.get("updatedAt"))).tzinfo is not None
    except ValueError:
        return False
