"""Rows that the instance counts and does not show: unknown, and never *none*.

An access control on rows answers 200 with fewer rows, or with none; the count comes from the database and counts them
all.  A *query* business rule and a query access control shorten the count as well: what they hide nobody can tell.
https://www.servicenow.com/docs, "Table API" (``sysparm_limit`` is applied before access controls, ``X-Total-Count``)
"""

from __future__ import annotations

from connector.errors import PermissionDenied
from connector.servicenow.rights import reading_role


class RowsHidden(PermissionDenied):
    """``table`` has ``total`` rows for a query and shows ``shown`` of them to Gatepost's user."""

    def __init__(self, table: str, shown: int, total: int, owner: str = "") -> None:
        role = reading_role(table)
        whose = f" of the record {owner}" if owner else ""
        super().__init__(
            f"{table}: {total} rows{whose} are counted and {shown} are shown to Gatepost's user; an access control "
            f"hides the rest. Give the user the role {role}, or let the access control pass it.",
            operation=f"GET {table}",
            status=200,
        )
        self.table, self.shown, self.total = table, shown, total
