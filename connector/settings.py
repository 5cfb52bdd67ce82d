"""Settings, read from the environment once.  Nothing else in Gatepost reads the environment."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"


class Settings(BaseSettings):
    """Every setting is an environment variable ``GATEPOST_<NAME>``; README lists them all."""

    model_config = SettingsConfigDict(env_prefix="GATEPOST_", frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "GATEPOST_DATABASE_URL", "database_url")
    )
    """PostgreSQL 14 or newer.  Without it an embedded server runs under the data folder."""
    data: Path = Path(".gatepost")
    """Folder of the embedded database and of the key that encrypts secrets."""
    secret_key: str | None = None
    """Fernet key for secrets at rest; without it a key file is made in the data folder."""
    api_token: SecretStr | None = None
    """Bearer token of the API; without it the API answers nobody."""
    public_url: str | None = None
    """Address at which people open Gatepost; with ``https`` its cookies are sent over TLS only."""
    proxies: int = Field(default=0, ge=0, le=8)
    """How many reverse proxies stand before the web server, each of which adds to ``X-Forwarded-For``."""
    locale: str = "en_GB"
    """How figures and dates are written for whoever has not chosen otherwise: ``en_GB``, ``de_DE``."""
    time_zone: str = "UTC"
    """The time zone of whoever has not chosen one."""
    session_idle_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """After how long without a request somebody has to sign in again."""
    session_hours: int = Field(default=12, ge=1, le=24 * 30)
    """After how long somebody has to sign in again in any case."""
    oidc_issuer: str | None = None
    """The identity provider; with client id and secret people sign in through it."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid profile email"
    oidc_groups_claim: str = "groups"
    """The claim that holds a person's groups or roles; rules turn them into roles here."""
    host: str = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    max_body_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    """Largest event body that a door takes in."""
    batch_size: int = Field(default=100, ge=1, le=100)
    """Dirty keys that one task claims; 100 is what Jira reads in one call."""
    lease_seconds: int = Field(default=120, ge=5)
    """How long a claim lasts at most when its worker neither ends it nor dies visibly."""
    backlog_seconds: int = Field(default=600, ge=10)
    """How long a connection's events may wait for a worker before its door answers 503 to more."""
    sweep_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """How often what was changed is asked for, for events that got lost."""
    full_sweep_hour: int = Field(default=2, ge=0, le=23)
    """Hour of the day (UTC) at which everything is looked at, deleted items too."""
    body_days: int = Field(default=14, ge=1, le=3650)
    """How many days the bodies of events are kept."""
    history_days: int = Field(default=400, ge=30)
    """How many days events and writes are kept after they have their end."""
    repair_gates: bool = False
    """Put native gates back that somebody took out of a workflow; without it they are only told."""
    subscription_hosts: str = ""
    """Hosts that events may be sent to, with commas, ``*`` for any beginning; every public one when empty."""
    subscription_private: str = ""
    """Hosts and networks in private ranges that events may be sent to, with commas."""
    subscription_http: bool = False
    """Also to addresses without TLS."""
    digest_mail: SecretStr | None = None
    """The mail server of digests, as an Apprise address without a recipient: ``mailtos://user:password@host?from=…``."""
    digest_schemes: str = ""
    """Kinds of addresses beside mail that people may choose for their digest: ``slack, workflows`` (Teams)."""
    digest_hosts: str = ""
    """Mail domains and hosts that a digest may go to, with commas, ``*`` for any beginning; none when empty."""
    alerts: SecretStr | None = None
    """Who is told when Gatepost needs somebody: mail addresses and Apprise addresses (``slack://…``), with commas."""
    worker_concurrency: int = Field(default=4, ge=1, le=64)
    web_threads: int = Field(default=8, ge=1, le=256)
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=30.0, gt=0)
    log_format: LogFormat = LogFormat.JSON
    log_level: str = "INFO"

    @property
    def address(self) -> str:
        """Where people open Gatepost, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_server(self) -> str:
        """The mail server of digests and alerts as an address without a recipient; empty without one, secret."""
        return self.digest_mail.get_secret_value() if self.digest_mail else ""

    @property
    def alert_addresses(self) -> str:
        """Who is told when Gatepost needs somebody, with commas; secret."""
        return self.alerts.get_secret_value() if self.alerts else ""

    @property
    def has_provider(self) -> bool:
        """Whether people can sign in through an identity provider."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def over_tls(self) -> bool:
        return self.address.startswith("https://")
