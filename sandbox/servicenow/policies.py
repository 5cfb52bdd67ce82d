"""What the platform itself refuses: data policies and the state model of changes.

https://www.servicenow.com/docs, "Data policy", "Change models", "Place a change request on hold"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.servicenow.model import Record, RecordChange, Refusal
from sandbox.servicenow.store import Store

STATE_RULE = "Change Model: Check State Transition"
HOLD_POLICY, CLOSE_POLICY = "Make On hold reason mandatory", "Make close fields mandatory"
NEXT: Mapping[str, tuple[str, ...]] = {
    "-5": ("-4", "-3", "-2", "-1"),
    "-4": ("-5", "-3", "-2", "-1"),
    "-3": ("-5", "-4", "-2", "-1"),
    "-2": ("-3", "-1"),
    "-1": ("0", "3"),
    "0": ("-1", "3"),
    "3": (),
    "4": (),
}
"""The next states of a change, besides cancelled; steps may be skipped, and there is no way back from the end."""
POLICIES = (
    ("change_request", HOLD_POLICY, "on_hold=true", ("on_hold_reason",)),
    ("change_request", CLOSE_POLICY, "state=3", ("close_code", "close_notes")),
)

Matches = Callable[[str, str, Record], bool]


def install_policies(add: Callable[[str, Record], Record]) -> None:
    """What an instance has out of the box, as rows that an administrator can switch off."""
    for table, name, condition, fields in POLICIES:
        policy = add("sys_data_policy2", {"model_table": table, "short_description": name, "conditions": condition})
        for field in fields:
            add("sys_data_policy_rule", {"sys_data_policy": policy["sys_id"], "table": table, "field": field})
    rule = {"name": STATE_RULE, "collection": "change_request", "when": "before", "action_update": "true"}
    add("sys_script", rule)


def check_policies(store: Store, table: str, after: Record, matches: Matches) -> None:
    """Raises Refusal 403 when a record would lack what a policy makes mandatory."""
    line = store.columns.lineage(table)
    for policy in store.tables["sys_data_policy2"].values():
        if policy["active"] != "true" or policy["model_table"] not in line:
            continue
        if not matches(table, policy["conditions"], after):
            continue
        rules = store.tables["sys_data_policy_rule"].values()
        needed = [row["field"] for row in rules if row["sys_data_policy"] == policy["sys_id"]]
        missing = [store.columns[table][name].label for name in needed if not after.get(name)]
        if missing:
            message = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
            raise Refusal(403, "Operation Failed", message, message)


def check_states(change: RecordChange) -> str | None:
    """The message of the rule on the states of a change; while on hold, only cancelling is allowed."""
    old, new = change.before.get("state", ""), change.values.get("state", change.before.get("state", ""))
    if old == new or new == "4" or old not in NEXT:
        return None
    on_hold = change.values.get("on_hold", change.before.get("on_hold", "")) == "true"
    if on_hold:
        return "The change is on hold: only Canceled can be reached."
    return None if new in NEXT[old] else "The change's model has no transition from here to that state."
