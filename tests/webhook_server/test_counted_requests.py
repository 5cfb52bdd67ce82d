"""Failed sign-ins, refusals and exports in the audit: each once a minute, whatever somebody sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from connector.bootstrap import system_clock
from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.store.operations.counted_events import MAX_COUNTS, CountedEvent, CountedKind
from tests.databases import Databases
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text
from tests.webhook_server.visitor import site as open_site

LATER = timedelta(hours=2)
AT = datetime(2026, 11, 21, 9, 14, 30, tzinfo=UTC)


@dataclass
class Counting:
    site: WebSite
    ada: FormBrowser
    viewer: FormBrowser

    def entries(self, action: str) -> list[tuple[str, str]]:
        """What the audit says of this action, as (actor, text), after everything was written into it."""
        self.site.services.counted_events.settle(system_clock() + LATER)
        entries = [one for one in self.site.services.audit.entries() if one.action == action]
        return [(one.actor, str(one.detail["text"])) for one in entries]

    def texts(self, action: str, beginning: str) -> list[str]:
        return [told.partition(", from")[0] for _, told in self.entries(action) if told.startswith(beginning)]


@pytest.fixture(scope="module")
def counting(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    with databases.one() as url, open_site(url, tmp_path_factory.mktemp("data")) as site:
        yield Counting(
            site,
            site.signed_in("ada@x.example", RoleGrant(Role.ADMINISTRATOR)),
            site.signed_in("vera@x.example", RoleGrant(Role.VIEWER)),
        )


@pytest.fixture(autouse=True)
def forgotten(counting: Counting) -> None:
    counting.site.services.counted_events.settle(system_clock() + LATER)
    with counting.site.services.engine.begin() as connection:
        connection.execute(text("DELETE FROM failed_sign_in"))


def sum_of(told: list[str]) -> int:
    """The minute may turn over during a test."""
    return sum(int(one.partition(" time")[0].rpartition(" ")[2]) for one in told)


def test_failed_sign_ins_are_one_entry_with_their_number(counting: Counting) -> None:
    for _ in range(3):
        counting.site.visitor().sign_in("Vera@x.example", "wrong")
    told = counting.texts("sign_in.failed", "Signing in as vera@x.example failed")
    assert len(told) <= 2
    assert sum_of(told) == 3
    assert all(one.endswith("from 127.0.0.1") for one in told)


def test_what_is_no_login_is_not_written_down(counting: Counting) -> None:
    counting.site.visitor().sign_in("correct horse battery staple", "x")
    assert counting.texts("sign_in.failed", "Signing in as an unknown login") != []
    assert "battery" not in str([one.detail for one in counting.site.services.audit.entries()])


def test_a_lock_out_is_told_apart(counting: Counting) -> None:
    for _ in range(12):
        counting.site.visitor().sign_in("vera@x.example", "wrong")
    assert counting.texts("sign_in.locked", "Signing in as vera@x.example was refused") != []


def test_refusals_are_counted_by_person_whatever_they_ask_for(counting: Counting) -> None:
    for path in ("/people", "/setup", "/operations", "/people/rules"):
        assert counting.viewer.get(path).status_code == 403
    found = counting.entries("access.refused")
    assert {actor for actor, _ in found} == {"vera@x.example"}
    told = [one for _, one in found]
    assert len(told) <= 2
    assert sum_of(told) == 4
    assert "first at GET /people," in told[0]


def test_refusals_and_wrong_tokens_of_the_api_are_counted(counting: Counting) -> None:
    services = counting.site.services
    vera = services.people.find_by_login("vera@x.example")
    assert vera is not None
    token = services.tokens.create(
        vera.id, "t", [TokenScope.MEASURES_READ], expires_at=system_clock() + LATER, by="tests", now=system_clock()
    ).token
    client = counting.site.visitor()
    before = len(counting.entries("access.refused"))
    assert client.get("/api/v1/dead-letters", Authorization=f"Bearer {token}").status_code == 403
    assert client.get("/api/v1/measures", Authorization="Bearer gpt_wrong").status_code == 401
    assert client.get("/api/v1/measures").status_code == 401, "without a token it is no attempt"
    assert len(counting.entries("access.refused")) == before + 1
    assert sum_of(counting.texts("token.refused", "A wrong or ended API token")) == 1


def test_files_and_lists_that_somebody_takes_are_in_the_audit(counting: Counting) -> None:
    services = counting.site.services
    assert counting.viewer.get("/portfolio/export.csv?rows=measures").status_code == 200
    (told,) = counting.entries("data.exported")
    assert told[0] == "vera@x.example"
    assert "exported the portfolio as a file 1 time from 127.0.0.1 (/portfolio/export.csv?rows=measures)" in told[1]
    vera = services.people.find_by_login("vera@x.example")
    assert vera is not None
    token = services.tokens.create(
        vera.id, "t", [TokenScope.MEASURES_READ], expires_at=system_clock() + LATER, by="tests", now=system_clock()
    ).token
    for _ in range(2):
        client = counting.site.visitor()
        assert client.get("/api/v1/measures", Authorization=f"Bearer {token}").status_code == 200
    told_of_list = counting.texts("data.read", "vera@x.example read /api/v1/measures")
    assert sum_of(told_of_list) == 2


def test_the_page_shows_them_and_finds_them_by_their_kind(counting: Counting) -> None:
    counting.site.visitor().sign_in("vera@x.example", "wrong")
    counting.entries("sign_in.failed")
    shown = page_text(counting.ada.get("/audit?action=sign_in"))
    assert "Signing in as vera@x.example failed" in shown
    assert "Sign in: everything" in shown


def test_nobody_floods_the_audit(counting: Counting) -> None:
    """From many addresses as well: what comes after the first fifty is one entry."""
    events = counting.site.services.counted_events
    before = counting.site.services.audit.verify().entries
    for number in range(MAX_COUNTS + 30):
        events.note(CountedEvent(CountedKind.SIGN_IN_FAILED, "", f"10.0.0.{number}"), AT)
    for _ in range(40):
        events.note(CountedEvent(CountedKind.SIGN_IN_FAILED, "", "10.0.0.1"), AT)
    events.settle(AT + timedelta(minutes=1))
    result = counting.site.services.audit.verify()
    assert (result.entries - before, result.breaks) == (MAX_COUNTS + 1, ())
    told = {one for _, one in counting.entries("sign_in.failed")}
    ending = ", from 2026-11-21 09:14 UTC on, within a minute."
    assert f"Signing in as an unknown login failed 41 times from 10.0.0.1{ending}" in told
    assert f"Failed sign-ins, 30 times more from other addresses and logins{ending}" in told


def test_a_count_is_written_when_its_minute_is_over_and_once(counting: Counting) -> None:
    events = counting.site.services.counted_events
    before = counting.site.services.audit.verify().entries
    events.note(CountedEvent(CountedKind.ACCESS_REFUSED, "x", "10.0.0.1", example="GET /x"), AT)
    events.settle(AT + timedelta(seconds=20))
    assert counting.site.services.audit.verify().entries == before
    events.settle(AT + timedelta(seconds=30))
    events.settle(AT + timedelta(seconds=30))
    assert counting.site.services.audit.verify().entries == before + 1
