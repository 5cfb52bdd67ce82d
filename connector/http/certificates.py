"""Certificates: whose they are, who issued them, until when, and the form in which ours are entered."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from connector.errors import ConfigurationError
from connector.remedy import Remedy

PEM_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class CertificateSummary:
    """What a person needs to know of a certificate."""

    subject: str
    issuer: str
    ends: datetime
    names: tuple[str, ...] = ()
    """The hosts that it is made out to."""


def summary_of(der: bytes) -> CertificateSummary:
    """Raises ValueError for what is no certificate."""
    return _summary(x509.load_der_x509_certificate(der))


def certificates_in(pem: str, source: str) -> tuple[CertificateSummary, ...]:
    """All certificates of a file.  Raises ConfigurationError, with where the text comes from, when there is none."""
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        found = []
    if not found:
        raise ConfigurationError(
            f"{source} holds no certificate in PEM form: a text that begins with {PEM_BEGIN} is expected."
        )
    return tuple(map(_summary, found))


def read_pem(path: Path, source: str) -> str:
    """The text of a file.  Raises ConfigurationError that names the setting or option."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(f"{source}: {path} cannot be read ({error.strerror}).") from None


def client_pem(certificate: Path, key: Path | None, source: str, password: str = "") -> str:
    """A client certificate with its chain and its key in one text.  Raises ConfigurationError when they do not fit."""
    pem = read_pem(certificate, source)
    if key is not None:
        pem = f"{pem.rstrip()}\n{read_pem(key, source)}"
    certificates_in(pem, source)
    load_client(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), pem, source, password)
    return pem


def load_client(context: ssl.SSLContext, pem: str, source: str, password: str = "") -> None:
    """Show this certificate to servers that ask for one.  Raises ConfigurationError."""
    try:
        with _as_file(pem) as path:
            # Always a password: without one OpenSSL asks for it at the terminal.
            context.load_cert_chain(path, password=lambda: password or "no password was given")
    except ssl.SSLError as error:
        raise ConfigurationError(
            f"{source}: the certificate and its private key cannot be used together ({error.reason or 'unreadable'}).",
            remedy=Remedy(
                "Give both in PEM form, the key without a passphrase.",
                "Give both in PEM form, the key without a passphrase or with GATEPOST_CLIENT_KEY_PASSWORD.",
            ),
        ) from None


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """A file that only this process reads; OpenSSL takes keys from files alone."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("gatepost-client")
        try:
            os.write(handle, text.encode())
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    handle, name = tempfile.mkstemp()
    try:
        os.write(handle, text.encode())
        os.close(handle)
        yield name
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _summary(certificate: x509.Certificate) -> CertificateSummary:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(map(str, extension.get_values_for_type(x509.DNSName))) + tuple(
            str(address) for address in extension.get_values_for_type(x509.IPAddress)
        )
    except (x509.ExtensionNotFound, ValueError):
        names = ()
    subject = _name(certificate.subject) or ", ".join(names[:2])
    return CertificateSummary(subject, _name(certificate.issuer), certificate.not_valid_after_utc, names)


def _name(name: x509.Name) -> str:
    """The common name, with the organisation where there is one."""
    parts = [
        str(attribute.value)
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
        for attribute in name.get_attributes_for_oid(kind)
    ]
    return ", ".join(dict.fromkeys(parts))
