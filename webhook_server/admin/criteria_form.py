"""The form on which kill criteria are chosen: one row for each form of criterion, and the text that it stands for.

What is chosen becomes the text that people write, and is read like it; a criterion that no row can show stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from governance.facts import Unknown
from governance.gates import Policy, Stage
from governance.kill_criteria import FORMS, CriterionKind, KillCriteria, KillCriterion, parse_kill_criteria
from governance.kill_evaluation import stage_names
from governance.measure import Measure

CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One kind of criterion on the form."""

    kind: CriterionKind
    label: str
    limit_label: str = ""
    has_currency: bool = False
    has_service: bool = False
    has_months: bool = True


ROWS = (
    CriterionRow(CriterionKind.COST, "Cost is above", "Amount", has_currency=True),
    CriterionRow(CriterionKind.FORECAST_SHARE, "Forecast is below a share of the plan", "Percent of plan"),
    CriterionRow(CriterionKind.FORECAST, "Forecast is below", "Amount", has_currency=True),
    CriterionRow(
        CriterionKind.UNIT_COST, "Unit cost of a service is above", "Amount", has_currency=True, has_service=True
    ),
    CriterionRow(CriterionKind.SLIP, "The work is late by more than", "Days"),
    CriterionRow(CriterionKind.NOT_REACHED, "A stage is not reached by a day", has_months=False),
)


def stages_to_reach(policy: Policy) -> tuple[Stage, ...]:
    """Stages after the decision: an earlier one is reached when the criterion is agreed."""
    return policy.stages[policy.index(policy.lock_at) + 1 :]


def stated_form(measure: Measure, policy: Policy) -> dict[str, str]:
    """The form's fields with the criteria that the measure states now."""
    text = measure.kill_criteria
    if isinstance(text, Unknown) or not text:
        return {}
    fields: dict[str, str] = {}
    others: list[str] = []
    stated = parse_kill_criteria(text, stage_names(policy.stages))
    for criterion in stated.criteria:
        shown = _fields_of(criterion)
        again = _part(criterion.kind, shown, policy)
        is_free = not fields.keys() & shown.keys()
        if is_free and _parsed(again, policy).criteria == (replace(criterion, text=again),):
            fields |= shown
        else:
            others.append(criterion.text)
    return fields | ({"others": "\n".join((*others, *stated.unreadable))} if others or stated.unreadable else {})


def criteria_text(form: Mapping[str, str], policy: Policy) -> str:
    """The criteria as people write them, with ``;`` between them; empty when nothing is chosen."""
    parts = [_part(row.kind, form, policy) for row in ROWS if _is_chosen(row, form)]
    parts += [part for line in form.get("others", "").splitlines() for part in line.split(";")]
    return "; ".join(" ".join(part.split()) for part in parts if part.strip())


def criteria_errors(form: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """What is wrong with the form, by its field."""
    errors = dict(_row_errors(form, policy))
    unreadable = _parsed(form.get("others", ""), policy).unreadable
    if unreadable:
        errors["others"] = f'"{unreadable[0]}" cannot be checked. Write one of: {FORMS}.'
    if not errors and not criteria_text(form, policy):
        errors["command"] = "Choose at least one kill criterion."
    return errors


def _row_errors(form: Mapping[str, str], policy: Policy) -> Iterator[tuple[str, str]]:
    for row in ROWS:
        if not _is_chosen(row, form):
            continue
        name = row.kind.value
        months, currency = _value(form, name, "months"), _value(form, name, "currency")
        if months and not re.fullmatch(r"[1-9]\d?", months):
            yield f"{name}-months", "Write a number of months from 1 to 99, or nothing for at once."
        elif currency and not CURRENCY.fullmatch(currency):
            yield f"{name}-currency", "Write a currency code such as EUR, or nothing for the reporting currency."
        elif not _is_one(_parsed(_part(row.kind, form, policy), policy)):
            yield f"{name}-{'by' if row.kind is CriterionKind.NOT_REACHED else 'limit'}", _WANTED[row.kind]


_WANTED: Mapping[CriterionKind, str] = {
    CriterionKind.COST: "Write an amount such as 1,200,000 or 1.2M.",
    CriterionKind.FORECAST: "Write an amount such as 500,000 or 500k.",
    CriterionKind.FORECAST_SHARE: "Write a percentage of the plan such as 60.",
    CriterionKind.UNIT_COST: "Write an amount such as 12.50.",
    CriterionKind.SLIP: "Write a number of days such as 60.",
    CriterionKind.NOT_REACHED: "Choose the stage and the day.",
}


def _is_one(read: KillCriteria) -> bool:
    return len(read.criteria) == 1 and not read.unreadable


def _is_chosen(row: CriterionRow, form: Mapping[str, str]) -> bool:
    """A row counts with its limit; months or a stage alone would be forgotten otherwise."""
    names = ("limit", "by", "months", "service", "stage")
    return any(_value(form, row.kind.value, name) for name in names)


def _value(form: Mapping[str, str], kind: str, name: str) -> str:
    return " ".join(form.get(f"{kind}-{name}", "").split())


def _part(kind: CriterionKind, form: Mapping[str, str], policy: Policy) -> str:
    def value(name: str) -> str:
        return _value(form, kind.value, name)

    lasting = f" for {value('months')} months" if value("months") else ""
    amount = f"{value('limit')} {value('currency')}".strip()
    match kind:
        case CriterionKind.COST:
            return f"cost > {amount}{lasting}"
        case CriterionKind.FORECAST:
            return f"forecast < {amount}{lasting}"
        case CriterionKind.FORECAST_SHARE:
            return f"forecast < {value('limit').removesuffix('%').strip()} % of plan{lasting}"
        case CriterionKind.UNIT_COST:
            service = f" of {value('service')}" if value("service") else ""
            return f"unit cost{service} > {amount}{lasting}"
        case CriterionKind.SLIP:
            return f"slip > {value('limit')} days{lasting}"
        case CriterionKind.NOT_REACHED:
            stage = policy.label(value("stage")) if policy.index(value("stage")) >= 0 else value("stage")
            return f"not {stage} by {value('by')}"


def _fields_of(criterion: KillCriterion) -> dict[str, str]:
    limit = criterion.limit * 100 if criterion.kind is CriterionKind.FORECAST_SHARE else criterion.limit
    values = {
        "limit": "" if criterion.kind is CriterionKind.NOT_REACHED else _plain(limit),
        "currency": criterion.currency,
        "months": str(criterion.months or ""),
        "service": criterion.service,
        "stage": criterion.stage,
        "by": criterion.by.isoformat() if criterion.by else "",
    }
    return {f"{criterion.kind.value}-{name}": text for name, text in values.items() if text}


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parsed(text: str, policy: Policy) -> KillCriteria:
    return parse_kill_criteria(text, stage_names(policy.stages))
