"""An approval binds to the facts of the moment when it was given; what cannot be known does not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children, Command, CommandOrigin, CommandSource, Verb
from governance.facts import Fact, Unknown
from governance.fingerprint import FactGroup, fingerprint
from governance.late_commands import again
from governance.locked_scope import scope_text
from governance.measure import Measure
from governance.measure_state import FactsSeen, MeasureState
from governance.money import Period
from governance.verdict import Verdict
from tests.governance.factory import BRANDT, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

GIVEN = NOW - timedelta(hours=1)
SMALL, LARGE = measure(), measure(effects=lines(Version.PLAN, 25_000, 60_000))
BEFORE, AFTER = GIVEN - timedelta(minutes=5), GIVEN + timedelta(minutes=5)
NOT_READ = Unknown("not read")


def seen(some: Measure, since: datetime) -> dict[str, FactsSeen]:
    return {group.value: FactsSeen(fingerprint(some, group), since) for group in FactGroup}


def assess_with(
    command: Command,
    facts: dict[str, FactsSeen],
    changed: Fact[datetime],
    some: Measure = SMALL,
    stage: str = "detailed",
) -> Verdict:
    state = MeasureState(stage, facts_seen=facts)
    return assess(
        some, evidence(stage, stage, commands=(command,), facts_changed=changed, measure_state=state), POLICY, NOW
    )


def reply(verdict: Verdict) -> str:
    (command,) = verdict.commands
    assert command.ruling is not None
    assert command.ruling.late is not command.ruling.accepted
    return command.ruling.reply


APPROVED = "Decided approved by M. Brandt as sponsor."
ON_THE_PAGE = CommandSource(CommandOrigin.PAGE, "7")
AGAIN = "Look at it as it is now, and say it again: /approve decided"
CASES = {
    "the last assessment read the same": ({}, seen(SMALL, BEFORE), AFTER, APPROVED),
    "nothing is known of the tool, and the last assessment read the same": ({}, seen(SMALL, BEFORE), NOT_READ, APPROVED),
    "read a second later, the last change is the comment itself": ({}, seen(LARGE, BEFORE), GIVEN, APPROVED),
    "the first assessment of all, and nothing was changed since": ({}, {}, BEFORE, APPROVED),
    "changed after it was said": (
        {}, seen(LARGE, BEFORE), AFTER,
        "Not counted: the plan was changed (240,000 EUR until 2026-12 before, 180,000 EUR until 2026-12 now), and not "
        f"provably before 21 Nov 2026 08:00 UTC. {AGAIN}",
    ),
    "nobody can say when it was changed": (
        {}, seen(LARGE, BEFORE), NOT_READ,
        "Not counted: the plan was changed (240,000 EUR until 2026-12 before, 180,000 EUR until 2026-12 now), and not "
        f"provably before 21 Nov 2026 08:00 UTC. {AGAIN}",
    ),
    "the first assessment of all, after a change": (
        {}, {}, AFTER,
        "Not counted: it is not known which baseline held on 21 Nov 2026 08:00 UTC, because it was read only "
        f"afterwards. {AGAIN}",
    ),
    "a restored database knows later facts only": (
        {}, seen(SMALL, AFTER), AFTER,
        "Not counted: it is not known which baseline held on 21 Nov 2026 08:00 UTC, because it was read only "
        f"afterwards. {AGAIN}",
    ),
    "on a page people see what was read last": ({"source": ON_THE_PAGE}, seen(SMALL, BEFORE), AFTER, APPROVED),
    "on a page they did not see what is in the tool now": (
        {"source": ON_THE_PAGE}, seen(LARGE, BEFORE), BEFORE,
        "Not counted: the plan was changed (240,000 EUR until 2026-12 before, 180,000 EUR until 2026-12 now), and not "
        f"provably before 21 Nov 2026 08:00 UTC. {AGAIN}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "facts", "changed", "said"), CASES.values(), ids=CASES)
def test_an_approval_counts_for_the_facts_of_its_moment(
    more: dict[str, object], facts: dict[str, FactsSeen], changed: Fact[datetime], said: str
) -> None:
    assert reply(assess_with(new_command("decided", BRANDT, Verb.APPROVE, at=GIVEN, **more), facts, changed)) == said


def test_a_confirmation_of_the_actuals_is_bound_alike() -> None:
    confirm = new_command(
        "", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10), at=GIVEN
    )
    before = seen(measure(effects=lines(Version.ACTUAL, 21_000, 0)), BEFORE)
    assert reply(assess_with(confirm, before, AFTER, stage="implemented")) == (
        "Not counted: the actual effect was changed (252,000 EUR before, 160,000 EUR now), and not provably before "
        "21 Nov 2026 08:00 UTC. Look at it as it is now, and say it again: /confirm 140000 EUR 2026-01..2026-10"
    )


def test_a_late_rejection_counts_all_the_same() -> None:
    rejection = new_command("decided", BRANDT, Verb.REJECT, text="too dear", at=GIVEN)
    (command,) = assess_with(rejection, seen(LARGE, BEFORE), AFTER).commands
    assert command.accepted


def test_facts_are_dated_from_the_reading_that_saw_them_first() -> None:
    first = assess(SMALL, evidence("detailed", "detailed", commands=(), read_at=BEFORE), POLICY, GIVEN)
    state = first.measure_state
    assert state.facts_seen == seen(replace(SMALL, scope=scope_text(Children(4, 4))), BEFORE)
    assert state.read_at == BEFORE
    again = assess(SMALL, evidence("detailed", "detailed", commands=(), measure_state=state), POLICY, NOW)
    assert again.measure_state.facts_seen == state.facts_seen, "the same facts keep their date"
    assert again.measure_state.read_at == NOW
    other = assess(LARGE, evidence("detailed", "detailed", commands=(), measure_state=state), POLICY, NOW)
    assert other.measure_state.facts_seen["plan"].since == NOW
    assert other.measure_state.facts_seen["baseline"].since == BEFORE


@pytest.mark.parametrize(
    ("command", "text"),
    [
        pytest.param(new_command("decided", BRANDT), "/approve decided", id="an approval"),
        pytest.param(
            new_command("", WEBER, Verb.CONFIRM, amount=eur(1_200), first_month=Period(2026, 1), month=Period(2026, 3)),
            "/confirm 1200 EUR 2026-01..2026-03", id="a confirmation",
        ),
        pytest.param(
            new_command("", WEBER, Verb.CONFIRM_LOWER, amount=eur(5), month=Period(2026, 3), pl_line="IT", text="less"),
            "/confirm-lower 5 EUR 2026-03 line=IT less", id="a lower value of one line",
        ),
        pytest.param(new_command("", WEBER, Verb.CONFIRM), "/confirm AMOUNT CURRENCY MONTH", id="of nothing yet"),
    ],
)  # fmt: skip
def test_the_command_to_write_once_more(command: Command, text: str) -> None:
    assert again(command) == text


@pytest.mark.parametrize(
    ("children", "text"),
    [
        pytest.param(Children(4, 1), "4 child items", id="several"),
        pytest.param(Children(1, 0), "1 child item", id="one"),
        pytest.param(None, "0 child items", id="none"),
        pytest.param(NOT_READ, "unknown child items", id="nobody can say"),
    ],
)
def test_the_scope_as_people_read_it(children: Fact[Children], text: str) -> None:
    assert scope_text(children).partition(" #")[0] == text
