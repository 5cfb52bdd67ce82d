-- Papers of the reporting calendar: since when each is known, which issues were made, and who got which copy.

CREATE TABLE paper (
    key           text PRIMARY KEY,
    -- What was due before is not sent: the paper was added then, or there was no worker yet.
    known_since   timestamptz NOT NULL,
    -- As it was then: with another one the paper counts anew.  Empty while the paper is not in the calendar.
    schedule      text NOT NULL DEFAULT '',
    paused_at     timestamptz,
    paused_by     text,
    paused_reason text
);

-- Made before anything is sent: whoever makes the row of a period is the one who sends it.
CREATE TABLE paper_issue (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paper        text NOT NULL REFERENCES paper (key),
    kind         text NOT NULL,
    name         text NOT NULL,
    period       text NOT NULL,
    -- Empty for the issue of the calendar; of one that somebody sent by hand the number of the request.
    request      text NOT NULL DEFAULT '',
    requested_by text,
    cut_off      timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    portfolio    text,
    program      text,
    legal_entity text,
    missed       boolean NOT NULL DEFAULT false,
    report_id    text REFERENCES report_snapshot (id),
    made_at      timestamptz NOT NULL,
    UNIQUE (paper, period, request)
);
CREATE INDEX paper_issue_newest ON paper_issue (paper, due_at DESC);

-- One recipient's copy; what became of it, and what exactly was sent.
CREATE TABLE paper_copy (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue_id      bigint NOT NULL REFERENCES paper_issue (id),
    person_id     bigint REFERENCES person (id) ON DELETE SET NULL,
    login         text NOT NULL,
    name          text NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN (
                      'waiting', 'sending', 'sent', 'nothing', 'withheld', 'dead_letter', 'dropped')),
    reason        text,
    attempts      integer NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL,
    claim_token   uuid,
    claimed_until timestamptz,
    attempted_at  timestamptz,
    settled_at    timestamptz,
    -- Without what is secret in it.
    address       text,
    title         text,
    text_sha256   text,
    documents     jsonb NOT NULL DEFAULT '[]',
    UNIQUE (issue_id, login)
);
CREATE INDEX paper_copy_waiting ON paper_copy (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX paper_copy_dead_letter ON paper_copy (id) WHERE state = 'dead_letter';
CREATE INDEX paper_copy_of ON paper_copy (person_id);
