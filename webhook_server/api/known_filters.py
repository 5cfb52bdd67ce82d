"""Refuse a value of a filter that nothing has, with the values that are known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from connector.bootstrap import MappingCache
from connector.people.permissions import Action, may
from connector.store.database.row_level_access import visible_to
from connector.store.measures.known_values import known_values, unknown_values
from governance.codes import CODES
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


def _error(name: str, value: str, known: Collection[str]) -> FieldError:
    return FieldError(location=name, message=f'Nothing has "{value}".', known=list(known)[:50])


def raise_unknown(errors: Sequence[FieldError]) -> None:
    if errors:
        names = ", ".join(dict.fromkeys(error.location for error in errors))
        raise Problem(
            422, f"The query has unknown values: {names}.", "`errors` has the known ones.",
            code=ProblemCode.UNKNOWN_FILTER_VALUE, errors=errors,
        )  # fmt: skip
