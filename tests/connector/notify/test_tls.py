"""Over TLS the connection goes to the checked address, and the certificate has to be the name's."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.http.allowed_hosts import HostRules
from connector.notify.webhook_sender import Accepted, NotAccepted, WebhookSender

NAME = "hooks.acme.example"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"for {self.headers['Host']}".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        del format, args


@dataclass
class Secure:
    port: int
    context: ssl.SSLContext


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    """A server on this machine whose certificate is made out to another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "both.pem").write_bytes(pem + certificate_pem)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(tmp_path / "both.pem")
    server.socket = server_context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Secure(server.server_port, ssl.create_default_context(cadata=certificate_pem.decode()))
    server.shutdown()
    server.server_close()
    thread.join(5)


def post(secure: Secure, host: str) -> Accepted | NotAccepted:
    def here(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    rules = HostRules(private_networks=("127.0.0.1",))
    sender = WebhookSender(rules, lambda: datetime.now(UTC), resolver=here, context=secure.context)
    return sender.post(f"https://{host}:{secure.port}/", "{}", {})


def test_the_name_is_asked_for_at_the_address_that_was_judged(secure: Secure) -> None:
    outcome = post(secure, NAME)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.response_body == f"for {NAME}:{secure.port}"


def test_another_names_certificate_is_refused(secure: Secure) -> None:
    outcome = post(secure, "other.acme.example")
    assert isinstance(outcome, NotAccepted)
    assert outcome.failure.reason == (
        "the certificate of other.acme.example is made out to another name. Write the address with the name that is in "
        "the certificate."
    )
