"""The API: closed without a token, and what it says with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from tests.connector.store.conftest import Store, store
from tests.connector.store.test_ledger import SHOWN, loaded, look
from tests.mapping.items import item
from webhook_server.app import create_app

__all__ = ["loaded", "store"]

TOKEN = "a token of more than twenty-four characters"


def _services(database: URL, folder: Path, token: str | None) -> Services:
    dsn = database.render_as_string(hide_password=False)
    key = Fernet.generate_key().decode()
    return bootstrap(Settings(database_url=dsn, data=folder, secret_key=key, api_token=token), application="tests")


@pytest.fixture
def client(store: Store, loaded: object, tmp_path: Path) -> Iterator[FlaskClient]:
    """A server on the database of a store in which one measure was judged."""
    look(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    with _services(store.url, tmp_path, TOKEN) as services:
        yield create_app(services).test_client()


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("name", ["ITX-1", "itx-1", "jira-main/10001"])
def test_a_measure_is_explained_by_key_or_id(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/api/v1/measures/{name}/explain", headers=bearer())
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["key"], found["verdict"]["gate"]) == ("ITX-1", "shut")
    assert found["explanation"][0].startswith("Detailed is shut: ")


def test_as_plain_text_it_is_the_checklist(client: FlaskClient) -> None:
    answer = client.get("/api/v1/measures/ITX-1/explain", headers=bearer() | {"Accept": "text/plain"})
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("ITX-1 Retire the legacy CRM\n\nDetailed is shut: ")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        bearer("é" * 30),
    ],
)
def test_without_the_token_nothing_is_told(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/measures/ITX-1/explain", headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gatepost"'
    assert answer.get_json()["detail"] == "Send Authorization: Bearer <token>."


@pytest.mark.parametrize("token", [None, "short"])
def test_without_a_good_token_in_the_settings_the_api_is_off(database: URL, tmp_path: Path, token: str | None) -> None:
    with _services(database, tmp_path, token) as services:
        answer = create_app(services).test_client().get("/api/v1/measures/ITX-1/explain", headers=bearer("short"))
    assert (answer.status_code, answer.get_json()["detail"]) == (
        403,
        "Set GATEPOST_API_TOKEN to 24 or more characters.",
    )


def test_what_is_not_there_is_a_problem(client: FlaskClient) -> None:
    answer = client.get("/api/v1/measures/NOPE-1/explain", headers=bearer())
    assert (answer.status_code, answer.get_json()["title"]) == (404, 'There is no measure "NOPE-1".')


def test_the_token_is_in_no_text() -> None:
    assert TOKEN not in repr(Settings(api_token=TOKEN))
