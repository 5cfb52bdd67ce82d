"""Who may see and do what: persons, their accounts in the tools, roles, sessions, tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY

from connector.store.database.tables.columns import METADATA, identity, moment


def _of_person() -> Column[int]:
    return Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), nullable=False)


def _reach() -> tuple[Column[list[str]], Column[str]]:
    return Column("place", ARRAY(Text), nullable=False, server_default=text("'{}'")), Column("legal_entity", Text)


PERSON = Table(
    "person",
    METADATA,
    identity(),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("oidc_issuer", Text),
    Column("oidc_subject", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("locale", Text),
    Column("time_zone", Text),
    moment("created_at", now=True),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
    Index("person_login", text("lower(login)"), unique=True),
)

PERSON_ACCOUNT = Table(
    "person_account",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("account", Text, primary_key=True),
    _of_person(),
    Index("person_account_of", "person_id"),
)

ROLE_GRANT = Table(
    "role_grant",
    METADATA,
    identity(),
    _of_person(),
    Column("role", Text, nullable=False),
    *_reach(),
    Column("source", Text, nullable=False, server_default=text("'hand'")),
    Column("granted_by", Text, nullable=False),
    moment("granted_at", now=True),
    Index("role_grant_of", "person_id"),
)

ROLE_RULE = Table(
    "role_rule",
    METADATA,
    identity(),
    Column("claim", Text, nullable=False),
    Column("role", Text, nullable=False),
    *_reach(),
    Column("made_by", Text, nullable=False),
    moment("made_at", now=True),
)

WEB_SESSION = Table(
    "web_session",
    METADATA,
    identity(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _of_person(),
    moment("created_at", nullable=False),
    moment("seen_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("revoked_at"),
    Column("agent", Text, nullable=False, server_default=text("''")),
    Index("web_session_of", "person_id"),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    identity(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _of_person(),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    moment("created_at", nullable=False),
    moment("expires_at"),
    moment("used_at"),
    moment("revoked_at"),
    Index("api_token_of", "person_id"),
)

FAILED_SIGN_IN = Table(
    "failed_sign_in",
    METADATA,
    identity(),
    Column("subject", Text, nullable=False),
    moment("at", nullable=False),
    Index("failed_sign_in_of", "subject", "at"),
)

ROW_POLICY = Table("row_policy", METADATA, Column("name", Text, primary_key=True), Column("visible", Text))
