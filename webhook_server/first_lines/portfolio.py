"""The first lines of the portfolio, its lists and its variances."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from connector.store.reporting.portfolio_results import FigureSettings, PortfolioSums
from governance.effects import ZERO, Version
from webhook_server.formats import Formats


class Overview(StrEnum):
    NONE = "There is no measure here."
    THE_ONE_FREE = "Nothing is held up at a gate: the one measure can go on."
    ALL_FREE = "Nothing is held up at a gate: all {total} measures can go on."
    THE_ONE_HELD = "The one measure is held up at a gate, and {amount} of benefit still to come this year with it."
    ONE_HELD = "1 of {total} measures is held up at a gate, and {amount} of benefit still to come this year with it."
    SEVERAL_HELD = (
        "{held} of {total} measures are held up at a gate, and {amount} of benefit still to come this year with them."
    )


class Lines(StrEnum):
    SINGLE = "Single lines, each with the rate that it is converted with."
    NONE = "There are no monthly amounts here."
    PLAN = "The {figure} planned in these lines is {amount}."
    ESTIMATE = (
        "The {figure} of the latest estimate is {amount}: it takes actuals until {closed}, or until the last month "
        "that the legal entity has closed, and forecasts after it."
    )
    ACTUAL = "The {figure} booked in these lines is {amount}."
    RATES = "Costs are subtracted. Each line is converted with the rate beside it, a plan with that of its decision."


class Variance(StrEnum):
    """Of the measures of a page that have a plan and an estimate."""

    LESS = "{amount} less than planned is expected at completion, of the measures that have a plan and an estimate."
    MORE = "{amount} more than planned is expected at completion, of the measures that have a plan and an estimate."
    NONE = "What is expected at completion is what was planned, of the measures that have a plan and an estimate."


class MeasureVariance(StrEnum):
    LESS = "{amount} less than planned is expected of {key} at completion."
    MORE = "{amount} more than planned is expected of {key} at completion."
    NONE = "What is expected of {key} at completion is what was planned."


_OF_VERSION = {Version.PLAN: Lines.PLAN, Version.FORECAST: Lines.ESTIMATE, Version.ACTUAL: Lines.ACTUAL}


def overview_line(sums: PortfolioSums, figures: FigureSettings, formats: Formats) -> str:
    """How many measures are held up at a gate, and the benefit that waits this fiscal year."""
    if not sums.measures:
        return Overview.NONE
    data = {
        "held": formats.number(sums.held_up),
        "total": formats.number(sums.measures),
        "amount": f"{formats.short(sums.amounts.delayed_benefit or ZERO)} {figures.currency}",
    }
    if sums.measures == 1:
        return (Overview.THE_ONE_HELD if sums.held_up else Overview.THE_ONE_FREE).format(**data)
    held = {0: Overview.ALL_FREE, 1: Overview.ONE_HELD}.get(sums.held_up, Overview.SEVERAL_HELD)
    return held.format(**data)


def lines_line(
    sums: Mapping[Version, Decimal] | None, figure: str, figures: FigureSettings, formats: Formats
) -> str:  # fmt: skip
    """What the lines come to, by version; ``None`` where they come to no figure."""
    if sums is None:
        return Lines.SINGLE
    if not sums:
        return Lines.NONE
    closed = formats.month(figures.closed)
    found = [
        _OF_VERSION[version].format(figure=figure, amount=formats.money(amount, figures.currency), closed=closed)
        for version, amount in sums.items()
    ]
    return " ".join([*found, Lines.RATES])


def variance_line(amount: Decimal, currency: str, formats: Formats) -> str:
    """Against plan, of many measures."""
    line = Variance.LESS if amount < 0 else Variance.MORE if amount > 0 else Variance.NONE
    return line.format(amount=formats.money(abs(amount), currency, 2))


def measure_variance_line(key: str, amount: Decimal, currency: str, formats: Formats) -> str:
    """Against plan, of one measure."""
    line = MeasureVariance.LESS if amount < 0 else MeasureVariance.MORE if amount > 0 else MeasureVariance.NONE
    return line.format(key=key, amount=formats.money(abs(amount), currency, 2))
