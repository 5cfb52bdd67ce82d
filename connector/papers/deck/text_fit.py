"""How much room a text takes, by the measured widths of its characters.

The widths are those of DejaVu Sans, which is wider than what decks are usually set in: a text that fits here fits in
Calibri and Arial too (https://dejavu-fonts.github.io/).
"""

from __future__ import annotations

import unicodedata

LINE_HEIGHT = 1.22
"""Of the size of the letters."""

_WIDTHS = {
    **dict.fromkeys("iIl.,:;'|!jft()[]/\\ ", 0.39),
    **dict.fromkeys("mMW@%", 0.99),
    **dict.fromkeys("wABCDEFGHKLNOPQRSTUVXYZ&", 0.74),
    **dict.fromkeys("−+=<>~–…", 0.84),
}
_OTHER, _WIDE = 0.64, 1.1


def text_width(text: str, size: float) -> float:
    """In points, of letters of so many points."""
    return sum(_width(one) for one in text) * size


def _width(character: str) -> float:
    found = _WIDTHS.get(character)
    if found is not None:
        return found
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    return _OTHER if character.islower() or character.isdigit() else 0.78


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """The lines of a text in a box; a word that is longer than a line is broken."""
    return tuple(line for line, _ in _lines(text, width, size))


def split(text: str, width: float, size: float, lines: int) -> tuple[str, str]:
    """The part of a text that fits in so many lines, and the rest; words stay whole where they are."""
    found = _lines(text, width, size)
    return _joined(found[:lines]), _joined(found[lines:])


def _lines(text: str, width: float, size: float) -> list[tuple[str, str]]:
    """Each line with what joins it to the next one: nothing inside a broken word."""
    lines: list[tuple[str, str]] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split():
            together = f"{line} {word}" if line else word
            if text_width(together, size) <= width:
                line = together
                continue
            if line:
                lines.append((line, " "))
            *whole, line = _broken(word, width, size)
            lines += ((piece, "") for piece in whole)
        lines.append((line, "\n"))
    return lines


def _joined(lines: list[tuple[str, str]]) -> str:
    return "".join(part for line in lines for part in line).strip()


def _broken(word: str, width: float, size: float) -> list[str]:
    pieces, piece, used = [], "", 0.0
    for one in word:
        more = _width(one) * size
        if piece and used + more > width:
            pieces.append(piece)
            piece, used = "", 0.0
        piece += one
        used += more
    return [*pieces, piece]


def text_height(text: str, width: float, size: float) -> float:
    """In points, of the whole text in a box of that width."""
    return len(wrapped(text, width, size)) * size * LINE_HEIGHT


def cut(text: str, width: float, size: float, lines: int) -> str:
    """As much of a text as fits in so many lines, with an ellipsis where it was cut."""
    found = wrapped(text, width, size)
    if len(found) <= lines:
        return " ".join(text.split())
    last = found[lines - 1]
    while last and text_width(f"{last}…", size) > width:
        last = last[:-1]
    return " ".join((*found[: lines - 1], f"{last.rstrip()}…"))
