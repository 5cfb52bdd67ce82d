"""The person whose rows a list shows: a part of a name, as somebody types it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from connector.store.reporting.portfolio_filters import MAX_LENGTH

PARAMETER = "person"


def asked_person() -> str:
    """Of the address; empty for everybody."""
    return request.args.get(PARAMETER, "").strip()[:MAX_LENGTH].replace("\x00", "")


def is_named(person: str, names: Iterable[str | None]) -> bool:
    """Whether one of these names holds it, in whatever case; everybody is, when nobody is asked for."""
    part = person.casefold()
    return not part or any(part in (name or "").casefold() for name in names)
