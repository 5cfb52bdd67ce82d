"""Papers of the calendar: made once, sent as each recipient reads at that moment, tried again, and kept."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from sqlalchemy import text

from connector.bootstrap import MappingCache, Services
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.notify.attached_file import AttachedFile
from connector.notify.message_addresses import AllowedTargets, Messenger
from connector.papers.audit_sentences import sentence_of
from connector.papers.calendar.state import calendar_of, papers_of
from connector.papers.outcome_review import OutcomeReview, outcome_review
from connector.papers.report import Report
from connector.papers.review_deck import deck_of_review
from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.runtime.paper_sending import PaperDesk
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.audit import search
from connector.store.notifications.papers import CLAIM, UNCERTAIN, Copy, Papers, resend_copies
from connector.store.reporting.deck_templates import DeckTemplates, NewTemplate
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.refused_demands import refused_demands
from connector.store.reporting.report_snapshots import ReportSnapshots
from connector.store.reporting.rollups import Rollups
from connector.sync.active_mapping import ActiveMapping
from connector.timestamp import timestamp_text
from governance.effects import ZERO, Version
from governance.reporting_calendar import Cadence, IssueState
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool
from tests.bench.generate import MAPPING
from tests.command_line import Cli
from tests.connector.notify.test_digest import ALLOWED, Receiver, receiver
from tests.connector.papers.test_deck import all_text, assert_everything_has_room, texts
from tests.connector.papers.test_template_check import made as template
from tests.connector.store.reporting.portfolio_data import BASIS, GivenMeasure, line, refresh, save, save_rates
from tests.databases import Databases
from tests.webhook_server.admin.test_deck import remember
from tests.webhook_server.admin.test_portfolio import LATE
from tests.webhook_server.visitor import WebSite
from tests.webhook_server.visitor import site as open_site

__all__ = ["receiver"]

MAIL = AllowedTargets(hosts=("acme.example",), mail="mailtos://bot:secret@smtp.acme.example?from=gate@acme.example")
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""A Sunday, a day after the figures were made."""
SENT_AT = datetime(2026, 12, 7, 7, tzinfo=UTC)
"""Eight in Berlin, on the fifth working day of December."""

PACK = """
    pack:
      kind: monthly_pack
      cut_off: {working_day: 3, at: "18:00"}
      send: {working_day: 5}
      owner: office@acme.example
      to:
        - role: office
        - role: viewer
        - person: guest@acme.example
"""


def calendar(papers: str) -> str:
    return f"{MAPPING}calendar:\n  time_zone: Europe/Berlin\n  papers:{papers}"


@dataclass
class Post:
    """Takes messages, or refuses them."""

    got: list[tuple[str, str, str, tuple[AttachedFile, ...]]] = field(default_factory=list)
    takes: bool = True
    before: Callable[[], None] = lambda: None

    def send(self, address: str, title: str, body: str, files: Sequence[AttachedFile] = ()) -> bool:
        self.before()
        if self.takes:
            self.got.append((address, title, body, tuple(files)))
        return self.takes

    def body_for(self, address: str) -> str:
        (found,) = [body for to, _, body, _ in self.got if to == address]
        return found


@dataclass
class World:
    site: WebSite
    now: datetime = START
    post: Post = field(default_factory=Post)

    @property
    def services(self) -> Services:
        return self.site.services

    @property
    def papers(self) -> Papers:
        return Papers(self.services.engine)

    def activate(self, source: str) -> None:
        loaded = load_mapping(source)
        assert isinstance(loaded, LoadedMapping), loaded
        self.services.mappings.activate(source, loaded.version, author="tests", reason="tests")

    def desk(self, allowed: AllowedTargets = MAIL) -> PaperDesk:
        """A worker of its own."""
        return PaperDesk(self.services, MappingCache(self.services.mappings), self.post, allowed, lambda: self.now)

    def copies(self, paper: str = "pack") -> list[Copy]:
        issues = [one.id for one in self.papers.issues(paper)]
        return list(self.papers.copies(issues))

    def states(self, paper: str = "pack") -> dict[str, str]:
        return {one.login: one.state for one in self.copies(paper)}

    def issues(self, paper: str) -> list[tuple[str, bool]]:
        return [(one.period, one.missed) for one in reversed(self.papers.issues(paper))]


@pytest.fixture(scope="module")
def opened(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """Three measures in two portfolios, and four people."""
    folder = tmp_path_factory.mktemp("papers")
    with databases.one() as url, open_site(url, folder, public_url="https://gate.acme.example") as site:
        site.services.connections.save(
            ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "https://acme.example", "bot", "token", ("s",))
        )
        World(site).activate(calendar(PACK))
        save_rates(site.services.engine)
        save(
                site.services.engine,
                GivenMeasure(1, gate="blocked", potential="red", codes=("OPEN_WORK",), lines=LATE),
                GivenMeasure(2, place=("Operations", "Branches", None, None), title="Close ten branches", lines=(
                    line("plan", "benefit", "2026-11", 1000, "USD"), line("forecast", "benefit", "2026-11", 900, "USD"),
                    line("plan", "benefit", "2026-12", 70),
                )),
                GivenMeasure(3, stage="detailed", off_ramp="cancelled", title="A portal nobody asked for"),
            )  # fmt: skip
        refresh(site.services.engine)
        for login, *grants in (
            ("office@acme.example", RoleGrant(Role.OFFICE)),
            ("branches@acme.example", RoleGrant(Role.VIEWER, ("Operations",))),
            ("elsewhere@acme.example", RoleGrant(Role.VIEWER, ("Marketing",))),
            ("guest@acme.example",),
        ):
            site.person(str(login), *grants, password=None)
        yield site


@pytest.fixture
def world(opened: WebSite) -> Iterator[World]:
    """The papers of one test alone."""
    here = World(opened)
    yield here
    with opened.services.engine.begin() as transaction:
        for table in ("paper_copy", "paper_issue", "paper"):
            transaction.execute(text(f"DELETE FROM {table}"))


def test_the_command_line_lists_previews_pauses_sends_and_shows(world: World, tmp_path: Path) -> None:
    settings = world.services.settings
    cli = Cli({"DATABASE_URL": settings.database_url or "", "GATEPOST_DATA": str(settings.data),
               "GATEPOST_SECRET_KEY": settings.secret_key or ""})  # fmt: skip
    listed = cli.ok("papers", "list", COLUMNS="200")
    assert "Monthly pack" in listed
    assert "none yet" in listed
    shown = cli.ok("papers", "show", "pack")
    assert shown.startswith("Monthly pack, everything, owner office@acme.example: ")
    assert "Recipients now: " in shown
    assert cli.refused("papers", "show", "none") == 'There is no paper "none". List them with: gatepost papers list'
    made = cli.ok("papers", "preview", "pack", "--to", "branches@acme.example", "-o", str(tmp_path / "files"))
    assert "Monthly pack" in made
    assert {one.suffix for one in (tmp_path / "files").iterdir()} == {".pptx", ".xlsx"}
    assert cli.refused("papers", "preview", "pack", "--to", "nobody@acme.example").startswith(
        "There is no active person"
    )
    assert cli.ok("papers", "pause", "pack", "--reason", "the close is late") == "Monthly pack is paused.\n"
    assert cli.ok("papers", "pause", "pack", "--reason", "again") == "Monthly pack was paused already.\n"
    assert ": the close is late\n" in cli.ok("papers", "show", "pack")
    assert cli.ok("papers", "resume", "pack") == "Monthly pack is sent again.\n"
    assert cli.ok("papers", "resume", "pack") == "Monthly pack was not paused.\n"
    assert "Monthly pack waits for a worker, as issue " in cli.ok("papers", "send", "pack")
    history = cli.ok("papers", "history", "pack")
    assert "by hand" in history
    assert "office@acme.example: waiting" in history
    (number, *_) = (one.id for one in world.copies())
    assert cli.refused("papers", "again", str(number)) == (
        f"Copy {number} is no dead letter: only what was given up is sent again."
    )
    slides = tmp_path / "review.pptx"
    told = cli.ok("papers", "review", "--period", "FY2026-Q4", "-o", str(slides))
    assert "FY2026-Q4" in told
    assert slides.stat().st_size > 10_000
    assert cli.refused("papers", "review", "--period", "2026-11").endswith("is no quarter: write it as FY2026-Q3.")


def person(world: World, login: str) -> PersonId:
    found = world.services.people.find_by_login(login)
    assert found is not None
    return found.id


def due(world: World, papers: str = PACK) -> World:
    """Known to a worker before it is due, and now it is."""
    world.activate(calendar(papers))
    assert world.desk().run().issues == 0
    world.now = SENT_AT
    return world


def test_a_paper_is_sent_once_by_whichever_worker_and_as_each_reader_may_see(world: World) -> None:
    due(world)
    workers = [Thread(target=world.desk().run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    world.now += timedelta(minutes=5)
    assert world.desk().run().issues == 0
    assert sorted(to for to, *_ in world.post.got) == ["branches@acme.example", "office@acme.example"]
    assert world.states() == {
        "branches@acme.example": "sent", "elsewhere@acme.example": "nothing", "guest@acme.example": "nothing",
        "office@acme.example": "sent",
    }  # fmt: skip
    whole, part = (world.post.body_for(f"{who}@acme.example") for who in ("office", "branches"))
    assert "ITX-1 Retire the legacy CRM" in whole
    assert "ITX-1" not in part
    assert "Not reported on since 1 Nov 2026: 1 of 1 measures" in part
    issue = world.papers.issues("pack")[0]
    assert (issue.period, issue.cut_off) == ("2026-11", datetime(2026, 12, 3, 17, tzinfo=UTC))
    kept = ReportSnapshots(world.services.engine).find(issue.report_id or "")
    assert kept is not None
    assert kept.known_at == issue.cut_off
    assert f"Report {issue.report_id}: https://gate.acme.example/portfolio/reports/{issue.report_id}" in whole


def test_the_pack_is_a_deck_and_a_workbook_whose_hashes_are_kept(world: World) -> None:
    due(world)
    world.desk().run()
    files = {to: {one.name: one for one in found} for to, _, _, found in world.post.got}
    for login, seen in (("office@acme.example", True), ("branches@acme.example", False)):
        deck, workbook = files[login]["committee-2026-11.pptx"], files[login]["portfolio-2026-11.xlsx"]
        presentation = Presentation(io.BytesIO(deck.content))
        assert_everything_has_room(presentation)
        assert ("Retire the legacy CRM" in all_text(presentation)) is seen
        rows = load_workbook(io.BytesIO(workbook.content))["Measures"].iter_rows(values_only=True)
        assert any("ITX-1" in row for row in rows) is seen
        (copy,) = [one for one in world.copies() if one.login == login]
        assert {(one.name, one.sha256, one.size, one.attached) for one in copy.documents} == {
            (one.name, one.sha256, len(one.content), True) for one in (deck, workbook)
        }
        assert copy.address == login
        assert len(copy.text_sha256 or "") == 64


def test_every_paper_is_written_in_the_template_that_is_stored(world: World, tmp_path: Path) -> None:
    settings = world.services.settings
    cli = Cli({"DATABASE_URL": settings.database_url or "", "GATEPOST_DATA": str(settings.data),
               "GATEPOST_SECRET_KEY": settings.secret_key or ""})  # fmt: skip
    own, other = tmp_path / "corporate.pptx", tmp_path / "other.pptx"
    own.write_bytes(template("Title Slide", "Title and Content"))
    other.write_bytes(template("Title Only"))
    assert cli.ok("papers", "template", "show") == (
        "No template is stored: decks are plain. Store one with: gatepost papers template set FILE\n"
    )
    stored = cli.ok("papers", "template", "set", str(own))
    assert stored.startswith("corporate.pptx is stored: every deck that names no other template is written in it.\n")
    assert 'The first page takes its layout "Title Slide", the others "Title and Content".' in stored
    assert cli.ok("papers", "template", "show").startswith(f"corporate.pptx, {own.stat().st_size:,} bytes, SHA-256 ")
    try:
        due(world)
        world.desk().run()
        world.desk().send_now(papers_of(world.services, active(world))[0], "by hand", "office@acme.example")
        world.desk().run()
        decks = [one.content for *_, found in world.post.got for one in found if one.name.endswith(".pptx")]
        review, deck, given = (tmp_path / f"{name}.pptx" for name in ("review", "deck", "given"))
        cli.ok("papers", "review", "--period", "FY2026-Q4", "-o", str(review))
        cli.ok("deck", "-o", str(deck))
        cli.ok("deck", "-o", str(given), "--template", str(other))
        assert len(decks) == 4
        for one in (*decks, review.read_bytes(), deck.read_bytes()):
            assert layouts(one) == {"Title Slide", "Title and Content"}
        assert layouts(given.read_bytes()) == {"Title Only"}
    finally:
        assert cli.ok("papers", "template", "remove") == "The template is removed: decks are plain.\n"
    assert cli.ok("papers", "template", "remove") == "No template was stored.\n"
    cli.ok("deck", "-o", str(deck))
    assert layouts(deck.read_bytes()) == {"Title Only"}
    with world.services.engine.connect() as connection:
        entries = search(connection, actions=("deck_template",), limit=10)
    assert [sentence_of(one) for one in entries] == [
        "removed corporate.pptx, the template of every deck", "stored corporate.pptx as the template of every deck",
    ]  # fmt: skip
    own.write_bytes(b"slides")
    assert cli.refused("papers", "template", "set", str(own)).startswith(
        "corporate.pptx cannot be read as a PowerPoint"
    )


def test_a_template_that_can_no_longer_be_used_is_said_in_words_and_the_paper_tried_again(world: World) -> None:
    templates = DeckTemplates(world.services.engine)
    templates.store(NewTemplate("corporate.pptx", b"no slides", "Title Slide", "Title Only", ()), "office", START)
    try:
        due(world)
        world.desk().run()
    finally:
        templates.remove("office")
    (copy,) = [one for one in world.copies() if one.login == "office@acme.example"]
    assert (copy.state, copy.reason) == (
        "waiting", "The template that is stored for every deck cannot be read as a PowerPoint file: save it as .pptx in "
        "PowerPoint, without a password.",
    )  # fmt: skip
    world.now += timedelta(minutes=5)
    world.desk().run()
    assert world.states()["office@acme.example"] == "sent"


def active(world: World) -> ActiveMapping:
    found = MappingCache(world.services.mappings).active()
    assert found is not None
    return found


def layouts(deck: bytes) -> set[str]:
    return {slide.slide_layout.name for slide in Presentation(io.BytesIO(deck)).slides}


def test_whoever_lost_the_role_between_the_making_and_the_sending_gets_nothing(world: World) -> None:
    due(world)
    world.services.people.grant(person(world, "guest@acme.example"), RoleGrant(Role.VIEWER), by="tests")
    desk = world.desk()
    assert desk.open_due() == 1
    people = world.services.people
    guest = people.find_by_login("guest@acme.example")
    assert guest is not None
    people.revoke_grant(guest.grants[0].id, by="tests")
    people.set_active(person(world, "branches@acme.example"), active=False, by="tests")
    office = people.get(person(world, "office@acme.example"))
    assert office is not None
    people.revoke_grant(office.grants[0].id, by="tests")
    try:
        while desk.send_one() is not None:
            pass
        assert world.post.got == []
        assert {one.login: (one.state, one.reason) for one in world.copies()} == {
            "branches@acme.example": ("withheld", "Branches@Acme.Example is not active any more."),
            "elsewhere@acme.example": ("nothing", "Nothing to send: they see no measure of everything."),
            "guest@acme.example": ("nothing", "Nothing to send: they see no measure of everything."),
            "office@acme.example": (
                "withheld", "Office@Acme.Example does not hold a role any more that receives it.",
            ),
        }  # fmt: skip
    finally:
        people.set_active(person(world, "branches@acme.example"), active=True, by="tests")
        people.grant(person(world, "office@acme.example"), RoleGrant(Role.OFFICE), by="tests")


def test_what_was_refused_is_tried_again_and_in_the_end_a_dead_letter(world: World) -> None:
    due(world, PACK.replace("        - role: viewer\n        - person: guest@acme.example\n", ""))
    world.post.takes = False
    desk = world.desk()
    first = desk.run()
    assert (first.issues, first.sent, first.failed) == (1, 0, 1)
    (copy,) = world.copies()
    assert (copy.state, copy.attempts, copy.due_at) == ("waiting", 1, SENT_AT + timedelta(seconds=5))
    (state,) = calendar_of(world.services, MappingCache(world.services.mappings).active(), everybody(), world.now)
    assert state.state is IssueState.SENDING
    for _ in range(13):
        (copy,) = world.copies()
        world.now = max(world.now, copy.due_at)
        desk.run()
    (copy,) = world.copies()
    assert (copy.state, copy.reason) == (
        "dead_letter", "gave up after 13 attempts: the address did not accept the message",
    )  # fmt: skip
    (state,) = calendar_of(world.services, MappingCache(world.services.mappings).active(), everybody(), world.now)
    assert state.last_state is IssueState.FAILED
    world.post.takes = True
    with world.services.engine.begin() as transaction:
        assert resend_copies(transaction, [copy.id], world.now) == {copy.id}
    assert world.desk().run().sent == 1
    assert "ITX-1" in world.post.body_for("office@acme.example")


def everybody() -> Viewer:
    return Viewer(PersonId(1), "x@acme.example", "X", (RoleGrant(Role.ADMINISTRATOR),))


def test_a_worker_that_ends_before_it_sends_is_replaced_and_one_that_ends_while_it_sends_is_not(world: World) -> None:
    due(world, PACK.replace("        - role: viewer\n        - person: guest@acme.example\n", ""))
    desk = world.desk()
    desk.open_due()
    taken = world.papers.claim(world.now)
    assert taken is not None
    assert world.papers.claim(world.now) is None
    world.now += CLAIM + timedelta(seconds=1)
    again = world.papers.claim(world.now)
    assert again is not None
    assert not world.papers.begin_sending(taken, world.now)
    assert world.papers.begin_sending(again, world.now)
    world.now += CLAIM + timedelta(seconds=1)
    assert world.desk().run().sent == 0
    assert [(one.state, one.reason) for one in world.copies()] == [("dead_letter", UNCERTAIN)]


DIGEST = """
    weekly:
      kind: weekly_digest
      cut_off: {working_day: -1, at: "12:00"}
      send: {working_day: 1}
      owner: office@acme.example
      to: [{role: office}]
"""


def test_after_an_outage_the_newest_is_sent_and_the_others_are_left_out(world: World) -> None:
    world.activate(calendar(DIGEST))
    world.desk().run()
    world.now = datetime(2026, 12, 16, 12, tzinfo=UTC)
    assert world.desk().run().issues == 1
    assert world.desk().run().issues == 0
    assert len(world.post.got) == 1
    assert sorted(world.issues("weekly")) == [("2026-W47", True), ("2026-W48", True), ("2026-W49", True),
                                              ("2026-W50", False)]  # fmt: skip
    world.now += timedelta(days=7)
    assert world.desk().run().issues == 1
    assert len(world.post.got) == 2


def test_the_weekly_digest_says_what_changed_and_who_has_not_reported(world: World) -> None:
    world.activate(calendar(DIGEST))
    world.desk().run()
    world.now = datetime(2026, 12, 7, 8, tzinfo=UTC)
    world.desk().run()
    ((_, title, body, files),) = world.post.got
    assert title == "Nordbank: Weekly digest, 2026-W49"
    assert files == ()
    assert "Since 27 Nov 2026 11:00 UTC, latest estimate in EUR:" in body
    assert "Held up at a gate (1)" in body
    assert "Not reported on since 30 Nov 2026: 2 of 2 measures" in body
    assert "ITX-2 Close ten branches: A. Kaya, no report is known" in body


def test_a_paused_paper_is_not_sent_and_after_the_pause_once(world: World) -> None:
    world.activate(calendar(DIGEST))
    world.desk().run()
    (paper,) = papers_of(world.services, MappingCache(world.services.mappings).active())
    assert world.papers.pause(paper, "office@acme.example", "holidays", world.now)
    assert not world.papers.pause(paper, "office@acme.example", "again", world.now)
    world.now = datetime(2026, 12, 16, 12, tzinfo=UTC)
    assert world.desk().run().issues == 0
    desk = world.desk()
    assert desk.send_now(paper, "request-1", "office@acme.example") is not None
    assert desk.send_now(paper, "request-1", "office@acme.example") is None
    assert desk.run().sent == 1
    assert world.papers.resume("weekly", "office@acme.example")
    assert not world.papers.resume("weekly", "office@acme.example")
    assert world.desk().run().sent == 1
    assert [period for period, missed in world.issues("weekly") if not missed] == ["2026-W51", "2026-W50"]
    with world.services.engine.connect() as connection:
        query = text("SELECT action FROM audit WHERE subject = 'paper weekly' ORDER BY seq")
        assert list(connection.execute(query).scalars())[-4:] == [
            "paper.paused", "paper.issued", "paper.resumed", "paper.issued",
        ]  # fmt: skip


def test_a_changed_schedule_and_a_paper_that_comes_back_make_up_for_nothing(world: World) -> None:
    world.activate(calendar(DIGEST))
    world.desk().run()
    world.now = datetime(2026, 12, 9, 12, tzinfo=UTC)
    world.activate(calendar(DIGEST.replace("working_day: 1}", 'working_day: 1, at: "07:00"}')))
    assert world.desk().run().issues == 0
    world.activate(calendar(PACK))
    world.desk().run()
    world.now = datetime(2026, 12, 23, 12, tzinfo=UTC)
    world.activate(calendar(DIGEST.replace("working_day: 1}", 'working_day: 1, at: "07:00"}')))
    assert world.desk().run().issues == 0
    world.now = datetime(2026, 12, 28, 12, tzinfo=UTC)
    assert world.desk().run().issues == 1


EXCEPTIONS = DIGEST.replace("weekly:", "alarm:").replace("weekly_digest", "exceptions")


def test_the_exception_mail_names_what_needs_a_decision_and_says_nothing_when_nothing_does(world: World) -> None:
    world.activate(calendar(EXCEPTIONS))
    world.desk().run()
    world.now = datetime(2026, 11, 30, 8, tzinfo=UTC)
    world.desk().run()
    assert world.post.got == []
    assert [(one.state, one.reason) for one in world.copies("alarm")] == [
        ("nothing", "Nothing to send: nothing is in breach, stopped or unexplained."),
    ]
    save(world.services.engine, GivenMeasure(1, gate="breach", potential="red", codes=("GATE_ORDER",), lines=LATE))
    refreshed(world, datetime(2026, 12, 1, tzinfo=UTC))
    try:
        world.now = datetime(2026, 12, 7, 8, tzinfo=UTC)
        world.desk().run()
        ((_, title, body, _),) = world.post.got
        assert title == "Nordbank: Exception mail, 2026-W49: 1 exception"
        assert "1 measure needs a decision, 1 of them new." in body
        assert "- new: ITX-1 Retire the legacy CRM: the work went past the gate" in body
        assert "https://gate.acme.example/measures/jira-main/1" in body
        world.now += timedelta(days=7)
        world.desk().run()
        assert "1 measure needs a decision, 0 of them new." in world.post.got[1][2]
    finally:
        save(world.services.engine, GivenMeasure(1, gate="blocked", potential="red", codes=("OPEN_WORK",), lines=LATE))
        refreshed(world, datetime(2026, 12, 20, tzinfo=UTC))


def refreshed(world: World, at: datetime) -> None:
    Rollups(world.services.engine).refresh(BASIS, at)


def review(
    world: World, viewer: Viewer, on: KnownOn | None = None, filters: PortfolioFilters | None = None
) -> OutcomeReview:
    active = MappingCache(world.services.mappings).active()
    assert active is not None
    (paper,) = papers_of(world.services, active)
    period = paper.schedule.fiscal.named("FY2026-Q4")
    assert period is not None
    with world.services.read_as(viewer) as connection:
        report = Report(
            connection, viewer, "Nordbank", {}, usable_rates(world.services.rates.rates(), active.config, world.now.date()),
            world.now, filters or PortfolioFilters(), on,
        )  # fmt: skip
        return outcome_review(report, active.config, period, paper.schedule.zone)


def test_an_outcome_review_has_the_amounts_of_the_curve_now_and_for_a_day_in_the_past(world: World) -> None:
    world.activate(calendar(DIGEST))
    office = everybody()
    found = review(world, office)
    with world.services.read_as(office) as connection:
        points = [
            one for one in Portfolio(connection, office, PortfolioFilters()).curve() if str(one.month) >= "2026-10"
        ]
        demands = refused_demands(connection, ("decided", "implemented", "closed"), world.services.rates.rates(), "EUR")
    sums = {version: sum((one.ebitda.get(version, ZERO) for one in points), ZERO) for version in Version}
    total = found.total
    assert (total.plan, total.estimate, total.actual) == (
        sums[Version.PLAN], sums[Version.FORECAST], sums[Version.ACTUAL],
    )  # fmt: skip
    assert total.plan == Decimal(500_000) + Decimal("935.70") + Decimal(70)
    assert (total.unbooked, found.lines[0].key) == (2, "ITX-1")
    assert sum((one.plan for one in found.places), ZERO) == total.plan
    assert (found.answered_ever.refused, found.answered_ever.approved) == (demands.refused, demands.approved) == (1, 2)
    assert found.sentence == (
        "Of 501,006 EUR promised for FY2026-Q4, 0 EUR came (0 %); 2 measures with a plan booked nothing."
    )
    assert "Dec 2026 is not over: months are closed up to Oct 2026, so what came may still change." in found.warnings
    part = review(world, office, filters=PortfolioFilters(portfolio="Operations"))
    assert [(one.name, one.plan) for one in part.places] == [("Branches", Decimal("1005.70"))]
    theirs = review(world, Viewer(PersonId(2), "b", "B", (RoleGrant(Role.VIEWER, ("Operations",)),)))
    assert theirs.total.plan == Decimal("1005.70")


def test_the_review_of_a_past_moment_is_made_of_the_lines_that_were_known_then(world: World) -> None:
    world.activate(calendar(DIGEST))
    remember(world.site, "jira-main/1", LATE)
    at = datetime(2026, 12, 21, tzinfo=UTC)
    then = review(world, everybody(), KnownOn(at, timestamp_text(at)))
    now = review(world, everybody())
    (one,) = then.lines
    assert one == next(row for row in now.lines if row.id == "jira-main/1")


REVIEW = """
    outcomes:
      kind: outcome_review
      cut_off: {working_day: 5}
      send: {working_day: 8}
      owner: office@acme.example
      to: [{role: office}]
"""


def test_the_outcome_review_counts_refused_demands_against_the_target_of_the_mapping(world: World) -> None:
    for target, share in (("0.25", "25 %"), ("0.5", "50 %"), ("0.125", "12.5 %")):
        world.activate(calendar(REVIEW).replace("\ncalendar:", f"\npolicy: {{refused_target: {target}}}\ncalendar:"))
        found = review(world, everybody())
        assert found.refused_sentence == f"No demand was answered in the quarter; the target is {share} refused."
        one_of_three = replace(found, answered=found.answered_ever)
        assert one_of_three.refused_sentence == (
            f"1 of 3 demands was refused (33 %); the target of {share} {'is missed' if target == '0.5' else 'is reached'}."
        )
        slide = next(one for one in deck_of_review(one_of_three).slides if one.title == "Demands that were refused")
        assert texts(slide).endswith(f"Since the beginning | 3 | 1 | 2 | 33 % | {share}")


def test_the_outcome_review_is_sent_with_its_slides(world: World) -> None:
    world.activate(calendar(REVIEW))
    world.desk().run()
    world.now = datetime(2027, 1, 13, 8, tzinfo=UTC)
    world.desk().run()
    ((_, title, body, (deck,)),) = world.post.got
    assert (title, deck.name) == (
        "Nordbank: Quarterly outcome review, FY2026-Q4", "outcome-review-FY2026-Q4.pptx",
    )  # fmt: skip
    assert "promised for FY2026-Q4" in body
    assert "https://gate.acme.example/calendar/review?period=FY2026-Q4&on=2027-01-" in body
    slides = Presentation(io.BytesIO(deck.content))
    assert_everything_has_room(slides)
    said = all_text(slides)
    for expected in ("What was promised, and what came", "What stops", "What starts", "Demands that were refused"):
        assert expected in said


def test_a_real_message_has_its_files_and_a_large_one_links_to_them(world: World, receiver: Receiver) -> None:
    due(world, PACK.replace("        - role: viewer\n        - person: guest@acme.example\n", ""))
    office = person(world, "office@acme.example")
    from connector.notify.digest import DigestFrequency
    from connector.runtime.digest_sending import digest_store

    digest_store(world.services).save_preference(office, receiver.address, DigestFrequency.OFF, 7)
    try:
        mappings = MappingCache(world.services.mappings)
        desk = PaperDesk(world.services, mappings, Messenger(ALLOWED), ALLOWED, lambda: world.now)
        assert desk.run().sent == 1
        (message,) = receiver.got
        assert [one["filename"] for one in message["attachments"]] == [  # type: ignore[index]
            "committee-2026-11.pptx", "portfolio-2026-11.xlsx",
        ]  # fmt: skip
        small = world.services.settings.model_copy(update={"paper_attachment_mb": 0})
        object.__setattr__(world.services, "settings", small)
        (paper,) = papers_of(world.services, mappings.active())
        desk.send_now(paper, "again", "office@acme.example")
        assert desk.run().sent == 1
        assert not receiver.got[1].get("attachments")
        assert (
            "(committee-2026-12.pptx, portfolio-2026-12.xlsx) are not attached: open the report above."
            in (receiver.got[1]["message"])
        )
    finally:
        object.__setattr__(
            world.services, "settings", world.services.settings.model_copy(update={"paper_attachment_mb": 10})
        )
        digest_store(world.services).save_preference(office, "office@acme.example", DigestFrequency.OFF, 7)


def test_without_an_address_it_is_a_dead_letter_that_says_what_to_do(world: World) -> None:
    due(world)
    world.desk(AllowedTargets()).run()
    assert {one.login: one.reason for one in world.copies() if one.state == "dead_letter"} == dict.fromkeys(
        ("branches@acme.example", "office@acme.example"),
        "Mail is not set up here. Whoever runs Gatepost sets up the mail server.",
    )


def test_an_address_that_raises_is_tried_again(world: World) -> None:
    due(world, PACK.replace("        - role: viewer\n        - person: guest@acme.example\n", ""))

    def fails() -> None:
        raise ConfigurationError("the certificate of smtp.acme.example is not trusted")

    world.post.before = fails
    world.desk().run()
    (copy,) = world.copies()
    assert (copy.state, copy.reason) == ("waiting", "the certificate of smtp.acme.example is not trusted")


def test_cadences_of_kinds() -> None:
    from mapping.calendar_config import PaperKind

    assert [one.usual_cadence for one in PaperKind] == [Cadence.MONTH, Cadence.WEEK, Cadence.WEEK, Cadence.QUARTER]
