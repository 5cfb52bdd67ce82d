"""The reader: time zone, formats, language and currency of a user, and how raw values look to that person.

Currency is converted to the reader's currency on read and not on write; dates are shown in the reader's zone.
https://www.servicenow.com/docs, "REST API", "Currency and price fields"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

STORED, STORED_DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a duration is stored as if it were a moment
_JAVA = (
    ("yyyy", "%Y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("a", "%p"),
)
CURRENCIES = {"DE": "EUR", "AT": "EUR", "FR": "EUR", "IE": "EUR", "US": "USD", "GB": "GBP", "CH": "CHF", "JP": "JPY"}
"""By country of a user."""
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
COMMA_COUNTRIES = frozenset({"DE", "AT", "FR"})
"""Where an amount is written 1.234,56."""


@dataclass(frozen=True, slots=True)
class Reader:
    user_name: str
    sys_id: str = ""
    zone: str = "GMT"
    date_format: str = "yyyy-MM-dd"
    time_format: str = "HH:mm:ss"
    country: str = ""
    currency: str = "EUR"

    def moment(self, value: str) -> str:
        """A stored moment as this person sees it; what is no moment stays as it is."""
        try:
            at = datetime.strptime(value, STORED).replace(tzinfo=UTC)
        except ValueError:
            return value
        return at.astimezone(_zone(self.zone)).strftime(_pattern(f"{self.date_format} {self.time_format}"))

    def day(self, value: str) -> str:
        try:
            return date.fromisoformat(value[:10]).strftime(_pattern(self.date_format))
        except ValueError:
            return value

    def read_moment(self, value: str) -> str:
        """What this person typed as a moment, as it is stored; the empty text when it cannot be read."""
        try:
            at = datetime.strptime(value, _pattern(f"{self.date_format} {self.time_format}"))  # noqa: DTZ007
        except ValueError:
            day = self.read_day(value)
            if not day:
                return ""
            at = datetime.strptime(day, STORED_DAY)  # noqa: DTZ007
        return at.replace(tzinfo=_zone(self.zone)).astimezone(UTC).strftime(STORED)

    def read_day(self, value: str) -> str:
        try:
            return datetime.strptime(value, _pattern(self.date_format)).strftime(STORED_DAY)  # noqa: DTZ007
        except ValueError:
            return ""

    def amount(self, number: Decimal) -> str:
        text = f"{number:,.2f}"
        if self.country in COMMA_COUNTRIES:
            text = text.translate(str.maketrans(",.", ".,"))
        return f"{SYMBOLS.get(self.currency, self.currency + ' ')}{text}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("GMT")


def _pattern(java: str) -> str:
    for java_code, python_code in _JAVA:
        java = java.replace(java_code, python_code)
    return java


def split_money(value: str, currency: str) -> tuple[str, Decimal] | None:
    """``CODE;amount`` or a bare amount in the given currency."""
    code, separator, amount = value.partition(";")
    try:
        return (code, Decimal(amount)) if separator else (currency, Decimal(value.replace(",", "")))
    except InvalidOperation:
        return None


def converted(value: str, reader: Reader, rates: Mapping[str, Decimal]) -> str:
    """A stored amount in the reader's currency; a missing rate counts as one, as on the platform."""
    money = split_money(value, reader.currency)
    if money is None:
        return value
    code, amount = money
    if code == reader.currency:
        return f"{amount:f}"
    exchanged = amount * rates.get(code, Decimal(1)) / rates.get(reader.currency, Decimal(1))
    return f"{exchanged.quantize(Decimal('0.01')):f}"


def duration(value: str) -> str:
    """``1970-01-01 00:02:17`` as people read it."""
    try:
        left = int((datetime.strptime(value, STORED) - EPOCH) / timedelta(seconds=1))  # noqa: DTZ007
    except ValueError:
        return value
    parts = []
    for name, seconds in (("Day", 86_400), ("Hour", 3_600), ("Minute", 60), ("Second", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count:,} {name}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 Seconds"


def read_duration(value: str) -> str:
    """Seconds, ``hh:mm:ss`` or ``d hh:mm:ss`` as it is stored; anything else as it was given."""
    day, _, clock = value.rpartition(" ")
    parts = clock.split(":")
    if value.isdigit():
        span = timedelta(seconds=int(value))
    elif len(parts) == 3 and all(part.isdigit() for part in parts) and (not day or day.isdigit()):
        hours, minutes, seconds = map(int, parts)
        span = timedelta(days=int(day or 0), hours=hours, minutes=minutes, seconds=seconds)
    else:
        return value
    return (EPOCH + span).strftime(STORED)
