"""What has to be looked up beside the item itself: services it retires, hours of its people, shared baselines.

The mapping says what is wanted (:func:`wants`), the flow fetches it, and the domain gets it as evidence.  What was
wanted and could not be fetched is unknown, and unknown shuts a gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.evidence import BaselineClaim, Member, Service, Team
from governance.facts import Fact, Unknown
from governance.measure import Person
from mapping.config import MeasureRule
from mapping.expressions import Scope
from mapping.values import names_of, people_of, text_of
from mapping.work_item import ConnectionName, NativeId, WorkItem


@dataclass(frozen=True, slots=True)
class Wants:
    """What one item's measure wants to know of others."""

    services: Fact[tuple[str, ...]] = None
    services_from: ConnectionName | None = None
    ends: str | None = None
    team: Fact[tuple[Person, ...]] = None
    baseline: Fact[str] = None


@dataclass(frozen=True, slots=True)
class Logged:
    """Hours that somebody logged on an item."""

    person: str
    item: NativeId
    parent: NativeId | None
    where: str
    """The item's project, or its table."""
    day: date
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Around:
    """What was found out."""

    legacy: Fact[tuple[Service, ...]] = None
    team: Fact[Team] = None
    claims: tuple[BaselineClaim, ...] = ()


NOTHING = Around()


def wants(scope: Scope, rule: MeasureRule) -> Wants:
    """What has to be fetched for this item; fields that cannot be read stay unknown."""
    legacy = rule.legacy
    return Wants(
        services=names_of(scope, legacy.services) if legacy else None,
        services_from=ConnectionName(legacy.connection) if legacy else None,
        ends=legacy.ends if legacy else None,
        team=people_of(scope, rule.team) if rule.team else None,
        baseline=text_of(scope, rule.facts.baseline_id) if rule.facts.baseline_id else None,
    )


def legacy_of(wanted: Wants, found: Mapping[str, Service] | Unknown | None) -> Fact[tuple[Service, ...]]:
    """The item's services; a name that the other tool does not know makes all of it unknown."""
    names = wanted.services
    if names is None or isinstance(names, Unknown):
        return names
    if found is None or isinstance(found, Unknown):
        return found or Unknown(f"the services of {wanted.services_from} were not read")
    services = {name.casefold(): service for name, service in found.items()}
    missing = [name for name in names if name.casefold() not in services]
    if missing:
        return Unknown(
            f'{wanted.services_from} shows no service called "{missing[0]}": correct the name, or let Gatepost see it'
        )
    return tuple(services[name.casefold()] for name in names)


def team_of(item: WorkItem, wanted: Wants, logged: Sequence[Logged] | Unknown | None, days: int) -> Fact[Team]:
    """The hours of the item's people, on the item and its children, and elsewhere."""
    people = wanted.team
    if people is None or isinstance(people, Unknown):
        return people
    if logged is None or isinstance(logged, Unknown):
        return logged or Unknown("the logged hours were not read")
    return Team(tuple(_member(item, person, logged) for person in people), days)


def _member(item: WorkItem, person: Person, logged: Iterable[Logged]) -> Member:
    here, elsewhere = Decimal(0), Decimal(0)
    places: dict[str, Decimal] = {}
    for one in logged:
        if one.person != person.id:
            continue
        if item.native_id in {one.item, one.parent}:
            here += one.hours
        else:
            elsewhere += one.hours
            places[one.where] = places.get(one.where, Decimal(0)) + one.hours
    return Member(person.name, here, elsewhere, max(places, key=lambda place: places[place], default=""))
