"""The close of a month: two people, one month after the other, and nothing that somebody who is in a hurry gets round."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.money import Money, Period
from governance.month_close import (
    CloseItem,
    CloseItemKind,
    CloseRefusal,
    CloseState,
    CloseStep,
    Signer,
    StepKind,
    TieOut,
    closed_after,
    refusal_to_accept,
    refusal_to_prepare,
    refusal_to_reopen,
)

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
OCTOBER, WEBER, BRANDT = Period(2026, 10), Signer("j.weber", 1), Signer("m.brandt", 2)
SEPTEMBER_CLOSED = CloseState("ACME AG", Period(2026, 9), Period(2026, 1))
PREPARED = CloseStep(7, StepKind.CLOSE_PREPARED, "ACME AG", OCTOBER, WEBER, NOW, entries=3, ledger_digest="abc")
REOPENING = CloseStep(8, StepKind.REOPENING_REQUESTED, "ACME AG", OCTOBER, WEBER, NOW, reason="wrong company code")
MISSING = CloseItem(
    CloseItemKind.MISSING_ACTUAL, "ITX-1 has no actual benefit", "J. Weber", date(2026, 11, 10), "jira-main/1", "ITX-1"
)
DIFFERENCE = CloseItem(
    CloseItemKind.DIFFERENCE, "ITX-2: the ledger has 100 EUR, the tool 120 EUR", "J. Weber", date(2026, 11, 7)
)


@pytest.mark.parametrize(
    ("state", "month", "checklist", "reason", "sentence"),
    [
        pytest.param(SEPTEMBER_CLOSED, OCTOBER, (), "", None, id="all done"),
        pytest.param(CloseState(""), Period(2026, 6), (), "", None, id="the first one may be any"),
        pytest.param(SEPTEMBER_CLOSED, OCTOBER, (MISSING,), "No bill before December", None, id="with a reason"),
        pytest.param(
            SEPTEMBER_CLOSED, OCTOBER, (MISSING,), " ",
            "1 line of the checklist of Oct 2026 of ACME AG is not done: do the work, or say why it is closed without it.",
            id="without a reason",
        ),
        pytest.param(
            SEPTEMBER_CLOSED, OCTOBER, (MISSING, DIFFERENCE), "hurry",
            "Oct 2026 of ACME AG stays open: ITX-2: the ledger has 100 EUR, the tool 120 EUR (J. Weber has to act).",
            id="a difference, whatever the reason",
        ),
        pytest.param(
            SEPTEMBER_CLOSED, Period(2026, 11), (), "", "Nov 2026 is not over: close it from 1 Dec 2026 on.", id="not over"
        ),
        pytest.param(
            CloseState("ACME AG", Period(2026, 8), Period(2026, 8)), OCTOBER, (), "",
            "Close Sep 2026 of ACME AG first: months close one after the other.", id="one left out",
        ),
        pytest.param(
            SEPTEMBER_CLOSED, Period(2026, 9), (), "", "Sep 2026 of ACME AG is closed already.", id="closed already"
        ),
        pytest.param(
            CloseState("ACME AG", Period(2026, 9), waiting=PREPARED), OCTOBER, (), "",
            "The close of Oct 2026 of ACME AG waits for a second person since 5 Nov 2026.", id="twice",
        ),
    ],
)  # fmt: skip
def test_preparing_the_close_of_a_month(
    state: CloseState, month: Period, checklist: tuple[CloseItem, ...], reason: str, sentence: str | None
) -> None:
    refusal = refusal_to_prepare(state, month, NOW.date(), checklist, reason)
    assert (refusal.sentence if refusal else None) == sentence


@pytest.mark.parametrize(
    ("step", "by", "digest", "own", "now", "sentence"),
    [
        pytest.param(PREPARED, BRANDT, "abc", 0, NOW, None, id="a second person"),
        pytest.param(
            PREPARED, WEBER, "abc", 0, NOW,
            "You prepared it yourself: somebody else reviews it, signed in with their own name.", id="the same person",
        ),
        pytest.param(
            PREPARED, Signer("J.Weber", 9), "abc", 0, NOW,
            "You prepared it yourself: somebody else reviews it, signed in with their own name.", id="another account",
        ),
        pytest.param(
            PREPARED, Signer("settings", None), "abc", 0, NOW,
            "Two people sign a month, each with their own name: a token without a person, or the command line without a "
            "token, is nobody's.", id="nobody known",
        ),
        pytest.param(
            replace(PREPARED, by=Signer("settings", None)), BRANDT, "abc", 0, NOW,
            "Two people sign a month, each with their own name: a token without a person, or the command line without a "
            "token, is nobody's.", id="prepared by nobody known",
        ),
        pytest.param(
            PREPARED, BRANDT, "abc", 2, NOW, "You posted 2 entries of this month yourself: somebody else reviews it.",
            id="own entries",
        ),
        pytest.param(
            PREPARED, BRANDT, "abd", 0, NOW,
            "The ledger of the month has changed since the close was prepared. Refuse it, and prepare it again.",
            id="an entry since",
        ),
        pytest.param(
            PREPARED, BRANDT, "abc", 0, NOW + timedelta(days=7),
            "It was not answered in time: prepare it again.", id="late",
        ),
        pytest.param(REOPENING, BRANDT, "abd", 2, NOW, None, id="a reopening"),
    ],
)  # fmt: skip
def test_accepting_what_somebody_else_prepared(
    step: CloseStep, by: Signer, digest: str, own: int, now: datetime, sentence: str | None
) -> None:
    refusal = refusal_to_accept(step, by, now, digest, own)
    assert (refusal.sentence if refusal else None) == sentence


@pytest.mark.parametrize(
    ("month", "reason", "sentence"),
    [
        (Period(2026, 9), "wrong company code", None),
        (Period(2026, 9), "", "A reopening needs a reason: say what cannot be corrected."),
        (
            Period(2026, 8),
            "wrong",
            "Only the last closed month can be reopened: Sep 2026 of ACME AG. Or correct the entries.",
        ),
        (OCTOBER, "wrong", "Oct 2026 of ACME AG is not closed."),
    ],
)
def test_asking_for_a_reopening(month: Period, reason: str, sentence: str | None) -> None:
    refusal = refusal_to_reopen(SEPTEMBER_CLOSED, month, reason)
    assert (refusal.sentence if refusal else None) == sentence


def test_what_nobody_known_prepared_is_refused_for_that_reason() -> None:
    refusal = refusal_to_accept(replace(PREPARED, by=Signer("settings", None)), BRANDT, NOW, "abc", 0)
    assert refusal is not None
    assert refusal.reason is CloseRefusal.NOBODY_KNOWN


def test_what_keeps_a_month_open_is_asked_again_of_whoever_reviews() -> None:
    """A field that somebody changed after the preparation is a difference that the signature would cover up."""
    refusal = refusal_to_accept(PREPARED, BRANDT, NOW, "abc", 0, (MISSING, DIFFERENCE))
    assert refusal is not None
    assert refusal.sentence == (
        "Oct 2026 of ACME AG stays open: ITX-2: the ledger has 100 EUR, the tool 120 EUR (J. Weber has to act)."
    )
    assert refusal_to_accept(PREPARED, BRANDT, NOW, "abc", 0, (MISSING,)) is None


@pytest.mark.parametrize(
    ("stated", "reason", "sentence"),
    [
        pytest.param("1200", "", None, id="to the cent"),
        pytest.param("1180", "an invoice of 20 EUR came late", None, id="explained"),
        pytest.param(
            "1180", " ",
            "The general ledger shows 1,180 EUR of cost for Oct 2026 of ACME AG, the ledger 1,200 EUR: find the difference "
            "of -20 EUR, or say why it stays.", id="not explained",
        ),
    ],
)  # fmt: skip
def test_the_cost_of_the_month_is_that_of_the_general_ledger(stated: str, reason: str, sentence: str | None) -> None:
    tie_out = TieOut(Money(Decimal(stated), "EUR"), Money(Decimal(1200), "EUR"))
    refusal = refusal_to_prepare(SEPTEMBER_CLOSED, OCTOBER, NOW.date(), (), reason, tie_out)
    assert (refusal.sentence if refusal else None) == sentence


def test_what_is_closed_afterwards() -> None:
    october = CloseState("ACME AG", OCTOBER, Period(2026, 9))
    assert closed_after(PREPARED, SEPTEMBER_CLOSED) == OCTOBER
    assert closed_after(REOPENING, october) == Period(2026, 9)
    assert closed_after(REOPENING, CloseState("ACME AG", OCTOBER, OCTOBER)) is None
