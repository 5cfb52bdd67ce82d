"""The first tables: connections, inbox, dirty keys, work items, measures, decisions, outbox, audit.

Revision ID: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
CREATE TABLE connection (
    name            text PRIMARY KEY,
    tool            text NOT NULL CHECK (tool IN ('jira', 'servicenow')),
    base_url        text NOT NULL,
    username        text NOT NULL,
    credential      bytea NOT NULL,
    webhook_secrets bytea[] NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    paused_at       timestamptz,
    paused_until    timestamptz,
    paused_reason   text
);

CREATE TABLE mapping_version (
    number       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       text NOT NULL,
    source       text NOT NULL,
    author       text NOT NULL,
    reason       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz,
    state        text NOT NULL CHECK (state IN ('draft', 'active', 'superseded'))
);
CREATE UNIQUE INDEX mapping_version_one_active ON mapping_version (state) WHERE state = 'active';

CREATE TABLE inbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection  text NOT NULL REFERENCES connection (name),
    delivery_id text NOT NULL,
    part        smallint NOT NULL DEFAULT 0,
    event       text NOT NULL,
    native_id   text,
    body        bytea,
    received_at timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL CHECK (state IN ('pending', 'done', 'superseded', 'ignored', 'parked')),
    reason      text,
    settled_at  timestamptz,
    UNIQUE (connection, delivery_id, part)
);
CREATE INDEX inbox_pending ON inbox (connection, native_id, id) WHERE state = 'pending';

CREATE TABLE dirty_key (
    connection         text NOT NULL REFERENCES connection (name),
    native_id          text NOT NULL,
    generation         bigint NOT NULL DEFAULT 1,
    inbox_id           bigint,
    first_dirty_at     timestamptz NOT NULL DEFAULT now(),
    due_at             timestamptz NOT NULL DEFAULT now(),
    attempts           integer NOT NULL DEFAULT 0,
    state              text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'parked')),
    reason             text,
    claimed_by         bigint,
    claim_token        uuid,
    claimed_until      timestamptz,
    claimed_generation bigint,
    claimed_inbox_id   bigint,
    PRIMARY KEY (connection, native_id)
) WITH (fillfactor = 70);
CREATE INDEX dirty_key_claimable ON dirty_key (connection, due_at) WHERE state = 'waiting' AND claim_token IS NULL;
CREATE INDEX dirty_key_claimed ON dirty_key (claimed_by) WHERE claim_token IS NOT NULL;

CREATE TABLE work_item (
    connection        text NOT NULL REFERENCES connection (name),
    native_id         text NOT NULL,
    key               text NOT NULL,
    url               text NOT NULL,
    snapshot          jsonb NOT NULL,
    version           text NOT NULL,
    read_at           timestamptz NOT NULL,
    unreachable_since timestamptz,
    PRIMARY KEY (connection, native_id)
);
CREATE INDEX work_item_key ON work_item (key);

CREATE TABLE measure (
    id               text PRIMARY KEY,
    connection       text NOT NULL,
    native_id        text NOT NULL,
    key              text NOT NULL,
    title            text,
    rule             text NOT NULL,
    portfolio        text,
    program          text,
    project          text,
    package          text,
    business_unit    text,
    legal_entity     text,
    owner            text,
    sponsor          text,
    controller       text,
    stage            text,
    tool_stage       text,
    gate             text NOT NULL,
    implementation   text NOT NULL,
    potential        text NOT NULL,
    currency         text,
    plan_net         numeric,
    forecast_net     numeric,
    actual_net       numeric,
    variance_net     numeric,
    facts            jsonb NOT NULL,
    verdict          jsonb NOT NULL,
    blockers_since   jsonb NOT NULL DEFAULT '{}',
    verdict_digest   text NOT NULL,
    effects_digest   text NOT NULL,
    mapping_version  integer NOT NULL REFERENCES mapping_version (number),
    policy_version   text NOT NULL,
    assessed_at      timestamptz NOT NULL,
    unmapped_since   timestamptz,
    unmapped_reason  text,
    UNIQUE (connection, native_id),
    FOREIGN KEY (connection, native_id) REFERENCES work_item (connection, native_id)
);
CREATE INDEX measure_place ON measure (portfolio, program, project, package);

CREATE TABLE effect_line (
    measure_id text NOT NULL REFERENCES measure (id),
    version    text NOT NULL CHECK (version IN ('plan', 'forecast', 'actual')),
    kind       text NOT NULL CHECK (kind IN ('benefit', 'recurring_cost', 'one_off_cost', 'capex')),
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    amount     numeric NOT NULL,
    currency   text NOT NULL,
    PRIMARY KEY (measure_id, version, kind, month, currency)
);

CREATE TABLE decision (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id      text NOT NULL REFERENCES measure (id),
    decided_at      timestamptz NOT NULL,
    stage           text,
    gate            text NOT NULL,
    verdict         jsonb NOT NULL,
    evidence        jsonb NOT NULL,
    mapping_version integer NOT NULL REFERENCES mapping_version (number),
    policy_version  text NOT NULL
);
CREATE INDEX decision_of_measure ON decision (measure_id, id);

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection    text NOT NULL REFERENCES connection (name),
    native_id     text NOT NULL,
    key           text NOT NULL,
    wanted        jsonb NOT NULL,
    changes       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(),
    attempts      integer NOT NULL DEFAULT 0,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'superseded', 'parked')),
    reason        text,
    claimed_by    bigint,
    claim_token   uuid,
    claimed_until timestamptz,
    settled_at    timestamptz
);
CREATE INDEX outbox_waiting ON outbox (connection, due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_waiting_item ON outbox (connection, native_id) WHERE state = 'waiting';
CREATE INDEX outbox_claimed ON outbox (claimed_by) WHERE claim_token IS NOT NULL;

CREATE TABLE last_written (
    connection text NOT NULL,
    native_id  text NOT NULL,
    field      text NOT NULL,
    value      text,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, native_id, field)
);

CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text NOT NULL,
    action  text NOT NULL,
    subject text NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_of_subject ON audit (subject, id);

CREATE TABLE worker (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host       text NOT NULL,
    pid        integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    stopped_at timestamptz
);
"""

TABLES = (
    "worker",
    "audit",
    "last_written",
    "outbox",
    "decision",
    "effect_line",
    "measure",
    "work_item",
    "dirty_key",
    "inbox",
    "mapping_version",
    "connection",
)


def upgrade() -> None:
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
