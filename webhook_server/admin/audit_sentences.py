"""Entries of the audit as sentences, and runs of sign-ins as one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.store.database.audit import AuditEntry
from governance.verdict import gate_text

SENTENCES: Mapping[str, str] = {
    "session.started": "signed in",
    "session.ended": "signed out, or was signed out",
    "session.confirmed": "showed again who they are",
    "person.added": "added {login} ({name})",
    "person.disabled": "disabled the person",
    "person.enabled": "let the person sign in again",
    "person.password_set": "set a password",
    "person.linked": "linked the person to the identity provider",
    "role.granted": "gave the role {grant}",
    "role.revoked": "took back the role {grant}",
    "role_rule.added": "gave members of {claim} the role {grant}",
    "role_rule.removed": "took the role {grant} back from members of {claim}",
    "account.linked": "linked the account {id} of {connection}",
    "account.unlinked": "unlinked the account {id} of {connection}",
    "token.created": "made an access token",
    "token.revoked": "revoked an access token",
    "second_factor.enrolled": "set up a second factor",
    "second_factor.reset": "removed the second factor",
    "second_factor.recovery_code_used": "signed in with a recovery code",
    "second_factor.recovery_codes_renewed": "made new recovery codes",
    "mapping.activated": "activated version {number} of the mapping: {reason}",
    "connection.saved": "saved the connection",
    "connection.removed": "removed the connection",
    "connection.secret_rotated": "changed the secret of the connection's events",
    "connection.paused": "paused the connection",
    "connection.resumed": "took the connection into use again",
    "measure.assessed": "assessed it: gate {gate}, stage {stage}",
    "stage.granted": "granted the stage {stage}",
    "evidence.packed": "made an evidence pack as of {as_of}",
    "item.reassessed": "had it assessed again",
    "rate.set": "set an exchange rate",
    "ledger.posted": "posted into the ledger",
    "ledger.corrected": "corrected the ledger",
    "money.imported": "imported a file into the ledger",
    "money.taken_back": "took an import back",
    "money.assigned": "assigned rows that were held back",
    "money.resolved": "decided on a difference from the tool",
    "money.dismissed": "dismissed rows that were held back",
    "capitalisation.signed": "signed what is capitalised",
    "write.dropped": "dropped a write",
    "subscription.disabled": "switched a subscription off",
    "secrets.reencrypted": "encrypted all secrets with the new key",
    "gates.drifted": "found native gates removed from the tool",
    "gates.repaired": "restored native gates in the tool",
    "audit.restarted": "began a new chain of the audit",
    "audit.sinks_changed": "changed where the audit is anchored",
    "provision.nothing_missing": "found that nothing is missing in the tool",
}
"""By action, what its actor did; in braces what the entry holds."""

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
