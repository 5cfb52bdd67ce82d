"""The long parts of a generated measure as an assessment stores them: made once for each stage, by the product itself.

So a generated row is as long as a real one, and pages read it back the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from connector.store.database.json_codec import Json, to_json
from connector.store.measures.verdicts import verdict_to_json
from governance.assess import assess
from tests.governance.factory import NOW, POLICY, evidence, measure

Part = dict[str, Json]


@dataclass(frozen=True, slots=True)
class StoredParts:
    """Of one stage; the generated measure's own values go over them."""

    facts: Part
    verdict: Part
    state: Part
    evidence: Part


@cache
def stored_parts(stage: str) -> StoredParts:
    """Of an assessed measure in this stage; before the first stage the key is empty."""
    facts, seen = measure(effects=()), evidence(stage or None, stage or "identified")
    verdict = assess(facts, seen, POLICY, NOW)
    return StoredParts(
        _part(to_json(facts)),
        verdict_to_json(verdict),
        _part(to_json(replace(verdict.measure_state, plan=None))),
        _part(to_json(replace(seen, measure_state=replace(seen.measure_state, plan=None)))),
    )


def since_granted(stage: str, since: datetime) -> Part:
    """The state of a measure that was granted a stage at a time, or none."""
    granted: dict[str, Json] = {stage: since.isoformat()} if stage else {}
    return stored_parts(stage).state | {"stage": stage or None, "granted_at": granted}


def _part(value: Json) -> Part:
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    return value
