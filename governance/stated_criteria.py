"""Kill criteria that somebody stated with ``/kill-criteria`` instead of in the tool's field.

The newest statement counts in place of the field.  Like any change of the field it is no more than a wish after the
decision: the agreed criteria stay in force until a re-baseline is approved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from governance.effects import Effects
from governance.evidence import Command, CommandOrigin, Verb
from governance.gates import Policy
from governance.kill_criteria import FORMS, WORD_JOINER, parse_kill_criteria
from governance.kill_evaluation import stage_names
from governance.kill_plausibility import never_fires
from governance.locked_plan import LockedPlan
from governance.measure import Measure


def stated_criteria(commands: Iterable[Command]) -> Command | None:
    """The newest statement that was accepted; ``None`` when the tool's field counts."""
    stated = [one for one in commands if one.verb is Verb.KILL_CRITERIA and one.accepted and not one.withdrawn]
    return max(stated, key=lambda one: (one.at, one.source), default=None)


def with_stated_criteria(measure: Measure, commands: Iterable[Command]) -> Measure:
    """The measure with the criteria of the newest statement."""
    stated = stated_criteria(commands)
    return measure if stated is None else replace(measure, kill_criteria=criteria_in(stated))


def criteria_in(command: Command) -> str:
    """What the command states, as it was written."""
    return command.text.replace(WORD_JOINER, "")


def criteria_problem(command: Command, measure: Measure, effects: Effects | None, policy: Policy) -> str:
    """Why the statement is refused: a part that cannot be checked, or that can never fire."""
    if command.source.origin is CommandOrigin.TRIAL:
        return ""
    stated = parse_kill_criteria(command.text, stage_names(policy.stages))
    if stated.unreadable:
        texts = " and ".join(f'"{text}"' for text in stated.unreadable[:2])
        return f"{texts} cannot be checked. Write criteria of these forms, with ; between them: {FORMS}"
    if not stated.criteria:
        return f"There is no kill criterion in it. Write: {FORMS}"
    never = [
        f'"{one.text}" can never stop the measure: {why}'
        for one in stated.criteria
        if (why := never_fires(one, measure, effects, policy))
    ]
    return "; ".join(never)


def criteria_reply(command: Command, by: str, plan: LockedPlan | None) -> str:
    """``by``: ``K. Kaya as owner``."""
    stated = f"Kill criteria stated by {by}: {command.text}. They count in place of the tool's field"
    if plan is None:
        return f"{stated}, and lock with the decision."
    return (
        f"{stated}; those of the decision stay in force until a re-baseline is approved: ask for it with /rebaseline."
    )
