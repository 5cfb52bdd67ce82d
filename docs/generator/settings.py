"""The reference page of settings, from the class that reads the environment and the docstrings of its fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise
from textwrap import dedent

from pydantic import SecretStr

from connector.settings import Settings
from docs.generator.tables import cell, code, marked, table

INTRODUCTION = """\
# Settings

Gatepost reads its settings from environment variables, once, when a process starts. Every one of them is optional. A
value that does not hold stops the start with a message that names the setting. Every process of one installation needs
the same `DATABASE_URL` and the same `GATEPOST_SECRET_KEY`.

"""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Where things are stored": (
        "database_url", "maintenance_database_url", "data", "secret_key", "event_body_days", "history_days",
        "known_days", "source_age_minutes",
    ),
    "Web server and pages": (
        "host", "port", "public_url", "trusted_proxies", "web_threads", "web_processes", "web_connections",
        "header_seconds", "body_seconds", "body_bytes_per_second", "locale", "time_zone", "session_idle_minutes",
        "session_hours", "require_second_factor", "token_sign_in_days", "api_token",
        "api_requests_per_minute",
    ),
    "Identity provider": (
        "oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_scopes", "oidc_groups_claim",
    ),
    "Events and work": (
        "max_body_bytes", "max_backlog_seconds", "batch_size", "lease_seconds", "hang_seconds",
        "worker_concurrency", "sweep_minutes",
        "full_sweep_hour", "restore_native_gates", "connect_timeout", "read_timeout",
    ),
    "Way out of the network": (
        "proxy", "proxy_exceptions", "ca_file", "client_certificate", "client_key", "client_key_password", "mail_proxy",
        "atlassian_api", "atlassian_auth", "jira_language",
    ),
    "Addresses of connections": ("connection_private_networks",),
    "Outgoing events": ("subscription_hosts", "subscription_private_networks", "subscription_http"),
    "Digests, papers and alerts": (
        "digest_mail", "digest_schemes", "digest_hosts", "paper_attachment_mb", "alerts",
    ),
    "Audit": ("audit_sinks",),
    "Log": ("log_format", "log_level"),
}  # fmt: skip
"""The order in which a reader looks for them; what is in no group is listed at the end."""

NOTES: Mapping[str, str] = {
    "database_url": "Every process of an installation needs the same one.",
    "maintenance_database_url": "Not among the settings of the processes: `gatepost doctor` fails where it is. See "
    "[Two logins](../../deploy/README.md#two-logins).",
    "secret_key": "The same on every machine. While it is changed, several keys with commas: the first encrypts, all "
    "decrypt. See [Rotate the key](../../deploy/operations.md#rotate-the-key).",
    "api_token": "24 characters or more; it reads everything and can submit no command. Tokens of persons are better: "
    "`gatepost token create`.",
    "require_second_factor": "People of the identity provider are not asked. See [People and "
    "access](../guides/people-and-access.md#passwords-and-the-second-factor).",
    "token_sign_in_days": "Somebody who has left cannot sign in there any more, and nobody tells Gatepost.",
    "trusted_proxies": "Whom a wrong password counts against is read from that header.",
    "oidc_issuer": "See [People and access](../guides/people-and-access.md#identity-provider).",
    "oidc_client_id": "The client that is registered at the identity provider.",
    "oidc_client_secret": "Its secret.",
    "oidc_scopes": "What is asked of the identity provider, separated by spaces.",
    "oidc_groups_claim": "It may stand inside others: `realm_access.roles`.",
    "host": "Address on which the web server listens; put TLS in front of it.",
    "port": "Port on which the web server listens.",
    "max_body_bytes": "In bytes; a larger one is answered with 413.",
    "max_backlog_seconds": "The answer has a `Retry-After`; the sweep finds what a sender gave up on.",
    "restore_native_gates": "A change is reported either way.",
    "alerts": "Any host is allowed here. See [Watching it](../operating/watching.md).",
    "audit_sinks": "See [The head of the audit](../../deploy/operations.md#the-head-of-the-audit).",
    "proxy": "`HTTPS_PROXY` or `ALL_PROXY` without it. See [Inside a company's "
    "network](../operating/company-network.md).",
    "proxy_exceptions": "`NO_PROXY` without it.",
    "worker_concurrency": "Batches that one worker process works on at a time.",
    "web_threads": "Requests for pages and the API that one process of the web server answers at a time, and half "
    "of its events.",
    "web_processes": "One for each core that the web server may use. `/metrics` answers for all of them; each has "
    "its own threads and its own sessions at PostgreSQL.",
    "connect_timeout": "Seconds to wait for a connection to a tool.",
    "read_timeout": "Seconds to wait for a tool's answer.",
    "log_format": "`json` for collection, `text` for reading on a terminal.",
    "log_level": "The least level that is written: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
}
"""What an administrator should know beside the field's own docstring."""


def page() -> str:
    about = docstrings()
    listed = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, "Others": tuple(name for name in Settings.model_fields if name not in listed)}
    parts = [INTRODUCTION]
    for heading, names in groups.items():
        if names:
            rows = ((code(variable(name)), default(name), meaning(name, about)) for name in names)
            parts.append(f"## {heading}\n\n{table(('variable', 'default', 'meaning'), rows)}\n")
    return "".join(parts)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "DATABASE_URL" if name == "database_url" else f"GATEPOST_{name.upper()}"


def default(name: str) -> str:
    value = Settings.model_fields[name].default
    if value is None or value == "" or isinstance(value, SecretStr):
        return "–"
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def meaning(name: str, about: Mapping[str, str]) -> str:
    """Raises ValueError for a setting that nothing is written about."""
    text = " ".join(part for part in (marked(about.get(name, "")), NOTES.get(name, "")) if part)
    if not text:
        raise ValueError(f"The setting {name} has neither a docstring nor a note.")
    return cell(text)


def docstrings() -> Mapping[str, str]:
    """Field name to the text below the field, which exists in the source only."""
    tree = ast.parse(dedent(inspect.getsource(Settings)))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    found: dict[str, str] = {}
    for pair in pairwise(body):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = text
    return found
