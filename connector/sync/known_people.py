"""Who stands behind the accounts that a batch of items compares: asked for once a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.sync.stores import StateStore, StoredState
from mapping.config import MappingConfig
from mapping.known_people import KnownPeople, accounts_of, table_accounts
from mapping.work_item import ConnectionName, NativeId, WorkItem


def known_people(
    store: StateStore,
    connection: ConnectionName,
    items: Iterable[WorkItem],
    stored: Mapping[NativeId, StoredState],
    config: MappingConfig,
) -> KnownPeople:
    """What is known of everybody whom these items name, and of everybody who has spoken about them."""
    accounts, identities = set(table_accounts(config)), set[str]()
    for item in items:
        state = stored.get(item.native_id, StoredState())
        accounts.update(accounts_of(item, state.ruled_on))
        for comment in state.submitted_comments:
            accounts.add(comment.author.id)
            identities.update(comment.author.identities)
    return store.people(connection, accounts, identities)
