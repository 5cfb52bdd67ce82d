"""People and access: persons, roles, sessions, tokens; and rows that a reader sees only where a role reaches.

Pages, API and exports read as the role ``gatepost_reader``.  Which rows it sees is said by three settings of the
transaction (:mod:`connector.store.database.row_level_access` makes them), and policies of the database hold it,
whatever a query leaves out:

``gatepost.all``
    ``on`` for a reader who sees every measure.
``gatepost.scopes``
    JSON list of the places and legal entities that a reader sees, as ``gatepost_place_keys`` writes them.
``gatepost.accounts``
    JSON list of the reader's own accounts in the tools: who holds a role of a measure sees it.

Revision ID: 0007
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: LiteralString = """
CREATE TABLE person (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL,
    name          text NOT NULL,
    password_hash text,
    oidc_issuer   text,
    oidc_subject  text,
    active        boolean NOT NULL DEFAULT true,
    locale        text,
    time_zone     text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (oidc_issuer, oidc_subject)
);
CREATE UNIQUE INDEX person_login ON person (lower(login));

CREATE TABLE person_account (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    account    text NOT NULL,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (connection, account)
);
CREATE INDEX person_account_of ON person_account (person_id);

CREATE TABLE role_grant (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id    bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role         text NOT NULL,
    place        text[] NOT NULL DEFAULT '{}' CHECK (cardinality(place) <= 4),
    legal_entity text,
    source       text NOT NULL DEFAULT 'hand' CHECK (source IN ('hand', 'group')),
    granted_by   text NOT NULL,
    granted_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX role_grant_of ON role_grant (person_id);

CREATE TABLE role_rule (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim        text NOT NULL,
    role         text NOT NULL,
    place        text[] NOT NULL DEFAULT '{}' CHECK (cardinality(place) <= 4),
    legal_entity text,
    made_by      text NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE web_session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    agent      text NOT NULL DEFAULT ''
);
CREATE INDEX web_session_of ON web_session (person_id);

CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_token_of ON api_token (person_id);

CREATE TABLE failed_sign_in (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX failed_sign_in_of ON failed_sign_in (subject, at);

ALTER TABLE measure
    ADD COLUMN owner_id      text GENERATED ALWAYS AS (facts #>> '{roles,owner,id}') STORED,
    ADD COLUMN sponsor_id    text GENERATED ALWAYS AS (facts #>> '{roles,sponsor,id}') STORED,
    ADD COLUMN controller_id text GENERATED ALWAYS AS (facts #>> '{roles,controller,id}') STORED;
CREATE INDEX measure_owner ON measure (owner_id);
CREATE INDEX measure_sponsor ON measure (sponsor_id);
CREATE INDEX measure_controller ON measure (controller_id);
"""

FUNCTIONS: LiteralString = """
CREATE FUNCTION gatepost_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('gatepost.all', true) = 'on', false)
$$;

CREATE FUNCTION gatepost_operates() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('gatepost.operates', true) = 'on', false)
$$;

CREATE FUNCTION gatepost_scopes() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('gatepost.scopes', true), '')::jsonb
$$;

CREATE FUNCTION gatepost_accounts() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('gatepost.accounts', true), '')::jsonb
$$;

-- Every scope that would show such a row: each beginning of its place, for any legal entity and for its own.
-- Levels are parted by the unit separator, the legal entity by the record separator, which no name holds.
CREATE FUNCTION gatepost_place_keys(portfolio text, program text, project text, package text, legal_entity text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[
        E'\\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\\x1e',
        coalesce(portfolio, '') || E'\\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1e',
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1f' || coalesce(project, '') || E'\\x1e',
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1f' || coalesce(project, '')
            || E'\\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1f' || coalesce(project, '')
            || E'\\x1f' || coalesce(package, '') || E'\\x1e',
        coalesce(portfolio, '') || E'\\x1f' || coalesce(program, '') || E'\\x1f' || coalesce(project, '')
            || E'\\x1f' || coalesce(package, '') || E'\\x1e' || legal_entity
    ]
$$;

CREATE FUNCTION gatepost_sees(portfolio text, program text, project text, package text, legal_entity text)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('gatepost.all', true) = 'on', false)
        OR coalesce(nullif(current_setting('gatepost.scopes', true), '')::jsonb
                    ?| gatepost_place_keys(portfolio, program, project, package, legal_entity), false)
$$;
"""

# The policies stand in a table, so that they can also be made later, when a database administrator has made the
# roles that the login itself may not make: `gatepost db upgrade` calls gatepost_apply_policies() then.
POLICIES: LiteralString = """
CREATE TABLE row_policy (
    name    text PRIMARY KEY,
    visible text
);

CREATE FUNCTION gatepost_apply_policies() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE one row_policy%ROWTYPE;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reader') THEN
        BEGIN
            CREATE ROLE gatepost_reader NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            -- A login that may not make roles: the filter of the queries holds alone, and `gatepost doctor` says
            -- what the database administrator has to do.
            WHEN insufficient_privilege THEN RETURN false;
        END;
    END IF;
    BEGIN
        -- Also for a login that made the role itself: since PostgreSQL 16 that alone does not let it work as it.
        EXECUTE format('GRANT gatepost_reader TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN
        IF NOT pg_has_role(current_user, 'gatepost_reader', 'MEMBER') THEN
            RETURN false;
        END IF;
    END;
    BEGIN
        -- The same for the role that the application works as, which migration 0003 may have made.
        EXECUTE format('GRANT gatepost_app TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation OR undefined_object THEN NULL;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gatepost_reader', current_schema());
    FOR one IN SELECT * FROM row_policy WHERE to_regclass(name) IS NOT NULL LOOP
        EXECUTE format('GRANT SELECT ON %I TO gatepost_reader', one.name);
        IF one.visible IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.name);
            EXECUTE format('DROP POLICY IF EXISTS gatepost_reads ON %I', one.name);
            EXECUTE format('CREATE POLICY gatepost_reads ON %I FOR SELECT TO gatepost_reader USING (%s)',
                           one.name, one.visible);
            IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
                EXECUTE format('DROP POLICY IF EXISTS gatepost_works ON %I', one.name);
                EXECUTE format('CREATE POLICY gatepost_works ON %I TO gatepost_app USING (true) WITH CHECK (true)',
                               one.name);
            END IF;
        END IF;
    END LOOP;
    -- Not the credentials.
    GRANT SELECT (name, tool, base_url, paused_at, paused_until, paused_reason, deployment, auth, expires_at, doors)
        ON connection TO gatepost_reader;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE
            ON person, person_account, role_grant, role_rule, web_session, api_token, failed_sign_in TO gatepost_app;
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    END IF;
    RETURN true;
END $$;

-- Lets readers see the rows of a table for which `visible` holds; without it, all of them.
CREATE FUNCTION gatepost_protect(table_name text, visible_when text) RETURNS boolean LANGUAGE sql AS $$
    INSERT INTO row_policy (name, visible) VALUES (table_name, visible_when)
    ON CONFLICT (name) DO UPDATE SET visible = excluded.visible;
    SELECT gatepost_apply_policies();
$$;
"""

SEES_MEASURE: LiteralString = """(SELECT gatepost_all())
    OR (SELECT gatepost_scopes()) ?| gatepost_place_keys(portfolio, program, project, package, legal_entity)
    OR (SELECT gatepost_accounts()) ?| ARRAY[connection || E'\\x1e' || owner_id, connection || E'\\x1e' || sponsor_id,
                                            connection || E'\\x1e' || controller_id]"""

# One row is looked up, many are hashed: PostgreSQL chooses between the two forms of such an EXISTS by itself.
OF_MEASURE: LiteralString = (
    "(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = {table}.measure_id)"
)
OF_ITEM: LiteralString = (
    "(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen "
    "WHERE seen.connection = {table}.connection AND seen.native_id = {table}.native_id)"
)

BY_MEASURE = ("effect_line", "decision", "statement", "status_day", "plan_version", "dependency")
BY_ITEM = ("outbox", "inbox", "dirty_key")
OPEN = ("mapping_version", "rate", "sweep", "worker", "parking", "provisioned", "alembic_version")
"""Nothing of a measure stands in these."""

DOWN: LiteralString = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT tablename AS name, policyname FROM pg_policies
               WHERE schemaname = current_schema() AND policyname IN ('gatepost_reads', 'gatepost_works') LOOP
        EXECUTE format('DROP POLICY %I ON %I', one.policyname, one.name);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', one.name);
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reader') THEN
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM gatepost_reader', current_schema());
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM gatepost_reader', current_schema());
    END IF;
END $$;
ALTER TABLE measure DROP COLUMN owner_id, DROP COLUMN sponsor_id, DROP COLUMN controller_id;
DROP FUNCTION gatepost_protect(text, text);
DROP FUNCTION gatepost_apply_policies();
DROP FUNCTION gatepost_sees(text, text, text, text, text);
DROP FUNCTION gatepost_place_keys(text, text, text, text, text);
DROP FUNCTION gatepost_accounts();
DROP FUNCTION gatepost_scopes();
DROP FUNCTION gatepost_operates();
DROP FUNCTION gatepost_all();
DROP TABLE row_policy, failed_sign_in, api_token, web_session, role_rule, role_grant, person_account, person;
"""


def upgrade() -> None:
    _run(TABLES)
    _run(FUNCTIONS)
    _run(POLICIES)
    driver = op.get_bind().connection.driver_connection
    visible: dict[str, str | None] = {"measure": SEES_MEASURE, "work_item": OF_ITEM.format(table="work_item")}
    visible |= {table: OF_MEASURE.format(table=table) for table in BY_MEASURE}
    visible |= {table: f"(SELECT gatepost_operates()) OR {OF_ITEM.format(table=table)}" for table in BY_ITEM}
    visible["audit"] = "(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = audit.subject)"
    visible |= dict.fromkeys(OPEN)
    for table, when in visible.items():
        driver.execute("INSERT INTO row_policy VALUES (%s, %s)", (table, when))  # type: ignore[union-attr]
    _run("SELECT gatepost_apply_policies()")


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
