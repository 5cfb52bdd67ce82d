"""A private certificate authority, and what it has issued."""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path

import trustme


class Authority:
    """One authority of the company."""

    def __init__(self, folder: Path, name: str = "Nordbank Root") -> None:
        self._ca = trustme.CA(organization_name=name)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def pem(self) -> str:
        return self._ca.cert_pem.bytes().decode()

    @cached_property
    def file(self) -> Path:
        path = self._folder / "authority.pem"
        path.write_text(self.pem)
        return path

    def client_file(self, name: str = "gatepost@nordbank.example") -> Path:
        """A client certificate with its key in one file."""
        path = self._folder / f"{name}.pem"
        issued = self._ca.issue_cert(name, common_name=name)
        path.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
        return path

    def server_context(self, *hosts: str, clients: bool = False) -> ssl.SSLContext:
        """For a server of these names; ``clients`` asks for a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*hosts, common_name=hosts[0]).configure_cert(context)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context
