"""An instance: its tables and what watches over them, how it is set up, how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from threading import RLock

from sandbox.delivery import EventSender
from sandbox.servicenow import policies
from sandbox.servicenow.access import AccessControl
from sandbox.servicenow.credentials import Credentials
from sandbox.servicenow.dictionary import Dictionary
from sandbox.servicenow.limits import Limits
from sandbox.servicenow.metadata_sync import ADDED, MetadataSync
from sandbox.servicenow.model import BeforeRule, Column, EventRule, Record, Refusal, Table, flag
from sandbox.servicenow.query import Getter
from sandbox.servicenow.readers import STORED, Reader
from sandbox.servicenow.schema.task import CLOSED_STATES
from sandbox.servicenow.search import Search, path_getter, rates
from sandbox.servicenow.serializer import RecordSerializer, reader_of
from sandbox.servicenow.store import Store, no_table

NO_RECORD = "Record doesn't exist or ACL restricts the record retrieval"


class Instance:
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: EventSender,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url
        self.clock = clock
        self.deliverer = deliverer
        self.lock = RLock()
        self.batch_limit = 1_000
        """Requests of a batch that its time suffices for."""
        self.seconds_per_item = 0.001
        """The duration of a request in a batch, for the batch's limit of thirty seconds."""
        self.hidden: set[str] = set()
        """Ids of records that an ACL hides from everybody; they are counted all the same."""
        self.roles: dict[str, set[str]] = {}
        self.before_rules: list[BeforeRule] = []
        self.event_rules: list[EventRule] = []
        self._store = Store()
        self.keys = Credentials(clock)
        self._meta = MetadataSync(self._store, self.roles, self.keys.passwords)
        self.search = Search(self._store, clock)
        self.access = AccessControl(self._store, self.roles, self._satisfies)
        self.limits = Limits(self._store, self.roles, clock)
        self.shown = RecordSerializer(self._store, self.access, lambda: self.base_url)
        policies.install_policies(lambda table, values: self.store(table, values, "system"))

    @property
    def columns(self) -> Dictionary:
        return self._store.columns

    @property
    def tables(self) -> dict[str, dict[str, Record]]:
        """The rows of each table's own class."""
        return self._store.tables

    @property
    def passwords(self) -> dict[str, str]:
        return self.keys.passwords

    @property
    def oauth_clients(self) -> dict[str, tuple[str, str]]:
        """Client id to its secret and the user that it acts as."""
        return self.keys.clients

    # --- setting an instance up ------------------------------------------------------------------

    def add_user(
        self, user_name: str, name: str, password: str | None = None, *, active: bool = True, roles: Sequence[str] = (),
        **columns: str,
    ) -> str:  # fmt: skip
        """Returns the sys_id.  Only a user with a password may call the API."""
        values = {"user_name": user_name, "name": name, "active": flag(active), "time_zone": "GMT"} | columns
        record = self.store("sys_user", values, "system")
        self.roles[user_name] = set()
        for role in roles:
            self.grant(user_name, role)
        if password is not None:
            self.passwords[user_name] = password
        return record["sys_id"]

    def add_role(self, role: str) -> str:
        """The sys_id of a role, which is created if it does not exist."""
        rows = self.tables["sys_user_role"]
        found = next((key for key, row in rows.items() if row["name"] == role), None)
        return found or self.store("sys_user_role", {"name": role}, "system")["sys_id"]

    def grant(self, user_name: str, role: str) -> None:
        user = self.find_user(user_name)
        if user is None:
            raise Refusal(404, "No Record found", f"No user {user_name}")
        self.store("sys_user_has_role", {"user": user["sys_id"], "role": self.add_role(role)}, "system")

    def add_table(self, table: Table) -> None:
        self._store.define(table)
        self._store.describe(table.name)

    def add_column(self, table: str, column: Column) -> None:
        self.columns.add(table, column)
        self._store.describe_column(table, column)
        for record in self._store.rows(table).values():
            record.setdefault(column.element, column.default)

    def restrict(
        self, name: str, operation: str, *roles: str, condition: str = "", kind: str = "record",
        admin_overrides: bool = True,
    ) -> str:  # fmt: skip
        """An access control on a table, or on ``table.column``: who holds one of the roles may, under the condition.

        With ``kind`` *REST_Endpoint* and the operation *execute* it is on a whole API, such as *Table API*.
        """
        values = {
            "name": name, "operation": operation, "type": kind, "condition": condition,
            "admin_overrides": flag(admin_overrides),
        }  # fmt: skip
        made = self.store("sys_security_acl", values, "system")["sys_id"]
        for role in roles:
            self.store(
                "sys_security_acl_role", {"sys_security_acl": made, "sys_user_role": self.add_role(role)}, "system"
            )
        self.access.invalidate()
        return made

    def property(self, name: str, default: str = "") -> str:
        return self._store.property(name, default)

    def set_property(self, name: str, value: str) -> None:
        self._store.set_property(name, value)

    # --- reading ---------------------------------------------------------------------------------

    def record(self, table: str, sys_id: str) -> Record:
        """Raises Refusal 404 for a record that is missing, as for one that is hidden."""
        if table not in self.columns:
            raise no_table(table)
        found = self._store.find(table, sys_id)
        if found is None:
            raise Refusal(404, "No Record found", NO_RECORD)
        return found

    def rows(self, table: str) -> Mapping[str, Record]:
        """Records by sys_id, those of tables that extend this one among them.  Raises Refusal 400."""
        return self._store.rows(table)

    def find(self, table: str, sys_id: str) -> Record | None:
        return self._store.find(table, sys_id)

    def user_name(self, sys_id: str) -> str:
        record = self.tables["sys_user"].get(sys_id)
        return record["name"] if record else ""

    def find_user(self, user_name: str) -> Record | None:
        return next((row for row in self.tables["sys_user"].values() if row["user_name"] == user_name), None)

    def class_of(self, record: Record, table: str) -> str:
        """The table of a record, which may extend the one in which it was found."""
        return self._store.class_of(record, table)

    def getter(self, table: str, path: str) -> Getter | None:
        """How a column is read, across references where the path has dots."""
        return path_getter(self._store, table, path)

    def rates(self) -> Mapping[str, Decimal]:
        return rates(self._store)

    def reader(self, user_name: str) -> Reader:
        return reader_of(self._store, user_name)

    def display(self, column: Column | None, value: str) -> str:
        """What a person sees of a raw value: the choice's label, the name or number behind a reference."""
        return self.shown.label(column, value)

    def scripts(self, table: str, when: str, operation: str) -> list[Record]:
        """The active business rules of a table and of what it extends, in their order."""
        line = self.columns.lineage(table)
        rules = [
            row
            for row in self.tables["sys_script"].values()
            if row["active"] == "true" and row["collection"] in line and row["when"].startswith(when)
            and row[f"action_{operation}"] == "true"
        ]  # fmt: skip
        return sorted(rules, key=lambda row: float(row["order"] or 100))

    # --- rows without rules, rights or events --------------------------------------------------------

    def store(self, table: str, values: Mapping[str, str], by: str) -> Record:
        """A row without rules, rights or events."""
        journal = {name for name, column in self.columns[table].items() if column.type == "journal_input"}
        plain = {name: value for name, value in values.items() if name not in journal}
        record = self._store.add(table, plain, by, self._now())
        if table in CLOSED_STATES:
            record["active"] = flag(record["state"] not in CLOSED_STATES[table])
        for name in journal & set(values):
            self._journal(table, record, name, values[name], by)
        try:
            self._sync_metadata(table, record, ADDED)
        except Refusal:
            self._store.remove(table, record["sys_id"])
            raise
        return record

    def load(self, table: str, values: Mapping[str, str]) -> Record:
        """A row from elsewhere, with the id, the counters and the times that it brings along."""
        return self._store.add(table, values, "import", self._now())

    def _touch(self, record: Record, by: str) -> None:
        record["sys_mod_count"] = str(int(record["sys_mod_count"]) + 1)
        record["sys_updated_on"] = self._now()
        record["sys_updated_by"] = by

    def _journal(self, table: str, record: Record, element: str, value: str, by: str) -> None:
        entry = {"element": element, "element_id": record["sys_id"], "name": table, "value": value}
        self._store.add("sys_journal_field", entry, by, self._now())

    def _sync_metadata(self, table: str, record: Record, operation: str) -> None:
        self._meta.apply(table, record, operation)
        if table in {"sys_security_acl", "sys_security_acl_role", "sys_user_role"}:
            self.access.invalidate()

    def _satisfies(self, table: str, condition: str, record: Record, user: str) -> bool:
        return self.search.matches(table, condition, record, self.reader(user))

    def _condition_holds(self, table: str, condition: str, record: Record) -> bool:
        return self.search.matches(table, condition, record, self.reader("system"))

    def _now(self) -> str:
        return self.clock().astimezone(UTC).strftime(STORED)
