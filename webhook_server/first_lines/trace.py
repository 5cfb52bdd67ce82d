"""The first lines of the pages behind a number: what it is made of, what depends on a ticket, what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from connector.store.reporting.refused_demands import RefusedDemands
from governance.effects import ZERO
from webhook_server.formats import Formats


class Traced(StrEnum):
    NONE = "There are no figures yet."
    WHOLE = "“{figure}” is {total} over all that you may see."
    OF_PLACE = "“{figure}” is {total} in {place}."


class Ticket(StrEnum):
    NOT_ASKED = "Name a ticket to see which measures depend on it, and what they are worth."
    NONE = "No measure that you may see depends on {key}."
    ONE = "1 measure that you may see depends on {key}, with {amount} of planned EBITDA effect."
    SEVERAL = "{count} measures that you may see depend on {key}, with {amount} of planned EBITDA effect."
    ONE_UNPLANNED = "1 measure that you may see depends on {key}; it has no plan."
    SEVERAL_UNPLANNED = "{count} measures that you may see depend on {key}; none of them has a plan."


class Refused(StrEnum):
    NONE = "No request has an answer yet."
    THE_ONE_REFUSED = "The one answered request was refused; the target is {target} refused."
    THE_ONE_APPROVED = "The one answered request was approved; the target is {target} refused."
    NO_REFUSAL = "None of {requests} answered requests was refused; the target is {target}."
    ONE = "1 of {requests} answered requests was refused ({share}); the target is {target}."
    SEVERAL = "{refused} of {requests} answered requests were refused ({share}); the target is {target}."
    KEPT = "{kept} of planned one-off cost and investment is not spent."


def traced_line(figure: str, total: Decimal | None, currency: str, place: str, formats: Formats) -> str:
    """What the figure comes to; ``place`` is empty for everything."""
    line = Traced.OF_PLACE if place else Traced.WHOLE
    return line.format(figure=figure, total=formats.money(total, currency, 2), place=place)


def ticket_line(key: str, planned: Sequence[Decimal | None], currency: str, formats: Formats) -> str:
    """How many measures depend on a ticket, and what is planned of them."""
    if not key:
        return Ticket.NOT_ASKED
    known = [amount for amount in planned if amount is not None]
    if not planned:
        line = Ticket.NONE
    elif known:
        line = Ticket.ONE if len(planned) == 1 else Ticket.SEVERAL
    else:
        line = Ticket.ONE_UNPLANNED if len(planned) == 1 else Ticket.SEVERAL_UNPLANNED
    return line.format(
        key=key, count=formats.number(len(planned)), amount=formats.money(sum(known, ZERO), currency, 2)
    )  # fmt: skip


def refused_line(found: RefusedDemands, currency: str, formats: Formats) -> str:
    """Which share of the answered requests was refused, and what that keeps."""
    if found.share is None:
        return Refused.NONE
    if found.requests == 1:
        line = Refused.THE_ONE_REFUSED if found.refused else Refused.THE_ONE_APPROVED
    else:
        line = {0: Refused.NO_REFUSAL, 1: Refused.ONE}.get(found.refused, Refused.SEVERAL)
    digits = 1 if found.target * 1000 % 10 else 0
    said = line.format(
        refused=formats.number(found.refused),
        requests=formats.number(found.requests),
        share=formats.percent(found.share),
        target=formats.percent(found.target, digits),
    )
    if not found.kept:
        return said
    return f"{said} {Refused.KEPT.format(kept=formats.money(found.kept, currency, 2))}"
