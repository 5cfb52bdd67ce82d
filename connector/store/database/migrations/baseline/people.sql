-- Who may use the pages and the API, what they are there, and where they are signed in.

CREATE TABLE person (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL,
    name          text NOT NULL,
    password_hash text,
    -- Somebody else set the password, and knows it: nothing is open until it is changed.
    password_is_first boolean NOT NULL DEFAULT false,
    oidc_issuer   text,
    oidc_subject  text,
    active        boolean NOT NULL DEFAULT true,
    locale        text,
    time_zone     text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- The last sign-in through the identity provider: tokens end when it is too old.
    provider_sign_in_at timestamptz,
    -- When they last ceased to be an administrator.
    administrator_until timestamptz,
    UNIQUE (oidc_issuer, oidc_subject)
);
CREATE UNIQUE INDEX person_login ON person (lower(login));

CREATE TABLE person_account (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    account    text NOT NULL,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (connection, account)
);
CREATE INDEX person_account_of ON person_account (person_id);

CREATE TABLE role_grant (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id    bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role         text NOT NULL,
    hierarchy    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(hierarchy) <= 4),
    legal_entity text,
    source       text NOT NULL DEFAULT 'hand' CHECK (source IN ('hand', 'group')),
    granted_by   text NOT NULL,
    granted_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX role_grant_of ON role_grant (person_id);

-- Which groups of the identity provider give which roles.
CREATE TABLE role_rule (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim        text NOT NULL,
    role         text NOT NULL,
    hierarchy    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(hierarchy) <= 4),
    legal_entity text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE web_session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    agent      text NOT NULL DEFAULT '',
    method     text NOT NULL CHECK (method IN ('password', 'provider')),
    -- When the person last entered the password or signed in at the provider; unknown when the provider does not say.
    authenticated_at timestamptz
);
CREATE INDEX web_session_of ON web_session (person_id);

CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '366 days'),
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_token_of ON api_token (person_id);

-- A program that is nobody: it has scopes in a part of the organisation, and decides nothing.
CREATE TABLE service_account (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,59}$'),
    client_id    text NOT NULL UNIQUE,
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    hierarchy    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(hierarchy) <= 4),
    legal_entity text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    used_at      timestamptz,
    revoked_at   timestamptz
);

-- Of a client; two of them work while one takes the place of the other.
CREATE TABLE service_secret (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_account_id bigint NOT NULL REFERENCES service_account (id) ON DELETE CASCADE,
    hash               bytea NOT NULL UNIQUE,
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL CHECK (expires_at <= created_at + interval '366 days')
);
CREATE INDEX service_secret_of ON service_secret (service_account_id);

-- Lives for minutes, and ends with the secret for which it was given.
CREATE TABLE service_token (
    hash       bytea PRIMARY KEY,
    secret_id  bigint NOT NULL REFERENCES service_secret (id) ON DELETE CASCADE,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '1 hour')
);
CREATE INDEX service_token_of ON service_token (secret_id);

-- A program on the person's phone that makes codes; the secret is encrypted.
CREATE TABLE second_factor (
    person_id    bigint PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    secret       bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- The period of the last code that was accepted: no code counts twice.
    last_period  bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES second_factor (person_id) ON DELETE CASCADE,
    hash      bytea NOT NULL UNIQUE
);
CREATE INDEX recovery_code_of ON recovery_code (person_id);

-- A form that waits until its person has confirmed who they are; encrypted, and taken once.
CREATE TABLE pending_form (
    hash       bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES web_session (id) ON DELETE CASCADE,
    path       text NOT NULL,
    fields     bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX pending_form_of ON pending_form (session_id);

-- A view of a page that somebody keeps under a name: its address, with filters, order and columns.
CREATE TABLE person_view (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    path      text NOT NULL,
    name      text NOT NULL,
    address   text NOT NULL,
    kept_at   timestamptz NOT NULL,
    UNIQUE (person_id, path, name)
);

-- When somebody looked at a measure's page last, and before that: what has changed since is shown to them alone.
CREATE TABLE measure_visit (
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    measure_id text NOT NULL,
    seen_at    timestamptz NOT NULL,
    before_at  timestamptz,
    PRIMARY KEY (person_id, measure_id)
);

CREATE TABLE failed_sign_in (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX failed_sign_in_of ON failed_sign_in (subject, at);

-- As whom a login of the database sees the views of reporting; such a login is a member of gatepost_reports.
CREATE TABLE report_login (
    login     text PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    made_by   text NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now()
);
