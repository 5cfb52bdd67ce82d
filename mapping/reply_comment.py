"""The one comment in which Gatepost replies: what it requests, and its ruling on each command.

It is edited when it changes and never repeated.  In ServiceNow, whose journal cannot be edited, a work note is
added only when the text is another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from governance.breach_times import reverted_again_at, stays_in_breach
from governance.deviations import reason_request_text
from governance.evidence import Command, Verb
from governance.kill_switch import TO_GO_ON_OR_STOP
from governance.measure import Measure, Person, Role
from governance.measure_state import Breach, OffRampKind
from governance.role_change import CODE as ROLE_CHANGED
from governance.role_change import pending
from governance.time_text import day_text, moment_text
from governance.verdict import GateState, Verdict
from mapping.neutral_text import neutral, without_joiners

TITLE = "Gatepost"
"""First word of the comment; with the author it tells Gatepost's own comment from others."""

WRITTEN_REPLY = "@reply"
"""Beside the fields that were written last: the digest of the text.  A tool may keep our own comment from us."""

MAX_RULINGS = 8
"""Accepted commands that the comment shows, and refused ones."""

MAX_REFUSED_OF_ONE_PERSON = 3

_WIKI_MENTION = re.compile(r"\[~[^\]\s]{1,128}\]")
_WIKI_ESCAPE = re.compile(r"\\(?=[^\w\s])")


@dataclass(frozen=True, slots=True)
class ReplyComment:
    """``mentions`` are names in the text, written ``@Name``, with the tool's ids of these people."""

    text: str
    mentions: tuple[tuple[str, str], ...] = ()

    def has_text(self, present: str | None) -> bool:
        """Whether a comment has this text already.

        Wiki text has ``[~kaya]`` for a mention, and does not say whose account that is: any mention counts as any name.
        """
        return self._normalised(present) == self._normalised(self.text)

    @property
    def digest(self) -> str:
        """The same for every way in which a tool writes this text."""
        return sha256(self._normalised(self.text).encode()).hexdigest()

    def _normalised(self, content: str | None) -> str:
        """Without the ways in which tools write who is meant, what is plain text, and what they do not store."""
        text = _WIKI_MENTION.sub("@", _WIKI_ESCAPE.sub("", without_joiners(content or "")))
        for name, _ in self.mentions:
            text = text.replace(f"@{without_joiners(name)}", "@")
        return "\n".join(line.rstrip() for line in text.strip().splitlines())


def reply_comment_of(
    measure: Measure, verdict: Verdict, present: str | None, explains_breach_at: str | None = None
) -> ReplyComment | None:
    """The text of the comment now; ``None`` when there is nothing to write and no comment either.

    ``explains_breach_at`` is the item's present status, when a breach is reported here.
    """
    people: dict[str, str] = {}
    lines = [
        *_breach(measure, verdict, explains_breach_at, people),
        *_role_changes(verdict, people),
        *_reason_requests(measure, verdict, people),
        *_killed(measure, verdict, people),
        *_rulings(verdict),
    ]
    if not lines and present is None:
        return None
    title = f"{TITLE}: no open questions." if not lines else f"{TITLE} replies in this comment and keeps it up to date."
    return ReplyComment("\n".join([title, *lines]), tuple(people.items()))


def _breach(measure: Measure, verdict: Verdict, status: str | None, people: dict[str, str]) -> Iterator[str]:
    """Reported while the gate stays shut: whoever moved the item finds here why, also after it was moved back."""
    breach = verdict.measure_state.breach
    if breach is None or status is None:
        return
    if not breach.stage:
        yield from _ended(measure, breach, people)
        return
    breach_text = neutral(breach.text)
    sentence = (
        f"{_mention(measure, Role.OWNER, people)}: {breach_text} on "
        f"{moment_text(breach.at)} UTC while the gate into {breach.gate} is shut"
    )
    count = len([one for one in verdict.blockers if one.code != "GATE_ORDER"])
    conditions = "1 condition is" if count == 1 else f"{count} conditions are"
    where = "is listed in the field Gate blockers" if count == 1 else "are listed in the field Gate blockers"
    if verdict.gate is GateState.BREACH and stays_in_breach(verdict.measure_state):
        until = reverted_again_at(verdict.measure_state)
        yield (
            f"{sentence}. It went past the gate {len(verdict.measure_state.breach_times)} times within a day, so it is "
            f"not moved back before {moment_text(until)} UTC: end what moves it on. {conditions.capitalize()} not "
            f"met and {where}."
        )
    elif verdict.gate is GateState.BREACH:
        yield f"{sentence}. Move it back or meet what is open: {conditions} not met and {where}."
    else:
        yield f"{sentence}; it is back at {status}. {conditions.capitalize()} not met and {where}."


def _ended(measure: Measure, breach: Breach, people: dict[str, str]) -> Iterator[str]:
    """Moved to a status of cancelled work, and nobody has cancelled the measure: the sponsor is asked."""
    addressees = " and ".join(_mention(measure, role, people) for role in (Role.SPONSOR, Role.OWNER))
    yield (
        f"{addressees}: moved to {breach.status} on {moment_text(breach.at)} UTC, and the measure is not cancelled. "
        "The sponsor cancels it with /cancel REASON; until then this status is not open to it"
    )


def _role_changes(verdict: Verdict, people: dict[str, str]) -> Iterator[str]:
    """Whose role it was and whose it is to be learn of a change by being mentioned."""
    sentences = {finding.subject: finding.sentence for finding in verdict.findings if finding.code == ROLE_CHANGED}
    for role, held in pending(verdict.measure_state.role_holders):
        if role.value not in sentences:
            continue  # Of a cancelled measure it is not reported.
        named = [person for person in (held.accepted, held.present) if person is not None]
        people |= {person.name: person.id for person in named}
        yield f"{' and '.join(f'@{person.name}' for person in named)}: {sentences[role.value]}."


def _reason_requests(measure: Measure, verdict: Verdict, people: dict[str, str]) -> Iterator[str]:
    if verdict.deviation is None or not verdict.reason_requests:
        return
    last = verdict.reason_requests[-1].responsible
    who = _mention(measure, last.role, people) if last.role is not None else last.text
    yield f"{who}: {reason_request_text(verdict.deviation)}"
    for step in verdict.reason_requests:
        yield f"- {step.responsible.text} was asked on {moment_text(step.at)} UTC"


def _killed(measure: Measure, verdict: Verdict, people: dict[str, str]) -> Iterator[str]:
    off_ramp = verdict.off_ramp
    if off_ramp is None or off_ramp.kind is not OffRampKind.KILLED:
        return
    addressees = " and ".join(_mention(measure, role, people) for role in (Role.SPONSOR, Role.STEERING_COMMITTEE))
    when = day_text(off_ramp.at)
    until = f" by {day_text(off_ramp.decide_by)}" if off_ramp.decide_by is not None else ""
    yield (
        f"{addressees}: stopped by the kill switch on {when}: {off_ramp.reason}. The sponsor decides{until}: "
        f"{TO_GO_ON_OR_STOP}"
    )


def _mention(measure: Measure, role: Role, people: dict[str, str]) -> str:
    """``@M. Brandt``, or the name of the role where no single person holds it."""
    holder = measure.roles.of(role)
    if isinstance(holder, Person):
        name = neutral(holder.name)
        people[name] = holder.id
        return f"@{name}"
    return measure.roles.label(role)


def _rulings(verdict: Verdict) -> Iterator[str]:
    """The newest answers.

    What was refused, and what anybody may ask, has a place of its own, and one person only a part of it: nobody pushes
    the answers to others out of the comment.
    """
    ruled = [one for one in verdict.commands if one.ruling is not None and one.ruling.reply]
    shown = [one for one in ruled if _is_decision(one)][-MAX_RULINGS:]
    others: list[Command] = []
    count: Counter[str] = Counter()
    for one in reversed(ruled):
        if not _is_decision(one) and count[one.person.id] < MAX_REFUSED_OF_ONE_PERSON and len(others) < MAX_RULINGS:
            count[one.person.id] += 1
            others.append(one)
    for one in ruled:
        if one.ruling is not None and (one in shown or one in others):
            yield f"- {one.person.name}, {moment_text(one.at)} UTC: {one.ruling.reply}"


def _is_decision(command: Command) -> bool:
    return command.accepted and command.verb is not Verb.HELP
