"""The two statuses: is the work on time, and will the money come.

"Umsetzungs- und Effekt-Controlling sind zwei Paar Schuhe" (gci-management.com): the two are assessed apart,
each from numbers, and what is not known is grey, never green.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from governance.effects import Effects
from governance.evidence import Evidence
from governance.facts import Unknown, known
from governance.gates import Thresholds
from governance.latest_estimate import LatestEstimate
from governance.locked_terms import LockedTerms, as_locked
from governance.measure import Measure
from governance.number_words import number_of
from governance.plan_check import PlanCheck
from governance.schedule import progress_of, shows_done
from governance.time_text import day_text
from governance.verdict import Colour, PotentialCheck, Status

ONE = Decimal(1)
QUANTUM = Decimal("0.01")

ON_TRACK = "on track: {done:.0f} % done, {expected:.0f} % expected by today"
A_LITTLE_BEHIND = "a little behind: {done:.0f} % done, {expected:.0f} % expected by today"
FAR_BEHIND = "far behind: {done:.0f} % done, {expected:.0f} % expected by today"


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
    if start is None or end is None:
        return Status(Colour.GREY, None, "there is no start and end date to measure progress against")
    if end < start:
        return Status(Colour.GREY, None, f"the end {day_text(end)} lies before the start {day_text(start)}")
    shown = shows_done(evidence, terms)
    if evidence.done and shown is None and not thresholds.done_on_word:
        return Status(Colour.GREY, None, "the status says done, and neither child items nor a progress show it")
    if evidence.done and shown is not False:
        return Status(Colour.GREEN, ONE, "the work is done")
    today = now.date()
    if today > end:
        return Status(Colour.RED, None, f"the end was {end}, and the work is not done", named_end=end)
    return None


def _unreported(reported_at: datetime | None, thresholds: Thresholds, now: datetime) -> Status | None:
    """Grey while nobody has reported on the work for too long: what was true then need not be true now."""
    if reported_at is None:
        return Status(Colour.GREY, None, "it is not known when somebody last reported on the work (STALE_STATUS)")
    days = (now - reported_at).days
    if days < thresholds.stale_days:
        return None
    reason = (
        f"nobody has reported on the work for {number_of(days, 'day')}, since {day_text(reported_at)} (STALE_STATUS)"
    )
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
    if ratio >= thresholds.implementation_green:
        colour, text = Colour.GREEN, ON_TRACK
    elif ratio >= thresholds.implementation_amber:
        colour, text = Colour.AMBER, A_LITTLE_BEHIND
    else:
        colour, text = Colour.RED, FAR_BEHIND
    return Status(colour, ratio, text.format(done=100 * progress, expected=100 * expected))


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


def potential_status(
    measure: Measure,
    effects: Effects | None,
    problem: str,
    estimate: LatestEstimate | Unknown,
    checks: tuple[PlanCheck, ...],
    is_small: Callable[[PlanCheck], bool],
    thresholds: Thresholds,
) -> Status:
    """The worst of the checks of :mod:`governance.plan_checks`; ``is_small`` is the absolute tolerance."""
    if effects is None:
        return Status(Colour.GREY, None, problem)
    if measure.unreadable_effects:
        return Status(Colour.GREY, None, measure.unreadable_effects[0])
    if effects.plan is None:
        return Status(Colour.GREY, None, "there is no plan")
    if isinstance(estimate, Unknown):
        return Status(Colour.GREY, None, estimate.reason)
    if not checks:
        return Status(Colour.GREY, None, "the plan is zero, so there is nothing to compare")
    judged = [PotentialCheck(check, _potential_colour(check, is_small, thresholds)) for check in checks]
    judged.sort(key=lambda one: (_SEVERITY[one.colour], ONE if one.check.ratio is None else one.check.ratio))
    ratio = min((check.ratio for check in checks if check.ratio is not None), default=None)
    number = None if ratio is None else ratio.quantize(QUANTUM, ROUND_FLOOR)
    texts = [one.check.text for one in judged]
    texts += [f"{gap.text}: taken from the forecast" for gap in estimate.missing]
    return Status(judged[0].colour, number, "; ".join(texts), tuple(judged))


_SEVERITY = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREEN: 2}


def _potential_colour(check: PlanCheck, is_small: Callable[[PlanCheck], bool], thresholds: Thresholds) -> Colour:
    """By the unrounded ratio: 94.96 percent is less than 95."""
    ratio = check.ratio
    if (ratio is not None and ratio >= thresholds.potential_green) or is_small(check):
        return Colour.GREEN
    return Colour.AMBER if ratio is not None and ratio >= thresholds.potential_amber else Colour.RED
