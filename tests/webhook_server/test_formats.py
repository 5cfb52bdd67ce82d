"""Figures, months and times as their reader writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from governance.capital import capitalised
from governance.money import Money, Period
from governance.time_text import day_text, month_text
from webhook_server.formats import LOCALES, MINUS, Formats, browser, parse_locale, parse_zone

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)


def written(locale: str, zone: str = "UTC") -> Formats:
    return Formats(parse_locale(locale), parse_zone(zone), NOW)


@pytest.mark.parametrize(
    ("locale", "value", "digits", "shown"),
    [
        ("en_GB", Decimal(1234567), 0, "1,234,567"),
        ("de_DE", Decimal("1234567.5"), 2, "1.234.567,50"),
        ("de_CH", Decimal(1234567), 0, "1’234’567"),
        ("fr_FR", Decimal(-1234), 0, "−1\u202f234"),
        ("en_GB", Decimal("-0.4"), 0, "0"),
        ("en_GB", None, 0, "–"),
    ],
)
def test_numbers(locale: str, value: Decimal | None, digits: int, shown: str) -> None:
    assert written(locale).number(value, digits) == shown


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
    | st.integers(-(10**15), 10**15)
    | st.floats(-1e12, 1e12),
    st.sampled_from(LOCALES),
    st.integers(0, 4),
)
def test_numbers_are_those_of_the_library(value: Decimal | float, locale: str, digits: int) -> None:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    said = format_decimal(value, format=pattern, locale=locale)
    shown = written(locale).number(value, digits)
    assert shown == (said.replace("-", MINUS) if any(digit in said for digit in "123456789") else said.replace("-", ""))


def test_what_is_no_number_of_the_decimal_system_is_written_as_by_the_library() -> None:
    assert written("en_GB").number(Decimal("Infinity")) == "∞"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Decimal(12), "+12"), (Decimal(-12), "−12"), (Decimal("0.2"), "0"), (Decimal(0), "0"), (None, "–")],
)
def test_differences_have_their_sign(value: Decimal | None, shown: str) -> None:
    assert written("en_GB").signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (950, "950"),
        (41_000, "41K"),
        (999_600, "1.0M"),
        (1_940_000, "1.9M"),
        (-2_500_000_000, "−2.5bn"),
        (123_400_000, "123M"),
        (None, "–"),
    ],
)
def test_short_figures_for_a_sentence(value: int | None, shown: str) -> None:
    assert written("en_GB").short(value) == shown


def test_money_has_its_currency_behind_a_space_that_holds() -> None:
    assert written("en_GB").money(Money(Decimal(1200), "EUR")) == "1,200\u00a0EUR"
    assert written("de_DE").money(Decimal("1200.5"), "CHF", 2) == "1.200,50\u00a0CHF"
    assert written("en_GB").money(None, "EUR") == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("13.548"), "13.55 EUR"),
        (Decimal("0.03408"), "0.0341 EUR"),
        (Decimal("-0.5"), "−0.5000 EUR"),
        (None, "–"),
    ],
)
def test_an_amount_of_one_unit_has_digits_enough(value: Decimal | None, shown: str) -> None:
    assert written("en_GB").per_unit(value, "EUR").replace("\u00a0", " ") == shown


def test_shares() -> None:
    assert written("en_GB").percent(Decimal("0.87")) == "87%"
    assert written("de_DE").percent(Decimal("-0.123"), 1) == "−12,3\u00a0%"
    assert written("en_GB").percent(None) == "–"


@pytest.mark.parametrize("month", range(1, 13))
def test_an_english_page_names_months_as_the_sentences_on_it_do(month: int) -> None:
    first = date(2026, month, 1)
    for locale in ("en_GB", "en_IE"):
        assert (written(locale).day(first), written(locale).month(first)) == (
            day_text(first),
            month_text(Period.of(first)),
        )


def test_months_days_and_moments() -> None:
    assert written("en_GB").month(Period(2026, 10)) == "Oct 2026"
    assert written("de_DE").month(date(2026, 3, 1)) == "Mär 2026"
    assert written("en_GB", "America/New_York").moment(NOW) == "21 Nov 2026, 08:30"
    assert written("de_DE", "Pacific/Auckland").day(NOW) == "22.11.2026"
    assert written("en_GB").day(None) == "–"


@pytest.mark.parametrize(
    ("back", "shown"),
    [
        (timedelta(0), "just now"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(hours=-2), "in 2 hours"),
    ],
)
def test_how_long_ago(back: timedelta, shown: str) -> None:
    assert written("de_DE").ago(NOW - back) == shown
    assert written("de_DE").ago(None) == "never"


@pytest.mark.parametrize("name", ["", "xx-unheard", "../../etc", "de_DE_x_y_z_1", "1"])
def test_what_is_no_locale_or_zone_falls_back(name: str) -> None:
    assert str(parse_locale(name)) in {"en_GB", "de_DE"}
    assert parse_zone(name) == UTC
    assert parse_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/17 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_known_by_name_and_system(agent: str, shown: str) -> None:
    assert browser(agent) == shown


def test_a_sentence_begins_with_a_capital_and_keeps_the_others() -> None:
    assert capitalised("sponsor of IT") == "Sponsor of IT"
