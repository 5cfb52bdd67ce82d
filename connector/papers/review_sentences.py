"""The sentences of the outcome review, each a whole template filled with data; see :mod:`governance.sentences`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Came(StrEnum):
    """What was promised for the quarter, and what came."""

    NOTHING = "Nothing was promised for {period}, and nothing came."
    PROMISED = "Of {plan} promised for {period}, {actual} came ({share})."
    PROMISED_ONE_SILENT = (
        "Of {plan} promised for {period}, {actual} came ({share}); 1 measure with a plan booked nothing."
    )
    PROMISED_SILENT = (
        "Of {plan} promised for {period}, {actual} came ({share}); {silent} measures with a plan booked nothing."
    )
    COST = "For {period} {plan} were planned, and {actual} came."
    COST_ONE_SILENT = "For {period} {plan} were planned, and {actual} came; 1 measure with a plan booked nothing."
    COST_SILENT = "For {period} {plan} were planned, and {actual} came; {silent} measures with a plan booked nothing."


class Moves(StrEnum):
    """What was stopped and decided, and what comes next."""

    ONE_ONE = (
        "1 measure was stopped and {started} decided; the committee is asked to stop {to_stop} more, and 1 gate to "
        "decide or build comes next."
    )
    ONE_SEVERAL = (
        "1 measure was stopped and {started} decided; the committee is asked to stop {to_stop} more, and {gates} gates "
        "to decide or build come next."
    )
    SEVERAL_ONE = (
        "{stopped} measures were stopped and {started} decided; the committee is asked to stop {to_stop} more, and 1 "
        "gate to decide or build comes next."
    )
    SEVERAL_SEVERAL = (
        "{stopped} measures were stopped and {started} decided; the committee is asked to stop {to_stop} more, and "
        "{gates} gates to decide or build come next."
    )


class Answered(StrEnum):
    """Which share of the answered demands was refused."""

    NONE = "No demand was answered in the quarter; the target is {target} refused."
    THE_ONE_REFUSED = "The one answered demand was refused; the target of {target} is reached."
    THE_ONE_APPROVED = "The one answered demand was approved; the target of {target} refused is missed."
    THE_ONE_APPROVED_REACHED = "The one answered demand was approved; the target of {target} refused is reached."
    ONE_REACHED = "1 of {requests} demands was refused ({share}); the target of {target} is reached."
    ONE_MISSED = "1 of {requests} demands was refused ({share}); the target of {target} is missed."
    SEVERAL_REACHED = "{refused} of {requests} demands were refused ({share}); the target of {target} is reached."
    SEVERAL_MISSED = "{refused} of {requests} demands were refused ({share}); the target of {target} is missed."


CAME: Final = {
    True: (Came.PROMISED, Came.PROMISED_ONE_SILENT, Came.PROMISED_SILENT),
    False: (Came.COST, Came.COST_ONE_SILENT, Came.COST_SILENT),
}
"""By whether something was promised; with none, one or several measures that booked nothing."""
MOVES: Final = {
    (True, True): Moves.ONE_ONE,
    (True, False): Moves.ONE_SEVERAL,
    (False, True): Moves.SEVERAL_ONE,
    (False, False): Moves.SEVERAL_SEVERAL,
}
"""By whether one was stopped, and whether one gate comes next."""


def answered_line(requests: int, refused: int, *, reached: bool) -> Answered:
    """Which of these sentences it is."""
    if not requests:
        return Answered.NONE
    if requests == 1:
        approved = Answered.THE_ONE_APPROVED_REACHED if reached else Answered.THE_ONE_APPROVED
        return Answered.THE_ONE_REFUSED if refused else approved
    if refused == 1:
        return Answered.ONE_REACHED if reached else Answered.ONE_MISSED
    return Answered.SEVERAL_REACHED if reached else Answered.SEVERAL_MISSED
