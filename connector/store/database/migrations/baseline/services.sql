-- Services: what they are, what was measured of them, and what they cost; and objectives with their key results.

-- Names that people put into one field, in lower case: parted by commas, semicolons or lines.
CREATE FUNCTION gatepost_names(given jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT lower(btrim(name))) FILTER (WHERE btrim(name) <> ''), '{}')
    FROM regexp_split_to_table(CASE jsonb_typeof(given) WHEN 'string' THEN given #>> '{}' ELSE '' END, E'[,;\n]') AS name
$$;

-- The keys of an object.
CREATE FUNCTION gatepost_keys(given jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(key), '{}')
    FROM jsonb_object_keys(CASE jsonb_typeof(given) WHEN 'object' THEN given ELSE '{}' END) AS key
$$;

-- A number that a fact holds; NULL for one that is empty or unknown.
CREATE FUNCTION gatepost_number(given jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN given #>> '{}' ~ '^-?[0-9]{1,15}(\.[0-9]+)?$' THEN (given #>> '{}')::numeric END
$$;

-- A text that a fact holds; NULL for one that is empty or unknown.
CREATE FUNCTION gatepost_text(given jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(given) WHEN 'string' THEN given #>> '{}' END
$$;

-- Which services and objectives a measure names, and for which tickets it waits.
ALTER TABLE measure
    ADD COLUMN waiting_for text[] GENERATED ALWAYS AS (gatepost_keys(measure_state -> 'waiting_since')) STORED,
    ADD COLUMN planned_people numeric GENERATED ALWAYS AS (gatepost_number(facts -> 'planned_people')) STORED,
    -- Beside it who they are and when they are needed, so that nobody unpacks the facts of every measure for it.
    ADD COLUMN planned_team text GENERATED ALWAYS AS (gatepost_text(facts -> 'planned_team')) STORED,
    ADD COLUMN work_begins text GENERATED ALWAYS AS (gatepost_text(facts -> 'start')) STORED,
    ADD COLUMN work_ends text GENERATED ALWAYS AS (gatepost_text(facts -> 'end')) STORED,
    ADD COLUMN off_ramp text GENERATED ALWAYS AS (measure_state #>> '{off_ramp,kind}') STORED,
    -- Tickets that it waits for or waited for.
    ADD COLUMN tickets_seen integer GENERATED ALWAYS AS
        (cardinality(gatepost_keys(measure_state -> 'highest_priorities'))) STORED,
    ADD COLUMN service_names text[] GENERATED ALWAYS AS (gatepost_names(facts -> 'services')) STORED,
    ADD COLUMN objective_names text[] GENERATED ALWAYS AS (gatepost_names(facts -> 'objective')) STORED;
CREATE INDEX measure_service_names ON measure USING gin (service_names);
CREATE INDEX measure_planned_people ON measure (id) WHERE planned_people > 0;
CREATE INDEX measure_waiting_for ON measure USING gin (waiting_for);
-- What was booked from an item: hours, or a field as it was seen.
-- A column of its own: under row-level security no index on an expression is used.
ALTER TABLE ledger_entry ADD COLUMN item text GENERATED ALWAYS AS (source ->> 'item') STORED;
CREATE INDEX ledger_entry_from_item ON ledger_entry (item) WHERE item IS NOT NULL;
-- Logged hours, which are few among all that is booked in a month.
CREATE INDEX ledger_entry_of_hours ON ledger_entry (month)
    WHERE version = 'actual' AND source ->> 'kind' = 'worklog';
CREATE INDEX measure_objective_names ON measure USING gin (objective_names);

-- The same names as rows, of measures that have not left: readers find them here, because under row-level security
-- PostgreSQL looks into no index on an array.
CREATE TABLE measure_name (
    kind       text NOT NULL CHECK (kind IN ('ticket', 'service', 'objective')),
    name       text NOT NULL,
    measure_id text NOT NULL REFERENCES measure (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, name, measure_id)
);
CREATE INDEX measure_name_of ON measure_name (measure_id);

CREATE FUNCTION measure_name_of_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM measure_name WHERE measure_id = NEW.id;
    END IF;
    IF NEW.unmapped_since IS NULL THEN
        INSERT INTO measure_name (kind, name, measure_id)
        SELECT 'ticket', name, NEW.id FROM unnest(NEW.waiting_for) AS name
        UNION SELECT 'service', name, NEW.id FROM unnest(NEW.service_names) AS name
        UNION SELECT 'objective', name, NEW.id FROM unnest(NEW.objective_names) AS name;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER measure_name_of_measure AFTER INSERT ON measure FOR EACH ROW
    WHEN (NEW.waiting_for <> '{}' OR NEW.service_names <> '{}' OR NEW.objective_names <> '{}')
    EXECUTE FUNCTION measure_name_of_measure();
CREATE TRIGGER measure_name_of_changed_measure AFTER UPDATE ON measure FOR EACH ROW WHEN (
    (OLD.waiting_for, OLD.service_names, OLD.objective_names, OLD.unmapped_since)
        IS DISTINCT FROM (NEW.waiting_for, NEW.service_names, NEW.objective_names, NEW.unmapped_since)
) EXECUTE FUNCTION measure_name_of_measure();

CREATE TABLE service (
    key           text PRIMARY KEY,
    name          text NOT NULL,
    owner         text NOT NULL DEFAULT '',
    business_unit text NOT NULL DEFAULT '',
    portfolio     text,
    program       text,
    legal_entity  text,
    -- governance.service.ServiceDefinition
    definition    jsonb NOT NULL,
    objective     text NOT NULL DEFAULT '',
    -- Empty for the mapping, or else the connection whose record it is.
    source        text NOT NULL DEFAULT '',
    -- What somebody said is in its way, on the page or through the API; the newest counts before the definition's.
    hurdle        text NOT NULL DEFAULT '',
    hurdle_by     text NOT NULL DEFAULT '',
    hurdle_at     timestamptz,
    ended_at      timestamptz
);
CREATE INDEX service_place ON service (portfolio, program);
CREATE INDEX service_objective ON service (objective, key) WHERE objective <> '';

-- What a service is called on bills, in files and in fields, in lower case.
CREATE TABLE service_name (
    name    text PRIMARY KEY,
    service text NOT NULL REFERENCES service (key)
);
CREATE INDEX service_name_of ON service_name (service);

-- Who is on the other side of what is booked on a measure.
CREATE INDEX ledger_entry_of_supplier ON ledger_entry (counterparty, measure_id)
    WHERE counterparty <> '' AND measure_id IS NOT NULL;

-- Sums of what is booked on a service, by month.
CREATE INDEX ledger_entry_of_service ON ledger_entry (lower(service), month) WHERE service <> '';

-- Values by month of what is measured: the demand of a service, its KPIs, those of measures and of key results.
CREATE TABLE kpi_value (
    subject_kind text NOT NULL CHECK (subject_kind IN ('service', 'measure', 'key_result')),
    subject      text NOT NULL,
    kpi          text NOT NULL CHECK (kpi <> ''),
    month        date NOT NULL CHECK (extract(day FROM month) = 1),
    value        numeric NOT NULL,
    -- File and line, connection, or the API.
    source       text NOT NULL,
    entered_by   text NOT NULL,
    entered_at   timestamptz NOT NULL,
    PRIMARY KEY (subject_kind, subject, kpi, month)
);

CREATE TABLE objective (
    key        text PRIMARY KEY,
    -- governance.outcomes.Objective
    definition jsonb NOT NULL,
    -- Empty for the mapping; or else the file or program that stated it.
    source     text NOT NULL DEFAULT '',
    stated_by  text NOT NULL DEFAULT '',
    stated_at  timestamptz NOT NULL
);

-- By which measures and services name an objective, in lower case.
CREATE TABLE objective_name (
    name      text PRIMARY KEY,
    objective text NOT NULL REFERENCES objective (key) ON DELETE CASCADE
);
CREATE INDEX objective_name_of ON objective_name (objective);

-- Services whose figures have to be made again: added, never updated, so that nobody waits for another here.
CREATE TABLE service_due (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE service_figures (
    service        text PRIMARY KEY REFERENCES service (key),
    month          date NOT NULL,
    currency       text NOT NULL,
    cost           numeric,
    demand         numeric,
    unit_cost      numeric,
    value_per_unit numeric,
    margin         numeric,
    stranded       numeric,
    trend          numeric,
    blocked        integer NOT NULL,
    codes          text[] NOT NULL,
    -- governance.service_report.ServiceReport
    report         jsonb NOT NULL,
    made_at        timestamptz NOT NULL
);
CREATE INDEX service_figures_cost ON service_figures (cost DESC NULLS LAST, service);
CREATE INDEX service_figures_margin ON service_figures (margin, service);
CREATE INDEX service_figures_trend ON service_figures (trend DESC NULLS LAST, service);
CREATE INDEX service_figures_codes ON service_figures USING gin (codes);

-- Records of a tool that show what is reported of a service, with what their field held when it was read or planned.
CREATE TABLE service_record (
    connection text NOT NULL,
    item       text NOT NULL,
    service    text NOT NULL REFERENCES service (key),
    name       text NOT NULL,
    field      text NOT NULL,
    shown      text,
    PRIMARY KEY (connection, item)
);
CREATE INDEX service_record_of ON service_record (service);

-- What all figures of services depend on: another mapping, month or rate makes them anew.
CREATE TABLE service_settings (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    digest   text NOT NULL,
    made_at  timestamptz NOT NULL
);

CREATE FUNCTION service_due_of_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO service_due (name) SELECT DISTINCT lower(a.service) FROM added AS a WHERE a.service <> '';
    RETURN NULL;
END $$;
CREATE TRIGGER service_due_of_entries AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION service_due_of_entries();

CREATE FUNCTION service_due_of_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO service_due (name) SELECT DISTINCT a.subject FROM added AS a WHERE a.subject_kind = 'service';
    RETURN NULL;
END $$;
CREATE TRIGGER service_due_of_values AFTER INSERT ON kpi_value REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION service_due_of_values();
CREATE TRIGGER service_due_of_changed_values AFTER UPDATE ON kpi_value REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION service_due_of_values();

-- A measure that names a service may change what is reported of it.
CREATE FUNCTION service_due_of_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO service_due (name) SELECT unnest(NEW.service_names);
    RETURN NULL;
END $$;
CREATE TRIGGER service_due_of_measure AFTER INSERT ON measure FOR EACH ROW
    WHEN (NEW.service_names <> '{}') EXECUTE FUNCTION service_due_of_measure();
CREATE TRIGGER service_due_of_changed_measure AFTER UPDATE ON measure FOR EACH ROW WHEN (
    (NEW.service_names <> '{}' OR OLD.service_names <> '{}')
    AND (OLD.verdict_digest, OLD.effects_digest, OLD.unmapped_since, OLD.service_names)
        IS DISTINCT FROM (NEW.verdict_digest, NEW.effects_digest, NEW.unmapped_since, NEW.service_names)
) EXECUTE FUNCTION service_due_of_measure();

-- Where the benefit of measures waits: a row for each place of a measure, made from its verdict.
CREATE TABLE value_wait (
    measure_id text NOT NULL REFERENCES measure (id) ON DELETE CASCADE,
    kind       text NOT NULL,
    place      text NOT NULL,
    ticket     text NOT NULL DEFAULT '',
    -- What a day costs, in the reporting currency.
    a_day      numeric NOT NULL,
    currency   text NOT NULL,
    since      timestamptz NOT NULL,
    -- Of a team: nobody there has taken the ticket up.
    queued     boolean NOT NULL,
    -- It waits at no other place but its gate.
    alone      boolean NOT NULL,
    -- The one row of several tickets at one place that counts there.
    counts     boolean NOT NULL
);
CREATE INDEX value_wait_of ON value_wait (measure_id);
CREATE INDEX value_wait_place ON value_wait (kind, lower(place), a_day DESC);

CREATE FUNCTION value_wait_of_measure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE waits jsonb := CASE WHEN NEW.unmapped_since IS NULL THEN NEW.verdict -> 'value_waits' END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM value_wait WHERE measure_id = NEW.id;
    END IF;
    INSERT INTO value_wait (measure_id, kind, place, ticket, a_day, currency, since, queued, alone, counts)
    SELECT NEW.id, one ->> 'kind', one ->> 'place', one ->> 'ticket', (waits #>> '{a_day,money,amount}')::numeric,
           waits #>> '{a_day,money,currency}', (one ->> 'since')::timestamptz, (one ->> 'queued')::boolean,
           (SELECT count(DISTINCT (other ->> 'kind', lower(other ->> 'place'))) = 1
            FROM jsonb_array_elements(waits -> 'waits') AS other WHERE other ->> 'kind' <> 'gate'),
           row_number() OVER (PARTITION BY one ->> 'kind', lower(one ->> 'place') ORDER BY one ->> 'since') = 1
    FROM jsonb_array_elements(CASE jsonb_typeof(waits) WHEN 'object' THEN waits -> 'waits' ELSE '[]' END) AS one;
    RETURN NULL;
END $$;
CREATE TRIGGER value_wait_of_measure AFTER INSERT ON measure FOR EACH ROW
    WHEN (jsonb_typeof(NEW.verdict -> 'value_waits') = 'object') EXECUTE FUNCTION value_wait_of_measure();
CREATE TRIGGER value_wait_of_changed_measure AFTER UPDATE ON measure FOR EACH ROW WHEN (
    (OLD.verdict_digest, OLD.unmapped_since) IS DISTINCT FROM (NEW.verdict_digest, NEW.unmapped_since)
    AND (OLD.verdict -> 'value_waits', OLD.unmapped_since) IS DISTINCT FROM
        (NEW.verdict -> 'value_waits', NEW.unmapped_since)
) EXECUTE FUNCTION value_wait_of_measure();

-- Hours of teams by month: those for which people are planned, those that they logged, and those that a person has in a
-- week of the month (weekly).
CREATE TABLE team_hours (
    kind       text NOT NULL CHECK (kind IN ('planned', 'logged', 'requested', 'weekly')),
    team       text NOT NULL CHECK (team <> ''),
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    -- Name of the person; empty for the team as a whole.
    person     text NOT NULL DEFAULT '',
    hours      numeric NOT NULL CHECK (hours >= 0),
    -- File, program, or the connection on which they were logged.
    source     text NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    PRIMARY KEY (kind, team, month, person, source)
);
CREATE INDEX team_hours_of ON team_hours (lower(btrim(person)), month) WHERE person <> '';
