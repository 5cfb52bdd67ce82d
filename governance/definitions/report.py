"""The lines of a report on money, in the words of the sheet: pages, files, API and command line read them here.

Amounts are named as in :class:`governance.roll_up.Amounts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.definitions import leakage, pipeline, plans, results, validated, variance, waiting, years
from governance.definitions.results import Figure
from governance.definitions.sheet import Definition, Term, term

PLAN, ORIGINAL = (term(of).name.lower() for of in (plans.plan_current, plans.plan_original))
ESTIMATE, ACTUAL = "latest estimate", "actual"
EXCHANGE = term(variance.exchange_effect)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One term, and the names of its amounts; an empty name is an amount that there is not."""

    definition: Definition
    plan: str = ""
    estimate: str = ""
    actual: str = ""
    fx: str = ""
    """The part of the estimate that exchange rates made since the decision."""
    of: str = ""
    """Of what, where a term is used more than once."""
    figure: Figure | None = None
    """Its effect lines, where it is a sum of lines of all months."""

    @property
    def term(self) -> Term:
        return term(self.definition)

    @property
    def name(self) -> str:
        """``In-year, cash effect``"""
        return f"{self.term.name}, {self.of}" if self.of else self.term.name


REPORT = (
    ReportLine(
        results.recurring_ebitda,
        "recurring_plan",
        "recurring_estimate",
        fx="recurring_fx",
        figure=Figure.RECURRING_EBITDA,
    ),
    ReportLine(results.one_off, "one_off_plan", "one_off_estimate", fx="one_off_fx", figure=Figure.ONE_OFF),
    ReportLine(
        results.ebitda_effect, "ebitda_plan", "ebitda_estimate", "ebitda_actual", fx="ebitda_fx", figure=Figure.EBITDA
    ),
    ReportLine(results.ebit_effect, "ebit_plan", "ebit_estimate", fx="ebit_fx", figure=Figure.EBIT),
    ReportLine(results.capex, "capex_plan", "capex_estimate", "capex_actual", fx="capex_fx", figure=Figure.CAPEX),
    ReportLine(results.cash_effect, "cash_plan", "cash_estimate", "cash_actual", fx="cash_fx", figure=Figure.CASH),
    ReportLine(
        years.in_year, "in_year_plan", "in_year_estimate", "in_year_actual", fx="in_year_fx", of="EBITDA effect"
    ),
    ReportLine(years.in_year, "in_year_cash_plan", "in_year_cash_estimate", fx="in_year_cash_fx", of="cash effect"),
    ReportLine(years.run_rate, "run_rate_plan", "run_rate_estimate", fx="run_rate_fx", of="in the steady month"),
    ReportLine(years.run_rate, "", "run_rate_closed", fx="run_rate_closed_fx", of="in the last closed month"),
    ReportLine(years.exit_rate, "exit_rate_plan", "exit_rate_estimate", fx="exit_rate_fx"),
    ReportLine(years.carry_over, "carry_over_plan", "carry_over_estimate", fx="carry_over_fx"),
    ReportLine(results.avoidance, "avoidance_plan", "avoidance_estimate", fx="avoidance_fx", figure=Figure.AVOIDANCE),
    ReportLine(results.soft_savings, "soft_plan", "soft_estimate", fx="soft_fx", figure=Figure.SOFT),
)
"""What has a plan and a latest estimate."""

SINGLE: dict[str, tuple[Definition, str]] = {
    "budget": (plans.budget, ""),
    "ebitda_original": (plans.plan_original, "EBITDA effect"),
    "variance": (variance.variance, "EBITDA effect"),
    "in_year_original": (years.in_year, f"EBITDA effect, {ORIGINAL}"),
    "run_rate_original": (years.run_rate, f"in the steady month, {ORIGINAL}"),
    "run_rate_original_fx": (variance.exchange_effect, f"run-rate at the age of the {ORIGINAL}"),
    "run_rate_loss": (leakage.leakage, "loss of run-rate"),
    "run_rate_gain": (leakage.leakage, "gain of run-rate"),
    "in_year_loss": (leakage.leakage, "loss in-year"),
    "in_year_gain": (leakage.leakage, "gain in-year"),
    "committed_run_rate": (years.run_rate, "committed"),
    "committed_in_year": (years.in_year, "committed"),
    "pipeline": (pipeline.pipeline, ""),
    "delayed_benefit": (waiting.delayed_benefit, ""),
    "claimed": (validated.claimed_value, ""),
    "validated": (validated.validated_value, ""),
    "unvalidated": (validated.unvalidated_value, ""),
}
"""Amounts that stand alone, with their term and what they are of it."""


@dataclass(frozen=True, slots=True)
class AmountWords:
    """One amount as people read it."""

    heading: str
    term: Term


def _words() -> Iterator[tuple[str, AmountWords]]:
    for line in REPORT:
        for side, name in ((PLAN, line.plan), (ESTIMATE, line.estimate), (ACTUAL, line.actual)):
            if name:
                yield name, AmountWords(f"{line.name}, {side}", line.term)
        if line.fx:
            yield line.fx, AmountWords(f"{EXCHANGE.name}, {line.name}", EXCHANGE)
        if line.actual:
            yield f"{line.actual}_fx", AmountWords(f"{EXCHANGE.name}, {line.name}, {ACTUAL}", EXCHANGE)
    for name, (definition, of) in SINGLE.items():
        line = ReportLine(definition, of=of)
        yield name, AmountWords(line.name, line.term)


WORDS = dict(_words())
"""By the name of the amount."""
