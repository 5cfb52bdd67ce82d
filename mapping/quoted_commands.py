"""Commands in a mail that a comment quotes: none of them counts, and whoever may have typed one is told so, once.

A comment that begins like a mail (``From: …``, ``On 5 Oct … wrote:``) and an answer by mail look the same.  What is
quoted is somebody else's word, so nothing below the head is taken.  It is answered unless it was said before: by
somebody in a command of this measure, or by Gatepost, whose replies and fields show how commands are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from governance.codes import CODES
from governance.command_grammar import MAX_LINE_LENGTH, USAGE, ParsedCommand, read_command
from governance.evidence import Command, Verb
from governance.gates import Policy
from governance.kill_switch import TO_GO_ON_OR_STOP
from governance.quoted_mail import quoted_lines
from governance.written_date import written_date
from mapping.comment_commands import RESTRICTED, as_command
from mapping.neutral_text import without_joiners
from mapping.work_item import Comment

_PLACEHOLDERS = frozenset({"STAGE", "AMOUNT", "REASON", "TEXT", "ROLE", "CRITERION[;"})
"""What stands for an argument where Gatepost says how a command is written; nobody gives it as one."""
_CODE = re.compile(r"·\s?([A-Z_]{3,})\b")
_SENTENCE_LENGTH, _SENTENCE_LINES = 400, 8
MOST_LINES = 200
"""Lines of a quoted mail that are looked into."""
SHORTEST_BROKEN_LINE = 40
"""Characters: mail programs break lines of plain text at 60 and more, before the word that no longer fits."""
_WITH_EXAMPLE = tuple(text for text in USAGE.values() if " for example: " in text)


def quoted_command(
    comment: Comment, number: int, policy: Policy, said: Iterable[Command], written: Iterable[str]
) -> Command | None:
    """The first command in what a comment quotes that was not said before; ``None`` where there is none.

    ``number`` is the one that it has among the commands of the comment, ``said`` what people have said on the measure,
    ``written`` what Gatepost has written there.
    """
    lines = quoted_lines(comment.text)
    known = [one for one in said if one.at <= comment.given_at]
    replies = [one.ruling.reply for one in known if one.ruling is not None]
    ours = _lines_of_texts(lines, (*_WITH_EXAMPLE, TO_GO_ON_OR_STOP, *written, *replies))
    slashes = [position for position, line in enumerate(lines) if line.startswith("/")]
    for position in slashes[:MOST_LINES]:
        line = lines[position]
        if position in ours or _explains(lines[position : position + _SENTENCE_LINES]):
            continue
        parsed = read_command(line, policy)
        if parsed is not None and not any(_was_said(line, parsed, one) for one in known):
            quoted = ParsedCommand(Verb.MALFORMED, text=line[:MAX_LINE_LENGTH])
            return as_command(comment, number, quoted)._replace(quoted=True)
    return None


def quotes_command(comment: Comment) -> bool:
    """Whether a comment quotes what may be a command; cheap for every other comment."""
    return "/" in comment.text and any(line.startswith("/") for line in quoted_lines(comment.text))


def is_still_quoted(comment: Comment, command: Command) -> bool:
    """Whether a comment that was written anew quotes what was answered; of a restricted one nothing is kept to tell."""
    return command.text == RESTRICTED or any(
        _plain(line) == _plain(command.text) for line in quoted_lines(comment.text)
    )


def _lines_of_texts(lines: Sequence[str], texts: Iterable[str]) -> frozenset[int]:
    """Which lines begin within one of the texts, however a mail has broken its lines."""
    parts = [f"{_plain(line)} " if line else "" for line in lines]
    starts, joined = accumulate(map(len, parts), initial=0), "".join(parts)
    spans = [span for text in texts if "/" in text for span in _places(joined, _plain(text))]
    return frozenset(number for number, start in enumerate(starts) if any(first <= start < end for first, end in spans))


def _places(whole: str, part: str) -> Iterator[tuple[int, int]]:
    start = whole.find(part) if part else -1
    while start >= 0:
        yield start, start + len(part)
        start = whole.find(part, start + len(part))


def _explains(lines: Sequence[str]) -> bool:
    """Whether a sentence of Gatepost goes on here: with the name of an argument, or up to the code at its end."""
    first = lines[0]
    if first.partition(" ")[2].strip().rstrip(".,;").partition(" ")[0].rstrip(".,;") in _PLACEHOLDERS:
        return True
    sentence = first
    for line in lines[1:]:
        begins_anew = line[:1].isupper() and line.partition(" ")[0] not in CODES
        if not line or line.startswith("/") or begins_anew or len(sentence) > _SENTENCE_LENGTH:
            break
        sentence += f" {line}"
    found = _CODE.search(sentence[:_SENTENCE_LENGTH])
    return found is not None and found[1] in CODES


def _was_said(line: str, parsed: ParsedCommand, one: Command) -> bool:
    """Whether the line repeats a command, whoever gave it; a mail may break a long reason, and tells no mentions."""
    if one.quoted:
        return _begins(one.text, line, line)
    word = line.partition(" ")[0].removeprefix("/")
    if word == one.verb == Verb.DELEGATE:
        return written_date(line.rpartition(" until ")[2].strip()) == one.until
    if word == one.verb == Verb.ACCEPT_ROLE:
        return line.split()[1:2] == [one.stage]
    return (
        parsed.verb is one.verb
        and (parsed.stage, parsed.amount, parsed.first_month, parsed.month, parsed.pl_line)
        == (one.stage, one.amount, one.first_month, one.month, one.pl_line)
        and (one.text == RESTRICTED or _begins(one.text, parsed.text, line))
    )


def _begins(text: str, beginning: str, line: str) -> bool:
    """A text is said again as a whole, or by its beginning where the line is so long that a mail has broken it."""
    whole, part = _plain(text), _plain(beginning)
    return whole == part or (len(line) >= SHORTEST_BROKEN_LINE and bool(part) and whole.startswith(part))


def _plain(text: str) -> str:
    return " ".join(without_joiners(text).split())
