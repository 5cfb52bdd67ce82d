"""After the meeting: a report's number, decisions entered once, and who gives them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pptx import Presentation
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI

from connector.papers.deck.comments import comments_of
from connector.papers.deck.contents import deck_of
from connector.papers.deck.template import open_template
from connector.papers.deck.write import write_deck
from connector.people.permissions import Role, RoleGrant
from mapping.load import LoadedMapping
from tests.connector.papers.deck_figures import figures
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.connector.store.reporting.portfolio_data import refresh
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server

__all__ = ["loaded"]

MEASURE = "jira-main/10001"


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def test_a_decision_is_entered_once_and_given_by_whoever_may(api: ApiServer) -> None:
    refresh(api.services.engine)
    office = enter(api, "Office", RoleGrant(Role.OFFICE))
    sponsor = enter(api, "Brandt", RoleGrant(Role.VIEWER), account="b")
    kept = office.post("/portfolio/reports")
    number = kept.headers["Location"].rpartition("/")[2]
    page = sponsor.client.get(f"/portfolio/reports/{number}", follow_redirects=True).get_data(as_text=True)
    assert f"Report {number}" in page
    assert "Whoever opens this number sees the same figures of the measures that they may see." in page
    assert office.post("/portfolio/reports").headers["Location"].endswith(number), "one moment, one number"

    said = {"measure": MEASURE, "verb": "hold", "reason": "until the contract is signed", "minutes": "SC-14, item 3",
            "met_on": "2026-11-20"}  # fmt: skip
    office.post(f"/portfolio/reports/{number}/meeting", **said)
    office.post(f"/portfolio/reports/{number}/meeting", **said)
    meeting = office.text(f"/portfolio/reports/{number}/meeting")
    assert "/hold until the contract is signed" in meeting
    assert "was entered before; nothing is entered twice." in meeting
    assert "open: ITX-1: /hold until the contract is signed waits for" in meeting

    work = sponsor.text("/work")
    assert "Decided in a meeting" in work
    assert "SC-14, item 3" in work
    assert "Decided in a meeting" not in office.text("/work")
    sponsor.post("/portfolio/decisions/1/give")
    sponsor.post("/portfolio/decisions/1/give")
    assert "Decided in a meeting" not in sponsor.text("/work")
    timeline = office.text(f"/measures/{MEASURE}")
    assert "Decided in the meeting of 2026-11-20, minutes SC-14, item 3: /hold until the contract is signed" in timeline
    assert "Given as decided in the meeting of 2026-11-20, minutes SC-14, item 3" in timeline
    with api.services.engine.connect() as connection:
        given = connection.exec_driver_sql("SELECT text FROM submitted_command").scalars().all()
    assert given == ["/hold until the contract is signed (minutes SC-14, item 3)"]


LEGACY = """<p:cmLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">
<p:cm authorId="0" dt="2026-11-29T10:00:00" idx="1"><p:pos x="1" y="1"/><p:text>{}</p:text></p:cm></p:cmLst>"""
THREADED = """<p188:cmLst xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p188:cm id="1"><p188:replyLst><p188:reply><p188:txBody>
<a:p><a:r><a:t>approve</a:t></a:r></a:p></p188:txBody></p188:reply></p188:replyLst><p188:txBody><a:p><a:r><a:t>{}</a:t>
</a:r></a:p></p188:txBody></p188:cm></p188:cmLst>"""


def commented(folder: Path, comments: dict[int, tuple[str, str]]) -> Path:
    """A deck with comments on slides, as PowerPoint writes them: those of before 2021, and threaded ones."""
    made = io.BytesIO()
    write_deck(deck_of(figures()), open_template(None), made)
    made.seek(0)
    deck = Presentation(made)
    for number, (form, said) in comments.items():
        part = deck.slides[number - 1].part
        where = PackURI(f"/ppt/comments/comment{number}.xml")
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
        if form is THREADED:
            kind = "http://schemas.microsoft.com/office/2018/10/relationships/comments"
        part.relate_to(Part(where, "application/xml", part.package, form.format(said).encode()), kind)
    file = folder / "commented.pptx"
    deck.save(str(file))
    return file


def test_comments_of_a_deck_are_read_as_commands(tmp_path: Path) -> None:
    file = commented(
        tmp_path,
        {
            2: (LEGACY, "hold: this slide is about no measure"),
            10: (LEGACY, "Approve"),
            11: (THREADED, "Cancel: replaced by the group's platform"),
            13: (THREADED, "We should talk about this"),
        },
    )
    assert [(one.slide, one.measure, one.command) for one in comments_of(file)] == [
        (2, "", ""),
        (10, "jira-main/1", "/approve implemented"),
        (11, "jira-main/2", "/cancel replaced by the group's platform"),
        (13, "jira-main/2", ""),
    ]
