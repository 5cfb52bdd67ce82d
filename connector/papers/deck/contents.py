"""What the steering committee's deck says, from the figures that the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from connector.papers.bridge import Bridge, Horizon, axis_minimum, bridge
from connector.papers.comparison import Comparison
from connector.papers.curve import NO_MONTHS, VERSION_LABELS, curve, year_end_row
from connector.papers.deck.comparison_slides import comparison_slides
from connector.papers.deck.decisions import MOST, DecisionAsked, decisions_asked
from connector.papers.deck.model import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Deck,
    Paragraph,
    Series,
    Slide,
    Table,
    Text,
    Tone,
    amounts_column,
)
from connector.papers.deck.stacked_bars import stacked_bars
from connector.papers.deck.status import StatusThresholds, status_sentence, things_to_know
from connector.papers.funnel import funnel
from connector.papers.words import amount, count, day, signed
from connector.store.reporting.portfolio_lists import MeasureRow
from connector.store.reporting.portfolio_results import CurvePoint, FigureSettings, PortfolioOverview
from connector.store.reporting.steering_rows import SteeringRow
from governance.capital import capitalised
from governance.definitions import years
from governance.definitions.report import REPORT, WORDS
from governance.definitions.sheet import name_of
from governance.definitions.sheet import sheet as definition_sheet
from governance.effects import ZERO, Version
from governance.left_out import LEFT_OUT_LABELS
from governance.time_text import month_text
from governance.verdict import GateState

EBITDA = WORDS["ebitda_plan"].term.name
GATE_DAYS = 90
MOST_ESCALATED = 25
"""Pages of single measures; further ones are in a list."""
SINGLE = ("variance", "pipeline", "delayed_benefit", "claimed", "validated", "unvalidated")
COLOURS = ("green", "amber", "red", "grey")
TONES = {"green": Tone.GREEN, "amber": Tone.AMBER, "red": Tone.RED, "grey": Tone.GREY}


@dataclass(frozen=True, slots=True)
class DeckFigures:
    """All that a deck is made of, read before anything is written."""

    organization: str
    heading: tuple[str, ...]
    """As of when, which part, at which rates, from which sources."""
    warnings: tuple[str, ...]
    """Sources that are past the limit."""
    report_id: str
    today: date
    """The day that the deck is of."""
    figures: FigureSettings
    overview: PortfolioOverview
    months: tuple[CurvePoint, ...]
    stages: Mapping[str, str]
    variances: tuple[MeasureRow, ...]
    steering: tuple[SteeringRow, ...]
    """Gates due within 90 days, and what is escalated."""
    thresholds: StatusThresholds
    comparison: Comparison | None = None


def deck_of(of: DeckFigures) -> Deck:
    """Every slide, in the order of the meeting."""
    decisions = decisions_asked(of.steering, of.today, of.figures.currency)
    slides = [
        _front(of),
        _status(of),
        _things(of),
        *(comparison_slides(of.comparison) if of.comparison is not None else ()),
        _pipeline(of),
        _matrix(of),
        *_bridges(of),
        _curve(of),
        _variances(of),
        *_decisions(of, decisions),
        _gates(of),
        *_escalated(of),
        _left_out(of),
        _terms(),
    ]
    footer = " · ".join(part for part in (of.heading[0], f"Report {of.report_id}" if of.report_id else "") if part)
    return Deck(f"{of.organization}: steering committee", footer, tuple(slides))


def _front(of: DeckFigures) -> Slide:
    lines = [Paragraph(line) for line in of.heading]
    lines += [Paragraph(warning, Tone.RED) for warning in of.warnings]
    if of.report_id:
        lines.append(
            Paragraph(
                f"Report {of.report_id}: whoever opens this number sees these figures, as far as they may see the "
                "measures.",
                Tone.MUTED,
                14,
            )
        )
    return Slide(f"{of.organization}: steering committee", (Text(tuple(lines)),), is_first=True)


def _status(of: DeckFigures) -> Slide:
    sentence, tone = status_sentence(of.overview, of.figures, of.thresholds)
    amounts = of.overview.total.amounts
    rows = []
    for line in REPORT:
        plan, estimate, actual = (
            getattr(amounts, name) if name else None for name in (line.plan, line.estimate, line.actual)
        )
        if plan is None and estimate is None and actual is None:
            continue
        difference = None if plan is None or estimate is None else estimate - plan
        rows.append(_row(line.name, amount(plan), amount(estimate), signed(difference), amount(actual)))
    is_replaced = Horizon.IN_YEAR.is_replaced(of.overview.total)
    columns = (
        Column(f"Amounts in {of.figures.currency}", 2.6),
        amounts_column("Plan current" if is_replaced else "Plan", 1.2), amounts_column("Latest estimate", 1.2),
        amounts_column("Difference", 1.2), amounts_column("Actual", 1.2),
    )  # fmt: skip
    single = tuple(_row(WORDS[name].heading, amount(getattr(amounts, name))) for name in SINGLE)
    further = Table(
        (Column(f"Further figures in {of.figures.currency}", 2.6), amounts_column("Amount", 1.2)), single, 11
    )
    return Slide("Status", (Text((Paragraph(sentence, tone, 18),)), Table(columns, tuple(rows), 11), further))


def _things(of: DeckFigures) -> Slide:
    things = things_to_know(of.overview, of.figures, of.variances, of.steering, of.warnings)
    paragraphs = [
        paragraph
        for number, (head, detail) in enumerate(things, 1)
        for paragraph in (Paragraph(f"{number}. {head}", Tone.STRONG, 18), Paragraph(detail, Tone.PLAIN, 15))
    ]
    return Slide("Three things to know", (Text(tuple(paragraphs)),))


def _pipeline(of: DeckFigures) -> Slide:
    rows = funnel(of.overview, of.stages)
    currency = of.figures.currency
    if not rows:
        return Slide("Pipeline by stage", (Text((Paragraph("There is no measure in any stage."),)),))
    chart = Chart(
        ChartKind.BARS,
        f"{name_of(years.run_rate)} by stage, {currency} a year",
        tuple(row.label for row in rows),
        (
            Series("Plan", tuple(row.sums.amounts.run_rate_plan for row in rows), Tone.MUTED),
            Series("Latest estimate", tuple(row.sums.amounts.run_rate_estimate for row in rows), Tone.STRONG),
        ),
    )
    columns = (
        Column("Stage", 1.5), amounts_column("Measures", 1.15), amounts_column("Plan", 1.5),
        amounts_column("Latest estimate", 1.5), amounts_column("Held up", 0.9),
    )  # fmt: skip
    table = Table(
        columns,
        tuple(
            _row(
                row.label, f"{row.sums.measures:,}", amount(row.sums.amounts.run_rate_plan),
                amount(row.sums.amounts.run_rate_estimate), f"{row.sums.held_up:,}",
            )
            for row in rows
        ),
        11,
    )  # fmt: skip
    return Slide("Pipeline by stage", (chart, table))


def _matrix(of: DeckFigures) -> Slide:
    cells = of.overview.by_status
    columns = (Column("Implementation ↓  Potential →", 1.2), *(amounts_column(_colour(one), 1) for one in COLOURS))
    rows = []
    for implementation in COLOURS:
        row = [Cell(_colour(implementation), TONES[implementation])]
        for potential in COLOURS:
            sums = cells.get((implementation, potential))
            misleads = implementation == "green" and potential == "red" and sums is not None
            text = f"{count(sums.measures, 'measure')}\n{amount(sums.amounts.run_rate_plan)}" if sums else "–"
            row.append(Cell(text, Tone.RED if misleads else Tone.PLAIN))
        rows.append(tuple(row))
    note = (
        f"Measures, and their planned run-rate in {of.figures.currency} a year. Rows: is the work on schedule? "
        "Columns: will the benefit be realised? Green work with a red benefit is where status reports mislead."
    )
    return Slide(
        "Implementation status against potential status",
        (Text((Paragraph(note, Tone.MUTED, 13),)), Table(columns, tuple(rows), 16)),
    )


def _colour(name: str) -> str:
    return "Unknown" if name == "grey" else name.capitalize()


def _bridges(of: DeckFigures) -> list[Slide]:
    currency, slides = of.figures.currency, []
    for horizon, title, unit in (
        (Horizon.IN_YEAR, f"From plan to latest estimate: in-year, {of.figures.year.label}", currency),
        (Horizon.RUN_RATE, "From plan to latest estimate: run-rate", f"{currency} a year"),
    ):
        made = bridge(of.overview, horizon, "cause", of.stages)
        slides.append(Slide(title, (_bridge_chart(made, unit), _bridge_table(made, unit))))
    return slides


def _bridge_chart(made: Bridge, unit: str) -> Chart:
    steps = ((made.begin, None, made.plan), *((step.name, step.amount, ZERO) for step in made.steps))
    minimum = axis_minimum(made)
    note = "; the axis does not begin at 0" if minimum > 0 else ""
    return stacked_bars(f"{unit}{note}", (*steps, ("Latest estimate", None, made.estimate)), minimum)


def _bridge_table(made: Bridge, unit: str) -> Table:
    rows = [
        (Cell(made.begin, Tone.STRONG), Cell(amount(made.plan), Tone.STRONG)),
        *(_row(step.name, signed(step.amount)) for step in made.steps),
        (Cell("Latest estimate", Tone.STRONG), Cell(amount(made.estimate), Tone.STRONG)),
    ]
    return Table((Column("Step", 1.4), amounts_column(unit, 1.2)), tuple(rows))


def _curve(of: DeckFigures) -> Slide:
    title = "Plan, latest estimate and actual over time"
    rows = curve(of.months)
    if not rows:
        return Slide(title, (Text((Paragraph(NO_MONTHS),)),))
    tones = {Version.PLAN: Tone.MUTED, Version.FORECAST: Tone.STRONG, Version.ACTUAL: Tone.GREEN}
    chart = Chart(
        ChartKind.LINES,
        f"EBITDA effect added up, {of.figures.currency}",
        tuple(str(row.month) for row in rows),
        tuple(
            Series(VERSION_LABELS[version], tuple(row.total[version] for row in rows), tones[version])
            for version in (Version.PLAN, Version.FORECAST, Version.ACTUAL)
        ),
    )
    end = year_end_row(rows, of.figures) or rows[-1]
    said = "; ".join(f"{VERSION_LABELS[version].lower()} {amount(end.total[version])}" for version in tones)
    booked = [row for row in rows if row.total[Version.ACTUAL] is not None]
    if booked and booked[-1].month < end.month:
        planned = "; ".join(
            f"{VERSION_LABELS[version].lower()} {amount(end.total[version])}"
            for version in tones
            if version is not Version.ACTUAL
        )
        said = f"{planned}; actual by {month_text(booked[-1].month)} {amount(booked[-1].total[Version.ACTUAL])}"
    return Slide(
        title, (Text((Paragraph(f"By {month_text(end.month)}, {of.figures.currency}: {said}.", size=14),)), chart)
    )


def _variances(of: DeckFigures) -> Slide:
    if not of.variances:
        return Slide(
            "Largest losses against plan",
            (Text((Paragraph("No measure is expected to end below its plan."),)),),
        )
    columns = (
        Column("Measure", 2.6), amounts_column("Plan", 1.2),
        amounts_column("Latest estimate", 1.2),
        amounts_column("Variance", 1.2), Column("Reason", 2.4), Column("Owner", 1.1),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(f"{row.key} {row.title or ''}"), Cell(amount(row.amounts.ebitda_plan)),
            Cell(amount(row.amounts.ebitda_estimate)), Cell(signed(row.amounts.variance)),
            Cell(row.deviation_reason or "no reason given yet", Tone.PLAIN if row.deviation_reason else Tone.RED),
            Cell(row.owner or "nobody named"),
        )
        for row in of.variances
    )  # fmt: skip
    return Slide(f"Largest losses against plan, {EBITDA}, {of.figures.currency}", (Table(columns, rows, 11),))


def _decisions(of: DeckFigures, decisions: Sequence[DecisionAsked]) -> list[Slide]:
    if not decisions:
        text = "No decision is asked for: no gate waits for an approval, and nothing is stopped or unexplained."
        return [Slide("Decisions asked for", (Text((Paragraph(text),)),))]
    shown = decisions[:MOST]
    slides = [_decision(one, number, len(shown), of) for number, one in enumerate(shown, 1)]
    rest = decisions[MOST:]
    if rest:
        columns = (Column("Measure", 2.4), Column("Question", 3.4), Column("Decides", 2), Column("By", 0.9))
        rows = tuple(_row(f"{one.key} {one.title or ''}", one.question, one.who, day(one.deadline)) for one in rest)
        note = Paragraph("Not for this meeting: these are on My work of whoever decides.", Tone.MUTED, 13)
        slides.append(Slide("Further open decisions", (Text((note,)), Table(columns, rows, 11))))
    return slides


def _decision(one: DecisionAsked, number: int, of_all: int, of: DeckFigures) -> Slide:
    rows = tuple(
        (
            Cell(f"/{option.verb.value}", Tone.STRONG if option.verb is one.recommended else Tone.PLAIN),
            Cell(option.text, Tone.STRONG if option.verb is one.recommended else Tone.PLAIN),
            Cell("recommended" if option.verb is one.recommended else ""),
        )
        for option in one.options
    )
    stake = f"{amount(one.stake)} {of.figures.currency}" if one.stake else "not known, or nothing"
    facts = (
        Paragraph(one.question, Tone.STRONG, 17),
        Paragraph(f"Recommendation: {_label_of(one)} {one.why}", size=15),
        Paragraph(f"Decides: {one.who}. Deadline: {day(one.deadline)}. At stake: {stake}.", size=15),
    )
    table = Table((Column("Option", 1), Column("What it means", 5), Column("", 1.3)), rows, 14)
    note = Paragraph("A comment on this page that begins with an option is read back as the decision.", Tone.MUTED, 12)
    return Slide(
        f"Decision {number} of {of_all}: {one.key} {one.title or ''}".strip(),
        (Text(facts), table, Text((note,))),
        measure=one.measure,
        stage=one.stage,
    )


def _label_of(one: DecisionAsked) -> str:
    return next(option.text for option in one.options if option.verb is one.recommended)


def _gates(of: DeckFigures) -> Slide:
    until = of.today + timedelta(days=GATE_DAYS)
    title = f"Gates of the next {GATE_DAYS} days"
    held = [row for row in of.steering if row.item_gate.holds_up]
    later = [row for row in of.steering if row not in held and row.gate_due is not None and row.gate_due <= until]
    due = [*held, *sorted(later, key=lambda row: (row.gate_due or of.today, row.measure.key))]
    if not due:
        return Slide(title, (Text((Paragraph(f"No gate is due until {day(until)}."),)),))
    columns = (
        Column("Due", 0.8), Column("Measure", 2.3), Column("Gate", 1.2), Column("State", 0.9), Column("Missing", 5),
        amounts_column("Benefit that waits", 1.2), Column("Owner", 1.1),
    )  # fmt: skip
    rows = tuple(
        _row(
            "now" if row in held else day(row.gate_due), f"{row.measure.key} {row.measure.title or ''}", row.next_label,
            row.next_state.label, "; ".join(one.reason for one in row.blockers) or "–",
            amount(row.measure.amounts.delayed_benefit), row.measure.owner or "nobody named",
        )
        for row in due
    )  # fmt: skip
    return Slide(title, (Table(columns, rows, 11),))


def _escalated(of: DeckFigures) -> list[Slide]:
    found = [row for row in of.steering if row.is_escalated]
    if not found:
        return [Slide("Escalated measures", (Text((Paragraph("Nothing is escalated."),)),))]
    slides = [_escalated_measure(row, of) for row in found[:MOST_ESCALATED]]
    rest = found[MOST_ESCALATED:]
    if rest:
        columns = (Column("Measure", 3), Column("Escalated because", 4), Column("Owner", 1.3))
        rows = tuple(
            _row(f"{row.measure.key} {row.measure.title or ''}", _why_escalated(row), row.measure.owner) for row in rest
        )
        slides.append(Slide("Further escalated measures", (Table(columns, rows, 11),)))
    return slides


def _why_escalated(row: SteeringRow) -> str:
    parts = []
    if row.stopped:
        parts.append(f"Stopped by the kill switch: {row.stopped}")
    if row.is_breach:
        parts.append(f"The work went past the gate {row.next_label}")
    if row.waits_for_reason:
        asked = ", ".join(f"{who} on {day(at)}" for who, at in row.asked)
        deviation = row.deviation or "it is past its tolerance"
        parts.append(f"{capitalised(deviation)}; asked for the reason: {asked}")
    return ". ".join(parts)


def _gate(row: SteeringRow) -> str:
    """Which one, and its state."""
    if not row.next_label:
        return "every gate is open" if row.item_gate is GateState.OPEN else f"gate {row.item_gate.label.lower()}"
    return f"gate into {row.next_label} {row.next_state.label.lower()}"


def _escalated_measure(row: SteeringRow, of: DeckFigures) -> Slide:
    measure, amounts = row.measure, row.measure.amounts
    place = " / ".join(name for name in measure.hierarchy if name) or "no place in the hierarchy is stated"
    facts = (
        Paragraph(f"{_why_escalated(row)}.", Tone.STRONG, 16),
        Paragraph(
            f"{place}. Owner {measure.owner or 'nobody named'}, sponsor {row.sponsor or 'nobody named'}. "
            f"Stage {of.stages.get(measure.step, measure.step)}, {_gate(row)}.",
            size=14,
        ),
        Paragraph(
            f"Implementation {_colour(measure.implementation).lower()}: {row.implementation_reason or '–'}", size=14
        ),
        Paragraph(f"Potential {_colour(measure.potential).lower()}: {row.potential_reason or '–'}", size=14),
    )
    columns = (Column(f"Amounts in {of.figures.currency}", 2), amounts_column("Plan", 1.2),
               amounts_column("Latest estimate", 1.2), amounts_column("Difference", 1.2))  # fmt: skip
    rows = []
    for name, plan, estimate in (
        (EBITDA, amounts.ebitda_plan, amounts.ebitda_estimate),
        ("In-year, EBITDA effect", amounts.in_year_plan, amounts.in_year_estimate),
        ("Run-rate", amounts.run_rate_plan, amounts.run_rate_estimate),
    ):
        difference = None if plan is None or estimate is None else estimate - plan
        rows.append(_row(name, amount(plan), amount(estimate), signed(difference)))
    missing = tuple(_row(one.reason, one.who or "–") for one in row.blockers)
    blocks: list[Text | Table] = [Text(facts), Table(columns, tuple(rows), 12)]
    if missing:
        blocks.append(Table((Column("What is missing", 4), Column("Who must act", 2)), missing, 12))
    return Slide(
        f"Escalated: {measure.key} {measure.title or ''}".strip(),
        tuple(blocks),
        measure=measure.id,
        stage=row.next_stage,
    )


def _left_out(of: DeckFigures) -> Slide:
    title = "What the totals leave out"
    if not of.overview.left_out:
        return Slide(title, (Text((Paragraph("The totals hold every measure that has a plan and a forecast."),)),))
    columns = (Column("Reason", 2), amounts_column("Measures", 1), amounts_column("EBITDA effect, plan", 1.5))
    rows = tuple(
        _row(LEFT_OUT_LABELS[reason], f"{sums.measures:,}", amount(sums.amounts.ebitda_plan))
        for reason, sums in of.overview.left_out.items()
    )
    return Slide(title, (Table(columns, rows, 13),))


def _terms() -> Slide:
    columns = (Column("Term", 1.4), Column("Formula", 3), Column("Source", 2.4))
    rows = tuple(_row(one.name, one.formula, one.source) for one in definition_sheet())
    return Slide("Appendix: definitions", (Table(columns, rows, 11),))


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)
