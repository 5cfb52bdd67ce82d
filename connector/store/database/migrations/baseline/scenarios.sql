-- Scenarios: what would be deferred, paused or stopped together; and the proposals that a chosen one becomes.

CREATE TABLE scenario (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL CHECK (name <> ''),
    -- Logins of those who work on it, for people; they see no more by it.
    people     text[] NOT NULL DEFAULT '{}',
    -- The measure that slips, if one does.
    because_of text NOT NULL DEFAULT '',
    portfolio  text,
    program    text,
    -- The moment of the figures that it was saved with.
    as_of      timestamptz NOT NULL,
    -- The moment of the past as of which it was made; NULL for one of its present.  Such a one is never chosen.
    known_at   timestamptz CHECK (known_at IS NULL OR chosen_at IS NULL),
    -- governance.scenario.ScenarioFigures
    figures    jsonb NOT NULL,
    -- Every measure that is named in the figures: whoever sees all of them sees the scenario.
    measures   text[] NOT NULL CHECK (measures <> '{}'),
    saved_by   text NOT NULL,
    saved_at   timestamptz NOT NULL,
    chosen_by  text,
    chosen_at  timestamptz
);

CREATE TABLE scenario_proposal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scenario_id bigint NOT NULL REFERENCES scenario (id),
    measure_id  text NOT NULL REFERENCES measure (id),
    lever       text NOT NULL CHECK (lever IN ('defer', 'pause', 'stop')),
    months      integer NOT NULL,
    goal        text NOT NULL,
    -- Of this measure alone: who decides on it need not see the others.
    relief      numeric NOT NULL,
    given_up    numeric NOT NULL,
    currency    text NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'giving', 'accepted', 'declined', 'withdrawn')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by  text,
    decided_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    -- The command that an accepted one became, and its number among the submitted ones.
    command     text NOT NULL DEFAULT '',
    given       bigint
);
-- Nobody is asked two things of one measure at once.
CREATE UNIQUE INDEX scenario_proposal_open ON scenario_proposal (measure_id) WHERE state IN ('open', 'giving');
CREATE INDEX scenario_proposal_of ON scenario_proposal (scenario_id);
