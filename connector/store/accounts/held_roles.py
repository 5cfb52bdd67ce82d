"""Which roles of measures somebody holds, asked apart from who they are: most readers have no account in a tool.

As part of the check of a session these conditions were planned anew for each request, for everybody: PostgreSQL took a
millisecond to plan them inside that statement, and a fifth of one for this one, which knows the accounts
(``deploy/adr/0077-pages-read-and-draw-less.md``).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from connector.people.permissions import Role, ToolAccount
from connector.store.database.row_level_access import account_key

MEASURE_ROLES = (Role.OWNER, Role.SPONSOR, Role.CONTROLLER)


def held_roles(connection: Connection, accounts: Collection[ToolAccount]) -> frozenset[Role]:
    """The roles in which these accounts stand in any measure that is mapped."""
    if not accounts:
        return frozenset()
    asked = {"accounts": sorted({one.id for one in accounts}), "keys": sorted(map(account_key, accounts))}
    row = connection.execute(_HELD, asked).one()
    return frozenset(role for role, holds in zip(MEASURE_ROLES, row, strict=True) if holds)


def _holds(role: Role) -> str:
    """By the account first, for which there is an index, and then on which connection it is."""
    column = f"{role.value}_id"
    return f"""EXISTS (SELECT 1 FROM measure WHERE {column} = ANY(CAST(:accounts AS text[]))
        AND connection || chr(30) || {column} = ANY(CAST(:keys AS text[])) AND unmapped_since IS NULL)"""  # noqa: S608 - the names of our own columns


# Whoever is asked about a change of a role reads like a sponsor.  The index measure_role_changes holds the few measures
# of which this can be true at all; without its condition every measure is read, at each request.
_ASKED = """EXISTS (SELECT 1 FROM measure WHERE unmapped_since IS NULL AND role_change_parties <> '{}'
        AND role_change_parties && CAST(:keys AS text[]))"""
_HELD = text(f"SELECT {_holds(Role.OWNER)}, {_holds(Role.SPONSOR)} OR {_ASKED}, {_holds(Role.CONTROLLER)}")
