"""ServiceNow's own client, PySNC, works with the sandbox over TLS as it does on an instance."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pysnc import ServiceNowClient  # type: ignore[import-untyped]
from pysnc.auth import ServiceNowClientCredentialsFlow  # type: ignore[import-untyped]
from pysnc.exceptions import AuthenticationException, RequestException, RoleException  # type: ignore[import-untyped]
from werkzeug.serving import make_server

from sandbox.delivery import EventSender
from sandbox.servicenow.app import create_app
from sandbox.servicenow.gatepost_app import install_app
from sandbox.servicenow.state import ServiceNowState
from sandbox.serving import QuietHandler
from tests.waiting import LONGEST_CALL_SECONDS

USER = ("robot", "secret")
ROWS = 250


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


@pytest.fixture(scope="module")
def state(certificate: tuple[Path, Path]) -> Iterator[ServiceNowState]:
    deliverer = EventSender()
    here = ServiceNowState(deliverer=deliverer)
    here.add_user("robot", "Robot", "secret")
    owner = here.add_user("kaya", "Aylin Kaya", email="kaya@nordbank.example")
    install_app(here, properties={"gatepost.when_unassessed": "closed"})
    for number in range(ROWS):
        columns = {"short_description": f"Project {number:03d}", "state": "1" if number % 2 else "2"}
        here.insert("pm_project", columns | {"project_manager": owner}, "kaya")
    cert, key = certificate
    server = make_server(
        "127.0.0.1", 0, create_app(here), threaded=True, request_handler=QuietHandler, ssl_context=(str(cert), str(key))
    )
    here.base_url = f"https://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    thread.join(5)
    server.server_close()
    deliverer.close()


@pytest.fixture
def client(state: ServiceNowState, certificate: tuple[Path, Path]) -> Iterator[ServiceNowClient]:
    made = ServiceNowClient(state.base_url, USER, verify=str(certificate[0]))
    made.session.trust_env = False
    yield made
    made.session.close()


@pytest.fixture
def bench(state: ServiceNowState, certificate: tuple[Path, Path]) -> Iterator[requests.Session]:
    """The sandbox's own faults and log of calls."""
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(certificate[0])
        session.delete(f"{state.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
        yield session
        session.delete(f"{state.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)


def calls(state: ServiceNowState, bench: requests.Session) -> list[tuple[str, int]]:
    recorded = bench.get(f"{state.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    return [(str(call["method"]), int(call["status"])) for call in recorded]


def test_rows_are_read_page_after_page(
    client: ServiceNowClient, state: ServiceNowState, bench: requests.Session
) -> None:
    records = client.GlideRecord("pm_project", batch_size=100)
    records.fields = ["number", "short_description"]
    records.order_by("number")
    records.query()
    titles = [record.get_value("short_description") for record in records]
    assert titles == [f"Project {number:03d}" for number in range(ROWS)]
    assert records.get_row_count() == ROWS
    assert calls(state, bench) == [("GET", 200)] * 3


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ([("state", "1")], ROWS // 2),
        ([("short_description", "STARTSWITH", "Project 00")], 10),
        ([("short_description", "IN", "Project 001,Project 002")], 2),
        ([("state", "1"), ("short_description", "LIKE", "00")], 5),
        ([("project_manager.email", "kaya@nordbank.example")], ROWS),
    ],
)
def test_conditions(client: ServiceNowClient, conditions: list[tuple[str, ...]], count: int) -> None:
    records = client.GlideRecord("pm_project")
    for condition in conditions:
        records.add_query(*condition)
    records.query()
    assert len(list(records)) == count


def test_encoded_queries_with_or_and_empty(client: ServiceNowClient) -> None:
    records = client.GlideRecord("pm_project")
    records.add_encoded_query("short_description=Project 001^ORshort_description=Project 002")
    records.add_null_query("parent")
    records.query()
    assert len(records) == 2


def test_dots_and_display_values(client: ServiceNowClient) -> None:
    records = client.GlideRecord("pm_project")
    records.fields = ["state", "project_manager", "project_manager.email"]
    assert records.get("short_description", "Project 001")
    assert (records.get_value("state"), records.get_display_value("state")) == ("1", "Open")
    assert records.get_display_value("project_manager") == "Aylin Kaya"
    assert records.get_value("project_manager.email") == "kaya@nordbank.example"


def test_a_record_is_created_changed_and_deleted(client: ServiceNowClient, state: ServiceNowState) -> None:
    record = client.GlideRecord("incident")
    record.initialize()
    record.short_description = "Printer"
    sys_id = str(record.insert())
    assert state.tables["incident"][sys_id]["number"].startswith("INC")
    record.short_description = "Printer on fire"
    assert record.update()
    assert state.tables["incident"][sys_id]["short_description"] == "Printer on fire"
    assert state.tables["incident"][sys_id]["sys_mod_count"] == "1"
    assert record.delete()
    assert not client.GlideRecord("incident").get(sys_id)


def test_many_records_are_changed_in_one_batch(
    client: ServiceNowClient, state: ServiceNowState, bench: requests.Session
) -> None:
    records = client.GlideRecord("pm_project")
    records.add_query("short_description", "STARTSWITH", "Project 01")
    records.query()
    while records.next():
        records.description = "batched"
    seen: list[int] = []
    assert records.update_multiple(lambda response: seen.append(response.status_code))
    assert seen == [200] * 10
    assert sum(row["description"] == "batched" for row in state.tables["pm_project"].values()) == 10
    assert calls(state, bench).count(("POST", 200)) == 1


def test_a_batch_in_which_the_gate_refuses_one(client: ServiceNowClient, state: ServiceNowState) -> None:
    records = client.GlideRecord("pm_project")
    records.add_query("short_description", "IN", "Project 020,Project 021")
    records.order_by("number")
    records.query()
    records.next()
    records.state = "3"
    records.next()
    records.description = "passes"
    seen: list[int] = []
    records.update_multiple(lambda response: seen.append(response.status_code))
    assert sorted(seen) == [200, 403]


def test_what_a_batch_did_not_process_is_sent_again(client: ServiceNowClient, state: ServiceNowState) -> None:
    records = client.GlideRecord("pm_project")
    records.add_query("short_description", "STARTSWITH", "Project 03")
    records.query()
    while records.next():
        records.description = "again"
    state.batch_limit = 4
    try:
        seen: list[int] = []
        records.update_multiple(lambda response: seen.append(response.status_code))
    finally:
        state.batch_limit = 1_000
    assert seen == [200] * 10


def test_a_rule_that_aborts_is_a_403_with_its_name(client: ServiceNowClient) -> None:
    record = client.GlideRecord("pm_project")
    record.get("short_description", "Project 001")
    record.state = "3"
    with pytest.raises(RoleException) as caught:
        record.update()
    assert "aborted by Business Rule 'Gatepost gate^" in str(caught.value)


def test_a_wrong_password_is_a_401(state: ServiceNowState, certificate: tuple[Path, Path]) -> None:
    client = ServiceNowClient(state.base_url, ("robot", "wrong"), verify=str(certificate[0]))
    client.session.trust_env = False
    with pytest.raises(AuthenticationException):
        client.GlideRecord("pm_project").get("short_description", "Project 001")
    client.session.close()


def test_a_missing_table_is_a_400(client: ServiceNowClient) -> None:
    records = client.GlideRecord("no_such_table")
    with pytest.raises(RequestException, match="Invalid table no_such_table"):
        records.query()


def test_a_429_is_retried_for_a_read_and_raised_for_a_write(
    client: ServiceNowClient, state: ServiceNowState, bench: requests.Session
) -> None:
    faults = f"{state.base_url}/sandbox/faults"
    for method in ("GET", "POST"):
        fault = {"status": 429, "method": method, "path": "/api/now/table", "times": 1}
        bench.post(faults, json=fault, timeout=LONGEST_CALL_SECONDS)
    assert client.GlideRecord("pm_project").get("short_description", "Project 001")
    record = client.GlideRecord("incident")
    record.initialize()
    record.short_description = "Once"
    with pytest.raises(RequestException, match="Rate limit exceeded"):
        record.insert()
    assert calls(state, bench) == [("GET", 429), ("GET", 200), ("POST", 429)]


def test_client_credentials(
    state: ServiceNowState,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PySNC asks for its token with the library's own settings, so that the certificate comes from the environment."""
    caplog.set_level(logging.ERROR)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    state.oauth_clients["app"] = ("its-secret", "robot")
    client = ServiceNowClient(
        state.base_url, ServiceNowClientCredentialsFlow("app", "its-secret"), verify=str(certificate[0])
    )
    assert client.GlideRecord("pm_project").get("short_description", "Project 001")
    client.session.close()
    with pytest.raises(AuthenticationException, match="access_denied"):
        ServiceNowClient(state.base_url, ServiceNowClientCredentialsFlow("app", "wrong"), verify=str(certificate[0]))
