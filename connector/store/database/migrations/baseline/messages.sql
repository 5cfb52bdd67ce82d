-- Digests to people and alerts to whoever runs Gatepost.

CREATE TABLE digest (
    person_id  bigint PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    address    bytea NOT NULL,
    frequency  text NOT NULL CHECK (frequency IN ('daily', 'weekly', 'off')),
    hour       smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row a person and day, made before anything is sent: whoever makes it is the one who sends.
CREATE TABLE digest_day (
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    day        date NOT NULL,
    state      text NOT NULL CHECK (state IN ('claimed', 'sent', 'nothing', 'failed')),
    item_count integer NOT NULL DEFAULT 0,
    attempts   smallint NOT NULL DEFAULT 1,
    reason     text,
    claimed_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (person_id, day)
);

-- Open while its cause lasts, and of one cause only one is open: so it is raised once, however many workers see it.
CREATE TABLE alert (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL,
    subject       text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    raised_at     timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
    reason        text,
    sent_to       text[] NOT NULL DEFAULT '{}',
    attempts      integer NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    settled_at    timestamptz
);
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE ended_at IS NULL;
CREATE INDEX alert_waiting ON alert (subject, id) WHERE state = 'waiting';
