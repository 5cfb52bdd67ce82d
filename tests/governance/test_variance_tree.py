"""A variance opens into kinds, causes and months, and nothing gets lost or counted twice on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.definitions.leakage import Cause, LeakReason
from governance.effects import ZERO, Account, EffectKind, EffectLine, Version, sum_up
from governance.estimate_lines import estimate_lines
from governance.facts import Unknown
from governance.latest_estimate import latest_estimate
from governance.money import Money, Period
from governance.variance_tree import VarianceCause, variance_tree

JANUARY = Period(2026, 1)


def lines(version: str, kind: str, first: int, *amounts: int) -> tuple[EffectLine, ...]:
    """Amounts of months in a row; ``first`` counts from January 2026 = 0."""
    return tuple(
        EffectLine(Version(version), EffectKind(kind), JANUARY.plus(first + n), Money(Decimal(amount), "EUR"))
        for n, amount in enumerate(amounts)
    )


def causes(*expected: EffectLine, plan: tuple[EffectLine, ...], stated: str = "unstated") -> dict[str, int]:
    tree = variance_tree(plan, expected, stated=[Cause(LeakReason(stated))])
    found: dict[str, int] = {}
    for share in (share for kind in tree.kinds for share in kind.causes):
        found[share.cause] = found.get(share.cause, 0) + int(share.amount)
    return found


PLAN = lines("plan", "benefit", 0, 100, 100, 100, 100)
COST = lines("plan", "one_off_cost", 0, 50)


@pytest.mark.parametrize(
    ("expected", "plan", "stated", "parts"),
    [
        pytest.param(lines("forecast", "benefit", 0, 100, 100, 100, 100), PLAN, "unstated", {}, id="as planned"),
        pytest.param(lines("forecast", "benefit", 2, 100, 100), PLAN, "unstated", {"timing": -200},
                     id="two months later, same end: the months are lost"),
        pytest.param(lines("forecast", "benefit", 2, 100, 100, 100, 100), PLAN, "unstated", {"timing": 0},
                     id="two months later, same total: nothing is lost, the months still show"),
        pytest.param(lines("forecast", "benefit", -1, 100, 100, 100, 100, 100), PLAN, "unstated", {"timing": 100},
                     id="a month earlier, same end: a month is gained"),
        pytest.param(lines("forecast", "benefit", 0, 80, 80, 80, 80), PLAN, "unstated", {"value": -80}, id="less a month"),
        pytest.param(lines("forecast", "benefit", 0, 80, 80, 80, 80), PLAN, "price", {"price": -80},
                     id="less a month, and its owner says price"),
        pytest.param(lines("forecast", "benefit", 0, 80, 80, 80, 80), PLAN, "delay", {"value": -80},
                     id="its owner says delay, and the start has not moved"),
        pytest.param(lines("forecast", "benefit", 1, 50, 50, 50), PLAN, "volume", {"timing": -100, "volume": -150},
                     id="later and less"),
        pytest.param(lines("forecast", "benefit", 0, 100, 100, 100, 100), (*PLAN, *COST), "unstated", {"scope": 50},
                     id="a planned cost that is not expected"),
        pytest.param((*lines("forecast", "benefit", 0, 100, 100, 100, 100), *lines("forecast", "capex", 1, 70)), PLAN,
                     "unstated", {"scope": -70}, id="a cost that nobody planned"),
    ],
)  # fmt: skip
def test_the_causes_of_a_variance(
    expected: tuple[EffectLine, ...], plan: tuple[EffectLine, ...], stated: str, parts: dict[str, int]
) -> None:
    assert causes(*expected, plan=plan, stated=stated) == parts


def test_the_rest_is_split_as_its_owner_says() -> None:
    shares = [Cause(LeakReason.PRICE, Decimal("0.6")), Cause(LeakReason.VOLUME, Decimal("0.3"))]
    (kind,) = variance_tree(PLAN, lines("forecast", "benefit", 0, 80, 80, 80, 80), stated=shares).kinds
    assert {share.cause.value: share.amount for share in kind.causes} == {"price": -48, "volume": -24, "value": -8}


def test_exchange_rates_stand_apart() -> None:
    """80 a month of 100 at 0.90, and what 0.80 makes of these 80."""
    tree = variance_tree(
        PLAN, lines("forecast", "benefit", 0, 80, 80, 80, 80), rate=lambda _: Decimal("0.8"), locked_rate=lambda _: Decimal("0.9")
    )  # fmt: skip
    (kind,) = tree.kinds
    found = {share.cause: share.amount for share in kind.causes}
    assert found == {VarianceCause.VALUE: Decimal("-72.0"), VarianceCause.EXCHANGE_RATE: Decimal("-32.0")}
    assert tree.amount == 4 * (80 * Decimal("0.8") - 100 * Decimal("0.9"))


def test_what_the_verdict_counts_beside_the_lines_is_named() -> None:
    tree = variance_tree(PLAN, PLAN, variance=Decimal(-7))
    assert (tree.kinds, tree.other, tree.amount) == ((), Decimal(-7), Decimal(-7))


@st.composite
def any_lines(draw: st.DrawFn) -> tuple[EffectLine, ...]:
    count = draw(st.integers(0, 12))
    return tuple(
        EffectLine(
            draw(st.sampled_from(Version)),
            draw(st.sampled_from(EffectKind)),
            JANUARY.plus(draw(st.integers(0, 20))),
            Money(Decimal(draw(st.integers(0, 10_000_000))) / 100, "EUR"),
            draw(st.sampled_from((Account.EBITDA, Account.EBITDA, Account.CASH))),
            draw(st.booleans()),
        )
        for _ in range(count)
    )


@given(any_lines(), st.sampled_from(LeakReason))
def test_children_add_up_to_their_parent_and_the_whole_to_the_variance(
    some: tuple[EffectLine, ...], stated: LeakReason
) -> None:
    effects = sum_up(some)
    expected = latest_estimate(effects, None)
    estimate = estimate_lines(some, None)
    assert (estimate is None) == isinstance(expected, Unknown)
    if estimate is None or isinstance(expected, Unknown):
        return
    completion = expected.at_completion
    plan = [line for line in some if line.version is Version.PLAN]
    variance = completion - (effects.plan.total_net() if effects.plan else ZERO)
    tree = variance_tree(plan, estimate, variance=variance, stated=[Cause(stated)])
    assert tree.amount == variance
    mixed = any(len({line.hard for line in some if line.kind is kind}) > 1 for kind in EffectKind)
    assert mixed or tree.other == ZERO, "only hard and soft amounts of one kind are estimated apart"
    for kind in tree.kinds:
        assert kind.amount == sum((share.amount for share in kind.causes), ZERO)
        for share in kind.causes:
            assert share.amount == sum((amount for _, amount in share.months), ZERO)
