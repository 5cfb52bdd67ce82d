"""Measures by the names that stand in a file: keys and ids, many at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class NamedMeasure:
    id: str
    key: str
    hierarchy: tuple[str | None, ...]
    legal_entity: str | None


def measures_by_name(connection: Connection, names: Collection[str]) -> dict[str, tuple[NamedMeasure, ...]]:
    """The measures that this connection shows, by key (in any case) or id; a name that nothing has is absent."""
    if not names:
        return {}
    wanted = {name: {name, name.upper()} for name in names}
    found: dict[str, list[NamedMeasure]] = {}
    for row in connection.execute(_NAMED, {"names": sorted(set().union(*wanted.values()))}):
        measure = NamedMeasure(
            row.id, row.key, (row.portfolio, row.program, row.project, row.package), row.legal_entity
        )
        found.setdefault(row.key, []).append(measure)
        found.setdefault(row.id, []).append(measure)
    return {
        name: tuple(dict.fromkeys(one for spelt in sorted(spellings) for one in found.get(spelt, ())))
        for name, spellings in wanted.items()
        if any(spelt in found for spelt in spellings)
    }


def measures_by_title(connection: Connection, titles: Collection[str]) -> dict[str, tuple[NamedMeasure, ...]]:
    """The measures that this connection shows, by title in lower case with single spaces."""
    found: dict[str, list[NamedMeasure]] = {}
    for row in connection.execute(_TITLED, {"titles": sorted(titles)}) if titles else ():
        measure = NamedMeasure(
            row.id, row.key, (row.portfolio, row.program, row.project, row.package), row.legal_entity
        )
        found.setdefault(row.folded, []).append(measure)
    return {title: tuple(some) for title, some in found.items()}


def key_by_id(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The keys of the measures that this connection shows."""
    rows = connection.execute(_KEYS, {"ids": sorted(ids)})
    return {row.id: row.key for row in rows}


_TITLED = text(r"""
    SELECT * FROM (
        SELECT id, key, portfolio, program, project, package, legal_entity,
               lower(btrim(regexp_replace(coalesce(title, ''), '\s+', ' ', 'g'))) AS folded
        FROM measure WHERE unmapped_since IS NULL
    ) AS m WHERE m.folded = ANY (CAST(:titles AS text[])) ORDER BY id
""")
_KEYS = text("SELECT id, key FROM measure WHERE id = ANY(:ids)")
_NAMED = text("""
    SELECT id, key, portfolio, program, project, package, legal_entity FROM measure
    WHERE id = ANY(:names) UNION
    SELECT id, key, portfolio, program, project, package, legal_entity FROM measure WHERE key = ANY(:names)
    ORDER BY id
""")
