"""Access controls: who may do what with tables, rows and columns, from the rows of ``sys_security_acl``.

A control names a table, or ``table.column``; the nearest table of a record's line that has controls decides.  Where
several controls are on one thing, one of them has to hold.  Unlike a real instance, what no control names is open.
https://www.servicenow.com/docs, "Access control list rules"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.servicenow import rights
from sandbox.servicenow.model import Record
from sandbox.servicenow.schema import PLATFORM
from sandbox.servicenow.store import Store

ADMIN = "admin"
ENDPOINT = "REST_Endpoint"
"""Type of a control on a whole API."""

Matches = Callable[[str, str, Record, str], bool]
"""(table, condition, record, user) -> whether the record satisfies the encoded query."""


@dataclass(frozen=True, slots=True)
class AccessRule:
    roles: frozenset[str]
    condition: str
    admin_overrides: bool


class AccessControl:
    def __init__(self, store: Store, roles: Mapping[str, set[str]], matches: Matches) -> None:
        self._store = store
        self._roles = roles
        self._matches = matches
        self._cached: dict[tuple[str, str], tuple[AccessRule, ...]] | None = None

    def invalidate(self) -> None:
        """Rows of controls or of their roles were changed."""
        self._cached = None

    def api(self, name: str, user: str) -> bool:
        """Whether a user may call an API at all; the controls on APIs are inactive out of the box."""
        controls = self._controls().get((f"{ENDPOINT}:{name}", "execute"), ())
        return not controls or any(self._satisfies_role(one, user) for one in controls)

    def table(self, table: str, operation: str, user: str) -> bool:
        """Whether a user may do this with any row at all."""
        if not rights.allows(self._roles.get(user, ()), self._store.columns.lineage(table), operation):
            return False
        if operation != "read" and table in PLATFORM and ADMIN not in self._roles.get(user, ()):
            return False
        controls = self._on(table, "", operation)
        return not controls or any(self._satisfies_role(one, user) for one in controls)

    def row(self, table: str, operation: str, user: str, record: Record) -> bool:
        controls = self._on(table, "", operation)
        return not controls or any(self._satisfies(one, table, user, record) for one in controls)

    def column(self, table: str, element: str, operation: str, user: str, record: Record) -> bool:
        """Whether a user may read or write one column of a record."""
        known = self._store.columns[table].get(element)
        if operation == "write" and known is not None and known.write_role:
            return known.write_role in self._roles.get(user, ())
        controls = self._on(table, element, operation)
        return not controls or any(self._satisfies(one, table, user, record) for one in controls)

    def restricted_columns(self, table: str, operation: str) -> set[str]:
        """The columns that have controls of their own."""
        line = set(self._store.columns.lineage(table))
        names = (name.partition(".") for name, on in self._controls() if on == operation)
        return {element for where, _, element in names if element and where in line}

    def _on(self, table: str, element: str, operation: str) -> tuple[AccessRule, ...]:
        controls = self._controls()
        if not controls:
            return ()
        for where in self._store.columns.lineage(table):
            found = controls.get((f"{where}.{element}" if element else where, operation))
            if found:
                return found
        return ()

    def _controls(self) -> Mapping[tuple[str, str], tuple[AccessRule, ...]]:
        if self._cached is None:
            rules: dict[tuple[str, str], tuple[AccessRule, ...]] = {}
            for row in self._store.tables["sys_security_acl"].values():
                if row["active"] == "true":
                    name = row["name"].removesuffix(".None")
                    key = (f"{ENDPOINT}:{name}" if row["type"] == ENDPOINT else name, row["operation"])
                    rules[key] = (*rules.get(key, ()), self._control(row))
            self._cached = rules
        return self._cached

    def _control(self, row: Record) -> AccessRule:
        names = self._store.tables["sys_user_role"]
        needed = {
            names.get(link["sys_user_role"], {}).get("name", link["sys_user_role"])
            for link in self._store.tables["sys_security_acl_role"].values()
            if link["sys_security_acl"] == row["sys_id"]
        }
        return AccessRule(frozenset(needed), row["condition"], row["admin_overrides"] == "true")

    def _satisfies_role(self, control: AccessRule, user: str) -> bool:
        held = self._roles.get(user, set())
        return not control.roles or bool(control.roles & held) or (control.admin_overrides and ADMIN in held)

    def _satisfies(self, control: AccessRule, table: str, user: str, record: Record) -> bool:
        if control.admin_overrides and ADMIN in self._roles.get(user, ()):
            return True
        if not self._satisfies_role(control, user):
            return False
        return not control.condition or self._matches(table, control.condition, record, user)
