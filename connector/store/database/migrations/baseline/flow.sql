-- How work flows: events, items to be assessed, writes, sweeps, workers.

CREATE TABLE inbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection   text NOT NULL REFERENCES connection (name),
    delivery_id  text NOT NULL,
    item_index   smallint NOT NULL DEFAULT 0,
    event        text NOT NULL,
    native_id    text,
    received_at  timestamptz NOT NULL DEFAULT now(),
    state        text NOT NULL CHECK (state IN ('pending', 'done', 'superseded', 'ignored', 'dead_letter')),
    reason       text,
    settled_at   timestamptz,
    -- The tool reported that the item was deleted: work that waits for it is dropped.
    item_deleted boolean NOT NULL DEFAULT false,
    UNIQUE (connection, delivery_id, item_index)
);
CREATE INDEX inbox_pending ON inbox (connection, native_id, id) WHERE state = 'pending';
CREATE INDEX inbox_received ON inbox (received_at);
CREATE INDEX inbox_dead_letters ON inbox (connection, native_id) WHERE state = 'dead_letter';

CREATE TABLE dirty_key (
    connection         text NOT NULL REFERENCES connection (name),
    native_id          text NOT NULL,
    generation         bigint NOT NULL DEFAULT 1,
    inbox_id           bigint,
    first_dirty_at     timestamptz NOT NULL DEFAULT now(),
    due_at             timestamptz NOT NULL DEFAULT now(),
    attempts           integer NOT NULL DEFAULT 0,
    state              text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead_letter')),
    reason             text,
    claimed_by         bigint,
    claim_token        uuid,
    claimed_until      timestamptz,
    claimed_generation bigint,
    claimed_inbox_id   bigint,
    PRIMARY KEY (connection, native_id)
) WITH (fillfactor = 70);
CREATE INDEX dirty_key_claimed ON dirty_key (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX dirty_key_dead_letters ON dirty_key (connection, native_id) WHERE state = 'dead_letter';
-- Items that an event marked come before items that are reassessed in bulk: false sorts before true.
CREATE INDEX dirty_key_order ON dirty_key (connection, (inbox_id IS NULL), due_at)
    WHERE state = 'waiting' AND claim_token IS NULL;

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection    text NOT NULL REFERENCES connection (name),
    native_id     text NOT NULL,
    key           text NOT NULL,
    target_values jsonb NOT NULL,
    changes       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(),
    attempts      integer NOT NULL DEFAULT 0,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'superseded', 'dead_letter')),
    reason        text,
    claimed_by    bigint,
    claim_token   uuid,
    claimed_until timestamptz,
    settled_at    timestamptz,
    reply_comment jsonb,
    bulk_key      text,
    bulk_task     text,
    version       text
);
CREATE INDEX outbox_waiting ON outbox (connection, due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_waiting_item ON outbox (connection, native_id) WHERE state = 'waiting';
CREATE INDEX outbox_claimed ON outbox (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX outbox_bulk_key ON outbox (connection, bulk_key) WHERE state = 'waiting' AND bulk_key IS NOT NULL;
CREATE INDEX outbox_dead_letters ON outbox (connection, native_id) WHERE state = 'dead_letter';
CREATE INDEX outbox_done ON outbox (settled_at) WHERE state = 'done';
CREATE INDEX outbox_bulk_task ON outbox (connection, bulk_task) WHERE state = 'waiting' AND bulk_task IS NOT NULL;
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
    started_at timestamptz NOT NULL,
    cursor     text,
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
