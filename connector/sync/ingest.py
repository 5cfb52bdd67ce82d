"""An event at the webhook endpoint: verified bytes in, what the inbox stores out."""

from __future__ import annotations

import hashlib

from connector.errors import InvalidPayload
from connector.sync.ports import EventParser, ItemsChanged
from connector.sync.stores import ReceivedEvent
from mapping.work_item import ConnectionName


def received_event(
    body: bytes,
    *,
    connection: ConnectionName,
    parser: EventParser,
    delivery_id: str | None,
    own_account: str | None = None,
) -> ReceivedEvent:
    """Parse a verified event.

    ``delivery_id`` is the sender's own, the same across its retries; without one the body's hash
    stands in, so that the same bytes count once.  An event that only repeats what Gatepost itself wrote last, by
    its author *and* its values, marks nothing dirty: the account alone would hide what other programs of that account
    do, the values alone what a person put back.  Raises InvalidPayload when the body is not an event.
    """
    event = parser.parse(body)
    if "\x00" in event.event:
        raise InvalidPayload("The event's name has a NUL character in it.")
    identity = delivery_id or f"sha256:{hashlib.sha256(body).hexdigest()}"
    change = event.reported_change if isinstance(event, ItemsChanged) else None
    echo_values = change.values if change is not None and own_account and change.author == own_account else None
    return ReceivedEvent(connection, identity, body, event, echo_values)
