"""Commands and their rulings: the reply to a wrong one says what would be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.locked_plan import lock_plan
from governance.measure import Committee, Measure, Person
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.money import Period
from governance.verdict import Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

LIND = Person("l", "S. Lind", True, "slind")
HOLD = OffRamp(OffRampKind.ON_HOLD, "A. Kaya", NOW - timedelta(days=3), "waiting for the contract", "k")
CANCELLED = OffRamp(OffRampKind.CANCELLED, "M. Brandt", NOW - timedelta(days=3), "replaced", "b")
KILLED = OffRamp(OffRampKind.KILLED, "gatepost", NOW - timedelta(days=3), "red for three months")
BOARD = Committee("IT Board", frozenset({"l", "x1"}), 1)


def assess_with(
    command: Command, *, stage: str | None = "identified", some: Measure | None = None, **state: object
) -> Verdict:
    before = MeasureState(stage, **state)  # type: ignore[arg-type]
    return assess(
        some or measure(), replace(evidence(stage, stage, commands=(command,)), measure_state=before), POLICY, NOW
    )


def ruling_of(command: Command, **changes: object) -> tuple[bool, str]:
    (ruled,) = assess_with(command, **changes).commands  # type: ignore[arg-type]
    assert ruled.ruling is not None
    return ruled.ruling.accepted, ruled.ruling.reply


def lower(amount: int, text: str) -> Command:
    months = {"first_month": Period(2026, 1), "month": Period(2026, 10)}
    return new_command("", WEBER, Verb.CONFIRM_LOWER, amount=eur(amount), text=text, **months)


YES = {
    "the sponsor approves the details": (new_command("detailed", BRANDT), {}, "Detailed approved by M. Brandt as sponsor."),
    "the controller confirms size and timing": (
        new_command("decided", WEBER), {"stage": "detailed"}, "Decided approved by J. Weber as controller."
    ),
    "a member of the steering committee approves": (
        new_command("decided", LIND),
        {"stage": "detailed", "some": measure(committee=BOARD)},
        "Decided approved by S. Lind as steering committee.",
    ),
    "the sponsor rejects with a reason": (
        new_command("decided", BRANDT, Verb.REJECT, text="too dear"), {"stage": "detailed"},
        "Decided rejected (too dear) by M. Brandt as sponsor.",
    ),
    "the controller confirms what is booked": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)), {"stage": "implemented"},
        "Confirmed: 140,000 EUR for Jan 2026 to Oct 2026 by J. Weber as controller.",
    ),
    "the controller confirms one month": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(20_000), month=Period(2026, 10)), {"stage": "implemented"},
        "Confirmed: 20,000 EUR for Oct 2026 by J. Weber as controller.",
    ),
    "the controller confirms one P&L line": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(-60_000), month=Period(2026, 1), pl_line="one_off_cost"),
        {"stage": "implemented"},
        "Confirmed: -60,000 EUR of one_off_cost for Jan 2026 by J. Weber as controller.",
    ),
    "the controller confirms less than is claimed, with a reason": (
        lower(90_000, "no volume"), {"stage": "implemented"},
        "Lower value confirmed: 90,000 EUR for Jan 2026 to Oct 2026, 50,000 EUR less than the 140,000 EUR claimed "
        "(no volume) by J. Weber as controller.",
    ),
    "all that is claimed is less than was planned": (
        lower(100_000, "no volume"),
        {"stage": "implemented", "some": measure(
            effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 10_000, 0, months=10)))},
        "Lower value confirmed: 100,000 EUR for Jan 2026 to Oct 2026 (no volume) by J. Weber as controller.",
    ),
    "an effect that never came is confirmed as zero": (
        lower(0, "nothing came"), {"stage": "implemented", "some": measure(effects=lines(Version.PLAN, 20_000, 60_000))},
        "Lower value confirmed: 0 EUR for Jan 2026 to Oct 2026 (nothing came) by J. Weber as controller.",
    ),
    "the owner puts it on hold": (new_command("", KAYA, Verb.HOLD, text="wait"), {}, "On hold (wait) by A. Kaya as owner."),
    "the sponsor cancels": (new_command("", BRANDT, Verb.CANCEL, text="replaced"), {}, "Cancelled (replaced) by M. Brandt as sponsor."),
    "who put it on hold resumes it": (
        new_command("", KAYA, Verb.RESUME), {"off_ramp": HOLD}, "Resumed by A. Kaya, who had put it on hold."
    ),
    "the sponsor overrides the kill switch": (
        new_command("", BRANDT, Verb.RESUME), {"off_ramp": KILLED}, "Resumed by M. Brandt as sponsor."
    ),
    "the owner gives a reason": (
        new_command("", KAYA, Verb.REASON, text="delay: supplier"), {}, "Reason noted (delay: supplier) by A. Kaya as owner."
    ),
    "the sponsor delegates": (
        new_command("", BRANDT, Verb.DELEGATE, delegate="slind", until=date(2026, 12, 31)), {},
        "Sponsor delegated until 2026-12-31.",
    ),
    "the owner asks for a re-baseline": (
        new_command("", KAYA, Verb.REBASELINE, text="two more sites"),
        {"stage": "decided", "plan": lock_plan(lines(Version.PLAN, 30_000, 60_000), NOW - timedelta(days=9))},
        "Re-baseline asked for (two more sites); sponsor M. Brandt and controller J. Weber decide with "
        "/approve rebaseline. It was asked by A. Kaya as owner.",
    ),
}  # fmt: skip

NO = {
    "the owner cannot approve alone": (new_command("detailed", KAYA), {}, "A. Kaya may not approve Detailed; sponsor M. Brandt may."),
    "a person without a role gets the names of those who may": (
        new_command("decided", LIND), {"stage": "detailed"},
        "S. Lind may not approve Decided; sponsor M. Brandt or controller J. Weber may.",
    ),
    "a stage without approvals says so": (
        new_command("identified", KAYA), {"stage": None},
        "Identified needs no approval: it is granted when its conditions are met.",
    ),
    "closing is confirmed, not approved": (
        new_command("closed", WEBER), {"stage": "implemented"},
        "Closed is not approved but confirmed, by controller J. Weber: /confirm 140000 EUR 2026-01..2026-10",
    ),
    "a granted stage needs no approval": (
        new_command("detailed", BRANDT), {"stage": "decided"}, "Detailed has been granted already; there is nothing to approve."
    ),
    "the reply to a wrong amount has the right one": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(150_000), month=Period(2026, 10)), {"stage": "implemented"},
        "150,000 EUR for Oct 2026 does not hold: 20,000 EUR is booked for Oct 2026. "
        "Correct form: /confirm 20000 EUR 2026-10",
    ),
    "a month that is not over is not confirmed": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(20_000), month=Period(2026, 11)), {"stage": "implemented"},
        "20,000 EUR for Nov 2026 does not hold: Nov 2026 is not over. Correct form: /confirm 140000 EUR 2026-01..2026-10",
    ),
    "a month of the future is not confirmed": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(400_000), month=Period(2031, 12)), {"stage": "implemented"},
        "400,000 EUR for Dec 2031 does not hold: Dec 2031 is not over. "
        "Correct form: /confirm 140000 EUR 2026-01..2026-10",
    ),
    "nobody confirms more than is claimed": (
        lower(150_000, "no volume"), {"stage": "implemented"},
        "150,000 EUR for Jan 2026 to Oct 2026 does not hold: 140,000 EUR is booked for Jan 2026 to Oct 2026, and nobody confirms "
        "more than is claimed. Correct form: /confirm-lower 140000 EUR 2026-01..2026-10 no volume",
    ),
    "what is as planned is no lower value": (
        lower(140_000, "no volume"), {"stage": "implemented"},
        "140,000 EUR for Jan 2026 to Oct 2026 does not hold: 140,000 EUR is booked for Jan 2026 to Oct 2026, which is no less than "
        "was planned: it is confirmed with /confirm. Correct form: /confirm 140000 EUR 2026-01..2026-10",
    ),
    "what was never booked is confirmed as nothing": (
        lower(90_000, "no volume"), {"stage": "implemented", "some": measure(effects=lines(Version.PLAN, 20_000, 60_000))},
        "90,000 EUR for Jan 2026 to Oct 2026 does not hold: nothing is booked for Jan 2026 to Oct 2026. "
        "Correct form: /confirm-lower 0 EUR 2026-01..2026-10 no volume, or book the actuals first",
    ),
    "nothing can be confirmed where nothing is booked": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(0), month=Period(2026, 10)),
        {"stage": "implemented", "some": measure(effects=lines(Version.PLAN, 20_000, 60_000))},
        "0 EUR for Oct 2026 does not hold: nothing is booked for Oct 2026. Correct form: book the actuals first, "
        "or confirm a lower value: /confirm-lower 0 EUR 2026-01..2026-10 reason",
    ),
    "the owner does not confirm": (
        new_command("", KAYA, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)), {"stage": "implemented"},
        "A. Kaya may not confirm the actual effect; controller J. Weber may.",
    ),
    "who is sponsor and controller at once confirms nothing": (
        new_command("", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)),
        {"stage": "implemented", "some": measure(roles=replace(measure().roles, sponsor=WEBER))},
        "J. Weber is sponsor as well: nobody confirms their own figures.",
    ),
    "the owner does not cancel": (new_command("", KAYA, Verb.CANCEL, text="x"), {}, "A. Kaya may not cancel it; sponsor M. Brandt may."),
    "what is on hold is not put on hold again": (
        new_command("", BRANDT, Verb.HOLD, text="x"), {"off_ramp": HOLD}, "It is on hold since 18 Nov 2026 already."
    ),
    "what runs cannot be resumed": (
        new_command("", BRANDT, Verb.RESUME), {}, "It is neither on hold nor cancelled; there is nothing to resume."
    ),
    "the owner does not override the kill switch": (
        new_command("", KAYA, Verb.RESUME), {"off_ramp": KILLED}, "A. Kaya may not override the kill switch; sponsor M. Brandt may."
    ),
    "the owner does not revive what the sponsor cancelled": (
        new_command("", KAYA, Verb.RESUME), {"off_ramp": CANCELLED}, "A. Kaya may not resume it; sponsor M. Brandt may."
    ),
    "a person without a role gives no reason": (
        new_command("", LIND, Verb.REASON, text="x"), {}, "S. Lind may not give the reason; owner A. Kaya or sponsor M. Brandt may."
    ),
    "nobody delegates what they do not have": (
        new_command("", LIND, Verb.DELEGATE, delegate="k", until=date(2026, 12, 31)), {},
        "S. Lind has no role here to delegate; owner A. Kaya or sponsor M. Brandt or controller J. Weber may.",
    ),
    "the controller does not delegate to the owner": (
        new_command("", WEBER, Verb.DELEGATE, delegate="k", until=date(2026, 12, 31)), {},
        "A. Kaya is owner of this measure and cannot stand in for the controller: nobody checks their own figures.",
    ),
    "the sponsor does not delegate to the controller": (
        new_command("", BRANDT, Verb.DELEGATE, delegate="w", until=date(2026, 12, 31)), {},
        "J. Weber is controller of this measure and cannot stand in for the sponsor: nobody checks their own figures.",
    ),
    "a delegation does not begin in the past": (
        new_command("", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 1)), {}, "2026-11-01 has passed."
    ),
    "a delegation does not last for ever": (
        new_command("", BRANDT, Verb.DELEGATE, delegate="l", until=date(2027, 11, 1)), {},
        "2027-11-01 is more than 92 days away, which is the longest delegation.",
    ),
    "a plan that is not locked needs no re-baseline": (
        new_command("", KAYA, Verb.REBASELINE, text="x"), {}, "The plan is not locked yet: change it freely until it is decided."
    ),
    "a plan that was not changed needs no re-baseline": (
        new_command("", KAYA, Verb.REBASELINE, text="x"),
        {"stage": "decided", "plan": lock_plan(measure().effects, NOW - timedelta(days=9))},
        "The plan is as it was locked on 12 Nov 2026: change it in the tool first.",
    ),
    "the reply to a malformed command says what would be right": (
        new_command("", KAYA, Verb.MALFORMED, text="/approve done", problem='"done" is not a stage', usage="/approve STAGE"), {},
        '"/approve done": "done" is not a stage. Correct form: /approve STAGE',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("command", "changes", "text"), YES.values(), ids=YES.keys())
def test_what_is_accepted(command: Command, changes: dict[str, object], text: str) -> None:
    assert ruling_of(command, **changes) == (True, text)


@pytest.mark.parametrize(("command", "changes", "text"), NO.values(), ids=NO.keys())
def test_what_is_refused_and_what_would_be_right(command: Command, changes: dict[str, object], text: str) -> None:
    assert ruling_of(command, **changes) == (False, text)


def test_help_lists_every_command() -> None:
    accepted, text = ruling_of(new_command("", LIND, Verb.HELP))
    assert accepted
    assert [line.split()[0] for line in text.splitlines()[1:]] == [
        "/approve", "/reject", "/confirm", "/confirm-lower", "/hold", "/resume", "/cancel", "/reason", "/delegate",
        "/rebaseline", "/kill-criteria", "/accept-role",
    ]  # fmt: skip


def test_a_ruling_is_given_once() -> None:
    """The sponsor changes afterwards; what was refused stays refused, and gets no new ruling."""
    refused = assess_with(new_command("detailed", KAYA)).commands
    later = measure(roles=replace(measure().roles, sponsor=KAYA))
    later_evidence = replace(evidence("identified", "identified", commands=refused))
    assert assess(later, later_evidence, POLICY, NOW).commands == refused


def test_commands_are_ruled_on_in_the_order_in_which_they_were_given() -> None:
    first = new_command("", KAYA, Verb.HOLD, text="wait", at=NOW - timedelta(hours=2))
    second = new_command("", KAYA, Verb.RESUME, at=NOW - timedelta(hours=1))
    later_evidence = evidence("identified", "identified", commands=(second, first))
    assert assess(measure(), later_evidence, POLICY, NOW).off_ramp is None


APPROVAL, REJECTION = new_command("detailed", BRANDT), new_command("decided", BRANDT, Verb.REJECT, text="too dear")


@pytest.mark.parametrize(
    ("place", "origin", "limit", "accepted"),
    [
        ("also in the tool", CommandOrigin.COMMENT, None, True),
        ("on the page only", CommandOrigin.COMMENT, Decimal(0), False),
        ("on the page only", CommandOrigin.APPROVAL, Decimal(0), False),
        ("on the page only", CommandOrigin.PAGE, Decimal(0), True),
        ("there above an amount that is not reached", CommandOrigin.COMMENT, Decimal(10_000_000), True),
        ("there above an amount that is reached", CommandOrigin.COMMENT, Decimal(100_000), False),
    ],
)
def test_where_an_approval_counts(place: str, origin: CommandOrigin, limit: Decimal | None, accepted: bool) -> None:
    """A rule of automation may act as somebody else, and a mail handler believes a sender."""
    policy = POLICY.with_thresholds(replace(POLICY.thresholds, confirm_on_page_from=limit))
    given = [
        command._replace(source=CommandSource(origin, f"c{number}"))
        for number, command in enumerate((APPROVAL, REJECTION))
    ]
    found = assess(
        measure(),
        replace(evidence("identified", "identified", commands=tuple(given)), measure_state=MeasureState("identified")),
        policy,
        NOW,
    ).commands
    approval, rejection = (command.ruling for command in found)
    assert approval is not None
    assert rejection is not None
    assert ("page in Gatepost only" not in approval.reply) is accepted, place
    assert rejection.accepted, "a no counts wherever it is said"
    if not accepted:
        amount = " of 100,000 and more" if limit else ""
        assert approval.reply == (
            f"Approvals and confirmations of measures{amount} count on their page in Gatepost only: in the tool a rule or "
            "a mail may speak for somebody else. Give it there."
        )
