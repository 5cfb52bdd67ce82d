-- Roll-ups: figures of each measure and sums by place, and the measures whose figures are due.

-- Appended to by a trigger, so that whoever writes a measure cannot forget it; and never updated, so that two writers
-- of one measure do not wait for one another here.
CREATE TABLE figures_due (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE figures_basis (
    one               boolean DEFAULT true PRIMARY KEY CHECK (one),
    digest            text NOT NULL,
    currency          text NOT NULL,
    fiscal_year_start integer NOT NULL,
    year              integer NOT NULL,
    made_at           timestamptz NOT NULL,
    refreshed_at      timestamptz NOT NULL
);

CREATE TABLE figures_progress (
    one      boolean DEFAULT true PRIMARY KEY CHECK (one),
    reason   text NOT NULL,
    done     integer NOT NULL,
    total    integer NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL
);

CREATE TABLE measure_figures (
    measure_id        text PRIMARY KEY,
    cell              uuid NOT NULL,
    tract             uuid NOT NULL,
    portfolio         text NOT NULL,
    program           text NOT NULL,
    project           text NOT NULL,
    package           text NOT NULL,
    legal_entity      text NOT NULL,
    business_unit     text NOT NULL,
    owner             text NOT NULL,
    rule              text NOT NULL,
    key               text NOT NULL,
    title             text NOT NULL,
    stage             text NOT NULL,
    step              text NOT NULL,
    gate              text NOT NULL,
    implementation    text NOT NULL,
    potential         text NOT NULL,
    leak_reason       text NOT NULL,
    shut              boolean NOT NULL,
    holders           text[] NOT NULL,
    missing_rate      text,
    plan              numeric,
    forecast          numeric,
    actual            numeric,
    completion        numeric,
    variance          numeric,
    in_year_plan      numeric,
    in_year_forecast  numeric,
    in_year_actual    numeric,
    run_rate_plan     numeric,
    run_rate_forecast numeric,
    unforecast        numeric,
    carry_over        numeric,
    leakage           numeric,
    gross             numeric,
    pipeline          numeric,
    cash              numeric,
    avoidance         numeric,
    waiting           numeric,
    blockers          text[] NOT NULL,
    findings          text[] NOT NULL,
    stage_since       timestamptz,
    deviation_since   timestamptz,
    deviation_reason  text NOT NULL
);
CREATE INDEX measure_figures_place ON measure_figures (portfolio, program, project, package, measure_id);
CREATE INDEX measure_figures_cell ON measure_figures (cell);
CREATE INDEX measure_figures_owner ON measure_figures (owner);
CREATE INDEX measure_figures_unit ON measure_figures (business_unit);
CREATE INDEX measure_figures_variance ON measure_figures (variance, measure_id) WHERE variance < 0;
CREATE INDEX measure_figures_waiting ON measure_figures (waiting, measure_id) WHERE waiting > 0;
CREATE INDEX measure_figures_left_out ON measure_figures (measure_id) WHERE missing_rate IS NOT NULL;

CREATE TABLE measure_finding (
    code       text NOT NULL,
    measure_id text NOT NULL,
    PRIMARY KEY (code, measure_id)
);
CREATE INDEX measure_finding_of ON measure_finding (measure_id);

CREATE TABLE measure_series (
    measure_id text NOT NULL,
    version    text NOT NULL,
    months     date[] NOT NULL,
    recurring  numeric[] NOT NULL,
    one_off    numeric[] NOT NULL,
    avoidance  numeric[] NOT NULL,
    cash       numeric[] NOT NULL,
    PRIMARY KEY (measure_id, version)
);

CREATE TABLE rollup_cell (
    cell              uuid PRIMARY KEY,
    tract             uuid NOT NULL,
    portfolio         text NOT NULL,
    program           text NOT NULL,
    legal_entity      text NOT NULL,
    step              text NOT NULL,
    implementation    text NOT NULL,
    potential         text NOT NULL,
    measures          bigint NOT NULL,
    left_out          bigint NOT NULL,
    shut              bigint NOT NULL,
    plan              numeric,
    forecast          numeric,
    actual            numeric,
    completion        numeric,
    variance          numeric,
    in_year_plan      numeric,
    in_year_forecast  numeric,
    in_year_actual    numeric,
    run_rate_plan     numeric,
    run_rate_forecast numeric,
    unforecast        numeric,
    carry_over        numeric,
    leakage           numeric,
    gross             numeric,
    pipeline          numeric,
    cash              numeric,
    avoidance         numeric,
    waiting           numeric,
    leak_scope        numeric,
    leak_delay        numeric,
    leak_price        numeric,
    leak_volume       numeric,
    leak_overlap      numeric,
    leak_cancelled    numeric,
    leak_unstated     numeric
);
CREATE INDEX rollup_cell_place ON rollup_cell (portfolio, program);

CREATE TABLE rollup_month (
    cell      uuid NOT NULL,
    version   text NOT NULL,
    month     date NOT NULL,
    recurring numeric NOT NULL,
    one_off   numeric NOT NULL,
    avoidance numeric NOT NULL,
    cash      numeric NOT NULL,
    PRIMARY KEY (cell, version, month)
);

CREATE TABLE rollup_curve (
    tract        uuid NOT NULL,
    version      text NOT NULL,
    month        date NOT NULL,
    portfolio    text NOT NULL,
    program      text NOT NULL,
    legal_entity text NOT NULL,
    recurring    numeric NOT NULL,
    one_off      numeric NOT NULL,
    avoidance    numeric NOT NULL,
    cash         numeric NOT NULL,
    PRIMARY KEY (tract, version, month)
);

CREATE FUNCTION figures_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figures_due (measure_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_due AFTER INSERT ON measure FOR EACH ROW EXECUTE FUNCTION figures_due();
-- A look that finds everything as it was costs one comparison and writes nothing.
CREATE TRIGGER figures_due_again AFTER UPDATE ON measure FOR EACH ROW WHEN (
    (OLD.verdict_digest, OLD.effects_digest, OLD.unmapped_since, OLD.key, OLD.title, OLD.rule, OLD.stage,
     OLD.portfolio, OLD.program, OLD.project, OLD.package, OLD.legal_entity, OLD.business_unit, OLD.owner,
     OLD.gate, OLD.implementation, OLD.potential)
    IS DISTINCT FROM
    (NEW.verdict_digest, NEW.effects_digest, NEW.unmapped_since, NEW.key, NEW.title, NEW.rule, NEW.stage,
     NEW.portfolio, NEW.program, NEW.project, NEW.package, NEW.legal_entity, NEW.business_unit, NEW.owner,
     NEW.gate, NEW.implementation, NEW.potential)
) EXECUTE FUNCTION figures_due();
