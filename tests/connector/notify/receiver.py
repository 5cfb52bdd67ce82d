"""A receiver of events: a real HTTP server that checks signatures and answers with given statuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from standardwebhooks import Webhook

from sandbox.serving import Server


@dataclass
class Receiver:
    """``responses`` are used in turn, the last one for good: a status, or a status with headers."""

    responses: list[tuple[int, Mapping[str, str]]] = field(default_factory=lambda: [(204, {})])
    received: list[tuple[Mapping[str, str], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = Flask("receiver")
        app.post("/hook")(self._take)
        self._server = Server(app).start()
        self.url = f"{self._server.url}/hook"

    def _take(self) -> Response:
        self.received.append((dict(request.headers), request.get_data(as_text=True)))
        status, headers = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        return Response("" if status == 204 else f"answer {status}", status, dict(headers))

    def events(self, secret: str) -> list[dict[str, Any]]:
        """Everything that arrived, each checked against its signature."""
        return [Webhook(secret).verify(body, dict(headers)) for headers, body in self.received]

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.received]

    def ids(self) -> list[str]:
        return [{name.lower(): value for name, value in headers.items()}["webhook-id"] for headers, _ in self.received]

    def stop(self) -> None:
        self._server.stop()
