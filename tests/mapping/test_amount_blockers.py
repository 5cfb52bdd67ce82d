"""An amount that cannot be read, as a person finds it in the tool: said once, and as one sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.verdict import GateState
from mapping.work_item import FieldValue
from tests.mapping.governed import assessed, at_work, decided, sentences


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"Actual benefit": Decimal(-5)},
            'Cannot move into Implemented yet: the field "Actual benefit" holds -5 EUR as benefit, and amounts are entered '
            "without a sign: is it 5 EUR, or a cost? Administrator needs to act, since 11 Feb · PHASING_MISSING",
            id="a wrong sign",
        ),
        pytest.param(
            {"Forecast benefit": "1000 USD"},
            "Cannot move into Implemented yet: effects in EUR and USD need a rate before they are added up. Administrator "
            "needs to act, since 11 Feb · VALUE_MISSING",
            id="another currency",
        ),
    ],
)
def test_what_cannot_be_read_is_said_once(fields: dict[str, FieldValue], sentence: str) -> None:
    """The same sentence had stood five times in the field, under five codes."""
    found = assessed(at_work(fields), decided())
    about = sentence.split(": ", 1)[1].split(" Administrator")[0].rstrip(".")
    assert [one for one in sentences(found) if about in one] == [sentence]
    assert found.verdict.gate is GateState.BLOCKED
    unknown = {result.code for result in found.verdict.checklist if about in f"{result.reason}?"}
    assert {"BELOW_HURDLE", "DEVIATION_UNEXPLAINED"} <= unknown, "the checklist shows each condition"
