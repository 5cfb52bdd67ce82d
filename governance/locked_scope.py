"""The child items that were there when the plan was locked, and what became of them."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from governance.evidence import Children
from governance.facts import Fact, Unknown, known
from governance.locked_terms import LOCKED_FACTS, LockedScope, LockedTerms, unreadable_terms
from governance.measure import Measure


class ScopeChange(NamedTuple):
    """Child items that were added or removed since the lock; keys where the tool tells them."""

    added: int
    removed: int
    added_keys: tuple[str, ...] = ()
    removed_keys: tuple[str, ...] = ()


def terms_of(measure: Measure, children: Fact[Children]) -> LockedTerms:
    """The terms as they are now."""
    facts = {name: str(value) for name in LOCKED_FACTS if (value := known(getattr(measure, name)))}
    milestones = {name: day for name, fact in measure.milestones.items() if (day := known(fact)) is not None}
    return LockedTerms(known(measure.start), known(measure.end), milestones, facts, _scope(children))


def not_lockable(measure: Measure, children: Fact[Children], before: LockedTerms | None) -> str:
    """Why another plan cannot lock now: something that did lock ``before`` cannot be read, so that the new plan would
    be without it; empty when it can."""
    if measure.unreadable_effects:
        return measure.unreadable_effects[0]
    if isinstance(children, Unknown) and before is not None and before.scope is not None:
        return children.reason
    return unreadable_terms(measure, before)


def scope_text(children: Fact[Children]) -> str:
    """``4 child items #…``: readable, then a digest of their ids; another set of child items is another text."""
    scope = _scope(children)
    if scope is None:
        return "unknown child items"
    count = "1 child item" if scope.count == 1 else f"{scope.count} child items"
    digest = hashlib.sha256("\n".join(sorted(scope.keys)).encode()).hexdigest()[:12]
    return f"{count} #{digest}"


def _scope(children: Fact[Children]) -> LockedScope | None:
    if isinstance(children, Unknown):
        return None
    if children is None:
        return LockedScope(0)
    return LockedScope(children.total, {item.id: item.key for item in children.items})


def scope_change(children: Fact[Children], terms: LockedTerms | None) -> ScopeChange | None:
    """Child items that were opened or deleted since the lock; ``None`` when there are none, or nobody can say."""
    present, locked = known(children), terms.scope if terms is not None else None
    if locked is None or isinstance(children, Unknown):
        return None
    total = present.total if present is not None else 0
    items = present.items if present is not None else ()
    if len(locked.keys) == locked.count and len(items) == total:
        now = {item.id: item.key for item in items}
        added = tuple(key for name, key in now.items() if name not in locked.keys)
        removed = tuple(key for name, key in locked.keys.items() if name not in now)
        return ScopeChange(len(added), len(removed), added, removed) if added or removed else None
    if total == locked.count:
        return None
    return ScopeChange(max(total - locked.count, 0), max(locked.count - total, 0))


def is_unscoped(children: Fact[Children], terms: LockedTerms | None) -> bool:
    """Whether the child items could not be read when the plan was locked, and can be now."""
    return terms is not None and terms.scope is None and not isinstance(children, Unknown)
