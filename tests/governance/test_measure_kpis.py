"""KPIs of a measure: when one is reached, when it is not known, and what a gate asks of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.facts import Unknown
from governance.gates import ConditionKind, Policy
from governance.measure_kpis import MeasureKpi, with_values
from governance.money import Period
from governance.service import Better
from governance.verdict import Outcome
from tests.governance.factory import NOW, POLICY, evidence, measure

OCTOBER = Period(2026, 10)
TIME = MeasureKpi("Handling time", Decimal(5), Better.LOWER, "min", ("implemented",))
ASKING: Policy = replace(
    POLICY,
    gates=tuple(
        replace(gate, conditions=(*gate.conditions, ConditionKind.KPIS)) if gate.into == "implemented" else gate
        for gate in POLICY.gates
    ),
)


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [
        (Better.LOWER, "5", True),
        (Better.LOWER, "5.01", False),
        (Better.LOWER, "-1", True),
        (Better.HIGHER, "5", True),
        (Better.HIGHER, "4.99", False),
    ],
)
def test_exactly_the_target_is_reached(better: Better, value: str, reached: bool) -> None:
    assert MeasureKpi("K", Decimal(5), better, value=Decimal(value)).reached is reached


@pytest.mark.parametrize(
    ("month", "known"),
    [(OCTOBER, True), (Period(2026, 8), True), (Period(2026, 7), False), (None, False)],
    ids=["the newest month", "three months back", "four months back", "never"],
)
def test_an_old_value_is_not_known_any_more(month: Period | None, known: bool) -> None:
    values = {} if month is None else {"handling time": (month, Decimal(4))}
    (found,) = with_values((TIME,), values, date(2026, 11, 30))
    assert isinstance(found.reached, Unknown) is not known


def test_what_the_tool_holds_counts_before_what_was_stated() -> None:
    held, unread = replace(TIME, value=Decimal(9)), replace(TIME, problem="the field is empty")
    values = {"handling time": (OCTOBER, Decimal(4))}
    assert with_values((held, unread), values, date(2026, 11, 30)) == (held, unread)


@pytest.mark.parametrize(
    ("kpi", "outcome", "reason"),
    [
        pytest.param(replace(TIME, value=Decimal(5), month=OCTOBER), Outcome.MET, "Handling time 5 min", id="reached"),
        pytest.param(
            replace(TIME, value=Decimal(6), month=OCTOBER), Outcome.UNMET,
            '"Handling time" is 6 min in Oct 2026, and at most 5 min is asked for', id="missed",
        ),
        pytest.param(TIME, Outcome.UNKNOWN, 'nobody has stated a value of "Handling time"', id="unknown"),
        pytest.param(replace(TIME, gates=("closed",)), Outcome.MET, "no KPI is asked for", id="of another gate"),
    ],
)  # fmt: skip
def test_a_gate_asks_for_its_kpis(kpi: MeasureKpi, outcome: Outcome, reason: str) -> None:
    verdict = assess(measure(kpis=(kpi,)), evidence("decided", "decided", commands=()), ASKING, NOW)
    (found,) = [one for one in verdict.checklist if one.code == "KPI_NOT_REACHED"]
    assert (found.outcome, found.reason) == (outcome, reason)
    assert not [one for one in assess(measure(kpis=(kpi,)), evidence("decided"), POLICY, NOW).checklist
                if one.code == "KPI_NOT_REACHED"]  # fmt: skip
