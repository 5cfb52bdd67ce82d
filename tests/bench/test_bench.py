"""The bench itself at a small scale: each line runs and yields figures; no time is compared with its target."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.bench.__main__ import GROUPS, main, measured
from tests.bench.environment import OWN_EVENT, BenchEnvironment, BenchScale
from tests.bench.figure import Figure
from tests.bench.load import Plan, Result, share
from tests.bench.report import PAGE, Run, as_json, into_page, run_of, save
from tests.bench.scene import waits_for_writes
from tests.conftest import ROOT

TINY = BenchScale(
    loops=1, start_rounds=1, connections=4, endpoint_seconds=0.2, endpoint_rounds=1, steady_seconds=0.2, steady_rate=50, keys=20, flow_items=4,
    flow_rate=20, flow_rounds=1, delay_ms=1, changed=4, burst_events=40, burst_items=2, sizes=(60,),
    growth_events=3, growth_rate=20, assessed_items=5,
)  # fmt: skip
RUN = Run("2 cores (x86_64)", "2026-11-21", "3.11.7", "18.3", "405d4bc", "103 real bodies", 12.5)
FIGURES = [
    Figure("accept an event ÷ nothing", 0.71, "×", "≥ 0.6"),
    Figure("p99", 61.4, "ms", "≤ 50"),
    Figure("p50", 3, "ms"),
]


@pytest.fixture(scope="module")
def environment(postgres: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BenchEnvironment]:
    """On the tests' server; the bench creates its own databases."""
    environment = BenchEnvironment(tmp_path_factory.mktemp("bench"), TINY, [OWN_EVENT], lambda _: None, postgres)
    yield environment
    environment.close()


@pytest.mark.story
@pytest.mark.parametrize("group", GROUPS, ids=", ".join)
def test_every_line_runs_and_yields_figures(group: tuple[str, ...], environment: BenchEnvironment) -> None:
    lines = measured(environment, group, lambda _: None)
    assert tuple(sorted(lines)) == tuple(sorted(group))
    for figures in lines.values():
        assert figures
        assert all(figure.value >= 0 and figure.unit for figure in figures), figures


@pytest.mark.parametrize(
    ("figure", "meets_target"),
    [
        pytest.param(Figure("a", 0.6, "×", "≥ 0.6"), True, id="just reached"),
        pytest.param(Figure("a", 0.59, "×", "≥ 0.6"), False, id="too little"),
        pytest.param(Figure("a", 1_000.5, "items/s", "≥ 1,000"), True, id="thousands separator"),
        pytest.param(Figure("a", 51, "ms", "≤ 50"), False, id="too much"),
        pytest.param(Figure("a", 0, "calls", "≤ 0"), True, id="none at all"),
        pytest.param(Figure("a", 51, "ms"), None, id="nothing promised"),
    ],
)
def test_a_target_is_met_or_not(figure: Figure, meets_target: bool | None) -> None:
    assert figure.meets_target is meets_target


def test_a_figure_has_three_significant_digits() -> None:
    texts = [Figure("a", value, "ms").text for value in (0.1234, 12.34, 1234.5, 7)]
    assert texts == ["0.12 ms", "12.3 ms", "1,234 ms", "7 ms"]


def test_the_table_is_put_between_the_markers_of_the_page_and_nothing_else_changes() -> None:
    before = "# Gatepost\n\n<!-- bench -->\nold\n<!-- /bench -->\n\n## Next\n"
    assert into_page(before, RUN, FIGURES) == (
        "# Gatepost\n\n<!-- bench -->\n"
        "One run of `make bench`: 2 cores (x86_64), Python 3.11.7, PostgreSQL 18.3, revision 405d4bc, 2026-11-21; "
        "PostgreSQL embedded with its commits on disk, 103 real bodies.\n\n"
        "| what | figure | target | |\n| --- | --- | --- | --- |\n"
        "| accept an event ÷ nothing | 0.71 × | ≥ 0.6 | met |\n"
        "| p99 | 61.4 ms | ≤ 50 | missed |\n"
        "| p50 | 3 ms |  |  |\n"
        "<!-- /bench -->\n\n## Next\n"
    )


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape(f"{PAGE} has no <!-- bench --> … <!-- /bench --> to put")):
        into_page("# Gatepost\n", RUN, FIGURES)


def test_the_projects_own_page_has_the_markers_once() -> None:
    page = (ROOT / PAGE).read_text()
    assert (page.count("<!-- bench -->"), page.count("<!-- /bench -->")) == (1, 1)
    assert "| met |" in into_page(page, RUN, FIGURES)


def test_a_complete_run_is_saved_in_both_files(tmp_path: Path) -> None:
    (tmp_path / PAGE).parent.mkdir(parents=True)
    (tmp_path / PAGE).write_text("# Speed\n<!-- bench -->\n<!-- /bench -->\n")
    save(tmp_path, RUN, {"webhook-endpoint": FIGURES})
    assert "| p99 | 61.4 ms | ≤ 50 | missed |" in (tmp_path / PAGE).read_text()
    assert len(json.loads((tmp_path / "bench/latest.json").read_text())["figures"]) == 3


def test_the_json_has_machine_date_and_whether_each_target_is_met() -> None:
    run = json.loads(as_json(RUN, {"webhook-endpoint": FIGURES}))
    assert {key: run[key] for key in ("machine", "date", "python", "postgresql", "revision")} == {
        "machine": "2 cores (x86_64)",
        "date": "2026-11-21",
        "python": "3.11.7",
        "postgresql": "18.3",
        "revision": "405d4bc",
    }
    assert run["figures"][1] == {
        "line": "webhook-endpoint", "name": "p99", "value": 61.4, "unit": "ms", "target": "≤ 50", "meets_target": False,
    }  # fmt: skip
    assert [figure["meets_target"] for figure in run["figures"]] == [True, False, None]


def test_a_run_has_the_postgresql_version_and_no_revision_outside_of_git(
    environment: BenchEnvironment, tmp_path: Path
) -> None:
    run = run_of(environment, tmp_path, 90, datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert (run.date, run.minutes, run.revision) == ("2026-11-21", 1.5, None)
    assert run.postgresql.partition(".")[0].isdigit()


def test_some_lines_are_shown_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["pure"], tmp_path, TINY)
    assert "map and assess one item" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_line_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit) as refused:
        main(["dor"])
    assert str(refused.value) == (
        "There is no line dor. There are: pure, start, webhook-endpoint, drain, latency, burst, calls, portfolio, ledger, growth, memory"
    )


def test_the_time_of_an_event_ends_with_the_first_write_of_its_item_after_it() -> None:
    events = [("1", 10.0), ("2", 11.0), ("1", 20.0)]
    assert waits_for_writes(events, [("1", 9.0), ("1", 10.5), ("2", 12.0), ("1", 20.25)]) == [0.5, 1.0, 0.25]


def test_an_event_without_a_write_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="The event on 2 was accepted and led to no write"):
        waits_for_writes([("2", 11.0)], [("2", 10.0), ("1", 12.0)])


def test_percentiles_and_rates_count_responses() -> None:
    assert [share([float(n) for n in range(1, 101)], part) for part in (0.5, 0.95, 0.99, 1)] == [51, 96, 100, 100]
    assert Result(seconds=2, statuses={"202": 30, "503": 10}).rate == 20
    assert Plan("h", 1, "/p", "s", [], []).rate == 0
