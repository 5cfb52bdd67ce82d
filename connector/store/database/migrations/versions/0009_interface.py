"""The interface: subscriptions with their deliveries, statements made on pages and by the API, kept answers.

``utterance`` is written once, like every statement that is made of it.

Revision ID: 0009
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP: LiteralString = """
CREATE TABLE subscription (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    url           text NOT NULL,
    secrets       bytea[] NOT NULL CHECK (cardinality(secrets) BETWEEN 1 AND 2),
    rotated_at    timestamptz,
    events        text[] NOT NULL DEFAULT '{}',
    place         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(place) <= 4),
    legal_entity  text,
    per_minute    integer NOT NULL DEFAULT 300 CHECK (per_minute > 0),
    off_at        timestamptz,
    off_reason    text,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    closed_until  timestamptz,
    last_error    text,
    last_taken_at timestamptz,
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE subscription_delivery (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id bigint NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    message_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    event           text NOT NULL,
    measure_id      text NOT NULL REFERENCES measure (id),
    body            text NOT NULL,
    created_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    tries           integer NOT NULL DEFAULT 0,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'parked')),
    reason          text,
    status          smallint,
    answer          text,
    tried_at        timestamptz,
    settled_at      timestamptz,
    claimed_by      bigint,
    claim_token     uuid,
    claimed_until   timestamptz
);
CREATE INDEX subscription_delivery_waiting ON subscription_delivery (subscription_id, due_at, id)
    WHERE state = 'waiting';
CREATE INDEX subscription_delivery_waiting_measure ON subscription_delivery (subscription_id, measure_id, id)
    WHERE state = 'waiting';
CREATE INDEX subscription_delivery_claimed ON subscription_delivery (claimed_by) WHERE claim_token IS NOT NULL;
CREATE INDEX subscription_delivery_settled ON subscription_delivery (settled_at) WHERE state = 'done';
CREATE INDEX subscription_delivery_of ON subscription_delivery (subscription_id, id);
CREATE INDEX subscription_delivery_tried ON subscription_delivery (subscription_id, tried_at);

CREATE TABLE utterance (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id    text NOT NULL REFERENCES measure (id),
    said_by       text NOT NULL,
    account       text NOT NULL,
    account_name  text NOT NULL,
    account_login text NOT NULL DEFAULT '',
    words         text NOT NULL,
    via           text NOT NULL CHECK (via IN ('page', 'api')),
    said_at       timestamptz NOT NULL
);
CREATE INDEX utterance_of_measure ON utterance (measure_id, id);
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON utterance FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON utterance FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE TABLE kept_answer (
    caller  text NOT NULL,
    key     text NOT NULL,
    request text NOT NULL,
    status  smallint,
    headers jsonb,
    body    text,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX kept_answer_made ON kept_answer (made_at);

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON subscription, subscription_delivery, kept_answer TO gatepost_app;
        GRANT SELECT, INSERT ON utterance TO gatepost_app;
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    END IF;
END $$;

-- The subscriptions themselves hold secrets: no reader sees that table.
SELECT gatepost_protect('subscription_delivery',
    '(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = subscription_delivery.measure_id)');
SELECT gatepost_protect('utterance',
    '(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = utterance.measure_id)');
"""

DOWN: LiteralString = """
DELETE FROM row_policy WHERE name IN ('subscription_delivery', 'utterance');
DROP TABLE kept_answer, utterance, subscription_delivery, subscription;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
