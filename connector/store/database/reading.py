"""Sessions that only read: each statement is a transaction of its own.

SQLAlchemy ends a transaction that nobody has committed with ROLLBACK, and psycopg then drops every statement that it
has prepared in this session, so that PostgreSQL parses all of them anew
(https://www.psycopg.org/psycopg3/docs/advanced/prepare.html).  Without a transaction nothing has to be ended, and
reading costs two round trips less.  Nothing is lost by it: PostgreSQL's READ COMMITTED, in which all else works, gives
each statement a view of its own as well.  What needs one view for several statements, a lock or a cursor asks for a
transaction.  Figures in ``deploy/adr/0074-one-event-in-fewer-round-trips.md``.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine


def reading(engine: Engine) -> Connection:
    """A session for statements that change nothing."""
    return autocommit(engine)


def autocommit(engine: Engine) -> Connection:
    """A session in which each statement is committed when it ends: for one that says all by itself."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")
