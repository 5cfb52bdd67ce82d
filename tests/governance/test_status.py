"""The two statuses: each with its number and its reason, grey where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children, Evidence, OpenItem
from governance.measure import Measure
from governance.verdict import Colour
from tests.governance.factory import NOW, POLICY, evidence, lines, measure

MIDDLE = datetime(2026, 7, 2, tzinfo=UTC)
"""Half of the year 2026 has passed."""


def work(measure: Measure, present: Evidence, now: datetime = MIDDLE) -> tuple[Colour, str]:
    status = assess(measure, present, POLICY, now).implementation
    return status.colour, status.reason


@pytest.mark.parametrize(
    ("done", "colour", "reason"),
    [
        pytest.param(5, Colour.GREEN, "on track: 50 % done, 50 % expected by today", id="as far as the calendar"),
        pytest.param(4, Colour.AMBER, "a little behind: 40 % done, 50 % expected by today", id="a little behind"),
        pytest.param(3, Colour.RED, "far behind: 30 % done, 50 % expected by today", id="far behind"),
    ],
)
def test_progress_is_compared_with_the_elapsed_share_of_the_schedule(done: int, colour: Colour, reason: str) -> None:
    assert work(measure(), evidence(children=Children(10, done), updated=MIDDLE)) == (colour, reason)


def test_past_the_end_and_not_done_is_red() -> None:
    late = measure(end=date(2026, 6, 30))
    assert work(late, evidence(updated=MIDDLE)) == (Colour.RED, "the end was 2026-06-30, and the work is not done")


def test_without_dates_the_implementation_status_is_grey() -> None:
    assert work(measure(start=None), evidence())[0] is Colour.GREY


def test_two_reporting_periods_without_an_update_are_grey() -> None:
    present = evidence(updated=MIDDLE - timedelta(days=70))
    assert work(measure(), present) == (
        Colour.GREY,
        "nobody has reported on the work for 70 days, since 23 Apr 2026 (STALE_STATUS)",
    )


def test_unknown_progress_is_grey_never_green() -> None:
    assert work(measure(), evidence(children=Children(0, 0), updated=MIDDLE))[0] is Colour.GREY


@pytest.mark.parametrize(
    ("facts", "on_word", "colour", "reason"),
    [
        pytest.param({"children": Children(4, 4)}, False, Colour.GREEN, "the work is done", id="all child items done"),
        pytest.param(
            {"children": Children(4, 2)},
            False,
            Colour.GREEN,
            "on track: 50 % done, 50 % expected by today",
            id="open work: by progress",
        ),
        pytest.param({"progress": Decimal(1)}, False, Colour.GREEN, "the work is done", id="a progress of 100%"),
        pytest.param(
            {}, False, Colour.GREY, "the status says done, and neither child items nor a progress show it", id="a word"
        ),
        pytest.param({}, True, Colour.GREEN, "the work is done", id="a word, where the policy takes it"),
    ],
)
def test_the_status_done_alone_is_a_word(facts: dict[str, object], on_word: bool, colour: Colour, reason: str) -> None:
    policy = POLICY.with_thresholds(replace(POLICY.thresholds, done_on_word=on_word))
    present = replace(evidence(children=Children(0, 0), done=True, updated=MIDDLE), **facts)  # type: ignore[arg-type]
    status = assess(measure(), present, policy, MIDDLE).implementation
    assert (status.colour, status.reason) == (colour, reason)


def test_an_open_blocking_link_leaves_amber_at_best() -> None:
    present = evidence(blocking_links=(OpenItem("NET-9", "", ""),), updated=MIDDLE)
    assert work(measure(), present) == (Colour.AMBER, "on track: 100 % done, 50 % expected by today; blocked by NET-9")


def test_a_stated_progress_comes_before_the_count_of_children() -> None:
    present = evidence(progress=Decimal("0.5"), children=Children(10, 0), updated=MIDDLE)
    assert work(measure(), present)[0] is Colour.GREEN


@pytest.mark.parametrize(("forecast", "colour"), [(20_000, Colour.GREEN), (18_500, Colour.AMBER), (15_000, Colour.RED)])
def test_money_at_completion_is_compared_with_the_plan(forecast: int, colour: Colour) -> None:
    changed = measure(effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, forecast, 60_000)))
    status = assess(changed, evidence(), POLICY, NOW).potential
    assert status.colour is colour
    total = f"{forecast * 12:,} EUR of 240,000 EUR planned ({forecast / 200:.1f}%)"
    if forecast == 20_000:
        total = "240,000 EUR as planned"
    assert status.reason.startswith(
        f"lifetime benefit {total}; in-year benefit FY 2026: {total}; run-rate 2026-12: {total}"
    )


@pytest.mark.parametrize(
    ("versions", "reason"),
    [((), "there is no plan"), ((Version.PLAN,), "there is no forecast"), ((Version.FORECAST,), "there is no plan")],
)
def test_missing_money_is_grey_never_green(versions: tuple[Version, ...], reason: str) -> None:
    changed = measure(effects=tuple(line for version in versions for line in lines(version, 20_000, 0)))
    status = assess(changed, evidence(), POLICY, NOW).potential
    assert (status.colour, status.reason) == (Colour.GREY, reason)


def test_both_statuses_are_independent() -> None:
    """Green outside, red inside: on time, and a third of the money gone."""
    changed = measure(effects=(*lines(Version.PLAN, 20_000, 0), *lines(Version.FORECAST, 13_000, 0)))
    verdict = assess(changed, evidence(children=Children(10, 6), updated=MIDDLE), POLICY, MIDDLE)
    assert (verdict.implementation.colour, verdict.potential.colour) == (Colour.GREEN, Colour.RED)
    assert verdict.figures.variance_percent == Decimal("-35.0")
