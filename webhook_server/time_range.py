"""Which time a list shows: all of it, a ready range up to now, or from one moment until another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from werkzeug.exceptions import BadRequest

from connector.store.operations.time_span import TimeSpan
from webhook_server.formats import Formats

FROM, UNTIL, SPAN = "from", "until", "span"
"""Parameters of an address."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    span: TimeSpan | None
    since: datetime | None
    until: datetime | None
    """Not itself part of the range."""
    label: str
    """``in the last hour``, ``from 21 Nov 2026, 14:00 until 21 Nov 2026, 15:00``; empty for all of it."""
    written: Mapping[str, str]
    """``from`` and ``until`` as a form shows them."""


def time_range(args: Mapping[str, str], formats: Formats) -> TimeRange:
    """The range that an address names, in the reader's time zone; moments go before a ready range.

    Answers 400 for what is no moment.
    """
    since, until = _moment(args, FROM, formats), _moment(args, UNTIL, formats, ends=True)
    if since is not None or until is not None:
        if since is not None and until is not None and since >= until:
            raise BadRequest("The range of time ends before it begins. Choose a later end.")
        written = {name: formats.input_moment(one) for name, one in ((FROM, since), (UNTIL, until)) if one is not None}
        return TimeRange(None, since, until, _label(since, until, formats), written)
    span = TimeSpan.chosen(args.get(SPAN, ""))
    if span is None:
        return TimeRange(None, None, None, "", {})
    return TimeRange(span, span.first_bar(formats.now), None, f"in {span.label}", {})


def _label(since: datetime | None, until: datetime | None, formats: Formats) -> str:
    if since is None:
        return f"until {formats.moment(until)}"
    if until is None:
        return f"since {formats.moment(since)}"
    return f"from {formats.moment(since)} until {formats.moment(until)}"


def _moment(args: Mapping[str, str], name: str, formats: Formats, *, ends: bool = False) -> datetime | None:
    """A day or a moment as an input holds it; a range that ends on a day holds that whole day."""
    written = args.get(name, "").strip()
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
        if ends and len(written) == len("2026-11-21") and date.fromisoformat(written):
            found += timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=formats.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f'"{written[:40]}" is not a moment. Write it as 2026-11-21 or 2026-11-21T14:03.') from error
