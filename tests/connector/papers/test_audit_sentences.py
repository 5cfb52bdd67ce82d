"""Entries of the audit in words, as an auditor reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.papers.audit_sentences import RESTORED, SENTENCES, sentence_of
from connector.store.database.audit import AuditEntry
from connector.store.database.json_codec import Json
from connector.store.operations.counted_events import CountedKind
from governance.verdict import EventKind
from mapping.marks import Mark

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "detail", "sentence"),
    [
        ("stage.granted", {"text": "Decided granted", "stage": "Decided"}, "granted the stage Decided"),
        ("measure.assessed", {"gate": "not_due", "stage": "decided"}, "assessed it: gate not due, stage decided"),
        ("measure.assessed", {"gate": "open", "stage": None}, "assessed it: gate open, stage none yet"),
        ("field.restored", {"field": "Gate"}, "wrote the field Gate again, which somebody else had changed"),
        ("field.restored", {"field": "@status"}, "moved it back, after somebody had moved it past a shut gate"),
        ("field.restored", {"field": "@property:gate"}, "restored its property, which somebody else had changed"),
        ("command.accepted", {}, "gave a command, which was accepted"),
        ("person.added", {"login": "kaya"}, "added kaya ((not stated))"),
        ("unheard_of.thing", {}, "thing (unheard of)"),
    ],
)
def test_an_entry_is_a_sentence(action: str, detail: dict[str, Json], sentence: str) -> None:
    assert sentence_of(AuditEntry(1, AT, "gatepost", action, "jira-main/1", detail, 1, "p", "", "")) == sentence


def test_every_event_and_every_mark_has_its_sentence() -> None:
    assert {kind.value for kind in (*EventKind, *CountedKind)} <= SENTENCES.keys()
    assert set(Mark) == RESTORED.keys()
