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

-- A login that reads the views of reporting by itself (report_login) has no say in what it sees: whatever it sets, its
-- person's roles count.  Only what may work as gatepost_reader, as Gatepost's own processes may, is taken at its word.
CREATE FUNCTION gatepost_is_reader() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reader' AND pg_has_role(session_user, oid, 'MEMBER'))
$$;

DO $make$ BEGIN EXECUTE format($sql$
    -- What the person of this session's login sees, as the settings above say it; nothing for a login of nobody.
    CREATE FUNCTION gatepost_report_viewer(OUT sees_all boolean, OUT scopes jsonb, OUT accounts jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $$
        SELECT coalesce(bool_or(g.hierarchy = '{}' AND g.legal_entity IS NULL), false),
               jsonb_agg(array_to_string(g.hierarchy, E'\x1f') || E'\x1e' || coalesce(g.legal_entity, ''))
                   FILTER (WHERE g.id IS NOT NULL),
               (SELECT jsonb_agg(a.connection || E'\x1e' || a.account) FROM %1$I.person_account AS a
                WHERE a.person_id = min(p.id))
        FROM %1$I.report_login AS l
        JOIN %1$I.person AS p ON p.id = l.person_id AND p.active
        -- As connector.people.permissions.ROLES_WITHOUT_MEASURES says.
        LEFT JOIN %1$I.role_grant AS g ON g.person_id = p.id AND g.role <> 'operator'
        WHERE l.login = session_user
    $$;
$sql$, current_schema()); END $make$;

CREATE FUNCTION gatepost_sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN gatepost_is_reader() THEN coalesce(current_setting('gatepost.all', true) = 'on', false)
                ELSE (SELECT sees_all FROM gatepost_report_viewer()) END
$$;

CREATE FUNCTION gatepost_operates() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT gatepost_is_reader() AND coalesce(current_setting('gatepost.operates', true) = 'on', false)
$$;

CREATE FUNCTION gatepost_scopes() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN gatepost_is_reader() THEN nullif(current_setting('gatepost.scopes', true), '')::jsonb
                ELSE (SELECT scopes FROM gatepost_report_viewer()) END
$$;

CREATE FUNCTION gatepost_accounts() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN gatepost_is_reader() THEN nullif(current_setting('gatepost.accounts', true), '')::jsonb
                ELSE (SELECT accounts FROM gatepost_report_viewer()) END
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
    PERFORM gatepost_apply_rights();
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
        -- Pages, API and exports of the processes read as this role.
        IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
            GRANT gatepost_reader TO gatepost_app;
        END IF;
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN NULL;
    END;
    BEGIN
        -- Those of a login that is everything at once as well.
        EXECUTE format('GRANT gatepost_reader TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN NULL;
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
    PERFORM gatepost_apply_reporting();
    RETURN true;
END $$;

-- Lets readers see the rows of a table for which `visible` holds; without it, all of them.
CREATE FUNCTION gatepost_protect(table_name text, visible_when text) RETURNS boolean LANGUAGE sql AS $$
    INSERT INTO row_policy (name, visible) VALUES (table_name, visible_when)
    ON CONFLICT (name) DO UPDATE SET visible = excluded.visible;
    SELECT gatepost_apply_policies();
$$;
