"""The Jira stand-in as a Flask application."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify

from sandbox.empty_answers import without_empty_type
from sandbox.fault_injection import Fault, FaultInjector
from sandbox.jira import account_report, oauth, pages
from sandbox.jira.api import refusal_response
from sandbox.jira.cloud import CloudApi
from sandbox.jira.datacenter import DataCenterApi
from sandbox.jira.model import Deployment, Refusal
from sandbox.jira.state import JiraState
from sandbox.pages import TEMPLATES


def create_app(state: JiraState) -> Flask:
    app = Flask("sandbox.jira", template_folder=str(TEMPLATES))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    FaultInjector(_fault).install(app, state.deliverer)
    face = CloudApi if state.deployment is Deployment.CLOUD else DataCenterApi
    app.register_blueprint(face(state).blueprint())
    app.register_error_handler(Refusal, refusal_response)
    for kind in UNREADABLE:
        app.register_error_handler(kind, _unreadable)
    app.after_request(without_empty_type)
    pages.install(app, state)
    oauth.install(app, state, state.oauth)
    account_report.install(app, state, state.oauth)
    return app


UNREADABLE = (KeyError, ValueError, TypeError, AttributeError)
"""What a request of another shape leads to here; Jira answers it with 400."""


def _unreadable(error: Exception) -> tuple[Response, int]:
    logging.getLogger("sandbox.jira").error("a request that cannot be read", exc_info=error)
    message = f"The request is not valid ({type(error).__name__}: {error})."
    return jsonify({"errorMessages": [message], "errors": {}}), 400


def _fault(fault: Fault) -> Response:
    """https://developer.atlassian.com/cloud/jira/platform/rate-limiting/"""
    status = int(fault.kind)
    message = "Rate limit exceeded." if status == 429 else "The server is not available."
    response = jsonify({"errorMessages": [message], "errors": {}})
    response.status_code = status
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    if status == 429:
        response.headers["RateLimit-Reason"] = fault.reason or "jira-burst-based"
    return response
