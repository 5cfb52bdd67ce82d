-- Subscriptions with their deliveries, and answers that are given again under their Idempotency-Key.

CREATE TABLE subscription (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE,
    url               text NOT NULL,
    secrets           bytea[] NOT NULL CHECK (cardinality(secrets) BETWEEN 1 AND 2),
    rotated_at        timestamptz,
    events            text[] NOT NULL DEFAULT '{}',
    hierarchy         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(hierarchy) <= 4),
    legal_entity      text,
    per_minute        integer NOT NULL DEFAULT 300 CHECK (per_minute > 0),
    disabled_at       timestamptz,
    disabled_reason   text,
    failures          integer NOT NULL DEFAULT 0,
    failing_since     timestamptz,
    backoff_until     timestamptz,
    last_error        text,
    last_delivered_at timestamptz,
    created_by        text NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE subscription_delivery (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id bigint NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    message_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    event           text NOT NULL,
    measure_id      text REFERENCES measure (id),
    body            text NOT NULL,
    created_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead_letter')),
    reason          text,
    status          smallint,
    response        text,
    attempted_at    timestamptz,
    settled_at      timestamptz,
    claimed_by      bigint,
    claim_token     uuid,
    claimed_until   timestamptz,
    connection      text REFERENCES connection (name) ON DELETE CASCADE,
    CONSTRAINT subscription_delivery_about
        CHECK (num_nonnulls(measure_id, connection) = CASE event WHEN 'audit.head' THEN 0 ELSE 1 END)
);
CREATE INDEX subscription_delivery_waiting ON subscription_delivery (subscription_id, due_at, id)
    WHERE state = 'waiting';
CREATE INDEX subscription_delivery_waiting_measure ON subscription_delivery (subscription_id, measure_id, id)
    WHERE state = 'waiting';
CREATE INDEX subscription_delivery_claimed ON subscription_delivery (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX subscription_delivery_settled ON subscription_delivery (settled_at) WHERE state = 'done';
CREATE INDEX subscription_delivery_of ON subscription_delivery (subscription_id, id);
CREATE INDEX subscription_delivery_attempted ON subscription_delivery (subscription_id, attempted_at);
CREATE INDEX subscription_delivery_dead_letters ON subscription_delivery (subscription_id, id)
    WHERE state = 'dead_letter';
CREATE INDEX subscription_delivery_waiting_connection ON subscription_delivery (subscription_id, connection, id)
    WHERE state = 'waiting' AND connection IS NOT NULL;

CREATE TABLE idempotent_response (
    caller     text NOT NULL,
    key        text NOT NULL,
    request    text NOT NULL,
    status     smallint,
    headers    jsonb,
    body       text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotent_response_created ON idempotent_response (created_at);
