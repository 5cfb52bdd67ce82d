"""Who stands behind the accounts that a batch of items compares: asked for once a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import structlog

from connector.errors import ToolError
from connector.sync.ports import ToolSite
from connector.sync.stores import StateStore, StoredState
from mapping.config import MappingConfig
from mapping.fields import role_groups
from mapping.known_people import KnownPeople, accounts_of, held_accounts, table_accounts
from mapping.work_item import NativeId, WorkItem

_log = structlog.get_logger(__name__)


def known_people(
    store: StateStore,
    site: ToolSite,
    items: Iterable[WorkItem],
    stored: Mapping[NativeId, StoredState],
    config: MappingConfig,
) -> KnownPeople:
    """What is known of everybody whom these items name, and of everybody who has spoken about them."""
    accounts, identities = set(table_accounts(config)), set[str]()
    for item in items:
        state = stored.get(item.native_id, StoredState())
        accounts.update(accounts_of(item, state.ruled_on), held_accounts(state.measure_state))
        for comment in state.submitted_comments:
            accounts.add(comment.author.id)
            identities.update(comment.author.identities)
    people = store.people(site.name, accounts, identities)
    groups = _members(site, role_groups(config, site.name))
    return replace(people, groups=groups) if groups else people


def _members(site: ToolSite, names: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Members of the groups that the mapping names; one that cannot be read accepts nobody, and holds up nothing."""
    if not names or site.groups is None:
        return {}
    try:
        return site.groups.members(names)
    except ToolError as error:
        _log.warning("groups not read", connection=site.name, groups=sorted(names), why=str(error))
        return {}
