-- The audit is a chain: each row holds the hash of the one before, set by the database itself, so that a row that was
-- changed or removed breaks it (gatepost audit verify).

CREATE TABLE audit (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT now(),
    actor           text NOT NULL,
    action          text NOT NULL,
    subject         text NOT NULL,
    detail          jsonb NOT NULL DEFAULT '{}',
    seq             bigint NOT NULL CONSTRAINT audit_seq UNIQUE,
    mapping_version integer,
    policy_version  text,
    prev_hash       text NOT NULL,
    hash            text NOT NULL,
    -- By account of the tool, the names in actor and detail; the hash is made without them (personal_data.sql).
    names           jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_of_subject ON audit (subject, id);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action text_pattern_ops, seq);
CREATE INDEX audit_at ON audit (at);

-- The end of the chain.
CREATE TABLE audit_head (
    singleton boolean DEFAULT true PRIMARY KEY CHECK (singleton),
    seq       bigint NOT NULL,
    hash      text NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, '');

-- Where its end was last kept outside of this database (connector/runtime/audit_anchoring.py).  Only a hint: what counts
-- is what is kept there.
CREATE TABLE audit_anchor (
    sink        text PRIMARY KEY,
    number      bigint NOT NULL DEFAULT 0,
    seq         bigint NOT NULL DEFAULT 0,
    anchored_at timestamptz,
    tried_at    timestamptz,
    problem     text,
    detail      text NOT NULL DEFAULT '',
    since       timestamptz NOT NULL
);

-- Names are qualified and the search path is fixed, with the session's temporary tables last: whoever inserts cannot put
-- a table or a function of their own in the place of these.
DO $make$ BEGIN EXECUTE format($sql$
    CREATE FUNCTION audit_text(a %1$I.audit) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT pg_catalog.jsonb_build_array(
            a.seq, a.prev_hash, pg_catalog.to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            %1$I.gatepost_text_without_names(a.actor, a.names), a.action, a.subject,
            %1$I.gatepost_without_names(a.detail, a.names), a.mapping_version, a.policy_version)::text
    $$;

    CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, %1$I, pg_temp AS $$
    DECLARE head %1$I.audit_head%%ROWTYPE;
    BEGIN
        -- The lock on the head orders all writers; it is held until their commit, so the chain has no gap.
        SELECT * INTO STRICT head FROM %1$I.audit_head FOR UPDATE;
        NEW.seq := head.seq + 1;
        NEW.prev_hash := head.hash;
        NEW.hash := pg_catalog.encode(
            pg_catalog.sha256(pg_catalog.convert_to(%1$I.audit_text(NEW), 'UTF8')), 'hex');
        UPDATE %1$I.audit_head SET seq = NEW.seq, hash = NEW.hash;
        RETURN NEW;
    END $$;
$sql$, current_schema()); END $make$;

CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
