"""Priorities of the work that a measure waits for: a valuable measure behind a low one, and one that was lowered.

The money that waits belongs to the measure: it is stated once, however many tickets it waits for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from governance.evidence import Evidence, OpenItem
from governance.facts import known
from governance.finding_draft import FindingDraft, TicketNote
from governance.named_sentence import ELSEWHERE, NamedSentence
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
    items: tuple[OpenItem, ...],
    value: ReportingAmount,
    measure: tuple[str, str],
    who: tuple[Responsible, ...],
    a_day: str = "",
) -> FindingDraft:
    """One finding for all tickets that the measure waits for; ``value`` is what waits, ``a_day`` what a day costs.

    ``measure`` is the connection and the title of the measure.  Readers of it need not see tickets of other projects,
    and readers of such a ticket need not see the measure: neither is named to the other.
    """
    connection, title = measure
    hidden = tuple(f"{connection}/{item.key}" for item in items if item.elsewhere)
    price = f"; each day costs {a_day}" if a_day else ""
    named = NamedSentence(f"{_mismatch(items, value, names=True)}{price}", hidden) if hidden else None
    others = len(items) - 1
    shared = f", and for {others} other ticket{'' if others == 1 else 's'}" if others else ""
    notes = tuple(
        TicketNote(
            item.key,
            f"priority {item.priority}, but {value} of {'a measure of another project' if item.elsewhere else title} "
            f"wait for this ticket{shared}{price}",
            item.elsewhere,
        )
        for item in items
    )
    return FindingDraft("tickets", f"{_mismatch(items, value, names=False)}{price}", who, notes, named)


def _mismatch(items: tuple[OpenItem, ...], value: ReportingAmount, *, names: bool) -> str:
    if len(items) == 1:
        return f"{_called(items[0], names=names)} has priority {items[0].priority}, but {value} wait for it"
    named = ", ".join(f"{_called(item, names=names)}: {item.priority}" for item in items[:MAX_NAMED])
    more = f", +{len(items) - MAX_NAMED}" if len(items) > MAX_NAMED else ""
    return f"{value} wait for {len(items)} tickets of low priority ({named}{more})"


def _called(item: OpenItem, *, names: bool) -> str:
    return ELSEWHERE if item.elsewhere and not names else item.key


def drift_drafts(
    evidence: Evidence, connection: str, who: tuple[Responsible, ...], a_day: str = ""
) -> Iterator[FindingDraft]:
    """Each ticket that is less urgent now than it ever was; ``a_day`` is what a day of waiting costs."""
    price = f"; each day costs {a_day}" if a_day else ""
    highest = evidence.measure_state.highest_priorities
    for item in serving_items(evidence):
        was, now_rank, before = highest.get(item.key, ""), rank(item.priority), rank(highest.get(item.key, ""))
        if now_rank is None or before is None or now_rank <= before:
            continue
        lowered = f"lowered from priority {was} to {item.priority}{price}"
        note = TicketNote(item.key, lowered, item.elsewhere)
        says = f"was {lowered}"
        named = NamedSentence(f"{item.key} {says}", (f"{connection}/{item.key}",)) if item.elsewhere else None
        # The subject is shown beside the sentence, and must not tell the key either.
        subject = f"item {hashlib.sha256(item.key.encode()).hexdigest()[:8]}" if item.elsewhere else item.key
        yield FindingDraft(subject, f"{_called(item, names=False)} {says}", who, (note,), named)
