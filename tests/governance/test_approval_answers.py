"""The whole answer of every approval: how it is called, what it asks for, how it stands, why, and who must act."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.approvals import ApprovalContext, evaluate_approvals
from governance.evidence import Command, Ruling, Verb
from governance.facts import Unknown
from governance.fingerprint import FactGroup
from governance.gates import ApprovalRule, Thresholds
from governance.measure import Committee, Measure, Person, Roles
from governance.presets import BY_OWNER, BY_SPONSOR, COMMITTEE, SIZE, default_policy
from governance.verdict import ConditionResult
from tests.governance.factory import BRANDT, KAYA, NOW, WEBER, measure, new_command

Case = tuple[ApprovalRule, Measure, tuple[Command, ...], str]

HIDDEN = Unknown("hidden")
GONE, LIND, NOVAK = Person("x", "P. Gone", False), Person("l", "S. Lind"), Person("n", "P. Novak")
BOARD = Committee("IT Board", frozenset({"l", "n"}), 2)
DEAR = default_policy(Thresholds(committee_limit=Decimal(0)))
SOME = measure(committee=BOARD)
UNTIL = {"until": date(2026, 11, 30), "at": NOW - timedelta(days=5), "ruling": Ruling(accepted=True, reply="")}
TO_LIND, TO_WEBER = (new_command("", BRANDT, Verb.DELEGATE, delegate=one, **UNTIL) for one in ("l", "w"))


def given(person: Person, verb: Verb = Verb.APPROVE, days: int = 1, **more: object) -> Command:
    """Accepted on its day; ``prints`` are the facts that it relied on."""
    prints = more.pop("prints", {})
    ruling = Ruling(accepted=True, reply="", role=None, fingerprints=prints)  # type: ignore[arg-type]
    return new_command("decided", person, verb, at=NOW - timedelta(days=days), ruling=ruling, **more)


def answer(result: ConditionResult) -> str:
    approval = result.approval
    assert approval is not None
    parts = [
        f"{result.outcome} {result.code}:{result.subject} {approval.kind} {approval.state}",
        result.expected,
        result.actual,
    ]
    return " | ".join((*parts, result.reason, *(f"{one.text} to act" for one in result.responsible)))


def asked(rule: ApprovalRule, some: Measure, commands: tuple[Command, ...]) -> list[str]:
    context = ApprovalContext(some, DEAR, None, commands)
    return [answer(one) for one in evaluate_approvals("decided", (rule,), context)]


CASES: tuple[Case, ...] = (
    (BY_SPONSOR, SOME, (),
     "unmet APPROVAL_MISSING:sponsor approval not_given | approval by the sponsor | not given | M. Brandt has not yet given the approval | sponsor M. Brandt to act"),
    (BY_SPONSOR, SOME, (given(BRANDT),),
     "met APPROVAL_MISSING:sponsor approval given | approval by the sponsor | given by M. Brandt on 20 Nov 2026 | the approval into Decided was given by M. Brandt on 20 Nov 2026"),
    (BY_SPONSOR, SOME, (given(KAYA),),
     "unmet APPROVAL_MISSING:sponsor approval not_given | approval by the sponsor | not given | M. Brandt has not yet given the approval | sponsor M. Brandt to act"),
    (BY_SPONSOR, SOME, (TO_LIND, given(LIND)),
     "met APPROVAL_MISSING:sponsor approval given | approval by the sponsor | given by S. Lind for M. Brandt on 20 Nov 2026 | the approval into Decided was given by S. Lind for M. Brandt on 20 Nov 2026"),
    (BY_SPONSOR, SOME, (TO_WEBER, given(WEBER)),
     "unmet APPROVAL_MISSING:sponsor approval same_person | approval by the sponsor | same person | J. Weber gave the approval for M. Brandt and is controller as well: nobody checks their own figures | sponsor M. Brandt to act"),
    (BY_SPONSOR, measure(roles=Roles(KAYA, HIDDEN, WEBER)), (),
     "unknown APPROVAL_MISSING:sponsor approval unknown | approval by the sponsor | unknown | hidden | administrator to act"),
    (BY_SPONSOR, measure(roles=Roles(KAYA, None, WEBER)), (),
     "unmet APPROVAL_MISSING:sponsor approval nobody | approval by the sponsor | nobody named | the approval by the sponsor is missing, and nobody is named as sponsor | sponsor (nobody named) to act"),
    (BY_SPONSOR, measure(roles=Roles(KAYA, GONE, WEBER)), (),
     "unmet APPROVAL_MISSING:sponsor approval inactive | approval by the sponsor | inactive account | P. Gone has to give the approval, but that account is inactive: name another sponsor | owner A. Kaya to act"),
    (BY_OWNER, measure(roles=Roles(GONE, BRANDT, WEBER)), (),
     "unmet APPROVAL_MISSING:owner approval inactive | approval by the owner | inactive account | P. Gone has to give the approval, but that account is inactive: name another owner | sponsor M. Brandt to act"),
    (BY_SPONSOR, SOME, (given(BRANDT, days=3), given(BRANDT, Verb.REJECT, 2, text="too dear")),
     "unmet APPROVAL_MISSING:sponsor approval rejected | approval by the sponsor | rejected | M. Brandt rejected Decided on 19 Nov 2026: too dear | owner A. Kaya to act"),
    (BY_SPONSOR, SOME, (given(BRANDT, Verb.REJECT, 2, text="too dear"), given(BRANDT)),
     "met APPROVAL_MISSING:sponsor approval given | approval by the sponsor | given by M. Brandt on 20 Nov 2026 | the approval into Decided was given by M. Brandt on 20 Nov 2026"),
    (BY_SPONSOR, SOME, (given(BRANDT, days=3), given(BRANDT, Verb.REJECT, 2, text="too dear", withdrawn=True)),
     "unmet APPROVAL_MISSING:sponsor approval not_given | approval by the sponsor | rejection taken back | M. Brandt took back the rejection of 19 Nov 2026, which revives no earlier approval: it has to be given anew | sponsor M. Brandt to act"),
    (BY_SPONSOR, SOME, (given(BRANDT, prints={FactGroup.PLAN.value: "150,000 EUR #1"}),),
     "unmet APPROVAL_MISSING:sponsor approval expired | approval by the sponsor | expired | M. Brandt gave the approval for another plan (150,000 EUR then, 180,000 EUR until 2026-12 now): it has to be given again | sponsor M. Brandt to act"),
    (BY_SPONSOR, SOME, (given(BRANDT, prints={FactGroup.BASELINE.value: "400,000 EUR #1"}),),
     "unmet APPROVAL_MISSING:sponsor approval expired | approval by the sponsor | expired | M. Brandt gave the approval for another baseline (400,000 EUR then, 500,000 EUR now): it has to be given again | sponsor M. Brandt to act"),
    (SIZE, SOME, (),
     "unmet CONTROLLER_SIZE:controller size_and_timing not_given | confirmation of size and timing by the controller | not given | J. Weber has not yet given the confirmation of size and timing | controller J. Weber to act"),
    (SIZE, SOME, (given(WEBER),),
     "met CONTROLLER_SIZE:controller size_and_timing given | confirmation of size and timing by the controller | given by J. Weber on 20 Nov 2026 | the confirmation of size and timing into Decided was given by J. Weber on 20 Nov 2026"),
    (COMMITTEE, measure(committee=HIDDEN), (),
     "unknown STEERCO_DECISION:steering_committee approval unknown | decision of the steering committee | unknown | hidden | administrator to act"),
    (COMMITTEE, measure(), (),
     "unmet STEERCO_DECISION:steering_committee approval nobody | decision of the steering committee | nobody named | the steering committee has to decide, and the program names none | administrator to act"),
    (COMMITTEE, SOME, (),
     "unmet STEERCO_DECISION:steering_committee approval quorum | decision of the steering committee | 0 of 2 | 0 of 2 members of IT Board have approved | steering committee IT Board to act"),
    (COMMITTEE, SOME, (given(LIND),),
     "unmet STEERCO_DECISION:steering_committee approval quorum | decision of the steering committee | 1 of 2 | 1 of 2 members of IT Board have approved | steering committee IT Board to act"),
    (COMMITTEE, SOME, (given(LIND), given(NOVAK)),
     "met STEERCO_DECISION:steering_committee approval given | decision of the steering committee | approved by P. Novak, S. Lind | IT Board has decided: P. Novak, S. Lind"),
    (COMMITTEE, SOME, (given(LIND), given(NOVAK, Verb.REJECT, text="not this year")),
     "unmet STEERCO_DECISION:steering_committee approval rejected | decision of the steering committee | rejected | P. Novak of the steering committee rejected it: not this year | steering committee IT Board to act"),
    (COMMITTEE, SOME, (given(LIND, prints={FactGroup.PLAN.value: "150,000 EUR #1"}), given(NOVAK)),
     "unmet STEERCO_DECISION:steering_committee approval quorum | decision of the steering committee | 1 of 2 | 1 of 2 members of IT Board have approved, and 1 was given for other figures | steering committee IT Board to act"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "some", "commands", "text"), CASES, ids=[case[-1].partition(" | ")[0] for case in CASES]
)
def test_the_whole_answer(rule: ApprovalRule, some: Measure, commands: tuple[Command, ...], text: str) -> None:
    assert asked(rule, some, commands) == [text]
