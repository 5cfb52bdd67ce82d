"""What approvers decided in ServiceNow's own approvals, as evidence.

A row of ``sysapproval_approver`` is one person's part in one task: requested, approved, rejected, not required.  A row
that was decided and is open again takes its decision back.  Its comments are a journal and come back empty: why
somebody rejected is read in ServiceNow.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import Look
from connector.servicenow.payloads import display, is_true, moment, raw
from connector.servicenow.query import Query
from governance.facts import Unknown
from governance.measure import Person
from mapping.work_item import Approval, ApprovalDecision

APPROVALS = "approvals"
DECISIONS = {"approved": ApprovalDecision.APPROVED, "rejected": ApprovalDecision.REJECTED}
COLUMNS = ("sys_id", "sysapproval", "approver", "approver.active", "state", "sys_updated_on")


def approvals_look(tasks: Sequence[str]) -> Look:
    query = Query().one_of("sysapproval", tasks).ordered_by("sys_updated_on")
    return Look("sysapproval_approver", query, COLUMNS)


def approvals_of(rows: Sequence[JsonObject] | Unknown) -> dict[str, tuple[Approval, ...]]:
    """What each approver decided, or has not, by the task's sys_id.  Where that cannot be read, nobody has approved."""
    found: dict[str, tuple[Approval, ...]] = {}
    for row in () if isinstance(rows, Unknown) else rows:
        at = moment(raw(row.get("sys_updated_on")))
        who = raw(row.get("approver"))
        if at is None or not who:
            continue
        person = Person(who, display(row.get("approver")) or who, is_true(row.get("approver.active")))
        task = raw(row.get("sysapproval"))
        decision = DECISIONS.get(raw(row.get("state")), ApprovalDecision.OPEN)
        one = Approval(raw(row.get("sys_id")), person, decision, at)
        found[task] = (*found.get(task, ()), one)
    return found
