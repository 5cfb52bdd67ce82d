"""Reading as somebody: a connection on which the database itself shows only what that viewer may see.

Two walls stand behind one another.  A query adds :func:`visible_to`, which also lets the indexes help; and the
transaction works as ``gatepost_reader``, whose policies (``policies.sql`` of the migrations) hide every other row,
whatever a query leaves out.  In a database whose login could not make that role the first wall stands alone:
:func:`reader_role_missing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, false, func, or_, text, true

from connector.people.permissions import HIERARCHY_LEVELS, RoleGrant, ToolAccount, Viewer
from connector.store.database.tables import MEASURE

UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"
"""Between two levels, and before the legal entity: as in ``gatepost_place_keys``."""

STATEMENT_TIMEOUT = "15s"
"""A page that asks for more than this is wrong; it must not take the database away from the worker."""


class Plans(StrEnum):
    """How PostgreSQL plans the statements of a transaction, as its setting ``plan_cache_mode``."""

    BY_VALUES = "force_custom_plan"
    """Anew for each statement's own values, as everything is by default (:mod:`connector.store.database.engine`)."""
    KEPT = "auto"
    """Once, where the plan for any value is as good: for pages of one thing, which ask for what belongs to its id.

    With the policies of a reader a statement by an id takes four fifths of its time to be planned.  A statement
    whose values choose one row or all of them does not belong there.
    """


@contextmanager
def read_as(engine: Engine, viewer: Viewer, plans: Plans = Plans.BY_VALUES) -> Iterator[Connection]:
    """A read-only transaction in which only what the viewer may see is there."""
    with engine.connect() as raw:
        connection = raw.execution_options(postgresql_readonly=True)
        with connection.begin():
            connection.execute(_ENTER, viewer_settings(viewer) | {"plans": plans.value})
            yield connection


def viewer_settings(viewer: Viewer) -> dict[str, str]:
    """What the policies need to know about a viewer."""
    return {
        "all": "on" if viewer.sees_everything else "off",
        "operates": "on" if viewer.operates else "off",
        "scopes": json.dumps([grant_key(grant) for grant in viewer.viewing_grants]),
        "accounts": json.dumps([account_key(account) for account in sorted(viewer.accounts)]),
        "longest": STATEMENT_TIMEOUT,
    }


def grant_key(grant: RoleGrant) -> str:
    """A grant as one of the keys that ``gatepost_place_keys`` makes of a row."""
    return f"{UNIT_SEPARATOR.join(grant.hierarchy)}{RECORD_SEPARATOR}{grant.legal_entity or ''}"


def account_key(account: ToolAccount) -> str:
    """An account as one of the values of ``gatepost.accounts``."""
    return f"{account.connection}{RECORD_SEPARATOR}{account.id}"


def visible_to(viewer: Viewer, table: Table = MEASURE) -> ColumnElement[bool]:
    """The condition under which a row shows itself to a viewer.

    ``table`` has the columns portfolio to package and legal_entity; the measures that the viewer holds a role of
    come along where it has the accounts of their people.
    """
    if viewer.sees_everything:
        return true()
    found = [covers_row(grant, table) for grant in viewer.viewing_grants]
    if "owner_id" in table.c:
        for account in sorted(viewer.accounts):
            holders = (table.c.owner_id, table.c.sponsor_id, table.c.controller_id)
            found.append((table.c.connection == account.connection) & or_(*(one == account.id for one in holders)))
            if "further_holders" in table.c:
                found.append(table.c.further_holders.contains([account_key(account)]))
            if "role_change_parties" in table.c:
                found.append(table.c.role_change_parties.contains([account_key(account)]))
    return or_(*found) if found else false()


def covers_row(grant: RoleGrant, table: Table = MEASURE) -> ColumnElement[bool]:
    """Whether a row lies in the part of a grant; ``table`` has the columns portfolio to package and legal_entity."""
    levels = [_equals(table.c[level], name) for level, name in zip(HIERARCHY_LEVELS, grant.hierarchy, strict=False)]
    if grant.legal_entity is not None:
        levels.append(table.c.legal_entity == grant.legal_entity)
    return and_(true(), *levels)


def _equals(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    # A level that is left out inside a place, as a package without a project.
    return column == name if name else func.coalesce(column, "") == ""


def reader_role_missing(engine: Engine) -> bool:
    """Whether this login cannot work as ``gatepost_reader``, so that the filter of the queries holds alone."""
    with engine.connect() as connection:
        return connection.execute(_READER).first() is None


# The role comes last: what it may not do any more, setting the others, has been done by then.
_ENTER = text("""
    SELECT set_config('gatepost.all', :all, true), set_config('gatepost.operates', :operates, true),
           set_config('gatepost.scopes', :scopes, true), set_config('gatepost.accounts', :accounts, true),
           set_config('statement_timeout', :longest, true), set_config('plan_cache_mode', :plans, true),
           (SELECT set_config('role', 'gatepost_reader', true) FROM pg_roles
            WHERE rolname = 'gatepost_reader' AND pg_has_role(session_user, oid, 'MEMBER')
              AND has_table_privilege(oid, 'measure', 'SELECT'))
""")
_READER = text("""
    SELECT 1 FROM pg_roles
    WHERE rolname = 'gatepost_reader' AND pg_has_role(session_user, oid, 'MEMBER')
      AND has_table_privilege(oid, 'measure', 'SELECT')
""")
