"""The ServiceNow stand-in as a Flask application."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from sandbox.empty_answers import without_empty_type
from sandbox.fault_injection import Fault, FaultInjector
from sandbox.pages import TEMPLATES
from sandbox.servicenow import api, pages
from sandbox.servicenow.state import ServiceNowState


def create_app(state: ServiceNowState) -> Flask:
    app = Flask("sandbox.servicenow", template_folder=str(TEMPLATES))
    FaultInjector(_fault).install(app, state.deliverer)
    api.install(app, state)
    pages.install(app, state)
    app.after_request(without_empty_type)
    return app


def _fault(fault: Fault) -> Response:
    if fault.kind == "hibernating":
        page = "<html><head><title>Instance Hibernating page</title></head></html>"
        return Response(page, 200, content_type="text/html;charset=UTF-8")
    status = int(fault.kind)
    message = "Rate limit exceeded" if status == 429 else "Service unavailable"
    response = jsonify({"error": {"message": message, "detail": None}, "status": "failure"})
    response.status_code = status
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    return response
