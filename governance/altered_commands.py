"""Words that were taken back by their speaker, and words that somebody else changed.

Only the speaker changes what was said, and only into a withdrawal on record; what anybody else does to the text leaves
the command standing and is reported until the speaker has spoken again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from governance.evidence import Alteration, AlteredCommand, Command, CommandOrigin, Verb
from governance.finding_draft import FindingDraft
from governance.gates import Policy
from governance.measure import Measure, Person, Role
from governance.responsible import Responsible
from governance.time_text import day_text, moment_text
from governance.verdict import Event, EventKind

STATEMENTS = frozenset(Verb) - {Verb.HELP, Verb.MALFORMED, Verb.OVERWRITTEN}
"""Verbs by which something is decided or stated."""


def withdrawal_events(commands: Iterable[Command], policy: Policy) -> Iterator[Event]:
    """One for each command that its speaker took back."""
    for command in commands:
        if command.verb in STATEMENTS and command.accepted:
            how = "the tool's own approval is open again"
            if command.source.origin is not CommandOrigin.APPROVAL:
                how = "the comment was edited by its author"
            text = f"{command.person.name} took back {_quoted(command, policy)} of {_day(command)}: {how}"
            yield Event(EventKind.COMMAND_WITHDRAWN, text, command.person.name)


def altered_drafts(
    altered: Iterable[AlteredCommand], commands: Sequence[Command], measure: Measure, policy: Policy
) -> Iterator[FindingDraft]:
    """What was done to whose words, until their speaker has said them again."""
    for one in altered:
        command = one.command
        if not _said_again(command, commands):
            yield FindingDraft(_subject(command), _altered(one, policy), (_speaker(command, measure),))
    for command in commands:
        lost = command.verb is Verb.OVERWRITTEN and command.ruling is not None and command.ruling.role is not None
        if lost and not _said_again(command, commands):
            yield FindingDraft(_subject(command), _overwritten(command), (_speaker(command, measure),))


def overwritten_after(approval: Command, commands: Iterable[Command]) -> Command | None:
    """Words of the same person that are later than the approval, and that nobody can know: a rejection, perhaps."""
    return next(
        (
            command
            for command in commands
            if command.verb is Verb.OVERWRITTEN
            and command.ruling is not None
            and command.ruling.role is not None
            and command.person.id == approval.person.id
            and command.at >= approval.at
        ),
        None,
    )


def _altered(one: AlteredCommand, policy: Policy) -> str:
    command, name = one.command, one.command.person.name
    if one.alteration is Alteration.REMOVED:
        done = f"{name}'s comment of {_day(command)} with {_quoted(command, policy)} was removed, nobody knows by whom"
    else:
        who = one.by or "somebody whom the tool does not name"
        when = f" on {moment_text(one.at)} UTC" if one.at is not None else ""
        done = f"{who} edited {name}'s comment of {_day(command)} with {_quoted(command, policy)}{when}"
    return f"{done}: the command stands until {name} gives another one"


def _overwritten(command: Command) -> str:
    name = command.person.name
    if command.source.origin is CommandOrigin.APPROVAL:
        return f"{command.problem}: it does not count, {name} has to decide it"
    return (
        f"what {name} wrote on {_day(command)} is not known, because {command.problem}: nothing of it counts until "
        f"{name} says it again"
    )


def _said_again(command: Command, commands: Iterable[Command]) -> bool:
    """Whether the speaker has spoken on the same matter since."""
    return any(
        other.person.id == command.person.id
        and other.at > command.at
        and other.verb in STATEMENTS
        and (
            command.verb is Verb.OVERWRITTEN
            or (other.stage == command.stage if command.stage else other.verb is command.verb)
        )
        for other in commands
    )


def _quoted(command: Command, policy: Policy) -> str:
    stage = f" {policy.label(command.stage)}" if command.stage else ""
    return f"/{command.verb.value}{stage}"


def _day(command: Command) -> str:
    return day_text(command.at)


def _subject(command: Command) -> str:
    return f"{command.source.origin.value} {command.source.id} {command.source.ordinal}"


def _speaker(command: Command, measure: Measure) -> Responsible:
    role = command.ruling.role if command.ruling else None
    holder = measure.roles.of(role) if role is not None and role != Role.STEERING_COMMITTEE else None
    holds = isinstance(holder, Person) and holder.id == command.person.id
    return Responsible(role if holds else None, command.person.name, command.person.id)
