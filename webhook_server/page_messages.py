"""Messages of the connector as a page says them: many of its readers have no command line."""

from __future__ import annotations

import re

ON_THE_SERVER = "Whoever runs Gatepost can do this on the server."
"""Instead of a command."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_COMMAND = re.compile(r"\bgatepost [a-z][a-z-]+\b|(?<![\w-])--[a-z][a-z-]+")


def without_commands(message: object) -> str:
    """The same message; sentences that advise a command become one that says who can do it."""
    text = str(message)
    if not _COMMAND.search(text):
        return text
    kept: list[str] = []
    for sentence in _SENTENCE.split(text):
        said = ON_THE_SERVER if _COMMAND.search(sentence) else sentence
        if said not in kept:
            kept.append(said)
    return " ".join(kept)
