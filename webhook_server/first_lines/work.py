"""The first lines of My work, of what is approved together and of the digest."""

from __future__ import annotations

from enum import StrEnum

from connector.notify.digest import DigestFrequency
from connector.people.my_work import MyWork
from connector.store.notifications.digests import DigestPreference
from webhook_server.formats import Formats


class Work(StrEnum):
    NONE = "You have no open tasks."
    NONE_OF_PERSON = "You have no open tasks at measures of “{person}”."
    ONE = "You have 1 open task, since {since}."
    ONE_WORTH = "You have 1 open task, since {since}; {amount} of planned benefit depend on it."
    SEVERAL = "You have {count} open tasks, the oldest since {since}."
    SEVERAL_WORTH = "You have {count} open tasks, the oldest since {since}; {amount} of planned benefit depend on them."


class Together(StrEnum):
    NOT_CHOSEN = "Choose approvals on My work first."
    NONE_READY = "None of them can be given now."
    ONE = "You agree to 1 plan as it stands below. If a figure changes, that approval must be given again."
    SEVERAL = (
        "You agree to {count} plans as they stand below, the largest first. If a figure changes, that approval must be "
        "given again."
    )


class Digest(StrEnum):
    NONE = "You receive no digest; your open tasks are on the page My work."
    DAILY = "Your open tasks are sent every day at {hour}:00 ({zone}), if there are any."
    WEEKLY = "Your open tasks are sent every Monday at {hour}:00 ({zone}), if there are any."


_OFTEN = {DigestFrequency.DAILY: Digest.DAILY, DigestFrequency.WEEKLY: Digest.WEEKLY}


def work_line(work: MyWork, formats: Formats, person: str = "") -> str:
    """How many open tasks, since when, and the planned benefit that depends on them."""
    if work.oldest is None:
        return Work.NONE_OF_PERSON.format(person=person) if person else Work.NONE
    if work.total == 1:
        line = Work.ONE_WORTH if work.plan_amount else Work.ONE
    else:
        line = Work.SEVERAL_WORTH if work.plan_amount else Work.SEVERAL
    return line.format(
        count=formats.number(work.total),
        since=formats.day(work.oldest),
        amount=f"{formats.short(work.plan_amount)} {work.currency}".strip(),
    )


def together_line(chosen: int, ready: int, formats: Formats) -> str:
    """What is agreed to by one form."""
    if not chosen:
        return Together.NOT_CHOSEN
    line = {0: Together.NONE_READY, 1: Together.ONE}.get(ready, Together.SEVERAL)
    return line.format(count=formats.number(ready))


def digest_line(preference: DigestPreference | None, zone: str) -> str:
    """How often somebody's tasks are sent."""
    if preference is None or preference.frequency is DigestFrequency.OFF:
        return Digest.NONE
    return _OFTEN[preference.frequency].format(hour=f"{preference.hour:02d}", zone=zone)
