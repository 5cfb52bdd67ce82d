"""Priorities of the work that a measure waits for: a valuable measure behind a low one, and one that was lowered.

The money that waits belongs to the measure: it is stated once, however many tickets it waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.evidence import Evidence, OpenItem
from governance.facts import known
from governance.finding_draft import FindingDraft, TicketNote
from governance.reporting_amounts import ReportingAmount
from governance.responsible import Responsible

PRIORITY_RANKS: Mapping[str, int] = {
    name: rank
    for rank, names in enumerate(
        (
            ("highest", "blocker", "1 - critical"),
            ("high", "critical", "2 - high"),
            ("medium", "major", "3 - moderate"),
            ("low", "minor", "4 - low"),
            ("lowest", "trivial", "5 - planning"),
        )
    )
    for name in names
}
"""Priority names of Jira and ServiceNow by urgency, 0 the most urgent."""

MAX_NAMED = 3
"""Tickets that one sentence names."""


def rank(priority: str) -> int | None:
    """How urgent a priority is, 0 the most urgent; ``None`` for a name that says nothing."""
    return PRIORITY_RANKS.get(priority.strip().casefold())


def serving_items(evidence: Evidence) -> tuple[OpenItem, ...]:
    """The open work that the measure waits for, each once however it belongs to it."""
    children = known(evidence.children)
    linked = known(evidence.blocking_links) or ()
    every = (*linked, *(children.open if children else ()), *(known(evidence.tickets) or ()))
    by_key: dict[str, OpenItem] = {}
    for item in every:
        if item.key not in by_key or not by_key[item.key].priority:
            by_key[item.key] = item
    return tuple(by_key.values())


def highest_priorities(evidence: Evidence) -> dict[str, str]:
    """The most urgent priority that each ticket was ever seen with.

    A ticket that is not read this time keeps it: a link that is cut for a day launders nothing.
    """
    highest = dict(evidence.measure_state.highest_priorities)
    for item in serving_items(evidence):
        present, before = rank(item.priority), rank(highest.get(item.key, ""))
        if present is not None and (before is None or present < before):
            highest[item.key] = item.priority
    return highest


def low_tickets(evidence: Evidence, low_priorities: tuple[str, ...]) -> tuple[OpenItem, ...]:
    """The tickets whose priority the policy calls low."""
    low = frozenset(name.casefold() for name in low_priorities)
    return tuple(item for item in serving_items(evidence) if item.priority.strip().casefold() in low)


def mismatch_draft(
    items: tuple[OpenItem, ...], value: ReportingAmount, title: str, who: tuple[Responsible, ...]
) -> FindingDraft:
    """One finding for all tickets that the measure waits for; ``value`` is what waits."""
    if len(items) == 1:
        sentence = f"{items[0].key} has priority {items[0].priority}, but {value} wait for it"
    else:
        named = ", ".join(f"{item.key}: {item.priority}" for item in items[:MAX_NAMED])
        more = f", +{len(items) - MAX_NAMED}" if len(items) > MAX_NAMED else ""
        sentence = f"{value} wait for {len(items)} tickets of low priority ({named}{more})"
    others = len(items) - 1
    shared = f", and for {others} other ticket{'' if others == 1 else 's'}" if others else ""
    notes = tuple(
        TicketNote(item.key, f"priority {item.priority}, but {value} of {title} wait for this ticket{shared}")
        for item in items
    )
    return FindingDraft("tickets", sentence, who, notes)


def drift_drafts(evidence: Evidence, who: tuple[Responsible, ...]) -> Iterator[FindingDraft]:
    """Each ticket that is less urgent now than it ever was."""
    highest = evidence.measure_state.highest_priorities
    for item in serving_items(evidence):
        was, now_rank, before = highest.get(item.key, ""), rank(item.priority), rank(highest.get(item.key, ""))
        if now_rank is not None and before is not None and now_rank > before:
            note = TicketNote(item.key, f"lowered from priority {was} to {item.priority}")
            yield FindingDraft(item.key, f"{item.key} was lowered from priority {was} to {item.priority}", who, (note,))
