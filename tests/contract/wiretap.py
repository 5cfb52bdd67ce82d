"""Records every request of Gatepost to a tool and its response, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: object
    status: int
    response_body: object


@contextmanager
def record_exchanges(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exchange]]:
    """Calls of this process, in order; without those that failed on the way."""
    caught: list[Exchange] = []
    real = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **options: object) -> requests.Response:
        response = real(self, request, **options)  # type: ignore[arg-type]
        parts = urlsplit(request.url or "")
        caught.append(
            Exchange(
                request.method or "",
                parts.path,
                tuple(parse_qsl(parts.query, keep_blank_values=True)),
                _json(request.body),
                response.status_code,
                _json(response.content),
            )
        )
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    yield caught


def _json(raw: object) -> object:
    if not raw:
        return None
    try:
        return json.loads(raw)  # type: ignore[arg-type]
    except ValueError:
        return None
