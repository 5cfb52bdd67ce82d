-- Who may use the pages and the API, what they are there, and where they are signed in.

CREATE TABLE person (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL,
    name          text NOT NULL,
    password_hash text,
    oidc_issuer   text,
    oidc_subject  text,
    active        boolean NOT NULL DEFAULT true,
    locale        text,
    time_zone     text,
    created_at    timestamptz NOT NULL DEFAULT now(),
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
    agent      text NOT NULL DEFAULT ''
);
CREATE INDEX web_session_of ON web_session (person_id);

CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_token_of ON api_token (person_id);

CREATE TABLE failed_sign_in (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX failed_sign_in_of ON failed_sign_in (subject, at);
