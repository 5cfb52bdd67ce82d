"""Figures, months and times in the format of their reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import get_decimal_symbol, get_group_symbol, parse_pattern

from governance.minor_digits import CENT_DIGITS, minor_digits
from governance.money import Money, Period
from governance.time_text import day_text, month_text

NOTHING = "–"
MINUS = "\u2212"
NARROW = "\u00a0"

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip

Number = Decimal | int | float

LOCALES = (
    "en_GB", "en_IE", "en_US", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_LU", "fr_CH", "it_IT", "es_ES", "nl_NL", "pl_PL",
    "sv_SE", "pt_PT",
)  # fmt: skip
"""What a person may choose for figures and dates; texts are English everywhere."""


def parse_locale(name: str) -> Locale:
    """British English for an unknown name."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


def parse_zone(name: str) -> tzinfo:
    """UTC for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def browser(agent: str) -> str:
    """``Firefox on Windows``: enough to recognise one's own; other programs by the name that they give."""
    name = next((shown for mark, shown in BROWSERS if mark in agent), "")
    system = next((shown for mark, shown in SYSTEMS if mark in agent), "")
    if not name:
        return agent[:60] or "unknown"
    return f"{name} on {system}" if system else name


@dataclass(frozen=True, slots=True)
class Formats:
    """One reader's formats; ``now`` is the moment of the page."""

    locale: Locale
    zone: tzinfo
    now: datetime
    signs: tuple[str, str] = field(init=False, compare=False, repr=False)
    """Between thousands, and before the digits of a fraction."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "signs", (get_group_symbol(self.locale), get_decimal_symbol(self.locale)))

    def number(self, value: Number | None, digits: int = 0) -> str:
        """``1,234,567``; a dash for what is not known."""
        if value is None:
            return NOTHING
        written = self._grouped(value, digits)
        # What rounds to nothing has no sign.
        return written.replace("-", MINUS if any(digit in written for digit in "123456789") else "")

    def _grouped(self, value: Number, digits: int) -> str:
        """As Babel writes the pattern ``#,##0.00``; by :class:`Decimal` itself, in a fifth of the time."""
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        if not number.is_finite():
            written: str = _pattern("#,##0" + ("." + "0" * digits if digits else "")).apply(number, self.locale)
            return written
        whole, _, part = f"{abs(number).quantize(_QUANTA[digits]):,f}".partition(".")
        group, point = self.signs
        sign = "-" if number.is_signed() else ""
        return f"{sign}{whole if group == ',' else whole.replace(',', group)}{point if part else ''}{part}"

    def signed(self, value: Number | None, digits: int = 0) -> str:
        """``+1,234`` or ``−1,234``: a difference."""
        if value is None:
            return NOTHING
        written = self.number(value, digits)
        return f"+{written}" if value > 0 and any(digit in written for digit in "123456789") else written

    def short(self, value: Number | None) -> str:
        """``1.9M``, ``41K``: for a sentence, never for a table."""
        if value is None:
            return NOTHING
        size = abs(Decimal(value))
        for factor, letter in ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K")):
            # A number that would round up to the next unit is written in it.
            if size >= factor * Decimal("0.9995"):
                part = Decimal(value) / factor
                digits = 1 if abs(part) < 99.95 and letter != "K" else 0
                return self.number(part, digits) + letter
        return self.number(value)

    def money(self, value: Number | Money | None, currency: str | None = None, digits: int = 0) -> str:
        """``1,234,567 EUR``; with a space that does not break.  Whoever asks for cents gets the currency's own."""
        if isinstance(value, Money):
            return self.money(value.amount, value.currency, digits)
        if value is None:
            return NOTHING
        if not currency:
            return self.number(value, digits)
        shown = minor_digits(currency) if digits == CENT_DIGITS else digits
        return f"{self.number(value, shown)}{NARROW}{currency}"

    def per_unit(self, value: Number | None, currency: str | None = None) -> str:
        """An amount of one unit: ``13.55``; ``0.0341`` where cents would say nothing of it."""
        digits = 2 if value is None or not -1 < value < 1 else 4
        return self.money(value, currency, digits)

    def percent(self, share: Number | None, digits: int = 0) -> str:
        """``87 %`` of a share of 0.87."""
        if share is None:
            return NOTHING
        written: str = _pattern(self._percent(digits)).apply(share, self.locale)
        return written.replace("-", MINUS)

    def _percent(self, digits: int) -> str:
        pattern = str(self.locale.percent_formats[None].pattern)
        return pattern.replace("#,##0", "#,##0." + "0" * digits) if digits else pattern

    def month(self, value: Period | date | None) -> str:
        """``Oct 2026``."""
        if value is None:
            return NOTHING
        day = value.first_day if isinstance(value, Period) else value
        if self.writes_as_sentences:
            return month_text(Period.of(day))
        return format_date(day, "LLL yyyy", locale=self.locale)

    @property
    def writes_as_sentences(self) -> bool:
        """Whether days are written as in the sentences beside them; the library says *Sept* in British English."""
        return self.locale.language == "en" and self.locale.territory != "US"

    def day(self, value: date | datetime | None) -> str:
        """``21 Nov 2026``, in the reader's zone."""
        if value is None:
            return NOTHING
        if isinstance(value, datetime):
            value = value.astimezone(self.zone).date()
        if self.writes_as_sentences:
            return day_text(value)
        return format_date(value, "medium", locale=self.locale)

    def moment(self, value: datetime | None) -> str:
        """``21 Nov 2026, 14:03``, in the reader's zone."""
        if value is None:
            return NOTHING
        return f"{self.day(value)}, {format_time(value.astimezone(self.zone), 'short', locale=self.locale)}"

    @property
    def zone_name(self) -> str:
        """``Europe/Berlin``, as the reader chose it."""
        return getattr(self.zone, "key", "UTC")

    def input_moment(self, value: datetime) -> str:
        """``2026-11-21T14:03``, as a form's input holds it, in the reader's zone; with seconds where it has some."""
        exact = value.astimezone(self.zone).replace(tzinfo=None, microsecond=0)
        return exact.isoformat(timespec="seconds" if exact.second else "minutes")

    def exact(self, value: datetime) -> str:
        """``21 Nov 2026, 14:03:22, Europe/Berlin``: to the second, with the zone."""
        time = format_time(value.astimezone(self.zone), "medium", locale=self.locale)
        return f"{self.day(value)}, {time}, {self.zone_name}"

    def ago(self, value: datetime | None) -> str:
        """``3 days ago``, ``in 2 hours``."""
        if value is None:
            return "never"
        if abs((self.now - value).total_seconds()) < 1:
            return "just now"
        # The words around it are English, so this one is as well.
        return format_timedelta(value - self.now, add_direction=True, locale="en", threshold=1.5)


_QUANTA = tuple(Decimal((0, (1,), -digits)) for digits in range(10))
"""By the digits of a fraction."""
_pattern = cache(parse_pattern)
"""A table holds hundreds of numbers in two or three patterns, and reading one takes longer than writing a number."""


def duration_text(duration: timedelta) -> str:
    """``40 seconds``, ``20 minutes``, ``5 hours``, ``3 days``: what a person would say."""
    seconds = max(0, int(duration.total_seconds()))
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= 2 * size or size == 1:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise AssertionError("a second is the least")
