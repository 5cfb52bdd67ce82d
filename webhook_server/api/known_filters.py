"""Refuse a value of a filter that nothing has, with the values that are known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from connector.bootstrap import MappingCache
from connector.measures.known_on import KnownOn
from connector.people.permissions import Action, may
from connector.store.database.row_level_access import visible_to
from connector.store.measures.known_values import known_values, unknown_values
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.known_filters import UnknownFilter, unknown_filters, unknown_place
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.codes import CODES
from governance.left_out import step_labels
from webhook_server.api.operation import ApiCall
from webhook_server.api.problem import FieldError, Problem, ProblemCode

FIXED = frozenset({"implementation", "potential"})
"""Filters whose values are an enumeration already."""


def require_known(
    call: ApiCall, connection: Connection, equal: Mapping[str, Sequence[str]], **codes: Iterable[str]
) -> None:
    """Raises Problem 422 for a value that no visible measure has, a stage of no policy, or a code that there is not."""
    asked = {name: values for name, values in equal.items() if values and name not in FIXED}
    errors = [
        _error(one.column, one.value, one.known)
        for one in unknown_values(connection, visible_to(call.viewer), asked)
        if one.column != "stage" or one.value not in stage_keys(call)
    ]
    errors += [_error(name, code, CODES) for name, given in codes.items() for code in given if code not in CODES]
    raise_unknown(errors)


def unknown(name: str, given: Sequence[str], known: Callable[[], Collection[str]]) -> list[FieldError]:
    """The values of a filter that are none of the known ones, which are asked for only if there are values."""
    if not given:
        return []
    there = known()
    return [_error(name, value, there) for value in given if value not in there]


def require_connections(call: ApiCall, given: Sequence[str]) -> None:
    """Raises Problem 422 for a connection that there is not; others than operators know those of their measures."""
    raise_unknown(unknown("connection", given, lambda: _connections(call)))


def _connections(call: ApiCall) -> list[str]:
    if may(call.viewer, Action.OBSERVE):
        return sorted(record.name for record in call.services.connections.all())
    with call.services.read_as(call.viewer) as connection:
        return list(known_values(connection, visible_to(call.viewer), "connection"))


def require_stages(call: ApiCall, **given: Sequence[str]) -> None:
    """Raises Problem 422 for a stage that the policy does not have."""
    if not any(given.values()):
        return
    stages = stage_keys(call)
    raise_unknown([_error(name, one, stages) for name, keys in given.items() for one in keys if one not in stages])


def stage_keys(call: ApiCall) -> tuple[str, ...]:
    active = MappingCache(call.services.mappings).active()
    return tuple(stage.key for stage in active.policies.base.stages) if active is not None else ()


PORTFOLIO_NAMES = {"entity": "legal_entity", "unit": "business_unit"}
"""Filters of the portfolio that the API calls otherwise."""


def require_known_part(
    call: ApiCall, connection: Connection, filters: PortfolioFilters, on: KnownOn | None = None
) -> None:
    """Raises Problem 422 for a part of the portfolio that nothing is in, then where a day is asked for."""
    source = connection if on is None else figures_at(connection, on.at)
    steps = step_labels(dict.fromkeys(stage_keys(call), ""))
    raise_unknown([_of(one) for one in unknown_filters(source, call.viewer, filters, steps)])


def require_known_place(call: ApiCall, connection: Connection, path: tuple[str, ...]) -> None:
    """Raises Problem 422 for the first name of a path of the hierarchy that nothing has in the place above it."""
    place = unknown_place(connection, call.viewer, path)
    raise_unknown([] if place is None else [_of(place)])


def _of(one: UnknownFilter) -> FieldError:
    return _error(PORTFOLIO_NAMES.get(one.name, one.name), one.value, one.known)


def _error(name: str, value: str, known: Collection[str]) -> FieldError:
    return FieldError(location=name, message=f'Nothing has "{value}".', known=list(known)[:50])


def raise_unknown(errors: Sequence[FieldError]) -> None:
    if errors:
        names = ", ".join(dict.fromkeys(error.location for error in errors))
        raise Problem(
            422, f"The query has unknown values: {names}.", "`errors` has the known ones.",
            code=ProblemCode.UNKNOWN_FILTER_VALUE, errors=errors,
        )  # fmt: skip
