"""An event at the door: verified bytes in, one committed transaction, nothing else."""

from __future__ import annotations

import hashlib

from connector.errors import BadPayload
from connector.sync.ports import Door, Doorbell
from connector.sync.stores import Arrival, Inbox, TakenIn
from mapping.work_item import ConnectionName


def ingest(
    body: bytes,
    *,
    connection: ConnectionName,
    door: Door,
    inbox: Inbox,
    delivery_id: str | None,
    own_account: str | None = None,
) -> TakenIn:
    """Understand a verified event and commit it.

    ``delivery_id`` is the sender's own, the same across its retries; without one the body's hash
    stands in, so that the same bytes count once.  An event that only says back what Gatepost itself wrote last, by
    its author *and* its values, rings nothing: the account alone would silence what its other programs do, the
    values alone what a person put back.  Raises BadPayload when the body is not an event,
    and the store's error when the commit fails.
    """
    rung = door.parse(body)
    if "\x00" in rung.event:
        raise BadPayload("The event's name has a NUL character in it.")
    identity = delivery_id or f"sha256:{hashlib.sha256(body).hexdigest()}"
    said = rung.said if isinstance(rung, Doorbell) else None
    echo = said.values if said is not None and own_account and said.author == own_account else None
    return inbox.take_in(Arrival(connection, identity, body, rung, echo))
