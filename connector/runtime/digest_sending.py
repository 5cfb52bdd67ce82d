"""Sends the digests that are due: once for each person and day, and nothing when nothing waits."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from connector.bootstrap import MappingCache, Services
from connector.errors import ConfigurationError
from connector.measures.my_work import my_work_of
from connector.notify.digest import MAX_ENTRIES, Message, compose_digest, due_day
from connector.people.my_work import MyWork, WorkKind
from connector.people.permissions import PersonId
from connector.store.notifications.digests import DigestPreference, Digests

_log = structlog.get_logger(__name__)


class MessageSender(Protocol):
    def send(self, address: str, title: str, body: str) -> bool:
        """Whether the message was accepted.  Raises ConfigurationError when the address may not be sent to."""


def digest_store(services: Services) -> Digests:
    return Digests(services.engine, services.vault)


def send_due_digests(services: Services, mappings: MappingCache, sender: MessageSender, now: datetime) -> int:
    """Send what is due and not sent yet; returns how many went out.  An error for one person stops no other."""
    digests = digest_store(services)
    sent = 0
    for preference in digests.active_preferences():
        day = due_day(
            preference.frequency, preference.hour, _zone(preference.time_zone or services.settings.time_zone), now
        )
        if day is None or not digests.claim(preference.person, day, now):
            continue
        state, tasks, reason = _send_digest(services, mappings, sender, preference, now)
        digests.settle(preference.person, day, state, now, item_count=tasks, reason=reason)
        sent += state == "sent"
        if state == "failed":
            _log.warning("digest not sent", person=preference.login, why=reason)
    return sent


def digest_for(
    services: Services, mappings: MappingCache, person: PersonId, now: datetime
) -> tuple[Message | None, MyWork | None]:
    """The digest that somebody would get now; nothing for a person who is not active, or for whom nothing waits."""
    viewer = services.people.viewer(person)
    if viewer is None:
        return None, None
    work = my_work_of(services, mappings, viewer, now, per_kind=MAX_ENTRIES, limit=MAX_ENTRIES * len(WorkKind))
    return compose_digest(work, services.settings.address), work


def _send_digest(
    services: Services, mappings: MappingCache, sender: MessageSender, preference: DigestPreference, now: datetime
) -> tuple[str, int, str]:
    try:
        message, work = digest_for(services, mappings, preference.person, now)
        if message is None or work is None:
            return "nothing", 0, ""
        if sender.send(preference.address, message.title, message.body):
            return "sent", work.total, ""
        return "failed", work.total, "the address did not accept the message"
    except ConfigurationError as error:
        return "failed", 0, error.explained
    except Exception as error:  # noqa: BLE001 - a library's fault on one address must not end the run for all
        return "failed", 0, type(error).__name__


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
