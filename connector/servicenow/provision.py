"""Gatepost's app over the Table API: for development instances, where an update set is too slow.

It is second best and says so: records that are created this way belong to the account's current application and its
default update set, need an administrator, and are not upgraded.  They are the records of the update set, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from connector.errors import NotFound, PermissionDenied, ValuesRejected
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.remedy import Note
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import SCOPE, TableFields
from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.installed_app import SET_PROPERTIES, InstalledApp
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from connector.servicenow.sender import read_sender
from connector.servicenow.verdict_table import TABLE as VERDICTS
from connector.servicenow.verdict_table import VerdictTable
from connector.sync.provision import (
    ProvisionedObject,
    ProvisionOptions,
    ProvisionPlan,
    ProvisionStep,
    RecordSpec,
    StepKind,
)
from mapping.config import MappingConfig
from mapping.gate_names import app_property
from mapping.live_check import selected_names
from mapping.policy import Policies
from mapping.servicenow_rules import is_of_another_scope, refusal_of_scope
from mapping.work_item import ConnectionName

ACL_TABLES = frozenset({"sys_security_acl", "sys_security_acl_role"})
PROPERTIES = "sys_properties"
OPTIONAL = "columns:"
"""Packages with columns on the governed tables, for lists: an administrator commits them who wants them."""
SCOPED_NOTE = (
    f"The scoped application {SCOPE} is installed: its records come by its update sets, and nothing is planned over "
    "the Table API."
)
DEVELOPMENT_ONLY_NOTE = (
    "This is second best, for a development instance: the records land in the account's current application and "
    "default update set, and are not upgraded. Everywhere else, have deploy/servicenow-app/gatepost-update-set.xml "
    "reviewed, previewed and committed."
)


@dataclass(frozen=True, slots=True)
class AppRecord:
    """One record of the app."""

    table: str
    sys_id: str
    name: str
    fields: Mapping[str, str]
    package: str
    """The update set that it comes in."""
    about: str
    """The table of the instance that this record concerns; empty for the app's own records."""

    @property
    def kind(self) -> StepKind:
        return StepKind.RIGHT if self.table in ACL_TABLES else StepKind.RECORD


@cache
def app_records() -> tuple[AppRecord, ...]:
    """The app's records, without the optional columns; each comes after those that it refers to."""
    stored = json.loads((resources.files("connector.servicenow.app") / "records.json").read_text(encoding="utf-8"))
    return tuple(
        AppRecord(
            as_text(record.get("table")),
            as_text(record.get("sys_id")),
            as_text(record.get("name")),
            {name: as_text(value) for name, value in as_object(record.get("fields")).items()},
            as_text(record.get("package")),
            as_text(record.get("about")),
        )
        for record in map(as_object, as_list(stored))
        if not as_text(record.get("package")).startswith(OPTIONAL)
    )


class ServiceNowProvisioner:
    """Implements :class:`connector.sync.provision.Provisioner`."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._verdict_table = VerdictTable(client, fields)
        self._installed = InstalledApp(connection, client, fields)

    def plan(
        self, config: MappingConfig, made: Sequence[ProvisionedObject], options: ProvisionOptions
    ) -> ProvisionPlan:
        del made, options
        self._fields.forget()
        if self._is_scoped:
            return ProvisionPlan((), (Note(SCOPED_NOTE), *self._wrong_scope(config)))
        notes = [Note(DEVELOPMENT_ONLY_NOTE), *self._wrong_scope(config)]
        records, absent = self._applicable_records()
        if absent:
            notes.append(Note(f"{', '.join(absent)}: no such table on this instance; nothing is planned for it."))
        try:
            existing = self._existing_ids(records)
        except PermissionDenied:
            # As it should be: at run time Gatepost works as a user who is no administrator.
            return ProvisionPlan((), (*self._installed.seen_by_user(config), *self._wrong_scope(config)))
        steps = [
            ProvisionStep(
                part.kind,
                f"{part.table}:{part.sys_id}",
                f"create {part.table} {part.name}",
                RecordSpec(part.table, part.sys_id, part.name),
            )
            for part in records
            if part.sys_id not in existing
        ]
        order = list(StepKind)
        if not steps:
            notes.append(Note("No record of the app is missing.", SET_PROPERTIES))
        wanted = app_property(Policies(config).base.gate_names)
        if wanted:
            notes.append(Note(f"Set gatepost.gate_names to {wanted}, or the app's gate refuses every move."))
        return ProvisionPlan(tuple(sorted(steps, key=lambda step: order.index(step.kind))), tuple(notes))

    def apply(self, step: ProvisionStep) -> ProvisionedObject:
        if not isinstance(step.spec, RecordSpec):
            raise ValuesRejected(
                f"{self._connection}: this is created in Jira and not in ServiceNow: {step.description}"
            )
        table, sys_id = step.spec.table, step.spec.sys_id
        part = next(record for record in app_records() if record.sys_id == sys_id)
        values = {name: value for name, value in part.fields.items() if value}
        try:
            made = self._client.insert(table, {"sys_id": sys_id, **values})
        except PermissionDenied as error:
            if part.kind is not StepKind.RIGHT:
                raise
            raise ValuesRejected(
                f"{self._connection}: access controls need the elevated role security_admin, which REST cannot assume. "
                "Everything else of the app is there; without its access controls anybody who may edit a record may "
                "edit Gatepost's columns, and the edits are reverted. For the access controls commit "
                "deploy/servicenow-app/gatepost-update-set.xml."
            ) from error
        new_id = raw_value(made.get("sys_id"))
        if new_id != sys_id:
            # A reference to this record would lead nowhere.
            self._client.delete(table, new_id)
            raise ValuesRejected(
                f"{self._connection} gives new records ids of its own: install the update set instead."
            )
        self._fields.forget()
        return ProvisionedObject(step.kind, step.target, f"{table} {part.name}", step.spec)

    def intend(self, step: ProvisionStep) -> ProvisionedObject | None:
        """Every step makes a record of the app's own."""
        del step
        return None

    def ungated_moves(self, config: MappingConfig, made: Sequence[ProvisionedObject]) -> Sequence[str]:
        """The app's own gate is no workflow that somebody edits."""
        del config, made
        return ()

    def undo(self, made: ProvisionedObject) -> str:
        if not isinstance(made.detail, RecordSpec):
            return f"{made.name} is no record of ServiceNow and was not removed."
        try:
            self._client.delete(made.detail.table, made.detail.sys_id)
        except NotFound:
            return f"{made.name} did not exist any more."
        return f"{made.name} was deleted."

    def verify(self, config: MappingConfig) -> Sequence[Note]:
        """Owned columns that do not exist, and properties without which the app sends nothing."""
        self._fields.forget()
        return [
            *map(Note, self._installed.missing_columns(config)),
            *self._properties(),
            *map(Note, self._gate_names(config)),
        ]

    @property
    def _is_scoped(self) -> bool:
        """Whether the scoped application is here, whose records come by its own update sets alone."""
        return self._verdict_table.table != VERDICTS

    def _property(self, name: str) -> str:
        return f"{SCOPE if self._is_scoped else 'gatepost'}.{name}"

    def _properties(self) -> Iterator[Note]:
        endpoint = self._property("endpoint")
        query = Query().one_of("name", (endpoint,))
        rows = self._client.query(PROPERTIES, query, ("name", "value"))
        if not any(raw_value(row.get("value")) for row in rows):
            yield Note(f"{endpoint} is not set: events are not written.", SET_PROPERTIES)
        sender = read_sender(self._client, self._fields)
        if sender is None or sender.has_no_secret:
            yield Note("the sender has no secret: events wait in the app's outbox.", SET_PROPERTIES)
        elif not sender.works:
            yield Note(f"events cannot be signed on this instance: {sender.self_test}.", SET_PROPERTIES)

    def _gate_names(self, config: MappingConfig) -> Iterator[str]:
        """Renamed states that the app does not know: an unknown name is refused, also that of an open gate."""
        wanted = app_property(Policies(config).base.gate_names)
        name = self._property("gate_names")
        rows = self._client.query(PROPERTIES, Query().one_of("name", (name,)), ("name", "value"))
        present = next((raw_value(row.get("value")) for row in rows), "")
        if wanted and {one.strip() for one in present.split(";")} != set(wanted.split(";")):
            yield f"{name} is not {wanted}: the app's gate refuses moves whose gate has another name."

    def _wrong_scope(self, config: MappingConfig) -> Iterator[Note]:
        tables = {
            table
            for rule in config.measures
            if rule.connection == self._connection
            for table in selected_names(rule.match.table)
        }
        for table in sorted(tables - set(GOVERNABLE_TABLES)):
            if is_of_another_scope(table):
                yield Note(refusal_of_scope(table))
                continue
            yield Note(
                f"{table} is governed by the mapping and not by the app as it is packed: add it to "
                "deploy/servicenow-app/tables.json and run pack.py."
            )

    def _applicable_records(self) -> tuple[list[AppRecord], list[str]]:
        """The app's records, without those about tables that this instance does not have; and these tables."""
        about = dict.fromkeys(part.about for part in app_records() if part.about)
        absent = [table for table in about if "sys_id" not in self._fields.catalogue(table)]
        records: list[AppRecord] = []
        excluded: set[str] = set()
        for part in app_records():
            if part.about in absent or excluded.intersection(part.fields.values()):
                excluded.add(part.sys_id)
            else:
                records.append(part)
        return records, absent

    def _existing_ids(self, records: Sequence[AppRecord]) -> frozenset[str]:
        """Ids of the app's records that exist, whoever created them."""
        existing: set[str] = set()
        for table in dict.fromkeys(part.table for part in records):
            ids = [part.sys_id for part in records if part.table == table]
            rows: Sequence[JsonObject] = self._client.query(table, Query().one_of("sys_id", ids), ("sys_id",))
            existing.update(raw_value(row.get("sys_id")) for row in rows)
        return frozenset(existing)
