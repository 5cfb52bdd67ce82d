"""Which dead letters a person means who types the beginning of an id."""

from __future__ import annotations

from sqlalchemy import Engine

from connector.errors import ConfigurationError
from connector.store.database.reading import reading
from connector.store.queue.dead_letters import causes, list_dead_letters

MAX_CAUSES = 10_000
MAX_REFS = 1_000_000
MAX_SHOWN = 5


def full_name(engine: Engine, typed: str) -> str:
    """The cause or ref that is meant: itself, or the only one that begins so; what nothing begins with stays as it is.

    Raises ConfigurationError, with the candidates, when several begin so.
    """
    with reading(engine) as connection:
        if "/" in typed:
            names = {one.ref for one in list_dead_letters(connection, limit=MAX_REFS)}
        else:
            names = {one.id for one in causes(connection, limit=MAX_CAUSES)}
    if typed in names:
        return typed
    found = sorted(name for name in names if typed and name.startswith(typed))
    if len(found) > 1:
        more = f" and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
        raise ConfigurationError(f"{typed} may be {', '.join(found[:MAX_SHOWN])}{more}. Write more of it.")
    return found[0] if found else typed
