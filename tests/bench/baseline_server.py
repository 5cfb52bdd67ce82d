"""The server that the webhook endpoint is compared with: the same Granian and Flask, and a route that reads a body and answers 202.

Run as ``python -m tests.bench.baseline_server``; takes its settings like ``gatepost web``.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify, request

from cli.run import listen
from connector.settings import Settings
from webhook_server.app import build_gateway
from webhook_server.gateway.gateway import BodyTurn, Environ, Gateway


def _body_first(environ: Environ, *, may_query: bool) -> BodyTurn:
    del environ, may_query
    return BodyTurn.FIRST


def application() -> Gateway:
    app = Flask("nothing")
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

    @hooks.post("/<tool>/<connection>")
    def receive(tool: str, connection: str) -> tuple[Response, int]:
        request.get_data(cache=False)
        return jsonify({"result": "accepted"}), 202

    app.register_blueprint(hooks)
    return build_gateway(app, _body_first, Settings())


if __name__ == "__main__":
    listen("tests.bench.baseline_server:application", Settings())
