"""The amounts of a portfolio in the API, described in the words of the definition sheet."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from governance.definitions.report import WORDS
from governance.roll_up import AMOUNTS
from governance.roll_up import Amounts as Summed
from webhook_server.api.values import Amount, Model


def _described(name: str) -> Any:
    words = WORDS[name]
    return Field(default=None, description=f"{words.heading}: {words.term.formula}.")


class PortfolioAmounts(Model):
    """In the reporting currency; null if no measure has such a figure."""

    recurring_plan: Amount | None = _described("recurring_plan")
    recurring_estimate: Amount | None = _described("recurring_estimate")
    one_off_plan: Amount | None = _described("one_off_plan")
    one_off_estimate: Amount | None = _described("one_off_estimate")
    budget: Amount | None = _described("budget")
    ebitda_original: Amount | None = _described("ebitda_original")
    ebitda_plan: Amount | None = _described("ebitda_plan")
    ebitda_estimate: Amount | None = _described("ebitda_estimate")
    ebitda_actual: Amount | None = _described("ebitda_actual")
    variance: Amount | None = _described("variance")
    ebit_plan: Amount | None = _described("ebit_plan")
    ebit_estimate: Amount | None = _described("ebit_estimate")
    capex_plan: Amount | None = _described("capex_plan")
    capex_estimate: Amount | None = _described("capex_estimate")
    capex_actual: Amount | None = _described("capex_actual")
    cash_plan: Amount | None = _described("cash_plan")
    cash_estimate: Amount | None = _described("cash_estimate")
    cash_actual: Amount | None = _described("cash_actual")
    in_year_plan: Amount | None = _described("in_year_plan")
    in_year_estimate: Amount | None = _described("in_year_estimate")
    in_year_actual: Amount | None = _described("in_year_actual")
    in_year_cash_plan: Amount | None = _described("in_year_cash_plan")
    in_year_cash_estimate: Amount | None = _described("in_year_cash_estimate")
    run_rate_plan: Amount | None = _described("run_rate_plan")
    run_rate_estimate: Amount | None = _described("run_rate_estimate")
    run_rate_closed: Amount | None = _described("run_rate_closed")
    exit_rate_plan: Amount | None = _described("exit_rate_plan")
    exit_rate_estimate: Amount | None = _described("exit_rate_estimate")
    carry_over_plan: Amount | None = _described("carry_over_plan")
    carry_over_estimate: Amount | None = _described("carry_over_estimate")
    in_year_original: Amount | None = _described("in_year_original")
    run_rate_original: Amount | None = _described("run_rate_original")
    run_rate_loss: Amount | None = _described("run_rate_loss")
    run_rate_gain: Amount | None = _described("run_rate_gain")
    in_year_loss: Amount | None = _described("in_year_loss")
    in_year_gain: Amount | None = _described("in_year_gain")
    committed_run_rate: Amount | None = _described("committed_run_rate")
    committed_in_year: Amount | None = _described("committed_in_year")
    pipeline: Amount | None = _described("pipeline")
    avoidance_plan: Amount | None = _described("avoidance_plan")
    avoidance_estimate: Amount | None = _described("avoidance_estimate")
    soft_plan: Amount | None = _described("soft_plan")
    soft_estimate: Amount | None = _described("soft_estimate")
    delayed_benefit: Amount | None = _described("delayed_benefit")
    claimed: Amount | None = _described("claimed")
    validated: Amount | None = _described("validated")
    unvalidated: Amount | None = _described("unvalidated")
    recurring_fx: Amount | None = _described("recurring_fx")
    one_off_fx: Amount | None = _described("one_off_fx")
    ebitda_fx: Amount | None = _described("ebitda_fx")
    ebitda_actual_fx: Amount | None = _described("ebitda_actual_fx")
    ebit_fx: Amount | None = _described("ebit_fx")
    capex_fx: Amount | None = _described("capex_fx")
    capex_actual_fx: Amount | None = _described("capex_actual_fx")
    cash_fx: Amount | None = _described("cash_fx")
    cash_actual_fx: Amount | None = _described("cash_actual_fx")
    in_year_fx: Amount | None = _described("in_year_fx")
    in_year_actual_fx: Amount | None = _described("in_year_actual_fx")
    in_year_cash_fx: Amount | None = _described("in_year_cash_fx")
    run_rate_fx: Amount | None = _described("run_rate_fx")
    run_rate_closed_fx: Amount | None = _described("run_rate_closed_fx")
    run_rate_original_fx: Amount | None = _described("run_rate_original_fx")
    exit_rate_fx: Amount | None = _described("exit_rate_fx")
    carry_over_fx: Amount | None = _described("carry_over_fx")
    avoidance_fx: Amount | None = _described("avoidance_fx")
    soft_fx: Amount | None = _described("soft_fx")


def amounts_of(sums: Summed, currency: str) -> PortfolioAmounts:
    return PortfolioAmounts(**{name: Amount.of(getattr(sums, name), currency) for name in AMOUNTS})
