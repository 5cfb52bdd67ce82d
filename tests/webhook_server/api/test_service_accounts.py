"""Programs with an identity of their own: tokens by client credentials, scopes on every route, and no decisions."""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from werkzeug.test import TestResponse

from connector.bootstrap import system_clock
from connector.notify.signing import new_secret, signature_headers
from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.people.token_scopes import DECIDING_SCOPES, SERVICE_SCOPES
from mapping.load import LoadedMapping, load_mapping
from sandbox.serving import Server
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.stories.world import free_port
from tests.waiting import LONGEST_CALL_SECONDS, wait_until
from tests.webhook_server.api.scope_table import SCOPES
from tests.webhook_server.api_server import ApiServer, api_server
from webhook_server.admin.api_docs import recipe
from webhook_server.api import OPERATIONS
from webhook_server.api.openapi import document
from webhook_server.api.openapi_names import OPERATION_IDS

TOKEN = "/api/v1/oauth/token"
EVERY_SCOPE = [scope.value for scope in TokenScope if scope in SERVICE_SCOPES]
CONFIRM = {"verb": "confirm", "amount": "1.00", "currency": "EUR", "month": "2026-08"}
DECIDING = (
    {"verb": "approve", "stage": "decided"},
    {"verb": "reject", "stage": "decided", "text": "no"},
    CONFIRM,
    {"verb": "hold", "text": "x"},
    {"verb": "resume"},
    {"verb": "cancel", "text": "x"},
)


@pytest.fixture(scope="module")
def api(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    result = load_mapping(MAPPING)
    assert isinstance(result, LoadedMapping)
    folder: Path = tmp_path_factory.mktemp("service")
    with (
        databases.one() as url,
        open_store(url) as opened,
        api_server(opened, result, folder) as here,
    ):
        yield here


def create(api: ApiServer, name: str, *scopes: str, **more: Any) -> dict[str, str]:
    """The credentials of a new service account, as a form has them."""
    answer = api.post("admin", "/service-accounts", {"name": name, "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    return {"client_id": made["service_account"]["client_id"], "client_secret": made["client_secret"]}


def ask(api: ApiServer, form: dict[str, str], **headers: str) -> TestResponse:
    return api.client.post(TOKEN, data={"grant_type": "client_credentials", **form}, headers=headers)


def use(api: ApiServer, name: str, form: dict[str, str]) -> None:
    """Let requests of ``name`` come from this account."""
    answer = ask(api, form)
    assert answer.status_code == 200, answer.text
    api.tokens[name] = answer.get_json()["access_token"]


def test_every_operation_states_its_scope_and_the_description_has_it() -> None:
    stated = {
        f"{operation.method} {operation.path}": operation.scope.value if operation.scope else "any token"
        for operation in OPERATIONS
    }
    assert stated == SCOPES
    described = document(OPERATIONS)
    offered = described["components"]["securitySchemes"]["serviceAccount"]["flows"]["clientCredentials"]
    assert offered["tokenUrl"] == TOKEN
    assert set(offered["scopes"]) == set(EVERY_SCOPE)
    for name, scope in SCOPES.items():
        method, _, path = name.partition(" ")
        security = described["paths"][path][method.lower()]["security"]
        wanted = [] if scope == "any token" else [scope]
        assert {"token": wanted} in security, name
        assert ({"serviceAccount": wanted} in security) is (not wanted or scope in offered["scopes"]), name


def test_a_token_without_the_scope_is_refused_on_every_route(api: ApiServer) -> None:
    """Each operation is asked with all scopes but its own: it names the one that is missing."""
    for scope in TokenScope:
        others = frozenset(TokenScope) - {scope}
        api.person(f"all-but-{scope.value.replace(':', '-')}", *(RoleGrant(role) for role in Role), scopes=others)
    for operation in OPERATIONS:
        if operation.scope is None:
            continue
        path = operation.path.replace("{number}", "1").replace("{", "").replace("}", "")
        answer = api.call(f"all-but-{operation.scope.value.replace(':', '-')}", operation.method, path)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing"), operation.path
        assert operation.scope.value in answer.get_json()["title"]


def test_a_client_gets_short_lived_tokens_for_its_scopes(api: ApiServer) -> None:
    form = create(api, "reader", "gates:read", "measures:read", days=30)
    answer = ask(api, form)
    given = answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert given["token_type"] == "Bearer"
    assert 1700 < given["expires_in"] <= 1800
    assert given["scope"] == "gates:read measures:read"
    api.tokens["reader"] = given["access_token"]
    me = api.get("reader", "/me").get_json()
    assert (me["person"], me["login"], me["token"]) == ("service/reader", "service/reader", None)
    assert api.get("reader", "/gates/ITX-1/detailed").status_code == 409
    assert api.get("reader", "/findings").get_json()["code"] == "scope_missing"
    # By HTTP Basic as well, and for less than all scopes.
    basic = base64.b64encode(f"{form['client_id']}:{form['client_secret']}".encode()).decode()
    narrow = ask(api, {"scope": "gates:read"}, Authorization=f"Basic {basic}").get_json()
    assert narrow["scope"] == "gates:read"
    api.tokens["narrow"] = narrow["access_token"]
    assert api.get("narrow", "/measures").get_json()["code"] == "scope_missing"
    with api.store.engine.connect() as connection:
        (stored,) = connection.exec_driver_sql("SELECT json_agg(s)::text FROM service_secret s").one()
    assert form["client_secret"] not in stored


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "gpx_wrong"}, 401, "invalid_client"),
        ({"client_id": "gpc_unknown"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"scope": "gates:read measures:read"}, 400, "invalid_scope"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_what_gets_no_token(api: ApiServer, form: dict[str, str], status: int, error: str) -> None:
    name = f"no-{abs(hash(str(form)))}"
    answer = ask(api, create(api, name, "gates:read") | form)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_wrong_secrets_are_slowed_down(api: ApiServer) -> None:
    form = create(api, "guessed", "gates:read") | {"client_secret": "gpx_guess"}
    answers = [
        api.client.post(
            TOKEN, data={"grant_type": "client_credentials", **form}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        )
        for _ in range(11)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 60


def test_it_decides_nothing_whatever_it_is_given(api: ApiServer) -> None:
    use(api, "bot", create(api, "bot", *EVERY_SCOPE))
    for command in DECIDING:
        answer = api.post("bot", "/measures/ITX-1/commands", command)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "decides_nothing"), command
    items = [{"measure": "ITX-1", "command": DECIDING[0]}]
    (one,) = api.post("bot", "/commands", {"items": items}).get_json()["items"]
    assert one["problem"]["code"] == "decides_nothing"
    # A reason decides nothing: the rules then say who may give one.
    assert api.post("bot", "/measures/ITX-1/commands", {"verb": "reason", "text": "late"}).status_code == 202
    for operation in OPERATIONS:
        if operation.scope in DECIDING_SCOPES:
            path = operation.path.replace("{number}", "1").replace("{", "").replace("}", "")
            answer = api.call("bot", operation.method, path)
            assert (answer.status_code, answer.get_json()["code"]) == (403, "decides_nothing"), operation.path
    beyond = api.post("admin", "/service-accounts", {"name": "cfo", "scopes": ["money:write"]})
    assert (beyond.status_code, beyond.get_json()["code"]) == (422, "decides_nothing")


def test_it_sees_and_administers_its_part_alone(api: ApiServer) -> None:
    use(api, "part", create(api, "part", *EVERY_SCOPE, hierarchy=["IT", "Cloud exit"]))
    assert [one["key"] for one in api.get("part", "/measures").get_json()["items"]] == ["ITX-1"]
    assert api.get("part", "/gates/ITX-2/detailed").status_code == 404
    made = {"name": "chat", "url": "http://127.0.0.1:9/hook", "hierarchy": ["IT", "Cloud exit"]}
    assert api.post("part", "/subscriptions", made).status_code == 201
    assert api.post("part", "/subscriptions", made | {"name": "all", "hierarchy": []}).status_code == 403
    (listed,) = api.get("part", "/subscriptions").get_json()["items"]
    assert listed["created_by"] == "service/part"
    api.person("lead", RoleGrant(Role.ADMINISTRATOR, ("IT", "Branches")))
    assert api.post("lead", "/service-accounts", {"name": "other", "scopes": ["gates:read"]}).status_code == 403
    assert api.get("lead", "/service-accounts").get_json() == {"items": []}
    assert api.get("lead", "/service-accounts/part").status_code == 404


def test_secrets_are_rotated_ended_and_revoked_and_the_audit_has_it(api: ApiServer) -> None:
    old = create(api, "turned", "gates:read", days=30)
    use(api, "turned", old)
    new = api.post("admin", "/service-accounts/turned/rotate", {}).get_json()["client_secret"]
    assert ask(api, old).status_code == 200, "for another day"
    later = system_clock() + timedelta(days=1, minutes=1)
    accounts = api.services.service_accounts
    assert accounts.give_token(old["client_id"], old["client_secret"], [], now=later) == "invalid_client"
    assert ask(api, old | {"client_secret": new}).status_code == 200
    newest = api.post("admin", "/service-accounts/turned/rotate", {"at_once": True}).get_json()["client_secret"]
    assert ask(api, old | {"client_secret": new}).status_code == 401
    assert api.get("turned", "/gates/ITX-1/detailed").status_code == 401, "its tokens end too"
    use(api, "turned", old | {"client_secret": newest})
    assert api.call("admin", "DELETE", "/service-accounts/turned").status_code == 204
    assert api.get("turned", "/gates/ITX-1/detailed").status_code == 401
    assert ask(api, old | {"client_secret": newest}).status_code == 401
    assert api.get("admin", "/service-accounts/turned").get_json()["state"] == "revoked"
    assert api.post("admin", "/service-accounts/turned/rotate", {}).status_code == 409
    again = api.post("admin", "/service-accounts", {"name": "turned", "scopes": ["gates:read"]})
    assert (again.status_code, again.get_json()["code"]) == (409, "already_exists")
    number = api.get("admin", "/service-accounts/turned").get_json()["number"]
    entries = api.get("admin", f"/audit?subject=service_account/{number}").get_json()["items"]
    assert [entry["action"].partition(".")[2] for entry in entries] == ["revoked", "rotated", "rotated", "created"]
    assert new not in str(entries)


def test_a_token_ends(api: ApiServer) -> None:
    form = create(api, "short", "gates:read")
    given = api.services.service_accounts.give_token(form["client_id"], form["client_secret"], [], now=system_clock())
    assert not isinstance(given, str)
    accounts = api.services.service_accounts
    assert accounts.viewer(given.token, now=given.expires_at - timedelta(seconds=1)) is not None
    assert accounts.viewer(given.token, now=given.expires_at) is None


# --- the page of the description, and its programs ------------------------------------------------------------


def test_the_page_shows_every_operation_event_and_schema_and_nothing_of_another_host(api: ApiServer) -> None:
    answer = api.client.get("/docs")
    assert answer.status_code == 200, "nobody has to sign in for it"
    described = document(OPERATIONS)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in answer.text, f"{method} {path}"
    for kind in described["webhooks"]:
        assert f'id="event-{kind}"' in answer.text
    for name in described["components"]["schemas"]:
        assert f'id="schema-{name}"' in answer.text
    targets = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert targets <= set(re.findall(r'id="([^"]+)"', answer.text)), "each link leads somewhere"
    assert re.findall(r'(?:src|href)="(https?:[^"]+)"', answer.text) == ["https://www.standardwebhooks.com"]
    assert "style=" not in answer.text


def test_every_operation_has_a_speaking_name_of_its_own() -> None:
    assert {f"{operation.method} {operation.path}" for operation in OPERATIONS} == set(OPERATION_IDS)


@pytest.fixture(scope="module")
def server(api: ApiServer) -> Iterator[str]:
    running = Server(api.app).start()
    yield running.url
    running.stop()


def run(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = ["sh", "-s", "--"] if name.endswith(".sh") else [sys.executable, "-"]
    return subprocess.run(
        [*program, *arguments], input=recipe(name), env=dict(os.environ) | environment, capture_output=True, text=True,
        timeout=LONGEST_CALL_SECONDS, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "stage", "status", "beginning"),
    [
        ("ITX-1", "identified", 0, "The gate into Identified is open"),
        ("jira-main/10001", "detailed", 1, "The gate into Detailed is shut"),
        ("ITX-9", "detailed", 2, '{"code":"not_visible_or_unknown"'),
        ("ITX-1/identified?x=", "detailed", 2, '{"code":"not_visible_or_unknown"'),
    ],
)
def test_ask_before_you_deploy(
    api: ApiServer, server: str, measure: str, stage: str, status: int, beginning: str
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    form = create(api, f"deploy-{status}-{len(measure)}", "gates:read")
    given = {"GATEPOST": server, "CLIENT": form["client_id"], "SECRET": form["client_secret"]}
    done = run("ask-before-deploy.sh", measure, stage, **given)
    assert (done.returncode, done.stdout[: len(beginning)]) == (status, beginning), done.stderr
    assert run("ask-before-deploy.sh", measure, stage, **given | {"SECRET": "gpx_wrong"}).returncode == 2


def test_export_the_findings_each_night(api: ApiServer, server: str) -> None:
    form = create(api, "nightly", "findings:read")
    given = {"GATEPOST": server, "CLIENT": form["client_id"], "SECRET": form["client_secret"]}
    done = run("export_findings.py", **given)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    listed = api.get("admin", "/findings?limit=200").get_json()["items"]
    assert [(row["key"], row["code"]) for row in rows] == [(one["key"], one["finding"]["code"]) for one in listed]


def test_tell_the_chat_when_a_gate_shuts(tmp_path: Path) -> None:
    secret, port = new_secret(lambda size: b"k" * size), free_port()
    body = json.dumps(document(OPERATIONS)["webhooks"]["gate.blocked"]["post"]["requestBody"]["content"][
        "application/json"]["example"])  # fmt: skip
    chat, source = Receiver(), tmp_path / "chat.py"
    source.write_text(recipe("chat_when_a_gate_shuts.py"))
    environment = dict(os.environ) | {"GATEPOST_SECRET": secret, "CHAT": chat.url, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, str(source)], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "the receiver listens")
        headers = dict(signature_headers(uuid4(), body, [secret], system_clock()))
        sent = [
            requests.post(f"http://127.0.0.1:{port}", body, headers=one, timeout=LONGEST_CALL_SECONDS).status_code
            for one in (headers | {"webhook-signature": "v1,AAAA"}, headers, headers)
        ]
    finally:
        process.terminate()
        process.wait()
        chat.stop()
    assert sent == [401, 204, 204]
    ((_, told),) = chat.received
    assert json.loads(told)["text"].startswith("ITX-7 Retire the legacy CRM: the gate into Decided is waiting.\n• ")


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
