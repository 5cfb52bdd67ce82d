"""Which events a subscription asks for: types, a place in the hierarchy, a legal entity."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import ConfigurationError
from connector.notify.measure_events import OF_CONNECTIONS, EventType

LEVELS = ("portfolio", "program", "project", "package")


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty parts let everything through."""

    events: frozenset[EventType] = frozenset()
    place: tuple[str, ...] = ()
    """Names from the portfolio downwards: everything below is meant as well."""
    legal_entity: str | None = None

    def takes(self, event: EventType, place: tuple[str | None, ...], legal_entity: str | None) -> bool:
        """Whether an event of a measure at ``place`` (portfolio, program, project, package) is asked for."""
        if self.events and event not in self.events:
            return False
        if self.legal_entity is not None and self.legal_entity != legal_entity:
            return False
        return place[: len(self.place)] == self.place

    def takes_connection(self, event: EventType) -> bool:
        """Whether an event of a connection is asked for: by its name, and without a part of the measures.

        Whoever asks for everything means measures, and may be somebody who runs nothing.
        """
        return event in self.events and not self.place and self.legal_entity is None


def check_filter(wanted: Filter) -> None:
    """Raises ConfigurationError when an event is asked for that could never be sent."""
    never = [event for event in sorted(wanted.events & OF_CONNECTIONS) if not wanted.takes_connection(event)]
    if never:
        raise ConfigurationError(
            f"{never[0]} concerns no measure, so it cannot be asked for below a place or for one legal entity. "
            "Leave both out, or make a subscription of its own for it."
        )


def filter_of(events: list[str], place: str, legal_entity: str | None) -> Filter:
    """From what a person wrote.  Raises ConfigurationError with what is right."""
    known = {one.value for one in EventType}
    for name in events:
        if name not in known:
            raise ConfigurationError(f'"{name}" is no event. There are: {", ".join(EventType)}.')
    parts = tuple(part.strip() for part in place.split("/")) if place.strip() else ()
    if any(not part for part in parts):
        raise ConfigurationError(f'"{place}" has an empty part: write Portfolio / Program / Project / Package.')
    if len(parts) > len(LEVELS):
        raise ConfigurationError(f'"{place}" has {len(parts)} parts; a place has at most 4: {" / ".join(LEVELS)}.')
    return Filter(frozenset(map(EventType, events)), parts, legal_entity or None)
