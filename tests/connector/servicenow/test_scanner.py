"""Sweeping an instance: every visible record once, whatever an ACL hides and wherever a page ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.sync.scan import Scanner
from sandbox import servers
from sandbox.story import seed
from tests.mapping.rules import rule
from tests.sites import servicenow_site

RULES = [rule(match={"table": ["pm_project", "dmn_demand"]}), rule(match={"table": ["pm_project"]})]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Sandbox]:
    monkeypatch.setattr("connector.servicenow.scanner.PAGE", 3)
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    for table, count in (("pm_project", 10), ("dmn_demand", 4)):
        for number in range(count):
            running.servicenow.insert(table, {"short_description": f"{table} {number}"}, "kaya")
    yield running
    running.stop()


@pytest.fixture
def scanner(sandbox: servers.Sandbox) -> Scanner:
    site_scanner = servicenow_site(sandbox.servicenow).scanner
    assert site_scanner is not None
    return site_scanner


def everything(scanner: Scanner, since: datetime | None = None) -> list[str]:
    query, seen, following = scanner.query_for(RULES), [], None
    for _ in range(50):
        page = scanner.scan(query, since, following)
        seen += [str(item.native_id) for item in page.items]
        following = page.next_page
        if following is None:
            return seen
    raise AssertionError("the scan does not end")


def ids(sandbox: servers.Sandbox, *tables: str) -> list[str]:
    state = sandbox.servicenow
    return [
        f"{table}:{sys_id}" for table in tables for sys_id in sorted(state.tables[table]) if sys_id not in state.hidden
    ]


def test_a_table_that_two_rules_name_is_scanned_once(scanner: Scanner) -> None:
    assert scanner.query_for(RULES) == "pm_project,dmn_demand"
    assert scanner.query_for([rule(match={})]) == "pm_project,dmn_demand,change_request"
    assert scanner.query_for([rule(match={"table": ["no_such_table"]})]) == ""


def test_every_record_is_scanned_once_page_after_page(sandbox: servers.Sandbox, scanner: Scanner) -> None:
    assert everything(scanner) == ids(sandbox, "pm_project", "dmn_demand")
    assert scanner.total("pm_project,dmn_demand", None) == 14


@pytest.mark.parametrize("hidden", [range(3), range(3, 9), range(4, 10), range(10)])
def test_rows_that_an_acl_hides_do_not_end_a_scan_early(
    sandbox: servers.Sandbox, scanner: Scanner, hidden: range
) -> None:
    """A page may be short, or wholly empty, while visible records follow."""
    ordered = sorted(sandbox.servicenow.tables["pm_project"])
    sandbox.servicenow.hidden = {ordered[position] for position in hidden}
    assert everything(scanner) == ids(sandbox, "pm_project", "dmn_demand")


def test_only_what_changed_since_then_is_scanned(sandbox: servers.Sandbox, scanner: Scanner) -> None:
    now = datetime.now(UTC)
    assert everything(scanner, now + timedelta(hours=1)) == []
    assert len(everything(scanner, now - timedelta(hours=1))) == 14


def test_a_version_counts_up_with_each_change(sandbox: servers.Sandbox, scanner: Scanner) -> None:
    first = sorted(sandbox.servicenow.tables["pm_project"])[0]
    before = scanner.scan("pm_project", None, None).items[0]
    sandbox.servicenow.update("pm_project", first, {"short_description": "Renamed"}, "kaya")
    after = scanner.scan("pm_project", None, None).items[0]
    assert (after.native_id, int(after.version)) == (before.native_id, int(before.version) + 1)
