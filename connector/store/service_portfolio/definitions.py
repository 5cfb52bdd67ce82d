"""Which services there are: those of the mapping, and those that a connection knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.database.json_codec import to_json
from connector.store.service_portfolio.notes import mark_measures_of
from mapping.services import StatedService


def store_services(transaction: Connection, services: Iterable[StatedService], source: str, now: datetime) -> None:
    """These are the services of a source now; others that it had before have ended.

    A name that another service has already stays with it: its cost must not count twice.
    """
    kept = []
    for one in services:
        definition = one.definition
        kept.append(definition.key)
        row = transaction.execute(
            _UPSERT,
            {
                "key": definition.key, "name": definition.name, "owner": definition.owner,
                "business_unit": definition.business_unit, "portfolio": one.portfolio, "program": one.program,
                "legal_entity": one.legal_entity, "definition": json.dumps(to_json(definition)),
                "objective": one.objective, "source": source,
            },
        ).first()  # fmt: skip
        if row is None:
            # The key is that of a service of another source.
            kept.pop()
            continue
        transaction.execute(_DROP_NAMES, {"service": definition.key, "names": list(one.names)})
        transaction.execute(_ADD_NAMES, {"service": definition.key, "names": list(one.names)})
    _end(transaction, list(transaction.execute(_LEFT, {"source": source, "kept": kept}).scalars()), now)


def end_sources(transaction: Connection, connections: Sequence[str], now: datetime) -> None:
    """Services of every other connection have left: the mapping takes none from there any more.

    Nothing is written on the records of those connections either.
    """
    _end(transaction, list(transaction.execute(_OF_OTHERS, {"connections": list(connections)}).scalars()), now)
    transaction.execute(_DROP_RECORDS, {"connections": list(connections)})


def _end(transaction: Connection, keys: Sequence[str], now: datetime) -> None:
    """The figures that were made last stay, so that it is known what left; measures that name them are judged again."""
    mark_measures_of(transaction, keys)
    transaction.execute(_ENDED, {"keys": list(keys), "now": now})
    transaction.execute(_DROP_ENDED)


def name_hurdle(transaction: Connection, key: str, hurdle: str, login: str, now: datetime) -> bool:
    """Answer what is in the way of a service; ``False`` when there is no such service."""
    values = {"key": key, "hurdle": hurdle, "login": login, "now": now}
    found = transaction.execute(_NAME_HURDLE, values).first()
    if found is not None:
        transaction.execute(text("INSERT INTO service_due (name) VALUES (:key)"), {"key": key})
    return found is not None


_UPSERT = text("""
    INSERT INTO service (key, name, owner, business_unit, portfolio, program, legal_entity, definition, objective,
                         source)
    VALUES (:key, :name, :owner, :business_unit, :portfolio, :program, :legal_entity, CAST(:definition AS jsonb),
            :objective, :source)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, owner = excluded.owner,
        business_unit = excluded.business_unit, portfolio = excluded.portfolio, program = excluded.program,
        legal_entity = excluded.legal_entity, definition = excluded.definition, objective = excluded.objective,
        source = excluded.source, ended_at = NULL
        WHERE service.source = excluded.source OR service.ended_at IS NOT NULL
    RETURNING key
""")
_DROP_NAMES = text("DELETE FROM service_name WHERE service = :service AND name <> ALL (:names)")
_ADD_NAMES = text("""
    INSERT INTO service_name (name, service) SELECT name, :service FROM unnest(CAST(:names AS text[])) AS name
    ON CONFLICT (name) DO NOTHING
""")
_LEFT = text("SELECT key FROM service WHERE source = :source AND ended_at IS NULL AND key <> ALL (:kept) ORDER BY key")
_OF_OTHERS = text("""
    SELECT key FROM service WHERE source <> '' AND source <> ALL (:connections) AND ended_at IS NULL ORDER BY key
""")
_ENDED = text("UPDATE service SET ended_at = :now WHERE key = ANY (:keys)")
_DROP_ENDED = text("""
    DELETE FROM service_name WHERE service IN (SELECT key FROM service WHERE ended_at IS NOT NULL)
""")
_DROP_RECORDS = text("DELETE FROM service_record WHERE connection <> ALL (:connections)")
_NAME_HURDLE = text("""
    UPDATE service SET hurdle = :hurdle, hurdle_by = :login, hurdle_at = :now
    WHERE key = :key AND ended_at IS NULL RETURNING key
""")
