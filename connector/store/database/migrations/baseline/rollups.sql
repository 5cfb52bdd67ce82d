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
    first_month       date NOT NULL,
    year_named_by     text NOT NULL,
    closed_month      date NOT NULL,
    committed_from    text NOT NULL,
    rate_age_days     integer NOT NULL,
    -- Key, label, weight and whether totals count from it, in the order of the policy.
    stages            jsonb NOT NULL DEFAULT '[]',
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

-- Columns that a measure and a group have in common; the table itself is gone again below.
CREATE TABLE figure_amounts (
    recurring_plan        numeric,
    recurring_estimate    numeric,
    one_off_plan          numeric,
    one_off_estimate      numeric,
    budget                numeric,
    ebitda_original       numeric,
    ebitda_plan           numeric,
    ebitda_estimate       numeric,
    ebitda_actual         numeric,
    variance              numeric,
    ebit_plan             numeric,
    ebit_estimate         numeric,
    capex_plan            numeric,
    capex_estimate        numeric,
    capex_actual          numeric,
    cash_plan             numeric,
    cash_estimate         numeric,
    cash_actual           numeric,
    in_year_plan          numeric,
    in_year_estimate      numeric,
    in_year_actual        numeric,
    in_year_cash_plan     numeric,
    in_year_cash_estimate numeric,
    run_rate_plan         numeric,
    run_rate_estimate     numeric,
    run_rate_closed       numeric,
    exit_rate_plan        numeric,
    exit_rate_estimate    numeric,
    carry_over_plan       numeric,
    carry_over_estimate   numeric,
    in_year_original      numeric,
    run_rate_original     numeric,
    run_rate_loss         numeric,
    run_rate_gain         numeric,
    in_year_loss          numeric,
    in_year_gain          numeric,
    committed_run_rate    numeric,
    committed_in_year     numeric,
    pipeline              numeric,
    avoidance_plan        numeric,
    avoidance_estimate    numeric,
    soft_plan             numeric,
    soft_estimate         numeric,
    delayed_benefit       numeric,
    claimed               numeric,
    validated             numeric,
    unvalidated           numeric,
    recurring_fx          numeric,
    one_off_fx            numeric,
    ebitda_fx             numeric,
    ebitda_actual_fx      numeric,
    ebit_fx               numeric,
    capex_fx              numeric,
    capex_actual_fx       numeric,
    cash_fx               numeric,
    cash_actual_fx        numeric,
    in_year_fx            numeric,
    in_year_actual_fx     numeric,
    in_year_cash_fx       numeric,
    run_rate_fx           numeric,
    run_rate_closed_fx    numeric,
    run_rate_original_fx  numeric,
    exit_rate_fx          numeric,
    carry_over_fx         numeric,
    avoidance_fx          numeric,
    soft_fx               numeric,
    leak_scope            numeric,
    leak_delay            numeric,
    leak_price            numeric,
    leak_volume           numeric,
    leak_overlap          numeric,
    leak_cancelled        numeric,
    leak_other            numeric,
    leak_unstated         numeric,
    year_leak_scope       numeric,
    year_leak_delay       numeric,
    year_leak_price       numeric,
    year_leak_volume      numeric,
    year_leak_overlap     numeric,
    year_leak_cancelled   numeric,
    year_leak_other       numeric,
    year_leak_unstated    numeric
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
    -- Empty when every stage was granted.
    next_stage                text NOT NULL,
    gate                      text NOT NULL,
    implementation            text NOT NULL,
    potential                 text NOT NULL,
    left_out                  text NOT NULL,
    is_held_up                boolean NOT NULL,
    holders                   text[] NOT NULL,
    missing_rate              text,
    -- Actuals count up to it, forecast after it.
    closed_month              date NOT NULL,
    LIKE figure_amounts,
    blockers                  text[] NOT NULL,
    findings                  text[] NOT NULL,
    stage_since               timestamptz,
    deviation_since           timestamptz,
    deviation_reason          text NOT NULL,
    -- What the decision promised of the closed months, and what is booked of it; NULL before it is decided.
    promised_to_date          numeric,
    came_to_date              numeric,
    pipeline_benefit          numeric NOT NULL,
    -- Who owned it when it was decided; the present owner where that is not known.
    decided_owner             text NOT NULL
);
CREATE INDEX measure_figures_place ON measure_figures (portfolio, program, project, package, measure_id);
CREATE INDEX measure_figures_group ON measure_figures (group_id);
CREATE INDEX measure_figures_owner ON measure_figures (owner);
CREATE INDEX measure_figures_unit ON measure_figures (business_unit);
CREATE INDEX measure_figures_variance ON measure_figures (variance, measure_id) WHERE variance < 0;
CREATE INDEX measure_figures_delayed ON measure_figures (delayed_benefit, measure_id)
    WHERE delayed_benefit > 0;
CREATE INDEX measure_figures_money ON measure_figures (coalesce(ebitda_plan, 0), measure_id);
CREATE INDEX measure_figures_excluded ON measure_figures (measure_id) WHERE missing_rate IS NOT NULL;
-- What was refused, and what went on against its own rules: few among all.
CREATE INDEX measure_figures_cancelled ON measure_figures (measure_id) WHERE step = 'cancelled';
CREATE INDEX measure_figures_breach ON measure_figures (measure_id) WHERE gate = 'breach';
CREATE INDEX measure_figures_blocked ON measure_figures (measure_id) WHERE blockers <> '{}';

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
    capex      numeric[] NOT NULL,
    cash       numeric[] NOT NULL,
    avoidance  numeric[] NOT NULL,
    soft       numeric[] NOT NULL,
    ebitda_fx  numeric[] NOT NULL,
    cash_fx    numeric[] NOT NULL,
    PRIMARY KEY (measure_id, version)
);

-- What controllers have signed of a measure, in the reporting currency; adds up to its validated value.
CREATE TABLE measure_validated (
    measure_id text NOT NULL,
    month      date NOT NULL,
    amount     numeric NOT NULL,
    PRIMARY KEY (measure_id, month)
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
    left_out                  text NOT NULL,
    measures                  bigint NOT NULL,
    held_up                   bigint NOT NULL,
    LIKE figure_amounts
);
DROP TABLE figure_amounts;
CREATE INDEX rollup_group_place ON rollup_group (portfolio, program);

CREATE TABLE rollup_month (
    group_id  uuid NOT NULL,
    version   text NOT NULL,
    month     date NOT NULL,
    -- With an amount in this month: when the last one has left, the row goes.
    measures  bigint NOT NULL,
    recurring numeric NOT NULL,
    one_off   numeric NOT NULL,
    capex     numeric NOT NULL,
    cash      numeric NOT NULL,
    avoidance numeric NOT NULL,
    soft      numeric NOT NULL,
    ebitda_fx numeric NOT NULL,
    cash_fx   numeric NOT NULL,
    PRIMARY KEY (group_id, version, month)
);

CREATE TABLE rollup_validated (
    group_id uuid NOT NULL,
    month    date NOT NULL,
    amount   numeric NOT NULL,
    -- Of which something is signed for this month.
    measures bigint NOT NULL,
    PRIMARY KEY (group_id, month)
);

CREATE TABLE rollup_curve (
    curve_id     uuid NOT NULL,
    version      text NOT NULL,
    month        date NOT NULL,
    portfolio    text NOT NULL,
    program      text NOT NULL,
    legal_entity text NOT NULL,
    measures     bigint NOT NULL,
    recurring    numeric NOT NULL,
    one_off      numeric NOT NULL,
    capex        numeric NOT NULL,
    cash         numeric NOT NULL,
    avoidance    numeric NOT NULL,
    soft         numeric NOT NULL,
    ebitda_fx    numeric NOT NULL,
    cash_fx      numeric NOT NULL,
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
     OLD.sponsor_id, OLD.controller_id, OLD.gate, OLD.implementation, OLD.potential)
    IS DISTINCT FROM
    (NEW.verdict_digest, NEW.effects_digest, NEW.unmapped_since, NEW.key, NEW.title, NEW.rule, NEW.stage,
     NEW.portfolio, NEW.program, NEW.project, NEW.package, NEW.legal_entity, NEW.business_unit, NEW.owner,
     NEW.sponsor_id, NEW.controller_id, NEW.gate, NEW.implementation, NEW.potential)
) EXECUTE FUNCTION figures_due();

-- A close makes other figures of its legal entity's measures; one of all legal entities is among the settings.
CREATE FUNCTION figures_due_of_entity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figures_due (measure_id)
    SELECT m.id FROM measure AS m WHERE lower(m.legal_entity) = lower(NEW.legal_entity);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_due_of_entity AFTER INSERT ON month_close_step FOR EACH ROW
    WHEN (NEW.kind IN ('closed', 'reopened') AND NEW.legal_entity <> '') EXECUTE FUNCTION figures_due_of_entity();

-- Budget entries change a figure, and no verdict.
CREATE FUNCTION figures_due_of_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figures_due (measure_id)
    SELECT DISTINCT measure_id FROM added WHERE version = 'budget' AND measure_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_due_of_budget AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION figures_due_of_budget();
