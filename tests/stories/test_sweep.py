"""What nobody rang for is found all the same: lost events, deleted, archived, hidden and moved issues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Sites
from connector.errors import Refused, Unreachable
from connector.runtime.tasks import sweeping
from connector.store.reconcile.sweeps import dirty
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName
from sandbox.jira.model import Deployment, Issue
from tests.stories.simulation import Theatre, theatre
from tests.waiting import LONGEST_CALL_SECONDS, wait_until

pytestmark = pytest.mark.story
JIRA = ConnectionName("jira-main")


@pytest.fixture(params=list(Deployment))
def deaf(request: pytest.FixtureRequest, database: URL, tmp_path: Path) -> Iterator[Theatre]:
    """A Jira of each kind whose webhook was switched off: no event reaches Gatepost."""
    with theatre(database, tmp_path, deployment=request.param) as scene:
        scene.settle()
        for hook in scene.sandbox.jira.webhooks.registered.values():
            hook.enabled = False
        yield scene


def epic(scene: Theatre, title: str, project: str = "ITX") -> Issue:
    return scene.sandbox.jira.create(project, "Epic", title, by="kaya", values={"Program": "Data centre exit"})


def sweep(scene: Theatre, kind: SweepKind = SweepKind.CHANGED, size: int = 1_000) -> Sweep:
    """One run, and everything that it marks is worked on."""
    _, sweeper = sweeping(scene.services, scene.clock)
    config = scene.services.active_config()
    site = Sites(scene.services, scene.clock).get(JIRA)
    assert config is not None
    assert site.scanner is not None
    done = sweeper.run(site, site.scanner, config, kind)
    scene.settle()
    return done


def unreachable(scene: Theatre, issue: Issue) -> str | None:
    query = text(
        "SELECT unreachable_reason AS why FROM work_item WHERE native_id = :id AND unreachable_since IS NOT NULL"
    )
    with scene.services.engine.connect() as connection:
        return connection.execute(query, {"id": issue.id}).scalar()


def test_a_lost_event_is_found_by_the_next_sweep_and_only_what_changed_is_read(deaf: Theatre) -> None:
    first = epic(deaf, "Retire the legacy CRM")
    epic(deaf, "Another one")
    assert deaf.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "", "nobody rang"
    sweep(deaf, SweepKind.FULL)
    assert deaf.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "Shut"
    sweep(deaf)
    deaf.clock.move(minutes=20)
    deaf.sandbox.jira.edit(first.key, {"assignee": "osei", "Rough value": 1_200_000}, by="kaya")
    done = sweep(deaf)
    assert done.marked == 1, "the other one was written by Gatepost, read since, and has not changed"
    assert deaf.show(("jira", "Retire the legacy CRM")).fields["DoI stage"] == "Identified"
    sweep(deaf)
    assert sweep(deaf).marked == 0, "Gatepost's own write was looked at once, and now nothing has changed"


def test_the_tick_sweeps_by_itself_when_it_is_time(deaf: Theatre) -> None:
    epic(deaf, "Retire the legacy CRM")
    deaf.clock.move(minutes=16)
    deaf.handlers.tick()
    item = ("jira", "Retire the legacy CRM")
    wait_until(lambda: deaf.player.show(item).fields["Gate"] == "Shut", "the gate is shut")


def test_the_time_zone_of_the_account_is_minded(deaf: Theatre) -> None:
    """A query's times are read in the zone of whoever asks: seven hours west of the site, nothing is missed."""
    deaf.sandbox.jira.time_zone = "America/Denver"
    sweep(deaf, SweepKind.FULL)
    sweep(deaf)
    deaf.clock.move(minutes=20)
    epic(deaf, "Made a moment ago")
    done = sweep(deaf)
    assert (done.seen, done.marked) == (1, 1)


def test_a_deleted_issue_keeps_its_measure_which_says_since_when_and_why(deaf: Theatre) -> None:
    issue = epic(deaf, "Retire the legacy CRM")
    sweep(deaf, SweepKind.FULL)
    deaf.sandbox.jira.delete(issue.id, by="kaya")
    sweep(deaf)
    assert unreachable(deaf, issue) is None, "what is gone is not among what was changed"
    sweep(deaf, SweepKind.FULL)
    assert unreachable(deaf, issue) == "deleted, or hidden from Gatepost's account: Jira does not tell these apart"
    assert len(deaf.services.measures.find(issue.key)) == 1, "no measure is ever deleted with its issue"


def test_a_deleted_issue_whose_event_came_is_known_to_be_deleted(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path) as scene:
        issue = epic(scene, "Retire the legacy CRM")
        scene.settle()
        scene.sandbox.jira.delete(issue.id, by="kaya")
        scene.settle()
        assert unreachable(scene, issue) == "deleted: the tool's event said so"


def test_an_archived_and_a_hidden_project_come_back(deaf: Theatre) -> None:
    issue = epic(deaf, "Retire the legacy CRM", "CLOUD")
    sweep(deaf, SweepKind.FULL)
    deaf.sandbox.jira.change_project("CLOUD", archived=True)
    sweep(deaf, SweepKind.FULL)
    assert unreachable(deaf, issue) == "archived: Jira shows it by itself and finds it no more"
    deaf.sandbox.jira.change_project("CLOUD", hidden=True)
    deaf.sandbox.jira.change_project("CLOUD")
    sweep(deaf, SweepKind.FULL)
    assert unreachable(deaf, issue) is None, "found again, and so reachable again"


def test_an_issue_that_moved_is_the_same_measure_under_both_keys(deaf: Theatre) -> None:
    issue = epic(deaf, "Retire the legacy CRM")
    sweep(deaf, SweepKind.FULL)
    before, (measure,) = issue.key, deaf.services.measures.find(issue.key)
    deaf.sandbox.jira.move_to_project(issue.id, "CLOUD", by="kaya")
    sweep(deaf, SweepKind.FULL)
    for key in (before, issue.key):
        (found,) = deaf.services.measures.find(key)
        assert (found.id, found.key) == (measure.id, issue.key)


def test_credentials_that_are_answered_as_nobodys_make_nothing_absent(deaf: Theatre) -> None:
    """An account that lost its rights sees nothing: that stops the connection, and no measure."""
    issue = epic(deaf, "Retire the legacy CRM")
    sweep(deaf, SweepKind.FULL)
    users = deaf.sandbox.jira.users
    bot = users["gatepost-bot"]
    users["gatepost-bot"] = type(bot)(bot.account_id, bot.name, bot.email, "another token", number=bot.number)
    deaf.sandbox.jira.webhooks.registered[1].enabled = True
    deaf.sandbox.jira.edit(issue.key, {"summary": "Renamed"}, by="kaya")
    wait_until(lambda: deaf.services.connections.paused(JIRA), "the connection is paused")
    assert unreachable(deaf, issue) is None
    users["gatepost-bot"] = bot


def test_a_sweep_that_is_broken_off_goes_on_where_it_was(deaf: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.jira.scanner.PAGE", 4)
    for number in range(11):
        epic(deaf, f"Measure {number}")
    search = "/rest/api/3/search/jql" if deaf.sandbox.jira.deployment is Deployment.CLOUD else "/rest/api/2/search"
    pages: list[int] = []
    config = deaf.services.active_config()
    _, sweeper = sweeping(deaf.services, deaf.clock)
    site = Sites(deaf.services, deaf.clock).get(JIRA)
    assert site.scanner is not None
    assert config is not None

    def told(run: Sweep) -> None:
        pages.append(run.seen)
        if run.seen == 4:
            fault = {"status": 503, "method": "POST", "path": search, "times": 99}
            requests.post(f"{deaf.sandbox.jira.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)

    with pytest.raises(Unreachable):
        sweeper.run(site, site.scanner, config, SweepKind.FULL, progress=told)
    requests.delete(f"{deaf.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    done = sweeper.run(site, site.scanner, config, SweepKind.FULL, progress=lambda run: pages.append(run.seen))
    assert pages == [0, 4, 4, 8, 11, 11]
    assert (done.seen, done.marked, done.total) == (11, 11, 11)
    deaf.settle()
    assert dirty(deaf.services.engine, JIRA) == 0


def test_a_page_whose_token_has_ended_is_begun_anew(deaf: Theatre) -> None:
    """A token of Cloud lives seven days; a sweep that waits longer must not stand still for ever."""
    epic(deaf, "Retire the legacy CRM")
    sweep(deaf, SweepKind.FULL)
    with deaf.services.engine.begin() as connection:
        stale = text("UPDATE sweep SET page = :page, ended_at = NULL WHERE kind = 'full'")
        connection.execute(stale, {"page": "bm90IGEgcGFnZQ=="})
    if deaf.sandbox.jira.deployment is Deployment.CLOUD:
        with pytest.raises(Refused, match="Next page token is invalid or has expired"):
            sweep(deaf, SweepKind.FULL)
        assert sweep(deaf, SweepKind.FULL).seen == 1


def test_servicenow_is_swept_and_written_in_batches(database: URL, tmp_path: Path) -> None:
    """Nobody rings: 150 projects are found, judged and written in a handful of calls, and then left alone."""
    snow_name = ConnectionName("servicenow-main")
    with theatre(database, tmp_path) as scene:
        scene.settle()
        snow = scene.sandbox.servicenow
        snow.event_rules.clear()
        for number in range(150):
            snow.insert("pm_project", {"short_description": f"Project {number}", "state": "-5"}, "kaya")
        forget = f"{snow.base_url}/sandbox/calls"
        requests.delete(forget, timeout=LONGEST_CALL_SECONDS)

        def run() -> Sweep:
            _, sweeper = sweeping(scene.services, scene.clock)
            site, config = Sites(scene.services, scene.clock).get(snow_name), scene.services.active_config()
            assert site.scanner is not None
            assert config is not None
            done = sweeper.run(site, site.scanner, config, SweepKind.FULL)
            scene.settle()
            return done

        assert run().marked == 150
        calls = requests.get(forget, timeout=LONGEST_CALL_SECONDS).json()["calls"]
        assert all(row["u_gatepost_gate"] == "Shut" for row in snow.tables["pm_project"].values())
        outer = [call for call in calls if call["path"].endswith("/batch")]
        assert 3 <= len(outer) <= 12
        run()
        requests.delete(forget, timeout=LONGEST_CALL_SECONDS)
        assert run().marked == 0
        again = requests.get(forget, timeout=LONGEST_CALL_SECONDS).json()["calls"]
        assert [call for call in again if call["method"] != "GET"] == []
