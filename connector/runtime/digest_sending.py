"""Sends the digests that are due: once for each person and day, and nothing when nothing waits."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from connector.bootstrap import MappingCache, Services
from connector.errors import ConfigurationError
from connector.measures.my_work import waiting
from connector.notify.digest import MOST, Message, compose, due_day
from connector.people.my_work import MyWork, WorkKind
from connector.people.permissions import PersonId
from connector.store.notifications.digests import Digests, Wish

_log = structlog.get_logger(__name__)


class Sending(Protocol):
    def send(self, written: str, title: str, body: str) -> bool:
        """Whether the message was taken.  Raises ConfigurationError when the address may not be sent to."""


def digests(services: Services) -> Digests:
    return Digests(services.engine, services.vault)


def send_due(services: Services, mappings: MappingCache, sender: Sending, now: datetime) -> int:
    """Send what is due and not sent yet; returns how many went out.  One person's fault keeps nobody else waiting."""
    kept = digests(services)
    sent = 0
    for wish in kept.wishes():
        day = due_day(wish.often, wish.hour, _zone(wish.time_zone or services.settings.time_zone), now)
        if day is None or not kept.claim(wish.person, day, now):
            continue
        state, things, reason = _told(services, mappings, sender, wish, now)
        kept.settle(wish.person, day, state, now, things=things, reason=reason)
        sent += state == "sent"
        if state == "failed":
            _log.warning("digest not sent", person=wish.login, why=reason)
    return sent


def message_for(
    services: Services, mappings: MappingCache, person: PersonId, now: datetime
) -> tuple[Message | None, MyWork | None]:
    """What somebody would be told now; nothing for a person who is not active, or for whom nothing waits."""
    viewer = services.people.viewer(person)
    if viewer is None:
        return None, None
    work = waiting(services, mappings, viewer, now, each=MOST, limit=MOST * len(WorkKind))
    return compose(work, services.settings.address), work


def _told(
    services: Services, mappings: MappingCache, sender: Sending, wish: Wish, now: datetime
) -> tuple[str, int, str]:
    try:
        message, work = message_for(services, mappings, wish.person, now)
        if message is None or work is None:
            return "nothing", 0, ""
        if sender.send(wish.target, message.title, message.body):
            return "sent", work.total, ""
        return "failed", work.total, "the address did not take the message"
    except ConfigurationError as error:
        return "failed", 0, str(error)
    except Exception as error:  # noqa: BLE001 - a library's fault on one address must not end the round for all
        return "failed", 0, type(error).__name__


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
