"""What approvers decided in ServiceNow's own approvals, as evidence.

A row of ``sysapproval_approver`` is one person's approval of one task: requested, approved, rejected, not required.
A row that was decided and is open again withdraws its decision.  Its comments are a journal and come back empty: the
reason of a rejection is visible in ServiceNow only.

An administrator, a script and an import can set anybody's row.  A decision counts when the row was saved last by the
approver, or by a delegate of theirs on record for that day (``sys_user_delegate``, *Approvals*).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from connector.errors import NotFound, PermissionDenied, ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import TableQuery
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import display_value, is_true, moment, raw_value
from connector.servicenow.query import Query
from governance.facts import Unknown
from governance.measure import Person
from mapping.work_item import Approval, ApprovalDecision

APPROVALS = "approvals"
DECISIONS = {"approved": ApprovalDecision.APPROVED, "rejected": ApprovalDecision.REJECTED}
COLUMNS = (
    "sys_id",
    "sysapproval",
    "approver",
    "approver.active",
    "approver.user_name",
    "state",
    "sys_updated_on",
    "sys_updated_by",
)
DELEGATE_COLUMNS = ("user", "delegate.user_name", "starts", "ends", "approvals")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delegation:
    """``user`` lets ``delegate`` (a user name) decide for them."""

    user: str
    delegate: str
    starts: datetime | None
    ends: datetime | None

    def holds_at(self, at: datetime) -> bool:
        return self.starts is not None and self.starts <= at and (self.ends is None or at <= self.ends)


class DelegationReader:
    def __init__(self, client: ServiceNowClient) -> None:
        self._client = client

    def read(self, users: Iterable[str]) -> tuple[Delegation, ...]:
        """Of approvers, by sys_id; where delegations cannot be read, nobody has one.  Raises ToolError."""
        asked = sorted(set(users))
        if not asked:
            return ()
        query = Query().one_of("user", asked).equals("approvals", "true").ordered_by("sys_id")
        try:
            rows = self._client.all_rows("sys_user_delegate", query, DELEGATE_COLUMNS)
        except (NotFound, PermissionDenied, ValuesRejected) as error:
            _log.warning("delegations not readable", why=str(error))
            return ()
        return tuple(
            Delegation(
                raw_value(row.get("user")),
                raw_value(row.get("delegate.user_name")),
                moment(raw_value(row.get("starts"))),
                moment(raw_value(row.get("ends"))),
            )
            for row in rows
            if is_true(row.get("approvals"))
        )


def approvals_query(tasks: Sequence[str]) -> TableQuery:
    query = Query().one_of("sysapproval", tasks).ordered_by("sys_updated_on")
    return TableQuery("sysapproval_approver", query, COLUMNS, "sysapproval")


def set_by_others(rows: Sequence[JsonObject] | Unknown) -> set[str]:
    """Approvers whose decision was saved by somebody else: their delegations have to be known."""
    return {
        raw_value(row.get("approver"))
        for row in (() if isinstance(rows, Unknown) else rows)
        if raw_value(row.get("state")) in DECISIONS and not _is_approvers(row)
    }


def approvals_of(
    rows: Sequence[JsonObject] | Unknown,
    delegations: Sequence[Delegation] = (),
    people: Mapping[str, Person] | None = None,
) -> dict[str, tuple[Approval, ...]]:
    """Each approver's decision, if any, by the task's sys_id.  Where that cannot be read, nobody has approved.

    ``people`` are users by user name, of those who set a decision.
    """
    approvals: dict[str, tuple[Approval, ...]] = {}
    for row in () if isinstance(rows, Unknown) else rows:
        at = moment(raw_value(row.get("sys_updated_on")))
        who = raw_value(row.get("approver"))
        if at is None or not who:
            continue
        active = row.get("approver.active")
        is_active = is_true(active) if raw_value(active) else None
        person = Person(who, display_value(row.get("approver")) or who, is_active)
        task, login = raw_value(row.get("sysapproval")), raw_value(row.get("sys_updated_by"))
        decision = DECISIONS.get(raw_value(row.get("state")), ApprovalDecision.OPEN)
        delegated = any(one.user == who and one.delegate == login and one.holds_at(at) for one in delegations)
        saver = (people or {}).get(login) or (Person(f"user_name:{login}", login, login=login) if login else None)
        own = _is_approvers(row) or (bool(login) and delegated)
        approval = Approval(
            raw_value(row.get("sys_id")), person, decision, at, own, person if _is_approvers(row) else saver
        )
        approvals[task] = (*approvals.get(task, ()), approval)
    return approvals


def _is_approvers(row: JsonObject) -> bool:
    login = raw_value(row.get("sys_updated_by"))
    return bool(login) and login == raw_value(row.get("approver.user_name"))
