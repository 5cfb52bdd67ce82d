"""The sheet of definitions: every term with formula and source, read from the functions that calculate them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from typing import Any, TypeAlias

from governance.definitions import (
    baseline,
    estimate,
    leakage,
    pipeline,
    plans,
    results,
    steady_state,
    validated,
    variance,
    waiting,
    years,
)
from governance.investment import payback_months, present_values

Definition: TypeAlias = Callable[..., Any]

DEFINITIONS: tuple[Definition, ...] = (
    results.recurring_ebitda,
    results.one_off,
    results.ebitda_effect,
    results.ebit_effect,
    results.capex,
    results.cash_effect,
    results.avoidance,
    results.soft_savings,
    plans.budget,
    plans.plan_original,
    plans.plan_current,
    estimate.latest_estimate,
    variance.at_completion,
    variance.variance,
    variance.exchange_effect,
    years.in_year,
    years.run_rate,
    steady_state.steady_month,
    years.exit_rate,
    years.carry_over,
    payback_months,
    present_values,
    leakage.leakage,
    baseline.normalised_baseline,
    pipeline.pipeline,
    waiting.delayed_benefit,
    validated.claimed_value,
    validated.validated_value,
    validated.unvalidated_value,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the sheet."""

    name: str
    formula: str
    source: str


@cache
def term(definition: Definition) -> Term:
    """The line of a function, read once: a page names dozens.

    Raises ValueError for a docstring without term, formula or source.
    """
    found = re.match(r"(.+?)\.\n\nFormula: (.+?)\.\nSource: (.+?)\.$", (getdoc(definition) or "").strip(), re.DOTALL)
    if found is None:
        raise ValueError(f"the docstring of {definition.__name__} has no term, formula and source")
    name, formula, source = (" ".join(part.split()) for part in found.groups())
    return Term(name, formula, source)


def name_of(definition: Definition) -> str:
    """The term as people read it."""
    return term(definition).name


def sheet() -> tuple[Term, ...]:
    return tuple(map(term, DEFINITIONS))
