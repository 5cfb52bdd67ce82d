-- Names of people beside what is hashed (deploy/adr/0069): a row keeps, by account of the tool, the names that stand in
-- its text; its hash is made of the text with these replaced by the account.  So names can be taken away later, and the
-- hash stays that of the row.  connector/store/database/people_in_json.py does the same for decisions.

-- Accounts of which something is held that a tool gave, and when it was last reported to whoever runs the accounts.
CREATE TABLE held_account (
    connection   text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    account      text NOT NULL,
    -- When the tool last gave it.
    retrieved_at timestamptz NOT NULL,
    reported_at  timestamptz,
    due_at       timestamptz NOT NULL DEFAULT '-infinity',
    -- The account was closed, and what named it is erased.
    closed_at    timestamptz,
    PRIMARY KEY (connection, account)
);
CREATE INDEX held_account_due ON held_account (connection, due_at) WHERE closed_at IS NULL;
CREATE INDEX held_account_of ON held_account (account);

-- How far a connection's items were looked through for accounts, and why the last report failed.
CREATE TABLE account_report (
    connection    text PRIMARY KEY REFERENCES connection (name) ON DELETE CASCADE,
    scanned_at     timestamptz,
    reported_at   timestamptz,
    cycle_seconds integer CHECK (cycle_seconds > 0),
    problem       text,
    problem_since timestamptz
);

DO $make$ BEGIN EXECUTE format($sql$
    -- names: {account: [name, ...]}.  Longer names first, each set aside by a number until all are found, so that none is
    -- found inside another or in an account.  With one_account the others come back as they were.
    CREATE FUNCTION gatepost_text_without_names(value text, names jsonb, one_account text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE one record; found text := value; number integer := 0; accounts text[] := '{}'; kept text[] := '{}';
    BEGIN
        IF value IS NULL OR value = '' OR names = '{}' THEN
            RETURN value;
        END IF;
        FOR one IN
            SELECT held.key AS account, name FROM jsonb_each(names) AS held, jsonb_array_elements_text(held.value) AS name
            ORDER BY length(name) DESC, name COLLATE "C", held.key COLLATE "C"
        LOOP
            IF one.name = '' OR (length(one.name) < 3 AND value <> one.name) THEN
                CONTINUE;
            END IF;
            number := number + 1;
            accounts := accounts || one.account;
            kept := kept || one.name;
            found := replace(found, one.name, E'\x01' || number || E'\x02');
        END LOOP;
        FOR i IN 1 .. number LOOP
            found := replace(found, E'\x01' || i || E'\x02',
                CASE WHEN one_account IS NULL OR one_account = accounts[i] THEN 'account ' || accounts[i] ELSE kept[i] END);
        END LOOP;
        RETURN found;
    END $$;

    -- Values of these keys are words of the domain, by which something is decided: never a name.
    CREATE FUNCTION gatepost_without_names(value jsonb, names jsonb, one_account text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF names = '{}' THEN
            RETURN value;
        END IF;
        RETURN CASE jsonb_typeof(value)
            WHEN 'string' THEN to_jsonb(%1$I.gatepost_text_without_names(value #>> '{}', names, one_account))
            WHEN 'array' THEN (
                SELECT coalesce(jsonb_agg(%1$I.gatepost_without_names(part, names, one_account) ORDER BY place), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY AS parts (part, place))
            WHEN 'object' THEN (
                SELECT coalesce(jsonb_object_agg(key, CASE
                    WHEN key = 'identities' AND CASE WHEN one_account IS NULL THEN names ? coalesce(value ->> 'id', '')
                                                     ELSE one_account = value ->> 'id' END THEN '[]'::jsonb
                    WHEN key IN ('id', 'gate', 'stage', 'verb', 'kind', 'code', 'colour', 'role', 'origin', 'status',
                                 'connection', 'key', 'currency', 'version', 'digest') THEN part
                    ELSE %1$I.gatepost_without_names(part, names, one_account) END), '{}')
                FROM jsonb_each(value) AS parts (key, part))
            ELSE value END;
    END $$;
$sql$, current_schema()); END $make$;
