"""What somebody sends who wants to break something: texts and numbers that no row holds, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from connector.bootstrap import system_clock
from connector.people.permissions import PersonId, Role, RoleGrant
from tests.databases import Databases
from tests.webhook_server.visitor import CHEAP, FormBrowser, WebSite
from tests.webhook_server.visitor import site as open_site

HUGE = "99999999999999999999999"


@dataclass
class House:
    site: WebSite
    ada: FormBrowser
    vera: FormBrowser
    carl: PersonId


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with databases.one() as url, open_site(url, tmp_path_factory.mktemp("data")) as site:
        yield House(
            site,
            site.signed_in("ada@x.example", RoleGrant(Role.ADMINISTRATOR)),
            site.signed_in("vera@x.example", RoleGrant(Role.VIEWER)),
            site.person("carl@x.example", name="Carl"),
        )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/people/{HUGE}", 404),
        ("/people/grant-preview?role=viewer&portfolio=a%00", 400),
        ("/connections/a%00", 404),
        ("/subscriptions/a%00", 404),
        ("/measures/a%00b", 404),
        ("/audit?subject=a%00", 400),
        (f"/audit?after={HUGE}", 200),
    ],
)
def test_an_address_that_nothing_can_have_leads_nowhere(house: House, path: str, status: int) -> None:
    assert house.ada.get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/people/{carl}/grants", {"role": "controller", "portfolio": "I\0T"}, 400),
        ("/people/{carl}/accounts", {"connection": "jira\0", "account": "b"}, 400),
        ("/people/rules", {"claim": "g\0", "role": "viewer"}, 400),
        ("/account/tokens", {"name": "g\0", "scope": "read", "days": "7"}, 400),
        ("/account/sessions/end", {"session": HUGE}, 400),
        ("/account/sessions/end", {"session": "mine"}, 400),
        ("/people/{carl}/sessions/end", {"session": HUGE}, 400),
        (f"/people/{HUGE}/active", {"active": "yes"}, 404),
        (f"/people/rules/{HUGE}/remove", {}, 404),
        (f"/account/tokens/{HUGE}/revoke", {}, 404),
        (f"/people/{HUGE}/second-factor/reset", {}, 404),
    ],
)
def test_a_form_that_nothing_can_hold_is_refused(house: House, path: str, form: dict[str, str], status: int) -> None:
    assert house.ada.post(path.format(carl=house.carl), form, page="/people").status_code == status


def test_a_login_that_nobody_can_have_is_refused(house: House) -> None:
    assert house.site.visitor().sign_in("ada\0@x.example").status_code == 400


def test_a_refusal_is_in_the_audit_whatever_the_address_holds(house: House) -> None:
    house.site.services.counted_events.settle(system_clock() + timedelta(hours=2))
    for path in ("/connections/a%00b", "/subscriptions/a%00b"):
        assert house.vera.get(path).status_code == 403
    house.site.services.counted_events.settle(system_clock() + timedelta(hours=2))
    told = [entry.detail for entry in house.site.services.audit.entries() if entry.action == "access.refused"]
    assert sum(int(str(detail["count"])) for detail in told) == 2
    assert told[0]["example"] == "GET /connections/a�b"


def test_an_address_that_the_sender_writes_is_believed_from_no_stranger(house: House) -> None:
    """Without a proxy that is trusted the throttle and the audit know the connection's own address alone."""
    answers = []
    for number in range(12):
        guesser = house.site.visitor()
        guesser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        answers.append(guesser.sign_in("vera@x.example", "wrong").status_code)
    assert (answers[0], answers[-1]) == (401, 429)
    house.site.services.counted_events.settle(system_clock() + timedelta(hours=2))
    details = [one.detail for one in house.site.services.audit.entries() if one.action.startswith("sign_in.")]
    assert {detail["address"] for detail in details} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "headers", [{"Range": "bytes=0-10"}, {"If-None-Match": "*"}, {"X-HTTP-Method-Override": "HEAD"}]
)
def test_no_header_takes_an_export_out_of_the_audit(house: House, headers: dict[str, str]) -> None:
    house.site.services.counted_events.settle(system_clock() + timedelta(hours=2))
    before = len([one for one in house.site.services.audit.entries() if one.action == "data.exported"])
    answer = house.vera.client.get("/portfolio/export.csv", headers=headers)
    assert (answer.status_code, "key,title" in answer.text) == (200, True)
    house.site.services.counted_events.settle(system_clock() + timedelta(hours=2))
    assert len([one for one in house.site.services.audit.entries() if one.action == "data.exported"]) == before + 1


def test_a_session_whose_password_is_not_its_persons_own_reads_nothing_over_the_api(house: House) -> None:
    house.site.services.people.grant(house.carl, RoleGrant(Role.VIEWER), by="tests")
    house.site.services.people.set_password(house.carl, CHEAP, by="tests", is_first=True)
    carl = house.site.visitor()
    assert carl.sign_in("carl@x.example").status_code == 303
    for path in ("/api/v1/measures", "/api/v1/me", "/portfolio/export.csv"):
        assert carl.get(path).status_code in {401, 303}, path
