"""The quarterly outcome review as a message with its slides."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlencode

from sqlalchemy import Engine

from connector.notify.attached_file import AttachedFile
from connector.papers.calendar.monthly_pack import DECK_TYPE
from connector.papers.calendar.paper import Paper, PaperBasis, file_names
from connector.papers.outcome_review import OutcomeReview, outcome_review
from connector.papers.review_deck import deck_of_review
from connector.papers.words import amount, money, percent, signed
from mapping.calendar_config import PaperKind

MOST = 5


def review_paper(basis: PaperBasis, *, with_files: bool = True) -> Paper:
    """Raises NoFigures."""
    subject = basis.subject
    review = outcome_review(
        basis.report, basis.active.config, subject.period, subject.zone, warnings=basis.sources.warnings,
        report_id=basis.report_id,
    )  # fmt: skip
    files = (review_file(review, basis.engine),) if with_files else ()
    return Paper(basis.title, _body(basis, review), files)


def review_file(review: OutcomeReview, engine: Engine) -> AttachedFile:
    """The slides, in the organisation's template.  Raises UnusableTemplate."""
    # Here: who only reads the text needs no library of slides.
    from connector.papers.deck.own_template import deck_template
    from connector.papers.deck.write import write_deck

    out = BytesIO()
    write_deck(deck_of_review(review), deck_template(engine), out, review.report_id)
    (name,) = file_names(PaperKind.OUTCOME_REVIEW, review.period.label)
    return AttachedFile(name, DECK_TYPE, out.getvalue())


def _body(basis: PaperBasis, review: OutcomeReview) -> str:
    total, currency = review.total, review.currency
    lines = [
        review.sentence, review.moves_sentence, review.refused_sentence, basis.report.as_of, *review.warnings, "",
        (f"Promised {amount(total.plan)} {currency}, latest estimate {amount(total.estimate)}, came "
         f"{amount(total.actual)}, difference {signed(total.difference)}."),
    ]  # fmt: skip
    lines += [
        f"- {place.name}: promised {money(place.plan, currency)}, came {money(place.actual, currency)}"
        + (f" ({percent(place.share)})" if place.share is not None else "")
        for place in review.places
    ]
    for heading, named in (
        ("What was stopped", [f"{one.key} {one.title}: {one.reason or one.step}" for one in review.stopped]),
        ("What the committee is asked to stop", [f"{one.key} {one.title}: {one.why}" for one in review.to_stop]),
        ("What was decided", [f"{one.key} {one.title}" for one in review.started]),
        ("What comes next", [f"{one.key} {one.title}: {one.gate}" for one in review.to_start]),
    ):
        if named:
            lines += ["", f"{heading} ({len(named):,})", *(f"- {one}" for one in named[:MOST])]
            lines += [f"- and {len(named) - MOST:,} more"] if len(named) > MOST else []
    lines += basis.unreported_lines
    return "\n".join([*lines, "", f"All of it: {review_address(basis)}", *basis.foot])


def review_address(basis: PaperBasis) -> str:
    """The page of this review, as known at the moment of the paper."""
    on = basis.report.on
    asked = {"period": basis.subject.period.label, **basis.subject.filters.query}
    asked |= {"on": on.text, "report": basis.report_id} if on is not None else {}
    return f"{basis.address}/calendar/review?{urlencode(asked)}"
