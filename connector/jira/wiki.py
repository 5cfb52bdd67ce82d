"""Data Center's wiki text: plain text into it, so that nothing in it formats, links, mentions or embeds.

https://confluence.atlassian.com/adminjiraserver/, "Text formatting notation": a backslash before a special character
makes it an ordinary one.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[\\{}\[\]~!|*_^+]|\?(?=\?)|(?<![^\s(])-(?=[^\s-])")


def escape(text: str) -> str:
    """The text with a backslash before whatever wiki text takes for formatting."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
