"""The pages of an administrator for people, and everybody's own account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.bootstrap import MappingCache
from connector.people.permissions import Role, RoleGrant, TokenScope, ToolAccount
from connector.runtime.tasks import refresh_all_rollups
from connector.store.reporting.rollups import Rollups
from tests.connector.store.conftest import StoreFixture, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.visitor import PASSWORD, WebSite, page_text
from tests.webhook_server.visitor import site as open_site

__all__ = ["loaded", "store"]

ADMIN = RoleGrant(Role.ADMINISTRATOR)


@pytest.fixture
def with_measure(store: StoreFixture, loaded: object, tmp_path: Path) -> Iterator[WebSite]:
    """One measure: ITX-1 of the program Cloud exit, owned by A. Kaya."""
    record_assessment(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    store.mappings.activate(MAPPING, "digest-2", author="tests", reason="tests")
    with open_site(store.url, tmp_path) as here:
        yield here


def test_an_administrator_adds_somebody_who_can_sign_in(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    form = {"login": "bob@x.example", "name": "Bob Berg", "password": PASSWORD}
    answer = admin.post("/people/new", form, page="/people/new")
    assert answer.status_code == 303
    assert "Bob Berg is added." in page_text(admin.get(answer.headers["Location"]))
    assert site.visitor().sign_in("bob@x.example").status_code == 303
    assert site.audit()[-2] == ("ada@x.example", "person.added")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"login": "ADA@x.example", "name": "A", "password": PASSWORD}, "There is a person ADA@x.example already."),
        ({"login": "b c", "name": "A", "password": PASSWORD}, "A person has a login without spaces"),
        ({"login": "b", "name": " ", "password": PASSWORD}, "and a name."),
        ({"login": "b", "name": "B", "password": "short"}, "A password has 12 to 1024 characters."),
        ({"login": "b", "name": "B", "password": ""}, "enter a first one."),
    ],
)
def test_what_is_wrong_with_a_new_person_stands_at_its_field(
    site: WebSite, form: dict[str, object], message: str
) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    answer = admin.post("/people/new", form, page="/people/new")
    assert answer.status_code == 422
    (field,) = re.findall(r'<p class="field-error"[^>]*>([^<]*)', answer.text)
    assert message in field
    assert len(site.services.people.all()) == 1


def test_a_grant_is_shown_before_it_is_given(with_measure: WebSite) -> None:
    admin = with_measure.signed_in("ada@x.example", ADMIN)
    seen = admin.get("/people/grant-preview?role=controller&portfolio=IT&program=Cloud+exit")
    assert "controller of IT / Cloud exit sees 1 measure in 1 program: ITX-1 Retire the legacy CRM" in page_text(seen)
    assert "sees 0 measures" in page_text(admin.get("/people/grant-preview?role=controller&portfolio=HR"))
    assert "no measures" in page_text(admin.get("/people/grant-preview?role=operator"))
    assert "Name the portfolio first" in page_text(admin.get("/people/grant-preview?role=viewer&program=Cloud+exit"))


def test_a_role_is_given_and_taken_back(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    bob = site.person("bob@x.example")
    form = {"role": "controller", "portfolio": "IT", "program": "Cloud exit", "legal_entity": "Nordbank AG"}
    admin.post(f"/people/{bob}/grants", form, page=f"/people/{bob}")
    page = page_text(admin.get(f"/people/{bob}"))
    assert "Controller of IT / Cloud exit, Nordbank AG only." in page
    (held,) = site.services.people.all()[1].grants
    admin.post(f"/people/{bob}/grants/{held.id}/revoke", page=f"/people/{bob}")
    assert "Sees nothing yet: give a role or link an account." in page_text(admin.get(f"/people/{bob}"))
    assert [action for _, action in site.audit()][-3:] == ["role.granted", "access_change.alone", "role.revoked"]


def test_the_last_administrator_stays_one(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    (held,) = site.services.people.all()[0].grants
    answer = admin.post(f"/people/1/grants/{held.id}/revoke", page="/people/1")
    assert (answer.status_code, "This is the last administrator" in page_text(answer)) == (409, True)
    answer = admin.post("/people/1/active", {"active": "no"}, page="/people/1")
    assert (answer.status_code, "You cannot disable yourself" in page_text(answer)) == (409, True)


def test_disabling_signs_out_everywhere_and_ends_tokens(site: WebSite) -> None:
    admin, bob = site.signed_in("ada@x.example", ADMIN), site.signed_in("bob@x.example", RoleGrant(Role.VIEWER))
    answer = bob.post("/account/tokens", {"name": "ci", "scope": "measures:read", "days": "30"}, page="/account")
    (token,) = re.findall(r"gpt_[\w-]{43}", answer.text)
    assert site.visitor().get("/api/v1/version", Authorization=f"Bearer {token}").status_code == 200
    admin.post("/people/2/active", {"active": "no"}, page="/people/2")
    assert bob.get("/account").status_code == 303
    assert site.visitor().get("/api/v1/version", Authorization=f"Bearer {token}").status_code == 401
    admin.post("/people/2/active", {"active": "yes"}, page="/people/2")
    assert bob.get("/account").status_code == 303, "what has ended stays ended"
    assert bob.sign_in("bob@x.example").status_code == 303


def test_an_account_of_a_tool_is_suggested_by_name_and_linked_once(with_measure: WebSite) -> None:
    admin = with_measure.signed_in("ada@x.example", ADMIN)
    kaya, other = with_measure.person("k@x.example", name="A. Kaya"), with_measure.person("o@x.example")
    assert "jira-main knows a A. Kaya ( k )." in page_text(admin.get(f"/people/{kaya}"))
    form = {"connection": "jira-main", "account": "k"}
    admin.post(f"/people/{kaya}/accounts", form, page=f"/people/{kaya}")
    person = with_measure.services.people.get(kaya)
    assert person is not None
    assert person.accounts == {ToolAccount("jira-main", "k")}
    viewer = with_measure.services.people.viewer(kaya)
    assert viewer is not None
    assert viewer.roles == {Role.OWNER}, "as in the tool"
    answer = admin.post(f"/people/{other}/accounts", form, page=f"/people/{other}")
    assert (answer.status_code, "k of jira-main is linked to somebody else already." in page_text(answer)) == (
        422,
        True,
    )
    admin.post(f"/people/{kaya}/accounts/unlink", form, page=f"/people/{kaya}")
    assert with_measure.services.people.viewer(kaya).roles == set()  # type: ignore[union-attr]


def test_a_rule_for_a_group_is_added_and_removed(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    assert "No group gives a role yet." in page_text(admin.get("/people/rules"))
    admin.post("/people/rules", {"claim": "finance", "role": "office"}, page="/people/rules")
    (rule,) = site.services.people.rules()
    assert (rule.claim, rule.grant) == ("finance", RoleGrant(Role.OFFICE))
    answer = admin.post("/people/rules", {"claim": "", "role": "office"}, page="/people/rules")
    assert answer.status_code == 422
    admin.post(f"/people/rules/{rule.id}/remove", page="/people/rules")
    assert site.services.people.rules() == ()


def test_a_token_is_shown_once_and_works_within_its_scopes(site: WebSite) -> None:
    visitor = site.signed_in("bob@x.example", RoleGrant(Role.VIEWER, ("IT",)))
    page = visitor.get("/account")
    assert 'value="operations:write"' not in page.text, "no more than its person may"
    form = {"name": "nightly", "scope": ["measures:read", "operations:write"], "days": "30"}
    made = visitor.post("/account/tokens", form, page="/account")
    (token,) = re.findall(r"gpt_[\w-]{43}", made.text)
    assert token not in visitor.get("/account").text
    (row,) = site.services.tokens.all()
    assert (row.name, row.scopes) == ("nightly", {TokenScope.MEASURES_READ})
    visitor.post(f"/account/tokens/{row.id}/revoke", page="/account")
    assert site.visitor().get("/api/v1/version", Authorization=f"Bearer {token}").status_code == 401


def test_nobody_ends_what_is_somebody_elses(site: WebSite) -> None:
    ada, eve = site.signed_in("ada@x.example"), site.signed_in("eve@x.example")
    ada.post("/account/tokens", {"name": "mine", "scope": "read", "days": "30"}, page="/account")
    assert eve.post("/account/tokens/1/revoke", page="/account").status_code == 404
    eve.post("/account/sessions/end", {"session": "1"}, page="/account")
    assert ada.get("/account").status_code == 200


def test_changing_the_password_needs_the_present_one_and_ends_other_sessions(site: WebSite) -> None:
    here, there = site.signed_in("ada@x.example"), site.visitor()
    there.sign_in("ada@x.example")
    fresh = "another good password"
    wrong = {"current": "not this one", "new": fresh, "repeated": fresh}
    assert here.post("/account/password", wrong, page="/account").status_code == 422
    answer = here.post("/account/password", wrong | {"current": PASSWORD, "repeated": "x"}, page="/account")
    assert "The two passwords differ." in page_text(answer)
    good = {"current": PASSWORD, "new": fresh, "repeated": fresh}
    assert here.post("/account/password", good, page="/account").status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)
    assert site.visitor().sign_in("ada@x.example").status_code == 401
    assert site.visitor().sign_in("ada@x.example", fresh).status_code == 303


def test_figures_and_times_follow_the_reader(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example")
    assert "1,234,567.89" in page_text(visitor.get("/account"))
    visitor.post("/account/preferences", {"locale": "de_DE", "time_zone": "Europe/Berlin"}, page="/account")
    assert "1.234.567,89" in page_text(visitor.get("/account"))
    answer = visitor.post("/account/preferences", {"locale": "", "time_zone": "Mars/Base"}, page="/account")
    assert (answer.status_code, 'There is no time zone "Mars/Base".' in page_text(answer)) == (422, True)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_colours_are_the_browsers_choice(site: WebSite, theme: str) -> None:
    visitor = site.signed_in("ada@x.example")
    assert 'data-theme="auto"' in visitor.get("/account").text
    visitor.post("/theme", {"theme": theme, "next": "/account"}, page="/account")
    assert f'data-theme="{theme}"' in visitor.get("/account").text


def test_one_clients_people_do_not_see_anothers_program(database: URL, with_measure: WebSite) -> None:
    """On the pages, over the API and in the database alike."""
    here = with_measure
    active = MappingCache(here.services.mappings).active()
    assert active is not None
    refresh_all_rollups(Rollups(here.services.engine), active, datetime.now(UTC))
    here.person("a@x.example", RoleGrant(Role.VIEWER, ("IT", "Cloud exit")))
    here.person("b@x.example", RoleGrant(Role.VIEWER, ("IT", "Another program")))
    found = {}
    for login in ("a@x.example", "b@x.example"):
        person = here.services.people.find_by_login(login)
        assert person is not None
        ends, now = person.created_at + timedelta(days=1), person.created_at
        token = here.services.tokens.create(
            person.id, "t", [TokenScope.MEASURES_READ], expires_at=ends, by="tests", now=now
        ).token
        answer = here.visitor().get("/api/v1/measures", Authorization=f"Bearer {token}")
        visitor = here.visitor()
        visitor.sign_in(login)
        pages = [rule.rule for rule in here.app.url_map.iter_rules() if rule.endpoint == "portfolio.index"]
        found[login] = ["ITX-1" in answer.text, *("Cloud exit" in visitor.get(page).text for page in pages)]
    assert set(found["a@x.example"]) == {True}
    assert set(found["b@x.example"]) == {False}
