"""The one comment in which Gatepost answers: what it asks for, and what it said to each command.

It is edited when it changes and never repeated.  In ServiceNow, whose journal cannot be edited, a work note is
added only when the text is another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from governance.deviations import request
from governance.measure import Measure, Person, Role
from governance.measure_state import RampKind
from governance.verdict import GateState, Verdict

TITLE = "Gatepost"
"""First word of the comment; with the author it tells Gatepost's own comment from others."""

MOST_ANSWERS = 8

_WIKI_MENTION = re.compile(r"\[~[^\]\s]{1,128}\]")


@dataclass(frozen=True, slots=True)
class Answer:
    """``mentions`` are names in the text, written ``@Name``, with the tool's ids of these people."""

    text: str
    mentions: tuple[tuple[str, str], ...] = ()

    def is_said_by(self, present: str | None) -> bool:
        """Whether a comment says this already.

        Wiki text has ``[~kaya]`` for a mention, and does not tell whose account that is: any one stands for a name.
        """
        return self._neutral(present) == self._neutral(self.text)

    def _neutral(self, content: str | None) -> str:
        """Without the ways in which tools write who is meant."""
        said = _WIKI_MENTION.sub("@", content or "")
        for name, _ in self.mentions:
            said = said.replace(f"@{name}", "@")
        return "\n".join(line.rstrip() for line in said.strip().splitlines())


def answer_of(
    measure: Measure, verdict: Verdict, present: str | None, explains_breach_at: str | None = None
) -> Answer | None:
    """What the comment has to say now; ``None`` when there is nothing to say and no comment either.

    ``explains_breach_at`` is the item's present status, when a breach is told here.
    """
    people: dict[str, str] = {}
    lines = [
        *_breach(measure, verdict, explains_breach_at, people),
        *_asks(measure, verdict, people),
        *_killed(measure, verdict, people),
        *_answers(verdict),
    ]
    if not lines and present is None:
        return None
    title = f"{TITLE}: nothing is asked at present." if not lines else f"{TITLE} answers here and edits this comment."
    return Answer("\n".join([title, *lines]), tuple(people.items()))


def _breach(measure: Measure, verdict: Verdict, status: str | None, people: dict[str, str]) -> Iterator[str]:
    """Told while the gate stays shut: whoever moved the item finds here why, also after it was moved back."""
    breach = verdict.standing.breach
    if breach is None or status is None:
        return
    told = (
        f"{_call(measure, Role.OWNER, people)}: moved to {breach.status} ({breach.stage}) on "
        f"{breach.at:%d %b %Y %H:%M} UTC while the gate into {breach.gate} is shut"
    )
    count = len([one for one in verdict.blockers if one.code != "GATE_ORDER"])
    conditions = "1 condition is" if count == 1 else f"{count} conditions are"
    where = "stands in the field with the blockers" if count == 1 else "stand in the field with the blockers"
    if verdict.gate is GateState.BREACH:
        yield f"{told}. Move it back or meet what is open: {conditions} not met and {where}."
    else:
        yield f"{told}; it is back at {status}. {conditions.capitalize()} not met and {where}."


def _asks(measure: Measure, verdict: Verdict, people: dict[str, str]) -> Iterator[str]:
    if verdict.deviation is None or not verdict.asks:
        return
    last = verdict.asks[-1].responsible
    who = _call(measure, last.role, people) if last.role is not None else last.text
    yield f"{who}: {request(verdict.deviation, verdict.figures)}"
    for step in verdict.asks:
        yield f"- {step.responsible.text} asked on {step.at:%d %b %Y %H:%M} UTC"


def _killed(measure: Measure, verdict: Verdict, people: dict[str, str]) -> Iterator[str]:
    ramp = verdict.ramp
    if ramp is None or ramp.kind is not RampKind.KILLED:
        return
    told = " and ".join(_call(measure, role, people) for role in (Role.SPONSOR, Role.STEERING_COMMITTEE))
    when = f"{ramp.at:%d %b %Y}"
    yield f"{told}: stopped by the kill switch on {when}: {ramp.reason}. Only the sponsor resumes it: /resume"


def _call(measure: Measure, role: Role, people: dict[str, str]) -> str:
    """``@M. Brandt``, or the role in words where no single person holds it."""
    holder = measure.roles.of(role)
    if isinstance(holder, Person):
        people[holder.name] = holder.id
        return f"@{holder.name}"
    return role.value.replace("_", " ")


def _answers(verdict: Verdict) -> Iterator[str]:
    ruled = [one for one in verdict.statements if one.ruling is not None]
    for one in ruled[-MOST_ANSWERS:]:
        if one.ruling is not None:
            yield f"- {one.person.name}, {one.at:%d %b %Y %H:%M} UTC: {one.ruling.answer}"
