"""Every route and every API path, asked by everybody: the answers are written down in :mod:`access_table`.

The objects that the addresses name are in IT / Cloud exit; the administrator is one of IT / Branches.  A route without a
line in the table or without a declaration at its view fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from connector.bootstrap import system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import PersonId, Role, RoleGrant, TokenScope, Viewer
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server import as_of_table
from tests.webhook_server.access_table import TABLE
from tests.webhook_server.api_server import ApiServer, api_server
from webhook_server.api import OPERATIONS
from webhook_server.permission import ATTRIBUTE, Entry, permission_of

ELSEWHERE = ("IT", "Branches")
CALLERS: Mapping[str, tuple[RoleGrant, ...] | None] = {
    "N": None,
    "V": (RoleGrant(Role.VIEWER, ELSEWHERE),),
    "O": (RoleGrant(Role.OWNER, ELSEWHERE),),
    "P": (RoleGrant(Role.OPERATOR),),
    "A": (RoleGrant(Role.ADMINISTRATOR, ELSEWHERE),),
}
"""Nobody; a viewer, an owner and an administrator of another part; the operator of the installation."""
SIGN_IN = "in"
"""A redirect to the sign-in page."""
REFUSALS = {SIGN_IN, "401", "403", "404"}
BODIES = {
    "/api/v1/measures/<path:measure>/commands": {"verb": "approve", "stage": "decided"},
    "/api/v1/papers/<paper>/pause": {"reason": "tests"},
    "/api/v1/gates/check": {"items": [{"measure": "ITX-1", "stage": "decided"}]},
    "/api/v1/commands": {"items": [{"measure": "ITX-1", "command": {"verb": "approve", "stage": "decided"}}]},
    "/api/v1/dead-letters/drop": {"target": "write/1", "reason": "tests"},
    "/api/v1/dead-letters/replay": {"target": "write/1"},
    "/api/v1/outbox/<int:number>/drop": {"reason": "tests"},
    "/api/v1/inbox/<int:number>/drop": {"reason": "tests"},
}
FORMS = {"/measures/<path:name>/actions/<verb>": {"key": "a key of this form"}}
ENDS_SESSIONS = {"/account/sessions/end", "/account/password", "/signout", "/people/<int:number>/sessions/end"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKES = {as_of_table.ON, as_of_table.BOTH, as_of_table.KEPT}
SUBJECTS: Mapping[str, object] = {
    "measures": "ITX-1",
    "gates": "ITX-1",
    "connections": "jira-main",
    "sweeps": "jira-main",
}
"""What an address below this word is about; numbers are the first of their kind."""


@dataclass
class Installation:
    here: ApiServer
    persons: Mapping[str, PersonId]
    sessions: dict[str, str] = field(default_factory=dict)

    def ask(self, caller: str, method: str, rule: Rule) -> str:
        """The status of the answer, or where it leads."""
        client, address, headers = self.here.app.test_client(), self.address(method, rule), dict[str, str]()
        if address.startswith("/api/"):
            headers |= {"Authorization": f"Bearer {self.here.tokens[caller]}"} if caller != "N" else {}
        else:
            client.set_cookie("gatepost", self._session(caller, rule))
        body: dict[str, Any] = (
            {"json": BODIES.get(rule.rule, {})} if address.startswith("/api/") and method != "GET" else {}
        )
        if rule.rule in FORMS and method == "POST":
            body = {"data": FORMS[rule.rule]}
        answer = client.open(address, method=method, headers=headers, buffered=True, **body)
        to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/signin")
        return SIGN_IN if to_sign_in else str(answer.status_code)

    def _session(self, caller: str, rule: Rule) -> str:
        if caller == "N":
            return "made up"
        if caller not in self.sessions or rule.rule in ENDS_SESSIONS:
            self.sessions[caller] = self.here.services.sessions.begin(
                self.persons[caller],
                agent="",
                by="tests",
                now=system_clock(),
                method=SignInMethod.PASSWORD,
                authenticated_at=system_clock(),
            )
        return self.sessions.pop(caller) if rule.rule in ENDS_SESSIONS else self.sessions[caller]

    def address(self, method: str, rule: Rule) -> str:
        words = [word for word in rule.rule.split("/") if word in SUBJECTS]
        subject = SUBJECTS[words[0]] if words else "jira-main"
        values = {name: self._argument(rule, name, subject) for name in rule.arguments}
        return self.here.app.url_map.bind("localhost").build(rule.endpoint, values, method)

    @staticmethod
    def _argument(rule: Rule, name: str, subject: object) -> object:
        if "int" in str(rule._converters.get(name)).lower() or name == "number":
            return 1
        return {"verb": "approve", "stage": "implemented", "cause": "r1", "token": "x"}.get(name, subject)


@pytest.fixture(scope="module")
def installation(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("data")) as here,
    ):
        # That forms need their token is asked elsewhere; here everybody has it.
        here.app.config["WTF_CSRF_METHODS"] = set()
        yield Installation(here, {name: here.person(name, *grants) for name, grants in CALLERS.items() if grants})


def routes(app: Flask) -> dict[str, Rule]:
    """Every route as ``GET /measures/<path:name>``."""
    return {
        f"{method} {rule.rule}": rule
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in METHODS
        if not rule.rule.startswith("/static/") and method in (rule.methods or ())
    }


def test_every_route_answers_everybody_as_the_table_says(installation: Installation) -> None:
    asked = {
        name: " ".join(installation.ask(caller, name.partition(" ")[0], rule) for caller in CALLERS)
        for name, rule in routes(installation.here.app).items()
    }
    other = [f'"{name}": "{answers}",' for name, answers in asked.items() if TABLE.get(name) != answers]
    assert not other, "\n".join(["The table says something else; if this is meant, write there:", *other])
    assert sorted(TABLE.keys() - asked.keys()) == []


def test_every_route_declares_what_it_asks(installation: Installation) -> None:
    views = installation.here.app.view_functions
    undeclared = [
        name for name, rule in routes(installation.here.app).items() if not hasattr(views[rule.endpoint], ATTRIBUTE)
    ]
    assert undeclared == []


def test_nobody_gets_further_than_the_declaration_says(installation: Installation) -> None:
    """The table is what happens; the declaration is what is meant."""
    views = installation.here.app.view_functions
    for name, rule in routes(installation.here.app).items():
        permission = permission_of(views[rule.endpoint])
        for caller, grants in CALLERS.items():
            viewer = None if grants is None else Viewer(
                person=PersonId(1), login="", name="", grants=grants, scopes=frozenset(TokenScope)
            )  # fmt: skip
            answer = dict(zip(CALLERS, TABLE[name].split(), strict=True))[caller]
            if not permission.admits(viewer):
                assert answer in REFUSALS, (name, caller)
            elif permission.entry is Entry.SIGNED_IN:
                # The object may still be none of theirs.
                assert answer not in {SIGN_IN, "401"}, (name, caller)


def test_pages_take_a_day_of_the_past_as_the_table_says(installation: Installation) -> None:
    """One that takes none refuses it, and never shows today under another day's name."""
    app = installation.here.app
    pages = {
        rule.rule: rule
        for name, rule in routes(app).items()
        if name.startswith("GET ") and not rule.rule.startswith("/api/")
    }
    listed = {
        one for one in pages if one in as_of_table.PAGES or one == "/" or one.startswith(as_of_table.OTHER_PAGES[1:])
    }
    assert (sorted(pages.keys() - listed), sorted(as_of_table.PAGES.keys() - pages.keys())) == ([], [])
    client = app.test_client()
    client.set_cookie("gatepost", installation._session("V", pages["/portfolio"]))
    other = {}
    for path, takes in as_of_table.PAGES.items():
        for name in ("on", "compare"):
            answer = client.get(f"{installation.address('GET', pages[path])}?{name}=2999-01-01")
            said = (
                "takes" if "2999-01-01 has not come yet" in answer.text
                else "refuses" if "This page shows what is so now" in answer.text else "shows"
            )  # fmt: skip
            meant = "shows" if takes == as_of_table.PARTS else "takes" if takes in TAKES else "refuses"
            if said != meant and answer.status_code != 403:  # this caller is not let in at all
                other[f"{path}?{name}"] = (answer.status_code, said)
    assert other == {}


def test_operations_take_a_day_of_the_past_as_the_table_says() -> None:
    other = {}
    for one in OPERATIONS:
        if one.method != "GET":
            continue
        fields = set(one.query.model_fields) if one.query is not None else set()
        takes = " ".join(name for name in ("on", "compare") if name in fields)
        meant = as_of_table.OPERATIONS.get(one.path) or as_of_table.OPERATION_TAGS[one.tag]
        if takes != (meant if meant in TAKES else ""):
            other[one.path] = takes
    assert other == {}
