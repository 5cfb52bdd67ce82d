"""The quarterly outcome review as slides."""

from __future__ import annotations

from collections.abc import Sequence

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
from connector.papers.outcome_review import MOST_LINES, OutcomeReview, QuarterSums
from connector.papers.words import amount, day, percent, signed, stated_percent
from connector.store.reporting.outcome_rows import QuarterRow, StepRow
from governance.effects import ZERO
from governance.left_out import OFF_RAMP_LABELS


def deck_of_review(review: OutcomeReview) -> Deck:
    """Every slide, in the order of the meeting."""
    slides = (
        _front(review), _answer(review), _promised(review), _places(review), _lines(review),
        _stops(review), _starts(review), _refused(review), *_objectives(review),
    )  # fmt: skip
    footer = " · ".join(
        part for part in (review.heading[0], f"Report {review.report_id}" if review.report_id else "") if part
    )
    return Deck(f"{review.organization}: outcome review {review.period.label}", footer, slides)


def _front(review: OutcomeReview) -> Slide:
    lines = [Paragraph(line) for line in review.heading]
    lines += [Paragraph(warning, Tone.RED) for warning in review.warnings]
    return Slide(f"{review.organization}: outcome review {review.period.label}", (Text(tuple(lines)),), is_first=True)


def _answer(review: OutcomeReview) -> Slide:
    refused = Tone.PLAIN if review.reaches_target is None else Tone.GREEN if review.reaches_target else Tone.RED
    paragraphs = (
        Paragraph(review.sentence, Tone.STRONG, 20),
        Paragraph(review.moves_sentence, Tone.PLAIN, 18),
        Paragraph(review.refused_sentence, refused, 18),
    )
    return Slide("The quarter in three sentences", (Text(paragraphs),))


def _promised(review: OutcomeReview) -> Slide:
    total, found = review.total, review.amounts
    rows = (
        _row(f"Promised for {review.period.label}", amount(total.plan)),
        _row("Latest estimate", amount(total.estimate)),
        _row("Came", amount(total.actual)),
        _row("Difference", signed(total.difference)),
        _row(f"In-year, {review.year}: decided", amount(found.in_year_original)),
        _row(f"In-year, {review.year}: latest estimate", amount(found.in_year_estimate)),
        _row(f"In-year, {review.year}: booked", amount(found.in_year_actual)),
        _row("Validated by controllers, all months", amount(found.validated)),
        _row("Booked and signed by nobody, all months", amount(found.unvalidated)),
    )
    table = Table((Column("EBITDA effect", 3), amounts_column(review.currency, 1.4)), rows, 13)
    chart = Chart(
        ChartKind.BARS,
        f"EBITDA effect of {review.period.label}, {review.currency}",
        ("Promised", "Latest estimate", "Came"),
        (Series("EBITDA effect", (total.plan, total.estimate, total.actual), Tone.STRONG),),
    )
    return Slide("What was promised, and what came", (chart, table))


def _places(review: OutcomeReview) -> Slide:
    title = "Where it came, and where it did not"
    if not review.places:
        return Slide(title, (Text((Paragraph("Nothing was planned for the quarter."),)),))
    columns = (
        Column("Part", 2), amounts_column("Measures", 0.9), amounts_column("Promised", 1.3),
        amounts_column("Latest estimate", 1.3), amounts_column("Came", 1.3), amounts_column("Difference", 1.3),
        amounts_column("Share", 0.7), amounts_column("Nothing booked", 0.9),
    )  # fmt: skip
    rows = [_place(place) for place in review.places]
    total = tuple(Cell(cell.text, Tone.STRONG) for cell in _place(review.total))
    return Slide(title, (Table(columns, (*rows, (Cell("In all", Tone.STRONG), *total[1:])), 12),))


def _place(place: QuarterSums) -> tuple[Cell, ...]:
    return _row(
        place.name, f"{place.measures:,}", amount(place.plan), amount(place.estimate), amount(place.actual),
        signed(place.difference), percent(place.share), f"{place.unbooked:,}",
    )  # fmt: skip


def _lines(review: OutcomeReview) -> Slide:
    title = "Largest differences by measure"
    if not review.lines:
        return Slide(title, (Text((Paragraph("No measure has an amount in the quarter."),)),))
    columns = (
        Column("Measure", 2.6), amounts_column("Promised", 1.2), amounts_column("Came", 1.2),
        amounts_column("Difference", 1.2), Column("Reason", 2.3), Column("Owner", 1.1),
    )  # fmt: skip
    note = f"{len(review.lines):,} measures have amounts in the quarter; all of them are on the page."
    text = (Text((Paragraph(note, Tone.MUTED, 12),)),) if len(review.lines) > MOST_LINES else ()
    return Slide(title, (*text, Table(columns, tuple(_line(row) for row in review.lines[:MOST_LINES]), 11)))


def _line(row: QuarterRow) -> tuple[Cell, ...]:
    came = (row.actual or ZERO) - (row.plan or ZERO)
    missing = row.plan is not None and row.actual is None
    return (
        Cell(f"{row.key} {row.title}".strip()), Cell(amount(row.plan)),
        Cell("nothing booked" if missing else amount(row.actual), Tone.RED if missing else Tone.PLAIN),
        Cell(signed(came)), Cell(row.reason or "–"), Cell(row.owner or "nobody named"),
    )  # fmt: skip


def _stops(review: OutcomeReview) -> Slide:
    columns = (
        Column("Measure", 2.6), Column("What", 1.1), Column("When", 0.9), Column("Why, and who", 3),
        amounts_column("Planned run-rate", 1.2),
    )  # fmt: skip
    rows = [
        _row(
            f"{one.key} {one.title}", OFF_RAMP_LABELS.get(one.step, one.step), day(one.at),
            " · ".join(part for part in (one.reason, one.by) if part) or "–", amount(one.run_rate_plan),
        )
        for one in review.stopped
    ]  # fmt: skip
    rows += [
        (
            Cell(f"{one.key} {one.title}".strip()), Cell("to be stopped", Tone.RED), Cell(day(one.deadline)),
            Cell(f"{one.why} Decides: {one.who}."), Cell(amount(one.stake or None)),
        )
        for one in review.to_stop
    ]  # fmt: skip
    if not rows:
        return Slide("What stops", (Text((Paragraph("Nothing was stopped, and nothing is to be."),)),))
    return Slide("What stops", (Table(columns, tuple(rows), 11),))


def _starts(review: OutcomeReview) -> Slide:
    columns = (
        Column("Measure", 3), Column("What", 1.6), Column("When", 0.9), Column("Owner", 1.3),
        amounts_column("Planned run-rate", 1.3),
    )  # fmt: skip
    rows = [*_moved(review.started, "decided"), *_moved(review.finished, "closed with its value")]
    rows += [
        _row(
            f"{one.key} {one.title}", f"{one.gate}, {one.state.lower()}", day(one.due) if one.due else "now",
            one.owner or "nobody named", amount(one.run_rate_plan),
        )
        for one in review.to_start
    ]  # fmt: skip
    if not rows:
        text = "Nothing was decided, and no gate is due next."
        return Slide("What starts", (Text((Paragraph(text),)),))
    return Slide("What starts", (Table(columns, tuple(rows), 11),))


def _moved(rows: Sequence[StepRow], what: str) -> list[tuple[Cell, ...]]:
    return [
        _row(f"{one.key} {one.title}", what, day(one.at), one.owner or "nobody named", amount(one.run_rate_plan))
        for one in rows
    ]


def _refused(review: OutcomeReview) -> Slide:
    rows = tuple(
        _row(
            name, f"{found.requests:,}", f"{found.refused:,}", f"{found.approved:,}", percent(found.share),
            stated_percent(review.target),
        )
        for name, found in ((review.period.label, review.answered), ("Since the beginning", review.answered_ever))
    )  # fmt: skip
    columns = (
        Column("", 2), amounts_column("Answered", 1), amounts_column("Refused", 1), amounts_column("Decided", 1),
        amounts_column("Share refused", 1.2), amounts_column("Target", 1),
    )  # fmt: skip
    return Slide(
        "Demands that were refused", (Text((Paragraph(review.refused_sentence, size=17),)), Table(columns, rows, 14))
    )


def _objectives(review: OutcomeReview) -> tuple[Slide, ...]:
    if not review.objectives:
        return ()
    columns = (
        Column("Objective", 3),
        Column("Owner", 1.4),
        amounts_column("Progress", 1),
        Column("Not known because", 3),
    )
    rows = tuple(
        _row(one.name, one.owner or "–", percent(one.progress), one.unknown or "–") for one in review.objectives
    )
    return (Slide("Objectives", (Table(columns, rows, 12),)),)


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)
