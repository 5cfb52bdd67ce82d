"""With which team the tickets of a batch of items were when: one reading for each connection that holds some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import structlog

from connector.errors import ConfigurationError, ToolError
from connector.sync.ports import ToolSite
from governance.evidence import Children, OpenItem
from governance.facts import Fact, Unknown, known
from governance.handoffs import TicketTimeline
from mapping.config import MeasureRule
from mapping.handoff_config import HandoffRule
from mapping.places import area_of_key
from mapping.related_evidence import EvidenceNeeds, joined_items_of
from mapping.ticket_history import TicketRecord, timeline_of
from mapping.work_item import ConnectionName, NativeId, StatusCategory, Tool, WorkItem

MOST_TICKETS = 200
"""Of one item: an epic with more open work tells little by its hand-overs."""

Ticket: TypeAlias = "tuple[ConnectionName, str]"
Joined: TypeAlias = "Mapping[str, Mapping[str, Mapping[str, tuple[WorkItem, ...]] | Unknown]]"
Read: TypeAlias = "Mapping[tuple[ConnectionName, str | None], Mapping[str, TicketRecord] | Unknown]"

_log = structlog.get_logger(__name__)


def read_timelines(
    sites: Callable[[ConnectionName], ToolSite],
    site: ToolSite,
    needs_by_item: Mapping[NativeId, tuple[WorkItem, EvidenceNeeds, MeasureRule]],
    joined: Joined,
) -> dict[NativeId, Fact[tuple[TicketTimeline, ...]]]:
    """By item, of those whose rule asks for hand-overs."""
    asked = {
        name: (item, rule.handoffs, _tickets(item, needs, joined.get(rule.name, {})))
        for name, (item, needs, rule) in needs_by_item.items()
        if rule.handoffs is not None
    }
    if not asked:
        return {}
    wanted: dict[tuple[ConnectionName, str | None], dict[str, None]] = {}
    for _, handoffs, tickets in asked.values():
        for connection, key in known(tickets) or ():
            wanted.setdefault((connection, handoffs.team), {})[key] = None
    read: dict[tuple[ConnectionName, str | None], Mapping[str, TicketRecord] | Unknown] = {}
    for (connection, team), keys in wanted.items():
        read[connection, team] = _records(sites, site, connection, list(keys), team)
    return {name: _timelines(item, handoffs, tickets, read) for name, (item, handoffs, tickets) in asked.items()}


def _records(
    sites: Callable[[ConnectionName], ToolSite],
    site: ToolSite,
    connection: ConnectionName,
    keys: list[str],
    team: str | None,
) -> Mapping[str, TicketRecord] | Unknown:
    try:
        history = (site if connection == site.name else sites(connection)).ticket_history
        if history is None:
            return Unknown(f"{connection} does not tell with which team a ticket is")
        return history.records(keys, team)
    except (ToolError, ConfigurationError) as error:
        _log.warning("histories of tickets not readable", connection=connection, why=str(error))
        return Unknown(f"the hand-overs of tickets in {connection} could not be read: {error}")


def _tickets(
    item: WorkItem, needs: EvidenceNeeds, found: Mapping[str, Mapping[str, tuple[WorkItem, ...]] | Unknown]
) -> Fact[tuple[Ticket, ...]]:
    """The open work that the item waits for, wherever it lies; unknown when part of it could not be read."""
    tickets: dict[Ticket, None] = {}
    for some in (item.blocking_links, item.children, item.incidents):
        if isinstance(some, Unknown):
            return some
        items: Iterable[OpenItem] = some.open if isinstance(some, Children) else some or ()
        tickets |= {(item.connection, one.key): None for one in items}
    for others in joined_items_of(needs, found).values():
        if isinstance(others, Unknown):
            return others
        open_ = (one for one in others if one.status_category is not StatusCategory.DONE)
        tickets |= {(one.connection, one.key): None for one in open_}
    return tuple(tickets)[:MOST_TICKETS]


def _timelines(
    item: WorkItem, rule: HandoffRule, tickets: Fact[tuple[Ticket, ...]], read: Read
) -> Fact[tuple[TicketTimeline, ...]]:
    if isinstance(tickets, Unknown):
        return tickets
    for connection in dict.fromkeys(connection for connection, _ in tickets or ()):
        records = read.get((connection, rule.team))
        if isinstance(records, Unknown):
            return records
    return tuple(_shown(item, rule, tickets or (), read))


def _shown(item: WorkItem, rule: HandoffRule, tickets: Iterable[Ticket], read: Read) -> Iterator[TicketTimeline]:
    """A ticket that the tool does not show says nothing."""
    for connection, key in tickets:
        records = read[connection, rule.team]
        record = records.get(key) if not isinstance(records, Unknown) else None
        if record is not None:
            same = connection == item.connection
            elsewhere = same and item.tool is Tool.JIRA and area_of_key(key) != area_of_key(item.key)
            yield timeline_of(record, rule, elsewhere=elsewhere)
