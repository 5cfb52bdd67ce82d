"""The first lines of the services and of one of them."""

from __future__ import annotations

from enum import StrEnum

from connector.store.service_portfolio.queries import ServiceTotals
from governance.capital import capitalised
from governance.service import ServiceDefinition
from governance.service_report import ServiceReport
from webhook_server.formats import Formats


class Services(StrEnum):
    NONE = "No service is defined yet."
    NONE_MATCHES = "No service matches what you asked for."
    ONE = "1 service costs {cost} a month."
    SEVERAL = "{count} services cost {cost} a month."
    ONE_UNKNOWN = "What the one service costs a month is not known."
    ALL_UNKNOWN = "What the {count} services cost a month is not known."
    SOME_UNKNOWN = "{known} of {count} services cost {cost} a month; what the others cost is not known."
    ITS_QUESTION = "It has a question without an answer: its owner has to act."
    ONE_QUESTION = "1 of them has a question without an answer: its owner has to act."
    QUESTIONS = "{open} of them have a question without an answer: their owners have to act."


class Service(StrEnum):
    MAKING = "The figures of this service are being made."
    COSTS = "One {unit} cost {unit_cost} in {month}: {cost} at a demand of {demand}."
    UNKNOWN = "What one {unit} cost in {month} is not known."
    HURDLE = "What is in the way now: {hurdle}."
    ACTS = "{who} has to answer what is open."


def services_line(sums: ServiceTotals, currency: str, *, filtered: bool, formats: Formats) -> str:
    """What they cost, and which questions are open."""
    if not sums.services:
        return Services.NONE_MATCHES if filtered else Services.NONE
    known = sums.services - sums.cost_unknown
    if not known:
        costs = Services.ONE_UNKNOWN if sums.services == 1 else Services.ALL_UNKNOWN
    elif sums.cost_unknown:
        costs = Services.SOME_UNKNOWN
    else:
        costs = Services.ONE if sums.services == 1 else Services.SEVERAL
    found = [
        costs.format(
            count=formats.number(sums.services), known=formats.number(known), cost=formats.money(sums.cost, currency, 2)
        )
    ]
    if sums.blocked:
        asked = Services.ITS_QUESTION if sums.services == 1 else Services.ONE_QUESTION
        asked = asked if sums.blocked == 1 else Services.QUESTIONS
        found.append(asked.format(open=formats.number(sums.blocked)))
    return " ".join(found)


def service_line(definition: ServiceDefinition, report: ServiceReport | None, formats: Formats) -> str:
    """What a unit costs, what is in the way, and who has to say what is not known."""
    if report is None:
        return Service.MAKING
    known = report.unit_cost is not None and report.demand is not None
    found = [
        (Service.COSTS if known else Service.UNKNOWN).format(
            unit=definition.unit,
            unit_cost=formats.per_unit(report.unit_cost, report.currency),
            month=formats.month(report.month),
            cost=formats.money(report.cost, report.currency, 2),
            demand=formats.number(report.demand),
        )
    ]
    if report.hurdle:
        found.append(Service.HURDLE.format(hurdle=report.hurdle.rstrip(". ")))
    people = dict.fromkeys(one.who for one in report.blockers if one.who)
    found += [Service.ACTS.format(who=capitalised(who)) for who in people]
    return " ".join(found)
