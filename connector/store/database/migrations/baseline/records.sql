-- Decisions, commands and locked plans.  Rows are written once: see written_once.sql.

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
    -- Of verdict and evidence without the names of people.
    digest          text NOT NULL DEFAULT '',
    -- By account of the tool, the names in verdict and evidence (personal_data.sql).
    names           jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX decision_of_measure ON decision (measure_id, id);

-- Commands that were submitted on a page or through the API; each keeps its row after a worker has ruled on it.
CREATE TABLE submitted_command (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id    text NOT NULL REFERENCES measure (id),
    given_by      text NOT NULL,
    account       text NOT NULL,
    account_name  text NOT NULL,
    account_login text NOT NULL DEFAULT '',
    text          text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('page', 'api')),
    given_at      timestamptz NOT NULL
);
CREATE INDEX submitted_command_of_measure ON submitted_command (measure_id, id);

CREATE TABLE command (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measure_id   text NOT NULL REFERENCES measure (id),
    origin       text NOT NULL,
    origin_id    text NOT NULL,
    ordinal      integer NOT NULL DEFAULT 1,
    submitted_id bigint REFERENCES submitted_command (id),
    verb         text NOT NULL,
    person       text NOT NULL,
    given_at     timestamptz NOT NULL,
    ruled_at     timestamptz NOT NULL,
    accepted     boolean NOT NULL,
    role         text,
    content      jsonb NOT NULL,
    CONSTRAINT command_origin CHECK (origin IN ('comment', 'page', 'approval')),
    CONSTRAINT command_submitted_page CHECK ((origin = 'page') = (submitted_id IS NOT NULL))
);
CREATE INDEX command_of_measure ON command (measure_id, origin, origin_id, ordinal, id);
CREATE UNIQUE INDEX command_submitted ON command (submitted_id) WHERE submitted_id IS NOT NULL;
CREATE INDEX command_delegations ON command (verb) WHERE verb = 'delegate';

CREATE TABLE plan_version (
    measure_id  text NOT NULL REFERENCES measure (id),
    number      integer NOT NULL,
    locked_at   timestamptz NOT NULL,
    reason      text NOT NULL,
    approved_by jsonb NOT NULL,
    lines       jsonb NOT NULL,
    terms       jsonb,
    rates       jsonb,
    PRIMARY KEY (measure_id, number)
);
