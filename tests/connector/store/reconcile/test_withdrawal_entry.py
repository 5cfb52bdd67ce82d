"""A command that was taken back, as the audit holds it."""

from __future__ import annotations

from datetime import UTC, datetime

from connector.store.reconcile.withdrawal_entry import withdrawal_entry
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.measure import Person


def test_a_withdrawal_names_who_took_what_back() -> None:
    source = CommandSource(CommandOrigin.COMMENT, "77")
    given = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
    approval = Command(Verb.APPROVE, Person("b", "M. Brandt"), given, source, stage="decided")
    assert withdrawal_entry(approval) == (
        "M. Brandt",
        "command.withdrawn",
        {
            "text": "M. Brandt took back /approve for decided of 2026-11-20 08:05 UTC; it no longer counts.",
            "verb": "approve",
            "stage": "decided",
            "given_at": "2026-11-20T08:05:00+00:00",
            "person": "b",
            "source": {"origin": "comment", "id": "77", "ordinal": 1},
        },
    )
