"""The two statuses: is the work on time, and will the money come.

"Umsetzungs- und Effekt-Controlling sind zwei Paar Schuhe" (gci-management.com): the two are assessed apart,
each from numbers, and what is not known is grey, never green.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from governance.effects import Effects
from governance.evidence import Evidence
from governance.facts import known
from governance.gates import Thresholds
from governance.locked_terms import LockedTerms, as_locked
from governance.measure import Measure
from governance.money import Money
from governance.schedule import progress_of, shows_done
from governance.verdict import Colour, Status

ONE = Decimal(1)
QUANTUM = Decimal("0.01")


def implementation_status(
    measure: Measure,
    evidence: Evidence,
    thresholds: Thresholds,
    now: datetime,
    diverted: str = "",
    terms: LockedTerms | None = None,
    *,
    reported_at: datetime | None,
) -> Status:
    """Progress compared with the elapsed share of the schedule; ``diverted`` says that its people work elsewhere.

    Time is judged by the locked dates and progress by the locked scope, until a re-baseline is approved.
    ``reported_at`` is when somebody reported on the work last (:mod:`governance.progress_seen`).
    """
    status = _by_schedule(as_locked(measure, terms), evidence, thresholds, now, terms)
    if status is None:
        status = _unreported(reported_at, thresholds, now)
    if status is None:
        status = _capped(_by_progress(as_locked(measure, terms), evidence, thresholds, now, terms), evidence, diverted)
    end = known(measure.end)
    if terms is None or terms.end is None or end is None or end <= terms.end:
        return status
    return replace(status, reason=f"{status.reason}; the later end {end} is not approved")


def _by_schedule(
    measure: Measure,
    evidence: Evidence,
    thresholds: Thresholds,
    now: datetime,
    terms: LockedTerms | None,
) -> Status | None:
    """What the dates and the tool's own status say alone; ``None`` when it depends on the progress."""
    start, end = known(measure.start), known(measure.end)
    if start is None or end is None or end < start:
        return Status(Colour.GREY, None, "there is no start and end date to measure progress against")
    shown = shows_done(evidence, terms)
    if evidence.done and shown is None and not thresholds.done_on_word:
        return Status(Colour.GREY, None, "the status says done, and neither child items nor a progress show it")
    if evidence.done and shown is not False:
        return Status(Colour.GREEN, ONE, "the work is done")
    today = now.date()
    if today > end:
        return Status(Colour.RED, None, f"the end was {end}, and the work is not done")
    return None


def _unreported(reported_at: datetime | None, thresholds: Thresholds, now: datetime) -> Status | None:
    """Grey while nobody has reported on the work for too long: what was true then need not be true now."""
    if reported_at is None:
        return Status(Colour.GREY, None, "it is not known when somebody last reported on the work (STALE_STATUS)")
    days = (now - reported_at).days
    if days < thresholds.stale_days:
        return None
    reason = f"nobody has reported on the work for {days} days, since {reported_at:%d %b %Y} (STALE_STATUS)"
    return Status(Colour.GREY, None, reason)


def _by_progress(
    measure: Measure, evidence: Evidence, thresholds: Thresholds, now: datetime, terms: LockedTerms | None
) -> Status:
    start, end, today = known(measure.start), known(measure.end), now.date()
    if start is None or end is None:
        return Status(Colour.GREY, None, "there is no start and end date")
    if today < start:
        return Status(Colour.GREEN, None, f"the work begins on {start}")
    progress = progress_of(evidence, terms)
    if progress is None:
        return Status(Colour.GREY, None, "nothing says how far the work is")
    expected = Decimal((today - start).days + 1) / Decimal((end - start).days + 1)
    ratio = (progress / expected).quantize(QUANTUM)
    reason = f"{progress:.0%} done, {expected:.0%} expected by now"
    if ratio >= thresholds.implementation_green:
        return Status(Colour.GREEN, ratio, reason)
    colour = Colour.AMBER if ratio >= thresholds.implementation_amber else Colour.RED
    return Status(colour, ratio, reason)


def _capped(status: Status, evidence: Evidence, diverted: str) -> Status:
    """A flag, an open blocking link or people who work elsewhere leave no status greener than amber."""
    if status.colour is not Colour.GREEN:
        return status
    links = known(evidence.blocking_links)
    link = next((one for one in links if not one.elsewhere), links[0]) if links else None
    named = "" if link is None else "an item of another project" if link.elsewhere else link.key
    why = f"blocked by {named}" if link is not None else "flagged" if evidence.flagged else diverted
    return Status(Colour.AMBER, status.number, f"{status.reason}; {why}") if why else status


def without_unknown_cost(status: Status, problem: str) -> Status:
    """No green or amber while it is not known what is still paid for the legacy."""
    if not problem or status.colour not in {Colour.GREEN, Colour.AMBER}:
        return status
    return Status(Colour.GREY, None, f"what is still paid for the legacy is not known: {problem}")


def potential_status(measure: Measure, effects: Effects | None, problem: str, thresholds: Thresholds) -> Status:
    """Net at completion compared with the net plan."""
    if effects is None:
        return Status(Colour.GREY, None, problem)
    if measure.unreadable_effects:
        return Status(Colour.GREY, None, measure.unreadable_effects[0])
    if effects.plan is None:
        return Status(Colour.GREY, None, "there is no plan")
    completion = effects.at_completion()
    if completion is None:
        return Status(Colour.GREY, None, "there is no forecast")
    plan = effects.plan.total_net()
    amounts = (
        f"{Money(completion, effects.plan.currency)} at completion of {Money(plan, effects.plan.currency)} planned"
    )
    if plan <= 0:
        colour = Colour.GREEN if completion >= plan else Colour.RED
        return Status(colour, None, f"{amounts}; the plan is not above zero, so there is no ratio")
    ratio = (completion / plan).quantize(QUANTUM)
    if ratio >= thresholds.potential_green:
        return Status(Colour.GREEN, ratio, amounts)
    return Status(Colour.AMBER if ratio >= thresholds.potential_amber else Colour.RED, ratio, amounts)
