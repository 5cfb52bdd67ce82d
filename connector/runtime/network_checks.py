"""Whether each host is reached, step by step, and how long certificates last; for ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from connector.bootstrap import Services
from connector.http.allowed_hosts import HostRules
from connector.http.certificates import CertificateSummary, certificates_in
from connector.http.failures import failure_of
from connector.http.network import Network
from connector.http.probe import probe
from connector.http.tunnel import connect
from connector.remedy import Remedy
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ConnectionCheck, Health
from governance.time_text import day_text

EXPIRY_WARNING = timedelta(days=14)
"""How long before its end a credential or certificate is announced."""


def way_checks(
    url: str, network: Network, timeout: float, rules: HostRules | None = None, prefix: str = ""
) -> Iterator[ConnectionCheck]:
    """The steps to one host; the last one is bad when it is not reached."""
    for step in probe(url, network, timeout, rules):
        health = Health.GOOD if step.passed else Health.BAD
        yield ConnectionCheck(f"{prefix}{step.at.value}", health, step.what, step.remedy)


def client_certificate_checks(network: Network, now: datetime) -> Iterator[ConnectionCheck]:
    """The certificate that we show, when there is one."""
    if not network.client:
        return
    ours = certificates_in(network.client, "The client certificate")[0]
    yield expiry_check("client certificate", ours, now)


def expiry_check(subject: str, certificate: CertificateSummary, now: datetime) -> ConnectionCheck:
    told = f"{certificate.subject}, issued by {certificate.issuer}"
    renew = Remedy("Have a new one issued, and give it in place of the old one.")
    if certificate.ends < now:
        return ConnectionCheck(subject, Health.BAD, f"{told}, ended on {day_text(certificate.ends)}", renew)
    if certificate.ends < now + EXPIRY_WARNING:
        return ConnectionCheck(subject, Health.WARNING, f"{told}, ends on {day_text(certificate.ends)}", renew)
    return ConnectionCheck(subject, Health.GOOD, f"{told}, good until {day_text(certificate.ends)}")


def network_checks(services: Services, now: datetime) -> Iterator[ConnectionCheck]:
    """The installation's way out, and whether the identity provider and the mail server are reached by it."""
    network, timeout = services.network, services.settings.connect_timeout
    if network.proxy is not None:
        without = f"; not for {', '.join(network.exceptions)}" if network.exceptions else ""
        yield ConnectionCheck("proxy", Health.GOOD, f"{network.proxy.address}{without}")
    yield from client_certificate_checks(network, now)
    if services.settings.oidc_issuer:
        yield from _failures(way_checks(services.settings.oidc_issuer, network, timeout, None, "identity provider: "))
    yield from _mail_checks(services, timeout)


def connection_way_checks(services: Services, record: ConnectionRecord, now: datetime) -> Iterator[ConnectionCheck]:
    """The way to a connection's tool.  Raises ConfigurationError."""
    access = services.tool_access(record)
    if record.network is not None and record.network.client:
        # The installation's own is checked once for all.
        yield from client_certificate_checks(access.network, now)
    yield from way_checks(access.api_base_url, access.network, services.settings.connect_timeout, access.host_rules)


def _failures(checks: Iterator[ConnectionCheck]) -> Iterator[ConnectionCheck]:
    """One line when all went well: the last step, which says that there was an answer."""
    last = None
    for check in checks:
        if check.health is not Health.GOOD:
            yield check
            return
        last = check
    if last is not None:
        yield last


def _mail_checks(services: Services, timeout: float) -> Iterator[ConnectionCheck]:
    """Whether the mail server accepts a connection; its sign-in is tried by ``gatepost alerts test``."""
    server = services.settings.mail_server
    parts = urlsplit(server)
    options = dict(part.partition("=")[::2] for part in parts.query.split("&"))
    host = unquote(options.get("smtp", "")) or parts.hostname or ""
    if not host:
        return
    port = parts.port or (587 if parts.scheme == "mailtos" else 25)
    proxy = services.message_way_out.mail_proxy
    try:
        connect(host, port, timeout, proxy=proxy, context=services.network.ssl_context()).close()
    except OSError as error:
        failure = failure_of(error, host, port, proxy)
        yield ConnectionCheck(f"mail: {failure.at.value}", Health.BAD, failure.what, failure.remedy)
        return
    yield ConnectionCheck("mail", Health.GOOD, f"{host}, port {port}, accepts connections")
