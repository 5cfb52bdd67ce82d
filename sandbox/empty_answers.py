"""Answers without a body, as both vendors send them: without a content type."""

from __future__ import annotations

from flask import Response


def without_empty_type(response: Response) -> Response:
    """Flask names a type for every answer."""
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    return response
