-- What takes no UPDATE, DELETE or TRUNCATE from anybody: a trigger refuses it, and the role that the application works
-- as has no right to it in the first place (application_role.sql).

CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE callers text;
BEGIN
    -- Names of a closed account may go, by that function alone; by who calls, because a setting anybody could set.
    GET DIAGNOSTICS callers = PG_CONTEXT;
    IF TG_OP = 'UPDATE' AND callers ~ 'gatepost_erase_account\(text,text\)' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are written once: % is not possible', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON command FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON command FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON plan_version FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON plan_version FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON submitted_command FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON submitted_command
    FOR EACH STATEMENT EXECUTE FUNCTION written_once();

-- What was known goes by its retention alone, and only when it is old.
DO $$
DECLARE one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['verdict_version', 'effects_version', 'figures_version', 'figures_settings_version',
                             'group_version', 'curve_version'] LOOP
        EXECUTE format(
            'CREATE TRIGGER written_once BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION written_once()', one);
        EXECUTE format(
            'CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION written_once()',
            one);
        EXECUTE format(
            'CREATE TRIGGER kept BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION kept_for_400_days()', one);
    END LOOP;
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON month_close_step FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON month_close_step FOR EACH STATEMENT EXECUTE FUNCTION written_once();

-- A file that nobody has confirmed goes; one that an import names cannot.
CREATE TRIGGER written_once BEFORE UPDATE ON money_file FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON money_statement FOR EACH ROW EXECUTE FUNCTION written_once();

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON budget_lock_step FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON budget_lock_step FOR EACH STATEMENT EXECUTE FUNCTION written_once();
