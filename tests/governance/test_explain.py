"""The verdict as a checklist: the same text that the tool's field holds, and everything behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assess import assess
from governance.codes import CODES
from governance.evidence import Children, Command, OpenItem
from governance.explain import blocker_lines, explain, tool_lines
from governance.facts import Unknown
from governance.locked_plan import lock_plan
from governance.measure_state import MeasureState
from governance.verdict import Outcome
from mapping.writeback import join_lines
from tests.governance.factory import APPROVALS, BRANDT, NOW, POLICY, eur, evidence, measure, new_command

SHUT = assess(
    measure(),
    replace(
        evidence("decided", "decided", commands=()),
        children=Children(4, 3, (OpenItem("ITX-4", "Cut over", "Open"),)),
        changes=Unknown("changes could not be read"),
        measure_state=MeasureState(
            "decided", plan=lock_plan(measure().effects, NOW - timedelta(days=30), reason="locked at the decision")
        ),
    ),
    POLICY,
    NOW,
)


def test_the_explanation_is_a_checklist_with_evidence_and_who_must_act() -> None:
    text = "\n".join(explain(SHUT))
    assert text.startswith(
        "Cannot move into Implemented yet: 1 of 4 child items is not done (ITX-4). A. Kaya (owner) needs to act, since 21 Nov · OPEN_WORK\n"
        "Cannot move into Implemented yet: changes could not be read. Administrator needs to act, since 21 Nov · CHANGE_OPEN\n"
        "Waiting for A. Kaya (owner) to approve Implemented, since 21 Nov. Comment /approve implemented"
        " · APPROVAL_MISSING\n"
        "\n"
        "Stage Decided · gate into Implemented: blocked\n"
        "Work  amber 0.84: a little behind: 75 % done, 89 % expected by today\n"
    )
    assert (
        "Net   plan 180,000 EUR, forecast 180,000 EUR, actual 160,000 EUR, at completion 180,000 EUR, variance 0 EUR"
        in text
    )
    assert "Plan 1 locked on 22 Oct 2026: locked at the decision" in text
    assert "[x] title: Retire the legacy CRM" in text
    assert (
        "[ ] children: 1 of 4 child items is not done (ITX-4) · OPEN_WORK\n"
        "    expected every child item done or cancelled; is 3 of 4 done; owner A. Kaya to act"
    ) in text
    assert (
        "[?] changes: changes could not be read · CHANGE_OPEN\n"
        "    expected every change closed successfully; is unknown; administrator to act"
    ) in text


def test_what_nobody_has_to_do_and_what_has_no_gate_any_more() -> None:
    shut = SHUT.checklist[0]._replace(
        outcome=Outcome.UNMET, responsible=(), reason="late", expected="a date", actual="none"
    )
    text = "\n".join(explain(replace(SHUT, checklist=(shut,), next_stage=None)))
    assert "Stage Decided · no further gate\n" in text
    assert "    expected a date; is none; nobody to act" in text
    assert SHUT.gate_name == "", "the gate has no name of its own"


@pytest.mark.parametrize(
    ("months", "text"),
    [
        pytest.param(None, "Plan  NPV -5 EUR, payback never", id="never"),
        pytest.param(3, "Plan  NPV -5 EUR, payback after 3 months", id="some day"),
    ],
)
def test_the_plan_says_when_it_pays_back(months: int | None, text: str) -> None:
    assert text in list(explain(replace(SHUT, figures=replace(SHUT.figures, npv=eur(-5), payback_months=months))))


def test_the_field_holds_the_beginning_of_the_same_text() -> None:
    text = "\n".join(explain(SHUT))
    whole = join_lines(blocker_lines(SHUT))
    assert whole is not None
    assert text.startswith(whole)
    short = join_lines(blocker_lines(SHUT), limit=150)
    assert short is not None
    assert text.startswith(short.splitlines()[0])
    assert short.splitlines()[-1] == "… and 2 more"


PAGE = "https://gatepost.acme.example/measures/jira-main/10001"


@pytest.mark.parametrize(
    ("granted", "commands", "said"),
    [
        pytest.param("identified", APPROVALS[1:],
            f"Waiting for M. Brandt (sponsor) to approve Detailed, since 21 Nov. Comment /approve detailed here, or open {PAGE} "
            "· APPROVAL_MISSING", id="an approval"),
        pytest.param("detailed", (new_command("decided", BRANDT),),
            "Waiting for J. Weber (controller) to confirm size and timing for Decided, since 21 Nov. Comment /approve decided "
            f"here, or open {PAGE} · CONTROLLER_SIZE", id="size and timing"),
        pytest.param("implemented", APPROVALS[:-1],
            "Waiting for J. Weber (controller) to confirm the actual effect, since 21 Nov. Comment /confirm AMOUNT MONTH here, "
            f"or open {PAGE} · CONTROLLER_CONFIRM", id="the effect"),
    ],
)  # fmt: skip
def test_the_tool_says_where_else_an_approval_can_be_given(
    granted: str, commands: tuple[Command, ...], said: str
) -> None:
    found = assess(measure(), evidence(granted, granted, commands=commands), POLICY, NOW)
    assert tool_lines(found, NOW, PAGE) == [said]
    assert tool_lines(found, NOW) == blocker_lines(found), "nobody has told Gatepost its own address"


def test_only_who_has_to_approve_is_told_where() -> None:
    *others, waiting = tool_lines(SHUT, NOW, PAGE)
    assert others == blocker_lines(SHUT)[:-1]
    assert waiting == (
        "Waiting for A. Kaya (owner) to approve Implemented, since 21 Nov. Comment /approve implemented here, or open "
        f"{PAGE} · APPROVAL_MISSING"
    )


def test_every_code_that_is_met_is_in_the_list_of_codes() -> None:
    assert {result.code for result in SHUT.checklist} <= set(CODES)
    assert {blocker.code for blocker in SHUT.blockers} <= set(CODES)
