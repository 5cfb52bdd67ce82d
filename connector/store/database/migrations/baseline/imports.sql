-- Imports of money: the files as they came, how they were read, what each states, and what waits for a decision.

CREATE TABLE money_file (
    sha256  text PRIMARY KEY,
    name    text NOT NULL,
    content bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);

-- A profile is never changed: each change is a number more.
CREATE TABLE money_profile (
    name       text NOT NULL,
    number     integer NOT NULL,
    digest     text NOT NULL,
    source     text NOT NULL,
    author     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, number)
);

CREATE TABLE money_import (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The profile, or the source of a sweep; statements of one stream replace one another.
    stream         text NOT NULL,
    profile_number integer,
    profile_digest text NOT NULL DEFAULT '',
    file           text NOT NULL,
    sha256         text REFERENCES money_file (sha256),
    -- The day that the file is of: the newest statement of a key counts.
    as_of          date NOT NULL,
    lines          bigint NOT NULL,
    entries        bigint NOT NULL,
    -- What was shown before it was confirmed: totals, notes.
    report         jsonb NOT NULL DEFAULT '{}',
    imported_by    text NOT NULL,
    imported_at    timestamptz NOT NULL,
    taken_back_by  text,
    taken_back_at  timestamptz,
    reason         text NOT NULL DEFAULT ''
);
CREATE INDEX money_import_stream ON money_import (stream, id);
CREATE INDEX money_import_file ON money_import (sha256);

CREATE TABLE money_statement (
    import_id bigint NOT NULL REFERENCES money_import (id),
    key       text NOT NULL,
    amount    numeric NOT NULL,
    version   text NOT NULL,
    month     date NOT NULL,
    PRIMARY KEY (key, import_id)
);
CREATE INDEX money_statement_import ON money_statement (import_id);

-- Rows that match no measure: shown, given to somebody with a deadline, and decided.
CREATE TABLE money_quarantine (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id  bigint NOT NULL REFERENCES money_import (id),
    stream     text NOT NULL,
    subject    text NOT NULL,
    gap        text NOT NULL,
    -- The stated lines, as connector/store/ledger/quarantine.py writes them.
    lines      jsonb NOT NULL,
    amount     numeric NOT NULL,
    currency   text NOT NULL,
    months     date[] NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'dismissed', 'superseded', 'taken back')),
    owner      text NOT NULL,
    due_at     date NOT NULL,
    measure_id text REFERENCES measure (id),
    reason     text NOT NULL DEFAULT '',
    decided_by text,
    decided_at timestamptz
);
CREATE UNIQUE INDEX money_quarantine_open ON money_quarantine (stream, lower(subject), gap, currency) WHERE state = 'open';
CREATE INDEX money_quarantine_import ON money_quarantine (import_id);

-- Sources of money in the tools: when each was swept last, and what became of it.
CREATE TABLE money_source (
    stream     text PRIMARY KEY,
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    swept_at   timestamptz NOT NULL,
    import_id  bigint REFERENCES money_import (id),
    sentences  jsonb NOT NULL,
    failed     boolean NOT NULL
);

-- Files that were to be imported and could not be read or posted; gone when the stream or the file is imported.
CREATE TABLE money_failed_file (
    stream    text PRIMARY KEY,
    file      text NOT NULL,
    failed_by text NOT NULL,
    failed_at timestamptz NOT NULL,
    sentence  text NOT NULL
);

-- How far an import on a page has come, by the number that its form was given.
CREATE TABLE money_progress (
    job   text PRIMARY KEY,
    login text NOT NULL,
    step  text NOT NULL,
    done  bigint NOT NULL,
    total bigint NOT NULL,
    at    timestamptz NOT NULL
);

-- What a subject of a file means, since somebody decided it.
CREATE TABLE money_alias (
    stream     text NOT NULL,
    subject    text NOT NULL,
    measure_id text NOT NULL REFERENCES measure (id),
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (stream, subject)
);
