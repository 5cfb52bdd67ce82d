"""What a batch of items wants to know of others, fetched in as few calls as there are tools.

What could not be fetched is unknown with its reason, and unknown shuts a gate; the item is then looked at again
soon, so that an outage of one tool does not stay in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from connector.errors import ConfigurationError, ToolError
from connector.sync.ports import Site
from connector.sync.stores import Memory
from governance.evidence import BaselineClaim, Service
from governance.facts import Unknown, known
from governance.money import Period
from mapping.config import JoinRule, MappingConfig, MeasureRule
from mapping.expressions import Scope
from mapping.fields import joined_fields
from mapping.map_item import rule_for
from mapping.related_evidence import NOTHING, Around, Logged, Wants, joined_of, legacy_of, team_of, wants
from mapping.work_item import ConnectionName, NativeId, WorkItem

MONTHS_OF_COSTS = 6
"""A trailing quarter, the month after it, and two for late bookings."""
SOON = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one item."""

    around: Around = NOTHING
    look_again: datetime | None = None
    rests_on: tuple[tuple[ConnectionName, str], ...] | None = None


NONE = Found()

Reads: TypeAlias = "dict[str, Mapping[str, tuple[WorkItem, ...]] | Unknown]"
"""What was read for each join of a rule, by the key that was looked for."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched for a batch."""

    services: Mapping[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown]
    logged: Sequence[Logged] | Unknown
    claims: Mapping[str, tuple[BaselineClaim, ...]]
    joined: Reads


@dataclass(frozen=True, slots=True)
class Surroundings:
    sites: Callable[[ConnectionName], Site]
    memory: Memory

    def gather(
        self, site: Site, items: Iterable[WorkItem], config: MappingConfig, days: int, now: datetime
    ) -> Mapping[NativeId, Found]:
        """What the items of one batch want; an item that wants nothing is absent."""
        wanted: dict[NativeId, tuple[WorkItem, Wants, MeasureRule]] = {}
        for item in items:
            scope = Scope(item, now)
            rule, _ = rule_for(scope, config)
            if rule is not None and (rule.legacy or rule.team or rule.facts.baseline_id or rule.joins):
                wanted[item.native_id] = (item, wants(scope, rule), rule)
        if not wanted:
            return {}
        every = [want for _, want, _ in wanted.values()]
        services = self._services(every, now, config.reporting_currency)
        logged = self._logged(site, every, now, days)
        claims = self._claims(every)
        joined = self._joined([(want, rule) for _, want, rule in wanted.values()])
        return {
            name: _found(item, want, Fetched(services, logged, claims, joined.get(rule.name, {})), days, now)
            for name, (item, want, rule) in wanted.items()
        }

    def _services(
        self, wanted: Sequence[Wants], now: datetime, currency: str
    ) -> dict[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown]:
        names: dict[tuple[ConnectionName, str | None], set[str]] = {}
        for want in wanted:
            if want.services_from is not None:
                names.setdefault((want.services_from, want.ends), set()).update(known(want.services) or ())
        since = Period.of(now.date()).plus(-MONTHS_OF_COSTS).first_day
        found: dict[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown] = {}
        for (connection, ends), some in names.items():
            try:
                directory = self.sites(connection).directory
                if directory is None:
                    found[connection, ends] = Unknown(f"{connection} knows no services: name a ServiceNow connection")
                elif some:
                    found[connection, ends] = directory.services(
                        sorted(some), ends=ends, since=since, currency=currency
                    )
            except (ToolError, ConfigurationError) as error:
                _log.warning("services not read", connection=connection, why=str(error))
                found[connection, ends] = Unknown(f"the services of {connection} could not be read: {error}")
        return found

    def _logged(self, site: Site, wanted: Sequence[Wants], now: datetime, days: int) -> Sequence[Logged] | Unknown:
        people = {person.id for want in wanted for person in known(want.team) or ()}
        if not people:
            return ()
        if site.timesheet is None:
            return Unknown(f"{site.name} has no logged hours that Gatepost could read")
        try:
            return site.timesheet.logged(sorted(people), (now - timedelta(days=days)).date())
        except ToolError as error:
            _log.warning("hours not read", connection=site.name, why=str(error))
            return Unknown(f"the logged hours could not be read: {error}")

    def _joined(self, wanted: Sequence[tuple[Wants, MeasureRule]]) -> dict[str, Reads]:
        """For each rule what was read for its joins: one look per join for all items of the batch."""
        keys: dict[tuple[str, str], tuple[JoinRule, MeasureRule, set[str]]] = {}
        for want, rule in wanted:
            for join, names in want.joins:
                keys.setdefault((rule.name, join.name), (join, rule, set()))[2].update(known(names) or ())
        found: dict[str, Reads] = {}
        for (rule_name, join_name), (join, rule, some) in keys.items():
            found.setdefault(rule_name, {})[join_name] = self._read(join, rule, sorted(some))
        return found

    def _read(
        self, join: JoinRule, rule: MeasureRule, keys: Sequence[str]
    ) -> Mapping[str, tuple[WorkItem, ...]] | Unknown:
        if not keys:
            return {}
        try:
            joiner = self.sites(ConnectionName(join.connection)).joiner
            if joiner is None:
                return Unknown(f"{join.connection} cannot be joined")
            return joiner.joined(join.table, join.theirs, keys, joined_fields(rule, join.name))
        except (ToolError, ConfigurationError) as error:
            _log.warning("joined items not read", connection=join.connection, why=str(error))
            return Unknown(f"the items of {join.connection} could not be read: {error}")

    def _claims(self, wanted: Sequence[Wants]) -> Mapping[str, tuple[BaselineClaim, ...]]:
        names = {name for want in wanted if (name := known(want.baseline))}
        return self.memory.claims(sorted(names)) if names else {}


def _found(
    item: WorkItem,
    want: Wants,
    fetched: Fetched,
    days: int,
    now: datetime,
) -> Found:
    services = fetched.services.get((want.services_from, want.ends)) if want.services_from is not None else None
    joined = joined_of(want, fetched.joined)
    own = f"{item.connection}/{item.native_id}"
    around = Around(
        legacy=legacy_of(want, services),
        team=team_of(item, want, fetched.logged, days),
        claims=tuple(claim for claim in fetched.claims.get(known(want.baseline) or "", ()) if claim.measure != own),
        joined=joined,
    )
    failed = any(isinstance(part, Unknown) for part in (services, fetched.logged, *fetched.joined.values()))
    return Found(around, now + SOON if failed else None, _rests_on(item, want, joined))


def _rests_on(
    item: WorkItem, want: Wants, joined: Mapping[str, tuple[WorkItem, ...] | Unknown]
) -> tuple[tuple[ConnectionName, str], ...]:
    """What rings this item when it changes elsewhere: services by name, joined items by id and by key."""
    found: dict[tuple[ConnectionName, str], None] = {}
    if want.services_from is not None:
        found |= dict.fromkeys((want.services_from, name.casefold()) for name in known(want.services) or ())
    for join, keys in want.joins:
        connection = ConnectionName(join.connection)
        names = known(keys) or () if not join.theirs else (item.key,)
        found |= dict.fromkeys((connection, f"key:{name.casefold()}") for name in names)
        others = joined.get(join.name, ())
        if not isinstance(others, Unknown):
            found |= dict.fromkeys((connection, other.native_id) for other in others)
    return tuple(found)
