"""The exchange rates that count today: those that are not older than the policy allows."""

from __future__ import annotations

from datetime import date

from governance.money import Period
from governance.rates import RATE_AGE_DAYS, Rates, Reporting
from mapping.config import MappingConfig


def reporting_of(config: MappingConfig | None) -> Reporting:
    """Currency and greatest age of a rate as the active mapping says; without one no currency."""
    return Reporting("") if config is None else Reporting(config.reporting_currency, config.policy.rate_age_days)


def usable_rates(rates: Rates, config: MappingConfig | None, today: date) -> Rates:
    """As the figures of the totals use them; without a mapping with the usual greatest age."""
    days = config.policy.rate_age_days if config is not None else RATE_AGE_DAYS
    return rates.aged(Period.of(today).first_day, days)
