"""What Gatepost made at the tools: only this is ever taken back."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.database import audit
from connector.store.database.json_codec import from_json, to_json
from connector.store.database.reading import reading
from connector.store.database.tables import PROVISIONED_OBJECT
from connector.sync.provision import DETAILS, ProvisionedObject, StepKind
from mapping.work_item import ConnectionName


class ProvisionedObjects:
    """What was made at the tool of one connection; everything goes into the audit as well."""

    def __init__(self, engine: Engine, connection: ConnectionName, actor: str) -> None:
        self._engine = engine
        self._connection = connection
        self._actor = actor

    def all(self) -> tuple[ProvisionedObject, ...]:
        query = (
            select(PROVISIONED_OBJECT)
            .where(PROVISIONED_OBJECT.c.connection == self._connection)
            .order_by(PROVISIONED_OBJECT.c.id)
        )
        with reading(self._engine) as session:
            return tuple(
                ProvisionedObject(kind, row.target, row.name, from_json(DETAILS[kind], row.detail))
                for row in session.execute(query)
                for kind in (StepKind(row.kind),)
            )

    def record(self, made: ProvisionedObject) -> None:
        values = {"name": made.name, "detail": to_json(made.detail)}
        key = {"connection": self._connection, "kind": made.kind.value, "target": made.target}
        with self._engine.begin() as transaction:
            statement = insert(PROVISIONED_OBJECT).values(**key, **values)
            transaction.execute(
                statement.on_conflict_do_update(index_elements=["connection", "kind", "target"], set_=values)
            )
            self._audit(transaction, "provisioned", made)

    def forget(self, made: ProvisionedObject) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(
                delete(PROVISIONED_OBJECT).where(
                    PROVISIONED_OBJECT.c.connection == self._connection,
                    PROVISIONED_OBJECT.c.kind == made.kind.value,
                    PROVISIONED_OBJECT.c.target == made.target,
                )
            )
            self._audit(transaction, "unprovisioned", made)

    def audit_note(self, action: str, text: str) -> None:
        """Put something about this connection into the audit."""
        with self._engine.begin() as transaction:
            entry = {"actor": self._actor, "action": action, "subject": self._connection, "detail": {"text": text}}
            audit.record(transaction, [entry | {"mapping_version": None, "policy_version": None}])

    def _audit(self, transaction: object, action: str, made: ProvisionedObject) -> None:
        entry = {
            "actor": self._actor,
            "action": action,
            "subject": self._connection,
            "detail": {"kind": made.kind.value, "target": made.target, "name": made.name},
            "mapping_version": None,
            "policy_version": None,
        }
        audit.record(transaction, [entry])  # type: ignore[arg-type]  # the transaction of the caller
