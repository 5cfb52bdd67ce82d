"""How Gatepost gets out of the network it runs in: by which proxy, trusting whom, showing which certificate.

Whom we talk with is always verified: there is no setting that turns it off.  Trusted are the authorities of the
operating system, those of ``certifi``, and the company's own.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, replace
from functools import lru_cache

import certifi

from connector.errors import ConfigurationError
from connector.http.certificates import certificates_in, client_pem, load_client, read_pem
from connector.http.proxies import DIRECT, Proxy, exceptions_of, is_exempt, parse_proxy
from connector.settings import Settings

CA_SETTING, CLIENT_SETTING, PROXY_SETTING = "GATEPOST_CA_FILE", "GATEPOST_CLIENT_CERTIFICATE", "GATEPOST_PROXY"


@dataclass(frozen=True, slots=True)
class ConnectionNetwork:
    """What one connection does otherwise than the installation; empty is *as the installation does*."""

    proxy: str = field(default="", repr=False)
    """A proxy's address, ``direct`` for none."""
    authorities: str = field(default="", repr=False)
    """Certificates of authorities that are trusted besides, PEM."""
    client: str = field(default="", repr=False)
    """A client certificate with chain and key, PEM; secret."""

    def __bool__(self) -> bool:
        return bool(self.proxy or self.authorities or self.client)


@dataclass(frozen=True, slots=True)
class Network:
    """The way out; the default is the direct one, trusting what the machine trusts."""

    proxy: Proxy | None = None
    exceptions: tuple[str, ...] = ()
    authorities: str = field(default="", repr=False)
    """PEM of the company's own authorities."""
    client: str = field(default="", repr=False)
    """PEM of our certificate with its key; secret."""
    client_password: str = field(default="", repr=False)

    def proxy_for(self, host: str, port: int) -> Proxy | None:
        """The proxy on the way to a host, ``None`` for the direct way."""
        return None if self.proxy is None or is_exempt(host, port, self.exceptions) else self.proxy

    def ssl_context(self) -> ssl.SSLContext:
        """Verifies names and chains; made once for each set of certificates.  Raises ConfigurationError."""
        return _ssl_context(self.authorities, self.client, self.client_password)

    def with_connection(self, own: ConnectionNetwork | None) -> Network:
        """The way to one connection's tool.  Raises ConfigurationError."""
        if not own:
            return self
        proxied = replace(self, proxy=parse_proxy(own.proxy, "The connection's proxy")) if own.proxy else self
        if own.proxy and own.proxy.lower() != DIRECT:
            # Somebody named this proxy for this tool: the installation's exceptions are of another one.
            proxied = replace(proxied, exceptions=())
        return replace(
            proxied,
            authorities="\n".join(filter(None, (self.authorities, own.authorities))),
            client=own.client or self.client,
            client_password="" if own.client else self.client_password,
        )


def network_of(settings: Settings) -> Network:
    """The installation's way out.  Raises ConfigurationError that names the setting."""
    authorities = client = ""
    if settings.ca_file is not None:
        authorities = read_pem(settings.ca_file, CA_SETTING)
        certificates_in(authorities, CA_SETTING)
    password = settings.client_key_password.get_secret_value() if settings.client_key_password else ""
    if settings.client_certificate is not None:
        client = client_pem(settings.client_certificate, settings.client_key, CLIENT_SETTING, password)
    written = settings.proxy.get_secret_value() if settings.proxy else ""
    return Network(
        parse_proxy(written, PROXY_SETTING), exceptions_of(settings.proxy_exceptions), authorities, client, password
    )


@lru_cache(maxsize=64)
def _ssl_context(authorities: str, client: str, password: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authorities:
        try:
            context.load_verify_locations(cadata=authorities)
        except ssl.SSLError as error:
            raise ConfigurationError(
                "The certificates of the authorities cannot be read. Give them in PEM form."
            ) from error
    if client:
        load_client(context, client, "The client certificate", password)
    return context
