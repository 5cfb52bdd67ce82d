"""From a stored verdict to what the API says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from connector.store.measures.further_holders import further_holders
from connector.store.measures.stored_gates import stored_gates
from governance.measure_gates import gates_of
from governance.money import Money
from governance.plan_check import PlanCheck
from governance.verdict import Figures as VerdictFigures
from governance.verdict import Finding, Status
from webhook_server.api.gates_model import gates_model, responsible_models
from webhook_server.api.measure_models import (
    CheckWithColour,
    Figures,
    FindingModel,
    FurtherHolder,
    MeasureSummary,
    PlanCheckModel,
    PlanFigures,
    StatusModel,
)
from webhook_server.api.values import (
    Amount,
    HierarchyModel,
)


def measure_summary(row: RowMapping) -> MeasureSummary:
    same = (
        "id", "key", "title", "url", "connection", "rule", "business_unit", "legal_entity", "owner", "sponsor",
        "controller", "stage", "tool_stage", "implementation", "potential", "assessed_at",
    )  # fmt: skip
    figures = Figures(
        **{name: Amount.of(row[f"{name}_net"], row["currency"]) for name in ("plan", "forecast", "actual", "variance")}
    )
    return MeasureSummary(
        hierarchy=HierarchyModel.of(row),
        figures=figures,
        gates=gates_model(gates_of(stored_gates(row))),
        finding_count=row["finding_count"],
        further_roles=[FurtherHolder(role=role, name=name) for role, name in further_holders(_further(row))],
        **{name: row[name] for name in same},
    )


def _further(row: RowMapping) -> Mapping[str, Any] | None:
    """Of one measure by its facts, which may be those of a day; in a list by a column of their own."""
    if "facts" not in row:
        return row["further_roles"]  # type: ignore[no-any-return]  # an object of JSON
    return row["facts"].get("roles", {}).get("further")  # type: ignore[no-any-return]


def finding_model(finding: Finding) -> FindingModel:
    return FindingModel(
        code=finding.code, subject=finding.subject, sentence=finding.sentence, who=finding.who,
        responsible=responsible_models(finding.responsible), since=finding.since,
    )  # fmt: skip


def status_model(status: Status) -> StatusModel:
    ratio = None if status.number is None else str(status.number)
    return StatusModel(
        colour=status.colour,
        ratio=ratio,
        reason=status.reason,
        checks=[CheckWithColour(**_check(one.check).model_dump(), colour=one.colour) for one in status.checks],
    )


def _check(check: PlanCheck) -> PlanCheckModel:
    return PlanCheckModel(
        kind=check.kind,
        period=check.period,
        planned=_amount(check.planned),
        expected=_amount(check.expected),
        ratio=None if check.ratio is None else f"{check.ratio:.6f}",
    )


def plan_figures(figures: VerdictFigures) -> PlanFigures:
    npv, original, variance = figures.npv, figures.original_plan, figures.variance_to_original
    return PlanFigures(
        npv=npv and _amount(npv),
        payback_months=figures.payback_months,
        original_plan=original and _amount(original),
        variance_to_original=variance and _amount(variance),
        claimed=figures.claimed and _amount(figures.claimed),
        validated=figures.validated and _amount(figures.validated),
        unvalidated=figures.unvalidated and _amount(figures.unvalidated),
        missing_actuals=[gap.text for gap in figures.missing_actuals],
        leakage=[_check(one) for one in figures.leakage],
    )


def _amount(money: Money) -> Amount:
    return Amount(amount=f"{money.amount:f}", currency=money.currency)
