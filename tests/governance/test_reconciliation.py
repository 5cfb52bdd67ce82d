"""Finance's totals beside the tool's: what is compared, and how it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Unknown
from governance.money import Money, Period
from governance.reconciliation import LedgerDifference, differences, kind_text
from tests.governance.factory import eur

COST = EffectKind.ONE_OFF_COST
BOOKED = EffectLine(Version.ACTUAL, COST, Period(2026, 1), eur(100))


@pytest.mark.parametrize(
    ("beside", "ledger"),
    [
        pytest.param(BOOKED, (eur(200),), id="another booking"),
        pytest.param(replace(BOOKED, version=Version.PLAN), (eur(100),), id="a plan is no booking"),
        pytest.param(replace(BOOKED, version=Version.FORECAST), (eur(100),), id="nor is a forecast"),
        pytest.param(replace(BOOKED, account=Account.CASH), (eur(100),), id="cash is another account"),
        pytest.param(replace(BOOKED, kind=EffectKind.BENEFIT), (eur(100),), id="another kind"),
        pytest.param(replace(BOOKED, money=Money(eur(7).amount, "USD")), (eur(100), Money(eur(7).amount, "USD")), id="dollars"),
    ],
)  # fmt: skip
def test_only_what_is_booked_on_the_kind_is_compared(beside: EffectLine, ledger: tuple[Money, ...]) -> None:
    assert differences((BOOKED, beside), {COST: eur(50)}) == (LedgerDifference(COST, ledger, eur(50)),)


@pytest.mark.parametrize(
    ("stated", "texts"),
    [
        pytest.param(eur(100), [], id="the same"),
        pytest.param(eur("100.004"), [], id="the same to the cent"),
        pytest.param(eur("100.01"), [("100 EUR", "100.01 EUR")], id="a cent more"),
        pytest.param(None, [], id="an empty field states nothing"),
        pytest.param(Unknown("hidden"), [("100 EUR", "unknown (hidden)")], id="a field that cannot be read"),
    ],
)
def test_what_the_tool_states(stated: Money | Unknown | None, texts: list[tuple[str, str]]) -> None:
    found = differences((BOOKED,), {COST: stated})
    assert [(one.ledger_text, one.tool_text) for one in found] == texts


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EffectKind.ONE_OFF_COST, "one-off cost"),
        (EffectKind.ONE_OFF_BENEFIT, "one-off benefit"),
        (EffectKind.RECURRING_COST, "recurring cost"),
        (EffectKind.BENEFIT, "benefit"),
    ],
)
def test_a_kind_as_people_read_it(kind: EffectKind, text: str) -> None:
    assert kind_text(kind) == text
