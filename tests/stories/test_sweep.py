"""Sweeps find what no event reported: lost events, deleted, archived, hidden and moved issues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Sites
from connector.errors import Unreachable, ValuesRejected
from connector.runtime.tasks import build_sweeper
from connector.store.ledger.money_sources import read_sources
from connector.store.reconcile.sweeps import count_dirty_items
from connector.sync.sweep import Sweep, SweepKind
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName
from sandbox.jira.model import Deployment, Issue
from tests.stories.simulation import Simulation, simulation
from tests.waiting import LONGEST_CALL_SECONDS, wait_until

pytestmark = pytest.mark.story
ROOT = Path(__file__).parents[2]
JIRA = ConnectionName("jira-main")


@pytest.fixture(params=list(Deployment))
def without_events(request: pytest.FixtureRequest, database: URL, tmp_path: Path) -> Iterator[Simulation]:
    """A Jira of each kind whose webhook was switched off: no event reaches Gatepost."""
    with simulation(database, tmp_path, deployment=request.param) as scene:
        scene.run_until_idle()
        for hook in scene.sandbox.jira.webhooks.registered.values():
            hook.enabled = False
        yield scene


def epic(scene: Simulation, title: str, project: str = "ITX") -> Issue:
    return scene.sandbox.jira.create(project, "Epic", title, by="kaya", values={"Program": "Data centre exit"})


def sweep(scene: Simulation, kind: SweepKind = SweepKind.CHANGED, size: int = 1_000) -> Sweep:
    """One sweep; waits until everything that it marks is processed."""
    _, sweeper = build_sweeper(scene.services, scene.clock)
    config = scene.services.active_config()
    site = Sites(scene.services, scene.clock).get(JIRA)
    assert config is not None
    assert site.scanner is not None
    done = sweeper.run(site, site.scanner, config, kind)
    scene.run_until_idle()
    return done


def unreachable(scene: Simulation, issue: Issue) -> str | None:
    query = text("SELECT unreachable_reason FROM work_item WHERE native_id = :id AND unreachable_since IS NOT NULL")
    with scene.services.engine.connect() as connection:
        return connection.execute(query, {"id": issue.id}).scalar()


def test_a_lost_event_is_found_by_the_next_sweep_and_only_what_changed_is_read(without_events: Simulation) -> None:
    first = epic(without_events, "Retire the legacy CRM")
    epic(without_events, "Another one")
    assert without_events.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "", "no event was sent"
    sweep(without_events, SweepKind.FULL)
    assert without_events.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "Blocked"
    sweep(without_events)
    without_events.clock.move(minutes=20)
    without_events.sandbox.jira.edit(first.key, {"assignee": "osei", "Rough value": 1_200_000}, by="kaya")
    done = sweep(without_events)
    assert done.marked == 1, "the other issue was written by Gatepost, read since, and has not changed"
    assert without_events.show(("jira", "Retire the legacy CRM")).fields["DoI stage"] == "Identified"
    sweep(without_events)
    assert sweep(without_events).marked == 0, "Gatepost's own write was read once, and nothing has changed since"


def test_the_tick_starts_a_sweep_when_it_is_due_and_once_an_hour_that_of_money(without_events: Simulation) -> None:
    scene = without_events
    epic(scene, "Retire the legacy CRM")
    scene.clock.move(minutes=16)
    scene.handlers.tick()
    item = ("jira", "Retire the legacy CRM")
    wait_until(lambda: scene.player.show(item).fields["Gate"] == "Blocked", "the gate is shut")
    scene.run_until_idle()

    snow = scene.sandbox.servicenow
    project = snow.insert("pm_project", {"short_description": "CRM decommissioning"}, "admin")
    scene.run_until_idle()
    with_ledger(scene)
    booking = {"task": project["sys_id"], "date": "2026-10-03", "amount": "EUR;700", "state": "processed"}
    line = snow.insert("fm_expense_line", booking, "admin")
    later(scene, minutes=61)
    wait_until(lambda: posted(scene) == [("posting", 700)], "the worker has swept the ledger's source")
    snow.update("fm_expense_line", line["sys_id"], {"amount": "EUR;650"}, "admin")
    later(scene, minutes=30)
    scene.run_until_idle()
    assert posted(scene) == [("posting", 700)], "once an hour"
    later(scene, minutes=31)
    wait_until(lambda: posted(scene) == [("posting", 700), ("correction", -50)], "an edit is a correction")
    with scene.services.engine.connect() as connection:
        (source,) = read_sources(connection)
    assert (source.stream, source.failed) == ("expense lines servicenow-main", False)


def with_ledger(scene: Simulation) -> None:
    """Expense lines of ServiceNow become the actuals of its projects and demands."""
    head, projects, tail = (ROOT / "sandbox/story/mapping.yaml").read_text().partition("  - name: projects")
    owned = tail.replace("actual: {benefit: Actual benefit, one_off_cost: Actual cost}", "actual: {from: ledger}")
    rule = "ledger: [{connection: servicenow-main, since: 2026-01, expense_lines: {}}]\n"
    source = head.replace("measures:", f"{rule}measures:", 1) + projects + owned
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping), loaded
    scene.services.mappings.activate(source, loaded.version, author="stories", reason="stories")


def later(scene: Simulation, minutes: int) -> None:
    scene.clock.move(minutes=minutes)
    scene.handlers.tick()


def posted(scene: Simulation) -> list[tuple[str, int]]:
    with scene.services.engine.connect() as connection:
        found = connection.execute(text("SELECT type, amount FROM ledger_entry ORDER BY id")).all()
    return [(row.type, int(row.amount)) for row in found]


def test_the_time_zone_of_the_account_is_respected(without_events: Simulation) -> None:
    """A query's times are read in the account's zone: seven hours west of the site, nothing is missed."""
    without_events.sandbox.jira.time_zone = "America/Denver"
    sweep(without_events, SweepKind.FULL)
    sweep(without_events)
    without_events.clock.move(minutes=20)
    epic(without_events, "Made a moment ago")
    done = sweep(without_events)
    assert (done.seen, done.marked) == (1, 1)


def test_a_deleted_issue_keeps_its_measure_which_says_since_when_and_why(without_events: Simulation) -> None:
    issue = epic(without_events, "Retire the legacy CRM")
    sweep(without_events, SweepKind.FULL)
    without_events.sandbox.jira.delete(issue.id, by="kaya")
    sweep(without_events)
    assert unreachable(without_events, issue) is None, "a deleted issue is not among the changed ones"
    sweep(without_events, SweepKind.FULL)
    assert (
        unreachable(without_events, issue)
        == "deleted, or hidden from Gatepost's account: Jira does not distinguish these"
    )
    assert len(without_events.services.measures.find(issue.key)) == 1, "no measure is ever deleted with its issue"


def test_a_deleted_issue_whose_event_arrived_is_known_to_be_deleted(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        issue = epic(scene, "Retire the legacy CRM")
        scene.run_until_idle()
        scene.sandbox.jira.delete(issue.id, by="kaya")
        scene.run_until_idle()
        assert unreachable(scene, issue) == "deleted: the tool's event said so"


def test_an_archived_and_a_hidden_project_come_back(without_events: Simulation) -> None:
    issue = epic(without_events, "Retire the legacy CRM", "CLOUD")
    sweep(without_events, SweepKind.FULL)
    without_events.sandbox.jira.change_project("CLOUD", archived=True)
    sweep(without_events, SweepKind.FULL)
    assert unreachable(without_events, issue) == "archived: Jira shows it by itself and finds it no more"
    without_events.sandbox.jira.change_project("CLOUD", hidden=True)
    without_events.sandbox.jira.change_project("CLOUD")
    sweep(without_events, SweepKind.FULL)
    assert unreachable(without_events, issue) is None, "found again, and so reachable again"


def test_an_issue_that_moved_is_the_same_measure_under_both_keys(without_events: Simulation) -> None:
    issue = epic(without_events, "Retire the legacy CRM")
    sweep(without_events, SweepKind.FULL)
    before, (measure,) = issue.key, without_events.services.measures.find(issue.key)
    without_events.sandbox.jira.move_to_project(issue.id, "CLOUD", by="kaya")
    sweep(without_events, SweepKind.FULL)
    for key in (before, issue.key):
        (found,) = without_events.services.measures.find(key)
        assert (found.id, found.key) == (measure.id, issue.key)


def test_rejected_credentials_make_no_measure_unreachable(without_events: Simulation) -> None:
    """An account that lost its rights sees nothing: that stops the connection, and no measure."""
    issue = epic(without_events, "Retire the legacy CRM")
    sweep(without_events, SweepKind.FULL)
    users = without_events.sandbox.jira.users
    bot = users["gatepost-bot"]
    users["gatepost-bot"] = type(bot)(bot.account_id, bot.name, bot.email, "another token", number=bot.number)
    without_events.sandbox.jira.webhooks.registered[1].enabled = True
    without_events.sandbox.jira.edit(issue.key, {"summary": "Renamed"}, by="kaya")
    wait_until(lambda: without_events.services.connections.pause_reason(JIRA), "the connection is paused")
    assert unreachable(without_events, issue) is None
    users["gatepost-bot"] = bot


def test_an_interrupted_sweep_continues_where_it_stopped(
    without_events: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.jira.scanner.PAGE", 4)
    for number in range(11):
        epic(without_events, f"Measure {number}")
    search = (
        "/rest/api/3/search/jql" if without_events.sandbox.jira.deployment is Deployment.CLOUD else "/rest/api/2/search"
    )
    pages: list[int] = []
    config = without_events.services.active_config()
    _, sweeper = build_sweeper(without_events.services, without_events.clock)
    site = Sites(without_events.services, without_events.clock).get(JIRA)
    assert site.scanner is not None
    assert config is not None

    def progress(run: Sweep) -> None:
        pages.append(run.seen)
        if run.seen == 4:
            fault = {"status": 503, "method": "POST", "path": search, "times": 99}
            requests.post(
                f"{without_events.sandbox.jira.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS
            )

    with pytest.raises(Unreachable):
        sweeper.run(site, site.scanner, config, SweepKind.FULL, progress=progress)
    requests.delete(f"{without_events.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    done = sweeper.run(site, site.scanner, config, SweepKind.FULL, progress=lambda run: pages.append(run.seen))
    assert pages == [0, 4, 4, 8, 11, 11]
    assert (done.seen, done.marked, done.total) == (11, 11, 11)
    without_events.run_until_idle()
    assert count_dirty_items(without_events.services.engine, JIRA) == 0


def test_a_sweep_whose_page_token_has_expired_starts_again(without_events: Simulation) -> None:
    """A page token of Cloud is valid for seven days; a sweep that waits longer has to start again."""
    epic(without_events, "Retire the legacy CRM")
    sweep(without_events, SweepKind.FULL)
    with without_events.services.engine.begin() as connection:
        stale = text("UPDATE sweep SET cursor = :cursor, ended_at = NULL WHERE kind = 'full'")
        connection.execute(stale, {"cursor": "bm90IGEgcGFnZQ=="})
    if without_events.sandbox.jira.deployment is Deployment.CLOUD:
        with pytest.raises(ValuesRejected, match="Next page token is invalid or has expired"):
            sweep(without_events, SweepKind.FULL)
        assert sweep(without_events, SweepKind.FULL).seen == 1


def test_servicenow_is_swept_and_written_in_batches(database: URL, tmp_path: Path) -> None:
    """Without events: 150 projects are found, assessed and written in a few calls, and then not written again."""
    snow_name = ConnectionName("servicenow-main")
    with simulation(database, tmp_path) as scene:
        scene.run_until_idle()
        snow = scene.sandbox.servicenow
        snow.event_rules.clear()
        for number in range(150):
            snow.insert("pm_project", {"short_description": f"Project {number}", "state": "-5"}, "kaya")
        calls_url = f"{snow.base_url}/sandbox/calls"
        requests.delete(calls_url, timeout=LONGEST_CALL_SECONDS)

        def run() -> Sweep:
            _, sweeper = build_sweeper(scene.services, scene.clock)
            site, config = Sites(scene.services, scene.clock).get(snow_name), scene.services.active_config()
            assert site.scanner is not None
            assert config is not None
            done = sweeper.run(site, site.scanner, config, SweepKind.FULL)
            scene.run_until_idle()
            return done

        assert run().marked == 150
        calls = requests.get(calls_url, timeout=LONGEST_CALL_SECONDS).json()["calls"]
        assert all(row["u_gatepost_gate"] == "Blocked" for row in snow.tables["pm_project"].values())
        outer = [call for call in calls if call["path"].endswith("/batch")]
        assert 3 <= len(outer) <= 12
        run()
        requests.delete(calls_url, timeout=LONGEST_CALL_SECONDS)
        counts = {sys_id: row["sys_mod_count"] for sys_id, row in snow.tables["pm_project"].items()}
        assert run().marked == 0
        again = requests.get(calls_url, timeout=LONGEST_CALL_SECONDS).json()["calls"]
        # A batch is sent by POST, also one of nothing but reads; the calls inside it are listed beside it.
        written = [call for call in again if call["method"] != "GET" and not call["path"].endswith("/batch")]
        assert written == []
        # Every project is read again with what it rests on; none is written.
        assert {sys_id: row["sys_mod_count"] for sys_id, row in snow.tables["pm_project"].items()} == counts
