"""What the program itself says stands in a statement; nothing else can be put there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from connector.store.database.fixed_value import fixed
from connector.store.database.tables import MEASURE
from governance.left_out import ENDED


def test_a_fixed_value_is_no_parameter() -> None:
    statement = (
        select(MEASURE.c.id).where(MEASURE.c.stage.in_(map(fixed, ENDED)), MEASURE.c.gate == fixed("")).limit(fixed(3))
    )
    written = statement.compile()
    assert written.params == {}
    assert "IN ('cancelled', 'without_value', 'left')" in str(written)
    assert "measure.gate = ''" in str(written)
    assert str(written).endswith("LIMIT 3")


@pytest.mark.parametrize("value", ["it's", "a b", "x;", "\\", "Größe", "a\n", "1"])
def test_what_is_no_word_of_the_program_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no word of the program"):
        fixed(value)
