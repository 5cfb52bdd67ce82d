-- The sites that Gatepost talks to, what their limits have closed, and what Gatepost made there.

CREATE TABLE connection (
    name                 text PRIMARY KEY,
    tool                 text NOT NULL CHECK (tool IN ('jira', 'servicenow')),
    base_url             text NOT NULL,
    username             text NOT NULL,
    credential           bytea NOT NULL,
    webhook_secrets      bytea[] NOT NULL DEFAULT '{}',
    old_secret_until     timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    paused_at            timestamptz,
    paused_until         timestamptz,
    paused_reason        text,
    -- When its last pause ended: workers go on for a moment with what they read before.
    resumed_at           timestamptz,
    deployment           text NOT NULL DEFAULT 'cloud' CHECK (deployment IN ('cloud', 'datacenter')),
    auth                 text NOT NULL DEFAULT 'basic' CHECK (auth IN ('basic', 'scoped', 'oauth', 'bearer', 'apikey', 'certificate')),
    api_url              text,
    own_account          text,
    expires_at           timestamptz,
    oauth                bytea,
    webhook_auth         text[] NOT NULL DEFAULT '{signature}',
    webhook_registration jsonb,
    -- Its address was entered on a page, and not by the operator: it may lead to public and allowed hosts only.
    made_on_page         boolean NOT NULL DEFAULT false,
    -- Its own proxy, certificate authorities and client certificate, sealed.
    network              bytea
);

-- What a limit of the tool has closed for a while: the site, an endpoint or an item.
CREATE TABLE rate_limit (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    scope      text NOT NULL CHECK (scope IN ('connection', 'endpoint', 'item', 'background')),
    subject    text NOT NULL,
    until      timestamptz NOT NULL,
    reason     text NOT NULL,
    PRIMARY KEY (connection, scope, subject)
);

-- Fields, conditions and the like that Gatepost made in the tool, so that it takes back nothing else.
CREATE TABLE provisioned_object (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    kind       text NOT NULL,
    target     text NOT NULL,
    name       text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (connection, kind, target)
);
