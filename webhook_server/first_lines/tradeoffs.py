"""The first lines of the track record, of trade-offs, of one scenario and of two."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from connector.measures.track_record import ShownRecords
from governance.effects import ZERO
from governance.scenario import ScenarioFigures
from governance.tradeoffs import Goal, Question, Ranking
from webhook_server.formats import Formats


class Record(StrEnum):
    NOTHING = "No decision has promised anything by now."
    ONE = "Of {promised} promised at decision by now, {came} came ({share}), of 1 measure."
    SEVERAL = "Of {promised} promised at decision by now, {came} came ({share}), of {count} measures."


class Tradeoffs(StrEnum):
    NOT_ASKED = "What could be deferred, paused or stopped is not known before it is said what is to be preserved."
    NOTHING = "Nothing that could be deferred, paused or stopped would free anything in {year}."
    ONE = "1 measure could be deferred, paused or stopped in {year}. Nothing here changes a measure."
    SEVERAL = "{count} measures could be deferred, paused or stopped in {year}. Nothing here changes a measure."
    CAN_BE_MET = "{need} can be freed in {year}; it gives up {given_up}, and the cheapest way is ticked."
    CAN_BE_MET_FREELY = "{need} can be freed in {year}, and it gives nothing up; the cheapest way is ticked."
    CANNOT_BE_MET = "{need} cannot be freed in {year}: {freed} can, and all of it is ticked."


class Scenario(StrEnum):
    FREES = "It frees {freed} and gives up {given_up}."
    ENOUGH = "It frees {freed} and gives up {given_up}: that is enough."
    SHORT = "It frees {freed} and gives up {given_up}: {short} of what is needed is missing."
    FREES_AND_GAINS = "It frees {freed}, and {given_up} more comes over all months."
    ENOUGH_AND_GAINS = "It frees {freed}, and {given_up} more comes over all months: that is enough."
    SHORT_AND_GAINS = (
        "It frees {freed}, and {given_up} more comes over all months: {short} of what is needed is missing."
    )
    BESIDE = (
        "{one} frees {freed} and gives up {given_up}; {other} frees {other_freed} and gives up {other_given_up}, each "
        "by the figures that it was saved with."
    )


_COSTS = (Scenario.FREES, Scenario.SHORT, Scenario.ENOUGH)
_GAINS = (Scenario.FREES_AND_GAINS, Scenario.SHORT_AND_GAINS, Scenario.ENOUGH_AND_GAINS)


def record_line(shown: ShownRecords, formats: Formats) -> str:
    """What was promised by now, and what of it came."""
    whole = shown.whole
    if whole is None or whole.factor is None:
        return Record.NOTHING
    return (Record.ONE if whole.sample == 1 else Record.SEVERAL).format(
        promised=formats.money(whole.promised, shown.currency, 2),
        came=formats.money(whole.came, shown.currency, 2),
        share=formats.percent(whole.factor),
        count=formats.number(whole.sample),
    )


def tradeoffs_line(ranking: Ranking | None, formats: Formats) -> str:
    """Whether what is needed can be freed, and at which price; without a need how much there is to choose from."""
    if ranking is None:
        return Tradeoffs.NOT_ASKED
    question, proposed = ranking.question, ranking.proposed
    given_up = sum((one.given_up for one in proposed), ZERO)
    measures = len({one.id for one in ranking.candidates})
    if question.need and ranking.candidates:
        met = Tradeoffs.CAN_BE_MET if given_up > 0 else Tradeoffs.CAN_BE_MET_FREELY
        line = met if ranking.can_be_met else Tradeoffs.CANNOT_BE_MET
    elif not measures:
        line = Tradeoffs.NOTHING
    else:
        line = Tradeoffs.ONE if measures == 1 else Tradeoffs.SEVERAL
    return line.format(
        need=_freed(question.need, question, formats),
        freed=_freed(sum((one.relief for one in proposed), ZERO), question, formats),
        given_up=formats.money(given_up, question.currency, 2),
        count=formats.number(measures),
        year=question.year.label,
    )


def scenario_line(figures: ScenarioFigures, formats: Formats) -> str:
    """What a scenario frees, what it gives up, and whether that is enough."""
    question = figures.question
    frees, short, enough = _GAINS if figures.given_up < 0 else _COSTS
    line = (short if figures.short_by else enough) if question.need else frees
    return line.format(
        freed=_freed(figures.freed, question, formats),
        given_up=formats.money(abs(figures.given_up), question.currency, 2),
        short=_freed(figures.short_by, question, formats),
    )


def compared_line(
    one: str, figures: ScenarioFigures, other: str, other_figures: ScenarioFigures, formats: Formats
) -> str:  # fmt: skip
    """Two scenarios side by side."""
    return Scenario.BESIDE.format(
        one=one,
        freed=_freed(figures.freed, figures.question, formats),
        given_up=formats.money(figures.given_up, figures.question.currency, 2),
        other=other,
        other_freed=_freed(other_figures.freed, other_figures.question, formats),
        other_given_up=formats.money(other_figures.given_up, other_figures.question.currency, 2),
    )


def _freed(amount: Decimal, question: Question, formats: Formats) -> str:
    """Money, or hours a month of people."""
    if question.goal is Goal.CAPACITY:
        return f"{formats.number(amount, 1)} h"
    return formats.money(amount, question.currency, 2)
