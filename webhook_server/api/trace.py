"""A number down to its sources, a ticket up to its money, and the demands that were refused."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal

from pydantic import Field
from sqlalchemy import Connection

from connector.bootstrap import system_clock
from connector.measures.committed_stages import committed_stages
from connector.measures.usable_rates import usable_rates
from connector.people.permissions import TokenScope
from connector.store.reporting.portfolio_filters import HIERARCHY_LEVELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.refused_demands import refused_demands
from connector.store.reporting.trace import DEFAULT_FIGURE, entries_of, trace_down, trace_up
from governance.ledger_source import source_to_mapping
from governance.outcomes import REFUSED_TARGET
from governance.roll_up import AMOUNTS
from webhook_server.api.known_filters import raise_unknown, require_known_place, unknown
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import FieldError, Problem, ProblemCode
from webhook_server.api.values import Amount, Model, ShortText

CENT = Decimal("0.01")


class TraceQuery(Model):
    figure: ShortText = Field(default=DEFAULT_FIGURE, description="Name of an amount of the portfolio.")
    portfolio: ShortText | None = Field(default=None, description="Name of the portfolio.")
    program: ShortText | None = Field(default=None, description="Name of the program in it.")
    project: ShortText | None = Field(default=None, description="Name of the project in it.")
    package: ShortText | None = Field(default=None, description="Name of the package in it.")
    measure: ShortText | None = Field(default=None, description="Id of a measure: its lines of the ledger as well.")


class TracePartModel(Model):
    name: str = Field(description="Of the place, or key of the measure.", examples=["Cloud exit"])
    measure: str | None = Field(description="Id of the measure; null for a place.")
    measures: int = Field(description="How many measures.")
    amount: Amount | None


class TraceEntryModel(Model):
    number: int
    month: str
    version: str
    kind: str
    amount: Amount | None
    source: dict[str, str] = Field(
        description="File and cell, record, worklog, line of a bill, field of a tool, or person.",
        examples=[{"kind": "file", "file": "October.csv", "cell": "D14", "sheet": ""}],
    )


class TraceModel(Model):
    figure: str = Field(description="Name of the amount.", examples=["ebitda_plan"])
    total: Amount | None = Field(description="Of the part that is asked for; null where there is none.")
    level: str = Field(description="What the parts are.", examples=["program"])
    parts: list[TracePartModel]
    is_whole: bool = Field(description="Whether the parts are all there are and come to the total.")
    entries: list[TraceEntryModel] = Field(description="Lines of the ledger of the measure, newest first.")


class TicketMeasure(Model):
    measure: str
    key: str
    title: str
    owner: str
    why: str = Field(
        description="`is the measure`, `waits for it`, `is joined to it`, `money comes from it`.",
        examples=["waits for it"],
    )
    waiting_since: datetime | None = Field(description="Since when the measure waits for the ticket.")
    ebitda_plan: Amount | None = Field(description="Planned EBITDA effect; null is not known.")
    in_year_estimate: Amount | None = Field(description="Estimate of the fiscal year; null is not known.")


class TicketTrace(Model):
    ticket: str = Field(description="Key or number.", examples=["INC0010001"])
    measures: list[TicketMeasure] = Field(description="Those that the caller may see, the most money first.")


class RefusedModel(Model):
    measure: str
    key: str
    title: str
    owner: str
    business_unit: str
    reason: str
    by: str
    at: datetime | None
    kept: Amount | None = Field(description="Planned one-off cost and investment that are not spent.")


class AgainstRulesModel(Model):
    measure: str
    key: str
    title: str
    owner: str
    code: str


class RefusedTotals(Model):
    refused: int = Field(description="Measures that were cancelled before their decision.")
    approved: int = Field(description="Measures that were decided.")
    share: str | None = Field(
        description="Refused over all that were answered; null before the first.", examples=["0.3"]
    )
    target: str = Field(description="The share that is aimed at.", examples=["0.3"])
    reaches_target: bool | None = Field(description="Null before the first answer.")
    kept: Amount | None = Field(description="Σ of what the refused would have cost.")
    items: list[RefusedModel] = Field(description="The newest first, at most 200.")
    against_rules: list[AgainstRulesModel] = Field(description="What goes on against its own rules, with the code.")
    missing_rates: list[str] = Field(description="Rates without which amounts are left out.")


def trace_figure(call: ApiCall) -> TraceModel:
    query = call.query_as(TraceQuery)
    raise_unknown(unknown("figure", [query.figure], lambda: AMOUNTS))
    path = _path(query)
    with call.services.read_as(call.viewer) as connection:
        found = trace_down(connection, call.viewer, query.figure, path)
        if found is not None:
            require_known_place(call, connection, path)
            raise_unknown(
                unknown("measure", [query.measure] if query.measure else [], lambda: _id(call, connection, query))
            )
        entries = entries_of(connection, query.measure) if query.measure else ()
    if found is None:
        raise Problem(409, "There are no figures yet.", "They are made within seconds after the first measures.")
    return TraceModel(
        figure=found.figure,
        total=_amount(found.total, found.currency),
        level=found.level,
        parts=[
            TracePartModel(
                name=one.name,
                measure=one.measure or None,
                measures=one.measures,
                amount=_amount(one.amount, found.currency),
            )
            for one in found.parts
        ],
        is_whole=found.is_whole,
        entries=[
            TraceEntryModel(
                number=one.id,
                month=str(one.posting.month),
                version=one.posting.version,
                kind=one.posting.kind,
                amount=Amount.money(one.posting.money),
                source=source_to_mapping(one.source),
            )
            for one in entries
        ],
    )


def _path(query: TraceQuery) -> tuple[str, ...]:
    """Raises Problem 422 for a gap."""
    given = [getattr(query, level) for level in HIERARCHY_LEVELS]
    path = tuple(itertools.takewhile(lambda name: name is not None, given))
    errors = [
        FieldError(location=level, message=f"Name the {HIERARCHY_LEVELS[len(path)]} that it is in as well.")
        for level, name in list(zip(HIERARCHY_LEVELS, given, strict=True))[len(path) :]
        if name is not None
    ]
    if errors:
        raise Problem(
            422, "The query is not valid: a place has a gap.", "`errors` names the values.", errors=errors,
            code=ProblemCode.UNKNOWN_FILTER_VALUE,
        )  # fmt: skip
    return path


def _id(call: ApiCall, connection: Connection, query: TraceQuery) -> tuple[str, ...]:
    """The id of the measure, when it is one that the caller sees."""
    row = PortfolioLists(connection, call.viewer, PortfolioFilters()).measure(query.measure or "")
    return () if row is None else (row.id,)


def trace_ticket(call: ApiCall) -> TicketTrace:
    key = call.text_parameter("ticket")
    config = call.services.active_config()
    currency = config.reporting_currency if config else None
    with call.services.read_as(call.viewer) as connection:
        rows = trace_up(connection, key)
    return TicketTrace(
        ticket=key,
        measures=[
            TicketMeasure(
                measure=one.measure,
                key=one.key,
                title=one.title,
                owner=one.owner,
                why=one.why,
                waiting_since=one.waiting_since,
                ebitda_plan=_amount(one.ebitda_plan, currency),
                in_year_estimate=_amount(one.in_year_estimate, currency),
            )
            for one in rows
        ],
    )


def refused(call: ApiCall) -> RefusedTotals:
    config = call.services.active_config()
    currency = config.reporting_currency if config else None
    rates = usable_rates(call.services.rates.rates(), config, system_clock().date())
    with call.services.read_as(call.viewer) as connection:
        target = config.policy.refused_target if config else REFUSED_TARGET
        found = refused_demands(connection, committed_stages(config), rates, currency or "", target)
    return RefusedTotals(
        refused=found.refused,
        approved=found.approved,
        share=None if found.share is None else f"{found.share:.4f}",
        target=f"{found.target}",
        reaches_target=found.reaches_target,
        kept=_amount(found.kept, currency),
        items=[
            RefusedModel(
                measure=one.id, key=one.key, title=one.title, owner=one.owner, business_unit=one.business_unit,
                reason=one.reason, by=one.by, at=one.at, kept=_amount(one.kept, currency),
            )
            for one in found.demands
        ],
        against_rules=[
            AgainstRulesModel(measure=one.id, key=one.key, title=one.title, owner=one.owner, code=one.code)
            for one in found.against_rules
        ],
        missing_rates=[str(one) for one in found.missing],
    )  # fmt: skip


def _amount(value: Decimal | None, currency: str | None) -> Amount | None:
    return None if value is None else Amount.of(value.quantize(CENT), currency)


OPERATIONS = (
    Operation(
        "GET", "/portfolio/refused", "portfolio", "Show which demands were refused, as a share of requests", refused,
        RefusedTotals, description="Counts and sums are over the measures that the caller may see.",
        scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/trace", "portfolio", "Trace a figure one step down, or to the ledger lines of a measure", trace_figure,
        TraceModel, query=TraceQuery,
        problems={409: "There are no figures yet.", 422: "There is no such figure, place or measure."},
        scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/trace/tickets/{ticket}", "portfolio", "Trace a ticket to the money that depends on it", trace_ticket,
        TicketTrace, path_parameters=(PathParameter("ticket", "the key or number of a ticket"),),
        scope=TokenScope.MONEY_READ,
    ),
)  # fmt: skip
