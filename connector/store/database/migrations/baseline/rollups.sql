-- Roll-ups: figures of each measure and sums by place, and the measures whose figures are due.

-- Appended to by a trigger, so that whoever writes a measure cannot forget it; and never updated, so that two writers
-- of one measure do not wait for one another here.
CREATE TABLE figures_due (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE figures_settings (
    singleton         boolean DEFAULT true PRIMARY KEY CHECK (singleton),
    digest            text NOT NULL,
    currency          text NOT NULL,
    fiscal_year_start integer NOT NULL,
    year              integer NOT NULL,
    built_at          timestamptz NOT NULL,
    refreshed_at      timestamptz NOT NULL
);

CREATE TABLE figures_progress (
    singleton  boolean DEFAULT true PRIMARY KEY CHECK (singleton),
    reason     text NOT NULL,
    done       integer NOT NULL,
    total      integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

CREATE TABLE measure_figures (
    measure_id                text PRIMARY KEY,
    group_id                  uuid NOT NULL,
    curve_id                  uuid NOT NULL,
    portfolio                 text NOT NULL,
    program                   text NOT NULL,
    project                   text NOT NULL,
    package                   text NOT NULL,
    legal_entity              text NOT NULL,
    business_unit             text NOT NULL,
    owner                     text NOT NULL,
    rule                      text NOT NULL,
    key                       text NOT NULL,
    title                     text NOT NULL,
    stage                     text NOT NULL,
    step                      text NOT NULL,
    gate                      text NOT NULL,
    implementation            text NOT NULL,
    potential                 text NOT NULL,
    leak_reason               text NOT NULL,
    is_held_up                 boolean NOT NULL,
    holders                   text[] NOT NULL,
    missing_rate              text,
    plan                      numeric,
    forecast                  numeric,
    actual                    numeric,
    at_completion             numeric,
    variance                  numeric,
    in_year_plan              numeric,
    in_year_forecast          numeric,
    in_year_actual            numeric,
    run_rate_plan             numeric,
    run_rate_forecast         numeric,
    unforecast_run_rate       numeric,
    carry_over                numeric,
    leakage                   numeric,
    gross_benefit             numeric,
    weighted_pipeline         numeric,
    cash                      numeric,
    avoidance                 numeric,
    held_up_benefit numeric,
    blockers                  text[] NOT NULL,
    findings                  text[] NOT NULL,
    stage_since               timestamptz,
    deviation_since           timestamptz,
    deviation_reason          text NOT NULL
);
CREATE INDEX measure_figures_place ON measure_figures (portfolio, program, project, package, measure_id);
CREATE INDEX measure_figures_group ON measure_figures (group_id);
CREATE INDEX measure_figures_owner ON measure_figures (owner);
CREATE INDEX measure_figures_unit ON measure_figures (business_unit);
CREATE INDEX measure_figures_variance ON measure_figures (variance, measure_id) WHERE variance < 0;
CREATE INDEX measure_figures_held_up ON measure_figures (held_up_benefit, measure_id)
    WHERE held_up_benefit > 0;
CREATE INDEX measure_figures_excluded ON measure_figures (measure_id) WHERE missing_rate IS NOT NULL;

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

CREATE TABLE rollup_group (
    group_id                  uuid PRIMARY KEY,
    curve_id                  uuid NOT NULL,
    portfolio                 text NOT NULL,
    program                   text NOT NULL,
    legal_entity              text NOT NULL,
    step                      text NOT NULL,
    implementation            text NOT NULL,
    potential                 text NOT NULL,
    measures                  bigint NOT NULL,
    excluded                  bigint NOT NULL,
    held_up                bigint NOT NULL,
    plan                      numeric,
    forecast                  numeric,
    actual                    numeric,
    at_completion             numeric,
    variance                  numeric,
    in_year_plan              numeric,
    in_year_forecast          numeric,
    in_year_actual            numeric,
    run_rate_plan             numeric,
    run_rate_forecast         numeric,
    unforecast_run_rate       numeric,
    carry_over                numeric,
    leakage                   numeric,
    gross_benefit             numeric,
    weighted_pipeline         numeric,
    cash                      numeric,
    avoidance                 numeric,
    held_up_benefit numeric,
    leak_scope                numeric,
    leak_delay                numeric,
    leak_price                numeric,
    leak_volume               numeric,
    leak_overlap              numeric,
    leak_cancelled            numeric,
    leak_unstated             numeric
);
CREATE INDEX rollup_group_place ON rollup_group (portfolio, program);

CREATE TABLE rollup_month (
    group_id  uuid NOT NULL,
    version   text NOT NULL,
    month     date NOT NULL,
    recurring numeric NOT NULL,
    one_off   numeric NOT NULL,
    avoidance numeric NOT NULL,
    cash      numeric NOT NULL,
    PRIMARY KEY (group_id, version, month)
);

CREATE TABLE rollup_curve (
    curve_id     uuid NOT NULL,
    version      text NOT NULL,
    month        date NOT NULL,
    portfolio    text NOT NULL,
    program      text NOT NULL,
    legal_entity text NOT NULL,
    recurring    numeric NOT NULL,
    one_off      numeric NOT NULL,
    avoidance    numeric NOT NULL,
    cash         numeric NOT NULL,
    PRIMARY KEY (curve_id, version, month)
);

CREATE FUNCTION figures_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figures_due (measure_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_due AFTER INSERT ON measure FOR EACH ROW EXECUTE FUNCTION figures_due();
-- An assessment that changes nothing costs one comparison and writes nothing.
CREATE TRIGGER figures_due_again AFTER UPDATE ON measure FOR EACH ROW WHEN (
    (OLD.verdict_digest, OLD.effects_digest, OLD.unmapped_since, OLD.key, OLD.title, OLD.rule, OLD.stage,
     OLD.portfolio, OLD.program, OLD.project, OLD.package, OLD.legal_entity, OLD.business_unit, OLD.owner,
     OLD.gate, OLD.implementation, OLD.potential)
    IS DISTINCT FROM
    (NEW.verdict_digest, NEW.effects_digest, NEW.unmapped_since, NEW.key, NEW.title, NEW.rule, NEW.stage,
     NEW.portfolio, NEW.program, NEW.project, NEW.package, NEW.legal_entity, NEW.business_unit, NEW.owner,
     NEW.gate, NEW.implementation, NEW.potential)
) EXECUTE FUNCTION figures_due();
