"""Finds advice to run a command, to give an option or to change a setting: which only somebody with a terminal can follow."""

from __future__ import annotations

import re

from cli.commands import COMMANDS

_NAMES = "|".join(sorted({re.escape(entry.name) for entry in COMMANDS}, key=len, reverse=True))
_COMMAND = re.compile(rf"\bgatepost (?:{_NAMES})\b(?!:)|\bGATEPOST_[A-Z_]+|(?<![\w-])--[a-z][a-z-]+")


def command_in(text: str) -> str:
    """The first command, option or setting that a text names; empty when it names none."""
    found = _COMMAND.search(text)
    return found[0] if found else ""
