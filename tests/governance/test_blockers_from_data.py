"""What stands between a measure and its next stage follows from data: other words change nothing but what is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.assess import assess
from governance.explain import blockers_of, tool_lines
from governance.gates import ApprovalKind, ConditionKind, MeasureClass
from governance.measure import Role
from governance.responsible import responsible
from governance.sentences import Template
from governance.verdict import Approval, ApprovalState, ConditionResult, GateState, Outcome, UnknownCause, Verdict
from tests.governance.factory import NOW, POLICY, evidence, measure

SPONSOR = (responsible(measure(), Role.SPONSOR),)
UNREAD = {"unreadable_effects": ('the field "Benefit" was not returned',)}


def unknown(code: str, reason: str, cause: UnknownCause | None = None, *, asks: bool = False) -> ConditionResult:
    return ConditionResult(
        "decided", code, "net", Outcome.UNKNOWN, "", "unknown", reason, SPONSOR, asks=asks, cause=cause
    )


def awaited(actual: str, approval: Approval) -> ConditionResult:
    reason = "M. Brandt has not said anything"
    return ConditionResult(
        "decided", "APPROVAL_MISSING", "sponsor", Outcome.UNMET, "", actual, reason, SPONSOR, approval
    )


def said(*checklist: ConditionResult, label: str = "Decided") -> list[str]:
    stages = [replace(one, label=label) if one.key == "decided" else one for one in POLICY.stages]
    policy = replace(POLICY, stages=tuple(stages))
    found = blockers_of(GateState.BLOCKED, 1, checklist, None, measure(), evidence("detailed"), policy, NOW)
    return [one.sentence for one in found]


def test_one_cause_is_said_once_whatever_its_words() -> None:
    amounts = UnknownCause.AMOUNTS
    assert said(
        unknown("PHASING_MISSING", "a cell is no amount", amounts), unknown("BELOW_HURDLE", "in other words", amounts)
    ) == [
        "Cannot move into Decided yet: a cell is no amount. M. Brandt (sponsor) needs to act, since 21 Nov · PHASING_MISSING"
    ]


def test_two_causes_are_said_each_though_their_words_are_the_same() -> None:
    assert len(said(unknown("PHASING_MISSING", "not known"), unknown("BELOW_HURDLE", "not known"))) == 2


@pytest.mark.parametrize(
    ("asks", "sentence"),
    [
        (
            True,
            "Cannot move into What now?. Really yet: What now? M. Brandt (sponsor) needs to act, since 21 Nov · BELOW_HURDLE",
        ),
        (
            False,
            "Cannot move into What now?. Really yet: What now?. M. Brandt (sponsor) needs to act, since 21 Nov · BELOW_HURDLE",
        ),
    ],
)
def test_only_the_end_of_a_question_has_its_own_mark(asks: bool, sentence: str) -> None:
    assert said(unknown("BELOW_HURDLE", "What now?", asks=asks), label="What now?. Really") == [sentence]


@pytest.mark.parametrize("actual", ["not given", "nothing yet"])
def test_an_approval_is_waited_for_by_its_state(actual: str) -> None:
    (sentence,) = said(awaited(actual, Approval(ApprovalKind.APPROVAL, ApprovalState.NOT_GIVEN)))
    assert sentence == (
        "Waiting for M. Brandt (sponsor) to approve Decided, since 21 Nov. Comment /approve decided · APPROVAL_MISSING"
    )


@pytest.mark.parametrize(
    "approval",
    [
        Approval(ApprovalKind.APPROVAL, ApprovalState.NOT_GIVEN, anew=True),
        Approval(ApprovalKind.APPROVAL, ApprovalState.EXPIRED),
    ],
    ids=["a rejection was taken back", "given for other figures"],
)
def test_what_was_said_before_is_told_whatever_is_found(approval: Approval) -> None:
    assert said(awaited("not given", approval)) == [
        "Cannot move into Decided yet: M. Brandt has not said anything. M. Brandt (sponsor) needs to act, since 21 Nov "
        "· APPROVAL_MISSING"
    ]


def shut(**changes: object) -> Verdict:
    return assess(
        measure(**changes), evidence("detailed", "detailed"), replace(POLICY, classes=(MeasureClass("Growth"),)), NOW
    )


def test_a_class_that_is_none_is_said_where_two_conditions_ask_for_it() -> None:
    """Hurdle and payback are unknown for it: the gate was blocked, and nothing said why."""
    found = shut(measure_class="Other")
    assert found.gate is GateState.BLOCKED
    assert [one.sentence for one in found.blockers] == [
        'Cannot move into Decided yet: "Other" is no class: it has to be one of Growth. A. Kaya (owner) needs to act, '
        "since 21 Nov · BELOW_HURDLE"
    ]


def test_unread_amounts_are_said_where_two_gates_ask_for_the_same() -> None:
    twice = [
        replace(gate, conditions=(*gate.conditions, ConditionKind.PHASING)) if gate.into == "decided" else gate
        for gate in POLICY.gates
    ]
    found = assess(measure(**UNREAD), evidence("detailed", "detailed"), replace(POLICY, gates=tuple(twice)), NOW)
    assert [one.reason for one in found.blockers] == list(UNREAD["unreadable_effects"])


def test_the_tool_offers_the_page_by_the_state_of_an_approval() -> None:
    found = assess(measure(), evidence("detailed", "detailed", commands=()), POLICY, NOW)
    reworded = tuple(one._replace(actual="nothing yet") for one in found.checklist)
    page = "https://gatepost.example/measures/1"
    assert tool_lines(replace(found, checklist=reworded), NOW, page) == tool_lines(found, NOW, page)
    assert page in " ".join(tool_lines(found, NOW, page))


@pytest.mark.parametrize(
    ("is_so", "with_code"),
    [
        (Template.IS_BREACH, Template.BREACH),
        (Template.IS_BREACH_TAKEN_BACK, Template.BREACH_TAKEN_BACK),
        (Template.IS_BREACH_AT_START, Template.BREACH_AT_START),
    ],
)
def test_the_reason_of_a_breach_is_its_sentence_without_the_code(is_so: Template, with_code: Template) -> None:
    assert with_code.value == f"{is_so.value} · {{code}}"
