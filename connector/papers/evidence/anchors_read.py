"""The anchors that bear on the entries of a pack, from the sinks that show what they keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from connector.notify.audit_sinks import KeepingSink, Sink, SinkUnavailable, keeping
from connector.runtime.audit_anchoring import last_number
from connector.store.database.audit_anchors import AuditAnchors

NEAREST = 3
"""Anchors of each sink right after the last entry of the pack; the newest one comes beside them."""


@dataclass(frozen=True, slots=True)
class KeptAnchor:
    sink: str
    number: int
    text: str
    """As it is kept."""
    seq: int
    """The entry that it says it names; 0 when it cannot be read."""


@dataclass(frozen=True, slots=True)
class KeptAnchors:
    anchors: tuple[KeptAnchor, ...]
    left_out: tuple[str, ...]
    """Sinks that could not be read, as sentences."""


def anchors_for(anchors: AuditAnchors, sinks: Sequence[Sink], last: int) -> KeptAnchors:
    """Those of each sink that first hold entry ``last``, and the newest."""
    states = anchors.states()
    found: list[KeptAnchor] = []
    left_out: list[str] = []
    for sink in keeping(sinks):
        known = states[sink.name].number if sink.name in states else 0
        try:
            found += _of_sink(sink, last_number(sink, known), last)
        except SinkUnavailable as error:
            left_out.append(f"The anchors of {sink.name} could not be read when the pack was made: {error}.")
    return KeptAnchors(tuple(found), tuple(left_out))


def _of_sink(sink: KeepingSink, newest: int, last: int) -> list[KeptAnchor]:
    """Anchors name later and later entries, so that the first is found in few steps."""
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _read(sink, middle).seq >= last else (middle + 1, high)
    numbers = {*range(low, min(low + NEAREST, newest + 1)), newest} - {0}
    return [_read(sink, number) for number in sorted(numbers)]


def _read(sink: KeepingSink, number: int) -> KeptAnchor:
    text = (sink.read(number) or "").strip()
    try:
        seq = int(json.loads(text)["seq"])
    except (ValueError, TypeError, KeyError):
        seq = 0
    return KeptAnchor(sink.name, number, text, seq)
