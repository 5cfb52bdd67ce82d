"""Gatepost's replies to commands, each a whole template that is filled with data; see :mod:`governance.sentences`."""

from __future__ import annotations

from enum import Enum, StrEnum


class Reply(StrEnum):
    """To a command that counts."""

    APPROVED = "{stage} approved by {person} as {role}."
    REJECTED = "{stage} rejected ({text}) by {person} as {role}."
    ON_HOLD = "On hold ({text}) by {person} as {role}."
    CANCELLED = "Cancelled ({text}) by {person} as {role}."
    RESUMED = "Resumed by {person} as {role}."
    RESUMED_AGAIN = "Resumed by {person}, who had put it on hold."
    REASON_NOTED = "Reason noted ({text}) by {person} as {role}."
    REBASELINE_ASKED = (
        "Re-baseline asked for ({text}); {approvers} decide with /approve rebaseline. It was asked by {person} as "
        "{role}."
    )
    DELEGATED = "{role} delegated until {until}."
    CONFIRMED = "Confirmed: {amount} for {span} by {person} as controller."
    CONFIRMED_OF_LINE = "Confirmed: {amount} of {line} for {span} by {person} as controller."
    LOWER = "Lower value confirmed: {amount} for {span} ({text}) by {person} as controller."
    LOWER_OF_LINE = "Lower value confirmed: {amount} of {line} for {span} ({text}) by {person} as controller."
    LESS = (
        "Lower value confirmed: {amount} for {span}, {less} less than the {claimed} claimed ({text}) by {person} as "
        "controller."
    )
    LESS_OF_LINE = (
        "Lower value confirmed: {amount} of {line} for {span}, {less} less than the {claimed} claimed ({text}) by "
        "{person} as controller."
    )


class Quoted(StrEnum):
    """To a command in what looks like a quoted mail."""

    NAMED = (
        '"{text}" is not taken: it stands below the head of a mail, where nothing counts, because it may be the word '
        "of somebody else. Write the command in a comment of its own."
    )
    UNNAMED = (
        "A command below the head of a mail is not taken: nothing counts there, because it may be the word of somebody "
        "else. Write the command in a comment of its own."
    )


class Refusal(Enum):
    """To somebody who may not: who may instead, or why they may not yet."""

    APPROVE = ("{person} may not approve {stage}; {who} may.", "{person} may not approve {stage} yet: {why}.")
    REJECT = ("{person} may not reject {stage}; {who} may.", "{person} may not reject {stage} yet: {why}.")
    CONFIRM = (
        "{person} may not confirm the actual effect; {who} may.",
        "{person} may not confirm the actual effect yet: {why}.",
    )
    HOLD = ("{person} may not put it on hold; {who} may.", "{person} may not put it on hold yet: {why}.")
    CANCEL = ("{person} may not cancel it; {who} may.", "{person} may not cancel it yet: {why}.")
    OVERRIDE = (
        "{person} may not override the kill switch; {who} may.",
        "{person} may not override the kill switch yet: {why}.",
    )
    RESUME = ("{person} may not resume it; {who} may.", "{person} may not resume it yet: {why}.")
    REASON = ("{person} may not give the reason; {who} may.", "{person} may not give the reason yet: {why}.")
    KILL_CRITERIA = (
        "{person} may not state the kill criteria; {who} may.",
        "{person} may not state the kill criteria yet: {why}.",
    )
    REBASELINE = (
        "{person} may not ask for a re-baseline; {who} may.",
        "{person} may not ask for a re-baseline yet: {why}.",
    )

    @property
    def instead(self) -> str:
        """Filled with who may."""
        return self.value[0]

    @property
    def not_yet(self) -> str:
        """Filled with why not."""
        return self.value[1]
