"""Facts that could not be read, on their way into the store and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.store.database.json_codec import to_json
from connector.store.measures.measure_facts import measure_from_facts
from governance.facts import Unknown
from tests.governance.factory import measure


@pytest.mark.parametrize("entered", [True, False], ids=["entered wrong", "hidden"])
def test_an_unknown_fact_comes_back_with_who_corrects_it(entered: bool) -> None:
    stored = to_json(replace(measure(), baseline=Unknown("it holds a lot", entered)))
    assert isinstance(stored, dict)
    found = measure_from_facts(stored).baseline
    assert isinstance(found, Unknown)
    assert (found.reason, found.entered) == ("it holds a lot", entered)


def test_an_unknown_fact_that_an_older_version_stored_is_one() -> None:
    stored = to_json(measure())
    assert isinstance(stored, dict)
    assert measure_from_facts(stored | {"baseline": {"reason": "hidden"}}).baseline == Unknown("hidden")
