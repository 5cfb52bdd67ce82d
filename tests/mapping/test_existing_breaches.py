"""Switching moving back on moves nothing that was ahead already; whoever goes ahead afterwards is moved back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.store.mapping_versions.moving_starts import moving_starts, starts_from_json, starts_to_json
from governance.measure_state import Breach, MeasureState
from governance.verdict import GateState
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.existing_breaches import STATUS, MovingStart, newly_moving, reported_only
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.writeback import Change, ChangeKind
from tests.conftest import ROOT
from tests.mapping.items import NOW, item

START = MovingStart(7, NOW)
MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()


def loaded(text: str) -> LoadedMapping:
    found = load_mapping(text)
    assert isinstance(found, LoadedMapping)
    return found


def ahead(*, existing: bool = False) -> MeasureAssessment:
    """An item that is ahead of its gate, with its move back among the changes."""
    config = loaded(MAPPING).config
    found = assess_item(
        item(project="ITX", type="Epic"),
        config,
        Policies(config),
        measure_state=MeasureState(),
        last_written={},
        now=NOW,
    )
    assert isinstance(found, MeasureAssessment)
    breach = Breach(NOW, "Done", "Implemented", "Detailed", existing=existing)
    state = replace(found.verdict.measure_state, breach=breach)
    move = Change(STATUS, ChangeKind.HAND_EDIT, "Done", "Backlog", None)
    return replace(
        found,
        verdict=replace(found.verdict, gate=GateState.BREACH, measure_state=state),
        comparison=replace(found.comparison, changes=(move,)),
    )


@pytest.mark.parametrize(
    ("existing", "start", "under", "created", "moved"),
    [
        pytest.param(False, None, 6, NOW, True, id="the rule has always moved items back"),
        pytest.param(False, START, 6, NOW, False, id="first looked at under the new version"),
        pytest.param(False, START, 7, NOW, True, id="went ahead afterwards"),
        pytest.param(True, START, 9, NOW, False, id="was ahead then and still is"),
        pytest.param(True, None, 9, NOW, True, id="was ahead then, and moving it was asked for since"),
        pytest.param(False, START, None, NOW - timedelta(days=1), False, id="never looked at, and older"),
        pytest.param(False, START, None, NOW + timedelta(days=1), True, id="never looked at, and made since"),
    ],
)
def test_what_was_ahead_already_is_reported_only(
    existing: bool, start: MovingStart | None, under: int | None, created: object, moved: bool
) -> None:
    subject = item(created=created)
    found = reported_only(ahead(existing=existing), subject, start, under)
    assert [change.field for change in found.comparison.changes] == ([STATUS] if moved else [])
    breach = found.verdict.measure_state.breach
    assert breach is not None
    assert breach.existing is (existing or not moved)


COMMENTED = MAPPING.replace("enforce: native", "enforce: comment")
REVERTED = COMMENTED.replace("enforce: comment", "enforce: revert")


def test_rules_that_begin_to_move_items_back_are_known_by_name() -> None:
    every = {rule.name for rule in loaded(MAPPING).config.measures}
    assert newly_moving(loaded(COMMENTED).config, loaded(REVERTED).config) == every
    assert newly_moving(loaded(REVERTED).config, loaded(REVERTED).config) == frozenset()
    assert newly_moving(None, loaded(REVERTED).config) == every


def test_a_start_is_kept_while_the_rule_goes_on_and_is_stored_as_it_is() -> None:
    first = moving_starts(COMMENTED, REVERTED, {}, START)
    assert set(first.values()) == {START}
    later = MovingStart(8, NOW + timedelta(days=1))
    assert moving_starts(REVERTED, REVERTED, first, later) == first
    assert moving_starts(REVERTED, COMMENTED, first, later) == {}
    assert starts_from_json(starts_to_json(first)) == first
