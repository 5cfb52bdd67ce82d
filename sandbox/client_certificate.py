"""The certificate by which a client has shown itself over TLS, as the server behind it sees it."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID


def client_name(environ: Mapping[str, object]) -> str:
    """The common name of the client's certificate; empty without one.  The server has verified it."""
    pem = str(environ.get("SSL_CLIENT_CERT", ""))
    if not pem:
        return ""
    names = x509.load_pem_x509_certificate(pem.encode()).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
