-- The bodies of events, in one partition for each day, so that old ones go by dropping a partition.
--
-- Partitions belong to the owner of the schema.  The application reaches them through the table alone; of what only an
-- owner can do it may ask for two things, each about one day: its partition is made, or dropped.

CREATE TABLE inbox_body (
    inbox_id    bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    body        bytea NOT NULL
) PARTITION BY RANGE (received_at);
-- What comes is packed already: see connector/store/queue/event_bodies.py.
ALTER TABLE inbox_body ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX inbox_body_of ON inbox_body (inbox_id);
-- Takes what comes on a day without a partition; a plain index finds it there by age.
CREATE TABLE inbox_body_default PARTITION OF inbox_body DEFAULT;
CREATE INDEX inbox_body_default_received ON inbox_body_default (received_at);

DO $make$ BEGIN EXECUTE format($sql$
    -- False when the default partition holds bodies of that day already.  The partition is made as a table of its own and
    -- attached, which lets events in meanwhile; CREATE TABLE ... PARTITION OF would shut the table.
    CREATE FUNCTION gatepost_create_body_partition(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, %1$I, pg_temp AS $$
    DECLARE
        name   text := 'inbox_body_' || pg_catalog.to_char(day, 'YYYYMMDD');
        first  text := pg_catalog.to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
        beyond text := pg_catalog.to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
    BEGIN
        IF day IS NULL OR day NOT BETWEEN pg_catalog.now()::date - 3700 AND pg_catalog.now()::date + 400 THEN
            RAISE EXCEPTION 'no event is of %%', day USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF EXISTS (SELECT 1 FROM %1$I.inbox_body_default
                   WHERE received_at >= first::timestamptz AND received_at < beyond::timestamptz) THEN
            RETURN false;
        END IF;
        -- With the same bounds as a constraint nobody has to scan the new table when it is attached.
        EXECUTE pg_catalog.format(
            'CREATE TABLE %1$I.%%1$I (LIKE %1$I.inbox_body INCLUDING ALL, '
            'CONSTRAINT %%2$I CHECK (received_at >= %%3$L AND received_at < %%4$L))', name, name || '_day', first, beyond);
        EXECUTE pg_catalog.format(
            'ALTER TABLE %1$I.inbox_body ATTACH PARTITION %1$I.%%1$I FOR VALUES FROM (%%2$L) TO (%%3$L)',
            name, first, beyond);
        EXECUTE pg_catalog.format('ALTER TABLE %1$I.%%1$I DROP CONSTRAINT %%2$I', name, name || '_day');
        RETURN true;
    END $$;

    -- Drops the partition of a day with all that is in it.
    CREATE FUNCTION gatepost_drop_body_partition(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, %1$I, pg_temp AS $$
    DECLARE name text := 'inbox_body_' || pg_catalog.to_char(day, 'YYYYMMDD');
    BEGIN
        IF name IS NULL OR NOT EXISTS (
            SELECT 1 FROM pg_catalog.pg_inherits
            WHERE inhparent = '%1$I.inbox_body'::regclass
              AND inhrelid = pg_catalog.to_regclass(pg_catalog.format('%1$I.%%I', name))
        ) THEN
            RAISE EXCEPTION '%% has no partition', day USING ERRCODE = 'undefined_table';
        END IF;
        EXECUTE pg_catalog.format('DROP TABLE %1$I.%%I', name);
    END $$;
$sql$, current_schema()); END $make$;

DO $$ BEGIN
    FOR n IN 0..7 LOOP
        PERFORM gatepost_create_body_partition((now() AT TIME ZONE 'UTC')::date + n);
    END LOOP;
END $$;
