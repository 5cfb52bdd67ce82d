-- Rows that a reader sees only where a role reaches.
--
-- Pages, API and exports read as the role gatepost_reader.  Settings of the transaction decide which rows it sees
-- (connector/store/database/row_level_access.py makes them), and policies of the database hold it, whatever a query leaves out:
--
--     gatepost.all        "on" for a reader who sees every measure
--     gatepost.operates   "on" for a reader who sees the flow of work as well
--     gatepost.scopes     JSON list of the places and legal entities that a reader sees, as gatepost_place_keys writes
--                         them
--     gatepost.accounts   JSON list of the reader's own accounts in the tools: who holds a role of a measure sees it

CREATE FUNCTION gatepost_sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
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
        E'\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\x1e',
        coalesce(portfolio, '') || E'\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1e',
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1f' || coalesce(project, '') || E'\x1e',
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1f' || coalesce(project, '')
            || E'\x1e' || legal_entity,
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1f' || coalesce(project, '')
            || E'\x1f' || coalesce(package, '') || E'\x1e',
        coalesce(portfolio, '') || E'\x1f' || coalesce(program, '') || E'\x1f' || coalesce(project, '')
            || E'\x1f' || coalesce(package, '') || E'\x1e' || legal_entity
    ]
$$;

CREATE FUNCTION gatepost_sees(portfolio text, program text, project text, package text, legal_entity text)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('gatepost.all', true) = 'on', false)
        OR coalesce(nullif(current_setting('gatepost.scopes', true), '')::jsonb
                    ?| gatepost_place_keys(portfolio, program, project, package, legal_entity), false)
$$;

-- The policies stand in a table, so that they can also be made later, when a database administrator has made the roles
-- that the login itself may not make: gatepost db upgrade calls gatepost_apply_policies() then.
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
        -- The same for the role that the application works as, where there is one.
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
    GRANT SELECT (name, tool, base_url, paused_at, paused_until, paused_reason, deployment, auth, expires_at,
                  webhook_auth)
        ON connection TO gatepost_reader;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE
            ON person, person_account, role_grant, role_rule, web_session, api_token, failed_sign_in,
               access_change, counted_event TO gatepost_app;
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
