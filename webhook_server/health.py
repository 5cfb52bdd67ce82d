"""Health endpoints for machines: live, ready, metrics."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from connector.bootstrap import Services
from connector.store.database import migrate
from connector.store.database.row_level_access import reader_role_missing
from webhook_server.metrics import DatabaseCollector
from webhook_server.permission import proves_itself
from webhook_server.shared_counts import exposition

NOT_READY_HINTS = {
    migrate.SchemaFit.MISSING: "The database has no schema yet. Make it, as the owner of the database.",
    migrate.SchemaFit.OLDER: "The schema is older than this version needs. Upgrade it, as the owner of the database.",
    migrate.SchemaFit.TOO_NEW: "The schema is newer than this version can work on. Install the newer version.",
}


def health(services: Services) -> Blueprint:
    blueprint = Blueprint("health", __name__)
    gauges = CollectorRegistry()
    gauges.register(DatabaseCollector(services.engine))

    @blueprint.get("/health/live")
    @proves_itself
    def live() -> Response:
        """The process answers; nothing else is checked, so that a failing database restarts no web server."""
        return jsonify({"status": "alive"})

    @blueprint.get("/health/ready")
    @proves_itself
    def ready() -> tuple[Response, int]:
        """The database answers and its schema is one that this version may work on."""
        try:
            fit = migrate.schema_fit(services.engine)
            unprotected = fit is migrate.SchemaFit.SAME and reader_role_missing(services.engine)
        except SQLAlchemyError:
            return jsonify({"status": "not ready", "detail": "The database does not answer."}), 503
        if fit in NOT_READY_HINTS:
            return jsonify({"status": "not ready", "detail": NOT_READY_HINTS[fit]}), 503
        if fit is migrate.SchemaFit.NEWER:
            return jsonify({"status": "ready", "note": "The schema is newer; upgrade this process as well."}), 200
        if unprotected:
            # Every query still filters its rows; only the second protection is missing.
            return jsonify(
                {"status": "ready", "note": "Row-level security is off; the checks of the installation say why."}
            ), 200
        return jsonify({"status": "ready"}), 200

    @blueprint.get("/metrics")
    @proves_itself
    def metrics() -> Response:
        return Response(exposition(services.metrics, gauges), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return blueprint
