"""Markdown tables whose cells may hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line for each row; the text of a cell is kept to its line."""
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line([cell(text) for text in row]) for row in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Text that ends neither its cell nor its line."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code, or nothing for nothing."""
    return f"`{text}`" if text else ""


def marked(text: str) -> str:
    """A docstring's text in Markdown: its code has two backticks on each side, and roles name a thing of the code."""
    for role in ("class", "mod", "func", "meth"):
        text = text.replace(f":{role}:`", "`")
    return text.replace("``", "`")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
