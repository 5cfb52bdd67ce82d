"""What a batch of items wants to know of others, fetched in as few calls as there are tools.

What could not be fetched is unknown with its reason, and unknown shuts a gate; the item is then looked at again
soon, so that an outage of one tool does not stay in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.errors import ConfigurationError, ToolError
from connector.sync.ports import Memory, Site
from governance.evidence import BaselineClaim, Service
from governance.facts import Unknown, known
from governance.money import Period
from mapping.apply import rule_for
from mapping.around import NOTHING, Around, Logged, Wants, legacy_of, team_of, wants
from mapping.config import MappingConfig
from mapping.expressions import Scope
from mapping.work_item import ConnectionName, NativeId, WorkItem

MONTHS_OF_COSTS = 6
"""A trailing quarter, the month after it, and two for late bookings."""
SOON = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one item."""

    wants: Wants = Wants()  # noqa: RUF009 - frozen, and so never shared state
    around: Around = NOTHING
    look_again: datetime | None = None


NONE = Found()


@dataclass(frozen=True, slots=True)
class Surroundings:
    sites: Callable[[ConnectionName], Site]
    memory: Memory

    def gather(
        self, site: Site, items: Iterable[WorkItem], config: MappingConfig, days: int, now: datetime
    ) -> Mapping[NativeId, Found]:
        """What the items of one batch want; an item that wants nothing is absent."""
        wanted: dict[NativeId, tuple[WorkItem, Wants]] = {}
        for item in items:
            scope = Scope(item, now)
            rule, _ = rule_for(scope, config)
            if rule is not None and (rule.legacy or rule.team or rule.facts.baseline_id):
                wanted[item.native_id] = (item, wants(scope, rule))
        if not wanted:
            return {}
        every = [want for _, want in wanted.values()]
        services = self._services(every, now, config.reporting_currency)
        logged = self._logged(site, every, now, days)
        claims = self._claims(every)
        return {name: _found(item, want, services, logged, claims, days, now) for name, (item, want) in wanted.items()}

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

    def _claims(self, wanted: Sequence[Wants]) -> Mapping[str, tuple[BaselineClaim, ...]]:
        names = {name for want in wanted if (name := known(want.baseline))}
        return self.memory.claims(sorted(names)) if names else {}


def _found(
    item: WorkItem,
    want: Wants,
    services: Mapping[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown],
    logged: Sequence[Logged] | Unknown,
    claims: Mapping[str, tuple[BaselineClaim, ...]],
    days: int,
    now: datetime,
) -> Found:
    fetched = services.get((want.services_from, want.ends)) if want.services_from is not None else None
    own = f"{item.connection}/{item.native_id}"
    around = Around(
        legacy=legacy_of(want, fetched),
        team=team_of(item, want, logged, days),
        claims=tuple(claim for claim in claims.get(known(want.baseline) or "", ()) if claim.measure != own),
    )
    failed = isinstance(fetched, Unknown) or isinstance(logged, Unknown)
    return Found(want, around, now + SOON if failed else None)
