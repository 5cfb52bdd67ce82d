"""The audit held against what was kept of it outside of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.notify.audit_anchor import Anchor, AnchorInvalid, AnchorKeys
from connector.notify.audit_sinks import KeepingSink, Sink, SinkUnavailable, keeping
from connector.runtime.audit_anchoring import contradiction, last_number
from connector.store.database.audit_anchors import AnchorProblem, AuditAnchors

DEPTH = 50
"""Anchors of each sink that are read, the newest first; the others are of the same audit as these."""
LIMIT = timedelta(hours=2)
"""An entry that is older than this has to be in an anchor."""


@dataclass(frozen=True, slots=True)
class AnchorCheck:
    """What the sinks say."""

    breaks: tuple[str, ...]
    """Where the audit is not what was anchored, as sentences."""
    notes: tuple[str, ...]
    """What somebody who checks has to know beside it."""
    anchored: tuple[str, Anchor] | None
    """The newest anchor that holds, and its sink."""
    unanchored_since: datetime | None
    """From this entry on nothing is anchored, and that is too long ago."""
    entries_after: int
    """Entries after the newest anchor."""


def check_anchors(
    anchors: AuditAnchors, keys: AnchorKeys, sinks: Sequence[Sink], now: datetime, depth: int = DEPTH
) -> AnchorCheck:
    """Read the anchors of every sink that shows them, and compare them with the audit."""
    breaks: list[str] = []
    notes: list[str] = []
    newest: tuple[str, Anchor] | None = None
    states = anchors.states()
    for sink in keeping(sinks):
        known = states[sink.name].number if sink.name in states else 0
        try:
            found = _check_sink(anchors, keys, sink, known, depth)
        except SinkUnavailable as error:
            notes.append(f"{sink.name} cannot be read: {error}.")
            continue
        breaks += found.breaks
        notes += found.notes
        if found.newest is not None and (newest is None or found.newest.seq > newest[1].seq):
            newest = (sink.name, found.newest)
    covered = newest[1].seq if newest else 0
    first = anchors.first_after(covered)
    late = first if first is not None and first <= now - LIMIT else None
    return AnchorCheck(tuple(breaks), tuple(notes), newest, late, max(anchors.head().seq - covered, 0))


@dataclass(frozen=True, slots=True)
class _SinkCheck:
    breaks: tuple[str, ...]
    notes: tuple[str, ...]
    newest: Anchor | None


def _check_sink(anchors: AuditAnchors, keys: AnchorKeys, sink: KeepingSink, known: int, depth: int) -> _SinkCheck:
    last = last_number(sink, known)
    breaks: list[str] = []
    if last < known:
        breaks.append(f"{sink.name}: {known} anchors were written there, and the last one is {last}: some were removed")
    read: dict[int, Anchor] = {}
    for number in range(last, max(last - depth, 0), -1):
        try:
            read[number] = keys.read(sink.read(number) or "")
        except AnchorInvalid as error:
            breaks.append(f"{sink.name}: anchor {number} does not count: {error}")
    restarted = max((anchor.restarted for anchor in read.values()), default=0)
    hashes = dict(anchors.hashes({anchor.seq for anchor in read.values()}))
    counted = {number: anchor for number, anchor in read.items() if number >= restarted}
    held = None
    for number, anchor in counted.items():
        problem = contradiction(anchor, number, hashes)
        if problem is not None:
            breaks.append(f"{sink.name}: {_TEXTS[problem].format(number=number, seq=anchor.seq, at=moment(anchor.at))}")
        elif held is None:
            held = anchor
    return _SinkCheck(tuple(breaks), _restart_notes(keys, sink, restarted, read), held)


def _restart_notes(keys: AnchorKeys, sink: KeepingSink, restarted: int, read: Mapping[int, Anchor]) -> tuple[str, ...]:
    """Anchors before a restart are of another audit: whoever checks has to know, however long ago it was."""
    if not restarted:
        return ()
    try:
        anchor = read.get(restarted) or keys.read(sink.read(restarted) or "")
    except AnchorInvalid:
        return (f"{sink.name}: anchor {restarted}, with which the audit began anew, cannot be read.",)
    began = f"the audit began anew with anchor {restarted} ({moment(anchor.at)}): {anchor.restart}"
    return (f"{sink.name}: {began}. The anchors before it are of another one.",)


_TEXTS = {
    AnchorProblem.INVALID: "anchor {number} was written as another one",
    AnchorProblem.CUT: "anchor {number} ({at}) holds entry {seq}, which is not in the audit: entries were removed",
    AnchorProblem.REWRITTEN: "anchor {number} ({at}) holds another entry {seq}: entries were changed and the chain was "
    "made anew",
}


def moment(at: datetime) -> str:
    """``28 Nov 2026, 22:05 UTC``"""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
