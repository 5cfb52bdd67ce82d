"""The first lines of the ledger and of imports."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from governance.money import Period
from governance.month_close import CloseItem, CloseStep, StepKind
from webhook_server.formats import Formats


class Closed(StrEnum):
    NONE = "No month is closed yet."
    NONE_OF = "No month of {entity} is closed yet."
    THROUGH = "{month} is the last closed month."
    THROUGH_OF = "{month} is the last closed month of {entity}."


class Prepared(StrEnum):
    """What a second person has to answer."""

    CLOSE = "The close of {month} waits for a second person until {until}."
    CLOSE_OF = "The close of {month} of {entity} waits for a second person until {until}."
    REOPENING = "The reopening of {month} waits for a second person until {until}."
    REOPENING_OF = "The reopening of {month} of {entity} waits for a second person until {until}."


class ToDo(StrEnum):
    ONE = "1 thing is not done of {month}: {who} has to act by {due}."
    SEVERAL = "{count} things are not done of {month}, the first of them due by {due}."
    MANY = "More than {count} things are not done of {month}, the first of them due by {due}."


class Quarantine(StrEnum):
    NONE = "No row waits for a measure."
    ONE = "1 row waits for a measure: its month stays open until somebody names one."
    SEVERAL = "{count} rows wait for a measure: their months stay open until somebody names one."
    NONE_OF_PERSON = "No row without a measure waits for “{person}”."
    ONE_OF_PERSON = "1 row without a measure waits for “{person}”."
    SEVERAL_OF_PERSON = "{count} rows without a measure wait for “{person}”."


def closed_line(entity: str, through: Period | None, formats: Formats) -> str:
    """Through which month it is closed; ``entity`` is empty for all together."""
    if through is None:
        line = Closed.NONE_OF if entity else Closed.NONE
    else:
        line = Closed.THROUGH_OF if entity else Closed.THROUGH
    return line.format(entity=entity, month=formats.month(through))


def prepared_line(step: CloseStep, formats: Formats) -> str:
    """What waits for a second person, and until when."""
    if step.kind is StepKind.REOPENING_REQUESTED:
        line = Prepared.REOPENING_OF if step.legal_entity else Prepared.REOPENING
    else:
        line = Prepared.CLOSE_OF if step.legal_entity else Prepared.CLOSE
    return line.format(
        month=formats.month(step.month), entity=step.legal_entity, until=formats.moment(step.ends_at)
    )  # fmt: skip


def to_do_line(month: Period, items: Sequence[CloseItem], formats: Formats, *, is_cut: bool) -> str:
    """What is not done of a month; empty where everything is."""
    if not items:
        return ""
    first = min(items, key=lambda one: one.due)
    line = ToDo.MANY if is_cut else ToDo.ONE if len(items) == 1 else ToDo.SEVERAL
    return line.format(
        count=formats.number(len(items)), month=formats.month(month), who=first.who, due=formats.day(first.due)
    )


def quarantine_line(rows: int, person: str, formats: Formats) -> str:
    """How many rows of imports match no measure, of all or of those that one person has to decide on."""
    if person:
        several = {0: Quarantine.NONE_OF_PERSON, 1: Quarantine.ONE_OF_PERSON}.get(rows, Quarantine.SEVERAL_OF_PERSON)
    else:
        several = {0: Quarantine.NONE, 1: Quarantine.ONE}.get(rows, Quarantine.SEVERAL)
    return several.format(count=formats.number(rows), person=person)
