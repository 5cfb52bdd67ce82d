"""The Flask application, put together from the services that it is given."""

from __future__ import annotations

from flask import Flask

from connector.bootstrap import Clock, Services, bootstrap, system_clock
from connector.runtime import garbage_collection
from connector.settings import Settings
from webhook_server import pages, security
from webhook_server.admin import PAGES
from webhook_server.admin.navigation import entries
from webhook_server.api import api
from webhook_server.auth import guard
from webhook_server.health import health
from webhook_server.webhooks import hooks


def create_app(services: Services, clock: Clock = system_clock) -> Flask:
    app = Flask("webhook_server", static_url_path="/static")
    # Werkzeug enforces this while it reads, also for a body that does not tell its length.
    app.config["MAX_CONTENT_LENGTH"] = services.settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = services.settings.max_body_bytes
    app.extensions["gatepost"] = services
    security.secure(app, services)
    guard(app)
    pages.prepare(app, services, entries)
    app.register_blueprint(hooks(services, clock))
    app.register_blueprint(health(services))
    app.register_blueprint(api(services))
    for page in PAGES:
        app.register_blueprint(page(services))
    return app


def from_environment() -> Flask:
    """The entry for a WSGI server, which starts one process after another and imports this by name."""
    app = create_app(bootstrap(Settings(), application="gatepost web"))
    garbage_collection.settle()
    return app
