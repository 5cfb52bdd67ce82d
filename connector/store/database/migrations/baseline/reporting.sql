-- The reporting views: a star of facts and dimensions with names that stay, for SQL, OData and Parquet alike.
--
-- connector/store/feeds/views.py describes each view and each column, and a test holds it against this file.  The views
-- belong to gatepost_reader (gatepost_apply_reporting() below), so that the policies of row_visibility.sql
-- hold for whoever reads them.  A name that nobody has stated is NULL here.  Amounts are numeric and never anything else.

CREATE SCHEMA IF NOT EXISTS reporting;

DO $make$
DECLARE amounts text; names text;
BEGIN
    SELECT string_agg(format('f.%I', attname), ', ' ORDER BY attnum) INTO amounts
    FROM pg_attribute
    WHERE attrelid = 'measure_figures'::regclass AND attnum > 0 AND NOT attisdropped AND atttypid = 'numeric'::regtype;

    SELECT string_agg(format('nullif(f.%1$I, '''') AS %1$I', name), ', ' ORDER BY n) INTO names
    FROM unnest(ARRAY['portfolio', 'program', 'project', 'package', 'legal_entity', 'business_unit', 'owner'])
        WITH ORDINALITY AS one (name, n);

    EXECUTE format($view$
        CREATE VIEW reporting.measure AS
        SELECT f.measure_id, m.connection, f.key, nullif(f.title, '') AS title, w.url, f.rule,
               md5(f.portfolio || E'\x1f' || f.program) AS program_id, %2$s,
               f.step AS stage, nullif(f.stage, '') AS granted_stage, f.gate, f.implementation, f.potential,
               f.left_out = '' AS in_totals, nullif(f.left_out, '') AS left_out,
               f.step NOT IN ('cancelled', 'without_value', 'left') AS is_open, f.is_held_up, f.missing_rate,
               s.currency, f.closed_month, f.stage_since, f.deviation_since,
               nullif(f.deviation_reason, '') AS deviation_reason, s.refreshed_at AS figures_at, %1$s
        FROM measure_figures AS f
        LEFT JOIN measure AS m ON m.id = f.measure_id
        LEFT JOIN work_item AS w ON w.connection = m.connection AND w.native_id = m.native_id
        CROSS JOIN figures_settings AS s
    $view$, amounts, names);

    -- What was known of a measure, and from when until when.
    EXECUTE format($view$
        CREATE VIEW reporting.measure_version AS
        SELECT f.measure_id, f.known_from, f.known_until, m.connection, f.key, nullif(f.title, '') AS title, w.url,
               f.rule, md5(f.portfolio || E'\x1f' || f.program) AS program_id, %2$s,
               f.step AS stage, nullif(f.stage, '') AS granted_stage, f.gate, f.implementation, f.potential,
               f.left_out = '' AS in_totals, nullif(f.left_out, '') AS left_out,
               f.step NOT IN ('cancelled', 'without_value', 'left') AS is_open, f.is_held_up, f.missing_rate,
               s.currency, f.closed_month, f.stage_since, f.deviation_since,
               nullif(f.deviation_reason, '') AS deviation_reason, f.known_from AS figures_at, %1$s
        FROM (SELECT h.*, lead(h.known_from) OVER (PARTITION BY h.measure_id ORDER BY h.known_from, h.id) AS known_until
              FROM figures_version AS h) AS f
        JOIN measure AS m ON m.id = f.measure_id
        LEFT JOIN work_item AS w ON w.connection = m.connection AND w.native_id = m.native_id
        LEFT JOIN LATERAL (
            SELECT k.currency FROM figures_settings_version AS k WHERE k.known_from <= f.known_from
            ORDER BY k.known_from DESC, k.id DESC LIMIT 1) AS s ON true
        WHERE NOT f.has_left AND f.known_from IS DISTINCT FROM f.known_until
    $view$, amounts, names);
END $make$;

-- The months of the latest year around all amounts, of the organisation's own fiscal year.
CREATE VIEW reporting.month AS
SELECT CAST(d.month AS date) AS month, to_char(d.month, 'YYYY-MM') AS label,
       CAST(extract(year FROM d.month) AS integer) AS year, CAST(extract(quarter FROM d.month) AS integer) AS quarter,
       CAST(extract(month FROM d.month) AS integer) AS month_of_year,
       CAST(extract(year FROM n.begins) AS integer)
           + CASE WHEN s.year_named_by = 'last' AND extract(month FROM n.begins) > 1 THEN 1 ELSE 0 END AS fiscal_year,
       CAST(n.begins AS date) AS fiscal_year_begins,
       CAST((extract(month FROM d.month) - extract(month FROM s.first_month) + 12) AS integer) % 12 / 3 + 1
           AS fiscal_quarter,
       CAST((extract(month FROM d.month) - extract(month FROM s.first_month) + 12) AS integer) % 12 + 1
           AS fiscal_month,
       CAST(d.month AS date) <= s.closed_month AS is_closed
FROM figures_settings AS s
CROSS JOIN LATERAL generate_series(
    CAST(least((SELECT min(l.month) FROM effect_line AS l), s.first_month) AS timestamp),
    CAST(greatest((SELECT max(l.month) FROM effect_line AS l), s.first_month + interval '23 months') AS timestamp),
    interval '1 month') AS d (month)
CROSS JOIN LATERAL (SELECT date_trunc('month', d.month) - make_interval(months =>
    CAST((extract(month FROM d.month) - extract(month FROM s.first_month) + 12) AS integer) % 12) AS begins) AS n;

CREATE VIEW reporting.program AS
SELECT md5(f.portfolio || E'\x1f' || f.program) AS program_id, nullif(f.portfolio, '') AS portfolio,
       nullif(f.program, '') AS program
FROM measure_figures AS f
GROUP BY f.portfolio, f.program;

-- In the order of the policy; then how a measure can be beside the stages.
CREATE VIEW reporting.stage AS
SELECT one.value ->> 'key' AS stage, one.value ->> 'label' AS label, CAST(one.n AS integer) AS position,
       CAST(one.value ->> 'weight' AS numeric) AS weight, CAST(one.value ->> 'is_committed' AS boolean) AS is_committed,
       true AS is_open
FROM figures_settings AS s CROSS JOIN LATERAL jsonb_array_elements(s.stages) WITH ORDINALITY AS one (value, n)
UNION ALL
SELECT beside.key, beside.label, beside.position, CAST(NULL AS numeric), false, beside.is_open
FROM (VALUES ('', 'None yet', 0, true), ('on_hold', 'On hold', 101, true), ('cancelled', 'Cancelled', 102, false),
             ('without_value', 'Closed without value', 103, false), ('left', 'Left the mapping', 104, false))
    AS beside (key, label, position, is_open);

-- Who holds which role of a measure now; the tool's own id of an account is shown to nobody.
CREATE VIEW reporting.measure_role AS
SELECT m.id AS measure_id, held.role, md5(m.connection || E'\x1e' || (held.person ->> 'id')) AS person_id
FROM measure AS m
CROSS JOIN LATERAL (
    SELECT one.key AS role, one.value AS person FROM jsonb_each(m.facts -> 'roles') AS one
    WHERE one.key IN ('owner', 'sponsor', 'controller')
    UNION ALL
    SELECT one.key, one.value FROM jsonb_each(
        CASE jsonb_typeof(m.facts #> '{roles,further}') WHEN 'object' THEN m.facts #> '{roles,further}' ELSE '{}' END)
        AS one
) AS held
WHERE jsonb_typeof(held.person) = 'object' AND held.person ->> 'id' IS NOT NULL AND m.unmapped_since IS NULL;

CREATE VIEW reporting.person AS
SELECT md5(m.connection || E'\x1e' || (held.person ->> 'id')) AS person_id, m.connection,
       max(held.person ->> 'name') AS name
FROM measure AS m
CROSS JOIN LATERAL (
    SELECT one.value AS person FROM jsonb_each(m.facts -> 'roles') AS one
    WHERE one.key IN ('owner', 'sponsor', 'controller')
    UNION ALL
    SELECT one.value FROM jsonb_each(
        CASE jsonb_typeof(m.facts #> '{roles,further}') WHEN 'object' THEN m.facts #> '{roles,further}' ELSE '{}' END)
        AS one
) AS held
WHERE jsonb_typeof(held.person) = 'object' AND held.person ->> 'id' IS NOT NULL AND m.unmapped_since IS NULL
GROUP BY 1, 2;

CREATE VIEW reporting.effect AS
SELECT l.measure_id, l.version, l.kind, l.month, l.currency, l.account, l.hard, l.pl_line, l.amount
FROM effect_line AS l;

-- The lines behind every figure that was known, once for all versions that rest on the same ones.
CREATE VIEW reporting.effect_version AS
SELECT v.measure_id, v.known_from, v.known_until, one.value ->> 'version' AS version, one.value ->> 'kind' AS kind,
       CAST(one.value ->> 'month' AS date) AS month, one.value ->> 'currency' AS currency,
       one.value ->> 'account' AS account, CAST(one.value ->> 'hard' AS boolean) AS hard,
       one.value ->> 'pl_line' AS pl_line, CAST(one.value ->> 'amount' AS numeric) AS amount
FROM (SELECT h.id, h.measure_id, h.known_from, h.effects_digest, h.removed_reason,
             lead(h.known_from) OVER (PARTITION BY h.measure_id ORDER BY h.known_from, h.id) AS known_until
      FROM verdict_version AS h) AS v
JOIN effects_version AS e ON e.measure_id = v.measure_id AND e.digest = v.effects_digest
CROSS JOIN LATERAL jsonb_array_elements(e.lines) AS one (value)
WHERE v.known_from IS DISTINCT FROM v.known_until AND v.removed_reason IS NULL;

-- In the reporting currency: what the S-curve is the sum of, where in_totals.
CREATE VIEW reporting.measure_month AS
SELECT f.measure_id, CASE s.version WHEN 'forecast' THEN 'estimate' ELSE s.version END AS version, u.month,
       f.left_out = '' AS in_totals, t.currency, u.recurring + u.one_off AS ebitda, u.recurring, u.one_off, u.capex,
       u.cash, u.avoidance, u.soft, u.ebitda_fx, u.cash_fx
FROM measure_figures AS f
JOIN measure_series AS s ON s.measure_id = f.measure_id
CROSS JOIN figures_settings AS t
CROSS JOIN LATERAL unnest(s.months, s.recurring, s.one_off, s.capex, s.cash, s.avoidance, s.soft, s.ebitda_fx,
                          s.cash_fx)
    AS u (month, recurring, one_off, capex, cash, avoidance, soft, ebitda_fx, cash_fx);

CREATE VIEW reporting.status_day AS
SELECT d.measure_id, d.day, CAST(date_trunc('month', d.day) AS date) AS month, d.stage, d.gate, d.implementation,
       d.reasons ->> 'implementation' AS implementation_reason, d.potential,
       d.reasons ->> 'potential' AS potential_reason, d.plan_net, d.forecast_net, d.actual_net, d.currency
FROM status_day AS d;

CREATE VIEW reporting.finding AS
SELECT m.id AS measure_id, CAST(one.n AS integer) AS number, one.value ->> 'code' AS code,
       one.value ->> 'subject' AS subject, one.value ->> 'sentence' AS sentence,
       CAST(one.value ->> 'since' AS timestamptz) AS since
FROM measure AS m CROSS JOIN LATERAL jsonb_array_elements(m.findings) WITH ORDINALITY AS one (value, n)
WHERE m.unmapped_since IS NULL;

CREATE VIEW reporting.finding_version AS
SELECT v.measure_id, v.known_from, v.known_until, CAST(one.n AS integer) AS number, one.value ->> 'code' AS code,
       one.value ->> 'subject' AS subject, one.value ->> 'sentence' AS sentence,
       CAST(one.value ->> 'since' AS timestamptz) AS since
FROM (SELECT h.id, h.measure_id, h.known_from, h.findings, h.removed_reason,
             lead(h.known_from) OVER (PARTITION BY h.measure_id ORDER BY h.known_from, h.id) AS known_until
      FROM verdict_version AS h) AS v
CROSS JOIN LATERAL jsonb_array_elements(v.findings) WITH ORDINALITY AS one (value, n)
WHERE v.known_from IS DISTINCT FROM v.known_until AND v.removed_reason IS NULL;

CREATE VIEW reporting.blocker AS
SELECT m.id AS measure_id, CAST(one.n AS integer) AS number, one.value ->> 'stage' AS stage,
       one.value ->> 'code' AS code, one.value ->> 'subject' AS subject, one.value ->> 'sentence' AS sentence,
       CAST(one.value ->> 'since' AS timestamptz) AS since
FROM measure AS m
CROSS JOIN LATERAL jsonb_array_elements(
    CASE jsonb_typeof(m.verdict -> 'blockers') WHEN 'array' THEN m.verdict -> 'blockers' ELSE '[]' END)
    WITH ORDINALITY AS one (value, n)
WHERE m.unmapped_since IS NULL;

CREATE VIEW reporting.decision AS
SELECT d.id AS number, d.measure_id, d.decided_at, CAST(date_trunc('month', d.decided_at, 'UTC') AS date) AS month,
       d.stage, d.gate, d.mapping_version, d.policy_version, d.digest
FROM decision AS d;

-- What people have said: approvals, confirmations, holds and the rest, accepted or not.
CREATE VIEW reporting.command AS
SELECT c.id AS number, c.measure_id, c.given_at, CAST(date_trunc('month', c.given_at, 'UTC') AS date) AS month,
       c.verb, c.person, c.role, c.origin, c.ruled_at, c.accepted
FROM command AS c;

CREATE VIEW reporting.ledger_entry AS
SELECT l.id AS number, l.measure_id, nullif(l.service, '') AS service, l.version, l.kind, l.month, l.amount, l.currency,
       l.account, l.hard, nullif(l.pl_line, '') AS pl_line, l.spend, nullif(l.cost_centre, '') AS cost_centre,
       nullif(l.gl_account, '') AS gl_account, nullif(l.legal_entity, '') AS legal_entity,
       nullif(l.counterparty, '') AS counterparty, l.type, l.corrects, l.reverses, nullif(l.reason, '') AS reason,
       nullif(l.batch, '') AS batch, l.after_close, l.entered_at, l.entered_by
FROM ledger_entry AS l;

-- Gives the views to gatepost_reader, and lets logins of the database that are members of gatepost_reports read them, and
-- nothing else: not one table.  What such a login sees is what its person sees (report_login, row_visibility.sql).
CREATE FUNCTION gatepost_apply_reporting() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reader') THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reports') THEN
        BEGIN
            CREATE ROLE gatepost_reports NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
        END;
    END IF;
    BEGIN
        REVOKE ALL ON SCHEMA reporting FROM PUBLIC;
        GRANT USAGE, CREATE ON SCHEMA reporting TO gatepost_reader;
        FOR one IN SELECT c.relname AS name FROM pg_class AS c
            WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind = 'v'
        LOOP
            IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reports') THEN
                EXECUTE format('GRANT SELECT ON reporting.%I TO gatepost_reports', one.name);
            END IF;
            EXECUTE format('ALTER VIEW reporting.%I OWNER TO gatepost_reader', one.name);
        END LOOP;
        REVOKE CREATE ON SCHEMA reporting FROM gatepost_reader;
        IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_reports') THEN
            GRANT USAGE ON SCHEMA reporting TO gatepost_reports;
        END IF;
    -- A login that may not hand them over: nobody but itself reads them, and gatepost doctor says so.
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN RETURN false;
    END;
    RETURN true;
END $$;
