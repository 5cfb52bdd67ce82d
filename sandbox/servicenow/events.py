"""Events that an instance sends after a change: asynchronous rules, which may see a newer record than they ran for.

The stand-in's own rules (:class:`EventRule`) send one of two forms; those of Gatepost's installed app write into its
outbox and send from there.
https://www.servicenow.com/docs, "Business rules": asynchronous rules have no previous record and no retry
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence

from sandbox.delivery import hub_signature
from sandbox.servicenow.app_tables import OUTBOX, RELATED_RECORDS, SENDER, is_clone, is_writer, own_table, setting
from sandbox.servicenow.instance import Instance
from sandbox.servicenow.model import EventForm, EventRule, Record
from sandbox.servicenow.readers import STORED

Body = dict[str, str]
_OWNER = re.compile(r"GatepostEvents\.sendRelated\(current, previous, '([a-z_]+)'\)")


def stamped_signature(secret: str, stamp: str, body: bytes) -> str:
    """The value of ``X-Gatepost-Signature``: an HMAC-SHA256 over ``<timestamp>.<body>``, in base64."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1={b64encode(digest).decode()}"


class EventPublisher:
    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def publish(
        self, table: str, record: Record, operation: str, changed: Sequence[str], previous: Mapping[str, str]
    ) -> None:
        """After a change; ``changed`` are the columns that an update set, ``previous`` what the record was before."""
        by = record["sys_updated_by"]
        for rule in self._instance.event_rules:
            if rule.form is EventForm.HUB and rule.table == table:
                self._hub(rule, table, record, operation)
            elif rule.form is EventForm.APP:
                quiet = rule.own_user == by and _is_own_write(changed)
                for owner, sys_id, through in self._owners(table, record, previous):
                    if owner == rule.table and not (quiet and not through):
                        body = self._body(record, operation, owner, sys_id, through)
                        self._post(rule.url, rule.secret, body, _header(body, through))
        self._app(table, record, operation, changed, previous)

    def _owners(self, table: str, record: Record, previous: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """(table, sys_id, through) of the events: the record itself, or its owner and former owner."""
        column = RELATED_RECORDS.get(table)
        if column is None:
            yield table, record["sys_id"], ""
            return
        for task in dict.fromkeys((record.get(column, ""), previous.get(column, record.get(column, "")))):
            found = self._instance.find("task", task)
            if found is not None:
                yield found["sys_class_name"], task, table

    def _app(
        self, table: str, record: Record, operation: str, changed: Sequence[str], previous: Mapping[str, str]
    ) -> None:
        """The rules of the installed app, recognised by the calls in their scripts."""
        instance = self._instance
        if own_table(instance, OUTBOX.name) not in instance.tables or is_clone(instance):
            return
        for rule in instance.scripts(table, "after", operation):
            owner = _OWNER.search(rule["script"])
            if "GatepostEvents.send(" in rule["script"] and not (
                _is_own_write(changed) and is_writer(instance, record["sys_updated_by"])
            ):
                self._queue(record, operation, table, record["sys_id"], "")
            elif owner is not None:
                governed = setting(instance, "gatepost.tables").split(",")
                tasks = dict.fromkeys((record.get(owner[1], ""), previous.get(owner[1], record.get(owner[1], ""))))
                for task in tasks:
                    found = instance.find("task", task)
                    if found is not None and found["sys_class_name"] in governed:
                        self._queue(record, operation, found["sys_class_name"], task, table)

    def _queue(self, record: Record, operation: str, table: str, sys_id: str, through: str) -> None:
        """Write into the outbox, in the transaction of the change, and send if an endpoint is set."""
        instance = self._instance
        body = self._body(record, operation, table, sys_id, through)
        event = _header(body, through)
        url, secret = setting(instance, "gatepost.endpoint"), sender_secret(instance)
        sends = bool(url and secret)
        values = {
            "u_event": event, "u_table": table, "u_record": sys_id, "u_operation": operation,
            "u_body": json.dumps(body), "u_state": "sent" if sends else "queued", "u_attempts": "1" if sends else "0",
            "u_order": f"{int(instance.clock().timestamp() * 1000):013d}",
        }  # fmt: skip
        instance.store(own_table(instance, OUTBOX.name), values, "system")
        if sends:
            self._post(url, secret, body, event)

    def _body(self, record: Record, operation: str, table: str, sys_id: str, through: str) -> Body:
        body = {
            "event_id": f"{record['sys_id']}:{record['sys_mod_count']}",
            "instance": self._instance.property("instance_name") or self._instance.base_url,
            "table": table,
            "sys_id": sys_id,
            "operation": operation,
            "sys_mod_count": record["sys_mod_count"],
            "sys_updated_on": record["sys_updated_on"],
            "sys_updated_by": record["sys_updated_by"],
        }
        return body | ({"through": f"{through}:{record['sys_id']}"} if through else {})

    def _post(self, url: str, secret: str, body: Body, event: str) -> None:
        now = self._instance.clock()
        sent = json.dumps(body | {"sent_at": now.strftime(STORED)}).encode("ascii")
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Event-Id": event,
            "X-Gatepost-Timestamp": stamp,
            "X-Gatepost-Signature": stamped_signature(secret, stamp, sent),
            "X-Sandbox-Event": f"{body['table']} {body['operation']}",
        }
        self._instance.deliverer.send(url, sent, headers)

    def _hub(self, rule: EventRule, table: str, record: Record, operation: str) -> None:
        body = self._body(record, operation, table, record["sys_id"], "") | {"instance": self._instance.base_url}
        sent = json.dumps(body).encode("ascii")
        headers = {
            "Content-Type": "application/json",
            "X-Event-Id": f"{body['event_id']}:{operation}",
            "X-Hub-Signature": hub_signature(rule.secret, sent),
            "X-Sandbox-Event": f"{table} {operation}",
        }
        self._instance.deliverer.send(rule.url, sent, headers)


def _header(body: Body, through: str) -> str:
    return f"{body['event_id']}:{body['operation']}{':' + body['sys_id'] if through else ''}"


def _is_own_write(changed: Sequence[str]) -> bool:
    """Whether an update set nothing but Gatepost's own columns."""
    return bool(changed) and all(name.startswith("u_gatepost_") for name in changed)


def sender_secret(instance: Instance) -> str:
    """What signs the app's events: in the row of its sender, whose column nobody can read back."""
    return next((row["u_secret"] for row in instance.tables.get(own_table(instance, SENDER.name), {}).values()), "")
