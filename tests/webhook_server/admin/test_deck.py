"""The committee's deck and the comparison of two days: the figures of the page, of the day and of the reader."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from pptx import Presentation
from sqlalchemy import text

from cli.paper_options import EVERYTHING
from connector.measures.known_on import parse_known_on
from connector.measures.usable_rates import usable_rates
from connector.papers.comparison import compare
from connector.papers.measure_comparison import comparison_lines, measure_comparison
from connector.papers.report import Report
from connector.people.permissions import Role, RoleGrant
from connector.store.measures.measure_queries import find_measures
from connector.store.reporting.rollups import Rollups
from governance.effects import EffectLine
from tests.connector.papers.test_deck import all_text, assert_everything_has_room
from tests.connector.store.reporting.portfolio_data import BASIS, NOW, GivenMeasure, line, save
from tests.webhook_server.admin.test_portfolio import LATE, OFFICE, mapped, read, three
from tests.webhook_server.visitor import FormBrowser, WebSite

__all__ = ["mapped", "three"]


def opened(visitor: FormBrowser, query: str = "") -> Any:
    answer = visitor.get(f"/portfolio/deck.pptx{query}")
    assert answer.status_code == 200, answer.text
    return Presentation(io.BytesIO(answer.data))


def remember(site: WebSite, measure: str, lines: tuple[EffectLine, ...]) -> None:
    """What an assessment stores beside the figures: the version with its lines."""
    kept = [
        {"version": one.version, "kind": one.kind, "month": one.month.first_day.isoformat(), "account": one.account,
         "amount": str(one.money.amount), "currency": one.money.currency, "hard": one.hard, "pl_line": one.pl_line}
        for one in lines
    ]  # fmt: skip
    with site.services.engine.begin() as transaction:
        transaction.execute(
            text("INSERT INTO effects_version VALUES (:m, 'then', :at, CAST(:lines AS jsonb))"),
            {"m": measure, "at": NOW, "lines": json.dumps(kept)},
        )
        transaction.execute(
            text("""INSERT INTO verdict_version (measure_id, known_from, record, facts, verdict, findings,
                        measure_state, explanation, effects_digest, mapping_version, policy_version)
                    SELECT id, :at, '{}', facts, verdict, findings, measure_state, '', 'then', 1, policy_version
                    FROM measure WHERE id = :m"""),
            {"m": measure, "at": NOW},
        )


def corrected(site: WebSite) -> None:
    """A day later the booked March of the first measure is corrected, the second is gone, and a third is new."""
    remember(site, "jira-main/1", LATE)
    changed = tuple(
        EffectLine(one.version, one.kind, one.month, line("actual", "benefit", "2026-03", 300_000).money, one.account)
        if one.version == "actual"
        else one
        for one in LATE
    )
    save(
        site.services.engine,
        GivenMeasure(1, gate="blocked", potential="red", codes=("OPEN_WORK",), lines=changed),
        GivenMeasure(2, place=("Operations", "Branches", None, None), off_ramp="cancelled",
                     lines=(line("plan", "benefit", "2026-07", 1000, "USD"),)),
        GivenMeasure(4, lines=(line("plan", "benefit", "2026-07", 5000), line("forecast", "benefit", "2026-07", 6000))),
    )  # fmt: skip
    Rollups(site.services.engine).refresh(BASIS, NOW + timedelta(days=1))


def test_figures_are_those_of_the_page_and_the_day(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio")
    deck = opened(visitor)
    said = all_text(deck)
    assert_everything_has_room(deck)
    assert "2,400,935.70" in said
    assert "800,935.70" in said
    assert "ITX-1 Retire the legacy CRM" in said
    assert "jira-main is not known to any day, because it was never read to the end" in said
    assert "Committee deck" in page

    day = f"?on={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    corrected(three)
    now, then = all_text(opened(visitor)), all_text(opened(visitor, day))
    # Booked were 400,000 when the first deck was written; the correction is in the later one alone.
    assert ("\n300,000.00\n" in now, "\n400,000.00\n" in now) == (True, False)
    assert "\n400,000.00\n" in then
    assert "As known on 21 Nov 2026 10:00 UTC. What was corrected or decided later is not in it." in then
    assert "ITX-4" not in then
    # The S-curve is that of the day as well: of the page's answer, the deck and the workbook.
    booked = {}
    for query in ("", day):
        months = json.loads(visitor.get(f"/api/v1/portfolio{query}").text)["months"]
        booked[query] = sum(Decimal(one["actual"]["amount"]) for one in months if one["actual"] is not None)
    assert booked == {"": 300_000, day: 400_000}
    assert "By Dec 2026, EUR: plan " in then
    assert "There are no months here" not in then
    part = all_text(opened(visitor, f"{day}&stage=decided"))
    assert "There are no months here: of a day of the past they are kept by program, for who sees all of it." in part


def test_two_days_are_compared_to_the_cent(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    corrected(three)
    earlier = f"compare={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    page = read(visitor, f"/portfolio?{earlier}")
    assert "What changed since 21 Nov 2026 10:00 UTC" in page
    answer = visitor.get(f"/api/v1/portfolio?{earlier}")
    compared = json.loads(answer.text)["comparison"]
    totals = {one["figure"]: one for one in compared["totals"]}
    lifetime = totals["ebitda"]
    parts = {one["kind"]: Decimal(one["amount"]["amount"]) for one in lifetime["changes"]}
    before, after = (Decimal(lifetime[name]["amount"]) for name in ("before", "after"))
    assert before + sum(parts.values()) == after
    assert (before, after) == (Decimal("800935.70"), Decimal("706000.00"))
    assert parts == {
        "new": Decimal(6000), "dropped": Decimal("-935.70"), "value": Decimal(0), "timing": Decimal(0),
        "rate": Decimal(0), "correction": Decimal(-100_000),
    }  # fmt: skip
    said = all_text(opened(visitor, f"?{earlier}"))
    assert "−100,000.00" in said
    assert "Since 21 Nov 2026 10:00 UTC: EBITDA effect of all years, latest estimate" in said


def test_one_measure_is_compared_by_its_part_of_the_totals(three: WebSite) -> None:
    corrected(three)
    earlier = parse_known_on("2026-11-21T10:00Z", NOW + timedelta(days=1))
    with three.services.read_as(EVERYTHING) as reader:
        rates = usable_rates(three.services.rates.rates(), None, NOW.date())
        report = Report(reader, EVERYTHING, "", {}, rates, NOW + timedelta(days=1))
        lifetime = compare(report, earlier, measure="jira-main/1").totals[-1]
        (row,) = find_measures(reader, "ITX-4")
        new = measure_comparison(report, row, earlier)
    assert (lifetime.before, lifetime.after) == (Decimal(800_000), Decimal(700_000))
    assert {kind.value: amount for kind, amount in lifetime.changes.items() if amount} == {"correction": -100_000}
    assert list(comparison_lines(new)) == [
        "Compared with what was known on 21 Nov 2026 10:00 UTC:",
        "  Gatepost did not know this measure on 21 Nov 2026 10:00 UTC.",
        "  In-year, EBITDA effect, latest estimate: 0.00 became 6,000.00 EUR (New in the totals +6,000.00)",
        "  Run-rate, latest estimate: 0.00 became 72,000.00 EUR (New in the totals +72,000.00)",
        "  EBITDA effect of all years, latest estimate: 0.00 became 6,000.00 EUR (New in the totals +6,000.00)",
    ]


def test_the_file_of_measures_has_both_days_and_what_is_between_them(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    corrected(three)
    earlier = f"compare={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    rows = list(csv.DictReader(io.StringIO(visitor.get(f"/portfolio/export.csv?{earlier}").text.lstrip("\ufeff"))))
    name = "EBITDA effect of all years"
    then = {row["key"]: row[f"{name} as known on 2026-11-21 10:00 UTC"] for row in rows}
    assert then == {"ITX-1": "800000", "ITX-2": "935.7000", "ITX-3": "", "ITX-4": ""}
    columns = ("new in the totals", "no longer in the totals", "value", "timing", "exchange rates",
               "corrections of closed months")  # fmt: skip
    changed = {row["key"]: [row[f"{name}: {column}"] for column in columns] for row in rows}
    assert changed == {
        "ITX-1": ["", "", "", "", "", "-100000"], "ITX-2": ["", "-935.7000", "", "", "", ""],
        "ITX-3": [""] * 6, "ITX-4": ["6000", "", "", "", "", ""],
    }  # fmt: skip
    refused = visitor.get(f"/portfolio/export.csv?rows=lines&{earlier}")
    assert (refused.status_code, "no two days of them are compared" in refused.text) == (404, True)


def test_a_deck_holds_the_readers_part_alone(three: WebSite) -> None:
    part = all_text(opened(three.signed_in("part@acme.example", RoleGrant(Role.VIEWER, ("Operations",)))))
    assert "ITX-1" not in part
    assert "Cloud exit" not in part
    filtered = all_text(opened(three.signed_in("all@acme.example", OFFICE), "?portfolio=IT&potential=red"))
    assert "Part: Portfolio: IT, Potential: red." in filtered


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?compare=tomorrow", 400, "is not a day: write it as 2026-06-30"),
        ("?compare=2020-01-01", 404, "No figures were known then"),
    ],
)
def test_days_that_cannot_be_compared_are_refused(three: WebSite, query: str, status: int, said: str) -> None:
    answer = three.signed_in("office@acme.example", OFFICE).get(f"/portfolio/deck.pptx{query}")
    assert (answer.status_code, said in answer.text) == (status, True)


def test_before_the_first_figures_there_is_no_deck(mapped: WebSite) -> None:
    answer = mapped.signed_in("office@acme.example", OFFICE).get("/portfolio/deck.pptx")
    assert answer.status_code == 404
    assert "No figures have been calculated yet." in answer.text


def test_a_reader_sends_a_template_along(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    assert "Committee deck in another template" in read(visitor, "/portfolio")
    own = Presentation()
    own.slide_width = own.slide_width + 914_400
    file = io.BytesIO()
    own.save(file)
    sent = {"template": (io.BytesIO(file.getvalue()), "corporate.pptx")}
    answer = visitor.post("/portfolio/deck.pptx?portfolio=IT", sent, page="/portfolio")
    assert answer.status_code == 200, answer.text
    made = Presentation(io.BytesIO(answer.data))
    assert made.slide_width == own.slide_width
    assert "ITX-1" in all_text(made)
    for content, words in ((b"no file of PowerPoint", "The template cannot be read as a PowerPoint file"),
                           (bomb(), "The template is larger than a template may be: 100 MB unpacked.")):  # fmt: skip
        refused = visitor.post("/portfolio/deck.pptx", {"template": (io.BytesIO(content), "x.pptx")}, page="/portfolio")
        assert refused.status_code == 422
        assert words in refused.text


def bomb() -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(11):
            archive.writestr(f"{number}.xml", bytes(10_000_000))
    return file.getvalue()
