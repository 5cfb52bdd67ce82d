-- The bodies of events, in one partition for each day, so that old ones go by dropping a partition.
--
-- Partitions are made after the application's role has its rights: it reaches them through the table alone.

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

DO $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    one   date;
BEGIN
    FOR n IN 0..7 LOOP
        one := today + n;
        EXECUTE format('CREATE TABLE %I PARTITION OF inbox_body FOR VALUES FROM (%L) TO (%L)',
                       'inbox_body_' || to_char(one, 'YYYYMMDD'), one || ' 00:00:00+00', one + 1 || ' 00:00:00+00');
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, DELETE ON inbox_body TO gatepost_app;
    END IF;
END $$;
