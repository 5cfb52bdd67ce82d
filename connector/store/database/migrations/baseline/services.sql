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

-- Which services and objectives a measure names, and for which tickets it waits.
ALTER TABLE measure
    ADD COLUMN waiting_for text[] GENERATED ALWAYS AS (gatepost_keys(measure_state -> 'waiting_since')) STORED,
    ADD COLUMN service_names text[] GENERATED ALWAYS AS (gatepost_names(facts -> 'services')) STORED,
    ADD COLUMN objective_names text[] GENERATED ALWAYS AS (gatepost_names(facts -> 'objective')) STORED;
CREATE INDEX measure_service_names ON measure USING gin (service_names);
CREATE INDEX measure_waiting_for ON measure USING gin (waiting_for);
-- What was booked from an item: hours, or a field as it was seen.
CREATE INDEX ledger_entry_from_item ON ledger_entry ((source ->> 'item')) WHERE source ->> 'item' IS NOT NULL;
CREATE INDEX measure_objective_names ON measure USING gin (objective_names);

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
CREATE INDEX service_objective ON service (objective) WHERE objective <> '';

-- What a service is called on bills, in files and in fields, in lower case.
CREATE TABLE service_name (
    name    text PRIMARY KEY,
    service text NOT NULL REFERENCES service (key)
);
CREATE INDEX service_name_of ON service_name (service);

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
