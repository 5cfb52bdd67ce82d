"""The sentences that people read of a gate, each a whole template that is filled with data.

No sentence is put together from parts: another language translates the templates below, and nothing else.
The code stands at the end of each, for search.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from governance.capital import capitalised
from governance.gates import ApprovalKind
from governance.responsible import Responsible


class Template(StrEnum):
    """The sentences."""

    BREACH = "This was moved to {status} without approval. Move it back to {stage}, or complete what is listed · {code}"
    BREACH_TAKEN_BACK = (
        "{taken} was taken back, and this is still in {status}. "
        "Move it back to {stage}, or complete what is listed · {code}"
    )
    BREACH_AT_START = "This was moved to {status} without approval. Move it back, or complete what is listed · {code}"
    NOT_YET = "Cannot move into {stage} yet: {reason}. {who}, since {since} · {code}"
    NOT_YET_CLOSED = "Cannot close yet: {reason}. {who}, since {since} · {code}"
    NOT_YET_ASKING = "Cannot move into {stage} yet: {reason} {who}, since {since} · {code}"
    NOT_YET_CLOSED_ASKING = "Cannot close yet: {reason} {who}, since {since} · {code}"
    NOT_DUE_ASKING = "{stage} is not due before {due}: {reason} {who}, since {since} · {code}"
    NOT_DUE = "{stage} is not due before {due}: {reason}. {who}, since {since} · {code}"
    NOT_YET_BY_NOBODY = "Cannot move into {stage} yet: {reason}, since {since} · {code}"
    NOT_YET_CLOSED_BY_NOBODY = "Cannot close yet: {reason}, since {since} · {code}"
    NOT_DUE_BY_NOBODY = "{stage} is not due before {due}: {reason}, since {since} · {code}"
    WAITING_APPROVAL = "Waiting for {person} to approve {stage}, since {since}. Comment /approve {key} · {code}"
    WAITING_SIZE = (
        "Waiting for {person} to confirm size and timing for {stage}, since {since}. Comment /approve {key} · {code}"
    )
    WAITING_EFFECT = (
        "Waiting for {person} to confirm the actual effect, since {since}. Comment /confirm AMOUNT MONTH · {code}"
    )
    WAITING_APPROVAL_OR_OPEN = (
        "Waiting for {person} to approve {stage}, since {since}. Comment /approve {key} here, or open {address} "
        "· {code}"
    )
    WAITING_SIZE_OR_OPEN = (
        "Waiting for {person} to confirm size and timing for {stage}, since {since}. Comment /approve {key} here, or "
        "open {address} · {code}"
    )
    WAITING_EFFECT_OR_OPEN = (
        "Waiting for {person} to confirm the actual effect, since {since}. Comment /confirm AMOUNT MONTH here, or open "
        "{address} · {code}"
    )
    UNEXPLAINED = "{reason}. {people}: please explain why with /reason, since {since} · {code}"
    NOT_CANCELLED = (
        "This was moved to {status} and is not cancelled. {person}: cancel it with /cancel REASON, or move it back "
        "· {code}"
    )
    ON_HOLD = "On hold since {since}, by {by}: {reason}. {person} may resume it with /resume · {code}"
    CANCELLED = "Cancelled on {since} by {by}: {reason}. {person} may resume it with /resume · {code}"
    KILLED = "On hold by the kill switch since {since}: {reason}. {decision} · {code}"
    ASKED_LATER = "Cannot move into {stage} yet: {reason} · {code}"

    IS_BREACH = "This was moved to {status} without approval. Move it back to {stage}, or complete what is listed"
    IS_BREACH_TAKEN_BACK = (
        "{taken} was taken back, and this is still in {status}. Move it back to {stage}, or complete what is listed"
    )
    IS_BREACH_AT_START = "This was moved to {status} without approval. Move it back, or complete what is listed"
    IS_ON_HOLD = "On hold since {since}, by {by}: {reason}"
    IS_CANCELLED = "Cancelled on {since} by {by}: {reason}"
    IS_KILLED = "On hold by the kill switch since {since}: {reason}"
    WAS_MOVED_NOT_CANCELLED = "moved to {status}, and not cancelled"

    ONE_ACTS = "{person} needs to act"
    SEVERAL_ACT = "{people} need to act"
    PERSON = "{name} ({role})"
    NOBODY_NAMED = "{role} (nobody named)"


WAITING: Final = {
    ApprovalKind.APPROVAL: Template.WAITING_APPROVAL,
    ApprovalKind.SIZE_AND_TIMING: Template.WAITING_SIZE,
    ApprovalKind.ACTUAL_EFFECT: Template.WAITING_EFFECT,
}

WAITING_OR_OPEN: Final = {
    ApprovalKind.APPROVAL: Template.WAITING_APPROVAL_OR_OPEN,
    ApprovalKind.SIZE_AND_TIMING: Template.WAITING_SIZE_OR_OPEN,
    ApprovalKind.ACTUAL_EFFECT: Template.WAITING_EFFECT_OR_OPEN,
}
"""In the tool, where the address of the measure's page is known."""


def person_words(person: Responsible) -> str:
    """``Martin Brandt (sponsor)``; ``IT Board (steering committee)``; ``sponsor (nobody named)``."""
    if person.role is None:
        return person.name
    role = person.label or person.role.words
    if not person.name:
        return Template.NOBODY_NAMED.format(role=role)
    return Template.PERSON.format(name=person.name, role=role)


def people_words(people: Sequence[Responsible]) -> str:
    """Several people in a row."""
    return " and ".join(map(person_words, people))


def who_acts(people: Sequence[Responsible]) -> str:
    """``Julia Weber (controller) needs to act``."""
    if len(people) == 1:
        return Template.ONE_ACTS.format(person=capitalised(person_words(people[0])))
    return Template.SEVERAL_ACT.format(people=capitalised(people_words(people)))


def begin_sentence(text: str) -> str:
    """With a capital, and without a full stop at its end."""
    return capitalised(text.rstrip(". "))
