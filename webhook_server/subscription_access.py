"""Whose subscriptions somebody administers: those that send events of their own part only."""

from __future__ import annotations

from collections.abc import Iterable

from connector.errors import ConfigurationError
from connector.notify.measure_events import CONNECTION_EVENTS
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import SubscriptionFilter
from connector.people.permissions import ADMINISTRATORS, SUBSCRIBING_ROLES, Viewer


def administers_events(viewer: Viewer, wanted: SubscriptionFilter) -> bool:
    """Whether every event that a filter lets through is about the viewer's part; connections belong to all parts."""
    if not CONNECTION_EVENTS.isdisjoint(wanted.events):
        return viewer.holds_everywhere(ADMINISTRATORS)
    return viewer.holds_for(SUBSCRIBING_ROLES, wanted.hierarchy, wanted.legal_entity)


def administered(viewer: Viewer, subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Those of them that the viewer administers."""
    return tuple(one for one in subscriptions if administers_events(viewer, one.filter))


def require_administered(viewer: Viewer, wanted: SubscriptionFilter) -> None:
    """Raises ConfigurationError for events beyond the viewer's part."""
    if not administers_events(viewer, wanted):
        raise ConfigurationError(
            "You do not administer all of these events: name your own part of the hierarchy, and no event about "
            "connections."
        )
