"""Values that no row can hold are refused where a request of a page comes in, not by the database as a failure of ours.

The API checks its own values (:mod:`webhook_server.api.operation`).
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, abort, request

from webhook_server.auth import API_PREFIXES

MAX_NUMBER = 2**63 - 1
"""Of a row's id; https://www.postgresql.org/docs/current/datatype-numeric.html."""
NUL = "\x00"
"""The one letter that PostgreSQL stores in no text."""


def refuse_impossible_values(app: Flask) -> None:
    """After the check of access: who may not see a page learns nothing of its addresses."""

    @app.before_request
    def check_values() -> None:
        if request.path.startswith(API_PREFIXES):
            return
        for value in (request.view_args or {}).values():
            if (isinstance(value, int) and value > MAX_NUMBER) or (isinstance(value, str) and NUL in value):
                abort(404, "There is nothing with this address.")
        if _holds_nul(request.args.values()) or _holds_nul(
            value for values in request.form.listvalues() for value in values
        ):
            abort(400, "A text of this request holds a character that cannot be stored (NUL).")


def number_of(text: str | None) -> int | None:
    """A row's id as sent in a form; ``None`` where it is none."""
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER))
    return int(text) if text is not None and is_number and int(text) <= MAX_NUMBER else None


def _holds_nul(values: Iterable[str]) -> bool:
    return any(NUL in value for value in values)
