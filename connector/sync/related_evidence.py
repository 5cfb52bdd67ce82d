"""What a batch of items needs from other records, fetched in as few calls as there are tools.

What could not be fetched is unknown with its reason, and unknown shuts a gate; the item is then assessed again
soon, so that an outage of one tool does not last in the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import structlog

from connector.errors import ConfigurationError, ToolError
from connector.sync.ports import ToolSite
from connector.sync.stores import LOGGED_HOURS, StateStore
from connector.sync.ticket_timelines import read_timelines
from governance.effects import EffectLine
from governance.evidence import BaselineClaim, Service
from governance.facts import Fact, Unknown, known
from governance.handoffs import TicketTimeline
from governance.measure import MeasureId
from governance.money import Period
from governance.overload import window_days
from governance.service_notes import ServiceNote
from governance.weekly_hours import WeeklyHours, hours_name
from mapping.config import JoinRule, MappingConfig, MeasureRule
from mapping.expressions import ExpressionScope
from mapping.fields import joined_fields
from mapping.ledger_effects import reads_ledger
from mapping.map_item import measure_id
from mapping.match import rule_for
from mapping.policy import weekly_hours
from mapping.related_evidence import (
    NO_RELATED_EVIDENCE,
    NOTHING_STATED,
    EvidenceNeeds,
    RelatedEvidence,
    TimeEntry,
    evidence_needs,
    joined_items_of,
    services_of,
    team_of,
)
from mapping.values import text_of
from mapping.work_item import ConnectionName, NativeId, WorkItem

MONTHS_OF_COSTS = 36
"""Three years: what is still paid after a measure's end counts as long as anybody looks at the measure, and a window
that left a month behind would change the actuals on which it was closed."""
RETRY_AFTER = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """What was found for one item."""

    related: RelatedEvidence = NO_RELATED_EVIDENCE
    reassess_at: datetime | None = None
    dependencies: tuple[tuple[ConnectionName, str], ...] | None = None


NO_ITEM_EVIDENCE = ItemEvidence()

JoinReads: TypeAlias = "dict[str, Mapping[str, tuple[WorkItem, ...]] | Unknown]"
"""What was read for each join of a rule, by the key that was looked for."""
AccountsElsewhere: TypeAlias = "Mapping[ConnectionName, Mapping[str, str]]"
"""By other connection, the accounts there of people who are known here: to their account here."""


@dataclass(frozen=True, slots=True)
class FetchedEvidence:
    """What was fetched for a batch."""

    services: Mapping[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown]
    time_entries: Sequence[TimeEntry] | Unknown
    claims: Mapping[str, tuple[BaselineClaim, ...]]
    joined: JoinReads
    ledger: Mapping[MeasureId, tuple[EffectLine, ...]]
    """Of each measure that reads it, also of one without an entry."""
    accounts: AccountsElsewhere
    """The team's accounts on the other connections on which it logs hours."""
    timelines: Fact[tuple[TicketTimeline, ...]] = None
    """Of the tickets of one item."""
    service_notes: tuple[ServiceNote, ...] = ()
    kpi_values: Mapping[str, tuple[Period, Decimal]] = field(default_factory=dict)
    weekly_hours: WeeklyHours = NOTHING_STATED


@dataclass(frozen=True, slots=True)
class RelatedEvidenceReader:
    sites: Callable[[ConnectionName], ToolSite]
    state_store: StateStore

    def read(
        self,
        site: ToolSite,
        items: Iterable[WorkItem],
        config: MappingConfig,
        days: int,
        now: datetime,
        weeks: int = 0,
    ) -> Mapping[NativeId, ItemEvidence]:
        """What the items of one batch need; an item that needs nothing is absent.

        Of hours the last ``days`` are read, and ``weeks`` whole weeks.
        """
        needs_by_item: dict[NativeId, tuple[WorkItem, EvidenceNeeds, MeasureRule]] = {}
        for item in items:
            scope = ExpressionScope(item, now)
            rule, _ = rule_for(scope, config)
            if rule is not None and (
                rule.legacy
                or rule.watched
                or rule.team
                or rule.facts.baseline_id
                or rule.joins
                or rule.handoffs
                or rule.kpis
                or rule.facts.services
                or reads_ledger(rule)
            ):
                needs_by_item[item.native_id] = (item, evidence_needs(scope, rule), rule)
        if not needs_by_item:
            return {}
        all_needs = [needs for _, needs, _ in needs_by_item.values()]
        services = self._services(all_needs, now, config.reporting_currency)
        needs_and_rules = [(needs, rule) for _, needs, rule in needs_by_item.values()]
        accounts = self._accounts(site.name, needs_and_rules)
        time_entries = self._time_entries(
            site, needs_and_rules, accounts, now, max(days, window_days(weeks) if weeks else 0)
        )
        claims = self._claims(all_needs)
        joined = self._joined(needs_and_rules)
        services_named = {
            name: names_in(text_of(ExpressionScope(item, now), rule.facts.services))
            for name, (item, _, rule) in needs_by_item.items()
            if rule.facts.services
        }
        notes = self.state_store.service_notes(sorted({one for names in services_named.values() for one in names}))
        measured = [measure_id(item) for item, _, rule in needs_by_item.values() if rule.kpis]
        kpis = self.state_store.kpi_values(measured, Period.of(now.date())) if measured else {}
        timelines = read_timelines(self.sites, site, needs_by_item, joined)
        hours = self._weekly_hours(all_needs, config, now)
        ledger = self._ledger([item for item, _, rule in needs_by_item.values() if reads_ledger(rule)], config)
        return {
            name: _item_evidence(
                item,
                needs,
                FetchedEvidence(
                    services,
                    time_entries,
                    claims,
                    joined.get(rule.name, {}),
                    ledger,
                    accounts,
                    timelines.get(name),
                    tuple(note for one in services_named.get(name, ()) for note in notes.get(one, ())),
                    kpis.get(measure_id(item), {}),
                    hours,
                ),
                days,
                now,
            )
            for name, (item, needs, rule) in needs_by_item.items()
        }

    def _services(
        self, all_needs: Sequence[EvidenceNeeds], now: datetime, currency: str
    ) -> dict[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown]:
        names: dict[tuple[ConnectionName, str | None], set[str]] = {}
        for needs in all_needs:
            if needs.services_from is not None:
                names.setdefault((needs.services_from, needs.end_column), set()).update(known(needs.services) or ())
            if needs.watched_from is not None:
                names.setdefault((needs.watched_from, None), set()).update(known(needs.watched) or ())
        since = Period.of(now.date()).plus(-MONTHS_OF_COSTS).first_day
        found: dict[tuple[ConnectionName, str | None], Mapping[str, Service] | Unknown] = {}
        for (connection, end_column), some in names.items():
            try:
                directory = self.sites(connection).service_directory
                if directory is None:
                    found[connection, end_column] = Unknown(
                        f"{connection} knows no services: name a ServiceNow connection"
                    )
                elif some:
                    found[connection, end_column] = directory.services(
                        sorted(some), end_column=end_column, since=since, currency=currency
                    )
            except (ToolError, ConfigurationError) as error:
                _log.warning("services not readable", connection=connection, why=str(error))
                found[connection, end_column] = Unknown(f"the services of {connection} could not be read: {error}")
        return found

    def _time_entries(
        self,
        site: ToolSite,
        needs_and_rules: Sequence[tuple[EvidenceNeeds, MeasureRule]],
        accounts: AccountsElsewhere,
        now: datetime,
        days: int,
    ) -> Sequence[TimeEntry] | Unknown:
        people = _team_accounts(needs_and_rules)
        if not people:
            return ()
        if site.timesheet is None:
            return Unknown(f"{site.name} has no logged hours that Gatepost could read")
        since = (now - timedelta(days=days)).date()
        try:
            own = site.timesheet.time_entries(sorted(people), since)
            return (*own, *self._elsewhere(accounts, since)) if accounts else own
        except (ToolError, ConfigurationError) as error:
            _log.warning("time entries not read", connection=site.name, why=str(error))
            return Unknown(f"the logged hours could not be read: {error}")

    def _weekly_hours(self, all_needs: Iterable[EvidenceNeeds], config: MappingConfig, now: datetime) -> WeeklyHours:
        """What policy, files and programs state of the people of these teams."""
        policy = weekly_hours(config)
        people = {
            hours_name(name)
            for needs in all_needs
            for person in known(needs.team) or ()
            for name in (person.id, person.login, person.name)
            if name.strip()
        }
        if not people:
            return policy
        stated = self.state_store.stated_hours(people, Period.of(now.date()), teams=bool(policy.teams))
        return policy.with_stated(stated.people, stated.teams, stated.teams_of)

    def _accounts(
        self, connection: ConnectionName, needs_and_rules: Sequence[tuple[EvidenceNeeds, MeasureRule]]
    ) -> AccountsElsewhere:
        others = {ConnectionName(name) for _, rule in needs_and_rules for name in rule.hours_from}
        people = _team_accounts(needs_and_rules)
        return self.state_store.other_accounts(connection, people, others) if others and people else {}

    def _elsewhere(self, accounts_elsewhere: AccountsElsewhere, since: date) -> Iterator[TimeEntry]:
        """Hours of the same people on other connections, by the accounts that are linked to them.

        None of them is on an item of this connection, whatever its id; their project is named with their connection.
        """
        for other, accounts in accounts_elsewhere.items():
            timesheet = self.sites(other).timesheet
            if timesheet is None:
                raise ConfigurationError(f"{other} has no logged hours that Gatepost could read")
            for one in timesheet.time_entries(sorted(accounts), since):
                item = NativeId(f"{other}/{one.item}")
                project = f"{other} {one.project}"
                yield TimeEntry(accounts[one.person], item, None, project, one.day, one.hours)

    def _joined(self, needs_and_rules: Sequence[tuple[EvidenceNeeds, MeasureRule]]) -> dict[str, JoinReads]:
        """For each rule what was read for its joins: one read per join for all items of the batch."""
        keys: dict[tuple[str, str], tuple[JoinRule, MeasureRule, set[str]]] = {}
        for needs, rule in needs_and_rules:
            for join, names in needs.joins:
                keys.setdefault((rule.name, join.name), (join, rule, set()))[2].update(known(names) or ())
        found: dict[str, JoinReads] = {}
        for (rule_name, join_name), (join, rule, some) in keys.items():
            found.setdefault(rule_name, {})[join_name] = self._read(join, rule, sorted(some))
        return found

    def _read(
        self, join: JoinRule, rule: MeasureRule, keys: Sequence[str]
    ) -> Mapping[str, tuple[WorkItem, ...]] | Unknown:
        if not keys:
            return {}
        try:
            joiner = self.sites(ConnectionName(join.connection)).join_reader
            if joiner is None:
                return Unknown(f"{join.connection} cannot be joined")
            return joiner.read_joined(join.table, join.their_field, keys, joined_fields(rule, join.name))
        except (ToolError, ConfigurationError) as error:
            _log.warning("joined items not readable", connection=join.connection, why=str(error))
            return Unknown(f"the items of {join.connection} could not be read: {error}")

    def _ledger(self, items: Sequence[WorkItem], config: MappingConfig) -> Mapping[MeasureId, tuple[EffectLine, ...]]:
        measures = [measure_id(item) for item in items]
        if not measures:
            return {}
        found = self.state_store.ledger_lines(measures, config.legal_entities)
        return {measure: found.get(measure, ()) for measure in measures}

    def _claims(self, all_needs: Sequence[EvidenceNeeds]) -> Mapping[str, tuple[BaselineClaim, ...]]:
        names = {name for needs in all_needs if (name := known(needs.baseline))}
        return self.state_store.baseline_claims(sorted(names)) if names else {}


def names_in(stated: Fact[str]) -> tuple[str, ...]:
    """Names that people put into one field, in lower case: parted by commas, semicolons or lines."""
    parts = re.split(r"[,;\n]", known(stated) or "")
    return tuple(dict.fromkeys(name for part in parts if (name := part.strip().lower())))


def _team_accounts(needs_and_rules: Iterable[tuple[EvidenceNeeds, MeasureRule]]) -> set[str]:
    return {person.id for needs, _ in needs_and_rules for person in known(needs.team) or ()}


def _item_evidence(
    item: WorkItem,
    needs: EvidenceNeeds,
    fetched: FetchedEvidence,
    days: int,
    now: datetime,
) -> ItemEvidence:
    services = (
        fetched.services.get((needs.services_from, needs.end_column)) if needs.services_from is not None else None
    )
    watched = fetched.services.get((needs.watched_from, None)) if needs.watched_from is not None else None
    joined = joined_items_of(needs, fetched.joined)
    own = measure_id(item)
    related = RelatedEvidence(
        legacy=services_of(needs.services, needs.services_from, services),
        watched=services_of(needs.watched, needs.watched_from, watched),
        team=team_of(
            item, needs, fetched.time_entries, days, (now - timedelta(days=days)).date(), fetched.weekly_hours
        ),
        claims=tuple(claim for claim in fetched.claims.get(known(needs.baseline) or "", ()) if claim.measure != own),
        joined_items=joined,
        ledger=fetched.ledger.get(own),
        timelines=fetched.timelines,
        service_notes=tuple(dict.fromkeys(fetched.service_notes)),
        kpi_values=fetched.kpi_values,
    )
    failed = any(
        isinstance(part, Unknown)
        for part in (services, watched, fetched.time_entries, fetched.timelines, *fetched.joined.values())
    )
    return ItemEvidence(
        related, now + RETRY_AFTER if failed else None, _dependencies(item, needs, joined, fetched.accounts)
    )


def _dependencies(
    item: WorkItem,
    needs: EvidenceNeeds,
    joined: Mapping[str, tuple[WorkItem, ...] | Unknown],
    accounts: AccountsElsewhere,
) -> tuple[tuple[ConnectionName, str], ...]:
    """What marks this item dirty when it changes elsewhere: services by name, joined items by id and by key."""
    found: dict[tuple[ConnectionName, str], None] = {}
    if needs.services_from is not None:
        found |= dict.fromkeys((needs.services_from, name.casefold()) for name in known(needs.services) or ())
    if needs.watched_from is not None:
        found |= dict.fromkeys((needs.watched_from, name.casefold()) for name in known(needs.watched) or ())
    # Hours that are logged elsewhere leave no trace on this item.
    team = {person.id for person in known(needs.team) or ()}
    found |= dict.fromkeys((item.connection, f"{LOGGED_HOURS}{person}") for person in team)
    for connection, holders in accounts.items():
        own = (account for account, here in holders.items() if here in team)
        found |= dict.fromkeys((connection, f"{LOGGED_HOURS}{account}") for account in own)
    # A tool that says that hours were deleted may not say whose they were.
    found |= dict.fromkeys((name, LOGGED_HOURS) for name in (item.connection, *accounts) if team)
    for join, keys in needs.joins:
        connection = ConnectionName(join.connection)
        names = known(keys) or () if not join.their_field else (item.key,)
        found |= dict.fromkeys((connection, f"key:{name.casefold()}") for name in names)
        others = joined.get(join.name, ())
        if not isinstance(others, Unknown):
            found |= dict.fromkeys((connection, other.native_id) for other in others)
    return tuple(found)
