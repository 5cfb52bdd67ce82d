"""What a mapping says about money in the tools: what is swept into the ledger, and what is written back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import Field

from governance.effects import EffectKind
from mapping.sources import MappingModel

RuleProblem: TypeAlias = "tuple[tuple[str | int, ...], str, str]"
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class PlanAmount(StrEnum):
    """Which amounts of a plan are swept."""

    PLAN = "plan"
    ACTUAL = "actual"


class WrittenPlan(StrEnum):
    """Into which plans of ServiceNow confirmed figures are written, as actuals."""

    BENEFIT_PLANS = "benefit_plans"
    COST_PLANS = "cost_plans"


class ExpenseLinesRule(MappingModel):
    """Expense lines of ServiceNow that are processed: of measures, and of the services that are named."""

    kind: EffectKind = EffectKind.RECURRING_COST
    """Of lines that have neither a cost plan nor an expense type that says it."""
    services: tuple[str, ...] = ()
    """Names of services whose lines, and those of their offerings, are swept as well; ``"*"`` for all of them."""


class LedgerSourceRule(MappingModel):
    """What of one connection becomes ledger entries of the measures that its items are."""

    connection: str
    since: Month
    """The first month that is swept."""
    cost_plans: tuple[PlanAmount, ...] = ()
    benefit_plans: tuple[PlanAmount, ...] = ()
    expense_lines: ExpenseLinesRule | None = None
    hours: str | None = None
    """Name of the stored rate card by which logged hours are priced."""
    write: tuple[WrittenPlan, ...] = ()
    """Plans that receive what the controller has confirmed."""


def check_ledger_sources(data: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) of each figure with two owners, and of money that would be read as it was written."""
    sources = data.get("ledger")
    for index, source in enumerate(sources if isinstance(sources, list) else []):
        if isinstance(source, Mapping):
            path = ("ledger", index)
            yield from _check_overlap(path, source)
            yield from _check_owners(path, source, data.get("measures"))


def _listed(source: Mapping[str, object], key: str) -> list[str]:
    found = source.get(key)
    return [str(one) for one in found] if isinstance(found, list) else []


def _check_overlap(path: tuple[str | int, ...], source: Mapping[str, object]) -> Iterator[RuleProblem]:
    costs = "actual" in _listed(source, "cost_plans")
    expenses, hours = source.get("expense_lines") is not None, source.get("hours") is not None
    if costs and expenses:
        yield (
            (*path, "cost_plans"),
            "processed expense lines are part of the actual of their cost plan: they would count twice.",
            "Leave actual out of cost_plans, or leave expense_lines out.",
        )
    if hours and (costs or expenses):
        yield (
            (*path, "hours"),
            "ServiceNow makes expense lines of time cards: the same hours would count twice.",
            "Leave hours out, or take the actual of costs from hours alone.",
        )
    for key in ("cost_plans", "benefit_plans"):
        if key in _listed(source, "write") and "actual" in _listed(source, key):
            yield (
                (*path, "write"),
                f"the actual of {key} is read into the ledger and written from it.",
                f"Leave actual out of {key}, or {key} out of write.",
            )


def _check_owners(path: tuple[str | int, ...], source: Mapping[str, object], rules: object) -> Iterator[RuleProblem]:
    swept = {*_listed(source, "cost_plans"), *_listed(source, "benefit_plans")}
    if source.get("expense_lines") is not None or source.get("hours") is not None or _listed(source, "write"):
        swept.add("actual")
    for rule in rules if isinstance(rules, list) else []:
        if not isinstance(rule, Mapping) or rule.get("connection") != source.get("connection"):
            continue
        effects = rule.get("effects")
        name = rule.get("name")
        for version in sorted(swept):
            series = effects.get(version) if isinstance(effects, Mapping) else None
            if isinstance(series, Mapping) and series.get("from") != "ledger":
                yield (
                    path,
                    f'the {version} of "{name}" has two owners: the ledger, into which it is swept, and the tool.',
                    f"Write {version}: {{from: ledger}} under effects of the rule, or leave it out here.",
                )
