"""What Gatepost made at the tools: only this is ever taken back."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.database import audit
from connector.store.database.json_codec import from_json, to_json
from connector.store.database.tables import PROVISIONED
from connector.sync.provision import DETAILS, Made, StepKind
from mapping.work_item import ConnectionName


class Provisioned:
    """What was made at the tool of one connection; everything goes into the audit as well."""

    def __init__(self, engine: Engine, connection: ConnectionName, actor: str) -> None:
        self._engine = engine
        self._connection = connection
        self._actor = actor

    def all(self) -> tuple[Made, ...]:
        query = select(PROVISIONED).where(PROVISIONED.c.connection == self._connection).order_by(PROVISIONED.c.id)
        with self._engine.connect() as transaction:
            return tuple(
                Made(kind, row.target, row.name, from_json(DETAILS[kind], row.detail))
                for row in transaction.execute(query)
                for kind in (StepKind(row.kind),)
            )

    def record(self, made: Made) -> None:
        values = {"name": made.name, "detail": to_json(made.detail)}
        key = {"connection": self._connection, "kind": made.kind.value, "target": made.target}
        with self._engine.begin() as transaction:
            statement = insert(PROVISIONED).values(**key, **values)
            transaction.execute(
                statement.on_conflict_do_update(index_elements=["connection", "kind", "target"], set_=values)
            )
            self._audit(transaction, "provisioned", made)

    def forget(self, made: Made) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(
                delete(PROVISIONED).where(
                    PROVISIONED.c.connection == self._connection,
                    PROVISIONED.c.kind == made.kind.value,
                    PROVISIONED.c.target == made.target,
                )
            )
            self._audit(transaction, "unprovisioned", made)

    def note(self, action: str, text: str) -> None:
        """Put something about this connection into the audit."""
        with self._engine.begin() as transaction:
            entry = {"actor": self._actor, "action": action, "subject": self._connection, "detail": {"text": text}}
            audit.record(transaction, [entry | {"mapping_version": None, "policy_version": None}])

    def _audit(self, transaction: object, action: str, made: Made) -> None:
        entry = {
            "actor": self._actor,
            "action": action,
            "subject": self._connection,
            "detail": {"kind": made.kind.value, "target": made.target, "name": made.name},
            "mapping_version": None,
            "policy_version": None,
        }
        audit.record(transaction, [entry])  # type: ignore[arg-type]  # the transaction of the caller
