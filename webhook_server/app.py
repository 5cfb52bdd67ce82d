"""The Flask application, built from its services."""

from __future__ import annotations

from types import TracebackType
from typing import TypeAlias

from flask import Flask, request

from connector.bootstrap import Clock, Services, bootstrap, system_clock
from connector.runtime import garbage_collection
from connector.runtime.log import cover_secrets
from connector.settings import Settings
from webhook_server import pages, security
from webhook_server.admin import PAGES
from webhook_server.admin.navigation import entries
from webhook_server.api import api
from webhook_server.auth import authenticate_requests
from webhook_server.counted_requests import count_requests
from webhook_server.health import health
from webhook_server.permission import OPEN, declare
from webhook_server.webhooks import webhooks

ExceptionInfo: TypeAlias = "tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]"


class _Application(Flask):
    def log_exception(self, exc_info: ExceptionInfo) -> None:
        """Without the secret that the address of a webhook may hold."""
        self.logger.error("Exception on %s [%s]", cover_secrets(request.path), request.method, exc_info=exc_info)


def create_app(services: Services, clock: Clock = system_clock) -> Flask:
    app = _Application("webhook_server", static_url_path="/static")
    # Werkzeug enforces this while it reads, also for a body without a stated length.
    app.config["MAX_CONTENT_LENGTH"] = services.settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = services.settings.max_body_bytes
    app.extensions["gatepost"] = services
    security.add_security_headers(app, services)
    authenticate_requests(app)
    count_requests(app, services)
    pages.add_page_support(app, services, entries)
    app.register_blueprint(webhooks(services, clock))
    app.register_blueprint(health(services))
    app.register_blueprint(api(services))
    for page in PAGES:
        app.register_blueprint(page(services))
    declare(app.view_functions["static"], OPEN)
    return app


def from_environment() -> Flask:
    """The entry point for a WSGI server, which imports it by name in each of its processes."""
    app = create_app(bootstrap(Settings(), application="gatepost web"))
    garbage_collection.tune_garbage_collection()
    return app
