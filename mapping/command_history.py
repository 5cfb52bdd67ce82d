"""What was said, now and before: commands in the comments of now, held against those that were ruled on already.

What was said stays said.  Only its speaker changes it, by an edit that the tool shows to be theirs; what anybody else
does to a comment leaves its commands standing.  Nobody is named for a comment that is gone, so it counts as removed by
somebody else; and so does an edit whose editor cannot be read.
See ``deploy/adr/0021-only-its-speaker-changes-a-command.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from governance.altered_commands import STATEMENTS
from governance.evidence import Alteration, AlteredCommand, Command, CommandOrigin, CommandSource, Verb
from governance.gates import Policy
from governance.time_text import moment_text
from mapping.comment_commands import commands_in
from mapping.neutral_text import neutral
from mapping.quoted_commands import is_still_quoted, quoted_command, quotes_command
from mapping.work_item import Comment

CommentKey: TypeAlias = "tuple[CommandOrigin, str]"

DIGEST_LENGTH = 16
CLOCK_MARGIN = timedelta(minutes=1)
"""How far the tool's clock and ours may be apart."""

NOBODY_KNOWN = "somebody whom the tool does not name"


@dataclass(slots=True)
class CommandHistory:
    """Every command that stands, and what happened to the others."""

    commands: list[Command] = field(default_factory=list)
    """Ruled on before, or new and without a ruling."""
    withdrawn: list[Command] = field(default_factory=list)
    """Taken back by their speakers since the last assessment."""
    altered: list[AlteredCommand] = field(default_factory=list)


def merge_commands(
    comments: Sequence[Comment],
    policy: Policy,
    stored: Iterable[Command],
    *,
    complete: bool = True,
    read_before: datetime | None = None,
    written: str = "",
) -> CommandHistory:
    """``complete`` says whether these are all comments of the item; ``read_before`` when they were read last;
    ``written`` is the text of Gatepost's own comment.
    """
    history = CommandHistory()
    stored_by_comment: dict[CommentKey, list[Command]] = {}
    for command in stored:
        stored_by_comment.setdefault((command.source.origin, command.source.id), []).append(command)
    present = {(comment.origin, comment.id): comment for comment in comments}
    for key, commands in stored_by_comment.items():
        comment = present.get(key)
        if comment is not None:
            _hold_against(comment, commands, policy, history)
            continue
        history.commands += commands
        if complete and key[0] is CommandOrigin.COMMENT:
            history.altered += [AlteredCommand(one, Alteration.REMOVED) for one in commands if _matters(one)]
    for key, comment in present.items():
        if key not in stored_by_comment:
            history.commands += _first_reading(comment, policy, read_before)
    _answer_quoted(comments, policy, history, read_before, written)
    return history


def _answer_quoted(
    comments: Sequence[Comment], policy: Policy, history: CommandHistory, read_before: datetime | None, written: str
) -> None:
    """One answer for each new comment that quotes a command which nobody has given before.

    What was read before is not looked into again: then it was answered, or nobody had to be.
    """
    for comment in sorted(comments, key=lambda one: (one.given_at, one.id)):
        is_new = read_before is None or comment.given_at + CLOCK_MARGIN > read_before
        by_a_person = comment.origin is CommandOrigin.COMMENT and comment.is_authors_word and not comment.author.is_app
        if not is_new or not by_a_person or not quotes_command(comment):
            continue
        said = (*history.commands, *history.withdrawn, *commands_in(comments, policy))
        own = [one for one in said if one.source[:2] == (comment.origin, comment.id)]
        if any(one.quoted for one in own if one not in history.withdrawn):
            continue
        number = max((one.source.ordinal for one in own), default=0) + 1
        quoted = quoted_command(comment, number, policy, said, written.splitlines())
        if quoted is not None:
            history.commands.append(quoted._replace(digest=digest(comment.text)))


def _hold_against(comment: Comment, stored: Sequence[Command], policy: Policy, history: CommandHistory) -> None:
    """A comment that commands were read from before."""
    # A journal entry shows no edit at all: its text is another one only when somebody went round the tool's own pages.
    shows_edits = comment.edit is not None
    if comment.origin is CommandOrigin.APPROVAL:
        # Saving the row with a remark decides nothing: only another state is another decision.
        shows_edits = digest(comment.text) != stored[-1].digest
    if comment.is_authors_word and shows_edits:
        _restate(comment, stored, policy, history)
        return
    history.commands += stored
    unedited = comment.edits_shown and comment.edit is None
    if not unedited and digest(comment.text) != stored[-1].digest:
        by, at = (comment.edit.by, comment.edit.at) if comment.edit is not None else (None, None)
        name = neutral(by.name) if by is not None else ""
        history.altered += [AlteredCommand(one, Alteration.EDITED, name, at) for one in stored if _matters(one)]


def _restate(comment: Comment, stored: Sequence[Command], policy: Policy, history: CommandHistory) -> None:
    """The author has written it anew: what is the same stays given when it was, the rest is taken back."""
    said = _said_in(comment, policy)
    unmatched = list(said)
    for command in stored:
        # A late command that is written once more is said again, beside what was said before.
        repeatable = command.ruling is not None and command.ruling.late
        same = next((one for one in (said if repeatable else unmatched) if _same_content(command, one)), None)
        if command.withdrawn or (command.quoted and is_still_quoted(comment, command)):
            history.commands.append(command)
        elif same is not None:
            history.commands.append(command)
            if same in unmatched and (not repeatable or same.at <= command.at):
                unmatched.remove(same)
        elif command.verb is Verb.REJECT and command.accepted:
            taken_back = command._replace(withdrawn=True)
            history.withdrawn.append(taken_back)
            history.commands.append(taken_back)
        else:
            history.withdrawn.append(command)
    # Under numbers of their own: a rejection that was taken back stays on record under its number.
    last = max(command.source.ordinal for command in stored)
    history.commands += [
        one._replace(source=one.source._replace(ordinal=last + number)) for number, one in enumerate(unmatched, 1)
    ]


def _first_reading(comment: Comment, policy: Policy, read_before: datetime | None) -> Iterator[Command]:
    said = _said_in(comment, policy)
    if comment.is_authors_word:
        yield from said
        return
    edit = comment.edit
    known = edit is not None and read_before is not None and comment.at + CLOCK_MARGIN <= read_before < edit.at
    if said or not known:
        who = neutral(edit.by.name) if edit is not None and edit.by is not None else NOBODY_KNOWN
        when = f" on {moment_text(edit.at)} UTC" if edit is not None else ""
        did = "set the approval" if comment.origin is CommandOrigin.APPROVAL else "edited it"
        source = CommandSource(comment.origin, comment.id)
        yield Command(
            Verb.OVERWRITTEN,
            comment.author,
            comment.at,
            source,
            problem=f"{who} {did}{when}",
            digest=digest(comment.text),
        )


def _said_in(comment: Comment, policy: Policy) -> tuple[Command, ...]:
    text_digest = digest(comment.text)
    return tuple(command._replace(digest=text_digest) for command in commands_in((comment,), policy))


def digest(text: str) -> str:
    """Of a comment's whole text, but for spaces at the ends of its lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:DIGEST_LENGTH]


def _matters(command: Command) -> bool:
    return command.accepted and not command.withdrawn and command.verb in STATEMENTS


def _same_content(command: Command, other: Command) -> bool:
    """Whether two readings of one comment have the same content; the moment is not compared."""
    return (
        command.verb is other.verb
        and command.person.id == other.person.id
        and (command.stage, command.amount, command.first_month, command.month, command.pl_line, command.text)
        == (other.stage, other.amount, other.first_month, other.month, other.pl_line, other.text)
        and (command.delegate, command.until) == (other.delegate, other.until)
    )
