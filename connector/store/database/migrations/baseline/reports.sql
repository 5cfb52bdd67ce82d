-- Reports that somebody keeps by a number, and what a meeting decided on them.

-- A number is made of what it names: the same moment and part have the same number.
CREATE TABLE report_snapshot (
    id              text PRIMARY KEY,
    known_at        timestamptz NOT NULL,
    compared_at     timestamptz,
    filters         jsonb NOT NULL,
    rates           text NOT NULL,
    mapping_version integer REFERENCES mapping_version (number),
    -- The last entry of the ledger by then.
    ledger_position bigint NOT NULL,
    made_by         text NOT NULL,
    made_at         timestamptz NOT NULL
);

CREATE TABLE meeting_decision (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id   text REFERENCES report_snapshot (id),
    measure_id  text NOT NULL REFERENCES measure (id),
    -- The command that it becomes, as in a comment.
    command     text NOT NULL,
    minutes     text NOT NULL,
    met_on      date NOT NULL,
    entered_by  text NOT NULL,
    entered_at  timestamptz NOT NULL,
    -- Once somebody who may has given it: the number of the submitted command, and who gave it.
    given       bigint,
    given_by    text,
    given_at    timestamptz,
    UNIQUE (measure_id, command, minutes)
);
CREATE INDEX meeting_decision_open ON meeting_decision (measure_id) WHERE given IS NULL;

-- The template of the organisation's decks.  No reader sees it: a deck is written in it for them.
CREATE TABLE deck_template (
    -- At most one row.
    is_stored      boolean PRIMARY KEY DEFAULT true CHECK (is_stored),
    file_name      text NOT NULL,
    content        bytea NOT NULL,
    sha256         text NOT NULL,
    front_layout   text NOT NULL,
    content_layout text NOT NULL,
    -- What it lacks, in sentences.
    notes          jsonb NOT NULL DEFAULT '[]',
    stored_by      text NOT NULL,
    stored_at      timestamptz NOT NULL
);
