"""Who may see and do what: persons, their accounts in the tools, roles, sessions, tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column


def _person_id() -> Column[int]:
    return Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), nullable=False)


def _reach_columns() -> tuple[Column[list[str]], Column[str]]:
    return Column("hierarchy", ARRAY(Text), nullable=False, server_default=text("'{}'")), Column("legal_entity", Text)


PERSON = Table(
    "person",
    METADATA,
    id_column(),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("password_is_first", Boolean, nullable=False, server_default=text("false")),
    Column("oidc_issuer", Text),
    Column("oidc_subject", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("locale", Text),
    Column("time_zone", Text),
    timestamp_column("created_at", now=True),
    timestamp_column("provider_sign_in_at"),
    timestamp_column("administrator_until"),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
    Index("person_login", text("lower(login)"), unique=True),
)

PERSON_ACCOUNT = Table(
    "person_account",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("account", Text, primary_key=True),
    _person_id(),
    Index("person_account_of", "person_id"),
)

REPORT_LOGIN = Table(
    "report_login",
    METADATA,
    Column("login", Text, primary_key=True),
    _person_id(),
    Column("made_by", Text, nullable=False),
    timestamp_column("made_at", now=True),
)

ROLE_GRANT = Table(
    "role_grant",
    METADATA,
    id_column(),
    _person_id(),
    Column("role", Text, nullable=False),
    *_reach_columns(),
    Column("source", Text, nullable=False, server_default=text("'hand'")),
    Column("granted_by", Text, nullable=False),
    timestamp_column("granted_at", now=True),
    Index("role_grant_of", "person_id"),
)

ROLE_RULE = Table(
    "role_rule",
    METADATA,
    id_column(),
    Column("claim", Text, nullable=False),
    Column("role", Text, nullable=False),
    *_reach_columns(),
    Column("created_by", Text, nullable=False),
    timestamp_column("created_at", now=True),
)

WEB_SESSION = Table(
    "web_session",
    METADATA,
    id_column(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _person_id(),
    timestamp_column("created_at", nullable=False),
    timestamp_column("seen_at", nullable=False),
    timestamp_column("expires_at", nullable=False),
    timestamp_column("revoked_at"),
    Column("agent", Text, nullable=False, server_default=text("''")),
    Column("method", Text, nullable=False),
    timestamp_column("authenticated_at"),
    Index("web_session_of", "person_id"),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    id_column(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _person_id(),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    timestamp_column("created_at", nullable=False),
    timestamp_column("expires_at", nullable=False),
    timestamp_column("used_at"),
    timestamp_column("revoked_at"),
    Index("api_token_of", "person_id"),
)

SERVICE_ACCOUNT = Table(
    "service_account",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("client_id", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    *_reach_columns(),
    Column("created_by", Text, nullable=False),
    timestamp_column("created_at", nullable=False),
    timestamp_column("used_at"),
    timestamp_column("revoked_at"),
)

SERVICE_SECRET = Table(
    "service_secret",
    METADATA,
    id_column(),
    Column("service_account_id", BigInteger, ForeignKey("service_account.id", ondelete="CASCADE"), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    timestamp_column("created_at", nullable=False),
    timestamp_column("expires_at", nullable=False),
    Index("service_secret_of", "service_account_id"),
)

SERVICE_TOKEN = Table(
    "service_token",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("secret_id", BigInteger, ForeignKey("service_secret.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    timestamp_column("created_at", nullable=False),
    timestamp_column("expires_at", nullable=False),
    Index("service_token_of", "secret_id"),
)

SECOND_FACTOR = Table(
    "second_factor",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    timestamp_column("created_at", nullable=False),
    timestamp_column("confirmed_at"),
    Column("last_period", BigInteger, nullable=False, server_default=text("0")),
)

RECOVERY_CODE = Table(
    "recovery_code",
    METADATA,
    id_column(),
    Column("person_id", BigInteger, ForeignKey("second_factor.person_id", ondelete="CASCADE"), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Index("recovery_code_of", "person_id"),
)

PENDING_FORM = Table(
    "pending_form",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("session_id", BigInteger, ForeignKey("web_session.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("fields", LargeBinary, nullable=False),
    timestamp_column("created_at", nullable=False),
    Index("pending_form_of", "session_id"),
)

PERSON_VIEW = Table(
    "person_view",
    METADATA,
    id_column(),
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    timestamp_column("kept_at", nullable=False),
    UniqueConstraint("person_id", "path", "name"),
)

MEASURE_VISIT = Table(
    "measure_visit",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("measure_id", Text, primary_key=True),
    timestamp_column("seen_at", nullable=False),
    timestamp_column("before_at"),
)

FAILED_SIGN_IN = Table(
    "failed_sign_in",
    METADATA,
    id_column(),
    Column("subject", Text, nullable=False),
    timestamp_column("at", nullable=False),
    Index("failed_sign_in_of", "subject", "at"),
)

ROW_POLICY = Table("row_policy", METADATA, Column("name", Text, primary_key=True), Column("visible", Text))
