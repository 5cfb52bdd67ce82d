-- Versions of the mapping: at most one is active; and drafts, one for each person, which are no versions yet.

CREATE TABLE mapping_version (
    number        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest        text NOT NULL,
    source        text NOT NULL,
    author        text NOT NULL,
    reason        text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    activated_at  timestamptz,
    state         text NOT NULL CHECK (state IN ('draft', 'validated', 'previewed', 'active', 'superseded')),
    superseded_at timestamptz,
    restores      integer,
    -- By rule, with version and time, where moving back was switched on without moving what was ahead already.
    moving_starts jsonb NOT NULL DEFAULT '{}',
    -- Why it was activated although it did not fit its tools; empty where it fitted.
    override      text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX mapping_version_one_active ON mapping_version (state) WHERE state = 'active';

CREATE TABLE mapping_draft (
    person_id bigint PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    source    text NOT NULL,
    based_on  integer REFERENCES mapping_version (number),
    revision  integer NOT NULL DEFAULT 1,
    saved_at  timestamptz NOT NULL DEFAULT now()
);
