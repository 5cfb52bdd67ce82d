"""Every time of a page comes from one place: the filters of ``webhook_server/formats.py``, with the exact time beside."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from tests.webhook_server.visitor import WebSite
from webhook_server.formats import Formats, parse_locale, parse_zone

PAGES = Path(__file__).parents[2] / "webhook_server"
AT = datetime(2026, 11, 1, 8, 5, 9, tzinfo=UTC)

FORMATTING = {"strftime", "isoformat", "ctime"}
TIME_DIRECTIVE = re.compile(r"%[aAbBdeHIjmMpSyYZzcxX]")

FOR_PROGRAMS = {
    "formats.py": "the one place",
    "admin/criteria_form.py": "the value of a date input",
    "admin/measure_evidence.py": "the name of a file",
    "admin/portfolio_deck.py": "the name of a file",
    "admin/portfolio_export.py": "the name of a file",
    "admin/portfolio_reports.py": "an address",
    "admin/portfolio_workbook.py": "the name of a file",
    "admin/traffic.py": "an address",
}
"""Modules that write a time which no person reads as a sentence, and what it is."""


def python_files() -> list[Path]:
    """The pages; what the API, the feed and the gateway write is for programs."""
    return [path for folder in (".", "admin", "first_lines") for path in sorted((PAGES / folder).glob("*.py"))]


def times_written(tree: ast.AST) -> Iterator[int]:
    """Lines on which a module formats a time by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FORMATTING:
            yield node.lineno
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            written = ast.unparse(node.format_spec)
            if TIME_DIRECTIVE.search(written):
                yield node.lineno


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PAGES)))
def test_no_page_formats_a_time_by_itself(path: Path) -> None:
    name = str(path.relative_to(PAGES))
    found = list(times_written(ast.parse(path.read_text())))
    assert bool(found) == (name in FOR_PROGRAMS), f"{name}: lines {found}; use webhook_server.pages.formats()"


@pytest.mark.parametrize("path", sorted((PAGES / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_formats_a_time_by_itself(path: Path) -> None:
    written = path.read_text()
    assert not re.search(r"strftime|isoformat|<time\b", written), "the filters moment, day and ago write the element"
    in_attributes = re.findall(r'[\w-]+="[^"<>]*\|\s*(?:moment|day|ago)\b[^"<>]*"', written)
    assert in_attributes == [], "an attribute takes moment_text, day_text or ago_text"


def test_a_literal_that_formats_a_time_is_found() -> None:
    found = ast.parse("f'{at:%d %b}'; at.isoformat(); f'{amount:,.2f}'; f'{share:.0%}'")
    assert len(list(times_written(found))) == 2


@pytest.mark.parametrize(
    ("zone", "locale", "moment", "exact"),
    [
        ("UTC", "en_GB", "1 Nov 2026, 08:05", "1 Nov 2026, 08:05:09, UTC"),
        ("Europe/Berlin", "de_DE", "01.11.2026, 09:05", "01.11.2026, 09:05:09, Europe/Berlin"),
        ("nowhere", "en_GB", "1 Nov 2026, 08:05", "1 Nov 2026, 08:05:09, UTC"),
    ],
)
def test_a_moment_is_written_for_its_reader(zone: str, locale: str, moment: str, exact: str) -> None:
    formats = Formats(parse_locale(locale), parse_zone(zone), AT)
    assert (formats.moment(AT), formats.exact(AT)) == (moment, exact)


@pytest.fixture
def app(site: WebSite) -> Flask:
    return site.app


def test_a_filter_gives_a_moment_its_exact_time_and_a_date_none(app: Flask) -> None:
    with app.test_request_context():
        shown = render_template_string(
            "{{ at | moment }}|{{ at | day }}|{{ day | day }}|{{ none | ago }}|{{ at | moment_text }}|{{ 'at ' ~ (at | day) }}",
            at=AT,
            day=date(2026, 11, 1),
            none=None,
        )
    exact = '<time datetime="2026-11-01T08:05:09Z" title="1 Nov 2026, 08:05:09, UTC">'
    assert shown.split("|") == [
        f"{exact}1 Nov 2026, 08:05</time>",
        f"{exact}1 Nov 2026</time>",
        "1 Nov 2026",
        "never",
        "1 Nov 2026, 08:05",
        f"at {exact}1 Nov 2026</time>",
    ]


def test_every_page_says_in_which_zone_its_times_are(site: WebSite) -> None:
    assert "<span>Times in UTC</span>" in site.signed_in("somebody").get("/account").text
