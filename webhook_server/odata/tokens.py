"""The words of a ``$filter`` or ``$apply``: literals, names, parentheses.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, section 5.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from connector.store.feeds.expressions import Value
from webhook_server.odata.failure import bad_request

MAX_LENGTH = 8_000
"""Characters of an expression."""
MAX_DIGITS = 60
"""Of a number."""


class Kind(StrEnum):
    LITERAL = "literal"
    NAME = "name"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    position: int
    value: Value = None


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+\- ]\d\d:\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)(?![\w:.])
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)[fFdDmMlL]?(?![\w.])
    |(?P<name>\$count(?!\w)|[A-Za-z_]\w*(?:/[A-Za-z_$]\w*)*)
    |(?P<mark>[(),:\-/])
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


def tokens(text: str, option: str) -> Iterator[Token]:
    """Raises ODataFailure at the first letter that begins no word."""
    if len(text) > MAX_LENGTH:
        raise bad_request(f"{option} has {len(text)} characters; {MAX_LENGTH} are taken.", option)
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise bad_request(f"{option} cannot be read from character {position + 1} on.", option)
        yield _token(found, option)
        position = found.end()
    yield Token(Kind.END, "", end)


def _token(found: re.Match[str], option: str) -> Token:
    kind = str(found.lastgroup)
    text = found.group(kind)
    position = found.start(kind)
    if kind == "mark":
        return Token(Kind.MARK, text, position)
    if kind == "name":
        word = text.lower()
        return Token(Kind.LITERAL, text, position, _WORDS[word]) if word in _WORDS else Token(Kind.NAME, text, position)
    return Token(Kind.LITERAL, text, position, _value(kind, text, position, option))


def _value(kind: str, text: str, position: int, option: str) -> Value:
    try:
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "moment":
            return moment_of(text)
        if len(text) > MAX_DIGITS:
            raise ValueError
        return Decimal(text)
    except (ValueError, InvalidOperation):
        raise bad_request(f"{option}: {text[:40]} at character {position + 1} is no {kind}.", option) from None


def moment_of(text: str) -> datetime:
    """Raises ValueError.  A plus sign that an address has turned into a space is one."""
    whole = text.replace(" ", "+")
    fraction = re.search(r"\.(\d+)", whole)
    if fraction:
        whole = whole.replace(fraction.group(), f".{fraction.group(1)[:6]:0<6}")
    return datetime.fromisoformat(whole).astimezone(UTC)
