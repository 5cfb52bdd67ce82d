"""With whom records are and were: state, person and assignment group, and the audit where it may be read.

https://www.servicenow.com/docs, "Auditing": ``sys_audit`` has a row for each changed column of an audited table, with
its raw value before and after.  An instance seldom lets an integration read it.  Without it what Gatepost itself saw of
a record stands for its history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from connector.errors import RateLimited, ToolError, Unreachable
from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import display_value, moment, raw_value, status_category
from connector.servicenow.query import Query
from mapping.ticket_history import NamedValue, TicketChange, TicketPart, TicketRecord
from mapping.work_item import StatusCategory

PARTS = {
    "state": TicketPart.STATUS,
    "assigned_to": TicketPart.PERSON,
    "assignment_group": TicketPart.TEAM,
}
COLUMNS = ("sys_id", "number", "sys_class_name", "active", "sys_created_on", "sys_updated_on", *PARTS)
AUDIT = ("documentkey", "fieldname", "oldvalue", "newvalue", "sys_created_on")
NAMES = {TicketPart.PERSON: ("sys_user", "name"), TicketPart.TEAM: ("sys_user_group", "name")}
TABLES = {
    "INC": "incident", "CHG": "change_request", "PRJTASK": "pm_project_task", "PRJ": "pm_project",
    "DMND": "dmn_demand", "PRB": "problem",
}  # fmt: skip
"""By the prefix of the number, as the platform comes."""
BATCH = 100
ON_HOLD = "3"
"""State of an incident in which it waits; of other tables a closed one."""

_log = structlog.get_logger(__name__)


class ServiceNowTicketHistory:
    """Implements :class:`connector.sync.ports.TicketHistory`."""

    def __init__(self, connection: str, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._client = client
        self._clock = clock

    def records(self, keys: Sequence[str], team_field: str | None) -> Mapping[str, TicketRecord]:
        """By number; the team is the assignment group, whatever field is named.  Raises ToolError."""
        del team_field
        found: dict[str, TicketRecord] = {}
        plain = [key for key in keys if not set(key) & {"^", ",", "\n", "\r"}]
        for start in range(0, len(plain), BATCH):
            rows = [
                row
                for table, numbers in _by_table(plain[start : start + BATCH]).items()
                for row in self._client.all_rows(table, Query().one_of("number", numbers).ordered_by("sys_id"), COLUMNS)
            ]
            audit = self._audit([raw_value(row.get("sys_id")) for row in rows]) if rows else None
            labels = self._state_labels({raw_value(row.get("sys_class_name")) for row in rows}) if audit else {}
            names = self._names(audit or ())
            for row in rows:
                record = self._record(row, audit, labels, names)
                found[record.key] = record
        return found

    def _audit(self, ids: Sequence[str]) -> Sequence[JsonObject] | None:
        """``None`` where the audit may not be read, or has nothing of these records."""
        query = Query().one_of("documentkey", ids).one_of("fieldname", list(PARTS)).ordered_by("sys_created_on")
        try:
            return self._client.all_rows("sys_audit", query, AUDIT) or None
        except (RateLimited, Unreachable):
            raise
        except ToolError as error:
            _log.info("audit not readable", connection=self._connection, why=str(error))
            return None

    def _state_labels(self, tables: set[str]) -> Mapping[tuple[str, str], str]:
        query = Query().one_of("name", sorted(tables | {"task"})).equals("element", "state").ordered_by("sys_id")
        rows = self._client.all_rows("sys_choice", query, ("name", "value", "label"))
        return {(raw_value(row.get("name")), raw_value(row.get("value"))): raw_value(row.get("label")) for row in rows}

    def _names(self, audit: Sequence[JsonObject]) -> Mapping[str, str]:
        """Of people and groups that the audit names by their ids."""
        found: dict[str, str] = {}
        for part, (table, column) in NAMES.items():
            rows = [row for row in audit if PARTS[raw_value(row.get("fieldname"))] is part]
            ids = sorted({raw_value(row.get(way)) for row in rows for way in ("oldvalue", "newvalue")} - {""})
            for start in range(0, len(ids), BATCH):
                query = Query().one_of("sys_id", ids[start : start + BATCH]).ordered_by("sys_id")
                for row in self._client.query(table, query, ("sys_id", column)):
                    found[raw_value(row.get("sys_id"))] = raw_value(row.get(column))
        return found

    def _record(
        self,
        row: JsonObject,
        audit: Sequence[JsonObject] | None,
        labels: Mapping[tuple[str, str], str],
        names: Mapping[str, str],
    ) -> TicketRecord:
        table, sys_id = raw_value(row.get("sys_class_name")), raw_value(row.get("sys_id"))
        present = {
            part: NamedValue(display_value(row.get(name)), raw_value(row.get(name))) for name, part in PARTS.items()
        }
        categories = {present[TicketPart.STATUS].name.casefold(): _category(row, table)}
        changes: list[TicketChange] | None = None
        own = [one for one in audit or () if raw_value(one.get("documentkey")) == sys_id]
        if audit is not None:
            changes = []
            for one in own:
                part, at = PARTS[raw_value(one.get("fieldname"))], moment(raw_value(one.get("sys_created_on")))
                values = []
                for way in ("oldvalue", "newvalue"):
                    raw = raw_value(one.get(way))
                    name = (
                        (labels.get((table, raw)) or labels.get(("task", raw), raw))
                        if part is TicketPart.STATUS
                        else (names.get(raw, raw))
                    )
                    if part is TicketPart.STATUS:
                        categories.setdefault(name.casefold(), state_category(table, raw))
                    values.append(NamedValue(name, raw))
                if at is not None:
                    changes.append(TicketChange(at, part, *values))
        updated = moment(raw_value(row.get("sys_updated_on"))) or self._clock()
        created = moment(raw_value(row.get("sys_created_on")))
        number = raw_value(row.get("number"))
        return TicketRecord(number, present, updated, created, None if changes is None else tuple(changes), categories)


def _by_table(numbers: Sequence[str]) -> Mapping[str, list[str]]:
    """An account may read the tables of its tickets, and seldom every task."""
    found: dict[str, list[str]] = {}
    for number in numbers:
        found.setdefault(TABLES.get(number.rstrip("0123456789"), "task"), []).append(number)
    return found


def _category(row: JsonObject, table: str) -> StatusCategory:
    found = status_category(row)
    return found if found is StatusCategory.DONE else state_category(table, raw_value(row.get("state")))


def state_category(table: str, state: str) -> StatusCategory:
    """What a state of the platform's own tables means; nobody works on an incident that is on hold."""
    if table == "incident":
        known = {"1": StatusCategory.NEW, "2": StatusCategory.INDETERMINATE, ON_HOLD: StatusCategory.NEW}
        return known.get(state, StatusCategory.DONE if state in {"6", "7", "8"} else StatusCategory.UNKNOWN)
    if table == "change_request":
        begun = {"-1": StatusCategory.INDETERMINATE, "0": StatusCategory.INDETERMINATE}
        return begun.get(state, StatusCategory.DONE if state in {"3", "4"} else StatusCategory.NEW)
    if state in {"-5", "1"}:
        return StatusCategory.NEW
    # A demand that is screened or qualified (3, 4) has only begun.
    closed = {"7", "8"} if table == "dmn_demand" else {"3", "4", "7"}
    return StatusCategory.DONE if state in closed else StatusCategory.INDETERMINATE
