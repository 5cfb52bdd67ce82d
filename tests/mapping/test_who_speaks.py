"""Who may not speak for a role: its holder's delegate in the tool who owns the measure, an app, an inactive account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.measure import Person
from mapping.known_people import KnownPeople
from mapping.work_item import Approval, ApprovalDecision, Tool
from tests.mapping.governed import APPROVED_AT, MAPPING, assessed, comment, epic, sentences
from tests.mapping.items import BRANDT, KAYA, WEBER

WITH_APPROVALS = MAPPING.replace("    ends:", "    approvals: decided\n    ends:")
LIND = Person("l", "S. Lind", True)
SECOND_ACCOUNT = Person("k2", "Anna K.", True)
IN_COMMENTS = (comment(BRANDT, "/approve detailed"), comment(WEBER, "/approve decided"))
LINKED = KnownPeople({"k": ("person:1",), "k2": ("person:1",)})


@pytest.mark.parametrize(
    ("set_by", "counts"),
    [(BRANDT, True), (LIND, True), (KAYA, False), (WEBER, False), (SECOND_ACCOUNT, False)],
    ids=["the sponsor", "a delegate", "the owner", "the controller", "the owner's other account"],
)
def test_a_delegate_in_the_tool_who_owns_or_checks_the_measure_approves_nothing(set_by: Person, counts: bool) -> None:
    """The sponsor lets the owner decide for them in ServiceNow, and the owner approved their own measure."""
    approval = Approval("a1", BRANDT, ApprovalDecision.APPROVED, APPROVED_AT, is_own=True, set_by=set_by)
    some = epic(comments=IN_COMMENTS, approvals=(approval,))
    found = assessed(some, mapping=WITH_APPROVALS, people=LINKED)
    assert (found.verdict.stage == "decided") is counts
    if not counts:
        replies = [one.ruling.reply for one in found.verdict.commands if one.source.id == "a1" and one.ruling]
        assert replies == [
            f"Not counted: {set_by.name} set the approval on 10 Feb 2026 08:30 UTC, and what M. Brandt had said is not "
            "known. Say it again."
        ]


def test_one_delegate_in_the_tool_fills_one_approval_of_a_gate() -> None:
    """Sponsor and controller both let the same person decide for them in ServiceNow."""
    by_lind = [
        Approval(f"a{person.id}", person, ApprovalDecision.APPROVED, APPROVED_AT, is_own=True, set_by=LIND)
        for person in (BRANDT, WEBER)
    ]
    detailed = (comment(BRANDT, "/approve detailed"),)
    found = assessed(epic(comments=detailed, approvals=tuple(by_lind), status="Analysis"), mapping=WITH_APPROVALS)
    assert found.verdict.stage == "detailed"
    assert sentences(found) == [
        "Cannot move into Decided yet: S. Lind has already approved in another role: the confirmation of size and timing "
        "needs a second person. J. Weber (controller) needs to act, since 10 Feb · CONTROLLER_SIZE"
    ]
    itself = replace(by_lind[1], set_by=WEBER)
    assert assessed(epic(comments=detailed, approvals=(by_lind[0], itself)), mapping=WITH_APPROVALS).verdict.stage == (
        "decided"
    )


@pytest.mark.parametrize("speaker", [LIND, replace(LIND, id="l2", login="lind")], ids=["the account", "another one"])
def test_a_delegate_in_the_tool_has_no_vote_in_the_committee_beside_it(speaker: Person) -> None:
    limited = WITH_APPROVALS.replace("payback_months: 24}", "payback_months: 24, committee_limit: 1}") + (
        "committees:\n  - {name: IT Board, programs: [Cloud exit], members: [l, l2]}\n"
    )
    approval = Approval(
        "a1", BRANDT, ApprovalDecision.APPROVED, APPROVED_AT, is_own=True, set_by=replace(LIND, login="lind")
    )
    comments = (*IN_COMMENTS, comment(speaker, "/approve decided"))
    found = assessed(epic(comments=comments, approvals=(approval,), status="Analysis"), mapping=limited)
    assert sentences(found) == [
        "Cannot move into Decided yet: 0 of 1 member of IT Board has approved. IT Board (steering committee) needs to act, "
        "since 10 Feb · STEERCO_DECISION"
    ]


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ((ApprovalDecision.APPROVED, LIND), "1 of 2 members of IT Board have approved"),
        ((ApprovalDecision.REJECTED, LIND), "Y. Member of the steering committee rejected it: rejected in the tool"),
        ((ApprovalDecision.APPROVED, KAYA), "1 of 2 members of IT Board have approved"),
    ],
    ids=["one person for two members", "who rejects for one of them", "the owner for a member"],
)
def test_whoever_decides_for_members_of_the_committee_is_no_second_vote(
    said: tuple[ApprovalDecision, Person], counted: str
) -> None:
    limited = WITH_APPROVALS.replace("payback_months: 24}", "payback_months: 24, committee_limit: 1}") + (
        "committees:\n  - {name: IT Board, programs: [Cloud exit], members: [x, y], quorum: 2}\n"
    )
    decision, by = said
    approvals = (
        Approval("y", Person("y", "Y. Member", True), decision, APPROVED_AT, is_own=True, set_by=by),
        Approval("x", Person("x", "X. Member"), ApprovalDecision.APPROVED, APPROVED_AT, is_own=True, set_by=LIND),
    )
    comments = (comment(BRANDT, "/approve detailed\n/approve decided"), *IN_COMMENTS[1:])
    found = assessed(epic(comments=comments, approvals=approvals, status="Analysis"), mapping=limited)
    assert found.verdict.stage == "detailed"
    assert [one.reason for one in found.verdict.blockers if one.code == "STEERCO_DECISION"] == [counted]


def test_an_app_holds_no_role() -> None:
    """Whoever writes a rule of Jira Automation would approve by naming the automation as sponsor."""
    app = Person("a", "Automation for Jira", True, is_app=True)
    found = assessed(epic({"Sponsor": app}, comments=(comment(app, "/approve detailed"),)))
    assert found.verdict.stage == "identified"
    assert sentences(found)[0] == (
        'Cannot move into Detailed yet: the field "Sponsor" names the app Automation for Jira; a role is held by a person'
        ". A. Kaya (owner) needs to act, since 10 Feb · ROLE_MISSING"
    )


@pytest.mark.parametrize(
    ("speaker", "reply"),
    [
        (
            replace(BRANDT, is_app=True),
            "M. Brandt is an app, and an app decides nothing: a person has to say it.",
        ),
        (
            replace(BRANDT, active=False),
            "The account of M. Brandt is inactive, so this does not count: whoever holds the role now says it.",
        ),
    ],
    ids=["an app", "somebody who left"],
)
def test_what_an_app_or_an_inactive_account_says_opens_nothing(speaker: Person, reply: str) -> None:
    found = assessed(epic(comments=(comment(speaker, "/approve detailed"),)))
    assert found.verdict.stage == "identified"
    assert [one.ruling.reply for one in found.verdict.commands if one.ruling] == [reply]


def test_somebody_who_left_may_have_stopped_it_all_the_same() -> None:
    found = assessed(epic(comments=(comment(replace(BRANDT, active=False), "/hold who pays for this?"),)))
    assert found.verdict.off_ramp is not None


def test_the_state_of_an_approver_that_is_hidden_is_not_taken_for_inactive() -> None:
    unknown = replace(BRANDT, active=None)
    approval = Approval("a1", unknown, ApprovalDecision.APPROVED, APPROVED_AT, is_own=True, set_by=unknown)
    some = epic(comments=IN_COMMENTS, approvals=(approval,), tool=Tool.JIRA)
    assert assessed(some, mapping=WITH_APPROVALS).verdict.stage == "decided"
