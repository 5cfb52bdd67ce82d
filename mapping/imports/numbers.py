"""Amounts as people and programs write them.  What could be two numbers is none: it is said, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Literal

from babel.core import get_global

from governance.money import is_reasonable
from mapping.imports.cells import CellValue, is_error

DecimalSign = Literal[".", ","]


class NotANumber(StrEnum):
    """Why a cell is no amount."""

    TEXT = "text"
    AMBIGUOUS = "ambiguous"
    """It reads as two different numbers, by the decimal sign."""
    PERCENT = "percent"
    ERROR = "error"
    DATE = "date"
    TRUTH = "truth"
    TOO_LARGE = "too_large"
    OTHER_SIGN = "other_sign"
    """It does not fit the decimal sign of the profile."""
    OTHER_CURRENCY = "other_currency"
    SIDE = "side"
    """Dr or Cr stands behind it: a side of the account, or crores."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, and the currency that stands in the same cell."""

    number: Decimal
    currency: str = ""
    was_text: bool = False
    has_unit: bool = False
    """The cell itself says thousands or millions."""


SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₣": "CHF", "zł": "PLN", "₩": "KRW", "₺": "TRY", "₪": "ILS", "R$": "BRL"}
"""Signs that mean one currency; the dollar, the yen and the crown mean several and are read past."""
_MANY = re.compile(r"US\$|A\$|C\$|\$|¥|kr\.?|Fr\.?|Rs\.?", re.IGNORECASE)
_CODE = re.compile(r"^([A-Z]{3})(?=[\s\d(+-])|(?<=[\s\d).-])([A-Z]{3})$")
MOST_SIGNS = 100
"""Of an amount as a text; a longer one is no number."""
_GAPS = re.compile(r"[\s\u00a0\u202f\u2009'’`]")
_SPACED = re.compile(r"(?:\d{1,3}(?: \d{3})+|\d{1,2}(?: \d{2})* \d{3})(?:[.,]\d*)?")
"""Groups that are parted by gaps, as in :data:`_GROUPED`; anything else is two numbers in one cell."""
_PLAIN = re.compile(r"\d+")
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]{1,2}$")
"""What stands in place of the cents: 12'000.–, 1.000,-."""
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE][+-]?\d{1,3}")
_SIDE = re.compile(r"(?<=[\d.)])\s?(?:cr|dr)\.?$", re.IGNORECASE)
_UNIT = re.compile(
    r"(?<=[\d.)])\s?(k|tsd\.?|t€|m|mn|mio\.?|million(?:en|s)?|mrd\.?|bn|billion|lakhs?|crores?)$", re.IGNORECASE
)
_POWERS = {
    "k": 3, "tsd": 3, "t€": 3, "mrd": 9, "bn": 9, "billion": 9, "lakh": 5, "lakhs": 5, "crore": 7, "crores": 7,
}  # fmt: skip
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})*,\d{3}")
"""Groups of three, or of two before the last three (India)."""


def read_amount(value: CellValue, decimal: DecimalSign | None) -> Amount | NotANumber | None:
    """The amount in a cell; ``None`` when the cell is empty, or holds a dash for nothing.

    Without a decimal sign a number is read only where both signs give the same.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return NotANumber.TRUTH
    if isinstance(value, int):
        return _sized(Decimal(value))
    if isinstance(value, float):
        # A spreadsheet keeps 15 digits; what stands behind them is the error of the binary fraction.
        return _sized(Decimal(f"{value:.15g}"))
    if not isinstance(value, str):
        return NotANumber.DATE
    return _read_text(value, decimal)


def _read_text(value: str, decimal: DecimalSign | None) -> Amount | NotANumber | None:
    if len(value) > MOST_SIGNS:
        return None if not value.strip() else NotANumber.TEXT
    text = value.strip().strip("\u00a0\u202f").removeprefix("'").strip()
    if not text or text in {"-", "–", "—", "--"}:
        return None
    if is_error(text):
        return NotANumber.ERROR
    if text.endswith("%"):
        return NotANumber.PERCENT if any(sign.isdigit() for sign in text) else NotANumber.TEXT
    text, currency = _without_currency(text)
    text = _NO_CENTS.sub("", text)
    text, negative = _without_sign(text)
    if not currency:
        text, currency = _without_currency(text)
    if _SIDE.search(text):
        return NotANumber.SIDE
    text, power = _without_unit(text)
    text = _without_gaps(text)
    if not text or not (text[0].isdigit() or text[0] in ".,"):
        return NotANumber.TEXT
    found = _digits(text, decimal)
    if isinstance(found, NotANumber):
        return found
    number = _sized((-found if negative else found).scaleb(power))
    if isinstance(number, NotANumber):
        return number
    return Amount(number.number, currency, was_text=True, has_unit=power > 0)


def _without_gaps(text: str) -> str:
    """The text without the gaps that part its groups; empty where they part two amounts."""
    parts = _GAPS.split(text)
    # What stands on two lines of a cell is two amounts, whatever it looks like.
    if len(parts) > 1 and (not _SPACED.fullmatch(" ".join(parts)) or len(text.splitlines()) > 1):
        return ""
    return "".join(parts)


def _without_unit(text: str) -> tuple[str, int]:
    """The text without its unit, and the power of ten that this is: 12k, 1,5 Mio."""
    found = _UNIT.search(text)
    if found is None:
        return text, 0
    unit = found[1].casefold().rstrip(".")
    return text[: found.start()].strip(), _POWERS.get(unit, 6)


def _sized(number: Decimal) -> Amount | NotANumber:
    return Amount(number) if is_reasonable(number) else NotANumber.TOO_LARGE


def _without_currency(text: str) -> tuple[str, str]:
    for sign, code in SYMBOLS.items():
        if sign in text:
            return text.replace(sign, "", 1).strip(), code
    code_found = _CODE.search(text)
    # Three capitals before a number are the key of an item as well: MOD-17.
    if code_found and _is_currency(code_found.group(1) or code_found.group(2)):
        return _CODE.sub("", text, count=1).strip(), code_found.group(1) or code_found.group(2)
    return _MANY.sub("", text, count=1).strip(), ""


@cache
def _is_currency(code: str) -> bool:
    return code in get_global("all_currencies")


def _without_sign(text: str) -> tuple[str, bool]:
    """The text without its sign: before or behind the number, or as parentheses."""
    text = text.replace("\u2212", "-").replace("\u2013", "-")
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.startswith("-"):
        return text[1:].strip(), True
    if text.endswith("-"):
        return text[:-1].strip(), True
    return text.removeprefix("+").strip(), False


def _digits(text: str, decimal: DecimalSign | None) -> Decimal | NotANumber:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if decimal is not None:
        return _with_sign(text, decimal)
    readings = {found for sign in (".", ",") if isinstance(found := _with_sign(text, sign), Decimal)}
    if not readings:
        return NotANumber.TEXT
    return readings.pop() if len(readings) == 1 else NotANumber.AMBIGUOUS


def _with_sign(text: str, decimal: DecimalSign) -> Decimal | NotANumber:
    other = "," if decimal == "." else "."
    if decimal == "," and "e" not in text.lower():
        text = text.translate(str.maketrans(",.", ".,"))
    elif _SCIENTIFIC.fullmatch(text):
        return Decimal(text)
    whole, point, fraction = text.partition(".")
    if point and not (fraction.isascii() and fraction.isdigit()):
        return NotANumber.OTHER_SIGN if set(text) <= set("0123456789.,") else NotANumber.TEXT
    if whole and not _PLAIN.fullmatch(whole) and not _GROUPED.fullmatch(whole):
        fits = set(text) <= set("0123456789.,")
        return NotANumber.OTHER_SIGN if fits and other else NotANumber.TEXT
    return Decimal(f"{whole.replace(',', '') or '0'}.{fraction or '0'}") if point else Decimal(whole.replace(",", ""))


def decimal_sign(values: Iterable[CellValue]) -> DecimalSign | None:
    """The sign that all texts fit, where only one fits; ``None`` when they leave it open or contradict each other."""
    fits: dict[DecimalSign, bool] = {".": True, ",": True}
    decided = False
    for value in values:
        if not isinstance(value, str):
            continue
        readings = {sign: read_amount(value, sign) for sign in fits}
        if not any(isinstance(one, Amount) for one in readings.values()):
            continue
        if readings["."] != readings[","]:
            decided = True
            for sign, one in readings.items():
                fits[sign] = fits[sign] and isinstance(one, Amount)
    if not decided or fits["."] == fits[","]:
        return None
    return "." if fits["."] else ","


def sign_is_open(values: Iterable[CellValue]) -> bool:
    """Whether some text would be another number with the other decimal sign."""
    return any(isinstance(one, str) and read_amount(one, None) is NotANumber.AMBIGUOUS for one in values)
