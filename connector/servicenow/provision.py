"""Gatepost's app over the Table API: for development instances, where an update set is too slow a way.

It is second best and says so: what is made this way belongs to the account's current application and its default
update set, needs an administrator, and is not upgraded.  The records are those of the update set, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from connector.errors import NotFound, PermissionDenied, Refused
from connector.http.json_values import JsonObject, items, obj, text
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.inspector import GOVERNED
from connector.servicenow.payloads import raw
from connector.servicenow.query import Query
from connector.sync.provision import Made, Options, Plan, RecordSpec, Step, StepKind
from mapping.config import MappingConfig
from mapping.live_check import listed
from mapping.work_item import ConnectionName

RIGHTS = frozenset({"sys_security_acl", "sys_security_acl_role"})
PROPERTIES = "sys_properties"
SECOND_BEST = (
    "This is second best, for a development instance: the records land in the account's current application and "
    "default update set, and are not upgraded. Everywhere else, have deploy/servicenow-app/gatepost-update-set.xml "
    "reviewed, previewed and committed."
)
TO_SET = "Set gatepost.endpoint and gatepost.secret as gatepost connect servicenow --public-url prints them."


@dataclass(frozen=True, slots=True)
class Part:
    """One record of the app."""

    table: str
    sys_id: str
    name: str
    fields: Mapping[str, str]

    @property
    def kind(self) -> StepKind:
        return StepKind.RIGHT if self.table in RIGHTS else StepKind.RECORD

    @property
    def governed(self) -> str:
        """The table of the instance that this is about; empty for what the app has of its own."""
        told = self.fields.get("collection") or self.name.removeprefix("gatepost.gated.")
        first = told.replace(" ", ".").split(".")
        return next((word for word in first if word in GOVERNED), "")


@cache
def app() -> tuple[Part, ...]:
    """The app's records; one comes after every one that it refers to."""
    stored = json.loads((resources.files("connector.servicenow.app") / "records.json").read_text(encoding="utf-8"))
    return tuple(
        Part(
            text(one.get("table")),
            text(one.get("sys_id")),
            text(one.get("name")),
            {name: text(value) for name, value in obj(one.get("fields")).items()},
        )
        for one in map(obj, items(stored))
    )


class ServiceNowProvisioner:
    """Implements :class:`connector.sync.provision.Provisioner`."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields

    def plan(self, config: MappingConfig, made: Sequence[Made], options: Options) -> Plan:
        del made, options
        self._fields.forget()
        notes = [SECOND_BEST, *self._elsewhere(config)]
        wanted, absent = self._wanted()
        if absent:
            notes.append(f"{', '.join(absent)}: no such table on this instance; nothing is planned for it.")
        there = self._there(wanted)
        steps = [
            Step(
                part.kind,
                f"{part.table}:{part.sys_id}",
                f"create {part.table} {part.name}",
                RecordSpec(part.table, part.sys_id, part.name),
            )
            for part in wanted
            if part.sys_id not in there
        ]
        order = list(StepKind)
        if not steps:
            notes.append(TO_SET)
        return Plan(tuple(sorted(steps, key=lambda step: order.index(step.kind))), tuple(notes))

    def apply(self, step: Step) -> Made:
        if not isinstance(step.spec, RecordSpec):
            raise Refused(f"{self._connection}: this is made in Jira and not in ServiceNow: {step.told}")
        table, sys_id = step.spec.table, step.spec.sys_id
        part = next(one for one in app() if one.sys_id == sys_id)
        values = {name: value for name, value in part.fields.items() if value}
        try:
            made = self._client.insert(table, {"sys_id": sys_id, **values})
        except PermissionDenied as error:
            if part.kind is not StepKind.RIGHT:
                raise
            raise Refused(
                f"{self._connection}: access controls need the elevated role security_admin, which REST cannot take. "
                "Everything else of the app is there; without its access controls anybody who may edit a record may "
                "edit Gatepost's columns, and they are put back. For the access controls commit "
                "deploy/servicenow-app/gatepost-update-set.xml."
            ) from error
        given = raw(made.get("sys_id"))
        if given != sys_id:
            # A reference to this record would lead nowhere.
            self._client.delete(table, given)
            raise Refused(f"{self._connection} gives new records ids of its own: install the update set instead.")
        self._fields.forget()
        return Made(step.kind, step.target, f"{table} {part.name}", step.spec)

    def undo(self, made: Made) -> str:
        if not isinstance(made.detail, RecordSpec):
            return f"{made.name} is no record of ServiceNow and stays."
        try:
            self._client.delete(made.detail.table, made.detail.sys_id)
        except NotFound:
            return f"{made.name} was gone already."
        return f"{made.name} was deleted."

    def verify(self, config: MappingConfig) -> Sequence[str]:
        """Owned columns that are not there, and properties without which the app sends nothing."""
        self._fields.forget()
        return [*self._columns(config), *self._properties()]

    def _columns(self, config: MappingConfig) -> Iterator[str]:
        for rule in config.measures:
            for table in listed(rule.match.table) if rule.connection == self._connection else ():
                catalogue = self._fields.catalogue(table)
                for name in (one for one in rule.write.model_dump().values() if one):
                    found = catalogue.resolve(name)
                    if not isinstance(found, Column):
                        yield f"{table}: {found.message}."

    def _properties(self) -> Iterator[str]:
        query = Query().one_of("name", ("gatepost.endpoint", "gatepost.secret"))
        rows = self._client.query(PROPERTIES, query, ("name", "value"))
        for name in ("gatepost.endpoint", "gatepost.secret"):
            if not any(raw(row.get("name")) == name and raw(row.get("value")) for row in rows):
                yield f"{name} is not set: events wait in the app's outbox. {TO_SET}"

    def _elsewhere(self, config: MappingConfig) -> Iterator[str]:
        tables = {
            table
            for rule in config.measures
            if rule.connection == self._connection
            for table in listed(rule.match.table)
        }
        for table in sorted(tables - set(GOVERNED)):
            yield (
                f"{table} is governed by the mapping and not by the app as it is packed: add it to "
                "deploy/servicenow-app/tables.json and build the app."
            )

    def _wanted(self) -> tuple[list[Part], list[str]]:
        """The app's records, without those about tables that this instance does not have; and these tables."""
        absent = [table for table in GOVERNED if "sys_id" not in self._fields.catalogue(table)]
        wanted: list[Part] = []
        left_out: set[str] = set()
        for part in app():
            if part.governed in absent or left_out.intersection(part.fields.values()):
                left_out.add(part.sys_id)
            else:
                wanted.append(part)
        return wanted, absent

    def _there(self, wanted: Sequence[Part]) -> frozenset[str]:
        """Ids of the app's records that are there, whoever made them."""
        found: set[str] = set()
        for table in dict.fromkeys(part.table for part in wanted):
            ids = [part.sys_id for part in wanted if part.table == table]
            rows: Sequence[JsonObject] = self._client.query(table, Query().one_of("sys_id", ids), ("sys_id",))
            found.update(raw(row.get("sys_id")) for row in rows)
        return frozenset(found)
