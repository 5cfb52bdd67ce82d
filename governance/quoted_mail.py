"""A comment's own lines: those above a mail that it quotes.

Both tools turn the answer to a notification into a comment of whoever sent it, with the notification below.  Jira's
handler may strip quotes, and ServiceNow's inbound actions take the whole body.  A line that is marked with ``>`` is no
command anyway; Outlook and others mark nothing and write the quoted mail's head.

Nobody can tell a quoted mail from a comment that begins like one.  So nothing below a head is anybody's command, and a
command there that nobody has given before is answered (:mod:`mapping.quoted_commands`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_INVISIBLE = {
    0x00A0: " ",
    0x202F: " ",
    0x2007: " ",
    0x200B: None,
    0x200C: None,
    0x200D: None,
    0x2060: None,
    0xFEFF: None,
}
"""Spaces that do not break, and characters without width: editors and copying from other programs put them in."""

_SENDER = r"from|von|de|da|van|från|fra|od|lähettäjä|expéditeur|mittente"
_WROTE = r"wrote|schrieb|écrit|escribió|scritto|schreef|skrev|napisał|napisał\(a\)|kirjoitti|escreveu"
_SENDER_LINE = re.compile(rf"\**(?:{_SENDER})\s?:\**\s?\S.*|[\w.-]{{1,20}}\s?:\s.*\S@\S.*", re.IGNORECASE)
"""``From: A. Kaya``, or a line with an address in another language's head; more lines of a head follow it."""
_HEAD_LINE = re.compile(r"\**[\w-]{1,20}\s?:\**\s?\S.*")
_RULE = re.compile(rf"-{{4,}}.*\w.*-{{4,}}|.*\b(?:{_WROTE})\b[^:]{{0,60}}:", re.IGNORECASE)
"""``-----Original Message-----``, and ``On 5 Oct 2026, A. Kaya wrote:``"""
MAX_HEAD_LENGTH = 300


def own_lines(text: str) -> Iterator[str]:
    """Line after line, up to the head of a quoted mail."""
    lines = _lines(text)
    yield from lines[: _head(lines)]


def quoted_lines(text: str) -> list[str]:
    """The lines from the head of a quoted mail on; none where there is no such head."""
    lines = _lines(text)
    return lines[_head(lines) :]


def _lines(text: str) -> list[str]:
    return [line.translate(_INVISIBLE).strip() for line in text.splitlines()]


def _head(lines: Sequence[str]) -> int:
    """The number of the line with which a quoted mail begins; behind the last one where nothing is quoted."""
    return next(
        (
            number
            for number, line in enumerate(lines)
            if not line.startswith("/") and _is_head(line[:MAX_HEAD_LENGTH], lines[number + 1 : number + 3])
        ),
        len(lines),
    )


def _is_head(line: str, following: Sequence[str]) -> bool:
    if _RULE.fullmatch(line):
        return True
    return bool(_SENDER_LINE.fullmatch(line)) and any(_HEAD_LINE.fullmatch(one[:MAX_HEAD_LENGTH]) for one in following)
