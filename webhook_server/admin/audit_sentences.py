"""Entries of the audit as sentences, and runs of sign-ins as one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.store.database.audit import AuditEntry
from governance.verdict import gate_text
from webhook_server.audit_actions import SENTENCES

SESSION_ACTIONS = frozenset({"session.started", "session.ended", "session.confirmed"})


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the page: an entry, or a run of sign-ins."""

    entries: Sequence[AuditEntry]

    @property
    def first(self) -> AuditEntry:
        """The newest of them."""
        return self.entries[0]

    @property
    def is_run(self) -> bool:
        return len(self.entries) > 1

    @property
    def sentence(self) -> str:
        if not self.is_run:
            return sentence_of(self.first)
        people = sorted({entry.actor for entry in self.entries})
        who = people[0] if len(people) == 1 else f"{len(people)} people"
        return f"{who}: signed in, out or again, {len(self.entries)} times"


def sentence_of(entry: AuditEntry) -> str:
    """What was done, without who did it and when, which stand beside it."""
    known, detail = SENTENCES.get(entry.action), _words(entry.detail)
    if known is None:
        subject, _, what = entry.action.partition(".")
        return f"{what.replace('_', ' ')} ({subject.replace('_', ' ')})" if what else subject.replace("_", " ")
    return known.format_map(_Stated(detail))


def collapsed(entries: Sequence[AuditEntry]) -> tuple[AuditLine, ...]:
    """Sign-ins that follow one another as one line; everything else by itself, in the same order."""
    return tuple(AuditLine(run) for run in _runs(entries))


def _runs(entries: Sequence[AuditEntry]) -> Iterator[list[AuditEntry]]:
    run: list[AuditEntry] = []
    for entry in entries:
        if entry.action in SESSION_ACTIONS:
            run.append(entry)
            continue
        if run:
            yield run
            run = []
        yield [entry]
    if run:
        yield run


class _Stated(dict[str, str]):
    def __missing__(self, key: str) -> str:
        """An entry of an older version may not hold it."""
        return "(not stated)"


def _words(detail: Mapping[str, Any]) -> dict[str, str]:
    found = {name: value if isinstance(value, str) else json.dumps(value) for name, value in detail.items()}
    if "gate" in found:
        found["gate"] = gate_text(found["gate"])
    if not found.get("stage") or found["stage"] == "null":
        found["stage"] = "none yet"
    return found
