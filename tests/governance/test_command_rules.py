"""What people say in comments, and what they are answered: a wrong word is answered with what would be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Statement, Verb
from governance.locked_plan import freeze
from governance.measure import Committee, Measure, Person
from governance.measure_state import OffRamp, RampKind, Standing
from governance.money import Period
from governance.verdict import Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, said

LIND = Person("l", "S. Lind", True, "slind")
HOLD = OffRamp(RampKind.ON_HOLD, "A. Kaya", NOW - timedelta(days=3), "waiting for the contract", "k")
CANCELLED = OffRamp(RampKind.CANCELLED, "M. Brandt", NOW - timedelta(days=3), "replaced", "b")
KILLED = OffRamp(RampKind.KILLED, "gatepost", NOW - timedelta(days=3), "red for three months")
BOARD = Committee("IT Board", frozenset({"l", "x1"}), 1)


def hear(
    one: Statement, *, stage: str | None = "identified", some: Measure | None = None, **standing: object
) -> Verdict:
    before = Standing(stage, **standing)  # type: ignore[arg-type]
    return assess(some or measure(), replace(evidence(stage, stage, statements=(one,)), standing=before), POLICY, NOW)


def answer(one: Statement, **more: object) -> tuple[bool, str]:
    (heard,) = hear(one, **more).statements  # type: ignore[arg-type]
    assert heard.ruling is not None
    return heard.ruling.accepted, heard.ruling.answer


YES = {
    "the sponsor approves the details": (said("detailed", BRANDT), {}, "Detailed approved by M. Brandt as sponsor."),
    "the controller confirms size and timing": (
        said("decided", WEBER), {"stage": "detailed"}, "Decided approved by J. Weber as controller."
    ),
    "a member of the steering committee approves": (
        said("decided", LIND),
        {"stage": "detailed", "some": measure(committee=BOARD)},
        "Decided approved by S. Lind as steering committee.",
    ),
    "the sponsor rejects with a reason": (
        said("decided", BRANDT, Verb.REJECT, text="too dear"), {"stage": "detailed"},
        "Decided rejected (too dear) by M. Brandt as sponsor.",
    ),
    "the controller confirms what is booked": (
        said("", WEBER, Verb.CONFIRM, amount=eur(160_000), month=Period(2026, 11)), {"stage": "implemented"},
        "Confirmed: 160,000 EUR until 2026-11 by J. Weber as controller.",
    ),
    "the controller writes down with a reason": (
        said("", WEBER, Verb.WRITE_DOWN, amount=eur(160_000), month=Period(2026, 11), text="no volume"),
        {"stage": "implemented"},
        "Written down to 160,000 EUR until 2026-11 (no volume) by J. Weber as controller.",
    ),
    "an effect that never came is written down to zero": (
        said("", WEBER, Verb.WRITE_DOWN, amount=eur(0), month=Period(2026, 11), text="nothing came"),
        {"stage": "implemented", "some": measure(effects=lines(Version.PLAN, 20_000, 60_000))},
        "Written down to 0 EUR until 2026-11 (nothing came) by J. Weber as controller.",
    ),
    "the owner puts it on hold": (said("", KAYA, Verb.HOLD, text="wait"), {}, "On hold (wait) by A. Kaya as owner."),
    "the sponsor cancels": (said("", BRANDT, Verb.CANCEL, text="replaced"), {}, "Cancelled (replaced) by M. Brandt as sponsor."),
    "who put it on hold resumes it": (
        said("", KAYA, Verb.RESUME), {"ramp": HOLD}, "Resumed by A. Kaya, who had put it on hold."
    ),
    "the sponsor overrides the kill switch": (
        said("", BRANDT, Verb.RESUME), {"ramp": KILLED}, "Resumed by M. Brandt as sponsor."
    ),
    "the owner gives a reason": (
        said("", KAYA, Verb.REASON, text="delay: supplier"), {}, "Reason noted (delay: supplier) by A. Kaya as owner."
    ),
    "the sponsor delegates": (
        said("", BRANDT, Verb.DELEGATE, delegate="slind", until=date(2026, 12, 31)), {},
        "Sponsor delegated until 2026-12-31.",
    ),
    "the owner asks for a re-baseline": (
        said("", KAYA, Verb.REBASELINE, text="two more sites"),
        {"stage": "decided", "plan": freeze(lines(Version.PLAN, 30_000, 60_000), NOW - timedelta(days=9))},
        "Re-baseline asked for (two more sites); sponsor M. Brandt and controller J. Weber decide with "
        "/approve rebaseline. It was asked by A. Kaya as owner.",
    ),
}  # fmt: skip

NO = {
    "the owner cannot approve alone": (said("detailed", KAYA), {}, "A. Kaya may not approve Detailed; sponsor M. Brandt may."),
    "a passer-by is told who may": (
        said("decided", LIND), {"stage": "detailed"},
        "S. Lind may not approve Decided; sponsor M. Brandt or controller J. Weber may.",
    ),
    "a stage without approvals says so": (
        said("identified", KAYA), {"stage": None},
        "Identified needs no approval: it is granted when its conditions are met.",
    ),
    "closing is confirmed, not approved": (
        said("closed", WEBER), {"stage": "implemented"},
        "Closed is not approved but confirmed, by controller J. Weber: /confirm 160000 EUR 2026-11",
    ),
    "a granted stage needs no approval": (
        said("detailed", BRANDT), {"stage": "decided"}, "Detailed has been granted already; there is nothing to approve."
    ),
    "a wrong amount is answered with the right one": (
        said("", WEBER, Verb.CONFIRM, amount=eur(150_000), month=Period(2026, 11)), {"stage": "implemented"},
        "150,000 EUR until 2026-11 does not hold: 160,000 EUR is booked until 2026-11. "
        "Right would be: /confirm 160000 EUR 2026-11",
    ),
    "a month before the last booking is answered with the right one": (
        said("", WEBER, Verb.CONFIRM, amount=eur(160_000), month=Period(2026, 9)), {"stage": "implemented"},
        "160,000 EUR until 2026-09 does not hold: the actuals reach to 2026-11. "
        "Right would be: /confirm 160000 EUR 2026-11",
    ),
    "nothing can be confirmed where nothing is booked": (
        said("", WEBER, Verb.CONFIRM, amount=eur(1), month=Period(2026, 11)),
        {"stage": "implemented", "some": measure(effects=lines(Version.PLAN, 20_000, 60_000))},
        "1 EUR until 2026-11 does not hold: no actuals are booked. Right would be: book the actuals first, "
        "or write the effect down: /write-down 0 EUR 2026-11 reason",
    ),
    "the owner does not confirm": (
        said("", KAYA, Verb.CONFIRM, amount=eur(160_000), month=Period(2026, 11)), {"stage": "implemented"},
        "A. Kaya may not confirm the actual effect; controller J. Weber may.",
    ),
    "who is sponsor and controller at once confirms nothing": (
        said("", WEBER, Verb.CONFIRM, amount=eur(160_000), month=Period(2026, 11)),
        {"stage": "implemented", "some": measure(roles=replace(measure().roles, sponsor=WEBER))},
        "J. Weber is sponsor as well: nobody confirms their own figures.",
    ),
    "the owner does not cancel": (said("", KAYA, Verb.CANCEL, text="x"), {}, "A. Kaya may not cancel it; sponsor M. Brandt may."),
    "what is on hold is not put on hold again": (
        said("", BRANDT, Verb.HOLD, text="x"), {"ramp": HOLD}, "It is on hold since 18 Nov 2026 already."
    ),
    "what runs cannot be resumed": (
        said("", BRANDT, Verb.RESUME), {}, "It is neither on hold nor cancelled; there is nothing to resume."
    ),
    "the owner does not override the kill switch": (
        said("", KAYA, Verb.RESUME), {"ramp": KILLED}, "A. Kaya may not override the kill switch; sponsor M. Brandt may."
    ),
    "the owner does not revive what the sponsor cancelled": (
        said("", KAYA, Verb.RESUME), {"ramp": CANCELLED}, "A. Kaya may not resume it; sponsor M. Brandt may."
    ),
    "a passer-by gives no reason": (
        said("", LIND, Verb.REASON, text="x"), {}, "S. Lind may not give the reason; owner A. Kaya or sponsor M. Brandt may."
    ),
    "nobody delegates what they do not have": (
        said("", LIND, Verb.DELEGATE, delegate="k", until=date(2026, 12, 31)), {},
        "S. Lind has no role here to delegate; owner A. Kaya or sponsor M. Brandt or controller J. Weber may.",
    ),
    "the controller does not delegate to the owner": (
        said("", WEBER, Verb.DELEGATE, delegate="k", until=date(2026, 12, 31)), {},
        "A. Kaya is owner of this measure and cannot stand in for the controller: nobody checks their own figures.",
    ),
    "the sponsor does not delegate to the controller": (
        said("", BRANDT, Verb.DELEGATE, delegate="w", until=date(2026, 12, 31)), {},
        "J. Weber is controller of this measure and cannot stand in for the sponsor: nobody checks their own figures.",
    ),
    "a delegation does not begin in the past": (
        said("", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 1)), {}, "2026-11-01 has passed."
    ),
    "a delegation does not last for ever": (
        said("", BRANDT, Verb.DELEGATE, delegate="l", until=date(2027, 11, 1)), {},
        "2027-11-01 is more than 92 days away, which is the longest delegation.",
    ),
    "a plan that is not locked needs no re-baseline": (
        said("", KAYA, Verb.REBASELINE, text="x"), {}, "The plan is not locked yet: change it freely until it is decided."
    ),
    "a plan that was not changed needs no re-baseline": (
        said("", KAYA, Verb.REBASELINE, text="x"),
        {"stage": "decided", "plan": freeze(measure().effects, NOW - timedelta(days=9))},
        "The plan is as it was locked on 12 Nov 2026: change it in the tool first.",
    ),
    "a slip of the pen is answered with what would be right": (
        said("", KAYA, Verb.MALFORMED, text="/approve done", problem='"done" is not a stage', usage="/approve STAGE"), {},
        '"/approve done": "done" is not a stage. Right would be: /approve STAGE',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "more", "text"), YES.values(), ids=YES.keys())
def test_what_is_accepted(one: Statement, more: dict[str, object], text: str) -> None:
    assert answer(one, **more) == (True, text)


@pytest.mark.parametrize(("one", "more", "text"), NO.values(), ids=NO.keys())
def test_what_is_refused_and_what_would_be_right(one: Statement, more: dict[str, object], text: str) -> None:
    assert answer(one, **more) == (False, text)


def test_help_lists_every_command() -> None:
    accepted, text = answer(said("", LIND, Verb.HELP))
    assert accepted
    assert [line.split()[0] for line in text.splitlines()[1:]] == [
        "/approve", "/reject", "/confirm", "/write-down", "/hold", "/resume", "/cancel", "/reason", "/delegate",
        "/rebaseline",
    ]  # fmt: skip


def test_a_ruling_is_given_once() -> None:
    """The sponsor changes afterwards; what was refused stays refused, and is not answered anew."""
    refused = hear(said("detailed", KAYA)).statements
    later = measure(roles=replace(measure().roles, sponsor=KAYA))
    seen = replace(evidence("identified", "identified", statements=refused))
    assert assess(later, seen, POLICY, NOW).statements == refused


def test_statements_are_heard_in_the_order_in_which_they_were_made() -> None:
    first = said("", KAYA, Verb.HOLD, text="wait", at=NOW - timedelta(hours=2))
    second = said("", KAYA, Verb.RESUME, at=NOW - timedelta(hours=1))
    seen = evidence("identified", "identified", statements=(second, first))
    assert assess(measure(), seen, POLICY, NOW).ramp is None
