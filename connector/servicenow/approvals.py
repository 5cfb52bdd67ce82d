"""What approvers decided in ServiceNow's own approvals, as evidence.

A row of ``sysapproval_approver`` is one person's approval of one task: requested, approved, rejected, not required.
A row that was decided and is open again withdraws its decision.  Its comments are a journal and come back empty: the
reason of a rejection is visible in ServiceNow only.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import TableQuery
from connector.servicenow.payloads import display_value, is_true, moment, raw_value
from connector.servicenow.query import Query
from governance.facts import Unknown
from governance.measure import Person
from mapping.work_item import Approval, ApprovalDecision

APPROVALS = "approvals"
DECISIONS = {"approved": ApprovalDecision.APPROVED, "rejected": ApprovalDecision.REJECTED}
COLUMNS = ("sys_id", "sysapproval", "approver", "approver.active", "state", "sys_updated_on")


def approvals_query(tasks: Sequence[str]) -> TableQuery:
    query = Query().one_of("sysapproval", tasks).ordered_by("sys_updated_on")
    return TableQuery("sysapproval_approver", query, COLUMNS)


def approvals_of(rows: Sequence[JsonObject] | Unknown) -> dict[str, tuple[Approval, ...]]:
    """Each approver's decision, if any, by the task's sys_id.  Where that cannot be read, nobody has approved."""
    approvals: dict[str, tuple[Approval, ...]] = {}
    for row in () if isinstance(rows, Unknown) else rows:
        at = moment(raw_value(row.get("sys_updated_on")))
        who = raw_value(row.get("approver"))
        if at is None or not who:
            continue
        person = Person(who, display_value(row.get("approver")) or who, is_true(row.get("approver.active")))
        task = raw_value(row.get("sysapproval"))
        decision = DECISIONS.get(raw_value(row.get("state")), ApprovalDecision.OPEN)
        approval = Approval(raw_value(row.get("sys_id")), person, decision, at)
        approvals[task] = (*approvals.get(task, ()), approval)
    return approvals
