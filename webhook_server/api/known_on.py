"""The day that a request asks for."""

from __future__ import annotations

from connector.bootstrap import system_clock
from connector.measures.known_on import KnownOn, NotAMoment, parse_known_on
from webhook_server.api.problem import Problem


def day_of(given: str | None) -> KnownOn | None:
    """``None`` for today.  Raises Problem 422 for what is no day or moment of the past."""
    if given is None:
        return None
    try:
        return parse_known_on(given, system_clock())
    except NotAMoment as error:
        raise Problem(422, str(error), "Ask for a day or a moment of the past.") from error
