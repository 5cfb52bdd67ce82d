"""The first line of the page of objectives."""

from __future__ import annotations

from enum import StrEnum

from governance.money import Period
from governance.outcomes import TeamCoverage, share
from webhook_server.formats import Formats


class Outcomes(StrEnum):
    UNSTATED = "No objective is stated, so that a measure serves one when it names any."
    NONE_OF_PERSON = "No objective is owned by anybody of this name."
    ONE = "1 objective is stated."
    SEVERAL = "{count} objectives are stated."
    ONE_OF_PERSON = "1 objective is owned by somebody of this name."
    SEVERAL_OF_PERSON = "{count} objectives are owned by somebody of this name."
    NOTHING_BOOKED = "Nothing is booked this fiscal year."
    ALL_SERVES = "All of the {spend} spent from {first} to {last} serves an objective."
    SOME_SERVES_NONE = "Of the {spend} spent from {first} to {last}, {without} serves no objective ({share})."


def outcomes_line(
    count: int, whole: TeamCoverage, first: Period, last: Period, currency: str, formats: Formats, *, stated: bool,
    person: str = "",
) -> str:  # fmt: skip
    """How many objectives there are, and what of the year's spend serves none of them."""
    if not stated:
        begin = Outcomes.UNSTATED
    elif person:
        owned = Outcomes.ONE_OF_PERSON if count == 1 else Outcomes.SEVERAL_OF_PERSON
        begin = owned if count else Outcomes.NONE_OF_PERSON
    else:
        begin = Outcomes.ONE if count == 1 else Outcomes.SEVERAL
    without = share(whole.spend_without, whole.spend)
    spent = Outcomes.SOME_SERVES_NONE if whole.spend_without else Outcomes.ALL_SERVES
    money = (spent if without is not None else Outcomes.NOTHING_BOOKED).format(
        spend=formats.money(whole.spend, currency, 2),
        first=formats.month(first),
        last=formats.month(last),
        without=formats.money(whole.spend_without, currency, 2),
        share=formats.percent(without),
    )
    return f"{begin.format(count=formats.number(count))} {money}"
