"""The sums of the roll-ups: groups from their measures, months of groups and of places from the measures' series.

When some measures change, their months are taken away from the sums and added again: amounts are exact, so that the
sums are those of all measures, at the cost of those that changed.  A group's own amounts are added up from all of its
measures, because a sum of nothing is unknown and not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from connector.store.database.tables.rollups import MONTHLY, NUMBERS


def sum_everything(transaction: Connection) -> None:
    """Into empty tables."""
    for statement in (_GROUPS.format(where=""), _months_of_groups(""), _CURVES, _validated("")):
        transaction.execute(text(statement))


def take_away(transaction: Connection, ids: Sequence[str]) -> None:
    """Take these measures' months out of the sums, before anything of the measures is changed."""
    for statement in _TAKE_AWAY:
        transaction.execute(statement, {"ids": ids})


def add(transaction: Connection, ids: Sequence[str], groups: Sequence[UUID], curves: Sequence[UUID]) -> None:
    """Add these measures' months as they are now; ``groups`` and ``curves`` are those that measures left or joined."""
    for statement in _ADD:
        transaction.execute(statement, {"ids": ids})
    for statement in (*_DELETE_EMPTY, _DELETE_GROUPS, _SOME_GROUPS):
        transaction.execute(statement, {"groups": groups, "curves": curves})


_GROUPS = f"""
    INSERT INTO rollup_group (group_id, curve_id, portfolio, program, legal_entity, step, implementation, potential,
                             left_out, measures, held_up, {", ".join(NUMBERS)})
    SELECT group_id, curve_id, portfolio, program, legal_entity, step, implementation, potential, left_out,
           count(*), count(*) FILTER (WHERE is_held_up), {", ".join(f"sum({name})" for name in NUMBERS)}
    FROM measure_figures {{where}}
    GROUP BY group_id, curve_id, portfolio, program, legal_entity, step, implementation, potential, left_out
"""  # noqa: S608 - our own names
_SOME_GROUPS = text(_GROUPS.format(where="WHERE group_id = ANY(:groups)"))
_DELETE_GROUPS = text("DELETE FROM rollup_group WHERE group_id = ANY(:groups)")
_CURVES = f"""
    INSERT INTO rollup_curve (curve_id, version, month, portfolio, program, legal_entity, measures,
                              {", ".join(MONTHLY)})
    SELECT c.curve_id, m.version, m.month, c.portfolio, c.program, c.legal_entity, sum(m.measures),
           {", ".join(f"sum(m.{name})" for name in MONTHLY)}
    FROM rollup_group AS c JOIN rollup_month AS m USING (group_id)
    WHERE c.left_out = ''
    GROUP BY c.curve_id, m.version, m.month, c.portfolio, c.program, c.legal_entity
"""  # noqa: S608 - our own names

_SERIES = f"""
    measure_figures AS f JOIN measure_series AS s USING (measure_id),
    unnest(s.months, {", ".join(f"s.{name}" for name in MONTHLY)}) AS u (month, {", ".join(MONTHLY)})
"""
_SIGNED = "measure_figures AS f JOIN measure_validated AS u USING (measure_id)"
_OF_MEASURES = "f.measure_id = ANY(:ids)"


def _months_of_groups(where: str) -> str:
    return f"""
        INSERT INTO rollup_month AS held (group_id, version, month, measures, {", ".join(MONTHLY)})
        SELECT f.group_id, s.version, u.month, count(*), {", ".join(f"sum(u.{name})" for name in MONTHLY)}
        FROM {_SERIES} {where} GROUP BY f.group_id, s.version, u.month
    """  # noqa: S608 - our own names


def _months_of_curves(where: str) -> str:
    return f"""
        INSERT INTO rollup_curve AS held (curve_id, version, month, portfolio, program, legal_entity, measures,
                                          {", ".join(MONTHLY)})
        SELECT f.curve_id, s.version, u.month, f.portfolio, f.program, f.legal_entity, count(*),
               {", ".join(f"sum(u.{name})" for name in MONTHLY)}
        FROM {_SERIES} {where} AND f.left_out = ''
        GROUP BY f.curve_id, s.version, u.month, f.portfolio, f.program, f.legal_entity
    """  # noqa: S608 - our own names


def _validated(where: str) -> str:
    return f"""
        INSERT INTO rollup_validated AS held (group_id, month, amount, measures)
        SELECT f.group_id, u.month, sum(u.amount), count(*) FROM {_SIGNED} {where} GROUP BY f.group_id, u.month
    """  # noqa: S608 - our own names


def _added_to(held: str, *amounts: str) -> str:
    """To what is there of the same month."""
    sums = ", ".join(f"{name} = held.{name} + excluded.{name}" for name in ("measures", *amounts))
    return f" ON CONFLICT ({held}) DO UPDATE SET {sums}"


_ADD = (
    text(_months_of_groups(f"WHERE {_OF_MEASURES}") + _added_to("group_id, version, month", *MONTHLY)),
    text(_months_of_curves(f"WHERE {_OF_MEASURES}") + _added_to("curve_id, version, month", *MONTHLY)),
    text(_validated(f"WHERE {_OF_MEASURES}") + _added_to("group_id, month", "amount")),
)


def _taken_from(table: str, keys: Sequence[str], source: str, amounts: Sequence[str], where: str = "") -> str:
    """``keys`` of the table that hold a month's sum, each with the table of ``source`` that has it."""
    names = [key.partition(".")[2] for key in keys]
    less = ", ".join(f"{name} = held.{name} - gone.{name}" for name in ("measures", *amounts))
    sums = ", ".join(f"sum(u.{name}) AS {name}" for name in amounts)
    same = " AND ".join(f"held.{name} = gone.{name}" for name in names)
    return f"""
        UPDATE {table} AS held SET {less}
        FROM (SELECT {", ".join(keys)}, count(*) AS measures, {sums}
              FROM {source} WHERE {_OF_MEASURES} {where} GROUP BY {", ".join(keys)}) AS gone
        WHERE {same}
    """  # noqa: S608 - our own names


_TAKE_AWAY = (
    text(_taken_from("rollup_month", ("f.group_id", "s.version", "u.month"), _SERIES, MONTHLY)),
    text(_taken_from("rollup_curve", ("f.curve_id", "s.version", "u.month"), _SERIES, MONTHLY, "AND f.left_out = ''")),
    text(_taken_from("rollup_validated", ("f.group_id", "u.month"), _SIGNED, ("amount",))),
)
_DELETE_EMPTY = (
    text("DELETE FROM rollup_month WHERE group_id = ANY(:groups) AND measures = 0"),
    text("DELETE FROM rollup_curve WHERE curve_id = ANY(:curves) AND measures = 0"),
    text("DELETE FROM rollup_validated WHERE group_id = ANY(:groups) AND measures = 0"),
)
