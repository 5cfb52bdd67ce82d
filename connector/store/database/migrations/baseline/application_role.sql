-- The role that the processes log in as or work as (connector/store/database/engine.py), and all that it may do.
--
-- gatepost db upgrade calls the function again: after a migration, for a role that a database administrator has made
-- later, and for a database that was restored without its rights.  A migration that adds a table which is written once,
-- or which the application may not write, replaces the function.

CREATE FUNCTION gatepost_apply_rights() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        BEGIN
            CREATE ROLE gatepost_app NOLOGIN NOINHERIT;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            -- A login that may not make roles: the triggers protect the rows all the same, and gatepost doctor says
            -- what the database administrator has to do.
            WHEN insufficient_privilege THEN RETURN false;
        END;
    END IF;
    BEGIN
        -- Whoever has one login only works as this role.  Since PostgreSQL 16 having made it is not enough for that.
        EXECUTE format('GRANT gatepost_app TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN NULL;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gatepost_app', current_schema());
    -- Not the partitions: they are reached through their table, with its policies.
    FOR one IN
        SELECT c.relname AS name, c.relkind = 'S' AS counts,
               CASE
                   -- Its texts are run as the owner of the schema.
                   WHEN c.relname = 'row_policy' THEN NULL
                   WHEN c.relname IN ('alembic_version', 'audit_head', 'schema_compatibility') THEN 'SELECT'
                   WHEN c.relname IN ('audit', 'budget_lock_step', 'command', 'decision', 'ledger_entry',
                                      'money_profile', 'money_statement',
                                      'month_close_step', 'plan_version',
                                      'submitted_command', 'verdict_version', 'effects_version', 'figures_version',
                                      'figures_settings_version', 'group_version', 'curve_version')
                       THEN 'SELECT, INSERT'
                   WHEN c.relname = 'inbox_body' THEN 'SELECT, INSERT, DELETE'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE'
               END AS rights
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition
          AND pg_has_role(c.relowner, 'USAGE')
    LOOP
        IF one.counts THEN
            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO gatepost_app', one.name);
            CONTINUE;
        END IF;
        EXECUTE format('REVOKE ALL ON %I FROM gatepost_app, PUBLIC', one.name);
        IF one.rights IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %I TO gatepost_app', one.rights, one.name);
        END IF;
    END LOOP;
    REVOKE EXECUTE ON FUNCTION gatepost_apply_rights(), gatepost_apply_policies(), gatepost_protect(text, text),
        gatepost_create_body_partition(date), gatepost_drop_body_partition(date),
        gatepost_forget_versions(timestamptz, integer), gatepost_erase_account(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION gatepost_create_body_partition(date), gatepost_drop_body_partition(date),
        gatepost_forget_versions(timestamptz, integer), gatepost_erase_account(text, text) TO gatepost_app;
    BEGIN
        -- Nobody but the owners makes anything that could stand in the place of a table or a function of ours.
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, gatepost_app', current_schema());
        EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, gatepost_app', current_database());
    -- Neither schema nor database is this login's: gatepost doctor says what is left open.
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
    RETURN true;
END $$;
