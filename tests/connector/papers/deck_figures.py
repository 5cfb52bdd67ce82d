"""The figures of a deck as a test wants them, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from connector.papers.deck.contents import DeckFigures
from connector.papers.deck.status import StatusThresholds
from connector.store.reporting.portfolio_lists import MeasureRow
from connector.store.reporting.portfolio_results import (
    CurvePoint,
    FigureSettings,
    PortfolioOverview,
    PortfolioSums,
)
from connector.store.reporting.steering_rows import OpenBlocker, SteeringRow
from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear
from governance.effects import Version
from governance.left_out import LeftOut, step_labels
from governance.money import Period
from governance.roll_up import Amounts

AT = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
LONG = "Retire the legacy customer relationship management of the branches in all countries, with its interfaces, " * 3


def d(value: str) -> Decimal:
    return Decimal(value)


AMOUNTS = Amounts(
    recurring_plan=d("2500000.00"), recurring_estimate=d("900000.10"), ebitda_plan=d("2400935.70"),
    ebitda_estimate=d("800935.71"), ebitda_actual=d("400000.00"), variance=d("-1600000"), in_year_plan=d("2400000"),
    in_year_original=d("2400000"), in_year_estimate=d("2160000"), in_year_loss=d("260000"), in_year_gain=d("20000"),
    run_rate_plan=d("1200000"), run_rate_original=d("1200000"), run_rate_estimate=d("-300000"),
    run_rate_loss=d("1500000"), pipeline=d("700000"), delayed_benefit=d("500000"), claimed=d("400000"),
    validated=d("100000"), unvalidated=d("300000"),
)  # fmt: skip
SETTINGS = FigureSettings("EUR", FiscalYear(Period(2026, 1)), Period(2026, 10), "decided", AT)
STAGES = step_labels({"identified": "Identified", "decided": "Decided", "implemented": "Implemented"})


def measure(number: int, **changes: object) -> MeasureRow:
    row = MeasureRow(
        f"jira-main/{number}", f"ITX-{number}", "Retire the legacy CRM", f"https://acme.example/browse/ITX-{number}",
        ("IT", "Cloud exit", "CRM", ""), "A. Kaya", "decided", "waiting", "green", "red", None, AMOUNTS, None,
        Period(2026, 10), AT, AT, "delay: the supplier is late", ("APPROVAL_MISSING",), (),
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


def steering(number: int, row: MeasureRow | None = None, **changes: object) -> SteeringRow:
    made = SteeringRow(
        row or measure(number), "S. Sponsor", "implemented", "Implemented", None,
        (OpenBlocker("APPROVAL_MISSING", "the sponsor's approval is missing", "sponsor S. Sponsor", is_approval=True),),
        "", (), "", None, "on schedule", "the benefit is 67% below plan",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def figures(**changes: object) -> DeckFigures:
    sums = PortfolioSums(3, 2, 1, 0, 1, AMOUNTS)
    overview = PortfolioOverview(
        total=sums,
        run_rate_losses={LeakReason.DELAY: d("1500000")},
        in_year_losses={LeakReason.DELAY: d("200000"), LeakReason.PRICE: d("60000")},
        children=(),
        programs=(),
        by_stage={"decided": sums, "cancelled": PortfolioSums(1)},
        counted_by_stage={"decided": sums},
        by_status={("green", "red"): sums, ("amber", "green"): PortfolioSums(2, 2, amounts=AMOUNTS)},
        left_out={LeftOut.NO_RATE: PortfolioSums(1)},
    )
    months = tuple(
        CurvePoint(Period(2026, month), {Version.PLAN: d("200000"), Version.FORECAST: d("180000.50")}
                   | ({Version.ACTUAL: d("150000")} if month < 11 else {}), {})
        for month in range(1, 13)
    )  # fmt: skip
    made = DeckFigures(
        organization="Nordbank",
        heading=("Figures of 29 Nov 2026, 09:00 UTC.", "The whole portfolio, as far as the reader may see it."),
        warnings=(),
        report_id="R-7KQ2M9",
        today=date(2026, 11, 29),
        figures=SETTINGS,
        overview=overview,
        months=months,
        stages=STAGES,
        variances=(measure(1),),
        steering=(
            steering(1),
            steering(2, measure(2, gate="blocked"), stopped="red for 3 months",
                     decide_by=datetime(2026, 12, 13, tzinfo=UTC)),
            steering(3, measure(3, gate="not_due"), gate_due=date(2027, 1, 15)),
        ),
        thresholds=StatusThresholds(d("0.95"), d("0.85")),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def nothing() -> DeckFigures:
    """No measure, no amount, no month."""
    empty = PortfolioOverview(PortfolioSums(), {}, {}, (), (), {}, {}, {}, {})
    return figures(overview=empty, months=(), variances=(), steering=(), stages={"": "None yet"})


def crowded() -> DeckFigures:
    """Long titles, forty rows, and amounts of fifteen digits."""
    large = replace(AMOUNTS, ebitda_plan=d("999999999999999.99"), variance=d("-123456789012345.67"))
    rows = tuple(measure(n, title=LONG, owner="Dr. A. Kaya-Lindström von und zu Beispielhausen", amounts=large,
                         deviation_reason=LONG * (9 if n == 7 else 1)) for n in range(40))  # fmt: skip
    asked = (("owner A. Kaya", AT), ("sponsor S. Sponsor", AT))
    committee = tuple(
        steering(row_number, row, asked=asked, deviation="the lifetime benefit is 53% below plan")
        for row_number, row in enumerate(replace(one, deviation_reason="") for one in rows)
    )
    stages = step_labels({f"s{n}": f"Stage {n} with a rather long name of its own" for n in range(15)})
    base = figures()
    overview = replace(base.overview, by_stage={f"s{n}": base.overview.total for n in range(15)})
    return figures(variances=rows, steering=committee, stages=stages, overview=overview,
                   organization="Nordbank Aktiengesellschaft, Transformation " * 5)  # fmt: skip


def unknown() -> DeckFigures:
    """Measures whose amounts nobody knows."""
    base = figures()
    sums = replace(base.overview.total, amounts=Amounts(), counted=0)
    bare = measure(1, amounts=Amounts(), title=None, owner="", deviation_reason="", step="", hierarchy=("", "", "", ""))
    overview = replace(
        base.overview, total=sums, by_stage={"": sums}, by_status={("grey", "grey"): sums}, in_year_losses={},
        run_rate_losses={},
    )  # fmt: skip
    return figures(overview=overview, variances=(bare,), months=(), steering=(
        steering(1, bare, sponsor="", blockers=(), implementation_reason="", potential_reason=""),
        steering(2, replace(bare, gate="breach"), next_stage="", next_label="", blockers=(), sponsor=""),
    ))  # fmt: skip
