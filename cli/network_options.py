"""Options for the way to one tool: its proxy, its certificate authorities, our certificate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from connector.errors import ConfigurationError
from connector.http.certificates import certificates_in, client_pem, read_pem
from connector.http.network import ConnectionNetwork
from connector.http.proxies import parse_proxy
from connector.settings import Settings
from governance.time_text import day_text

USUAL = "usual"
"""Written instead of a proxy's address: as the installation does."""

ProxyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Proxy for this tool alone: http://user:password@host:port, or direct; usual takes it back"),
]
CaFile: TypeAlias = Annotated[
    Path | None, typer.Option(help="Certificate authority of this tool (PEM), trusted besides those of the machine")
]
ClientCertificate: TypeAlias = Annotated[
    Path | None, typer.Option(help="Our certificate for this tool, with its chain (PEM): mutual TLS")
]
ClientKey: TypeAlias = Annotated[
    Path | None, typer.Option(help="Its private key (PEM, no passphrase), when it is in another file")
]


def own_network(
    known: ConnectionNetwork | None,
    proxy: str | None,
    ca_file: Path | None,
    client_certificate: Path | None,
    client_key: Path | None,
) -> ConnectionNetwork | None:
    """What is known of a connection's way, with what was given now; kept sealed in the database.

    Raises ConfigurationError when a proxy or a file cannot be used.
    """
    network = known or ConnectionNetwork()
    if proxy is not None:
        parse_proxy("" if proxy == USUAL else proxy, "--proxy")
        network = replace(network, proxy="" if proxy == USUAL else proxy)
    if ca_file is not None:
        authorities = read_pem(ca_file, "--ca-file")
        certificates_in(authorities, "--ca-file")
        network = replace(network, authorities=authorities)
    if client_key is not None and client_certificate is None:
        raise ConfigurationError("--client-key belongs to a certificate: give that with --client-certificate.")
    if client_certificate is not None:
        network = replace(network, client=client_pem(client_certificate, client_key, "--client-certificate"))
    return network or None


def way_shown(network: ConnectionNetwork | None, settings: Settings) -> tuple[str, ...]:
    """A connection's way in words, without anything secret."""
    if network is None:
        return ("as the installation does",)
    shown = []
    if network.proxy:
        proxy = parse_proxy(network.proxy, "The connection's proxy")
        shown.append(f"by the proxy {proxy.address}" if proxy else "without a proxy")
    elif settings.proxy is not None:
        shown.append("by the installation's proxy")
    if network.authorities:
        names = ", ".join(one.subject for one in certificates_in(network.authorities, "The authorities"))
        shown.append(f"trusting {names} besides")
    if network.client:
        ours = certificates_in(network.client, "The client certificate")[0]
        shown.append(f"showing the certificate {ours.subject}, until {day_text(ours.ends)}")
    return tuple(shown)
