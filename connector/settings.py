"""Settings, read once from environment variables."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"


class RequireSecondFactor(StrEnum):
    """Who has to enrol a second factor to sign in by password."""

    NOBODY = "nobody"
    ADMINISTRATORS = "administrators"
    EVERYBODY = "everybody"


class Settings(BaseSettings):
    """Every setting is an environment variable ``GATEPOST_<NAME>``; the reference page Settings lists them all."""

    model_config = SettingsConfigDict(env_prefix="GATEPOST_", frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "GATEPOST_DATABASE_URL", "database_url")
    )
    """PostgreSQL 14 or newer.  Without it an embedded server runs under the data folder."""
    maintenance_database_url: SecretStr | None = None
    """The same database as its owner opens it, for ``gatepost db upgrade`` and ``gatepost db partitions`` alone."""
    data: Path = Path(".gatepost")
    """Folder of the embedded database and of the key that encrypts secrets."""
    secret_key: str | None = None
    """Fernet key for secrets at rest; without it a key file is created in the data folder."""
    api_token: SecretStr | None = None
    """Bearer token that reads the API without a person; the tokens of persons work without it."""
    public_url: str | None = None
    """Address of Gatepost for people; with ``https`` its cookies are sent over TLS only."""
    trusted_proxies: int = Field(default=0, ge=0, le=8)
    """Number of reverse proxies in front of the web server that add to ``X-Forwarded-For``."""
    locale: str = "en_GB"
    """Format of figures and dates for people without a choice of their own: ``en_GB``, ``de_DE``."""
    time_zone: str = "UTC"
    """Time zone of people without a choice of their own."""
    session_idle_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """Minutes without a request after which people have to sign in again."""
    session_hours: int = Field(default=12, ge=1, le=24 * 30)
    """Hours after which people have to sign in again in any case."""
    require_second_factor: RequireSecondFactor = RequireSecondFactor.NOBODY
    """Who needs a second factor to sign in by password: ``nobody``, ``administrators`` or ``everybody``."""
    token_sign_in_days: int = Field(default=30, ge=1, le=365)
    """Days after the last sign-in through the identity provider for which the API tokens of that person work."""
    api_requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    """Requests that one API token may send in a minute to one process of the web server."""
    oidc_issuer: str | None = None
    """Address of the identity provider; with client id and secret people sign in through it."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid profile email"
    oidc_groups_claim: str = "groups"
    """The claim with a person's groups or roles, which rules turn into roles of Gatepost."""
    host: str = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    max_body_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    """Largest event body that a webhook endpoint accepts."""
    header_seconds: float = Field(default=15, ge=1, le=300)
    """Seconds within which a request's headers have to be complete, and for which an idle connection is kept."""
    body_seconds: float = Field(default=30, ge=1, le=600)
    """Seconds within which a request's body has to be complete."""
    body_bytes_per_second: int = Field(default=2000, ge=1)
    """Least rate of a request's body, in bytes a second; a slower one is answered with 408."""
    web_connections: int = Field(default=500, ge=16, le=10_000)
    """Connections that one web server holds at a time; more wait at the operating system."""
    batch_size: int = Field(default=100, ge=1, le=100)
    """Dirty keys that one task claims; Jira reads 100 in one call."""
    lease_seconds: int = Field(default=120, ge=5)
    """Seconds after which a claim ends whose worker neither finished nor visibly died."""
    hang_seconds: int = Field(default=60, ge=10)
    """Seconds without a sign of life after which a worker ends itself to be replaced; a single step of its housekeeping
    may take five times as long."""
    max_backlog_seconds: int = Field(default=600, ge=10)
    """Seconds that a connection's events may wait for a worker before its webhook endpoint answers 503."""
    sweep_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """Minutes between sweeps for changed items, which find what lost events missed."""
    full_sweep_hour: int = Field(default=2, ge=0, le=23)
    """Hour of the day (UTC) of the full sweep, which also finds deleted items."""
    source_age_minutes: int = Field(default=60, ge=1, le=30 * 24 * 60)
    """Minutes after which pages warn that a source was not read to the end; never less than two sweeps."""
    event_body_days: int = Field(default=14, ge=1, le=3650)
    """Days for which the bodies of events are stored."""
    history_days: int = Field(default=400, ge=30)
    """Days for which events and writes are stored after they are finished."""
    known_days: int = Field(default=3650, ge=400)
    """Days for which it can be asked what was known of a measure; what held good before is deleted."""
    restore_native_gates: bool = False
    """Restore native gates that somebody removed from a workflow; otherwise they are only reported."""
    proxy: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("GATEPOST_PROXY", "HTTPS_PROXY", "ALL_PROXY", "proxy")
    )
    """The forward proxy towards tools, identity provider, receivers and mail: ``http://user:password@host:port``, or
    ``direct`` for none."""
    proxy_exceptions: str = Field(
        default="", validation_alias=AliasChoices("GATEPOST_PROXY_EXCEPTIONS", "NO_PROXY", "proxy_exceptions")
    )
    """What is reached without the proxy, separated by commas: names with all below them, IP addresses, networks."""
    ca_file: Path | None = None
    """File with the company's own certificate authorities (PEM), trusted besides those of the operating system."""
    client_certificate: Path | None = None
    """File with the certificate and its chain (PEM) that is shown to servers which ask for one (mutual TLS)."""
    client_key: Path | None = None
    """File with its private key (PEM), when that is not in the same file."""
    client_key_password: SecretStr | None = None
    """Passphrase of the private key, when it has one."""
    mail_proxy: SecretStr | None = None
    """The proxy towards the mail server; mail goes directly without one, because the server usually is inside."""
    atlassian_api: str = "https://api.atlassian.com"
    """Gateway of Jira Cloud for scoped tokens and OAuth; another one for Government Cloud or isolated clouds."""
    atlassian_auth: str = "https://auth.atlassian.com"
    """Where OAuth consents and tokens of Jira Cloud come from."""
    jira_language: str = Field(default="", pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z]{2,4})?)?$")
    """Language in which Jira gives names of statuses, types and fields, such as en-US: that of the mapping.  Empty for
    the language of the account's profile, which somebody may change."""
    connection_private_networks: str = ""
    """Hosts and networks in private ranges that connections made on the pages may lead to, separated by commas."""
    subscription_hosts: str = ""
    """Hosts to which events may be sent, separated by commas, ``*`` for any beginning; all public ones when empty."""
    subscription_private_networks: str = ""
    """Hosts and networks in private ranges to which events may be sent, separated by commas."""
    subscription_http: bool = False
    """Whether events may be sent to addresses without TLS."""
    digest_mail: SecretStr | None = None
    """The mail server of digests, as an Apprise address without a recipient: ``mailtos://user:password@host?from=…``."""
    digest_schemes: str = ""
    """Kinds of addresses besides mail that people may choose for their digest: ``slack, workflows`` (Teams)."""
    digest_hosts: str = ""
    """Mail domains and hosts for digests, separated by commas, ``*`` for any beginning; none when empty."""
    paper_attachment_mb: int = Field(default=10, ge=0, le=100)
    """Size in MB up to which the files of a paper go with its mail; above it, and with 0, the mail links to them."""
    alerts: SecretStr | None = None
    """Recipients of alerts: mail addresses and Apprise addresses (``slack://…``), separated by commas."""
    audit_sinks: SecretStr | None = None
    """Where the signed head of the audit is kept, separated by commas: ``file:/folder``, ``https://host/folder``,
    ``syslog:host:port``."""
    worker_concurrency: int = Field(default=4, ge=1, le=64)
    web_threads: int = Field(default=8, ge=1, le=256)
    web_processes: int = Field(default=1, ge=1, le=64)
    """Processes of one web server, for machines of several cores; they share its port and its connections."""
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=30.0, gt=0)
    log_format: LogFormat = LogFormat.JSON
    log_level: str = "INFO"

    @property
    def source_age_limit(self) -> timedelta:
        """The age from which a source is no present."""
        return timedelta(minutes=max(self.source_age_minutes, 2 * self.sweep_minutes))

    @property
    def maintenance_address(self) -> str | None:
        """The owner's address of the database; secret."""
        return self.maintenance_database_url.get_secret_value() if self.maintenance_database_url else None

    @property
    def address(self) -> str:
        """Address of Gatepost for people, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def mail_server(self) -> str:
        """The mail server of digests and alerts as an address without a recipient; empty without one, secret."""
        return self.digest_mail.get_secret_value() if self.digest_mail else ""

    @property
    def mail_proxy_address(self) -> str:
        """The proxy towards the mail server; empty without one, secret."""
        return self.mail_proxy.get_secret_value() if self.mail_proxy else ""

    @property
    def alert_addresses(self) -> str:
        """Recipients of alerts, separated by commas; secret."""
        return self.alerts.get_secret_value() if self.alerts else ""

    @property
    def audit_sink_list(self) -> str:
        """Where the head of the audit is kept, separated by commas; secret."""
        return self.audit_sinks.get_secret_value() if self.audit_sinks else ""

    @property
    def has_provider(self) -> bool:
        """Whether people can sign in through an identity provider."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def over_tls(self) -> bool:
        return self.address.startswith("https://")
