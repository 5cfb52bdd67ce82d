"""Many rows in documents of a bounded size, in their order, and counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, text

from connector.store.database.bulk_insert import MOST_BYTES, insert_many
from connector.store.database.tables import AUDIT
from tests.connector.store.conftest import StoreFixture

STORED = text("SELECT subject, length(detail ->> 'said') AS said FROM audit WHERE actor = 'bulk' ORDER BY seq")


def _row(number: int, length: int) -> dict[str, object]:
    return {"actor": "bulk", "action": "tested", "subject": f"{number}", "detail": {"said": "x" * length}}


def test_no_message_to_the_database_is_larger_than_a_document_may_be(store: StoreFixture) -> None:
    lengths = [*(60_000 for _ in range(20)), MOST_BYTES + 1, 1, 1]
    sent: list[int] = []

    def note(_connection: Any, _cursor: Any, _statement: str, parameters: dict[str, str], *_: Any) -> None:
        sent.append(len(parameters["rows"]))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        with store.engine.begin() as transaction:
            count = insert_many(transaction, AUDIT, [_row(number, length) for number, length in enumerate(lengths)])
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    assert count == len(lengths)
    assert len(sent) == 6
    assert sorted(sent)[-2] <= MOST_BYTES, "only the row that is larger by itself"
    with store.engine.connect() as connection:
        stored = connection.execute(STORED).all()
    assert [(row.subject, row.said) for row in stored] == [(f"{n}", length) for n, length in enumerate(lengths)]
