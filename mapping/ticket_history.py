"""What a tool tells of its tickets, and from it with which team each one was when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from governance.handoffs import TicketMoment, TicketTimeline
from mapping.handoff_config import HandoffRule
from mapping.work_item import StatusCategory


class TicketPart(StrEnum):
    """What of a ticket says with whom it is."""

    TEAM = "team"
    PERSON = "person"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value as people see it, and the tool's id for it."""

    name: str = ""
    id: str = ""


NOTHING = NamedValue()


@dataclass(frozen=True, slots=True)
class TicketChange:
    """One entry of a ticket's history."""

    at: datetime
    part: TicketPart
    before: NamedValue
    after: NamedValue


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket as it is now, and how it came to be so."""

    key: str
    present: Mapping[TicketPart, NamedValue]
    updated: datetime
    created: datetime | None = None
    changes: tuple[TicketChange, ...] | None = None
    """``None`` where the tool tells no history."""
    categories: Mapping[str, StatusCategory] = field(default_factory=dict)
    """By status as it is named, in lower case."""


def timeline_of(record: TicketRecord, rule: HandoffRule, *, elsewhere: bool = False) -> TicketTimeline:
    """Where the ticket has been; without a history only where it is now, since it was saved last."""
    if record.changes is None:
        return TicketTimeline(
            record.key, (_moment(record, rule, record.updated, record.present),), observed=True, elsewhere=elsewhere
        )
    changes = sorted(record.changes, key=lambda one: one.at)
    values = dict(record.present)
    for change in reversed(changes):
        values[change.part] = change.before
    first = min([record.created or record.updated, *(one.at for one in changes)])
    moments = [_moment(record, rule, first, values)]
    for index, change in enumerate(changes):
        values[change.part] = change.after
        # What was changed in one save is one moment.
        if index + 1 == len(changes) or changes[index + 1].at != change.at:
            moments.append(_moment(record, rule, change.at, values))
    return TicketTimeline(record.key, tuple(_distinct(moments)), elsewhere=elsewhere)


def _distinct(moments: Iterable[TicketMoment]) -> Iterable[TicketMoment]:
    last: TicketMoment | None = None
    for one in moments:
        if last is None or not one.is_like(last):
            yield one
        last = one


def _moment(
    record: TicketRecord, rule: HandoffRule, at: datetime, values: Mapping[TicketPart, NamedValue]
) -> TicketMoment:
    status, person = values.get(TicketPart.STATUS, NOTHING).name, values.get(TicketPart.PERSON, NOTHING)
    category = record.categories.get(status.casefold(), StatusCategory.UNKNOWN)
    waits_for = _by_name(rule.statuses, status)
    done = category is StatusCategory.DONE
    team = "" if done else waits_for
    team = team or values.get(TicketPart.TEAM, NOTHING).name or _team_of(person, rule)
    named_working = {name.casefold() for name in rule.working}
    works = status.casefold() in named_working if named_working else category is StatusCategory.INDETERMINATE
    vendor = team.casefold() in {name.casefold() for name in rule.vendors}
    return TicketMoment(at, team, person.name, status, works and not waits_for and not done, done, vendor)


def _by_name(names: Mapping[str, str], wanted: str) -> str:
    return next((team for name, team in names.items() if name.casefold() == wanted.casefold()), "")


def _team_of(person: NamedValue, rule: HandoffRule) -> str:
    """The team of a person; where the mapping names no teams at all, each person stands for one."""
    accounts = {person.id.casefold(), person.name.casefold()} - {""}
    if rule.people:
        found = (team for team, some in rule.people.items() if accounts & {one.casefold() for one in some})
        return next(found, "")
    return "" if rule.team else person.name
