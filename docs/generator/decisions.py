"""The list of decisions, from the records in ``deploy/adr``."""

from __future__ import annotations

from docs.generator.links import DECISIONS
from docs.generator.tables import table

INTRODUCTION = """\
# Decisions

Decisions that are hard to undo, each with its reason and what follows from it. They were written when they were taken
and are not rewritten afterwards, except for names that have changed since; a later one may take the place of an
earlier.

"""


def page() -> str:
    rows = []
    for file in DECISIONS:
        number, _, title = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(" ")
        rows.append((f"[{number}]({file.name})", title))
    return INTRODUCTION + table(("number", "decision"), rows)
