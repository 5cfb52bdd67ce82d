"""The pages of the portfolio: what a person reads, where each figure leads, what a file holds."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.store.connections.connections import ConnectionRecord
from connector.store.reporting.rollups import Rollups
from governance.codes import CODES
from governance.definitions.report import REPORT, WORDS
from governance.effects import EffectLine
from governance.money import Period
from governance.rates import Rate
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool
from tests.bench.generate import MAPPING
from tests.connector.store.reporting.portfolio_data import BASIS, NOW, GivenMeasure, line, refresh, save, save_rates
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text

OFFICE = RoleGrant(Role.OFFICE)
LATE = (
    line("plan", "benefit", "2026-03", 2_000_000),
    line("plan", "one_off_cost", "2026-03", 100_000),
    line("forecast", "benefit", "2026-03", 1_200_000),
    line("forecast", "one_off_cost", "2026-03", 100_000),
    line("plan", "benefit", "2026-12", 500_000),
    line("forecast", "benefit", "2026-12", 500_000),
    line("actual", "benefit", "2026-03", 400_000),
)


@pytest.fixture
def mapped(site: WebSite) -> WebSite:
    """A connection and an active mapping, and nothing in it yet."""
    site.services.connections.save(
        ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "https://acme.example", "bot", "token", ("s",))
    )
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    site.services.mappings.activate(MAPPING, loaded.version, author="tests", reason="tests")
    return site


@pytest.fixture
def three(mapped: WebSite) -> WebSite:
    """One late measure at a shut gate, one as planned in US dollars, one that no rate is there for."""
    save_rates(mapped.services.engine)
    save(
        mapped.services.engine,
        GivenMeasure(1, gate="blocked", potential="red", codes=("OPEN_WORK",), findings=("ORPHAN_OWNER",), lines=LATE,
              reason="delay: the supplier is late"),
        GivenMeasure(2, place=("Operations", "Branches", None, None), stage="decided", title="=cmd|' /C calc'!A0",
              lines=(line("plan", "benefit", "2026-07", 1000, "USD"), line("forecast", "benefit", "2026-07", 1000, "USD"))),
        GivenMeasure(3, lines=(line("plan", "benefit", "2026-07", 1000, "SEK"),)),
    )  # fmt: skip
    refresh(mapped.services.engine)
    return mapped


def read(visitor: FormBrowser, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return page_text(answer)


def test_before_the_first_figures_the_page_says_what_is_missing(mapped: WebSite) -> None:
    assert (
        "No figures have been calculated yet. No totals yet. A worker calculates the figures within seconds once "
        "a mapping is active and a tool is connected. If that is so and nothing appears, whoever runs Gatepost has to "
        "start its worker."
    ) in read(mapped.signed_in("office@acme.example", OFFICE), "/portfolio")


def test_an_empty_portfolio_teaches_the_next_step(mapped: WebSite) -> None:
    refresh(mapped.services.engine)
    page = read(mapped.signed_in("office@acme.example", OFFICE), "/portfolio")
    assert (
        "There is no measure that you may see yet. Measures come from Jira and ServiceNow: an administrator connects a "
        "tool and activates a mapping; your roles determine which part of the portfolio you see."
    ) in page


def test_the_first_line_answers_in_words_with_figures(three: WebSite) -> None:
    page = read(three.signed_in("office@acme.example", OFFICE), "/portfolio")
    assert "1 of 3 measures is held up at a gate, and 500K EUR of benefit still to come this year with it." in page
    assert (
        "1 of 3 measures is not included in the amounts on this page because an exchange rate is missing: "
        "ITX-3 (no rate from SEK to EUR on 1 Jul 2026)."
    ) in page
    assert "ITX-1 ↗ Retire the legacy CRM" in page
    assert "−1,600,000 −67% delay: the supplier is late" in page
    assert "OPEN_WORK is missing" in page
    assert "Something is orphan_owner ITX-1 ↗ Retire the legacy CRM 2,400,000 owner A. Kaya" in page


@pytest.mark.parametrize(
    ("shut", "expected"),
    [
        (0, "Nothing is held up at a gate: all 2 measures can go on."),
        (2, "2 of 2 measures are held up at a gate, and 1.0M EUR of benefit still to come this year with them."),
    ],
)
def test_the_sentence_in_its_other_forms(mapped: WebSite, shut: int, expected: str) -> None:
    measures = [GivenMeasure(number, gate="blocked" if number <= shut else "open", lines=LATE) for number in (1, 2)]
    save(mapped.services.engine, *measures)
    refresh(mapped.services.engine)
    assert expected in read(mapped.signed_in("office@acme.example", OFFICE), "/portfolio")


def test_a_reader_of_one_portfolio_reads_nothing_of_another(three: WebSite) -> None:
    visitor = three.signed_in("branches@acme.example", RoleGrant(Role.OFFICE, ("Operations",)))
    page = read(visitor, "/portfolio")
    assert "Nothing is held up at a gate: the one measure can go on." in page
    for path in ("/portfolio", "/portfolio/measures", "/portfolio/lines", "/portfolio/findings", "/portfolio/curve",
                 "/portfolio/export.csv", "/portfolio/export.csv?rows=lines", "/portfolio/hierarchy?portfolio=IT",
                 "/portfolio/names?of=owner&owner=", "/portfolio?portfolio=IT"):  # fmt: skip
        page = visitor.get(path).text
        assert "Cloud exit" not in page, path
        assert "ITX-1" not in page, path


def test_an_operator_sees_no_portfolio(three: WebSite) -> None:
    assert three.signed_in("ops@acme.example", RoleGrant(Role.OPERATOR)).get("/portfolio").status_code == 403


def test_one_set_of_filters_has_one_address(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    answer = visitor.get("/portfolio?text=&potential=red&portfolio=IT&bridge=cause&utm=x")
    assert (answer.status_code, answer.location) == (302, "/portfolio?portfolio=IT&potential=red")
    partly = visitor.get("/portfolio?potential=red&portfolio=IT&text=", HX_Request="true")
    assert (partly.status_code, partly.headers["HX-Push-Url"]) == (200, "/portfolio?portfolio=IT&potential=red")


def test_a_filter_that_fits_nothing_says_so_and_leads_back(three: WebSite) -> None:
    page = read(three.signed_in("office@acme.example", OFFICE), "/portfolio?stage=closed")
    assert "There is no measure here." in page
    assert "No measure matches these filters. Remove a filter, or clear them all. Clear all filters" in page


def test_the_matrix_leads_to_its_cell(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = visitor.get("/portfolio").text
    (cell,) = re.findall(r'href="(/portfolio\?[^"]*implementation=green[^"]*potential=red[^"]*)"', page)
    page = read(visitor, unescape(cell))
    assert "The one measure is held up at a gate" in page
    assert "Implementation green × Potential red × Clear all" in page


def test_a_figure_leads_to_its_lines_which_add_up_to_it(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio/lines?figure=ebitda&first=2026-01&last=2026-12")
    assert (
        "The EBITDA effect planned in these lines is 2,400,936 EUR. The EBITDA effect of the latest estimate is 800,936 EUR: "
        "it takes actuals until Oct 2026, or until the last month that the legal entity has closed, and forecasts after it. "
        "The EBITDA effect booked in these lines is 400,000 EUR. "
        "Costs are subtracted. Each line is converted with the rate beside it, a plan with that of its decision."
    ) in page
    assert "In-year, plan current 2.4M EUR" in read(visitor, "/portfolio")
    assert "one-off cost Mar 2026 EBITDA – 100,000 EUR −100,000" in page
    assert "benefit Jul 2026 EBITDA – 1,000 USD 936 1 USD = 0.9357 EUR since 2026-06-01" in page
    page = read(visitor, "/portfolio/lines?left_out=no_rate")
    assert "1,000 SEK not included: no rate from SEK to EUR on 1 Jul 2026" in page
    assert 'href="https://acme.example/browse/ITX-1"' in visitor.get("/portfolio/lines").text


def test_a_spoiled_cursor_begins_anew(three: WebSite) -> None:
    assert "9 lines on this page" in read(three.signed_in("office@acme.example", OFFICE), "/portfolio/lines?after=x")


PROGRAM = 'Program: nothing has "cloud exit". Known: Branches, Cloud exit.'
UNKNOWN_VALUES = (
    ("?program=cloud+exit", PROGRAM),
    ("?stage=live", 'Stage: nothing has "live". Known: identified, detailed, decided, implemented, closed, on_hold, '
                    "cancelled, without_value, left."),
    ("?potential=blue", 'Potential: nothing has "blue". Known: green, amber, red, grey.'),
    ("?gate=shut", 'Gate: nothing has "shut". Known: open, not_due, waiting, blocked, breach, held_up.'),
    ("?left_out=x&owner=Nobody", 'Owner: nothing has "Nobody". Known: A. Kaya.'),
    ("?finding=NONE", 'Finding: nothing has "NONE". Known: '),
    ("?bridge=x", 'Bridge: nothing has "x". Known: cause, stage, hierarchy.'),
    ("?rates=x", 'Rates: nothing has "x". Known: month, budget.'),
    ("/why?by=x", 'By: nothing has "x". Known: program, portfolio, legal_entity, business_unit, owner.'),
    ("/measures?sort=x", 'Sort: nothing has "x". Known: '),
    ("/lines?version=x", 'Version: nothing has "x". Known: plan, forecast, actual.'),
    ("/lines?kind=x", 'Kind: nothing has "x". Known: '),
    ("/lines?figure=x", 'Figure: nothing has "x". Known: '),
    ("/lines?first=2026-13", 'First: "2026-13" is no month; write it as 2026-10.'),
    ("/lines?last=x", 'Last: "x" is no month; write it as 2026-10.'),
    ("/export.csv?rows=people", 'Rows: nothing has "people". Known: measures, lines.'),
)  # fmt: skip


def test_a_value_of_a_filter_that_nothing_has_is_refused_with_the_known_ones(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    for address, message in UNKNOWN_VALUES:
        answer = visitor.get(f"/portfolio{address}")
        assert (answer.status_code, message in page_text(answer)) == (422, True), (address, page_text(answer)[150:600])
    for path in ("", "/measures", "/lines", "/findings", "/curve", "/hierarchy", "/why", "/export.csv",
                 "/export.csv?rows=lines", "/workbook.xlsx", "/deck.pptx"):  # fmt: skip
        answer = visitor.get(f"/portfolio{path}{'&' if '?' in path else '?'}program=cloud+exit")
        assert (answer.status_code, PROGRAM in page_text(answer)) == (422, True), path
    for good in ("?program=(not+stated)", "?stage=(not+stated)", "?gate=held_up", "?stage=on_hold", "?text=nothing"):
        assert visitor.get(f"/portfolio{good}").status_code == 200, good


def test_a_trace_refuses_a_place_or_measure_that_there_is_not(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    for query, message in (
        ("figure=x", 'Figure: nothing has "x". Known: '),
        ("portfolio=it", 'Portfolio: nothing has "it". Known: IT, Operations.'),
        ("portfolio=IT&program=x", 'Program: nothing has "x". Known: Cloud exit.'),
        ("program=Cloud+exit", "Program: name the portfolio that it is in as well."),
        ("measure=x", 'Measure: nothing has the id "x". Choose it from the parts of its package.'),
    ):
        answer = visitor.get(f"/trace?{query}")
        assert (answer.status_code, message in page_text(answer)) == (422, True), (query, page_text(answer)[150:600])
    assert visitor.get("/trace?portfolio=IT&program=Cloud+exit").status_code == 200


def test_the_api_refuses_the_same_values_with_a_code(three: WebSite) -> None:
    now = datetime.now(UTC)
    token = three.services.tokens.create(
        three.person("api@acme.example", OFFICE), "tests", frozenset({TokenScope.MONEY_READ}),
        expires_at=now + timedelta(days=1), by="tests", now=now,
    ).token  # fmt: skip
    visitor = three.visitor()
    for query, location, known in (
        ("portfolio?program=branches", "program", ["Branches", "Cloud exit"]),
        ("portfolio?legal_entity=x", "legal_entity", None),
        ("portfolio?business_unit=x", "business_unit", None),
        ("portfolio?stage=live", "stage", None),
        ("portfolio/why?program=branches", "program", ["Branches", "Cloud exit"]),
        ("trace?portfolio=IT&program=Branches", "program", ["Cloud exit"]),
        ("trace?figure=x", "figure", None),
        ("trace?program=Branches", "program", []),
        ("trace?measure=x", "measure", []),
    ):
        answer = visitor.get(f"/api/v1/{query}", Authorization=f"Bearer {token}")
        body = answer.get_json()
        (error,) = body["errors"]
        assert (answer.status_code, body["code"], error["location"]) == (422, "unknown_filter_value", location), query
        assert error["known"] == known if known is not None else error["known"], query


def test_an_address_that_no_form_can_send_is_refused(three: WebSite) -> None:
    assert three.signed_in("office@acme.example", OFFICE).get("/portfolio/lines?account=%00").status_code == 400


def test_a_file_holds_every_measure_and_no_formula(three: WebSite) -> None:
    answer = three.signed_in("office@acme.example", OFFICE).get("/portfolio/export.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="portfolio-measures.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["key"], row["Variance, EBITDA effect"], row["currency"], row["missing rate"]) for row in rows] == [
        ("ITX-1", "-1600000", "EUR", ""),
        ("ITX-2", "0.0000", "EUR", ""),
        ("ITX-3", "", "EUR", "no rate from SEK to EUR on 1 Jul 2026"),
    ]
    assert rows[1]["title"] == "'=cmd|' /C calc'!A0"
    assert [(row["gate into"], row["gate"]) for row in rows[:2]] == [
        ("implemented", "blocked"),
        ("implemented", "not_due"),
    ]


def test_a_file_of_lines_says_how_each_was_converted(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    text = visitor.get("/portfolio/export.csv?rows=lines&version=plan").text
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert [(row["key"], row["amount"], row["converted"], row["rate"]) for row in rows] == [
        ("ITX-1", "2000000", "2000000", ""),
        ("ITX-1", "500000", "500000", ""),
        ("ITX-1", "100000", "100000", ""),
        ("ITX-2", "1000", "935.7000", "1 USD = 0.9357 EUR since 2026-06-01"),
    ]
    text = visitor.get("/portfolio/export.csv?rows=lines&left_out=no_rate").text
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert [(row["key"], row["amount"], row["converted"], row["rate"]) for row in rows] == [
        ("ITX-3", "1000", "", "no rate from SEK to EUR on 1 Jul 2026")
    ]


def test_a_title_is_text_and_never_marks(mapped: WebSite) -> None:
    save(
        mapped.services.engine,
        GivenMeasure(1, title="<script>alert(1)</script>", potential="red", lines=LATE, gate="blocked"),
    )
    refresh(mapped.services.engine)
    page = mapped.signed_in("office@acme.example", OFFICE).get("/portfolio").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_both_bridges_close_by_cause_by_stage_and_by_place(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    for query, step in (("", "Another reason"), ("?bridge=stage", "Decided"), ("?bridge=hierarchy", "Cloud exit")):
        page = read(visitor, f"/portfolio{query}")
        assert f"EBITDA effect EUR Plan 2,400,936 {step} −1,600,000 Latest estimate 800,936" in page
        assert f"Run-rate EUR a year Plan 8,011,228 {step} −6,400,000 Latest estimate 1,611,228" in page


def test_losses_and_gains_are_bars_of_their_own_and_a_slip_loses_only_in_year(mapped: WebSite) -> None:
    def monthly(version: str, first: int, amount: int) -> tuple[EffectLine, ...]:
        months = (Period(2026, 1).plus(number) for number in range(first - 1, 24))
        return tuple(line(version, "benefit", str(month), amount) for month in months)

    save(
        mapped.services.engine,
        GivenMeasure(
            1, lines=(*monthly("plan", 7, 100), *monthly("forecast", 13, 100)), reason="delay 60 %, scope 40 %"
        ),
        GivenMeasure(2, lines=(*monthly("plan", 11, 100), *monthly("forecast", 11, 60)), reason="Supplier is late"),
        GivenMeasure(3, lines=(*monthly("plan", 11, 100), *monthly("forecast", 11, 140))),
    )
    refresh(mapped.services.engine)
    page = read(mapped.signed_in("office@acme.example", OFFICE), "/portfolio")
    assert ("EBITDA effect EUR Plan 1,000 Delay −600 Another reason −80 Gains +80 Latest estimate 400") in page
    assert "Run-rate EUR a year Plan 3,600 Another reason −480 Gains +480 Latest estimate 3,600" in page


def test_what_a_currency_does_is_a_bar_of_its_own_and_in_no_constant_currency(mapped: WebSite) -> None:
    """100,000 dollars a month, decided at 0.90, and 0.80 from July on; the plan of the decision had 120,000."""
    months = [Period(2026, 1).plus(number) for number in range(12)]
    lines = tuple(
        line(version, "benefit", str(month), 100_000, "USD") for version in ("plan", "forecast") for month in months
    )
    decided = [["benefit", str(month), "120000", "USD", "ebitda", True] for month in months]
    rates = {"day": "2026-02-01", "rates": [["average", "USD", "EUR", "2026-01-01", "0.90", "tests"]]}
    engine = mapped.services.engine
    save_rates(engine, [Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.90"))])
    save_rates(engine, [Rate("USD", "EUR", date(2026, 7, 1), Decimal("0.80"))])
    save(engine, GivenMeasure(1, lines=lines))
    with engine.begin() as transaction:
        for number, plan in ((1, decided), (2, [])):
            transaction.execute(
                text(
                    "INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines, rates)"
                    " VALUES ('jira-main/1', :number, now(), '', '[]', :lines, :rates)"
                ),
                {"number": number, "lines": json.dumps(plan), "rates": json.dumps(rates)},
            )
    refresh(engine)
    visitor = mapped.signed_in("office@acme.example", OFFICE)
    bridge = "EBITDA effect EUR Plan original 1,296,000 Shortfall without a stated reason −216,000 "
    page = read(visitor, "/portfolio")
    assert f"{bridge}Exchange rates −60,000 Latest estimate 1,020,000" in page
    assert "EBITDA effect 1,080,000 1,020,000 −60,000" in page
    page = read(visitor, "/portfolio?rates=budget")
    assert f"{bridge}Latest estimate 1,080,000" in page
    assert "all at the rates of each decision" in page
    assert "but for the curve by month" not in page, "the curve is at these rates as well"
    # The curve as well: from July on, and added up.
    for query, month, so_far in (("", "80,000", "1,020,000"), ("?rates=budget", "90,000", "1,080,000")):
        for page in (read(visitor, f"/portfolio{query}"), read(visitor, f"/portfolio/curve{query}")):
            assert f"Dec 2026 90,000 {month} – 1,080,000 {so_far}" in page
    now = datetime.now(UTC)
    token = mapped.services.tokens.create(
        mapped.person("api@acme.example", OFFICE), "tests", frozenset({TokenScope.MONEY_READ}), expires_at=now + timedelta(days=1), by="tests",
        now=now,
    ).token  # fmt: skip
    for query, estimate in (("", "80000.00"), ("?rates=budget", "90000.00")):
        answer = mapped.visitor().get(f"/api/v1/portfolio{query}", Authorization=f"Bearer {token}").get_json()
        december = answer["months"][-1]
        assert (december["plan"]["amount"], december["estimate"]["amount"]) == ("90000.00", estimate)
    for query, estimate, effect in (("", "1020000.00", "-60000.00"), ("?rates=budget", "1080000.00", "")):
        answer = visitor.get(f"/portfolio/export.csv{query}").text
        (row,) = csv.DictReader(io.StringIO(answer.lstrip("\ufeff")))
        assert row["EBITDA effect, plan current"] == "1080000.00"
        assert (row["EBITDA effect, latest estimate"], row["Exchange effect, EBITDA effect"]) == (estimate, effect)
        assert row["Variance, EBITDA effect"] == "0.00"
    page = read(visitor, "/portfolio/lines?version=plan")
    assert "1 USD = 0.9 EUR since 2026-01-01" in page
    assert "0.8 EUR" not in page


def test_what_is_left_out_is_a_line_with_count_and_sum(mapped: WebSite) -> None:
    lines = LATE[:1]
    both = (*lines, line("forecast", "benefit", "2026-03", 1_800_000))
    save(
        mapped.services.engine,
        GivenMeasure(1, lines=both),
        GivenMeasure(2, lines=lines),
        GivenMeasure(3, lines=both, off_ramp="cancelled"),
        GivenMeasure(4, lines=both, stage="identified"),
        GivenMeasure(5, lines=both, sponsor_id=None),
    )
    refresh(mapped.services.engine)
    visitor = mapped.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio")
    assert "In all 4 2,000,000 1,800,000 – −200,000" in page
    assert "Left out: cancelled 1 2,000,000 1,800,000 –" in page
    assert "Left out: not committed yet 1 2,000,000 1,800,000 –" in page
    assert "Left out: not governable 1 2,000,000 1,800,000 –" in page
    assert "Left out: without a forecast 1 2,000,000 – –" in page
    page = read(visitor, "/portfolio?left_out=no_forecast")
    assert "In all 1 2,000,000 – – –" in page
    rows = csv.DictReader(io.StringIO(visitor.get("/portfolio/export.csv").text.lstrip("\ufeff")))
    assert [(row["key"], row["not in the totals"]) for row in rows] == [
        ("ITX-1", ""), ("ITX-2", "no_forecast"), ("ITX-3", "cancelled"), ("ITX-4", "not_committed"),
        ("ITX-5", "not_governable"),
    ]  # fmt: skip


def test_the_page_and_the_file_use_the_words_of_the_definition_sheet(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio")
    header = next(csv.reader(io.StringIO(visitor.get("/portfolio/export.csv").text.lstrip("\ufeff"))))
    for reported in REPORT:
        assert f"{reported.name} " in page
        assert reported.term.formula in page
    assert {words.heading for words in WORDS.values()} <= set(header)


def test_every_finding_has_a_label(three: WebSite) -> None:
    page = read(three.signed_in("office@acme.example", OFFICE), "/portfolio/findings")
    assert f"{CODES['ORPHAN_OWNER'][:40]}" in page


def test_names_are_offered_as_somebody_writes(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    assert visitor.get("/portfolio/names?of=owner&owner=A.").text.strip() == '<option value="A. Kaya"></option>'
    assert visitor.get("/portfolio/names?of=secret").status_code == 404


def test_the_portfolio_of_a_day_is_what_was_known_then_and_its_links_keep_the_day(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    save(three.services.engine, GivenMeasure(1, gate="open", potential="green", lines=LATE[:2]))
    Rollups(three.services.engine).refresh(BASIS, NOW + timedelta(days=3))
    page = read(visitor, "/portfolio?on=2026-11-22")
    assert "As known on 22 Nov 2026. What was corrected or decided later is not on this page" in page
    assert "1 of 3 measures is held up at a gate" in page
    html = visitor.get("/portfolio?on=2026-11-22").text
    assert 'href="/portfolio/measures?on=2026-11-22"' in html
    assert 'href="/measures/jira-main/1?on=2026-11-22"' in html
    assert '<a href="/portfolio">Back to today</a>' in html
    assert "/portfolio/lines" not in html
    assert "Nothing is held up at a gate" in read(visitor, "/portfolio")
    assert "No figures were known on 20 Nov 2026: Gatepost had not calculated any yet." in page_text(
        visitor.get("/portfolio?on=2026-11-20")
    )
    answer = visitor.get("/portfolio/export.csv?on=2026-11-22")
    (first, *_) = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    assert (first["key"], first["gate"], first["EBITDA effect, latest estimate"]) == ("ITX-1", "blocked", "800000")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="portfolio-measures-2026-11-22.csv"'
    assert visitor.get("/portfolio/export.csv?rows=lines&on=2026-11-22").status_code == 404
    assert "1 measure" in read(visitor, "/portfolio/measures?on=2026-11-22&potential=red")


def test_a_variance_opens_by_program_down_to_the_measures(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    assert 'href="/portfolio/why"' in visitor.get("/portfolio").text
    page = read(visitor, "/portfolio/why")
    assert "Where the variance comes from 1,600,000.00 EUR less than planned is expected at completion" in page
    assert "Cloud exit: −1,600,000.00 EUR" in page
    assert 'href="/measures/jira-main/1/why"' in visitor.get("/portfolio/why").text
    assert "Nordbank AG: −1,600,000.00 EUR" in read(visitor, "/portfolio/why?by=legal_entity")
    assert "No measure deviates." in read(visitor, "/portfolio/why?portfolio=Operations")
    save(three.services.engine, GivenMeasure(1, lines=LATE[:2]))
    Rollups(three.services.engine).refresh(BASIS, NOW + timedelta(days=3))
    assert "No measure deviates." in read(visitor, "/portfolio/why")
    assert "Cloud exit: −1,600,000.00 EUR" in read(visitor, "/portfolio/why?on=2026-11-22")
    branch = three.signed_in("branch@acme.example", RoleGrant(Role.OFFICE, ("Operations",)))
    assert "No measure deviates." in read(branch, "/portfolio/why?on=2026-11-22")


def test_the_portfolio_names_the_sources_of_what_its_reader_sees(three: WebSite) -> None:
    office = three.signed_in("office@acme.example", OFFICE)
    assert "jira-main has never been read to the end" in read(office, "/portfolio")
    assert "Sources:" not in read(office, "/portfolio?on=2026-11-22")
    nothing = three.signed_in("hr@acme.example", RoleGrant(Role.OFFICE, ("HR",)))
    assert "jira-main" not in read(nothing, "/portfolio")


def test_a_figure_opens_the_measures_that_it_is_made_of(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio/measures?of=variance")
    assert "Variance, EBITDA effect: −1,600,000.00 EUR . It is the sum of these parts, the largest first" in page
    assert "ITX-1 ↗" in page
    assert "ITX-2 ↗" not in page, "what adds nothing is not listed"
    losses = read(visitor, "/portfolio/measures?of=leak_delay")
    assert "Loss of run-rate: delay: " in losses
    # A cursor of another list begins at the beginning.
    assert "ITX-1 ↗" in read(visitor, "/portfolio/measures?of=variance&after=WyJ4IiwiaXR4LTEiXQ")
    assert visitor.get("/portfolio/measures?of=password_hash").status_code == 422
    overview = visitor.get("/portfolio").text
    for name in ("in_year_plan", "in_year_original", "variance", "ebitda_estimate", "validated"):
        assert f"of={name}" in overview, name


def money_without_a_link(page: str, currency: str = "EUR") -> list[str]:
    """Figures of money in tables and tiles that open nothing; what is not there opens nothing either."""
    found = []
    for table in re.findall(r"<table\b.*?</table>", page, re.DOTALL):
        head = re.search(r"<thead>.*?</thead>", table, re.DOTALL)
        heads = re.findall(r"<th\b.*?</th>", head[0], re.DOTALL) if head else []
        for row in re.findall(r"<tr\b.*?</tr>", table[head.end() :] if head else table, re.DOTALL):
            cells = re.findall(r"<(t[dh])\b([^>]*)>(.*?)</\1>", row, re.DOTALL)
            for title, (_, kind, cell) in zip(heads, cells, strict=False):
                is_money = "num" in kind and re.search(rf'class="unit">(k )?{currency}', title)
                if is_money and re.search(r"\d", re.sub(r"<[^>]+>", "", cell)) and "<a " not in cell:
                    found.append(" ".join(re.sub(r"<[^>]+>", " ", cells[0][2] + title + cell).split()))
    values = re.findall(r'<dd class="value".*?</dd>', page, re.DOTALL)
    plain = (value for value in values if currency in value and "<a " not in value)
    return found + [value for value in plain if re.search(r"\d", re.sub(r"<[^>]+>", "", value))]


def test_every_figure_of_money_opens_what_it_is_made_of(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    seen = 0
    for path in (
        "/portfolio", "/portfolio?bridge=stage", "/portfolio?bridge=hierarchy", "/portfolio?rates=budget",
        "/portfolio?person=kaya", "/portfolio/findings", "/portfolio/measures",
        "/portfolio/measures?of=in_year_estimate", "/portfolio/curve",
    ):  # fmt: skip
        answer = visitor.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert money_without_a_link(answer.text) == [], path
        seen += len(re.findall(r'<td class="num[^"]*"><a ', answer.text))
    assert seen > 100


def test_what_a_bridge_does_not_compare_and_its_smaller_bars_open_their_measures(mapped: WebSite) -> None:
    """A measure with a plan and nothing later: of those that are left out a bridge knows no loss."""
    save(mapped.services.engine, GivenMeasure(1, lines=(line("plan", "benefit", "2026-03", 1_000),)))
    refresh(mapped.services.engine)
    visitor = mapped.signed_in("office@acme.example", OFFICE)
    (reason,) = re.findall(r"left_out=(\w+)", visitor.get("/portfolio").text)[:1]
    page = visitor.get(f"/portfolio?left_out={reason}").text
    assert "Not compared" in page
    assert money_without_a_link(page) == []
    assert f"left_out={reason}&amp;of=in_year_rest" in page
    opened = read(visitor, f"/portfolio/measures?left_out={reason}&of=in_year_rest")
    assert "In-year: not compared: −1,000.00 EUR . It is the sum of these parts" in opened
    several = read(visitor, "/portfolio/measures?of=year_leak_price,year_leak_volume")
    assert "Loss in-year: price, and Loss in-year: volume:" in several
    assert visitor.get("/portfolio/measures?of=year_leak_price,secret").status_code == 422


def test_lists_are_filtered_by_the_person_who_must_act_and_sorted_by_age(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    for path in ("/portfolio/measures?person=KAYA", "/portfolio?person=kaya", "/portfolio/findings?person=kaya"):
        assert "ITX-1" in read(visitor, path), path
    for path in ("/portfolio/measures?person=nobody%25", "/portfolio/findings?person=nobody"):
        assert "ITX-1" not in read(visitor, path), path
    oldest = read(visitor, "/portfolio/measures?sort=age")
    assert "OPEN_WORK is missing" in oldest
    assert "ITX-2 ↗" not in oldest, "it waits for nobody"
    by_age = visitor.get("/portfolio/measures?sort=age&after=WyIyMDI2LTAxLTAxIiwiaXR4Il0")
    assert by_age.status_code == 200


def test_one_measure_is_named_whole(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    assert "ITX-1 ↗" in read(visitor, "/portfolio/lines?measure=ITX-1")
    assert "ITX-1 ↗" not in read(visitor, "/portfolio/lines?measure=ITX")
