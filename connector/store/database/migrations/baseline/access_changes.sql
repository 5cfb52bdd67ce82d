-- Changes of access that wait for a second administrator, and what became of them.

CREATE TABLE access_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('grant', 'link', 'unlink', 'identity', 'enable', 'group rule')),
    person_id    bigint REFERENCES person (id) ON DELETE CASCADE,
    role         text,
    hierarchy    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(hierarchy) <= 4),
    legal_entity text,
    connection   text,
    account      text,
    group_name   text,
    requested_by text NOT NULL,
    -- NULL for the command line, where no person is known.
    requester_id bigint REFERENCES person (id) ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    outcome      text CHECK (outcome IN ('accepted', 'refused', 'ended')),
    settled_at   timestamptz,
    settled_by   text
);
CREATE INDEX access_change_waiting ON access_change (id) WHERE outcome IS NULL;

-- Refusals, failed sign-ins and exports, counted until their minute or hour is over and each count
-- becomes one entry of the audit.
CREATE TABLE counted_event (
    kind    text NOT NULL,
    since   timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    login   text NOT NULL,
    address text NOT NULL,
    about   text NOT NULL,
    -- What the first of them asked for.
    example text NOT NULL,
    times   bigint NOT NULL,
    PRIMARY KEY (kind, since, login, address, about)
);
