-- What was decided, said and planned.  Rows are written once: see written_once.sql.

CREATE TABLE decision (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id      text NOT NULL REFERENCES measure (id),
    decided_at      timestamptz NOT NULL,
    stage           text,
    gate            text NOT NULL,
    verdict         jsonb NOT NULL,
    evidence        jsonb NOT NULL,
    mapping_version integer NOT NULL REFERENCES mapping_version (number),
    policy_version  text NOT NULL,
    digest          text NOT NULL DEFAULT ''
);
CREATE INDEX decision_of_measure ON decision (measure_id, id);

-- What was said on a page or through the API, until and after a worker rules on it.
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

CREATE TABLE statement (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id   text NOT NULL REFERENCES measure (id),
    origin       text NOT NULL,
    origin_id    text NOT NULL,
    ordinal      integer NOT NULL DEFAULT 1,
    submitted_id bigint REFERENCES utterance (id),
    verb         text NOT NULL,
    person       text NOT NULL,
    said_at      timestamptz NOT NULL,
    heard_at     timestamptz NOT NULL,
    accepted     boolean NOT NULL,
    role         text,
    content      jsonb NOT NULL,
    CONSTRAINT statement_origin CHECK (origin IN ('comment', 'page', 'approval')),
    CONSTRAINT statement_submitted_page CHECK ((origin = 'page') = (submitted_id IS NOT NULL))
);
CREATE INDEX statement_of_measure ON statement (measure_id, origin, origin_id, ordinal, id);
CREATE UNIQUE INDEX statement_submitted ON statement (submitted_id) WHERE submitted_id IS NOT NULL;
CREATE INDEX statement_delegations ON statement (verb) WHERE verb = 'delegate';

CREATE TABLE plan_version (
    measure_id  text NOT NULL REFERENCES measure (id),
    number      integer NOT NULL,
    locked_at   timestamptz NOT NULL,
    reason      text NOT NULL,
    approved_by jsonb NOT NULL,
    lines       jsonb NOT NULL,
    PRIMARY KEY (measure_id, number)
);
