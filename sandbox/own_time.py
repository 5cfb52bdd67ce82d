"""The header ``Date`` by the tool's own clock, from which clients reckon how far it is off theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Response
from werkzeug.http import http_date


def dated_by(clock: Callable[[], datetime]) -> Callable[[Response], Response]:
    """To be called after each request."""

    def dated(response: Response) -> Response:
        response.headers.setdefault("Date", http_date(clock()))
        return response

    return dated
