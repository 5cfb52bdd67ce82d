"""The complete domain: standing, statements, locked plans, history by day, rates, and an audit that cannot be changed.

The audit is a chain: each row holds the hash of the one before, set by the database itself, so that a row that was
changed or removed breaks it (``gatepost audit verify``).  Rows of the audit, decisions, statements and plans take no
UPDATE, DELETE or TRUNCATE from anybody: a trigger refuses it, and the role that the application works as
(``gatepost_app``) has no right to it in the first place.

Revision ID: 0003
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES: LiteralString = """
ALTER TABLE measure
    ADD COLUMN standing      jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN look_again_at timestamptz,
    ADD COLUMN baseline_id   text,
    ADD COLUMN born_at       timestamptz,
    ADD COLUMN explanation   text NOT NULL DEFAULT '',
    ADD COLUMN findings      jsonb NOT NULL DEFAULT '[]';
UPDATE measure SET standing = jsonb_build_object('stage', stage, 'blockers_since', blockers_since);
ALTER TABLE measure DROP COLUMN blockers_since;
CREATE INDEX measure_look_again ON measure (look_again_at) WHERE unmapped_since IS NULL;
CREATE INDEX measure_baseline ON measure (baseline_id) WHERE baseline_id IS NOT NULL;

ALTER TABLE effect_line
    ADD COLUMN account text NOT NULL DEFAULT 'ebitda',
    ADD COLUMN hard    boolean NOT NULL DEFAULT true;
ALTER TABLE effect_line DROP CONSTRAINT effect_line_pkey;
ALTER TABLE effect_line ADD PRIMARY KEY (measure_id, version, kind, month, currency, account, hard);

ALTER TABLE outbox ADD COLUMN answer jsonb;
ALTER TABLE decision ADD COLUMN digest text NOT NULL DEFAULT '';

CREATE TABLE statement (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id text NOT NULL REFERENCES measure (id),
    source     text NOT NULL,
    verb       text NOT NULL,
    person     text NOT NULL,
    said_at    timestamptz NOT NULL,
    heard_at   timestamptz NOT NULL,
    accepted   boolean NOT NULL,
    role       text,
    content    jsonb NOT NULL
);
CREATE INDEX statement_of_measure ON statement (measure_id, source, id);

CREATE TABLE plan_version (
    measure_id  text NOT NULL REFERENCES measure (id),
    number      integer NOT NULL,
    locked_at   timestamptz NOT NULL,
    reason      text NOT NULL,
    approved_by jsonb NOT NULL,
    lines       jsonb NOT NULL,
    PRIMARY KEY (measure_id, number)
);

CREATE TABLE status_day (
    measure_id     text NOT NULL REFERENCES measure (id),
    day            date NOT NULL,
    stage          text,
    gate           text NOT NULL,
    implementation text NOT NULL,
    potential      text NOT NULL,
    reasons        jsonb NOT NULL,
    plan_net       numeric,
    forecast_net   numeric,
    actual_net     numeric,
    currency       text,
    PRIMARY KEY (measure_id, day)
);

CREATE TABLE dependency (
    measure_id    text NOT NULL REFERENCES measure (id),
    on_connection text NOT NULL,
    on_name       text NOT NULL,
    PRIMARY KEY (measure_id, on_connection, on_name)
);
CREATE INDEX dependency_on ON dependency (on_connection, on_name);

CREATE TABLE rate (
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    "to"     text NOT NULL CHECK ("to" ~ '^[A-Z]{3}$'),
    since    date NOT NULL,
    factor   numeric NOT NULL CHECK (factor > 0),
    source   text NOT NULL,
    PRIMARY KEY (currency, "to", since)
);
"""

CHAIN: LiteralString = """
CREATE TABLE audit_head (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq  bigint NOT NULL,
    hash text NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, '');

ALTER TABLE audit
    ADD COLUMN seq             bigint,
    ADD COLUMN mapping_version integer,
    ADD COLUMN policy_version  text,
    ADD COLUMN prev_hash       text,
    ADD COLUMN hash            text;

CREATE FUNCTION audit_text(a audit) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(a.seq, a.prev_hash, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                             a.actor, a.action, a.subject, a.detail, a.mapping_version, a.policy_version)::text
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE head audit_head%ROWTYPE;
BEGIN
    -- The lock on the head orders all writers; it is held until their commit, so the chain has no gap.
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.prev_hash := head.hash;
    NEW.hash := encode(sha256(convert_to(audit_text(NEW), 'UTF8')), 'hex');
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash;
    RETURN NEW;
END $$;

DO $$
DECLARE
    entry audit%ROWTYPE;
    last_seq bigint := 0;
    last_hash text := '';
BEGIN
    FOR entry IN SELECT * FROM audit ORDER BY id LOOP
        last_seq := last_seq + 1;
        entry.seq := last_seq;
        entry.prev_hash := last_hash;
        last_hash := encode(sha256(convert_to(audit_text(entry), 'UTF8')), 'hex');
        UPDATE audit SET seq = last_seq, prev_hash = entry.prev_hash, hash = last_hash WHERE id = entry.id;
    END LOOP;
    UPDATE audit_head SET seq = last_seq, hash = last_hash;
END $$;

ALTER TABLE audit
    ALTER COLUMN seq SET NOT NULL,
    ALTER COLUMN prev_hash SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL,
    ADD CONSTRAINT audit_seq UNIQUE (seq);
CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are written once: % is not possible', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

ONCE: tuple[LiteralString, ...] = ("audit", "decision", "statement", "plan_version")

ROLE: LiteralString = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        BEGIN
            CREATE ROLE gatepost_app NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            -- A login that may not make roles: the triggers protect the rows all the same, and
            -- `gatepost audit verify` says what the database administrator has to do.
            WHEN insufficient_privilege THEN RETURN;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'gatepost_app', 'MEMBER') THEN
        BEGIN
            EXECUTE format('GRANT gatepost_app TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN RETURN;
        END;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gatepost_app', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO gatepost_app', current_schema());
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    REVOKE UPDATE, DELETE, TRUNCATE ON audit, decision, statement, plan_version FROM gatepost_app;
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_head FROM gatepost_app;
END $$;
"""

DOWN: LiteralString = """
DROP TRIGGER audit_chain ON audit;
DROP FUNCTION audit_chain();
DROP FUNCTION audit_text(audit);
DROP TABLE audit_head, rate, dependency, status_day, plan_version, statement;
ALTER TABLE audit DROP COLUMN seq, DROP COLUMN mapping_version, DROP COLUMN policy_version,
    DROP COLUMN prev_hash, DROP COLUMN hash;
ALTER TABLE decision DROP COLUMN digest;
ALTER TABLE outbox DROP COLUMN answer;
DELETE FROM effect_line WHERE account <> 'ebitda' OR NOT hard;
ALTER TABLE effect_line DROP CONSTRAINT effect_line_pkey;
ALTER TABLE effect_line DROP COLUMN account, DROP COLUMN hard;
ALTER TABLE effect_line ADD PRIMARY KEY (measure_id, version, kind, month, currency);
ALTER TABLE measure ADD COLUMN blockers_since jsonb NOT NULL DEFAULT '{}';
UPDATE measure SET blockers_since = coalesce(standing -> 'blockers_since', '{}');
ALTER TABLE measure DROP COLUMN standing, DROP COLUMN look_again_at, DROP COLUMN baseline_id, DROP COLUMN born_at,
    DROP COLUMN explanation, DROP COLUMN findings;
"""


def upgrade() -> None:
    _run(TABLES)
    _run(CHAIN)
    for table in ONCE:
        _run(f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
             "FOR EACH ROW EXECUTE FUNCTION written_once()")  # fmt: skip
        _run(f"CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON {table} "
             "FOR EACH STATEMENT EXECUTE FUNCTION written_once()")  # fmt: skip
    _run(ROLE)


def downgrade() -> None:
    """Takes the protection off first; whoever does this is the schema's owner and says so in its own log."""
    for table in ONCE:
        _run(f"DROP TRIGGER written_once ON {table}; DROP TRIGGER written_once_whole ON {table}")
    _run("DROP FUNCTION written_once()")
    _run(DOWN)


def _run(script: LiteralString) -> None:
    # Several statements in one string, with percent signs in them: psycopg takes such a script only
    # without parameters, and SQLAlchemy always passes some.
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
