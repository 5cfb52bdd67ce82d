"""The servers that the webhook endpoint is compared with: the same Granian and gateway, and nothing to do.

``python -m tests.bench.baseline_server wsgi`` answers 202 from a bare WSGI function, ``flask`` from an empty view of
Flask; both read the body.  They take their settings like ``gatepost web``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify, request

from cli.run import listen
from connector.settings import Settings
from webhook_server.app import build_gateway
from webhook_server.gateway.gateway import BodyTurn, Environ, Gateway

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ANSWER = b'{"result":"accepted"}\n'


def _body_first(environ: Environ, *, may_query: bool) -> BodyTurn:
    del environ, may_query
    return BodyTurn.FIRST


def flask() -> Gateway:
    app = Flask("nothing")
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

    @hooks.post("/<tool>/<connection>")
    def receive(tool: str, connection: str) -> tuple[Response, int]:
        request.get_data(cache=False)
        return jsonify({"result": "accepted"}), 202

    app.register_blueprint(hooks)
    return build_gateway(app, _body_first, Settings())


def wsgi() -> Gateway:
    return build_gateway(_empty_answer, _body_first, Settings())


def _empty_answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    start_response("202 ACCEPTED", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))])
    return [ANSWER]


if __name__ == "__main__":
    listen(f"tests.bench.baseline_server:{sys.argv[1]}", Settings())
