"""Where value waits, as pages, API and command line show it: of the measures that a reader sees.

Each measure counts once at a place, however many of its tickets are there; it may count at several places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from governance.value_waits import PlaceTotal, Release, WaitingMeasure, ranked, release
from governance.waits import PlaceKind

MOST_PLACES = 100
MOST_PROPOSALS = 20
MOST_MEASURES = 10
"""Of one place that a page shows."""


@dataclass(frozen=True, slots=True)
class WaitFilters:
    """Each without a value for all."""

    kind: PlaceKind | None = None
    text: str = ""
    """Part of the name of a place."""


@dataclass(frozen=True, slots=True)
class ValueAtPlaces:
    """Amounts for each day, in the reporting currency."""

    a_day: Decimal
    """Of all measures that wait anywhere, each once."""
    measures: int
    places: tuple[PlaceTotal, ...]
    """What most waits at first."""
    is_whole: bool
    """These are all places."""


def value_at_places(
    connection: Connection, currency: str, filters: WaitFilters = WaitFilters(), limit: int = MOST_PLACES
) -> ValueAtPlaces:
    whole = connection.execute(_WHOLE, {"currency": currency}).one()
    asked = {
        "currency": currency, "kind": filters.kind.value if filters.kind else "", "text": filters.text.casefold(),
        "limit": limit + 1,
    }  # fmt: skip
    rows = [_total(row) for row in connection.execute(_PLACES, asked)]
    return ValueAtPlaces(whole.a_day, whole.measures, tuple(rows[:limit]), len(rows) <= limit)


def waiting_at(
    connection: Connection, currency: str, places: Sequence[PlaceTotal], limit: int = MOST_MEASURES
) -> dict[tuple[PlaceKind, str], list[WaitingMeasure]]:
    """The measures at each place, the dearest first; of a team those that nobody there has taken up come first."""
    return _at(connection, _WAITING, currency, places, limit)


def proposals(
    connection: Connection,
    currency: str,
    places: Sequence[PlaceTotal],
    limit: int = MOST_PROPOSALS,
    waiting: Mapping[tuple[PlaceKind, str], Sequence[WaitingMeasure]] | None = None,
) -> list[Release]:
    """What would free most, and what each would cost elsewhere.

    ``waiting`` is what :func:`waiting_at` found for the same places; without it they are looked up.
    """
    some = [one for one in places if one.kind is not PlaceKind.GATE]
    if waiting is None:
        waiting = waiting_at(connection, currency, some)
    working = _at(connection, _WORKING, currency, some, MOST_MEASURES)
    made = (
        release(one, waiting.get((one.kind, one.place), ()), working.get((one.kind, one.place), ())) for one in some
    )
    return ranked([one for one in made if one is not None])[:limit]


def _at(
    connection: Connection, query: Any, currency: str, places: Sequence[PlaceTotal], limit: int
) -> dict[tuple[PlaceKind, str], list[WaitingMeasure]]:
    names = {(one.kind, one.place.lower()): (one.kind, one.place) for one in places}
    asked = {
        "kinds": [one.kind.value for one in places], "places": [one.place.lower() for one in places],
        "currency": currency, "limit": limit,
    }  # fmt: skip
    found: dict[tuple[PlaceKind, str], dict[str, WaitingMeasure]] = {}
    for row in connection.execute(query, asked).all():
        some = found.setdefault(names[PlaceKind(row.kind), row.place], {})
        if row.id not in some:
            some[row.id] = WaitingMeasure(
                row.id, row.key, row.title or row.key, row.a_day, row.since, row.alone, row.queued, row.ticket
            )
    return {place: list(some.values()) for place, some in found.items()}


def _total(row: Row[Any]) -> PlaceTotal:
    since: datetime = row.since
    return PlaceTotal(
        PlaceKind(row.kind), row.place, row.a_day, row.freed, row.measures, row.freed_measures, since
    )  # fmt: skip


_WHOLE = text("""
    SELECT coalesce(sum(one.a_day), 0) AS a_day, count(*) AS measures
    FROM (SELECT measure_id, max(a_day) AS a_day FROM value_wait WHERE currency = :currency GROUP BY measure_id) AS one
""")
_PLACES = text("""
    SELECT kind, min(place) AS place, sum(a_day) AS a_day, coalesce(sum(a_day) FILTER (WHERE alone), 0) AS freed,
           count(*) AS measures, count(*) FILTER (WHERE alone) AS freed_measures, min(since) AS since
    FROM value_wait
    WHERE counts AND currency = :currency AND (:kind = '' OR kind = :kind)
      AND (:text = '' OR position(:text IN lower(place)) > 0)
    GROUP BY kind, lower(place) ORDER BY sum(a_day) DESC, kind, lower(place) LIMIT :limit
""")
# In one pass over what waits; only what may be among the first of a place, with all that are equal, is joined to its
# measure, whose key decides between equals.
_AT = """
    SELECT * FROM (
        SELECT w.kind, w.at AS place, m.id, m.key, m.title, w.a_day, w.since, w.alone, w.queued, w.ticket,
               row_number() OVER (PARTITION BY w.kind, w.at ORDER BY {order}, m.key, w.ticket) AS nth
        FROM (
            SELECT w.*, p.place AS at, rank() OVER (PARTITION BY p.kind, p.place ORDER BY {order}) AS rank
            FROM unnest(CAST(:kinds AS text[]), CAST(:places AS text[])) AS p (kind, place)
            JOIN value_wait AS w ON w.kind = p.kind AND lower(w.place) = p.place
            WHERE w.currency = :currency AND {only}
        ) AS w JOIN measure AS m ON m.id = w.measure_id WHERE w.rank <= :limit
    ) AS one WHERE one.nth <= :limit ORDER BY one.kind, one.place, one.nth
"""
_WAITING = text(_AT.format(only="(w.queued OR w.counts)", order="w.queued DESC, w.a_day DESC"))
_WORKING = text(_AT.format(only="w.kind IN ('team', 'vendor') AND NOT w.queued", order="w.a_day"))
