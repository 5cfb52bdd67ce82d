"""The monthly pack: the workbook and the committee's deck, with a summary that can be read without them."""

from __future__ import annotations

from io import BytesIO

from connector.notify.attached_file import AttachedFile
from connector.papers.calendar.paper import Paper, PaperBasis, file_names
from connector.papers.deck.contents import DeckFigures, deck_of
from connector.papers.deck.read import deck_figures
from connector.papers.deck.status import status_sentence, things_to_know
from governance.time_text import month_text

DECK_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def monthly_pack(basis: PaperBasis, *, with_files: bool = True) -> Paper:
    """Raises NoFigures, and TooManyMeasures when a sheet cannot hold them."""
    figures = deck_figures(
        basis.report, basis.active.policies.base.thresholds, basis.sources, report_id=basis.report_id
    )
    return Paper(basis.title, _body(basis, figures), pack_files(basis, figures) if with_files else ())


def pack_files(basis: PaperBasis, figures: DeckFigures) -> tuple[AttachedFile, ...]:
    """Both files, with the period in their names."""
    # Here: who only writes or previews the text needs neither library.
    from connector.papers.deck.own_template import deck_template
    from connector.papers.deck.write import write_deck
    from connector.papers.workbook import write_workbook

    names = file_names(basis.subject.kind, basis.subject.period.label)
    deck, workbook = BytesIO(), BytesIO()
    write_deck(deck_of(figures), deck_template(basis.engine), deck, basis.report_id)
    write_workbook(basis.report, workbook, sources=basis.sources)
    return (
        AttachedFile(names[0], DECK_TYPE, deck.getvalue()),
        AttachedFile(names[1], WORKBOOK_TYPE, workbook.getvalue()),
    )


def _body(basis: PaperBasis, figures: DeckFigures) -> str:
    sentence, _ = status_sentence(figures.overview, figures.figures, figures.thresholds)
    lines = [sentence, *figures.heading[:1], *figures.warnings]
    things = things_to_know(figures.overview, figures.figures, figures.variances, figures.steering, figures.warnings)
    for number, (head, detail) in enumerate(things, 1):
        lines += ["", f"{number}. {head}", f"   {detail}"]
    lines += basis.unreported_lines
    if basis.open_lines:
        lines += ["", f"Open for {month_text(basis.subject.period.closing_month)}:", *basis.open_lines]
    return "\n".join([*lines, *basis.foot])
