"""Comment commands: strict, and an answer that says what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.commands import USAGE_APPROVE, USAGE_CONFIRM, Approve, Command, Confirm, Malformed, parse_commands
from governance.money import Period
from tests.governance.factory import POLICY, eur


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/approve decided", Approve("decided")),
        ("/approve Decided", Approve("decided")),
        ("Fine by me.\n/approve detailed", Approve("detailed")),
        ("/confirm 1.2M EUR 2026-10", Confirm(eur(1_200_000), Period(2026, 10))),
        ("/confirm 1,200,000 EUR 2026-10", Confirm(eur(1_200_000), Period(2026, 10))),
        ("/confirm 250k EUR 2026-01", Confirm(eur(250_000), Period(2026, 1))),
        ("/confirm -3000.50 EUR 2026-01", Confirm(eur("-3000.50"), Period(2026, 1))),
        ("/approve", Malformed("/approve", "the stage is missing", USAGE_APPROVE)),
        (
            "/approve done",
            Malformed(
                "/approve done",
                '"done" is not a stage; the stages are Identified, Detailed, Decided, Implemented, Closed',
                USAGE_APPROVE,
            ),
        ),
        ("/confirm 1.2M", Malformed("/confirm 1.2M", "an amount, a currency and a month are needed", USAGE_CONFIRM)),
        (
            "/confirm 1.2.3 EUR 2026-10",
            Malformed("/confirm 1.2.3 EUR 2026-10", '"1.2.3" is not an amount', USAGE_CONFIRM),
        ),
        (
            "/confirm 12 euro 2026-10",
            Malformed("/confirm 12 euro 2026-10", '"euro" is not a currency code of three capitals', USAGE_CONFIRM),
        ),
        (
            "/confirm 12 EUR Oct",
            Malformed("/confirm 12 EUR Oct", "a month is written YYYY-MM, not 'Oct'", USAGE_CONFIRM),
        ),
    ],
)
def test_a_command_means_one_thing_or_says_what_is_wrong(text: str, command: Command) -> None:
    assert parse_commands(text, POLICY) == (command,)


@pytest.mark.parametrize("text", ["please /approve decided", "approve decided", "", "/approved decided", "//approve"])
def test_ordinary_text_is_no_command(text: str) -> None:
    assert parse_commands(text, POLICY) == ()


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_commands(text, POLICY)
    parse_commands(f"/confirm {text}", POLICY)
    parse_commands(f"/approve {text}", POLICY)
