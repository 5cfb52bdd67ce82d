"""Which events a subscription selects: types, a part of the hierarchy, a legal entity."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import ConfigurationError
from connector.notify.measure_events import CONNECTION_EVENTS, EventType

HIERARCHY_LEVELS = ("portfolio", "program", "project", "package")


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """Empty parts let everything through."""

    events: frozenset[EventType] = frozenset()
    hierarchy: tuple[str, ...] = ()
    """Names from the portfolio downwards: everything below is meant as well."""
    legal_entity: str | None = None

    def accepts(self, event: EventType, hierarchy: tuple[str | None, ...], legal_entity: str | None) -> bool:
        """Whether an event of a measure under ``hierarchy`` (portfolio, program, project, package) is selected."""
        if self.events and event not in self.events:
            return False
        if self.legal_entity is not None and self.legal_entity != legal_entity:
            return False
        return hierarchy[: len(self.hierarchy)] == self.hierarchy

    def accepts_connection(self, event: EventType) -> bool:
        """Whether an event of a connection is selected: by its name, and without a part of the measures.

        A subscription to everything is about measures, and its owner may not be an operator.
        """
        return event in self.events and not self.hierarchy and self.legal_entity is None


def check_filter(event_filter: SubscriptionFilter) -> None:
    """Raises ConfigurationError when an event is selected that could never be sent."""
    never = [
        event for event in sorted(event_filter.events & CONNECTION_EVENTS) if not event_filter.accepts_connection(event)
    ]
    if never:
        raise ConfigurationError(
            f"{never[0]} concerns no measure, so it cannot be combined with a part of the hierarchy or legal entity. "
            "Leave both out, or add a separate subscription for it."
        )


def parse_filter(events: list[str], hierarchy: str, legal_entity: str | None) -> SubscriptionFilter:
    """From what a person entered.  Raises ConfigurationError with the accepted form."""
    known = {event.value for event in EventType}
    for name in events:
        if name not in known:
            raise ConfigurationError(f'"{name}" is no event. There are: {", ".join(EventType)}.')
    parts = tuple(part.strip() for part in hierarchy.split("/")) if hierarchy.strip() else ()
    if any(not part for part in parts):
        raise ConfigurationError(f'"{hierarchy}" has an empty part: write Portfolio / Program / Project / Package.')
    if len(parts) > len(HIERARCHY_LEVELS):
        raise ConfigurationError(
            f'"{hierarchy}" has {len(parts)} parts; a hierarchy has at most 4: {" / ".join(HIERARCHY_LEVELS)}.'
        )
    return SubscriptionFilter(frozenset(map(EventType, events)), parts, legal_entity or None)
