"""What a person reads off a page: its first line, key figures and tables, as texts and as amounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from html import unescape

Page = Callable[[str], str]
"""An address, and the page that its reader gets."""
CENT = Decimal("0.01")
NOTHING = {"", "–"}
_CELL = re.compile(r"<t([hd])\b[^>]*>(.*?)</t\1>", re.DOTALL)
_UNITS = {"K": 1_000, "M": 1_000_000, "bn": 1_000_000_000}


@dataclass(frozen=True)
class Read:
    """One page."""

    html: str

    @property
    def first_line(self) -> str:
        found = re.search(r'<p class="answer"[^>]*>(.*?)</p>', self.html, re.DOTALL)
        assert found is not None, "the page has no first line"
        return text_of(found[1])

    @cached_property
    def text(self) -> str:
        body = re.sub(r"<(script|style|head|svg)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return text_of(body)

    @cached_property
    def figures(self) -> dict[str, str]:
        """Key figures by their name; of one that is shown in short the whole amount, which stands in its title."""
        found = re.findall(
            r'<dt(?: title="[^"]*")?>([^<]+)</dt>\s*<dd class="value"(?: title="([^"]*)")?>(.*?)</dd>',
            self.html,
            re.DOTALL,
        )
        return {text_of(name): text_of(title) or text_of(value) for name, title, value in found}

    @cached_property
    def moved(self) -> dict[str, str]:
        """By the name of a key figure what it was at the end of the last month, as a whole amount."""
        found = re.findall(
            r'<dt(?: title="[^"]*")?>([^<]+)</dt>(?:(?!<dt).)*?<span title="([^"]*)">', self.html, re.DOTALL
        )
        return {text_of(name): text_of(value) for name, value in found}

    def table(self, caption: str) -> list[list[str]]:
        """The rows of a table, those of its foot at the end; the row of names is not one of them."""
        rows = self.marked(caption)
        return [[text_of(cell) for _, cell in _CELL.findall(row)] for row in rows]

    def marked(self, caption: str) -> list[str]:
        """The same rows as they are marked up."""
        found = re.search(rf"<caption[^>]*>{re.escape(caption)}</caption>(.*?)</table>", self.html, re.DOTALL)
        assert found is not None, f"there is no table {caption}"
        body = re.sub(r"<thead>.*?</thead>", "", found[1], flags=re.DOTALL)
        return re.findall(r"<tr\b[^>]*>(.*?)</tr>", body, re.DOTALL)

    def has_table(self, caption: str) -> bool:
        return f">{caption}</caption>" in self.html


def text_of(marks: str) -> str:
    """Without marks, and with plain single spaces."""
    text = unescape(re.sub(r"<[^>]+>", " ", marks)).replace("\u202f", " ")
    return " ".join(text.split())


def amount(text: str) -> Decimal:
    """``−1,615,000.00 EUR`` as a number; what is a dash is not known, and no number."""
    found = known(text)
    assert found is not None, f"no amount: {text!r}"
    return found


def known(text: str) -> Decimal | None:
    """The same; ``None`` for a dash, for *not known* and for nothing."""
    cleaned = re.sub(r"[,\s\u00a0+]", "", text).replace("−", "-").removesuffix("%")
    cleaned = re.sub(r"(?<=\d)(EUR|h)$", "", cleaned)
    return None if cleaned in NOTHING or cleaned == "notknown" else Decimal(cleaned)


def is_short_for(text: str, value: Decimal) -> bool:
    """Whether ``1.9M`` or ``41K`` is what is left of an amount when it is rounded."""
    found = re.fullmatch(r"(−?)([\d.,]+)(K|M|bn)?(?: EUR)?", text)
    assert found is not None, text
    unit = Decimal(_UNITS.get(found[3], 1))
    written = Decimal(found[2].replace(",", "")) * (-1 if found[1] else 1) * unit
    digits = len(found[2].partition(".")[2])
    return abs(written - value) <= unit * Decimal(10) ** -digits / 2


def whole(value: Decimal) -> Decimal:
    """As a table without cents shows it."""
    return Decimal(f"{value:.0f}")
