-- Items as they were read, and the measures that they are: their verdict, money, history by day, and rates.

CREATE TABLE work_item (
    connection         text NOT NULL REFERENCES connection (name),
    native_id          text NOT NULL,
    key                text NOT NULL,
    url                text NOT NULL,
    snapshot           jsonb NOT NULL,
    version            text NOT NULL,
    read_at            timestamptz NOT NULL,
    unreachable_since  timestamptz,
    former_keys        text[] NOT NULL DEFAULT '{}',
    unreachable_reason text,
    -- Ids and keys of the items of the same connection on which the item's evidence rests: its children and links.
    rests_on           text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (connection, native_id)
);
CREATE INDEX work_item_rests_on ON work_item USING gin (rests_on);
-- For readers: under row-level security PostgreSQL looks into no index on an array.
CREATE INDEX work_item_with_rests ON work_item (connection, native_id) INCLUDE (rests_on) WHERE rests_on <> '{}';
CREATE INDEX work_item_key ON work_item (key);
CREATE INDEX work_item_former_keys ON work_item USING gin (former_keys);
CREATE INDEX work_item_read ON work_item (read_at DESC);

-- Accounts of the roles beside owner, sponsor and controller: connection, record separator, id.
CREATE FUNCTION gatepost_further_holders(connection text, facts jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT connection || E'\x1e' || (held.value ->> 'id')), '{}')
    FROM jsonb_each(CASE jsonb_typeof(facts #> '{roles,further}') WHEN 'object' THEN facts #> '{roles,further}'
                         ELSE '{}' END) AS held
    WHERE held.value ->> 'id' IS NOT NULL
$$;

CREATE TABLE measure (
    id              text PRIMARY KEY,
    connection      text NOT NULL,
    native_id       text NOT NULL,
    key             text NOT NULL,
    title           text,
    rule            text NOT NULL,
    portfolio       text,
    program         text,
    project         text,
    package         text,
    business_unit   text,
    legal_entity    text,
    owner           text,
    sponsor         text,
    controller      text,
    stage           text,
    tool_stage      text,
    gate            text NOT NULL,
    implementation  text NOT NULL,
    potential       text NOT NULL,
    currency        text,
    plan_net        numeric,
    forecast_net    numeric,
    actual_net      numeric,
    variance_net    numeric,
    facts           jsonb NOT NULL,
    verdict         jsonb NOT NULL,
    verdict_digest  text NOT NULL,
    effects_digest  text NOT NULL,
    -- Of everything that its newest version holds (verdict_history.sql); empty asks for another version.
    known_digest    text NOT NULL DEFAULT '',
    mapping_version integer NOT NULL REFERENCES mapping_version (number),
    policy_version  text NOT NULL,
    assessed_at     timestamptz NOT NULL,
    unmapped_since  timestamptz,
    unmapped_reason text,
    measure_state   jsonb NOT NULL DEFAULT '{}',
    reassess_at     timestamptz,
    -- As governance.claims.baseline_key writes the name; the name as it was written is in the facts.
    baseline_id     text,
    item_created_at timestamptz,
    -- The oldest month with a booked hard benefit that nobody has signed, or no longer as it is booked.
    unvalidated_since date,
    explanation     text NOT NULL DEFAULT '',
    findings        jsonb NOT NULL DEFAULT '[]',
    -- The accounts of the former and the new holder of every role whose change nobody has accepted, as in
    -- gatepost.accounts: they see the measure, and are asked about it.
    role_change_parties text[] NOT NULL DEFAULT '{}',
    owner_id        text GENERATED ALWAYS AS (facts #>> '{roles,owner,id}') STORED,
    sponsor_id      text GENERATED ALWAYS AS (facts #>> '{roles,sponsor,id}') STORED,
    controller_id   text GENERATED ALWAYS AS (facts #>> '{roles,controller,id}') STORED,
    -- The accounts that hold the roles which a mapping adds, as in gatepost.accounts.
    further_holders text[] GENERATED ALWAYS AS (gatepost_further_holders(connection, facts)) STORED,
    -- What controllers have signed, so that nobody unpacks the verdict of every measure to add it up.
    signed          jsonb GENERATED ALWAYS AS (NULLIF(verdict -> 'signed', '[]')) STORED,
    FOREIGN KEY (connection, native_id) REFERENCES work_item (connection, native_id),
    UNIQUE (connection, native_id)
);
CREATE INDEX measure_further_holders ON measure USING gin (further_holders);
CREATE INDEX measure_with_further_holders ON measure (id) WHERE further_holders <> '{}';
CREATE INDEX measure_place ON measure (portfolio, program, project, package);
CREATE INDEX measure_reassess ON measure (reassess_at) WHERE unmapped_since IS NULL;
CREATE INDEX measure_baseline ON measure (baseline_id) WHERE baseline_id IS NOT NULL;
CREATE INDEX measure_owner ON measure (owner_id);
CREATE INDEX measure_sponsor ON measure (sponsor_id);
CREATE INDEX measure_controller ON measure (controller_id);
CREATE INDEX measure_role_change_parties ON measure USING gin (role_change_parties);
CREATE INDEX measure_role_changes ON measure (id) WHERE role_change_parties <> '{}';
CREATE INDEX measure_program ON measure (program);
CREATE INDEX measure_key ON measure (key);
CREATE INDEX measure_legal_entity ON measure (lower(legal_entity), id) INCLUDE (key, legal_entity, unmapped_since);
-- In the order in which they are listed, so that whoever looks at fifty reads little more.
CREATE INDEX measure_unvalidated ON measure (key, id) INCLUDE (unvalidated_since, legal_entity, unmapped_since)
    WHERE unvalidated_since IS NOT NULL;

CREATE TABLE effect_line (
    measure_id text NOT NULL REFERENCES measure (id),
    version    text NOT NULL CHECK (version IN ('plan', 'forecast', 'actual')),
    kind       text NOT NULL CHECK (kind IN ('benefit', 'one_off_benefit', 'recurring_cost', 'one_off_cost', 'capex',
                                                  'legacy_cost', 'depreciation', 'tax')),
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    amount     numeric NOT NULL,
    currency   text NOT NULL,
    account    text NOT NULL DEFAULT 'ebitda',
    hard       boolean NOT NULL DEFAULT true,
    pl_line    text NOT NULL DEFAULT '',
    -- A planned amount of a locked plan, of whose month and kind nothing is booked.
    is_unbooked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (measure_id, version, kind, month, currency, account, hard, pl_line)
);
-- In which currencies a month is when it is closed: without a look at the lines themselves.
CREATE INDEX effect_line_month ON effect_line (month, version, currency, kind, measure_id) INCLUDE (amount, account);
-- What a month lacks, measure by measure: whoever looks at fifty reads fifty, however many there are.
CREATE INDEX effect_line_unbooked ON effect_line (month, measure_id, kind) WHERE is_unbooked;

-- Items of other connections that a measure depends on.
CREATE TABLE dependency (
    measure_id    text NOT NULL REFERENCES measure (id),
    on_connection text NOT NULL,
    on_name       text NOT NULL,
    PRIMARY KEY (measure_id, on_connection, on_name)
);
CREATE INDEX dependency_on ON dependency (on_connection, on_name);

CREATE TABLE status_day (
    measure_id     text NOT NULL REFERENCES measure (id),
    day            date NOT NULL,
    stage          text,
    gate           text NOT NULL,
    implementation text NOT NULL,
    potential      text NOT NULL,
    reasons        jsonb NOT NULL,
    plan_net       numeric,
    forecast_net   numeric,
    actual_net     numeric,
    currency       text,
    PRIMARY KEY (measure_id, day)
);

CREATE TABLE exchange_rate (
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    "to"     text NOT NULL CHECK ("to" ~ '^[A-Z]{3}$'),
    kind     text NOT NULL CHECK (kind IN ('average', 'closing', 'budget')),
    since    date NOT NULL,
    factor   numeric NOT NULL CHECK (factor > 0),
    source   text NOT NULL,
    PRIMARY KEY (currency, "to", kind, since)
);
