"""Find the measure of a path, also as it was known on a day."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.measures.known_on import NotKnownYet, known_row
from connector.people.permissions import TokenScope
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.verdict_history import KnownMeasure
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem, ProblemCode
from webhook_server.api.values import (
    Model,
    ShortText,
)

MEASURE_PARAMETER = PathParameter(
    "measure", "a measure, by its key (ITX-7), a former key, or its id (jira-main/10001)", allows_slashes=True
)
TAG = "measures"


class KnownOnQuery(Model):
    on: ShortText | None = Field(
        default=None,
        description="As known on a day (2026-06-30, until its end in UTC) or at a moment (2026-06-30T12:00Z).",
    )


def find_measure(call: ApiCall, connection: Connection) -> RowMapping:
    """The measure of the path.  Raises Problem: 404 without such a measure, 409 when several have the key."""
    return measure_named(call, connection, call.text_parameter("measure"))


def measure_named(call: ApiCall, connection: Connection, name: str) -> RowMapping:
    """A measure by key or id.  Raises Problem: 404 without such a measure, 409 when several have the key."""
    rows = measure_queries.find_measures(connection, name, visible_to(call.viewer))
    if not rows:
        raise Problem(
            404, f'There is no measure "{name}".', "Name it by its key or id.", code=ProblemCode.NOT_VISIBLE_OR_UNKNOWN,
        )  # fmt: skip
    if len(rows) > 1:
        ids = ", ".join(row["id"] for row in rows)
        raise Problem(
            409,
            f'"{name}" is the key of several measures.',
            f"Name one by its id: {ids}.",
            code=ProblemCode.AMBIGUOUS_KEY,
        )
    return rows[0]


def find_known(call: ApiCall, connection: Connection) -> tuple[RowMapping, KnownMeasure | None]:
    """The measure of the path, as known on the day of the query where there is one.

    Raises Problem: 422 for what is no day of the past, 404 before Gatepost knew the measure.
    """
    row = find_measure(call, connection)
    on = day_of(call.query_as(KnownOnQuery).on)
    if on is None:
        return row, None
    try:
        known = known_row(connection, row, on)
    except NotKnownYet as error:
        raise Problem(404, str(error), "Ask for a later day.") from error
    return known.row, known  # type: ignore[return-value]  # a row as the catalogue has it


_AMBIGUOUS_KEY = {409: "Several measures have this key; the code is ambiguous_key."}


def about_measure(path: str, summary: str, run: Any, response: Any, **more: Any) -> Operation:
    """Something that is read of one measure."""
    return Operation(
        "GET",
        path,
        TAG,
        summary,
        run,
        response,
        path_parameters=(MEASURE_PARAMETER,),
        problems=_AMBIGUOUS_KEY,
        **more,
        scope=TokenScope.MEASURES_READ,
    )
