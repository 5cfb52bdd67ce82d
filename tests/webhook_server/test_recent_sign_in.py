"""A step that changes access asks again who is there, and does not lose what was entered."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from connector.people.authentication import RECENT
from connector.people.permissions import Role, RoleGrant
from connector.store.accounts.pending_forms import VALID_FOR
from tests.webhook_server.visitor import PASSWORD, WebSite, page_text
from webhook_server.auth import API_PREFIXES

ADMIN = RoleGrant(Role.ADMINISTRATOR)
QUESTION = "This step changes access, and you signed in more than ten minutes ago."
SILENT = "This step changes access, and your organisation does not say when you signed in there."
NEW = {"login": "bob@x.example", "name": "Bob Berg", "password": PASSWORD}


def age_sign_ins(site: WebSite, by: timedelta | None = RECENT + timedelta(seconds=1)) -> None:
    """Everybody signed in so long ago; ``None``: nobody knows when."""
    with site.services.engine.begin() as transaction:
        transaction.execute(
            text("UPDATE web_session SET authenticated_at = authenticated_at - CAST(:by AS interval)"), {"by": by}
        )


def pending(answer: TestResponse) -> str:
    found = re.search(r'name="pending_form" value="([^"]*)"', answer.text)
    assert found, page_text(answer)
    return unescape(found[1])


def logins(site: WebSite) -> set[str]:
    return {person.login for person in site.services.people.all()}


@pytest.mark.parametrize("age", [RECENT + timedelta(seconds=1), None], ids=["too long ago", "nobody knows when"])
def test_the_form_waits_for_the_password_and_is_then_sent_as_it_was(site: WebSite, age: timedelta | None) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site, age)
    asked = admin.post("/people/new", NEW, page="/people/new")
    assert (asked.status_code, (QUESTION if age else SILENT) in page_text(asked)) == (401, True)
    assert PASSWORD not in asked.text, "what was entered is on the server alone"
    assert logins(site) == {"ada@x.example"}
    form = {"pending_form": pending(asked), "password": "a wrong password"}
    again = admin.post("/people/new", form, page="/people/new")
    assert (again.status_code, "This is not your password." in page_text(again)) == (401, True)
    done = admin.post("/people/new", form | {"password": PASSWORD}, page="/people/new")
    assert (done.status_code, logins(site)) == (303, {"ada@x.example", "bob@x.example"})
    assert site.visitor().sign_in("bob@x.example").status_code == 303, "with the password that was entered at first"
    assert ("ada@x.example", "session.confirmed") in site.audit()
    more = admin.post("/people/new", NEW | {"login": "c@x.example"}, page="/people/new")
    assert more.status_code == 303, "and for ten minutes nothing is asked"


def test_who_signed_in_lately_is_not_asked(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site, RECENT - timedelta(minutes=1))
    assert admin.post("/people/new", NEW, page="/people/new").status_code == 303


def test_the_form_is_sent_once_to_where_it_went_and_by_its_own_session(site: WebSite) -> None:
    admin, other = site.signed_in("ada@x.example", ADMIN), site.signed_in("eve@x.example", ADMIN)
    age_sign_ins(site)
    token = pending(admin.post("/people/new", NEW, page="/people/new"))
    form = {"pending_form": token, "password": PASSWORD}
    gone = "This form has been sent already, or was kept for longer than 30 minutes. Open the page again."
    for visitor, path in ((other, "/people/new"), (admin, "/people/rules")):
        answer = visitor.post(path, form, page="/people")
        assert (answer.status_code, gone in page_text(answer)) == (409, True)
    assert admin.post("/people/new", form, page="/people").status_code == 303
    assert admin.post("/people/new", form, page="/people").status_code == 409
    assert "bob@x.example" in logins(site)


def test_a_form_does_not_wait_for_ever_and_is_stored_encrypted(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site)
    token = pending(admin.post("/people/new", NEW, page="/people/new"))
    with site.services.engine.begin() as transaction:
        (row,) = transaction.execute(text("SELECT * FROM pending_form")).all()
        assert PASSWORD not in bytes(row.fields).decode()
        assert token not in str(row)
        transaction.execute(text("UPDATE pending_form SET created_at = created_at - :by"), {"by": VALID_FOR})
    form = {"pending_form": token, "password": PASSWORD}
    assert admin.post("/people/new", form, page="/people").status_code == 409


def test_somebody_who_lost_the_role_meanwhile_cannot_go_on(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site)
    token = pending(admin.post("/people/new", NEW, page="/people/new"))
    (held,) = site.services.people.all()[0].grants
    site.services.people.revoke_grant(held.id, by="tests")
    answer = admin.post("/people/new", {"pending_form": token, "password": PASSWORD}, page="/account")
    assert (answer.status_code, logins(site)) == (403, {"ada@x.example"})


def test_guessing_at_the_question_is_slowed_and_keeps_nobody_out_of_signing_in(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site)
    form = {"pending_form": pending(admin.post("/people/new", NEW, page="/people/new")), "password": "wrong"}
    while "Too many attempts." not in page_text(answer := admin.post("/people/new", form, page="/people")):
        assert answer.status_code == 401
    answer = admin.post("/people/new", form | {"password": PASSWORD}, page="/people")
    assert "Too many attempts." in page_text(answer), "also with the right one"
    assert site.visitor().sign_in("ada@x.example").status_code == 303


def test_a_cookie_that_was_read_before_the_confirmation_ends_with_it(site: WebSite) -> None:
    admin, thief = site.signed_in("ada@x.example", ADMIN), site.visitor()
    stolen = admin.client.get_cookie("gatepost")
    assert stolen is not None
    thief.client.set_cookie("gatepost", stolen.value)
    assert thief.get("/account").status_code == 200
    age_sign_ins(site)
    form = {"pending_form": pending(admin.post("/people/new", NEW, page="/people/new")), "password": PASSWORD}
    assert admin.post("/people/new", form, page="/people/new").status_code == 303
    assert admin.get("/account").status_code == 200
    assert thief.get("/account").headers["Location"].startswith("/signin")


def test_forms_that_wait_are_few_and_short(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site)
    long = admin.post("/people/new", NEW | {"name": "x" * 20_000}, page="/people/new")
    assert (long.status_code, "sign in again first" in page_text(long)) == (413, True)
    first = pending(admin.post("/people/new", NEW, page="/people/new"))
    for _ in range(20):
        newest = pending(admin.post("/people/new", NEW, page="/people/new"))
    with site.services.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pending_form")).scalar() == 20
    form = {"password": PASSWORD}
    assert admin.post("/people/new", form | {"pending_form": first}, page="/people").status_code == 409
    assert admin.post("/people/new", form | {"pending_form": newest}, page="/people").status_code == 303


@pytest.mark.parametrize("path", ["/subscriptions", "/subscriptions/bot/rotate", "/mappings/rollback"])
def test_the_api_gives_no_secret_and_no_mapping_to_an_old_session(site: WebSite, path: str) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    found = re.search(r'name="csrf-token" content="([^"]+)"', admin.get("/account").text)
    assert found is not None
    bodies = {
        "/subscriptions": {"name": "bot", "url": "https://93.184.215.14/hook"},
        "/mappings/rollback": {"reason": "r"},
    }
    body = bodies.get(path, {})
    answers = []
    for _ in ("lately", "too long ago"):
        answer = admin.client.post(f"/api/v1{path}", json=body, headers={"X-CSRFToken": found[1]})
        answers.append("You signed in more than ten minutes ago." in answer.text)
        age_sign_ins(site)
    assert answers == [False, True]


GUARDED = {
    "account.create_token",
    "account.password",
    "connections.rotate",
    "mapping.activate",
    "people.add",
    "people.grant",
    "people.link",
    "people.revoke_grant",
    "people.rules",
    "people.remove_rule",
    "people.set_active",
    "people.unlink",
    "second_factor.begin",
    "second_factor.confirm",
    "second_factor.remove",
    "second_factor.renew_recovery_codes",
    "second_factor.reset",
    "setup.connect",
    "subscriptions.create",
    "subscriptions.rotate",
}


def test_every_step_that_changes_access_asks(site: WebSite) -> None:
    """People, roles, links, tokens, passwords, second factors, secrets: each by its own address."""
    admin = site.signed_in("ada@x.example", ADMIN)
    age_sign_ins(site)
    asks = set()
    for rule in site.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(API_PREFIXES):
            continue
        if not getattr(site.app.view_functions[rule.endpoint], "__wrapped__", None):
            continue
        address = re.sub(r"<int:\w+>", "1", re.sub(r"<(?!int:)[^>]+>", "x", rule.rule))
        if QUESTION in page_text(admin.post(address, {}, page="/people")):
            asks.add(rule.endpoint)
    assert asks >= GUARDED, GUARDED - asks
