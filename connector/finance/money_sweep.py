"""Money of the tools into the ledger: plans, expense lines and hours, read again and again; what changed is posted.

A sweep states everything that it read under the keys of its records.  So a record that is edited becomes a correction,
one that is deleted is taken back, and a second run changes nothing.  What could not be read takes nothing back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, text

from connector.bootstrap import Services
from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.finance.hours import measures_of_items, state_hours
from connector.finance.import_plan import ImportPlan, Stream
from connector.finance.import_text import import_lines
from connector.finance.post_statements import post_statements
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.ledger import money_sources
from connector.store.ledger.confirmed_figures import confirmed_figures
from connector.store.ledger.imports import read_profile
from connector.store.ledger.money_sources import MoneySource
from connector.store.reporting.capacity import store_logged_hours
from connector.sync.ports import ToolSite
from governance.money import Period
from governance.number_words import number_of
from mapping.config import MappingConfig
from mapping.imports.profile import ProfileProblem
from mapping.imports.rate_card import RateCard, cost_of_hours, load_rate_card
from mapping.imports.record_amounts import RecordAmount, statements_of
from mapping.ledger_sources import LedgerSourceRule, WrittenPlan
from mapping.work_item import ConnectionName, NativeId

GATEPOST = "gatepost"
"""Who enters what a sweep finds."""
RECENT_MONTHS = 2
"""Months before the present one that an hourly run reads hours of; the nightly one reads all of them."""
RATE_CARD = "rate card "
"""What the stored name of a rate card begins with, so that none is taken for a profile."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What one run of all sources of a connection goes by."""

    engine: Engine
    services: Services
    site: ToolSite
    config: MappingConfig
    at: datetime
    by: str = GATEPOST
    run_by: str = ""
    post: bool = True
    whole: bool = True
    """Hours since the rule's first month, not of the last months only."""


@dataclass(frozen=True, slots=True)
class SweptSource:
    """What became of one source; ``plan`` is ``None`` when it could not be read."""

    stream: str
    plan: ImportPlan | None = None
    number: int = 0
    """Of the import; 0 when nothing changed."""
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.error) or (self.plan is not None and bool(self.plan.problems))

    @property
    def sentences(self) -> list[str]:
        if self.plan is None:
            return [*([self.error] if self.error else []), *self.notes]
        problems = [str(one) for one in list(self.plan.problems)[:20]]
        return [*import_lines(self.plan), *problems, *self.notes]


def ledger_sources_of(config: MappingConfig, connection: ConnectionName) -> list[LedgerSourceRule]:
    return [rule for rule in config.ledger if rule.connection == connection]


def sweep_due_money(services: Services, site: ToolSite, config: MappingConfig, at: datetime, *, whole: bool) -> None:
    """What a worker does after a sweep: once an hour, and all of it at night.

    Raises RetryLater and AuthenticationFailed.
    """
    rules = ledger_sources_of(config, site.name)
    _forget_others(services.engine, site.name, rules)
    if not rules or not (whole or money_sources.is_due(services.engine, site.name, at)):
        return
    for rule in rules:
        for one in sweep_money(Sweeping(services.engine, services, site, config, at, whole=whole), rule):
            _log.info("money swept", source=one.stream, number=one.number, told=one.sentences[:1])


def sweep_money(run: Sweeping, rule: LedgerSourceRule) -> list[SweptSource]:
    """Each source of the rule; what became of it is kept for pages.  Raises RetryLater and AuthenticationFailed."""
    found = list(_sources(run, rule))
    if run.post:
        with run.engine.begin() as transaction:
            for one in found:
                money_sources.store(
                    transaction,
                    MoneySource(
                        one.stream, run.site.name, run.at, one.number or None, tuple(one.sentences), one.failed
                    ),
                )
    return found


def _forget_others(engine: Engine, name: ConnectionName, rules: Sequence[LedgerSourceRule]) -> None:
    with engine.begin() as transaction:
        money_sources.forget_others(transaction, name, [stream for rule in rules for stream in streams_of(rule, name)])


def streams_of(rule: LedgerSourceRule, name: ConnectionName) -> Iterator[str]:
    """Names of the sources of a rule."""
    if rule.cost_plans or rule.benefit_plans:
        yield f"plans {name}"
    if rule.expense_lines is not None:
        yield f"expense lines {name}"
    for plan in rule.write:
        yield _confirmed_stream(plan, name)
    if rule.hours is not None:
        yield f"{rule.hours} {name}"


def _confirmed_stream(plan: WrittenPlan, name: ConnectionName) -> str:
    return f"confirmed figures into {plan.value.replace('_', ' ')} {name}"


def _sources(run: Sweeping, rule: LedgerSourceRule) -> Iterator[SweptSource]:
    with reading(run.engine) as connection:
        measures = _measures(connection, run.site.name)
    name = run.site.name
    if rule.cost_plans or rule.benefit_plans:
        yield _guarded(run, f"plans {name}", lambda stream: _plans(run, rule, stream, measures))
    if rule.expense_lines is not None:
        yield _guarded(run, f"expense lines {name}", lambda stream: _expenses(run, rule, stream, measures))
    for plan in rule.write:
        yield _guarded(
            run,
            _confirmed_stream(plan, name),
            lambda stream, plan=plan: _confirmed(run, plan, stream),  # type: ignore[misc]  # bound now
        )
    if rule.hours is not None:
        yield _guarded(run, f"{rule.hours} {name}", lambda stream: _hours(run, rule, stream))


def _guarded(run: Sweeping, stream: str, sweep: Callable[[str], SweptSource]) -> SweptSource:
    try:
        return sweep(stream)
    except RetryLater:
        raise
    except AuthenticationFailed as error:
        # The connection is paused for it; the close has to know as well.
        if run.post:
            with run.engine.begin() as transaction:
                money_sources.store_unread(transaction, stream, run.site.name, run.at, str(error))
        raise
    except (ToolError, ProfileProblem) as error:
        _log.warning("money not swept", source=stream, why=str(error))
        return SweptSource(stream, error=str(error))


def _plans(run: Sweeping, rule: LedgerSourceRule, stream: str, measures: dict[NativeId, str]) -> SweptSource:
    if run.site.money_records is None:
        return SweptSource(stream, error=f"{run.site.name} keeps no plans that Gatepost can read.")
    read = run.site.money_records.plan_amounts(sorted(measures), rule, run.config.reporting_currency)
    amounts = [one for of_item in read.amounts.values() for one in of_item]
    notes = tuple(f"{item}: {why}" for item, why in sorted(read.unknown.items())[:20])
    return _posted(run, rule, stream, amounts, measures, {measures[item] for item in read.unknown}, notes)


def _expenses(run: Sweeping, rule: LedgerSourceRule, stream: str, measures: dict[NativeId, str]) -> SweptSource:
    if run.site.money_records is None or rule.expense_lines is None:
        return SweptSource(stream, error=f"{run.site.name} keeps no expense lines that Gatepost can read.")
    since = Period.parse(rule.since).first_day
    currency = run.config.reporting_currency
    amounts = run.site.money_records.expense_amounts(sorted(measures), rule.expense_lines, since, currency)
    return _posted(run, rule, stream, amounts, measures, set(), ())


def _posted(
    run: Sweeping,
    rule: LedgerSourceRule,
    stream: str,
    amounts: Sequence[RecordAmount],
    measures: dict[NativeId, str],
    keep: Collection[str],
    notes: tuple[str, ...],
) -> SweptSource:
    name = run.site.name
    by_item = {str(item): measure for item, measure in measures.items()}
    statements = list(statements_of(amounts, stream, name, by_item))
    plan, number = post_statements(
        run.engine,
        run.services.waker,
        Stream(stream, stream, "", run.at.date(), f"The record in {name} has changed", complete=True),
        statements,
        since=Period.parse(rule.since),
        keep=keep,
        by=run.by,
        run_by=run.run_by,
        at=run.at,
        post=run.post,
    )
    return SweptSource(stream, plan, number, notes=notes)


def _confirmed(run: Sweeping, plan: WrittenPlan, stream: str) -> SweptSource:
    """What the controller has confirmed, into plans of the tool; nothing of it is ever read back."""
    if run.site.money_records is None:
        return SweptSource(stream, error=f"{run.site.name} keeps no plans that Gatepost can write.")
    with reading(run.engine) as connection:
        figures = list(confirmed_figures(connection, run.site.name, plan))
    written = run.site.money_records.write_confirmed(plan, figures, post=run.post)
    if written and run.post:
        plans = number_of(len(written), f"plan of {run.site.name} holds", f"plans of {run.site.name} hold")
        text_of_all = f"{plans} what is confirmed: {' '.join(written[:20])}"
        entry = {"actor": run.by, "action": "money.written", "subject": "ledger", "detail": {"text": text_of_all}}
        with run.engine.begin() as transaction:
            audit.record(transaction, [entry])
    return SweptSource(stream, notes=tuple(written[:20]) or ("Every plan holds what is confirmed.",))


def _hours(run: Sweeping, rule: LedgerSourceRule, stream: str) -> SweptSource:
    name = run.site.name
    if run.site.timesheet is None:
        return SweptSource(stream, error=f"{name} keeps no hours that Gatepost can read.")
    with reading(run.engine) as connection:
        card = stored_card(connection, rule.hours or "")
    first = Period.parse(rule.since)
    if not run.whole:
        first = max(first, Period.of(run.at.date()).plus(-RECENT_MONTHS))
    entries = run.site.timesheet.time_entries(sorted(card.people), first.first_day)
    items = {str(entry.item) for entry in entries} | {str(entry.parent) for entry in entries if entry.parent}
    with reading(run.engine) as connection:
        measures = measures_of_items(connection, name, items)
    if run.post:
        with run.engine.begin() as transaction:
            store_logged_hours(transaction, name, entries, card, first, run.by, run.at)
    plan, number = state_hours(
        run.engine, run.services.waker, cost_of_hours(entries, card, name, measures), card=card.name,
        connection_name=name, first=first, by=run.by, run_by=run.run_by, at=run.at, post=run.post,
    )  # fmt: skip
    return SweptSource(stream, plan, number)


def stored_card(connection: Connection, name: str) -> RateCard:
    """The newest card of this name.  Raises ProfileProblem."""
    stored = read_profile(connection, f"{RATE_CARD}{name}")
    if stored is None:
        raise ProfileProblem(f'There is no rate card "{name}": store one under this name')
    return load_rate_card(stored.source)


def _measures(connection: Connection, name: ConnectionName) -> dict[NativeId, str]:
    """Ids of the measures of a connection by item, also of those that have left the mapping: their money stays."""
    rows = connection.execute(_MEASURES, {"connection": name})
    return {NativeId(row.native_id): row.id for row in rows}


_MEASURES = text("SELECT id, native_id FROM measure WHERE connection = :connection")
