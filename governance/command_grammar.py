"""The grammar of comment commands: strict, one command at the start of a line.

A line that begins with one of the commands and does not hold is malformed and answered; a line that begins with
something close to one (``/aprove``) is taken for a slip and answered as well; any other text is ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from governance.evidence import Verb
from governance.gates import REBASELINE, Policy
from governance.measure import HELD_ROLES
from governance.money import MAX_DIGITS, Money, Period, is_reasonable
from governance.quoted_mail import own_lines
from governance.written_date import written_date

USAGE: Mapping[Verb, str] = {
    Verb.APPROVE: "/approve STAGE, for example: /approve decided",
    Verb.REJECT: "/reject STAGE reason, for example: /reject decided the costs are not final",
    Verb.CONFIRM: "/confirm AMOUNT CURRENCY MONTH[..MONTH], for example: /confirm 1.2M EUR 2026-08..2026-10",
    Verb.CONFIRM_LOWER: "/confirm-lower AMOUNT CURRENCY MONTH[..MONTH] reason, for example: "
    "/confirm-lower 300k EUR 2026-08..2026-10 the volume never came",
    Verb.HOLD: "/hold reason, for example: /hold waiting for the supplier's contract",
    Verb.RESUME: "/resume",
    Verb.CANCEL: "/cancel reason, for example: /cancel replaced by the group's own platform",
    Verb.REASON: "/reason text, for example: /reason price 60 volume 40 dearer, and fewer of them",
    Verb.DELEGATE: "/delegate person until DATE, for example: /delegate @Sara Lind until 2026-12-31",
    Verb.REBASELINE: "/rebaseline reason, for example: /rebaseline two sites were added to the scope",
    Verb.KILL_CRITERIA: "/kill-criteria CRITERION[; CRITERION], for example: "
    "/kill-criteria cost > 1.2M; forecast < 60 % of plan for 3 months",
    Verb.ACCEPT_ROLE: "/accept-role ROLE, and best the new holder, for example: /accept-role sponsor @Sara Lind",
    Verb.HELP: "/help",
}

MAX_LINE_LENGTH = 1000
MAX_COMMANDS = 20
"""Commands that are read in one comment."""

_FACTORS = {"": Decimal(1), "k": Decimal(1000), "m": Decimal(1_000_000)}
_AMOUNT = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,4})?)([kKmM]?)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LINE = "line="
_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\s]{1,128})\]")
_LOGIN = re.compile(r"@?([A-Za-z0-9_.:@-]{1,128})")


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """A command as it was written; ``problem`` says why it does not hold."""

    verb: Verb
    stage: str = ""
    amount: Money | None = None
    month: Period | None = None
    """The month, or the last one of several."""
    text: str = ""
    problem: str = ""
    usage: str = ""
    delegate: str = ""
    until: date | None = None
    first_month: Period | None = None
    """The first of several months; ``None`` for one month."""
    pl_line: str = ""
    """The only P&L line, or kind of effect, that a confirmation speaks of."""


class _InvalidCommand(Exception):
    """What does not hold in a command."""


def parse_commands(text: str, policy: Policy) -> tuple[ParsedCommand, ...]:
    """The commands in a comment, in their order; ordinary text gives none.  Never raises.

    What follows the head of a quoted mail is not read: whoever answers a notification by mail repeats the words of
    others without giving them.
    """
    found: list[ParsedCommand] = []
    for line in own_lines(text):
        stripped = line.strip()
        if stripped.startswith("/") and len(found) < MAX_COMMANDS:
            command = read_command(stripped, policy)
            if command is not None:
                found.append(command)
    return tuple(found)


def delegates_in(text: str) -> tuple[str, ...]:
    """Whom the delegations in a comment name, by id or login, well formed or not; cheap for every other text."""
    if "/delegate" not in text:
        return ()
    lines = (line.strip()[:MAX_LINE_LENGTH] for line in own_lines(text))
    named = (
        line.removeprefix("/delegate").partition(" until ")[0].strip() for line in lines if line[:9] == "/delegate"
    )
    found = (_MENTION.fullmatch(who) or _LOGIN.fullmatch(who) for who in named)
    return tuple(one[1] for one in found if one is not None)


def read_command(line: str, policy: Policy) -> ParsedCommand | None:
    """The command in a line that begins with a slash, well formed or not; ``None`` for ordinary text."""
    line = line[:MAX_LINE_LENGTH]
    word, _, rest = line.partition(" ")
    verb = _VERBS.get(word)
    if verb is None:
        near = get_close_matches(word.casefold(), _VERBS, n=1, cutoff=0.8)
        if not near:
            return None
        return ParsedCommand(
            Verb.MALFORMED, text=line, problem=f'"{word}" is not a command', usage=USAGE[_VERBS[near[0]]]
        )
    try:
        return _PARSERS[verb](verb, rest.strip(), policy)
    except _InvalidCommand as wrong:
        return ParsedCommand(Verb.MALFORMED, text=line, problem=str(wrong), usage=USAGE[verb])


def _with_stage(verb: Verb, rest: str, policy: Policy) -> ParsedCommand:
    """``/approve STAGE``"""
    return ParsedCommand(verb, stage=_find(rest, policy))


def _find(name: str, policy: Policy) -> str:
    if name.casefold() in {REBASELINE, "re-baseline"}:
        return REBASELINE
    stage = policy.find_stage(name)
    if stage is None:
        labels = ", ".join(item.label for item in policy.stages)
        raise _InvalidCommand(f'"{name}" is not a stage; the stages are {labels}' if name else "the stage is missing")
    return stage.key


def _with_stage_and_reason(verb: Verb, rest: str, policy: Policy) -> ParsedCommand:
    """``/reject STAGE reason``; a label of two words is a stage as well."""
    names = sorted({REBASELINE, *(text for stage in policy.stages for text in (stage.key, stage.label))}, key=len)
    for name in reversed(names):
        tail = rest[len(name) :]
        if rest.casefold().startswith(name.casefold()) and (not tail or not tail[0].isalnum()):
            reason = tail.strip(" :–-")
            if not reason:
                raise _InvalidCommand("the reason is missing")
            return ParsedCommand(verb, stage=_find(name, policy), text=reason)
    return ParsedCommand(verb, stage=_find(rest.partition(" ")[0], policy))


def _confirm(verb: Verb, rest: str, _policy: Policy) -> ParsedCommand:
    """``AMOUNT CURRENCY MONTH[..MONTH] [line=P&L_LINE] [reason]``"""
    words = rest.split(None, 3)
    reason = words[3] if len(words) > 3 else ""
    pl_line = ""
    if reason.startswith(_LINE):
        pl_line, _, reason = reason.removeprefix(_LINE).partition(" ")
        if not pl_line:
            raise _InvalidCommand("the P&L line is missing")
    if len(words) < 3 or (reason and verb is Verb.CONFIRM):
        raise _InvalidCommand("an amount, a currency and a month are needed")
    if verb is Verb.CONFIRM_LOWER and not reason.strip():
        raise _InvalidCommand("the reason is missing")
    amount = _AMOUNT.fullmatch(words[0])
    if amount is None:
        raise _InvalidCommand(f'"{words[0]}" is not an amount')
    if not _CURRENCY.fullmatch(words[1]):
        raise _InvalidCommand(f'"{words[1]}" is not a currency code of three capitals')
    first, month = _months(words[2])
    value = Decimal(amount[1].replace(",", "")) * _FACTORS[amount[2].lower()]
    if not is_reasonable(value):
        raise _InvalidCommand(f'"{words[0]}" is larger than an amount of {MAX_DIGITS} digits')
    money = Money(value, words[1])
    return ParsedCommand(verb, amount=money, month=month, text=reason.strip(), first_month=first, pl_line=pl_line)


def _months(text: str) -> tuple[Period | None, Period]:
    """The first month, where it is not the only one, and the last."""
    first, _, last = text.rpartition("..")
    try:
        if not first:
            return None, Period.parse(last)
        months = Period.parse(first), Period.parse(last)
    except ValueError as error:
        raise _InvalidCommand(str(error)) from None
    if months[0] > months[1]:
        raise _InvalidCommand(f"{months[0]} is after {months[1]}")
    return (None if months[0] == months[1] else months[0]), months[1]


def _with_reason(verb: Verb, rest: str, _policy: Policy) -> ParsedCommand:
    if not rest:
        raise _InvalidCommand("the reason is missing")
    return ParsedCommand(verb, text=rest)


def _kill_criteria(verb: Verb, rest: str, _policy: Policy) -> ParsedCommand:
    """What cannot be checked is said by the ruling, which knows the plan as well."""
    if not rest:
        raise _InvalidCommand("the criteria are missing")
    return ParsedCommand(verb, text=rest)


def _without_argument(verb: Verb, rest: str, _policy: Policy) -> ParsedCommand:
    if rest:
        raise _InvalidCommand(f'nothing may follow, but "{rest}" does')
    return ParsedCommand(verb)


def _delegate(verb: Verb, rest: str, _policy: Policy) -> ParsedCommand:
    who, marker, day = rest.rpartition(" until ")
    if not marker:
        raise _InvalidCommand('a person, the word "until" and a date are needed')
    person = _MENTION.fullmatch(who.strip()) or _LOGIN.fullmatch(who.strip())
    if person is None:
        raise _InvalidCommand(f'"{who.strip()}" is not a person: mention them with @, or write their user name')
    until = written_date(day)
    if until is None:
        raise _InvalidCommand(f'"{day.strip()}" is not a date such as 2026-12-31')
    return ParsedCommand(verb, delegate=person[1], until=until)


def _accept_role(verb: Verb, rest: str, policy: Policy) -> ParsedCommand:
    """``/accept-role ROLE [PERSON]``"""
    name, _, who = rest.partition(" ")
    every = (*HELD_ROLES, *policy.further_roles)
    role = next((role.value for role in every if role.value == name.casefold()), "")
    if not role:
        roles = ", ".join(one.value for one in every)
        raise _InvalidCommand(f'"{name}" is not a role; the roles are {roles}' if name else "the role is missing")
    who = who.strip()
    person = _MENTION.fullmatch(who) or _LOGIN.fullmatch(who)
    if who and person is None:
        raise _InvalidCommand(f'"{who}" is not a person: mention them with @, or write their user name')
    return ParsedCommand(verb, stage=role, delegate=person[1] if person else "")


_VERBS = {f"/{verb.value}": verb for verb in USAGE}

_PARSERS: Mapping[Verb, Callable[[Verb, str, Policy], ParsedCommand]] = {
    Verb.APPROVE: _with_stage,
    Verb.REJECT: _with_stage_and_reason,
    Verb.CONFIRM: _confirm,
    Verb.CONFIRM_LOWER: _confirm,
    Verb.HOLD: _with_reason,
    Verb.RESUME: _without_argument,
    Verb.CANCEL: _with_reason,
    Verb.REASON: _with_reason,
    Verb.DELEGATE: _delegate,
    Verb.REBASELINE: _with_reason,
    Verb.KILL_CRITERIA: _kill_criteria,
    Verb.ACCEPT_ROLE: _accept_role,
    Verb.HELP: _without_argument,
}
