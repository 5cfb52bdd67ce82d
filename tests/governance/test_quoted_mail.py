"""Whoever answers a notification by mail does not give the commands that the quoted mail holds."""

from __future__ import annotations

from datetime import date

import pytest

from governance.command_grammar import delegates_in, parse_commands
from governance.written_date import written_date
from tests.governance.factory import POLICY

ANSWERS = {
    "Outlook": "No, why?\n\nFrom: A. Kaya <kaya@acme.example>\nSent: Monday, 5 October 2026\nTo: M. Brandt\n\n/approve decided",
    "Outlook, bold": "No.\n\n**From:** A. Kaya\n**Sent:** Monday\n\n/approve decided",
    "Outlook, German": "Nein.\n\nVon: A. Kaya\nGesendet: Montag\nBetreff: ITX-1\n\n/approve decided",
    "another language": "Ne.\n\nFeladó: A. Kaya <kaya@acme.example>\nTárgy: ITX-1\n\n/approve decided",
    "an original message": "No.\n-----Original Message-----\n/approve decided",
    "Gmail": "No.\n\nOn Mon, 5 Oct 2026 at 10:00, A. Kaya <kaya@acme.example> wrote:\n/approve decided",
    "Gmail, German": "Nein.\n\nAm 5. Okt. 2026 um 10:00 schrieb A. Kaya <kaya@acme.example>:\n/approve decided",
    "Gmail, French": "Non.\n\nLe 5 oct. 2026, A. Kaya a écrit :\n/approve decided",
    "ServiceNow": "reply from: brandt@acme.example\n\nNo.\n\nFrom: IT\nSent: 2026-10-05\n/approve decided",
    "marked": "No.\n> /approve decided",
}
OWN = {
    "by mail": "reply from: brandt@acme.example\n\n/approve decided\n\nFrom: IT\nSent: 2026-10-05\n/reject decided no",
    "an address above": "Contact: kaya@acme.example\n/approve decided",
    "a sentence that begins so": "From: today on we go\n/approve decided",
    "a heading": "-- my decision --\n/approve decided",
    "spaces that do not break": "\u200b/approve\u00a0decided\ufeff",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS.keys())
def test_what_is_quoted_below_an_answer_is_no_command(text: str) -> None:
    assert parse_commands(text, POLICY) == ()


@pytest.mark.parametrize("text", OWN.values(), ids=OWN.keys())
def test_what_somebody_writes_themselves_is_read(text: str) -> None:
    assert [(one.verb, one.stage) for one in parse_commands(text, POLICY)] == [("approve", "decided")]


def test_a_quoted_delegation_names_nobody() -> None:
    assert delegates_in("/delegate @lind until 2026-12-31") == ("lind",)
    assert delegates_in("No.\n-----Original Message-----\n/delegate @lind until 2026-12-31") == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (" 2026-12-31 ", date(2026, 12, 31)),
        ("2026-02-29", None),
        ("2026-W40-1", None),
        ("20261231", None),
        ("2026-12-31x", None),
        ("٢٠٢٦-12-31", None),
    ],
)
def test_a_day_is_written_in_one_way(text: str, day: date | None) -> None:
    assert written_date(text) == day
