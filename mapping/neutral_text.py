"""People's text made harmless wherever it is repeated: it mentions nobody, links nowhere and formats nothing.

Every tool has its own markup: wiki text, ``[code]`` of ServiceNow's journals, links that are recognised by themselves,
chat programs' mentions.  A word joiner, which nobody sees, behind each character that begins such a thing makes plain
text of it in all of them; the text reads as it was written.
"""

from __future__ import annotations

import re

WORD_JOINER = "\u2060"

_BEGINNINGS = re.compile(
    r"[@\[{<!|~](?!\u2060)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<=javascript)(?=:)", re.IGNORECASE
)


def neutral(text: str) -> str:
    """The text without effect; of a text that is neutral already, the same."""
    return _BEGINNINGS.sub(lambda found: f"{found[0]}{WORD_JOINER}", text)


def without_joiners(text: str) -> str:
    """As it was written: a tool may drop what nobody sees."""
    return text.replace(WORD_JOINER, "")
