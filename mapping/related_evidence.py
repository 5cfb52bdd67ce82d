"""What has to be read beside the item itself: services it retires, hours of its people, shared baselines.

The mapping says what is wanted (:func:`wants`), the flow fetches it, and the domain gets it as evidence.  What was
wanted and could not be fetched is unknown, and unknown shuts a gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from governance.effects import EffectLine
from governance.evidence import BaselineClaim, Service, Team, TeamMember
from governance.facts import Fact, Unknown, known
from governance.handoffs import TicketTimeline
from governance.measure import Person
from governance.money import Period
from governance.service_notes import ServiceNote
from governance.weekly_hours import WeeklyHours
from mapping.config import JoinRule, MeasureRule
from mapping.expressions import ExpressionScope
from mapping.values import names_of, people_of, text_of
from mapping.work_item import ConnectionName, NativeId, WorkItem


@dataclass(frozen=True, slots=True)
class EvidenceNeeds:
    """What the measure of one item needs from other records."""

    services: Fact[tuple[str, ...]] = None
    services_from: ConnectionName | None = None
    end_column: str | None = None
    team: Fact[tuple[Person, ...]] = None
    planned_team: Fact[str] = None
    """The team of which people are planned; those of whom no file or tool says another team are of it."""
    baseline: Fact[str] = None
    joins: tuple[tuple[JoinRule, Fact[tuple[str, ...]]], ...] = ()
    """Each join with the keys to look for; with ``their_field`` this item's own key is looked for."""
    watched: Fact[tuple[str, ...]] = None
    """Services that stay."""
    watched_from: ConnectionName | None = None


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Hours that somebody logged on an item."""

    person: str
    item: NativeId
    parent: NativeId | None
    project: str
    """The item's project, or its table."""
    day: date
    hours: Decimal
    worklog: str = ""
    """The tool's id of what was logged; an edit does not change it."""


@dataclass(frozen=True, slots=True)
class RelatedEvidence:
    """What was found out."""

    legacy: Fact[tuple[Service, ...]] = None
    watched: Fact[tuple[Service, ...]] = None
    team: Fact[Team] = None
    claims: tuple[BaselineClaim, ...] = ()
    joined_items: Mapping[str, tuple[WorkItem, ...] | Unknown] = field(default_factory=dict)
    """Items of other connections that feed the measure, by the name of the join."""
    timelines: Fact[tuple[TicketTimeline, ...]] = None
    """With which team the measure's tickets were when; ``None`` where the rule asks for no hand-overs."""
    service_notes: tuple[ServiceNote, ...] = ()
    """What is reported of the services that the measure names."""
    kpi_values: Mapping[str, tuple[Period, Decimal]] = field(default_factory=dict)
    """The newest stated value of each KPI of the measure, by its name in lower case."""
    ledger: Fact[tuple[EffectLine, ...]] = None
    """What the ledger holds of the measure; ``None`` when it was not read."""


NOTHING_STATED = WeeklyHours(Decimal(40))
"""Everybody has the hours of the policy."""
NO_RELATED_EVIDENCE = RelatedEvidence()


def evidence_needs(scope: ExpressionScope, rule: MeasureRule) -> EvidenceNeeds:
    """What has to be fetched for this item; fields that cannot be read stay unknown."""
    legacy, team_source = rule.legacy, rule.facts.planned_team or rule.facts.business_unit
    return EvidenceNeeds(
        services=names_of(scope, legacy.services) if legacy else None,
        services_from=ConnectionName(legacy.connection) if legacy else None,
        end_column=legacy.end_column if legacy else None,
        watched=names_of(scope, rule.watched.services) if rule.watched else None,
        watched_from=ConnectionName(rule.watched.connection) if rule.watched else None,
        team=people_of(scope, rule.team) if rule.team else None,
        planned_team=text_of(scope, team_source) if team_source and rule.team else None,
        baseline=text_of(scope, rule.facts.baseline_id) if rule.facts.baseline_id else None,
        joins=tuple((join, _keys(scope, join)) for join in rule.joins),
    )


def _keys(scope: ExpressionScope, join: JoinRule) -> Fact[tuple[str, ...]]:
    """The keys to look for: those in this item's field, those of its links, or its own."""
    if join.own_field:
        return names_of(scope, join.own_field)
    if join.link:
        label = join.link.casefold()
        if isinstance(scope.item.blocking_links, Unknown):
            return scope.item.blocking_links
        return tuple(dict.fromkeys(link.key for link in scope.item.links if link.label.casefold() == label)) or None
    return (scope.item.key,)


def joined_items_of(
    needs: EvidenceNeeds, found: Mapping[str, Mapping[str, tuple[WorkItem, ...]] | Unknown]
) -> dict[str, tuple[WorkItem, ...] | Unknown]:
    """The joined items by join; ``found`` holds what was read for each join, by the key that was looked for.

    An item that is named by several keys is one: its amounts count once.
    """
    joined: dict[str, tuple[WorkItem, ...] | Unknown] = {}
    for join, keys in needs.joins:
        read = found.get(join.name, Unknown(f"the items of {join.name} were not read"))
        if isinstance(keys, Unknown) or isinstance(read, Unknown):
            joined[join.name] = keys if isinstance(keys, Unknown) else read  # type: ignore[assignment]
            continue
        missing = [key for key in keys or () if not join.their_field and key not in read]
        if missing:
            named_by = join.own_field or f"a link ({join.link})"
            joined[join.name] = Unknown(f'{join.connection} shows no "{missing[0]}", which {named_by} names')
        else:
            items = {(item.connection, item.native_id): item for key in keys or () for item in read.get(key, ())}
            joined[join.name] = tuple(sorted(items.values(), key=lambda item: item.key))
    return joined


def services_of(
    names: Fact[tuple[str, ...]],
    connection: ConnectionName | None,
    found: Mapping[str, Service] | Unknown | None,
) -> Fact[tuple[Service, ...]]:
    """The item's services; a name that the other tool does not know makes all of it unknown."""
    if names is None or isinstance(names, Unknown):
        return names
    if found is None or isinstance(found, Unknown):
        return found or Unknown(f"the services of {connection} were not read")
    services = {name.casefold(): service for name, service in found.items()}
    missing = [name for name in names if name.casefold() not in services]
    if missing:
        return Unknown(f'{connection} shows no service called "{missing[0]}": correct the name, or let Gatepost see it')
    return tuple(services[name.casefold()] for name in names)


def team_of(
    item: WorkItem,
    needs: EvidenceNeeds,
    time_entries: Sequence[TimeEntry] | Unknown | None,
    days: int,
    since: date = date.min,
    weekly: WeeklyHours = NOTHING_STATED,
) -> Fact[Team]:
    """The hours of the item's people, on the item and its children, and elsewhere.

    ``since`` is where the window of ``days`` begins; of the time before it only the hours of whole weeks are told.
    ``weekly`` says what is stated of the hours of their weeks.
    """
    people = needs.team
    if people is None or isinstance(people, Unknown):
        return people
    if time_entries is None or isinstance(time_entries, Unknown):
        return time_entries or Unknown("the logged hours were not read")
    ids = {person.id for person in people}
    here = (
        one.day
        for one in time_entries
        if one.day >= since and one.person in ids and item.native_id in {one.item, one.parent}
    )
    team = known(needs.planned_team) or ""
    members = (
        replace(
            _member(item, person, time_entries, since),
            weekly_hours=weekly.stated_of((person.id, person.login, person.name), team),
        )
        for person in people
    )
    return Team(tuple(members), days, max(here, default=None))


def _member(item: WorkItem, person: Person, logged: Iterable[TimeEntry], since: date) -> TeamMember:
    here, elsewhere = Decimal(0), Decimal(0)
    weeks: dict[date, Decimal] = {}
    hours_by_project: dict[str, Decimal] = {}
    for one in logged:
        if one.person != person.id:
            continue
        monday = one.day - timedelta(days=one.day.weekday())
        weeks[monday] = weeks.get(monday, Decimal(0)) + one.hours
        if one.day < since:
            continue
        if item.native_id in {one.item, one.parent}:
            here += one.hours
        else:
            elsewhere += one.hours
            hours_by_project[one.project] = hours_by_project.get(one.project, Decimal(0)) + one.hours
    main = max(hours_by_project, key=lambda project: hours_by_project[project], default="")
    return TeamMember(
        person.name,
        here,
        elsewhere,
        main,
        bool(main) and main != (item.project or item.type),
        tuple(sorted(weeks.items())),
    )
