-- What was known of measures, and since when: the answers to "as known on a day".
--
-- Rows are added and never changed; each holds good until the next one of its measure.  Facts and verdicts are JSON, so
-- that another condition needs no other table, and what was known stays as it was stored.  Figures are columns: a page of
-- a past day adds up those of every measure, and unpacking the JSON of each took it longer than a page may take.

CREATE TABLE verdict_version (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id      text NOT NULL REFERENCES measure (id),
    known_from      timestamptz NOT NULL,
    -- Key, title, place, people, stage, gate, lights: the short columns of the measure.
    record          jsonb NOT NULL,
    facts           jsonb NOT NULL,
    verdict         jsonb NOT NULL,
    findings        jsonb NOT NULL,
    measure_state   jsonb NOT NULL,
    explanation     text NOT NULL,
    effects_digest  text NOT NULL,
    mapping_version integer NOT NULL REFERENCES mapping_version (number),
    policy_version  text NOT NULL,
    -- Why no rule took the item any more; NULL while it was a measure.
    removed_reason  text,
    -- Mapped fields that were changed since the reading before, what they feed, and who changed them by the tool's record.
    edits           jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX verdict_version_of ON verdict_version (measure_id, known_from DESC, id DESC);
CREATE INDEX verdict_version_age ON verdict_version USING brin (known_from);

-- The effect lines of a verdict, once for all versions that rest on the same ones.
CREATE TABLE effects_version (
    measure_id text NOT NULL REFERENCES measure (id),
    digest     text NOT NULL,
    known_from timestamptz NOT NULL,
    lines      jsonb NOT NULL,
    PRIMARY KEY (measure_id, digest)
);

-- A row of measure_figures as it was.  The groups are found by place and status, and so are no facts of their own.
CREATE TABLE figures_version (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    known_from timestamptz NOT NULL,
    -- The measure left the figures; the row repeats its last ones, which hold good no longer.
    has_left   boolean NOT NULL DEFAULT false,
    LIKE measure_figures
);
ALTER TABLE figures_version DROP COLUMN group_id, DROP COLUMN curve_id;
CREATE INDEX figures_version_of ON figures_version (measure_id, known_from DESC, id DESC);
CREATE INDEX figures_version_age ON figures_version USING brin (known_from);

-- A row of rollup_group as it was, so that a past day's sums are added up of groups as today's are.
CREATE TABLE group_version (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    known_from timestamptz NOT NULL,
    -- No measure is in the group any more; the row repeats its last sums, which hold good no longer.
    has_left   boolean NOT NULL DEFAULT false,
    LIKE rollup_group
);
CREATE INDEX group_version_of ON group_version (group_id, known_from DESC, id DESC);
CREATE INDEX group_version_age ON group_version USING brin (known_from);

-- The months of a place's curve as they were (rollup_curve); NULL when no measure of the place was in it any more.
CREATE TABLE curve_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    curve_id     uuid NOT NULL,
    known_from   timestamptz NOT NULL,
    portfolio    text NOT NULL,
    program      text NOT NULL,
    legal_entity text NOT NULL,
    months       jsonb
);
CREATE INDEX curve_version_of ON curve_version (curve_id, known_from DESC, id DESC);
CREATE INDEX curve_version_age ON curve_version USING brin (known_from);

-- Currency and fiscal year of the figures from a moment on.
CREATE TABLE figures_settings_version (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    known_from        timestamptz NOT NULL,
    currency          text NOT NULL,
    first_month       date NOT NULL,
    year_named_by     text NOT NULL,
    closed_month      date NOT NULL,
    committed_from    text NOT NULL,
    rate_age_days     integer NOT NULL
);

DO $make$ BEGIN EXECUTE format($sql$
    -- Takes away versions that were superseded before a moment, at most so many of each kind; returns how many.  The
    -- one that held good at that moment stays, so that every later question has its answer.  Nothing of the last 400
    -- days goes, whoever asks.
    CREATE FUNCTION gatepost_forget_versions(before timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $$
    DECLARE gone bigint; more bigint;
    BEGIN
        IF before IS NULL OR before > pg_catalog.now() - interval '400 days' THEN
            RAISE EXCEPTION 'what was known since %% is kept', before USING ERRCODE = 'invalid_parameter_value';
        END IF;
        DELETE FROM %1$I.verdict_version WHERE id = ANY (ARRAY(
            SELECT old.id FROM %1$I.verdict_version AS old WHERE old.known_from < before AND EXISTS (
                SELECT 1 FROM %1$I.verdict_version AS next WHERE next.measure_id = old.measure_id
                    AND (next.known_from, next.id) > (old.known_from, old.id) AND next.known_from <= before)
            LIMIT most));
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone > 0 THEN
            DELETE FROM %1$I.effects_version AS old WHERE old.known_from < before AND NOT EXISTS (
                SELECT 1 FROM %1$I.verdict_version AS kept
                WHERE kept.measure_id = old.measure_id AND kept.effects_digest = old.digest);
        END IF;
        DELETE FROM %1$I.figures_version WHERE id = ANY (ARRAY(
            SELECT old.id FROM %1$I.figures_version AS old WHERE old.known_from < before AND EXISTS (
                SELECT 1 FROM %1$I.figures_version AS next WHERE next.measure_id = old.measure_id
                    AND (next.known_from, next.id) > (old.known_from, old.id) AND next.known_from <= before)
            LIMIT most));
        GET DIAGNOSTICS more = ROW_COUNT;
        gone := gone + more;
        DELETE FROM %1$I.group_version WHERE id = ANY (ARRAY(
            SELECT old.id FROM %1$I.group_version AS old WHERE old.known_from < before AND EXISTS (
                SELECT 1 FROM %1$I.group_version AS next WHERE next.group_id = old.group_id
                    AND (next.known_from, next.id) > (old.known_from, old.id) AND next.known_from <= before)
            LIMIT most));
        GET DIAGNOSTICS more = ROW_COUNT;
        gone := gone + more;
        DELETE FROM %1$I.curve_version WHERE id = ANY (ARRAY(
            SELECT old.id FROM %1$I.curve_version AS old WHERE old.known_from < before AND EXISTS (
                SELECT 1 FROM %1$I.curve_version AS next WHERE next.curve_id = old.curve_id
                    AND (next.known_from, next.id) > (old.known_from, old.id) AND next.known_from <= before)
            LIMIT most));
        GET DIAGNOSTICS more = ROW_COUNT;
        RETURN gone + more;
    END $$;
$sql$, current_schema()); END $make$;

-- Also the owner of the schema takes away nothing that is younger.
CREATE FUNCTION kept_for_400_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.known_from > now() - interval '400 days' THEN
        RAISE EXCEPTION 'rows of % are kept for 400 days: % is not possible', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
