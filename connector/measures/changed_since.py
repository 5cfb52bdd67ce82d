"""What is another one of a measure on two days beside its amounts: gate, statuses, blockers, people, dates, policy."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping

from connector.measures.known_on import KnownOn, known_row
from connector.store.measures.known_changes import NOTHING, ChangedPart, changed_facts
from connector.store.measures.verdicts import verdict_of
from governance.verdict import Verdict


def changed_since(
    connection: Connection, row: RowMapping, earlier: KnownOn, later: KnownOn | None
) -> tuple[ChangedPart, ...]:
    """``row`` is the measure's of today; ``later`` is ``None`` for it.  Raises NotKnownYet for either day."""
    before = known_row(connection, row, earlier).row
    after = row if later is None else known_row(connection, row, later).row
    verdicts = verdict_of(before), verdict_of(after)  # type: ignore[arg-type]  # rows as the catalogue has them
    old, new = (dict(_judged(verdict)) for verdict in verdicts)
    old["policy"], new["policy"] = before["policy_version"], after["policy_version"]
    judged = (ChangedPart(name, old[name], new[name]) for name in old if old[name] != new[name])
    return (*judged, *changed_facts(before["facts"], after["facts"]))


def _judged(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "stage", verdict.stage_label or NOTHING
    yield "gate", " ".join(part for part in (verdict.next_stage_label, verdict.gate_label) if part)
    yield "implementation", verdict.implementation.colour.value
    yield "potential", verdict.potential.colour.value
    yield "blockers", ", ".join(sorted({blocker.code for blocker in verdict.blockers})) or NOTHING
