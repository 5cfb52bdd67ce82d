"""Changes of access that need a second administrator, on the page People: asked for, accepted, refused, ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.bootstrap import system_clock
from connector.people.access_change import AccessChange, ChangeKind
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount
from connector.runtime.doctor import installation_checks
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import Health
from mapping.work_item import ConnectionName, Tool
from tests.databases import Databases
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text
from tests.webhook_server.visitor import site as open_site

ADMIN = RoleGrant(Role.ADMINISTRATOR)
CONTROLLER = {"role": "controller", "portfolio": "IT"}


@dataclass
class House:
    """Ada and Bea administer everything, Carl is to be controller."""

    site: WebSite
    ada: FormBrowser
    bea: FormBrowser
    ada_id: PersonId
    bea_id: PersonId
    count: int = 0

    def somebody(self) -> PersonId:
        self.count += 1
        return self.site.person(f"carl{self.count}@x.example", name="Carl")

    def grants(self, person: PersonId) -> list[str]:
        found = self.site.services.people.get(person)
        assert found is not None
        return [str(one.grant) for one in found.grants]

    def accounts(self, person: PersonId) -> frozenset[ToolAccount]:
        found = self.site.services.people.get(person)
        assert found is not None
        return found.accounts

    def waiting(self) -> int:
        """The number of the last change that waits."""
        return self.site.services.access_changes.pending(system_clock())[-1].id

    def told(self, action: str) -> list[tuple[str, str]]:
        entries = [one for one in self.site.services.audit.entries() if one.action == action]
        return [(one.actor, str(one.detail["text"])) for one in entries]


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with databases.one() as url, open_site(url, tmp_path_factory.mktemp("data")) as site:
        site.services.connections.save(
            ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "http://127.0.0.1:9", "bot", "token", ("s",))
        )
        ada, bea = site.person("ada@x.example", ADMIN), site.person("bea@x.example", ADMIN)
        first, second = site.visitor(), site.visitor()
        assert first.sign_in("ada@x.example").status_code == 303
        assert second.sign_in("bea@x.example").status_code == 303
        yield House(site, first, second, ada, bea)


def test_a_controller_is_asked_for_by_one_administrator_and_accepted_by_another(house: House) -> None:
    carl = house.somebody()
    house.ada.post(f"/people/{carl}/grants", CONTROLLER, page="/people")
    shown = page_text(house.ada.get(f"/people/{carl}"))
    assert "Another administrator has to accept this until" in shown
    assert "Carl becomes controller of IT" in shown
    assert "Asked for by ada@x.example," in shown
    assert "You asked for it yourself: another administrator decides." in shown
    assert house.grants(carl) == []
    number = house.waiting()
    refused = house.ada.post(f"/people/changes/{number}/accept", page="/people")
    assert (refused.status_code, house.grants(carl)) == (409, [])
    assert "Carl becomes controller of IT" in page_text(house.bea.get("/people"))
    assert house.bea.post(f"/people/changes/{number}/accept", page="/people").status_code == 303
    assert house.grants(carl) == ["controller of IT"]
    assert house.told("access_change.accepted")[-1] == (
        "bea@x.example", "Accepted, asked for by ada@x.example: Carl becomes controller of IT.",
    )  # fmt: skip
    assert house.bea.post(f"/people/changes/{number}/accept", page="/people").status_code == 409


def test_a_refused_change_never_comes(house: House) -> None:
    carl = house.somebody()
    house.ada.post(f"/people/{carl}/grants", CONTROLLER, page="/people")
    house.bea.post(f"/people/changes/{house.waiting()}/refuse", page="/people")
    assert house.grants(carl) == []
    assert house.told("access_change.refused")[-1][0] == "bea@x.example"


def test_nobody_links_an_account_to_themselves(house: House) -> None:
    form = {"connection": "jira-main", "account": "kaya"}
    house.ada.post(f"/people/{house.ada_id}/accounts", form, page="/people")
    number = house.waiting()
    house.ada.post(f"/people/changes/{number}/accept", page="/people")
    assert house.accounts(house.ada_id) == frozenset()
    house.bea.post(f"/people/changes/{number}/accept", page="/people")
    assert house.accounts(house.ada_id) == {ToolAccount("jira-main", "kaya")}
    house.ada.post(f"/people/{house.ada_id}/accounts/unlink", form, page="/people")
    assert house.accounts(house.ada_id) == {ToolAccount("jira-main", "kaya")}, "nor is it unlinked by one alone"


def test_the_person_whom_it_is_about_does_not_accept_it(house: House) -> None:
    answer = house.ada.post(
        f"/people/{house.bea_id}/accounts", {"connection": "jira-main", "account": "b"}, page="/people"
    )
    assert answer.status_code == 422
    assert "Nobody could accept this: the account b of jira-main becomes" in page_text(answer)


def test_what_cannot_be_done_is_said_to_whoever_asks(house: House) -> None:
    carl = house.somebody()
    answer = house.ada.post(f"/people/{carl}/accounts", {"connection": "nope", "account": "x"}, page="/people")
    assert (answer.status_code, 'There is no connection "nope".' in page_text(answer)) == (422, True)


def test_a_change_ends_after_a_week(house: House) -> None:
    carl, now = house.somebody(), system_clock()
    changes, ada = house.site.services.access_changes, house.site.services.people.viewer(house.ada_id)
    change = AccessChange(ChangeKind.GRANT, carl, RoleGrant(Role.CONTROLLER))
    asked = changes.request(change, by="ada@x.example", requester=ada, now=now - timedelta(days=7, minutes=1))
    assert asked.pending is not None
    assert asked.pending.id not in {one.id for one in changes.pending(now)}
    answer = house.bea.post(f"/people/changes/{asked.pending.id}/accept", page="/people")
    assert "It was not decided in time. Ask for it again." in page_text(answer)
    changes.request(
        AccessChange(ChangeKind.GRANT, carl, RoleGrant(Role.VIEWER)), by="ada@x.example", requester=ada, now=now
    )
    assert ("gatepost", "Ended, asked for by ada@x.example: Carl becomes controller of everything.") in house.told(
        "access_change.ended"
    )


def test_a_group_that_gives_a_guarded_role_and_somebody_who_comes_back_wait_too(house: House) -> None:
    house.ada.post("/people/rules", {"claim": "finance", "role": "controller"}, page="/people")
    assert house.site.services.people.rules() == ()
    carl = house.somebody()
    house.site.services.people.grant(carl, RoleGrant(Role.SPONSOR), by="tests")
    house.ada.post(f"/people/{carl}/active", {"active": "no"}, page="/people")
    house.ada.post(f"/people/{carl}/active", {"active": "yes"}, page="/people")
    assert house.site.services.people.viewer(carl) is None
    house.bea.post(f"/people/changes/{house.waiting()}/accept", page="/people")
    assert house.site.services.people.viewer(carl) is not None


def test_a_request_does_not_outlive_the_rights_of_whoever_made_it(house: House) -> None:
    site, carl = house.site, house.somebody()
    dan = site.person("dan@x.example", ADMIN)
    site.services.access_changes.request(
        AccessChange(ChangeKind.GRANT, carl, RoleGrant(Role.CONTROLLER)),
        by="dan@x.example", requester=site.services.people.viewer(dan), now=system_clock(),
    )  # fmt: skip
    site.services.people.set_active(dan, active=False, by="tests")
    answer = house.bea.post(f"/people/changes/{house.waiting()}/accept", page="/people")
    assert "dan@x.example is not the administrator any more who could ask for it. Refuse it." in page_text(answer)
    assert house.grants(carl) == []


def test_who_removes_the_other_administrator_is_not_alone_at_once(site: WebSite) -> None:
    ada = site.signed_in("ada@x.example", ADMIN)
    bea = site.person("bea@x.example", ADMIN, RoleGrant(Role.ADMINISTRATOR, ("HR",)))
    carl, found = site.person("carl@x.example", name="Carl"), site.services.people.get(bea)
    assert found is not None
    for path, form in (
        (f"/people/{bea}/grants/{found.grants[0].id}/revoke", {}),  # HR is left to her
        (f"/people/{bea}/active", {"active": "no"}),
    ):
        assert ada.post(path, form, page="/people").status_code == 303
        answer = ada.post(f"/people/{carl}/grants", CONTROLLER, page="/people")
        assert answer.status_code == 422
        assert "the other one was removed within the last 7 days" in page_text(answer)
    with site.services.engine.begin() as connection:
        connection.execute(text("UPDATE person SET administrator_until = now() - interval '8 days'"))
    assert ada.post(f"/people/{carl}/grants", CONTROLLER, page="/people").status_code == 303


def test_the_only_administrator_acts_alone_and_it_is_said(site: WebSite) -> None:
    ada, carl = site.signed_in("ada@x.example", ADMIN), site.person("carl@x.example", name="Carl")
    ada.post(f"/people/{carl}/grants", CONTROLLER, page="/people")
    assert (
        "Carl becomes controller of IT. There is no second administrator who could accept it; the audit says so."
        in page_text(ada.get(f"/people/{carl}"))
    )
    alone = [one.detail["text"] for one in site.services.audit.entries() if one.action == "access_change.alone"]
    assert alone == ["Alone, because there is no second administrator: Carl becomes controller of IT."]
    (check,) = [one for one in installation_checks(site.services) if one.subject == "administrators"]
    assert (check.health, check.message) == (
        Health.WARNING, "only ada@x.example: one person alone gives the roles that approve, and links accounts",
    )  # fmt: skip
    site.person("bea@x.example", ADMIN)
    (check,) = [one for one in installation_checks(site.services) if one.subject == "administrators"]
    assert (check.health, check.message) == (Health.GOOD, "2 people: each change of who approves needs two of them")
