"""The deck: what it says, and that everything has room, whatever the titles and however many the rows."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Pt

from connector.papers.deck.contents import DeckFigures, deck_of
from connector.papers.deck.decisions import decisions_asked
from connector.papers.deck.model import Slide, Table, Text, Tone
from connector.papers.deck.status import status_sentence
from connector.papers.deck.template import open_template
from connector.papers.deck.text_fit import LINE_HEIGHT, wrapped
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.deck.write import write_deck
from governance.evidence import Verb
from tests.connector.papers.deck_figures import (
    AMOUNTS,
    AT,
    LONG,
    crowded,
    d,
    figures,
    measure,
    nothing,
    steering,
    unknown,
)
from tests.waiting import LONGEST_WAIT_SECONDS

WORLDS = (figures, nothing, crowded, unknown)


@cache
def crowded_deck() -> Any:
    """Written once: it has a hundred slides."""
    return written(crowded())


def written(of: DeckFigures, template: Path | None = None) -> Any:
    file = io.BytesIO()
    write_deck(deck_of(of), open_template(template), file)
    file.seek(0)
    return Presentation(file)


def slide_named(of: DeckFigures, begins: str) -> Slide:
    return next(slide for slide in deck_of(of).slides if slide.title.startswith(begins))


def texts(slide: Slide) -> str:
    said = []
    for block in slide.blocks:
        if isinstance(block, Text):
            said += [one.text for one in block.paragraphs]
        elif isinstance(block, Table):
            said += [" | ".join(cell.text for cell in row) for row in block.rows]
    return "\n".join(said)


def all_text(deck: Any) -> str:
    found = []
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def assert_everything_has_room(deck: Any) -> None:
    """No shape leaves its slide or overlaps another, and each text fits where it stands."""
    width, height = deck.slide_width, deck.slide_height
    hair = Pt(0.6)
    for number, slide in enumerate(deck.slides, 1):
        boxes = [(one.left, one.top, one.left + one.width, one.top + one.height, one) for one in slide.shapes]
        for left, top, right, bottom, one in boxes:
            assert left >= -hair, (number, one.name)
            assert top >= -hair, (number, one.name)
            assert right <= width + hair, (number, one.name)
            assert bottom <= height + hair, (number, one.name)
            if one.has_text_frame:
                _assert_text_fits(one.text_frame.paragraphs, one.width.pt - 10, one.height.pt, (number, one.name))
            if one.has_table:
                _assert_table_fits(one, number)
        for index, (left, top, right, bottom, one) in enumerate(boxes):
            for other in boxes[index + 1 :]:
                apart = (right <= other[0] + hair or other[2] <= left + hair or bottom <= other[1] + hair
                         or other[3] <= top + hair)  # fmt: skip
                assert apart, (number, one.name, other[4].name)


def _assert_text_fits(paragraphs: Any, width: float, height: float, where: object) -> None:
    needed = 0.0
    for paragraph in paragraphs:
        size = paragraph.runs[0].font.size.pt if paragraph.runs else 10
        needed += len(wrapped(paragraph.text, width, size)) * size * LINE_HEIGHT
    assert needed <= height + 1, (where, needed, height)


def _assert_table_fits(shape: Any, number: int) -> None:
    table = shape.table
    assert sum(row.height for row in table.rows) <= shape.height + Pt(1)
    for row in table.rows:
        for index, cell in enumerate(row.cells):
            width = table.columns[index].width.pt - 10
            _assert_text_fits(cell.text_frame.paragraphs, width, row.height.pt - 6, (number, shape.name, cell.text))


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_overflows_or_overlaps(world: Callable[[], DeckFigures]) -> None:
    assert_everything_has_room(crowded_deck() if world is crowded else written(world()))


def test_every_word_of_forty_long_rows_is_on_some_slide() -> None:
    said = all_text(crowded_deck())
    joined = " ".join(said.split())
    assert joined.count("999,999,999,999,999.99") >= 40
    assert all(f"ITX-{number} " in joined for number in range(40))
    # The reason of one measure is longer than a slide is high, and no word of it is lost.
    assert joined.count("interfaces,") >= (40 + 40 + 9) * 3


def test_the_status_is_one_sentence_with_its_reason() -> None:
    of = figures()
    assert status_sentence(of.overview, of.figures, of.thresholds) == (
        "Amber: the EBITDA effect of FY 2026 is expected to reach 2,160,000 EUR, 90 % of the 2,400,000 EUR that were "
        "decided, because delay takes 200,000 EUR, gains bring 20,000 EUR.",
        Tone.AMBER,
    )
    amounts = replace(
        AMOUNTS, in_year_plan=d("-1367249.90"), in_year_original=d("-137249.90"), in_year_estimate=d("-2157250")
    )
    moved = replace(of.overview, total=replace(of.overview.total, amounts=amounts))
    assert status_sentence(moved, of.figures, of.thresholds)[0] == (
        "Red: the EBITDA effect of FY 2026 is expected to be −2,157,250 EUR, instead of the −137,250 EUR that were decided "
        "originally, because delay takes 200,000 EUR, gains bring 20,000 EUR."
    )
    empty = nothing()
    assert status_sentence(empty.overview, empty.figures, empty.thresholds) == (
        "There is no measure here, so there is nothing to report.",
        Tone.GREY,
    )
    bare = unknown()
    assert status_sentence(bare.overview, bare.figures, bare.thresholds)[0] == (
        "Unknown: none of 3 measures has a plan and a forecast that the totals may hold, so nobody can say what FY 2026 "
        "will bring."
    )


def test_figures_are_exact_to_the_cent() -> None:
    said = texts(slide_named(figures(), "Status"))
    assert "EBITDA effect | 2,400,935.70 | 800,935.71 | −1,599,999.99 | 400,000.00" in said
    assert "\nUnvalidated value | 300,000.00" in said
    assert texts(slide_named(figures(), "From plan to latest estimate: in-year")).split("\n") == [
        "Plan | 2,400,000.00", "Delay | −200,000.00", "Price | −60,000.00", "Gains | +20,000.00",
        "Latest estimate | 2,160,000.00",
    ]  # fmt: skip


def test_three_things_are_those_that_mislead_most() -> None:
    assert texts(slide_named(figures(), "Three things")).split("\n")[::2] == [
        "1. 1 measure has been stopped by the kill switch.",
        "2. 3 measures report green work while the benefit is red.",
        "3. ITX-1 misses its plan by 1,600,000 EUR, the most of all.",
    ]
    late = figures(warnings=("jira-main is known up to 20 Nov 2026.",))
    assert texts(slide_named(late, "Three things")).startswith("1. These figures may be out of date.")


def test_decisions_have_options_a_recommendation_a_deadline_and_somebody_who_decides() -> None:
    slides = [slide for slide in deck_of(figures()).slides if slide.title.startswith("Decision ")]
    assert [slide.title for slide in slides] == [
        "Decision 1 of 2: ITX-1 Retire the legacy CRM", "Decision 2 of 2: ITX-2 Retire the legacy CRM",
    ]  # fmt: skip
    assert texts(slides[1]).split("\n") == [
        "The kill switch has put it on hold. Stop it for good, or go on?",
        "Recommendation: Cancel: no more is spent, and its plan leaves the totals. What was agreed as a reason to stop "
        "holds: red for 3 months.",
        "Decides: sponsor S. Sponsor. Deadline: 13 Dec 2026. At stake: 1,600,000.00 EUR.",
        "/cancel | Cancel: no more is spent, and its plan leaves the totals. | recommended",
        "/resume | Resume: the sponsor overrides the kill switch. | ",
        "/hold | Leave it on hold until the day below. | ",
        "A comment on this page that begins with an option is read back as the decision.",
    ]


def test_who_was_asked_begins_a_sentence() -> None:
    row = steering(1, measure(1, gate="blocked", deviation_reason=""), asked=(("owner A. Kaya", AT),))
    (slide,) = (one for one in deck_of(figures(steering=(row,))).slides if one.title.startswith("Decision "))
    assert "gives in the meeting. Owner A. Kaya was asked on 29 Nov 2026; " in texts(slide)


def test_a_red_benefit_is_not_recommended_for_approval() -> None:
    of = figures()
    red, green = steering(1), steering(2, measure(2, potential="green"))
    asked = {one.key: one.recommended for one in decisions_asked((red, green), of.today, "EUR")}
    assert asked == {"ITX-1": Verb.HOLD, "ITX-2": Verb.APPROVE}


def test_at_most_three_decisions_are_asked_for() -> None:
    deck = deck_of(crowded())
    assert len([slide for slide in deck.slides if slide.title.startswith("Decision ")]) == 3
    rest = next(slide for slide in deck.slides if slide.title == "Further open decisions")
    assert texts(rest).count("ITX-") == 37


def test_an_escalated_measure_has_a_page_with_a_mark_for_comments() -> None:
    deck = written(figures())
    marks = [slide.shapes.title.name for slide in deck.slides if slide.shapes.title.name.startswith("gatepost|")]
    assert marks == [
        "gatepost|jira-main/1|implemented", "gatepost|jira-main/2|implemented", "gatepost|jira-main/2|implemented",
    ]  # fmt: skip


def test_charts_are_native_and_editable() -> None:
    charts = [shape.chart for slide in written(figures()).slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) == 4
    for chart in charts:
        assert chart.part.chart_workbook.xlsx_part is not None
    curve = charts[-1]
    assert list(curve.plots[0].series[1].values)[-1] == 2160006.0


def corporate(folder: Path, *, layout: str = "Title and Content") -> Path:
    """A template of 4 to 3 with an example slide, whose layouts have other places than ours."""
    made = Presentation()
    for one in list(made.slide_layouts):
        if one.name not in {"Title Slide", layout}:
            made.slide_layouts.remove(one)
    made.slides.add_slide(made.slide_layouts[0])
    file = folder / "corporate.pptx"
    made.save(str(file))
    return file


def test_the_organisations_template_is_used(tmp_path: Path) -> None:
    deck = written(figures(organization=LONG), corporate(tmp_path))
    assert (deck.slide_width.pt, deck.slide_height.pt) == (720, 540)
    assert {slide.slide_layout.name for slide in deck.slides} == {"Title Slide", "Title and Content"}
    assert "Nordbank" not in all_text(deck)
    assert_everything_has_room(deck)


def test_a_template_without_a_usable_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableTemplate, match='has no layout "Title Only"') as refused:
        open_template(corporate(tmp_path, layout="Blank"))
    assert "Its layouts are: Title Slide, Blank." in str(refused.value)
    other = tmp_path / "other.pptx"
    other.write_bytes(b"no slides")
    with pytest.raises(UnusableTemplate, match="cannot be read as a PowerPoint file"):
        open_template(other)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here (Debian: libreoffice-impress)")
def test_another_program_opens_it(tmp_path: Path) -> None:
    file = tmp_path / "deck.pptx"
    number = write_deck(deck_of(figures()), open_template(None), file)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
               "--outdir", str(tmp_path), str(file)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_WAIT_SECONDS)
    assert (tmp_path / "deck.pdf").read_bytes().count(b"/Type/Page/") == number
