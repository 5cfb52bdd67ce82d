-- How work flows: events, items that have to be looked at, writes, sweeps, workers.

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
    -- The tool said that its item is gone: whatever waits for it is given up.
    item_deleted boolean NOT NULL DEFAULT false,
    UNIQUE (connection, delivery_id, part)
);
CREATE INDEX inbox_pending ON inbox (connection, native_id, id) WHERE state = 'pending';
CREATE INDEX inbox_received ON inbox (received_at);
CREATE INDEX inbox_parked ON inbox (connection, native_id) WHERE state = 'parked';
CREATE INDEX inbox_bodied ON inbox (received_at) WHERE body IS NOT NULL;

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
CREATE INDEX dirty_key_claimed ON dirty_key (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX dirty_key_parked ON dirty_key (connection, native_id) WHERE state = 'parked';
-- What an event rang for comes before what is looked at again in bulk: false sorts before true.
CREATE INDEX dirty_key_order ON dirty_key (connection, (inbox_id IS NULL), due_at)
    WHERE state = 'waiting' AND claim_token IS NULL;

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
    settled_at    timestamptz,
    answer        jsonb,
    alike         text,
    bulk_task     text,
    version       text
);
CREATE INDEX outbox_waiting ON outbox (connection, due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_waiting_item ON outbox (connection, native_id) WHERE state = 'waiting';
CREATE INDEX outbox_claimed ON outbox (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX outbox_alike ON outbox (connection, alike) WHERE state = 'waiting' AND alike IS NOT NULL;
CREATE INDEX outbox_parked ON outbox (connection, native_id) WHERE state = 'parked';
CREATE INDEX outbox_done ON outbox (settled_at) WHERE state = 'done';
CREATE INDEX outbox_bulk ON outbox (connection, bulk_task) WHERE state = 'waiting' AND bulk_task IS NOT NULL;
CREATE INDEX outbox_superseded ON outbox (settled_at) WHERE state = 'superseded';

CREATE TABLE last_written (
    connection text NOT NULL,
    native_id  text NOT NULL,
    field      text NOT NULL,
    value      text,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, native_id, field)
);

CREATE TABLE sweep (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('changed', 'full')),
    query      text NOT NULL,
    since      timestamptz,
    began_at   timestamptz NOT NULL,
    page       text,
    seen       integer NOT NULL DEFAULT 0,
    marked     integer NOT NULL DEFAULT 0,
    total      integer,
    ended_at   timestamptz,
    due_at     timestamptz NOT NULL DEFAULT now(),
    error      text,
    PRIMARY KEY (connection, kind)
);

CREATE TABLE sweep_seen (
    connection text NOT NULL,
    native_id  text NOT NULL,
    PRIMARY KEY (connection, native_id)
);

CREATE TABLE worker (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host       text NOT NULL,
    pid        integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    stopped_at timestamptz
);
