"""Roll-ups: figures per measure and per group, and the list of measures whose figures are due; one-off benefits.

Revision ID: 0008
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SUMS: LiteralString = """
    plan numeric, forecast numeric, actual numeric, completion numeric, variance numeric,
    in_year_plan numeric, in_year_forecast numeric, in_year_actual numeric,
    run_rate_plan numeric, run_rate_forecast numeric, unforecast numeric, carry_over numeric, leakage numeric,
    gross numeric, pipeline numeric, cash numeric, avoidance numeric, waiting numeric
"""

MONTHS: LiteralString = """
    recurring numeric NOT NULL, one_off numeric NOT NULL, avoidance numeric NOT NULL, cash numeric NOT NULL
"""

UP: LiteralString = (
    """
-- Appended to by a trigger, so that whoever writes a measure cannot forget it; and never updated, so that two
-- writers of one measure do not wait for one another here.
CREATE TABLE figures_due (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE figures_basis (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    digest text NOT NULL,
    currency text NOT NULL,
    fiscal_year_start integer NOT NULL,
    year integer NOT NULL,
    made_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL
);
CREATE TABLE figures_progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    reason text NOT NULL,
    done integer NOT NULL,
    total integer NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);

CREATE TABLE measure_figures (
    measure_id text PRIMARY KEY,
    cell uuid NOT NULL,
    tract uuid NOT NULL,
    portfolio text NOT NULL, program text NOT NULL, project text NOT NULL, package text NOT NULL,
    legal_entity text NOT NULL, business_unit text NOT NULL, owner text NOT NULL, rule text NOT NULL,
    key text NOT NULL, title text NOT NULL, stage text NOT NULL, step text NOT NULL,
    gate text NOT NULL, implementation text NOT NULL, potential text NOT NULL, leak_reason text NOT NULL,
    shut boolean NOT NULL,
    holders text[] NOT NULL,
    missing_rate text,
"""
    + SUMS
    + """,
    blockers text[] NOT NULL,
    findings text[] NOT NULL,
    stage_since timestamptz,
    deviation_since timestamptz,
    deviation_reason text NOT NULL
);
CREATE INDEX measure_figures_place ON measure_figures (portfolio, program, project, package, measure_id);
CREATE INDEX measure_figures_cell ON measure_figures (cell);
CREATE INDEX measure_figures_owner ON measure_figures (owner);
CREATE INDEX measure_figures_unit ON measure_figures (business_unit);
CREATE INDEX measure_figures_variance ON measure_figures (variance, measure_id) WHERE variance < 0;
CREATE INDEX measure_figures_waiting ON measure_figures (waiting, measure_id) WHERE waiting > 0;
CREATE INDEX measure_figures_left_out ON measure_figures (measure_id) WHERE missing_rate IS NOT NULL;

CREATE TABLE measure_finding (
    code text NOT NULL,
    measure_id text NOT NULL,
    PRIMARY KEY (code, measure_id)
);
CREATE INDEX measure_finding_of ON measure_finding (measure_id);

CREATE TABLE measure_series (
    measure_id text NOT NULL,
    version text NOT NULL,
    months date[] NOT NULL,
    recurring numeric[] NOT NULL, one_off numeric[] NOT NULL, avoidance numeric[] NOT NULL, cash numeric[] NOT NULL,
    PRIMARY KEY (measure_id, version)
);

CREATE TABLE rollup_cell (
    cell uuid PRIMARY KEY,
    tract uuid NOT NULL,
    portfolio text NOT NULL, program text NOT NULL, legal_entity text NOT NULL,
    step text NOT NULL, implementation text NOT NULL, potential text NOT NULL,
    measures bigint NOT NULL, left_out bigint NOT NULL, shut bigint NOT NULL,
"""
    + SUMS
    + """,
    leak_scope numeric, leak_delay numeric, leak_price numeric, leak_volume numeric, leak_overlap numeric,
    leak_cancelled numeric, leak_unstated numeric
);
CREATE INDEX rollup_cell_place ON rollup_cell (portfolio, program);

CREATE TABLE rollup_month (
    cell uuid NOT NULL,
    version text NOT NULL,
    month date NOT NULL,
"""
    + MONTHS
    + """,
    PRIMARY KEY (cell, version, month)
);
CREATE TABLE rollup_curve (
    tract uuid NOT NULL,
    version text NOT NULL,
    month date NOT NULL,
    portfolio text NOT NULL, program text NOT NULL, legal_entity text NOT NULL,
"""
    + MONTHS
    + """,
    PRIMARY KEY (tract, version, month)
);
"""
)

# A kind that mappings know and that the table refused, and with it the whole batch.
KINDS: LiteralString = """
ALTER TABLE effect_line DROP CONSTRAINT effect_line_kind_check;
ALTER TABLE effect_line ADD CONSTRAINT effect_line_kind_check
    CHECK (kind IN ('benefit', 'one_off_benefit', 'recurring_cost', 'one_off_cost', 'capex'));
"""

DUE: LiteralString = """
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
INSERT INTO figures_due (measure_id) SELECT id FROM measure WHERE unmapped_since IS NULL;
"""

RIGHTS: LiteralString = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON figures_due, figures_basis, figures_progress, measure_figures,
            measure_finding, measure_series, rollup_cell, rollup_month, rollup_curve TO gatepost_app;
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    END IF;
END $$;
"""

# As on the measures themselves: a grant that reaches the place, or an own account that holds a role.
SEES_FIGURES: LiteralString = """(SELECT gatepost_all())
    OR (SELECT gatepost_scopes())
       ?| gatepost_place_keys(portfolio, program, project, package, nullif(legal_entity, ''))
    OR (SELECT gatepost_accounts()) ?| holders"""

# A sum over a program is for those who see all of it: of the keys only those that end at the program or above.
SEES_SUM: LiteralString = """(SELECT gatepost_all())
    OR (SELECT gatepost_scopes())
       ?| (gatepost_place_keys(portfolio, program, NULL, NULL, nullif(legal_entity, '')))[1:5]"""

OF_FIGURES: LiteralString = (
    "(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure_figures seen WHERE seen.measure_id = {table}.measure_id)"
)

VISIBLE: dict[str, str | None] = {
    "measure_figures": SEES_FIGURES,
    **{table: OF_FIGURES.format(table=table) for table in ("measure_finding", "measure_series")},
    "rollup_cell": SEES_SUM,
    "rollup_curve": SEES_SUM,
    "rollup_month": "(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM rollup_cell seen "
    "WHERE seen.cell = rollup_month.cell)",
    "figures_basis": None,
    "figures_progress": None,
}

DOWN: LiteralString = """
DELETE FROM row_policy WHERE name IN ('measure_figures', 'measure_finding', 'measure_series',
    'rollup_cell', 'rollup_curve', 'rollup_month', 'figures_basis', 'figures_progress');
DELETE FROM effect_line WHERE kind = 'one_off_benefit';
ALTER TABLE effect_line DROP CONSTRAINT effect_line_kind_check;
ALTER TABLE effect_line ADD CONSTRAINT effect_line_kind_check
    CHECK (kind IN ('benefit', 'recurring_cost', 'one_off_cost', 'capex'));
DROP TRIGGER figures_due ON measure;
DROP TRIGGER figures_due_again ON measure;
DROP FUNCTION figures_due();
DROP TABLE rollup_curve, rollup_month, rollup_cell, measure_series, measure_finding, measure_figures,
    figures_progress, figures_basis, figures_due;
"""


def upgrade() -> None:
    _run(UP)
    _run(KINDS)
    _run(DUE)
    _run(RIGHTS)
    driver = op.get_bind().connection.driver_connection
    for table, visible in VISIBLE.items():
        driver.execute("SELECT gatepost_protect(%s, %s)", (table, visible))  # type: ignore[union-attr]


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
