"""Kill criteria that somebody states by a command: who may, what is refused, what they count for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assess import assess
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.locked_plan import lock_plan
from governance.locked_scope import terms_of
from governance.measure import Person
from governance.measure_state import MeasureState
from governance.stated_criteria import stated_criteria, with_stated_criteria
from governance.verdict import EventKind, Outcome, Verdict
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command

HOUR = timedelta(hours=1)
FORMS = "cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31"


def state(text: str, person: Person = KAYA, **more: object) -> Command:
    return new_command("", person, Verb.KILL_CRITERIA, text=text, **more)


def assessed(*commands: Command, field: object = "", **state: object) -> Verdict:
    before = MeasureState("detailed", **state)  # type: ignore[arg-type]
    return assess(measure(kill_criteria=field), replace(evidence(commands=commands), measure_state=before), POLICY, NOW)


def reply_to(command: Command, **more: object) -> tuple[bool, str]:
    (ruled,) = assessed(command, **more).commands
    assert ruled.ruling is not None
    return ruled.ruling.accepted, ruled.ruling.reply


RULED: dict[str, tuple[Command, bool, str]] = {
    "the owner states them": (
        state("cost > 1.2M; slip > 60 days"), True,
        "Kill criteria stated by A. Kaya as owner: cost > 1.2M; slip > 60 days. "
        "They count in place of the tool's field, and lock with the decision.",
    ),
    "the sponsor states them": (
        state("cost > 900,000 USD", BRANDT), True,
        "Kill criteria stated by M. Brandt as sponsor: cost > 900,000 USD. "
        "They count in place of the tool's field, and lock with the decision.",
    ),
    "the controller does not": (
        state("cost > 1.2M", WEBER), False,
        "J. Weber may not state the kill criteria; owner A. Kaya or sponsor M. Brandt may.",
    ),
    "a stranger has nothing repeated": (
        state("buy our shares", Person("z", "Z")), False,
        "Z may not state the kill criteria; owner A. Kaya or sponsor M. Brandt may.",
    ),
    "one that cannot be checked": (
        state("cost > 1.2M; nobody likes it"), False,
        f'"nobody likes it" cannot be checked. Write criteria of these forms, with ; between them: {FORMS}',
    ),
    "of three that cannot be checked two are named": (
        state("rain; snow; hail"), False,
        f'"rain" and "snow" cannot be checked. Write criteria of these forms, with ; between them: {FORMS}',
    ),
    "nothing but signs": (state("; -"), False, f"There is no kill criterion in it. Write: {FORMS}"),
    "one that never fires": (
        state("not decided by 2026-12-31"), False,
        '"not decided by 2026-12-31" can never stop the measure: Decided is reached when it is agreed: name a later stage',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULED)
def test_each_statement_is_answered(name: str) -> None:
    command, accepted, reply = RULED[name]
    assert reply_to(command) == (accepted, reply)


def condition(verdict: Verdict) -> tuple[Outcome, str]:
    (found,) = [one for one in verdict.checklist if one.code == "KILL_CRITERIA_MISSING"]
    return found.outcome, found.actual


def test_a_statement_meets_the_condition_that_an_empty_field_leaves_open() -> None:
    assert condition(assessed()) == (Outcome.UNMET, "empty")
    assert condition(assessed(state("slip > 60 days"))) == (Outcome.MET, "slip > 60 days")
    refused = assessed(state("nobody likes it"))
    assert condition(refused) == (Outcome.UNMET, "empty"), "a refused statement counts for nothing"


def test_the_newest_statement_counts_whatever_the_field_says_then() -> None:
    older, newer = state("cost > 1M", at=NOW - 3 * HOUR), state("cost > 2M", at=NOW - HOUR)
    verdict = assessed(newer, older, field="cost > 3M")
    assert condition(verdict) == (Outcome.MET, "cost > 2M")
    newest = stated_criteria(verdict.commands)
    assert newest is not None
    assert newest.text == "cost > 2M"
    assert with_stated_criteria(measure(), verdict.commands).kill_criteria == "cost > 2M"
    assert with_stated_criteria(measure(), ()).kill_criteria == "cost > 1.2M"


def test_an_approval_does_not_count_for_criteria_that_were_stated_after_it() -> None:
    """Nobody has it approved that the measure is never stopped."""
    later = state("cost > 999M", at=NOW - HOUR)
    before = assessed(*APPROVALS[1:3], field="cost > 1.2M")
    assert before.stage == "decided"
    with_later = assessed(*APPROVALS[1:3], later, field="cost > 1.2M")
    assert with_later.stage == "detailed"
    # The same when the statement was ruled on before the approvals were read.
    known = assessed(later, field="cost > 1.2M").commands
    assert assessed(*APPROVALS[1:3], *known, field="cost > 1.2M").stage == "detailed"


def test_after_the_decision_the_agreed_ones_stay_until_a_rebaseline() -> None:
    decided = measure(kill_criteria="cost > 1.2M")
    plan = lock_plan(decided.effects, NOW - timedelta(days=60), terms=terms_of(decided, evidence().children))
    given = state("cost > 5M")
    verdict = assessed(given, field="cost > 1.2M", plan=plan)
    (ruled,) = verdict.commands
    assert ruled.ruling is not None
    assert ruled.ruling.reply == (
        "Kill criteria stated by A. Kaya as owner: cost > 5M. They count in place of the tool's field; "
        "those of the decision stay in force until a re-baseline is approved: ask for it with /rebaseline."
    )
    assert [one.text for one in verdict.kill_criteria] == ["cost > 1.2M"]
    (changed,) = [one for one in verdict.events if one.kind is EventKind.TERMS_CHANGED]
    assert changed.text == 'Changed after the decision: the kill criteria are "cost > 5M" instead of "cost > 1.2M"'
    asked = new_command("", KAYA, Verb.REBASELINE, text="dearer", at=NOW - 3 * HOUR)
    given = state("cost > 5M", at=NOW - 4 * HOUR)
    agreed = [
        replace_at(one, NOW - 2 * HOUR) for one in (new_command("rebaseline", BRANDT), new_command("rebaseline", WEBER))
    ]
    after = assessed(given, asked, *agreed, field="cost > 1.2M", plan=plan)
    assert [one.text for one in after.kill_criteria] == ["cost > 5M"]


def replace_at(command: Command, at: object) -> Command:
    return command._replace(at=at)  # type: ignore[arg-type]


def test_a_trial_of_the_page_needs_no_criteria() -> None:
    trial = state("a reason", source=CommandSource(CommandOrigin.TRIAL, "trial"))
    assert reply_to(trial)[0]
