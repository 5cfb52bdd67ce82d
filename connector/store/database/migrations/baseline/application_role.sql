-- The role that the application works as (connector/store/database/engine.py), and its rights to every table before this.

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
    REVOKE UPDATE, DELETE ON audit, decision, command, plan_version, submitted_command FROM gatepost_app;
    REVOKE INSERT, UPDATE, DELETE ON audit_head, schema_compatibility FROM gatepost_app;
END $$;
