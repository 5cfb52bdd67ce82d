"""How far a measure is behind its locked schedule, and how much of it is done of the locked scope."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from governance.evidence import Children, Evidence
from governance.facts import known
from governance.gates import Thresholds
from governance.locked_scope import scope_change
from governance.locked_terms import LockedTerms
from governance.measure import Measure


def slip_in_days(measure: Measure, terms: LockedTerms | None, now: datetime, *, implemented: bool) -> int | None:
    """Days behind the locked end or the latest milestone; ``None`` when no end is locked, negative when ahead.

    The tool's later date counts as what is expected now; past the locked end, today does while the work goes on.
    """
    if terms is None or terms.end is None:
        return None
    end = known(measure.end)
    days = [(end - terms.end).days] if end is not None else [0]
    for name, agreed in terms.milestones.items():
        day = known(measure.milestones.get(name))
        if day is not None:
            days.append((day - agreed).days)
    if not implemented:
        days.append((now.date() - terms.end).days)
    return max(days)


def tolerated_days(terms: LockedTerms | None, thresholds: Thresholds) -> int:
    """The longer of ``slip_days`` and ``slip_share`` of the locked duration."""
    if terms is None or terms.start is None or terms.end is None or terms.end < terms.start:
        return thresholds.slip_days
    duration = (terms.end - terms.start).days + 1
    return max(thresholds.slip_days, int(duration * thresholds.slip_share))


def progress_of(evidence: Evidence, terms: LockedTerms | None) -> Decimal | None:
    """Share done, 0 to 1; ``None`` when nothing says it.

    Of child items it is the smaller of the done share of the locked scope and of everything that there is with what
    was removed: added work never raises it, and deleted work counts as not done.
    """
    stated, children = known(evidence.progress), known(evidence.children)
    change = scope_change(evidence.children, terms)
    removed = change.removed if change is not None else 0
    if stated is not None:
        if not evidence.progress_of_children or not removed or terms is None or terms.scope is None:
            return stated
        return stated * (terms.scope.count - removed) / terms.scope.count
    if children is None or children.total + removed == 0:
        return None
    of_all = Decimal(children.done) / (children.total + removed)
    locked = _of_locked(children, terms)
    return of_all if locked is None else min(of_all, locked)


def _of_locked(children: Children, terms: LockedTerms | None) -> Decimal | None:
    """The done share of the locked child items, where the tool tells which they are."""
    scope = terms.scope if terms is not None else None
    if scope is None or not scope.count or len(scope.keys) != scope.count or len(children.items) != children.total:
        return None
    return Decimal(sum(item.done and item.id in scope.keys for item in children.items)) / scope.count


def shows_done(evidence: Evidence, terms: LockedTerms | None) -> bool | None:
    """Whether something beside somebody's word says that the work is done; ``None`` when nothing says anything."""
    progress = progress_of(evidence, terms)
    return None if progress is None else progress >= 1
