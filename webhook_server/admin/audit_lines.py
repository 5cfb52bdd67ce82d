"""Lines of the audit's page: an entry, or a run of sign-ins as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.papers.audit_sentences import sentence_of
from connector.store.database.audit import AuditEntry

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
