"""The quarterly outcome review: what was promised, what came, what stops, what starts, and what was refused.

Amounts are those of the portfolio's curve by month, so that the review, the page and the deck come to the same cent.
Nothing that is not booked counts as come: a measure without an actual is named, and a quarter whose months are not all
over says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from connector.measures.committed_stages import committed_stages
from connector.papers.deck.decisions import DecisionAsked, decisions_asked
from connector.papers.report import Report
from connector.papers.review_sentences import CAME, MOVES, Came, answered_line
from connector.papers.words import money, percent, stated_percent
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.outcome_rows import AnsweredDemands, Moments, OutcomeRows, QuarterRow, StepRow
from connector.store.reporting.steering_rows import SteeringRow, SteeringRows
from connector.store.service_portfolio.objectives import read_objectives
from governance.definitions.years import YearName
from governance.effects import ZERO
from governance.evidence import Verb
from governance.facts import Fact, known
from governance.left_out import OFF_RAMP_LABELS
from governance.money import Period
from governance.outcomes import Objective, progress_by_objective
from governance.reporting_calendar import FiscalCalendar, PaperPeriod
from governance.roll_up import Amounts
from governance.time_text import day_text, month_text
from mapping.config import MappingConfig
from mapping.policy import Policies

MOST_LINES = 40
"""Measures that documents name; pages and API have them all."""


@dataclass(frozen=True, slots=True)
class QuarterSums:
    """EBITDA effect of the quarter's months, of the measures of one place that the totals hold."""

    name: str
    measures: int
    plan: Decimal
    estimate: Decimal
    actual: Decimal
    unbooked: int
    """Measures with a plan for the quarter and nothing booked in it."""

    @property
    def difference(self) -> Decimal:
        return self.actual - self.plan

    @property
    def share(self) -> Decimal | None:
        """What came of what was promised; ``None`` where nothing, or less than nothing, was."""
        return self.actual / self.plan if self.plan > 0 else None


@dataclass(frozen=True, slots=True)
class NextGate:
    """A measure whose gate into the decision or beyond it is due by the end of the next quarter."""

    id: str
    key: str
    title: str
    owner: str
    gate: str
    due: date | None
    """``None`` is now."""
    state: str
    run_rate_plan: Decimal | None


@dataclass(frozen=True, slots=True)
class ObjectiveProgress:
    name: str
    owner: str
    progress: Decimal | None
    unknown: str
    """Why it is not known."""


@dataclass(frozen=True, slots=True)
class OutcomeReview:
    """One quarter of one part of the portfolio, as one reader sees it."""

    organization: str
    period: PaperPeriod
    heading: tuple[str, ...]
    warnings: tuple[str, ...]
    report_id: str
    currency: str
    total: QuarterSums
    places: tuple[QuarterSums, ...]
    """By program, or by portfolio where none is named."""
    lines: tuple[QuarterRow, ...]
    """Every measure with an amount in the quarter, the largest shortfall first."""
    year: str
    amounts: Amounts
    """Of all that the totals hold: in-year and in all."""
    stopped: tuple[StepRow, ...]
    to_stop: tuple[DecisionAsked, ...]
    """What the committee is asked to stop."""
    started: tuple[StepRow, ...]
    to_start: tuple[NextGate, ...]
    finished: tuple[StepRow, ...]
    answered: AnsweredDemands
    """In the quarter."""
    answered_ever: AnsweredDemands
    objectives: tuple[ObjectiveProgress, ...]
    target: Decimal
    """Share of the answered demands that is to be refused."""

    @property
    def sentence(self) -> str:
        """``Of 2,000,000 EUR promised for FY2026-Q3, 1,500,000 EUR came (75 %); 2 measures with a plan …``"""
        total = self.total
        line = CAME[total.plan > 0][min(total.unbooked, 2)] if self.lines else Came.NOTHING
        return line.format(
            period=self.period.label,
            plan=money(total.plan, self.currency),
            actual=money(total.actual, self.currency),
            share=percent(total.share),
            silent=f"{total.unbooked:,}",
        )

    @property
    def moves_sentence(self) -> str:
        """``3 measures were stopped and 2 decided; …``: with what the committee is asked for."""
        return MOVES[len(self.stopped) == 1, len(self.to_start) == 1].format(
            stopped=f"{len(self.stopped):,}",
            started=f"{len(self.started):,}",
            to_stop=f"{len(self.to_stop):,}",
            gates=f"{len(self.to_start):,}",
        )

    @property
    def refused_sentence(self) -> str:
        """``2 of 5 demands were refused (40 %); the target of 30 % is reached.``"""
        answered = self.answered
        line = answered_line(answered.requests, answered.refused, reached=bool(self.reaches_target))
        return line.format(
            refused=f"{answered.refused:,}",
            requests=f"{answered.requests:,}",
            share=percent(answered.share),
            target=stated_percent(self.target),
        )

    @property
    def reaches_target(self) -> bool | None:
        """``None`` while nothing was answered."""
        return None if self.answered.share is None else self.answered.share >= self.target


def outcome_review(
    report: Report,
    config: MappingConfig,
    period: PaperPeriod,
    zone: tzinfo,
    *,
    warnings: Sequence[str] = (),
    report_id: str = "",
) -> OutcomeReview:
    """Raises NoFigures when nothing was calculated by that moment."""
    figures = report.figures
    at = report.on.at if report.on is not None else None
    policies = Policies(config)
    committed = committed_stages(config)
    within = Moments(*_moments(period, zone))
    rows = OutcomeRows(report.connection, report.viewer, report.filters, at)
    every = rows.months(period.months, report.rates, figures.currency)
    lines = tuple(
        sorted(
            (row for row in every if not row.plan is row.estimate is row.actual is None),
            key=lambda row: ((row.actual or ZERO) - (row.plan or ZERO), row.key),
        )
    )
    today = (at or report.made_at).date()
    following = fiscal_calendar(config).following(period)
    connection = report.connection if at is None else figures_at(report.connection, at)
    steering = SteeringRows(connection, report.viewer, report.filters).due_by(max(following.last, today))
    asked = decisions_asked(steering, today, figures.currency)
    by_portfolio = report.filters.portfolio is None
    return OutcomeReview(
        organization=report.organization,
        period=period,
        heading=_heading(report, period),
        warnings=(*warnings, *_unfinished(period, figures.closed)),
        report_id=report_id,
        currency=figures.currency,
        total=_sums("", lines),
        places=_places(lines, by_portfolio=by_portfolio),
        lines=lines,
        year=figures.year.label,
        amounts=report.overview.total.amounts,
        stopped=rows.stopped(within),
        to_stop=tuple(one for one in asked if one.recommended is Verb.CANCEL),
        started=rows.started(policies.committed_from, within),
        to_start=tuple(_next_gates(steering, committed)),
        finished=rows.finished(policies.base.closing_stage, within),
        answered=rows.answered(committed, within),
        answered_ever=rows.answered(committed),
        objectives=tuple(_objectives(read_objectives(report.connection))) if not report.filters else (),
        target=config.policy.refused_target,
    )


def fiscal_calendar(config: MappingConfig) -> FiscalCalendar:
    """The fiscal year of the mapping."""
    return FiscalCalendar(config.fiscal_year_start, YearName(config.fiscal_year_named_by))


def _moments(period: PaperPeriod, zone: tzinfo) -> tuple[datetime, datetime]:
    begin = datetime.combine(period.first, time(), zone).astimezone(UTC)
    return begin, datetime.combine(period.last + timedelta(days=1), time(), zone).astimezone(UTC)


def _heading(report: Report, period: PaperPeriod) -> tuple[str, ...]:
    part = ", ".join(f"{label}: {value}" for label, value in report.filters.labels)
    return (
        report.as_of,
        f"{period.label}: {day_text(period.first)} to {day_text(period.last)}.",
        f"Part: {part}." if part else "The whole portfolio, as far as the reader may see it.",
        f"EBITDA effect in {report.figures.currency}, at the rates of their months.",
    )


def _unfinished(period: PaperPeriod, closed: Period) -> tuple[str, ...]:
    last = period.closing_month
    if closed >= last:
        return ()
    said = f"{month_text(last)} is not over: months are closed up to {month_text(closed)}"
    return (f"{said}, so what came may still change.",)


def _sums(name: str, rows: Sequence[QuarterRow]) -> QuarterSums:
    return QuarterSums(
        name,
        len(rows),
        sum((row.plan or ZERO for row in rows), ZERO),
        sum((row.estimate or ZERO for row in rows), ZERO),
        sum((row.actual or ZERO for row in rows), ZERO),
        sum(1 for row in rows if row.plan is not None and row.actual is None),
    )


def _places(rows: Sequence[QuarterRow], *, by_portfolio: bool) -> tuple[QuarterSums, ...]:
    found: dict[str, list[QuarterRow]] = {}
    for row in rows:
        found.setdefault((row.portfolio if by_portfolio else row.program) or "not stated", []).append(row)
    return tuple(_sums(name, found[name]) for name in sorted(found))


def _next_gates(steering: Iterable[SteeringRow], committed: Sequence[str]) -> Iterable[NextGate]:
    for row in steering:
        measure = row.measure
        if row.next_stage in committed and not row.stopped and measure.step not in OFF_RAMP_LABELS:
            yield NextGate(
                measure.id, measure.key, measure.title or "", measure.owner or "", row.next_label, row.gate_due,
                row.next_state.label, measure.amounts.run_rate_plan,
            )  # fmt: skip


def _objectives(objectives: Sequence[Objective]) -> Iterable[ObjectiveProgress]:
    progress = progress_by_objective(objectives)
    for one in objectives:
        found: Fact[Decimal] = progress[one.key]
        yield ObjectiveProgress(one.name, one.owner, known(found), getattr(found, "reason", ""))
