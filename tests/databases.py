"""Databases with the newest schema and nothing in them, each used by one test after the other.

Copying a database takes PostgreSQL longer than most tests run: it consists of some hundred files.  So a test's database
is emptied after it and given to the next test under another name; whoever still has the old name finds nothing.  One
whose schema a test has changed, or that has become large, is dropped instead.

Looking through all tables and the whole schema takes longer than most tests as well.  PostgreSQL counts the rows that
are added, changed and deleted in each table, those of the schema among them: where its counters have run since the
database was last emptied, only what they name is looked at.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeAlias
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo

LARGE_BYTES = 16 * 1024 * 1024
"""A database that has grown by so much is not emptied: making another one is quicker."""

PASSWORD = "of-tests-alone"

COUNTS_AT_ONCE = 150000
"""From this version on whoever leaves PostgreSQL has its counts added at once, and not by a process that may be late."""

Connection: TypeAlias = "psycopg.Connection[tuple[object, ...]]"


@dataclass(frozen=True, slots=True)
class _Contents:
    """What an empty database holds."""

    schema: str
    """A fingerprint of every table, column, constraint, trigger, function and right."""
    size: int
    """In bytes."""
    tables: tuple[str, ...]
    rows: Mapping[str, bytes]
    """Those that the migrations made, by table, as COPY writes them."""
    sequences: Mapping[str, int | None]
    """The last number that each has given out."""


@dataclass(frozen=True, slots=True)
class _Touched:
    """What has to be looked at to make a database as it was."""

    tables: list[str]
    given_rows: list[str]
    """Those of the tables whose rows of the migrations may be others now."""
    sequences: list[str]
    size: int = 0
    """Of these tables, in bytes."""


@dataclass
class Databases:
    server: URL
    template: str
    _contents: _Contents
    _free: list[str] = field(default_factory=list)
    _counted_since: dict[str, object] = field(default_factory=dict)
    """Of each free database since when its counters run, as the server says it."""

    @classmethod
    def on(cls, server: URL) -> Self:
        """Migrate a template, which every database is copied from."""
        template = f"template_{uuid4().hex[:8]}"
        with _session(server) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
        engine = open_database(server.set(database=template), pool_size=1, application="tests")
        migrate.upgrade(engine)
        engine.dispose()
        with _session(server.set(database=template)) as session:
            contents = _read(session)
            # As whom the processes log in; another run on the same server gives it the same password.
            session.execute(sql.SQL("ALTER ROLE gatepost_app LOGIN PASSWORD {}").format(sql.Literal(PASSWORD)))
        return cls(server, template, contents)

    @contextmanager
    def one(self) -> Iterator[URL]:
        """An empty database of one's own."""
        name = self._free.pop() if self._free else self._make()
        counted_since = self._counted_since.pop(name, None)
        yield self.server.set(database=name)
        self._give_back(name, counted_since)

    @contextmanager
    def bare(self) -> Iterator[URL]:
        """A database without a schema."""
        name = _new_name()
        with _session(self.server) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield self.server.set(database=name)
        with _session(self.server) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make(self) -> str:
        name = _new_name()
        with _session(self.server) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(self.template))
            )
            # Rights to a database are not copied with it.
            admin.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        return name

    def _give_back(self, name: str, counted_since: object) -> None:
        with _session(self.server) as admin:
            fresh = _renamed(admin, name)
            if fresh is not None and self._empty(fresh, counted_since):
                self._free.append(fresh)
            else:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(fresh or name)))

    def _empty(self, name: str, counted_since: object) -> bool:
        """Make it as it was copied; False when dropping it is right, because it is large or its schema has changed."""
        clean = self._contents
        with _session(self.server.set(database=name)) as session:
            touched = _touched(session, clean, counted_since)
            if touched is None:
                if _is_large(session, clean.size) or _schema(session) != clean.schema:
                    return False
                touched = _Touched(_filled(session, clean.tables), list(clean.rows), list(clean.sequences))
            elif touched.size > LARGE_BYTES:
                return False
            with session.transaction():
                # No trigger runs and no foreign key is asked: what refers to a row goes as well.
                session.execute("SET LOCAL session_replication_role = replica")
                for table in touched.tables:
                    session.execute(sql.SQL("DELETE FROM {}").format(_named(table)))
                for table in touched.given_rows:
                    with session.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(_named(table))) as copy:
                        copy.write(clean.rows[table])
                for sequence, last in _sequences(session, touched.sequences).items():
                    if last != clean.sequences[sequence]:
                        _set_back(session, sequence, clean.sequences[sequence])
            self._counted_since[name] = _count_anew(session)
        return True


def as_application(url: URL) -> URL:
    """The same database as the processes open it: by a login that owns nothing."""
    return url.set(username="gatepost_app", password=PASSWORD)


def forget_the_disk(server: URL) -> None:
    """Have an embedded server wait for no disk: its data live no longer than the tests.

    Whatever dies of the tests' processes, PostgreSQL itself goes on; a test that ends a server has one of its own.
    """
    with _session(server) as admin:
        # Not synchronous_commit: VACUUM then finds rows whose commit is not written yet, and plans become others.
        for setting in ("fsync", "full_page_writes"):
            admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        admin.execute("SELECT pg_reload_conf()")


def stop(data: Path) -> None:
    """End the embedded server of this data folder at once, whoever is connected."""
    process_id = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(process_id, signal.SIGQUIT)


@contextmanager
def _session(url: URL) -> Iterator[Connection]:
    with psycopg.connect(conninfo(url), autocommit=True) as session:
        yield session


def _new_name() -> str:
    return f"test_{uuid4().hex[:12]}"


def _renamed(admin: Connection, name: str) -> str | None:
    """Its new name, when nobody is connected to it any more; None when somebody whom a test left behind comes again."""
    fresh = _new_name()
    admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
    try:
        admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(fresh)))
    except psycopg.errors.ObjectInUse:
        return None
    return fresh


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split(".", 1))


def _read(session: Connection) -> _Contents:
    size = session.execute("SELECT pg_database_size(current_database())").fetchone()
    assert size is not None
    tables = tuple(str(name) for (name,) in session.execute(_TABLES))
    rows = {}
    for table in _filled(session, tables):
        with session.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(_named(table))) as copy:
            rows[table] = b"".join(bytes(part) for part in copy)
    return _Contents(_schema(session), int(str(size[0])), tables, rows, _sequences(session))


def _filled(session: Connection, tables: tuple[str, ...]) -> list[str]:
    """Those that have rows."""
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    asked = sql.SQL(" UNION ALL ").join(one.format(sql.Literal(table), _named(table)) for table in tables)
    return [str(name) for (name,) in session.execute(asked)]


def _schema(session: Connection) -> str:
    row = session.execute(_SCHEMA).fetchone()
    assert row is not None
    return str(row[0])


def _sequences(session: Connection, names: list[str] | None = None) -> dict[str, int | None]:
    """The last number of some, or of all."""
    return {
        str(name): None if last is None else int(str(last))
        for name, last in session.execute(_SEQUENCES, (names, names))
    }


def _is_large(session: Connection, size: int) -> bool:
    row = session.execute("SELECT pg_database_size(current_database())").fetchone()
    return row is not None and int(str(row[0])) > size + LARGE_BYTES


def _touched(session: Connection, clean: _Contents, counted_since: object) -> _Touched | None:
    """By the counters; None where they do not tell: they were not set to zero, or something of the schema was touched.

    Everybody else has left the database: each has added what it did to the counters then.
    """
    if counted_since is None or _counted_since(session) != counted_since:
        return None
    rows = session.execute(_TOUCHED).fetchall()
    touched = {str(name) for name, kind, _ in rows if kind == "r"}
    if not touched <= set(clean.tables):
        return None
    return _Touched(
        sorted(touched),
        sorted(touched & clean.rows.keys()),
        [str(name) for name, kind, _ in rows if kind == "S"],
        sum(int(str(size)) for _, _, size in rows),
    )


def _count_anew(session: Connection) -> object:
    """Set the counters of a database to zero; since when they run, or None where a server cannot do it at once."""
    if session.info.server_version < COUNTS_AT_ONCE:
        return None
    # What this session did is added first.
    session.execute("SELECT pg_stat_force_next_flush()")
    session.execute("SELECT pg_stat_reset()")
    return _counted_since(session)


def _counted_since(session: Connection) -> object:
    """After a crash the counters begin at zero by themselves; then there is no time."""
    row = session.execute("SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return None if row is None else row[0]


def _set_back(session: Connection, sequence: str, last: int | None) -> None:
    if last is None:
        session.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(_named(sequence)))
    else:
        session.execute("SELECT setval(%s::regclass, %s)", (_named(sequence).as_string(session), last))


_TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""
_SEQUENCES = """
    SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences
    WHERE %s::text[] IS NULL OR schemaname || '.' || sequencename = ANY (%s)
"""
# ANALYZE fills pg_statistic.  TRUNCATE counts as a change of pg_class.
_TOUCHED = """
    SELECT n.nspname || '.' || c.relname, c.relkind::text, CASE c.relkind WHEN 'r' THEN pg_total_relation_size(c.oid) ELSE 0 END
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE NOT c.relisshared AND c.oid <> 'pg_catalog.pg_statistic'::regclass
      AND CASE c.relkind
          WHEN 'r' THEN pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) > 0
          WHEN 'S' THEN pg_stat_get_blocks_fetched(c.oid) > 0
          ELSE false END
"""
# A copy has the numbers (oid) of its template, so that they tell what was made anew.  What PostgreSQL itself brings has
# numbers below 16384.
_SCHEMA = """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat_ws(' ', 'relation', oid, relname, relnamespace, relowner, relkind, relpersistence, relchecks,
                         relrowsecurity, relforcerowsecurity, relacl, reloptions)
        FROM pg_class WHERE oid >= 16384
        UNION ALL
        SELECT concat_ws(' ', 'column', attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attisdropped, attacl,
                         attidentity, attgenerated)
        FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT concat_ws(' ', 'default', oid, adrelid, md5(adbin::text)) FROM pg_attrdef
        UNION ALL SELECT concat_ws(' ', 'index', indexrelid, indisvalid, indisready, indislive) FROM pg_index
                  WHERE indexrelid >= 16384
        UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgenabled, tgfoid) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', 'rule', oid, rulename, ev_enabled, md5(ev_action::text)) FROM pg_rewrite
                  WHERE oid >= 16384
        UNION ALL SELECT concat_ws(' ', 'policy', oid, polname, polroles, md5(concat(polqual, polwithcheck)))
                  FROM pg_policy
        UNION ALL SELECT concat_ws(' ', 'function', oid, proname, proowner, proacl, md5(prosrc)) FROM pg_proc
                  WHERE oid >= 16384
        UNION ALL SELECT concat_ws(' ', 'type', oid, typname) FROM pg_type WHERE oid >= 16384
        UNION ALL SELECT concat_ws(' ', 'label', oid, enumtypid, enumlabel) FROM pg_enum
        UNION ALL SELECT concat_ws(' ', 'schema', oid, nspname, nspowner, nspacl) FROM pg_namespace
                  WHERE nspname NOT LIKE 'pg\\_t%'
        UNION ALL SELECT concat_ws(' ', 'rights', oid, defaclobjtype, defaclacl) FROM pg_default_acl
        UNION ALL SELECT concat_ws(' ', 'extension', oid, extname, extversion) FROM pg_extension
    ) AS what (line)
"""
