"""Codes of a program on the phone: enrolled, asked for, used once, reset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from connector.bootstrap import system_clock
from connector.people.permissions import PersonId, Role, RoleGrant
from connector.settings import RequireSecondFactor
from connector.store.accounts.second_factors import RECOVERY_CODES
from connector.store.accounts.sign_in_throttle import SignInThrottle
from tests.webhook_server.visitor import PASSWORD, FormBrowser, WebSite, page_text
from tests.webhook_server.visitor import site as open_site

ADMIN = RoleGrant(Role.ADMINISTRATOR)
PAGE = "/account/second-factor"
ASKED = "The program on your phone shows six digits beside Gatepost ."
WRONG = "This code is wrong, or was used already. Wait for the next one."


class Phone:
    """The program on the phone: of a period it shows one code, so a test takes the codes of following periods."""

    def __init__(self, page: TestResponse) -> None:
        found = re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page.text)
        assert found is not None, page_text(page)
        self.totp = pyotp.TOTP(found[1].replace(" ", ""))

    def code(self, period: int = 0) -> str:
        return self.totp.generate_otp(self.totp.timecode(system_clock()) + period)


def enrol(site: WebSite, visitor: FormBrowser) -> tuple[Phone, list[str]]:
    """Some time ago: the present code and the next one are good for a sign-in, also when a period ends meanwhile."""
    phone = Phone(visitor.post(f"{PAGE}/begin", page=PAGE))
    done = visitor.post(f"{PAGE}/confirm", {"code": phone.code()}, page=PAGE)
    assert done.status_code == 200, page_text(done)
    with site.services.engine.begin() as transaction:
        transaction.execute(text("UPDATE second_factor SET last_period = 0"))
    codes = re.findall(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b", done.text)
    assert len(codes) == RECOVERY_CODES
    return phone, codes


def enter(visitor: FormBrowser, code: str) -> TestResponse:
    return visitor.post("/signin/code", {"code": code}, page="/signin/code")


def with_password(site: WebSite, login: str = "ada@x.example") -> FormBrowser:
    """A new browser in which the password was right."""
    visitor = site.visitor()
    answer = visitor.sign_in(login, onward="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signin/code")
    return visitor


def test_the_password_alone_is_not_enough_any_more(site: WebSite) -> None:
    phone, _ = enrol(site, site.signed_in("ada@x.example", ADMIN))
    visitor = with_password(site)
    assert ASKED in page_text(visitor.get("/signin/code"))
    assert visitor.get("/account").status_code == 303, "not signed in yet"
    assert visitor.get("/api/v1/me").status_code == 401
    wrong = enter(visitor, "000000")
    assert (wrong.status_code, WRONG in page_text(wrong)) == (401, True)
    done = enter(visitor, phone.code())
    assert (done.status_code, done.headers["Location"]) == (303, "/account")
    assert visitor.get("/account").status_code == 200
    assert ("ada@x.example", "second_factor.enrolled") in site.audit()


def test_a_code_counts_once_in_all_browsers(site: WebSite) -> None:
    phone, _ = enrol(site, site.signed_in("ada@x.example", ADMIN))
    code = phone.code()
    first, second = with_password(site), with_password(site)
    assert enter(first, code).status_code == 303
    assert WRONG in page_text(enter(second, code))
    assert WRONG in page_text(enter(second, phone.code(-1))), "nor an older one"
    assert enter(second, phone.code(1)).status_code == 303, "the clock of the phone may be ahead"


def test_a_recovery_code_counts_once_and_is_stored_as_a_hash(site: WebSite) -> None:
    ada = site.signed_in("ada@x.example", ADMIN)
    _, codes = enrol(site, ada)
    assert enter(with_password(site), codes[0].lower()).status_code == 303, "as people type it"
    assert WRONG in page_text(enter(with_password(site), codes[0]))
    assert f"{RECOVERY_CODES - 1} of your recovery codes are left." in page_text(ada.get(PAGE))
    assert ("ada@x.example", "second_factor.recovery_code_used") in site.audit()
    with site.services.engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM recovery_code, second_factor")).all())
    assert codes[1] not in stored
    assert codes[1].replace("-", "") not in stored
    renewed = ada.post(f"{PAGE}/recovery-codes", page=PAGE)
    assert codes[1] not in renewed.text
    assert WRONG in page_text(enter(with_password(site), codes[1]))


def test_the_secret_is_encrypted(site: WebSite) -> None:
    phone, _ = enrol(site, site.signed_in("ada@x.example", ADMIN))
    with site.services.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM second_factor")).all()
    assert phone.totp.secret.encode() not in bytes(row.secret)
    assert site.services.vault.decrypt(bytes(row.secret)) == phone.totp.secret


def test_wrong_codes_count_as_guesses_and_right_ones_forget_them(site: WebSite) -> None:
    phone, _ = enrol(site, site.signed_in("ada@x.example", ADMIN))
    visitor = with_password(site)
    for _ in range(SignInThrottle.PER_PAIR - 1):
        assert enter(visitor, "000000").status_code == 401
    answer = enter(visitor, phone.code())
    assert (answer.status_code, "Too many attempts." in page_text(answer)) == (429, True)
    assert site.visitor().sign_in("ada@x.example").status_code == 429, "the password either"
    other = site.visitor()
    other.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    other.sign_in("ada@x.example", onward="/account")
    assert enter(other, phone.code()).status_code == 303, "the real person is not kept out"


def test_the_first_code_has_to_be_right_and_other_browsers_are_signed_out(site: WebSite) -> None:
    ada, there = site.signed_in("ada@x.example"), site.visitor()
    there.sign_in("ada@x.example")
    phone = Phone(ada.post(f"{PAGE}/begin", page=PAGE))
    wrong = ada.post(f"{PAGE}/confirm", {"code": "000000"}, page=PAGE)
    assert (wrong.status_code, "Is the clock of the phone right?" in page_text(wrong)) == (422, True)
    assert Phone(wrong).totp.secret == phone.totp.secret, "the same picture again"
    assert site.visitor().sign_in("ada@x.example").headers["Location"] == "/", "it does not count yet"
    assert ada.post(f"{PAGE}/confirm", {"code": phone.code()}, page=PAGE).status_code == 200
    assert there.get("/account").status_code == 303
    assert ada.post(f"{PAGE}/begin", page=PAGE).status_code == 409, "one after the other"


def test_the_picture_holds_what_programs_read(site: WebSite) -> None:
    page = site.signed_in("ada@x.example").post(f"{PAGE}/begin", page=PAGE)
    assert '<svg viewBox="' in page.text
    assert "style=" not in page.text


def test_an_administrator_resets_anothers_which_is_audited(site: WebSite) -> None:
    admin, bob = site.signed_in("ada@x.example", ADMIN), site.signed_in("bob@x.example")
    enrol(site, bob)
    assert "Reset the second factor of Bob@X.Example?" in page_text(admin.get("/people/2"))
    answer = admin.post("/people/2/second-factor/reset", page="/people/2")
    assert "The second factor of Bob@X.Example is reset" in page_text(admin.get(answer.headers["Location"]))
    assert bob.get("/account").status_code == 303, "signed out"
    assert site.visitor().sign_in("bob@x.example", onward="/account").headers["Location"] == "/account"
    assert ("ada@x.example", "second_factor.reset") in site.audit()


@pytest.mark.parametrize("grant", [RoleGrant(Role.OPERATOR), RoleGrant(Role.ADMINISTRATOR, ("IT",))], ids=str)
def test_nobody_else_resets_a_second_factor(site: WebSite, grant: RoleGrant) -> None:
    eve, bob = site.signed_in("eve@x.example", grant), site.signed_in("bob@x.example", ADMIN)
    enrol(site, bob)
    assert eve.post("/people/2/second-factor/reset", page="/account").status_code == 403
    assert site.services.second_factors.is_enrolled(PersonId(2))


def test_the_question_whether_it_is_you_asks_for_the_code_as_well(site: WebSite) -> None:
    admin = site.signed_in("ada@x.example", ADMIN)
    phone, _ = enrol(site, admin)
    with site.services.engine.begin() as transaction:
        transaction.execute(text("UPDATE web_session SET authenticated_at = NULL"))
    new = {"login": "bob@x.example", "name": "Bob Berg", "password": PASSWORD}
    asked = admin.post("/people/new", new, page="/people/new")
    found = re.search(r'name="pending_form" value="([^"]*)"', asked.text)
    assert found is not None
    form = {"pending_form": found[1], "password": PASSWORD}
    assert admin.post("/people/new", form, page="/people").status_code == 401
    assert admin.post("/people/new", form | {"code": phone.code()}, page="/people").status_code == 303


@pytest.fixture
def strict(database: URL, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WebSite]:
    with open_site(database, tmp_path, require_second_factor=request.param) as here:
        yield here


@pytest.mark.parametrize(
    ("strict", "grant", "needs"),
    [
        (RequireSecondFactor.ADMINISTRATORS, ADMIN, True),
        (RequireSecondFactor.ADMINISTRATORS, RoleGrant(Role.VIEWER), False),
        (RequireSecondFactor.EVERYBODY, RoleGrant(Role.VIEWER), True),
        (RequireSecondFactor.NOBODY, ADMIN, False),
    ],
    indirect=["strict"],
)
def test_who_needs_one_gets_no_further_before(strict: WebSite, grant: RoleGrant, needs: bool) -> None:
    visitor = strict.signed_in("ada@x.example", grant)
    answer = visitor.get("/account")
    assert (answer.status_code, answer.headers.get("Location")) == ((303, PAGE) if needs else (200, None))
    assert visitor.get("/api/v1/me").status_code == (401 if needs else 200)
    if needs:
        assert "Your role needs a second factor. Set it up to go on." in page_text(visitor.get(PAGE))
        enrol(strict, visitor)
        assert visitor.get("/account").status_code == 200
