"""The reporting calendar on its pages, in the API and on the command line."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pptx import Presentation
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from connector.bootstrap import MappingCache, system_clock
from connector.notify.message_addresses import AllowedTargets
from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.runtime.paper_sending import PaperDesk
from connector.store.notifications.papers import Papers
from connector.store.queue.dead_letters import drop, list_dead_letters, replay
from tests.connector.papers.test_deck import all_text
from tests.connector.papers.test_template_check import made as template
from tests.connector.runtime.test_paper_sending import DIGEST, MAIL, PACK, REVIEW, World, calendar, opened, person
from tests.webhook_server.visitor import PASSWORD, FormBrowser, WebSite, page_text

__all__ = ["opened"]

SCOPES = frozenset({TokenScope.PAPERS_READ, TokenScope.PAPERS_WRITE, TokenScope.MONEY_READ})

OPERATIONS = PACK + DIGEST.replace("weekly:", "branches:").replace(
    "to: [{role: office}]", "portfolio: Operations\n      to: [{role: viewer}]"
)


@pytest.fixture(scope="module")
def world(opened: WebSite) -> World:
    """The calendar of two papers, known to a worker for a long time."""
    here = World(opened)
    here.activate(calendar(OPERATIONS))
    here.now = system_clock() - timedelta(days=1)
    here.desk().open_due()
    for login, grant in (
        ("chief@acme.example", RoleGrant(Role.OFFICE)), ("guide@acme.example", RoleGrant(Role.VIEWER, ("Operations",))),
        ("other@acme.example", RoleGrant(Role.VIEWER, ("Marketing",))),
    ):  # fmt: skip
        opened.person(login, grant)
    return here


@pytest.fixture
def office(world: World) -> Iterator[FormBrowser]:
    yield signed_in(world, "chief@acme.example")
    papers = Papers(world.services.engine)
    papers.resume("pack", "tests")


def signed_in(world: World, login: str) -> FormBrowser:
    visitor = world.site.visitor()
    assert visitor.sign_in(login, PASSWORD).status_code == 303
    return visitor


def read(visitor: FormBrowser, path: str, status: int = 200) -> str:
    answer = visitor.get(path)
    assert answer.status_code == status, answer.text
    return page_text(answer)


def api(world: World, login: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    now = system_clock()
    token = world.services.tokens.create(
        person(world, login), f"t{now.timestamp()}", SCOPES, expires_at=now + timedelta(days=1),
        by="tests", now=now,
    )  # fmt: skip
    answer = world.site.app.test_client().open(
        f"/api/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {token.token}", **headers}
    )
    return answer.status_code, json.loads(answer.text)


def test_the_list_says_what_is_next_and_who_has_not_reported(world: World, office: FormBrowser) -> None:
    page = read(office, "/calendar")
    assert "Monthly pack Monthly pack, monthly everything office@acme.example" in page
    assert "2 of 2" in page
    assert "Weekly digest" in page
    assert "is next" in page
    theirs = read(signed_in(world, "guide@acme.example"), "/calendar")
    assert "1 of 1" in theirs
    assert "2 of 2" not in theirs


def test_the_office_stores_the_template_of_every_deck(world: World, office: FormBrowser) -> None:
    assert "No template is stored: decks are plain." in read(office, "/calendar/template")
    sent = {"template": (io.BytesIO(template("Title Only")), "../corporate.pptx")}
    assert office.post("/calendar/template", sent, page="/calendar/template").status_code == 303
    page = read(office, "/calendar/template")
    assert "corporate.pptx is the template of every deck that names no other one." in page
    assert 'It has no layout "Gatepost front" or "Title Slide": the first page takes "Title Only".' in page
    refused = office.post(
        "/calendar/template", {"template": (io.BytesIO(b"slides"), "x.pptx")}, page="/calendar/template"
    )
    assert (refused.status_code, "x.pptx cannot be read as a PowerPoint file" in refused.text) == (422, True)
    deck = office.get("/portfolio/deck.pptx")
    assert {one.slide_layout.name for one in Presentation(io.BytesIO(deck.data)).slides} == {"Title Only"}
    assert Presentation(io.BytesIO(deck.data)).slide_width.pt == 720

    guide = signed_in(world, "guide@acme.example")
    assert guide.get("/calendar/template").status_code == 403
    assert "Template of decks" not in read(guide, "/calendar")
    assert api(world, "guide@acme.example", "GET", "/deck-template")[0] == 403
    chief = world.services.people.viewer(person(world, "chief@acme.example"))
    assert chief is not None
    with (
        world.services.read_as(chief) as reader,
        pytest.raises(ProgrammingError, match="permission denied for table deck_template"),
    ):
        reader.execute(text("SELECT content FROM deck_template"))

    status, shown = api(world, "chief@acme.example", "GET", "/deck-template")
    assert (status, shown["file"], shown["stored_by"]) == (200, "corporate.pptx", "chief@acme.example")
    other = base64.b64encode(template("Title Slide", "Title Only")).decode()
    status, shown = api(world, "chief@acme.example", "PUT", "/deck-template", {"file": "new.pptx", "content": other})
    assert (status, shown["file"], shown["front_layout"]) == (200, "new.pptx", "Title Slide")
    status, problem = api(world, "chief@acme.example", "PUT", "/deck-template", {"file": "x.pptx", "content": "AAAA"})
    assert (status, problem["title"][:44]) == (422, "x.pptx cannot be read as a PowerPoint file: ")
    office.post("/calendar/template/remove", page="/calendar/template")
    assert "No template is stored" in read(office, "/calendar/template")
    assert api(world, "chief@acme.example", "DELETE", "/deck-template")[0] == 404


def test_a_paper_that_is_not_for_somebody_is_not_there_for_them(world: World) -> None:
    other = signed_in(world, "other@acme.example")
    assert "Monthly pack" in read(other, "/calendar")
    papers = PACK.replace("        - role: viewer\n", "")
    world.activate(calendar(papers))
    try:
        assert "No paper is planned that you would receive or run." in read(other, "/calendar")
        assert 'There is no paper "pack".' in read(other, "/calendar/papers/pack", 404)
        assert api(world, "other@acme.example", "GET", "/papers")[1]["items"] == []
        assert api(world, "other@acme.example", "POST", "/papers/pack/resume")[0] == 404
    finally:
        world.activate(calendar(OPERATIONS))


def test_a_paper_shows_what_is_missing_who_receives_it_and_its_preview(world: World, office: FormBrowser) -> None:
    page = read(office, "/calendar/papers/pack")
    assert "Who has not reported since" in page
    assert "ITX-1 Retire the legacy CRM A. Kaya none is known" in page
    assert "Who would receive it now office of everything; viewer of everything; guest@acme.example." in page
    assert "Branches@Acme.Example (branches@acme.example)" in page
    preview = read(office, "/calendar/papers/pack/preview")
    assert "This is what you would be sent now." in preview
    assert "ITX-1" in preview
    (name,) = set(re.findall(r"committee-\d{4}-\d\d\.pptx", preview))
    deck = office.get(f"/calendar/papers/pack/preview/{name}")
    assert "Retire the legacy CRM" in all_text(Presentation(io.BytesIO(deck.data)))
    theirs = read(office, "/calendar/papers/pack/preview?as=guide@acme.example")
    assert "ITX-1" not in theirs
    assert "Not reported on since" in theirs
    guide = signed_in(world, "guide@acme.example")
    assert "Who would receive it now" not in read(guide, "/calendar/papers/pack")
    read(guide, "/calendar/papers/pack/preview?as=chief@acme.example", 403)
    read(office, "/calendar/papers/pack/preview/nothing.pptx", 404)
    nothing = read(signed_in(world, "other@acme.example"), "/calendar/papers/pack/preview")
    assert "Nothing would be sent: you see no measure of everything." in nothing


def test_only_who_runs_a_paper_pauses_and_sends_it(world: World, office: FormBrowser) -> None:
    guide = signed_in(world, "guide@acme.example")
    for action in ("pause", "resume", "send"):
        assert guide.post(f"/calendar/papers/pack/{action}").status_code == 403
    assert office.post("/calendar/papers/pack/pause", {"reason": "year end"}).status_code == 303
    assert "by chief@acme.example: year end." in read(office, "/calendar/papers/pack")
    status, paper = api(world, "chief@acme.example", "GET", "/papers/pack")
    assert (status, paper["paper"]["state"], paper["paper"]["paused_reason"]) == (200, "paused", "year end")
    assert office.post("/calendar/papers/pack/resume").status_code == 303
    assert "Paused since" not in read(office, "/calendar/papers/pack")


def test_sending_now_is_kept_with_hashes_and_everybody_sees_their_own_copy(world: World, office: FormBrowser) -> None:
    form = {"request": "one form"}
    assert office.post("/calendar/papers/pack/send", form).status_code == 303
    assert "That was asked for already." in page_text(
        office.client.post(
            "/calendar/papers/pack/send", data=form | {"csrf_token": _token(office)}, follow_redirects=True
        )
    )
    sent = PaperDesk(
        world.services,
        MappingCache(world.services.mappings),
        world.post,
        MAIL,
        lambda: system_clock() + timedelta(minutes=1),
    ).run()
    assert sent.sent >= 3
    page = read(office, "/calendar/papers/pack")
    assert "sent by hand, chief@acme.example" in page
    assert re.search(r"R-[2-9A-Z]{10}", page)
    _, history = api(world, "chief@acme.example", "GET", "/papers/pack/issues?limit=1")
    (issue,) = history["items"]
    copies = {one["login"]: one for one in issue["copies"]}
    assert copies["other@acme.example"]["state"] == "nothing"
    mail = copies["guide@acme.example"]
    assert (mail["state"], len(mail["documents"]), len(mail["text_sha256"])) == ("sent", 2, 64)
    _, own = api(world, "guide@acme.example", "GET", "/papers/pack/issues")
    assert [one["login"] for one in own["items"][0]["copies"]] == ["guide@acme.example"]


def _token(visitor: FormBrowser) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', visitor.client.get("/account").text)
    assert found is not None
    return found[1]


def test_a_copy_that_was_given_up_is_a_dead_letter_beside_the_others(world: World, office: FormBrowser) -> None:
    status, made = api(world, "chief@acme.example", "POST", "/papers/branches/send", None, **{"Idempotency-Key": "k1"})
    again = api(world, "chief@acme.example", "POST", "/papers/branches/send", None, **{"Idempotency-Key": "k1"})
    assert status == 202
    assert again == (202, made)
    mappings = MappingCache(world.services.mappings)
    PaperDesk(
        world.services, mappings, world.post, AllowedTargets(), lambda: system_clock() + timedelta(minutes=1)
    ).run()
    with world.services.engine.connect() as connection:
        refs = [one.ref for one in list_dead_letters(connection) if one.connection == "branches"]
    assert len(refs) == 2
    number = refs[0].removeprefix("paper/")
    assert api(world, "guide@acme.example", "POST", f"/papers/copies/{number}/send-again")[0] == 403
    status, copy = api(world, "chief@acme.example", "POST", f"/papers/copies/{number}/send-again")
    assert (status, copy["state"]) == (202, "waiting")
    assert api(world, "chief@acme.example", "POST", f"/papers/copies/{number}/send-again")[0] == 409
    services = world.services
    assert replay(services.engine, services.waker, refs[1], "tests", system_clock()) == 1
    PaperDesk(services, mappings, world.post, AllowedTargets(), lambda: system_clock() + timedelta(minutes=2)).run()
    assert drop(services.engine, refs[0], "tests", "the board is on holiday") == 1
    assert "given up" in read(office, "/calendar/papers/branches")


def test_the_outcome_review_is_one_on_page_slides_and_api(world: World, office: FormBrowser) -> None:
    page = read(office, "/calendar/review?period=FY2026-Q4")
    _, found = api(world, "chief@acme.example", "GET", "/outcome-review?period=FY2026-Q4")
    total = found["total"]
    assert (Decimal(total["promised"]["amount"]), total["promised"]["currency"]) == (Decimal("501005.70"), "EUR")
    assert "501,005.70" in page
    slides = office.get("/calendar/review.pptx?period=FY2026-Q4")
    assert "501,005.70" in all_text(Presentation(io.BytesIO(slides.data)))
    assert "What stops" in page
    assert "Demands that were refused" in page
    part = read(office, "/calendar/review?period=FY2026-Q4&portfolio=Operations")
    assert "1,005.70" in part
    assert "ITX-1" not in part
    theirs = read(signed_in(world, "guide@acme.example"), "/calendar/review?period=FY2026-Q4")
    assert ("1,005.70" in theirs, "ITX-1" in theirs) == (True, False)
    assert '"FY2026" is no quarter: write it as FY2026-Q3.' in read(office, "/calendar/review?period=FY2026", 400)
    assert api(world, "chief@acme.example", "GET", "/outcome-review?period=2026-11")[0] == 422
    assert read(office, "/calendar/review")


def test_a_calendar_that_is_empty_says_where_papers_stand(world: World, office: FormBrowser) -> None:
    world.activate(calendar(" {}"))
    try:
        assert "Papers stand in the mapping under calendar" in read(office, "/calendar")
    finally:
        world.activate(calendar(OPERATIONS))


def test_names_that_are_nobody_are_reported(world: World, office: FormBrowser) -> None:
    world.activate(calendar(REVIEW.replace("owner: office@acme.example", "owner: nobody@acme.example")))
    try:
        page = read(office, "/calendar/papers/outcomes")
        assert "The calendar names somebody who is no active person here: nobody@acme.example." in page
    finally:
        world.activate(calendar(OPERATIONS))
