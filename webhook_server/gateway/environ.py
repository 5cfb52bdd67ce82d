"""The WSGI environment of a request: https://peps.python.org/pep-3333/#environ-variables."""

from __future__ import annotations

import sys
from typing import Any

from webhook_server.gateway.rsgi import Scope

_CONSTANT = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    # Werkzeug's own: the input ends by itself, also for a body without an announced length.
    "wsgi.input_terminated": True,
}
_WITHOUT_PREFIX = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def environ_of(scope: Scope) -> dict[str, Any]:
    """All but the body."""
    environ: dict[str, Any] = dict(_CONSTANT)
    client, client_port = _host_and_port(scope.client)
    server, server_port = _host_and_port(scope.server)
    environ |= {
        "REQUEST_METHOD": scope.method,
        # WSGI has text that stands for bytes, one letter for each.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": client,
        "REMOTE_PORT": client_port,
        "SERVER_NAME": server,
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
    }
    for name, value in scope.headers.items():
        # An underscore would let a sender pass a header off as another one that a proxy removes.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
        earlier = environ.get(key)
        separator = ";" if key == "HTTP_COOKIE" else ","
        environ[key] = value if earlier is None else f"{earlier}{separator}{value}"
    return environ


def announced_length(environ: dict[str, Any]) -> int | None:
    """The body's length; ``None`` when it is sent in chunks, 0 when there is none."""
    length = environ.get("CONTENT_LENGTH")
    if length is not None:
        # The web server has refused a length that is no number.
        return int(length)
    return None if "HTTP_TRANSFER_ENCODING" in environ else 0


def _host_and_port(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port
