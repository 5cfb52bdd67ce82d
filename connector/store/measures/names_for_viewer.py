"""The sentences of a verdict with the names that a viewer may see; every query runs as that viewer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, text

from governance.named_sentence import ELSEWHERE, NamedSentence
from governance.verdict import Verdict


@dataclass(frozen=True, slots=True)
class VisibleNames:
    """Which of the names that were asked for the viewer may see."""

    everything: bool = False
    items: Collection[str] = ()
    """``connection/KEY``"""
    areas: Collection[str] = ()
    """``connection/PROJECT``"""

    def may_read(self, named: NamedSentence) -> bool:
        return self.everything or named.is_for(self.items, self.areas)


NOTHING_VISIBLE = VisibleNames()


def visible_names(
    connection: Connection, verdict: Verdict, links: Collection[str], *, everything: bool
) -> VisibleNames:
    """Of the keys and projects in the verdict's sentences, and of ``links``: those of measures that the viewer sees."""
    named = [one.named for one in verdict.checklist if one.named is not None]
    named += [one.named for one in verdict.findings if one.named is not None]
    items = {item for one in named for item in one.items} | set(links)
    areas = {area for one in named for area in one.areas}
    if everything or not (items or areas):
        return VisibleNames(everything)
    rows = connection.execute(_VISIBLE, {"items": sorted(items), "areas": sorted(areas)})
    found = [(row.item, row.area) for row in rows]
    return VisibleNames(items={item for item, _ in found}, areas={area for _, area in found})


def with_visible_names(verdict: Verdict, visible: VisibleNames) -> Verdict:
    """The verdict with the named sentences in place of the neutral ones, where the viewer may read them."""
    checklist = tuple(
        one._replace(reason=one.named.text) if one.named is not None and visible.may_read(one.named) else one
        for one in verdict.checklist
    )
    findings = tuple(
        replace(one, sentence=one.named.text) if one.named is not None and visible.may_read(one.named) else one
        for one in verdict.findings
    )
    return replace(verdict, checklist=checklist, findings=findings)


def hidden_links(evidence: Mapping[str, Any], connection: str) -> tuple[str, ...]:
    """The blocking items of other projects in a stored decision's evidence, as ``connection/KEY``."""
    links = evidence.get("blocking_links")
    return tuple(f"{connection}/{one['key']}" for one in _items(links) if one.get("elsewhere"))


def decision_without_names(stored: Any, visible: VisibleNames = NOTHING_VISIBLE, connection: str = "") -> Any:
    """A stored decision, or part of it, without what its measure's readers need not be able to see.

    Named sentences, claims of other parts of the organisation, blocking items and other projects go; an item of
    ``connection`` that is visible stays.
    """
    if visible.everything:
        return stored
    if isinstance(stored, list):
        return [
            decision_without_names(one, visible, connection)
            for one in stored
            if not (_is_elsewhere(one) and "months" in one)
        ]
    if not isinstance(stored, dict):
        return stored
    kept = {
        key: decision_without_names(value, visible, connection) for key, value in stored.items() if key not in _HIDDEN
    }
    if _is_elsewhere(stored) and f"{connection}/{stored.get('key')}" not in visible.items:
        kept |= {key: ELSEWHERE if key == "key" else "" for key in _NAMES if key in stored}
    return kept


_HIDDEN = frozenset({"named", "highest_priorities", "waiting_since", "tickets_seen", "delay"})
_NAMES = ("key", "title", "url", "main_other_project")


def _is_elsewhere(stored: object) -> bool:
    return isinstance(stored, dict) and stored.get("elsewhere") is True


def _items(links: object) -> list[dict[str, Any]]:
    """What could not be read is an object with a reason, and no list."""
    return links if isinstance(links, list) else []


_VISIBLE = text("""
    SELECT DISTINCT connection || '/' || key AS item, connection || '/' || regexp_replace(key, '-[^-]*$', '') AS area
    FROM measure
    WHERE connection || '/' || key = ANY(:items)
       OR connection || '/' || regexp_replace(key, '-[^-]*$', '') = ANY(:areas)
    LIMIT 1000
""")
