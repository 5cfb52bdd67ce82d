"""The bench itself at a small scale: each line runs and yields figures; no time is compared with its target."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from tests.bench.__main__ import GROUPS, arguments, main, measured
from tests.bench.compare import compared, worktree
from tests.bench.environment import OWN_EVENT, BenchEnvironment, BenchScale
from tests.bench.figure import Basis, Figure
from tests.bench.load import Load, Plan, Result, share
from tests.bench.page_time import bar_text
from tests.bench.report import PAGE, Run, as_data, into_page, run_of, save
from tests.bench.scene import waits_for_writes
from tests.bench.yardsticks import Yardstick, YardsticksRead
from tests.conftest import ROOT

TINY = BenchScale(
    loops=1, start_rounds=1, connections=4, endpoint_seconds=0.2, endpoint_rounds=1, steady_seconds=0.2, keys=20, flow_items=4,
    flow_rounds=1, delay_ms=1, changed=4, burst_events=40, burst_items=2, sizes=(60,),
    growth_events=3, growth_rate=20, assessed_items=5,
    yardstick_calls=2,
)  # fmt: skip
RUN = Run("2 cores (x86_64)", "2026-11-21", "3.11.7", "18.3", "405d4bc", "103 real bodies", 12.5)
READ = YardsticksRead(
    {one: 0.0004 if one is Yardstick.LOOP else 0.001 for one in Yardstick},
    {one: 0.0006 if one is Yardstick.LOOP else 0.001 for one in Yardstick},
)
FIGURES = [
    Figure("accept an event ÷ nothing", 0.71, "×", "≥ 0.6"),
    Figure("p99 ÷ p50", 20.5, "×", "≤ 10"),
    Figure("p50", 3, "ms", by=Yardstick.COMMIT).against(READ),
    Figure("assess", 156, "µs", "≤ 0.5", Yardstick.LOOP).against(READ),
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
        "| what | figure | in yardsticks | bar | |\n| --- | --- | --- | --- | --- |\n"
        "| accept an event ÷ nothing | 0.71 × |  | ≥ 0.6 | met |\n"
        "| p99 ÷ p50 | 20.5 × |  | ≤ 10 | missed |\n"
        "| p50 | 3 ms | 3 × commit |  |  |\n"
        "| assess | 156 µs | 0.31 × loop | ≤ 0.5 × loop | met |\n"
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
    save(tmp_path, RUN, {"webhook-endpoint": FIGURES}, {"webhook-endpoint": READ})
    assert "| p99 ÷ p50 | 20.5 × |  | ≤ 10 | missed |" in (tmp_path / PAGE).read_text()
    latest = json.loads((tmp_path / "bench/latest.json").read_text())
    assert len(latest["figures"]) == 4
    runs = [json.loads(line) for line in (tmp_path / "bench/history.jsonl").read_text().splitlines()]
    assert runs[1] == latest
    assert [len(run["yardsticks"]) for run in runs] == [0, 1]


def test_the_page_says_what_each_yardstick_was_in_the_run() -> None:
    page = into_page("<!-- bench -->\n<!-- /bench -->\n", RUN, FIGURES, {"pure": READ})
    assert "| yardstick | is | in this run |" in page
    assert "(processor time) | 400 to 600 µs |" in page


@pytest.mark.parametrize(
    ("figure", "ratio"),
    [
        pytest.param(Figure("a", 156, "µs", by=Yardstick.LOOP), 0.312, id="a time"),
        pytest.param(Figure("a", 2, "s", by=Yardstick.COMMIT), 2_000, id="another unit"),
        pytest.param(Figure("a", 500, "/s", by=Yardstick.COMMIT), 2, id="of a rate the time of one"),
        pytest.param(Figure("a", 0.3, "ms", by=Basis("assess", 0.0001)), 3, id="a yardstick of the line itself"),
        pytest.param(Figure("a", 200, "MB"), None, id="stands for itself"),
    ],
)
def test_a_figure_is_a_multiple_of_its_yardstick(figure: Figure, ratio: float | None) -> None:
    assert figure.against(READ).ratio == (None if ratio is None else pytest.approx(ratio))


def test_a_time_without_its_yardstick_is_neither_met_nor_missed() -> None:
    assert Figure("a", 1, "ms", "≤ 5", Yardstick.LOOP).meets_target is None


def test_two_revisions_are_compared_by_their_ratios_and_their_spread() -> None:
    old: list[dict[str, list[object]]] = [
        {"a": [10, 2, "ms", ""], "rate": [100, 4, "/s", ""], "same": [5, None, "calls", "≤ 5"], "gone": [1, 1, "s", ""]}
    ]
    new: list[dict[str, list[object]]] = [
        {"a": [30, 1, "ms", ""], "rate": [100, 2, "/s", ""], "same": [5, None, "calls", "≤ 5"], "new": [1, 1, "s", ""]}
    ]
    later: list[dict[str, list[object]]] = [
        {"a": [30, 1.5, "ms", ""], "rate": [100, 5, "/s", ""], "same": [5, None, "calls", "≤ 5"]}
    ]
    found = {one.name: one for one in compared(old * 2, new + later)}
    assert {name: (one.ratios, one.says) for name, one in found.items()} == {
        "a": ((0.5, 0.75), "better"),
        "rate": ((2, 0.8), "no difference shown"),
        "same": ((1, 1), "no difference shown"),
    }


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(SystemExit, match="git worktree add"), worktree("no-such-revision"):
        pass


def test_the_data_have_machine_date_and_whether_each_target_is_met() -> None:
    run: Any = as_data(RUN, {"webhook-endpoint": FIGURES}, {"webhook-endpoint": READ})
    assert {key: run[key] for key in ("machine", "date", "python", "postgresql", "revision")} == {
        "machine": "2 cores (x86_64)",
        "date": "2026-11-21",
        "python": "3.11.7",
        "postgresql": "18.3",
        "revision": "405d4bc",
    }
    assert run["figures"][1] == {
        "line": "webhook-endpoint", "name": "p99 ÷ p50", "value": 20.5, "unit": "×", "target": "≤ 10", "by": "",
        "ratio": None, "meets_target": False,
    }  # fmt: skip
    assert [figure["meets_target"] for figure in run["figures"]] == [True, False, None, True]


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ([], (1_000, 20_000))),
        (["pure", "drain"], (["pure", "drain"], (1_000, 20_000))),
        (["--measures", "100000", "services"], (["services"], (1_000, 10_000, 100_000))),
        (["--measures", "20000"], ([], (1_000, 20_000))),
        (["--measures", "1000"], ([], (1_000,))),
    ],
)
def test_a_run_is_as_large_as_it_is_asked_to_be(given: list[str], expected: tuple[list[str], tuple[int, ...]]) -> None:
    lines, scale = arguments(given)
    assert (lines, scale.sizes) == expected


def test_too_few_measures_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--measures", "10"])
    assert "10 measures are too few for a curve: state at least 1,000." in capsys.readouterr().err


def test_an_unknown_line_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit) as refused:
        main(["dor"])
    assert str(refused.value) == (
        "There is no line dor. There are: pure, start, webhook-endpoint, drain, latency, burst, calls, portfolio, ledger, services, growth, memory"
    )


def test_the_time_of_an_event_ends_with_the_first_write_of_its_item_after_it() -> None:
    events = [("1", 10.0), ("2", 11.0), ("1", 20.0)]
    assert waits_for_writes(events, [("1", 9.0), ("1", 10.5), ("2", 12.0), ("1", 20.25)]) == [0.5, 1.0, 0.25]


def test_an_event_without_a_write_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="The event on 2 was accepted and led to no write"):
        waits_for_writes([("2", 11.0)], [("2", 10.0), ("1", 12.0)])


@pytest.mark.parametrize("answers", [0, 1, 3])
@pytest.mark.parametrize("rate", [0, 100])
def test_a_load_ends_when_the_server_closes_a_connection_or_never_answers(
    answers: int, rate: float, tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text('{"issue": {}}')

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers some, then closes an idle connection; with none it takes what comes and says nothing."""
        for _ in range(answers):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        if not answers:
            await reader.read()
        writer.close()

    async def load() -> Result:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        file = str(tmp_path / "event.json")
        plan = Plan("127.0.0.1", port, "/hooks", "s", [file], ["1"], 2, events=9, rate=rate, longest_wait=0.3)
        found = await asyncio.wait_for(Load(plan).run(), 30)
        server.close()
        return found

    found = asyncio.run(load())
    assert found.statuses.get("202", 0) <= 2 * answers
    assert found.statuses["no answer"] > 0


def test_percentiles_and_rates_count_responses() -> None:
    assert [share([float(n) for n in range(1, 101)], part) for part in (0.5, 0.95, 0.99, 1)] == [51, 96, 100, 100]
    assert Result(seconds=2, statuses={"202": 30, "503": 10}).rate == 20
    assert Plan("h", 1, "/p", "s", [], []).rate == 0


def test_a_figure_of_fewer_measures_than_its_bar_is_promised_with_says_so() -> None:
    assert bar_text(100_000) == "(of 100,000 measures)"
    assert bar_text(20_000) == "(of 20,000 measures, promised with 100,000)"
