"""Entries of the audit as sentences, for pages and papers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connector.store.database.audit import AuditEntry
from governance.verdict import gate_text
from mapping.marks import Mark

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
    "report_login.set": "let the database login {login} read the reporting views as this person",
    "report_login.removed": "took the reporting views from the database login {login}",
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
    "scenario.saved": "saved the scenario {name}",
    "deck_template.stored": "stored {file} as the template of every deck",
    "deck_template.removed": "removed {file}, the template of every deck",
    "scenario.chosen": "chose the scenario {name}: {proposals} proposals",
    "measure.assessed": "assessed it: gate {gate}, stage {stage}",
    "stage.granted": "granted the stage {stage}",
    "stage.reopened": "took back the stage {stage}",
    "measure.breached": "found it moved past a shut gate",
    "measure.breach_stays": "no longer moves it back: it went past the gate too often",
    "measure.off_ramp": "recorded that it is cancelled or on hold",
    "measure.resumed": "recorded that it goes on",
    "measure.kill_switch": "put it on hold by the kill switch",
    "measure.kill_switch_overdue": "asked the next person to decide about the kill switch",
    "measure.kill_switch_overridden": "recorded that it goes on in spite of the kill switch",
    "measure.kill_switch_stopped": "recorded that it is stopped for good",
    "measure.savings_relapsed": "reopened it: the saving has not lasted",
    "plan.locked": "locked the plan",
    "plan.rebaselined": "locked a new plan beside the original one",
    "plan.terms_changed": "found agreed terms changed after the decision",
    "deviation.reason_requested": "asked for the reason of a deviation",
    "deviation.explained": "gave the reason of a deviation",
    "command.accepted": "gave a command, which was accepted",
    "command.refused": "gave a command, which was refused",
    "command.altered": "found a command edited after it was given",
    "command.withdrawn": "found a command deleted after it was given",
    "role.changed": "found that a role is held by somebody else",
    "role.accepted": "recorded that a new holder has a role",
    "role.restored": "recorded that a role is held as before",
    "field.restored": "wrote the field {field} again, which somebody else had changed",
    "actuals.booked": "found actual results booked",
    "meeting.given": "gave the command that a meeting decided",
    "meeting.decided": "entered a decision of a meeting",
    "month.close_prepared": "prepared the close of a month",
    "month.closed": "closed a month",
    "month.reopening_requested": "asked for a closed month to be opened again",
    "month.reopened": "opened a closed month again",
    "proposal.made": "made a proposal",
    "proposal.accepted": "accepted a proposal",
    "proposal.declined": "declined a proposal",
    "proposal.withdrawn": "withdrew a proposal",
    "subscription.added": "added a subscription",
    "subscription.enabled": "switched a subscription on",
    "subscription.removed": "removed a subscription",
    "subscription.rotated": "changed the secret of a subscription",
    "connection.changed": "changed the connection",
    "money.written": "wrote confirmed figures into the tool",
    "evidence.packed": "made an evidence pack as of {as_of}",
    "evidence.unlinked": "found a link removed on which it rested, to what was still open",
    "team.reduced": "found people taken out of its team",
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
    "paper.issued": "made the paper of {period}, report {report}",
    "paper.paused": "paused the paper: {reason}",
    "paper.resumed": "had the paper sent again",
    "paper.sent_again": "had a copy of the paper sent again",
    "subscription.disabled": "switched a subscription off",
    "secrets.reencrypted": "encrypted all secrets with the new key",
    "gates.drifted": "found native gates removed from the tool",
    "gates.repaired": "restored native gates in the tool",
    "audit.restarted": "began a new chain of the audit",
    "audit.sinks_changed": "changed where the audit is anchored",
    "dead_letter.replayed": "had dead letters tried again",
    "dead_letter.dropped": "dropped dead letters",
    "values.stored": "stored values that a file or a program states",
    "personal_data.erased": "erased personal data",
    "service_account.created": "made a service account",
    "service_account.rotated": "changed the secret of a service account",
    "service_account.revoked": "revoked a service account",
    "access_change.alone": "changed roles or accounts alone",
    "access_change.requested": "asked for a change of roles or accounts",
    "access_change.accepted": "accepted a change of roles or accounts",
    "access_change.refused": "refused a change of roles or accounts",
    "access_change.ended": "ended a request for a change of roles or accounts that nobody had accepted",
    "sign_in.failed": "counted sign-ins that failed",
    "sign_in.locked": "counted sign-ins that were not tried after too many had failed",
    "token.refused": "counted access tokens that were refused",
    "access.refused": "was refused what is not open to them",
    "data.exported": "exported data",
    "data.read": "read lists over the API",
    "provision.nothing_missing": "found that nothing is missing in the tool",
}
"""By action, what its actor did; in braces what the entry holds."""


RESTORED: Mapping[str, str] = {
    Mark.STATUS: "moved it back, after somebody had moved it past a shut gate",
    Mark.ON_HOLD: "put the record on hold again, which somebody else had released",
    Mark.FLAG: "raised the flag again, which somebody else had taken away",
    Mark.LINK: "restored its link, which somebody else had changed",
    Mark.BLOCKED_BY: "restored its blocking links, which somebody else had changed",
    Mark.CHECKLIST: "restored its checklist, which somebody else had changed",
    Mark.PROPERTY: "restored its property, which somebody else had changed",
}
"""What was restored where it is no field; a property's key follows its name."""


def sentence_of(entry: AuditEntry) -> str:
    """What was done, without who did it and when, which stand beside it."""
    known, detail = SENTENCES.get(entry.action), _words(entry.detail)
    if known is None:
        subject, _, what = entry.action.partition(".")
        return f"{what.replace('_', ' ')} ({subject.replace('_', ' ')})" if what else subject.replace("_", " ")
    if entry.action == "field.restored":
        known = RESTORED.get(str(entry.detail.get("field")).partition(":")[0], known)
    return known.format_map(_Stated(detail))


class _Stated(dict[str, str]):
    def __missing__(self, key: str) -> str:
        """An entry of an older version may not hold it."""
        return "(not stated)"


def _words(detail: Mapping[str, Any]) -> dict[str, str]:
    found = {name: value if isinstance(value, str) else json.dumps(value) for name, value in detail.items()}
    if "gate" in found:
        found["gate"] = gate_text(found["gate"])
    if found.get("stage") == "null":
        found["stage"] = "none yet"
    return found
