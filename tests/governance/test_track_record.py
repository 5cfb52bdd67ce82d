"""Track records: the factor with its sample, both sides of the least sample, and the pipeline weighted with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from governance.definitions.years import FiscalYear
from governance.effects import EffectLine
from governance.hierarchy import RollUpMeasure
from governance.measure import HierarchyPath, MeasureId
from governance.measure_figures import measure_figures
from governance.money import Period
from governance.presets import default_policy
from governance.rates import Rates
from governance.roll_up import RollUpSettings
from governance.track_record import (
    PipelinePart,
    RecordKind,
    TrackPart,
    TrackRecord,
    weight_of,
    weighted_pipeline,
)
from tests.connector.store.reporting.portfolio_data import line

SETTINGS = RollUpSettings("EUR", FiscalYear(Period(2026, 1)), Period(2026, 10), default_policy().weights, "decided")


def figures(stage: str | None, *lines: EffectLine, **more: object) -> tuple[TrackPart | None, Decimal, Decimal | None]:
    values: dict[str, object] = {"stage": stage, "step": stage or "", **more}
    measure = RollUpMeasure(MeasureId("a"), HierarchyPath(""), "E", "U", lines, **values)  # type: ignore[arg-type]
    made = measure_figures(measure, SETTINGS, Rates(()))
    return made.track, made.pipeline_benefit, made.amounts.pipeline


PLAN = (
    line("plan", "benefit", "2026-10", 100), line("plan", "benefit", "2026-11", 100),
    line("plan", "recurring_cost", "2026-10", 20), line("plan", "one_off_cost", "2026-01", 999),
)  # fmt: skip
BOOKED = (line("actual", "benefit", "2026-10", 60), line("actual", "benefit", "2026-11", 500))


@pytest.mark.parametrize(
    ("case", "stage", "lines", "more", "expected"),
    [
        ("the last closed month counts, the next one not", "decided", (*PLAN, *BOOKED), {}, TrackPart(Decimal(80), Decimal(60))),
        ("nothing is booked", "decided", PLAN, {}, TrackPart(Decimal(80), Decimal(0))),
        ("it is not decided", "detailed", (*PLAN, *BOOKED), {}, None),
        ("it was cancelled after its decision", "decided", PLAN, {"step": "cancelled"}, TrackPart(Decimal(80), Decimal(0))),
        ("a re-baseline promised less", "decided", (line("plan", "benefit", "2026-10", 10), *BOOKED),
         {"original": PLAN}, TrackPart(Decimal(80), Decimal(60))),
        ("no plan", "decided", BOOKED, {}, None),
        ("nothing was promised by now", "decided", (line("plan", "benefit", "2026-11", 9),), {}, TrackPart(Decimal(0), Decimal(0))),
    ],
)  # fmt: skip
def test_what_a_measure_adds(
    case: str, stage: str, lines: tuple[EffectLine, ...], more: dict[str, object], expected: TrackPart | None
) -> None:
    assert figures(stage, *lines, **more)[0] == expected, case


def test_the_benefit_in_the_pipeline_is_what_is_left_without_its_costs() -> None:
    lines = [line("plan", kind, f"2026-{month:02}", amount)
             for month in range(1, 13) for kind, amount in (("benefit", 100), ("recurring_cost", 20))]  # fmt: skip
    _, benefit, pipeline = figures("detailed", *lines)
    weight = default_policy().weights["detailed"]
    assert (benefit, pipeline) == (1200 * weight, 1200 * weight - 240)
    assert figures("closed", *lines)[1:] == (0, 0)


KAYA = TrackRecord(RecordKind.OWNER, "A. Kaya", Decimal(1000), Decimal(400), 5, 7)
WHOLE = TrackRecord(RecordKind.ALL, "", Decimal(5000), Decimal(4000), 20, 30)
NOBODY = TrackRecord(RecordKind.ALL, "", Decimal(0), Decimal(0), 0, 3)


@pytest.mark.parametrize(
    ("case", "record", "whole", "least", "weight"),
    [
        ("as many as are asked for", KAYA, WHOLE, 5, "0.4"),
        ("one too few: that of all", KAYA, WHOLE, 6, "0.8"),
        ("all too few as well", KAYA, WHOLE, 21, "1"),
        ("all just enough", KAYA, WHOLE, 20, "0.8"),
        ("nobody is known", None, WHOLE, 5, "0.8"),
        ("nothing is known", None, NOBODY, 1, "1"),
        ("more came than was promised", replace(KAYA, came=Decimal(1001)), WHOLE, 5, "1"),
        ("less than nothing came", replace(KAYA, came=Decimal(-1)), WHOLE, 5, "0"),
    ],
)
def test_what_weighs(case: str, record: TrackRecord | None, whole: TrackRecord | None, least: int, weight: str) -> None:
    assert weight_of(record, whole, least) == Decimal(weight), case


def test_factor_and_sample() -> None:
    assert (KAYA.factor, KAYA.is_enough(5), KAYA.is_enough(6)) == (Decimal("0.4"), True, False)
    assert (NOBODY.factor, NOBODY.is_enough(1)) == (None, False)


def test_costs_are_never_weighted() -> None:
    parts = [PipelinePart("A. Kaya", Decimal(70), Decimal(100)), PipelinePart("B. Neu", Decimal(50), Decimal(50))]
    found = weighted_pipeline(parts, {"A. Kaya": KAYA}, WHOLE, RecordKind.OWNER)
    assert (found.pipeline, found.weighted, found.taken_off) == (120, Decimal("50.0"), Decimal("70.0"))
