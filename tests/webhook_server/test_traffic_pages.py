"""``/operations/events`` and ``/operations/writes``: every event and write, by what it is and when, for who may see it.

ITX-1 is in IT / Cloud exit, ITX-2 in IT / Branches.  The rows are of fixed days, so that a range holds the same ones
whenever the tests run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from connector.store.operations.time_span import TimeSpan
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.visitor import CHEAP, FormBrowser, page_text

ROWS = """
    DELETE FROM outbox;
    DELETE FROM inbox;
    INSERT INTO inbox (connection, delivery_id, event, native_id, state, reason, received_at, settled_at)
    SELECT 'jira-main', 'd' || n, 'jira:issue_updated', (10001 + mod(n, 2))::text, 'done', NULL,
           TIMESTAMPTZ '2026-03-02 08:00Z' + n * interval '1 minute', TIMESTAMPTZ '2026-03-02 12:00Z'
    FROM generate_series(1, 60) AS n;
    INSERT INTO inbox (connection, delivery_id, event, native_id, state, reason, received_at, settled_at) VALUES
        ('jira-main', 'dead', 'issuelink_created', '10001', 'dead_letter', 'no such project', '2026-03-03 08:00Z', now()),
        ('jira-main', 'none', 'jira:worklog_deleted', NULL, 'ignored', 'of no item', '2026-03-03 09:00Z', now()),
        ('jira-main', 'waits', 'jira:issue_deleted', '10002', 'pending', NULL, '2026-03-03 10:00Z', NULL);
    INSERT INTO dirty_key (connection, native_id, state, reason)
        VALUES ('jira-main', '10001', 'dead_letter', 'no such project')
        ON CONFLICT (connection, native_id) DO UPDATE SET state = 'dead_letter', reason = 'no such project';
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, created_at, settled_at, attempts)
    SELECT 'jira-main', id, key, '{"Gate": "hidden value"}',
           '[{"field": "Gate", "present": "Open", "target": "hidden value"}]', state, reason, made, ended, attempts
    FROM (VALUES
        ('10001', 'ITX-1', 'done', 'done', TIMESTAMPTZ '2026-03-02 23:50Z', TIMESTAMPTZ '2026-03-03 00:10Z', 1),
        ('10002', 'ITX-2', 'dead_letter', '=refused', TIMESTAMPTZ '2026-03-03 08:00Z', TIMESTAMPTZ '2026-03-03 09:00Z', 5),
        ('10002', 'ITX-2', 'waiting', NULL, TIMESTAMPTZ '2026-03-04 08:00Z', NULL, 2)
    ) AS n (id, key, state, reason, made, ended, attempts);
"""


@pytest.fixture(scope="module")
def here(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("data")) as server,
    ):
        with store.engine.begin() as connection:
            connection.exec_driver_sql(ROWS)
        for name, role, place in (
            ("administrator", Role.ADMINISTRATOR, ()),
            ("operator", Role.OPERATOR, ()),
            ("branch-operator", Role.OPERATOR, ("IT", "Branches")),
            ("viewer", Role.VIEWER, ()),
        ):
            server.person(name, RoleGrant(role, place), password_hash=CHEAP)
        yield server


def browser(here: ApiServer, who: str) -> FormBrowser:
    found = FormBrowser(here.app.test_client())
    assert found.sign_in(f"{who}@acme.example").status_code == 303
    return found


@pytest.fixture(scope="module")
def operator(here: ApiServer) -> FormBrowser:
    return browser(here, "operator")


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows_of(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL)]


def file_of(visitor: FormBrowser, path: str) -> list[dict[str, str]]:
    answer = visitor.get(path)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


# --- which rows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        ("", "63 events: 1 waiting, 60 processed, 1 ignored, 1 dead letter."),
        ("?state=dead_letter", "1 event: 1 dead letter."),
        ("?item=10002&state=pending", "1 event: 1 waiting."),
        ("?item=ITX-2&state=pending", "1 event: 1 waiting."),
        ("?connection=jira-main&state=ignored", "1 event: 1 ignored."),
        ("?from=2026-03-02T08:10&until=2026-03-02T08:12",
         "2 events from 2 Mar 2026, 08:10 until 2 Mar 2026, 08:12: 2 processed."),
        ("?from=2026-03-03", "3 events since 3 Mar 2026, 00:00: 1 waiting, 1 ignored, 1 dead letter."),
        ("?until=2026-03-02", "60 events until 3 Mar 2026, 00:00: 60 processed."),
        ("?span=week&from=2026-03-03T09:30", "1 event since 3 Mar 2026, 09:30: 1 waiting."),
        ("?item=nothing", "No event matches."),
    ],
)  # fmt: skip
def test_events_by_what_they_are_and_when_they_came(operator: FormBrowser, query: str, summary: str) -> None:
    assert summary in page_text(operator.get(f"/operations/events{query}"))


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("?from=2026-03-03&until=2026-03-03", ["ITX-2", "ITX-1"]),
        ("?from=2026-03-04", ["ITX-2"]),
        ("?until=2026-03-02", []),
        ("?state=done", ["ITX-1"]),
        ("?sort=attempts", ["ITX-1", "ITX-2", "ITX-2"]),
    ],
)
def test_a_write_is_of_the_time_when_it_ended_or_was_requested(
    operator: FormBrowser, query: str, keys: list[str]
) -> None:
    found = operator.get(f"/operations/writes{query}")
    assert [row.split()[0] for row in rows_of(found.text)] == keys


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?from=yesterday", 400),
        ("?from=0001-01-01", 200),
        ("?until=9999-12-31", 400),
        ("?from=2026-03-03&until=2026-03-01", 400),
        ("?state=parked", 422),
        ("?sort=secret", 422),
        ("?connection=nowhere", 422),
        ("?after=mangled", 200),
        ("?item=%00", 400),
    ],
)
def test_what_is_no_filter_is_refused_in_words(operator: FormBrowser, query: str, status: int) -> None:
    assert operator.get(f"/operations/events{query}").status_code == status


@pytest.mark.parametrize(
    ("page", "orders"),
    [
        ("events", ("received", "connection", "event", "item", "state", "ended", "reason")),
        ("writes", ("requested", "connection", "item", "state", "attempts", "ended", "reason")),
    ],
)
def test_every_order_shows_every_row_once(operator: FormBrowser, page: str, orders: tuple[str, ...]) -> None:
    everything = sorted(row["number"] for row in file_of(operator, f"/operations/{page}.csv"))
    for order in [*orders, *(f"-{one}" for one in orders)]:
        first = operator.get(f"/operations/{page}?sort={order}")
        assert 'aria-sort="' in first.text
        pages = [first.text]
        while more := re.search(r'rel="next" href="([^"]+)"', pages[-1]):
            pages.append(operator.get(unescape(more[1])).text)
        assert sum(len(rows_of(one)) for one in pages) == len(everything), order
        assert sorted(row["number"] for row in file_of(operator, f"/operations/{page}.csv?sort={order}")) == everything


# --- what a row says ----------------------------------------------------------------------------------------------------


def test_a_row_names_its_item_and_measure_and_opens_its_dead_letter(here: ApiServer) -> None:
    page = browser(here, "administrator").get("/operations/events?state=dead_letter").text
    (row,) = rows_of(page)
    assert "ITX-1 10001 3 Mar 2026, 08:00 jira-main issuelink_created ITX-1" in row
    assert "no such project" in row
    assert re.search(r'href="https?://[^"]+/browse/ITX-1"', page)
    assert re.search(r'href="/measures/[^"]*10001"', page)
    assert 'href="/operations/dead-letters?ref=item/jira-main/10001"' in page


def test_no_page_and_no_file_holds_what_is_written(here: ApiServer) -> None:
    for who in ("administrator", "operator"):
        visitor = browser(here, who)
        for path in ("/operations/writes", "/operations/writes.csv"):
            assert "hidden value" not in visitor.get(path).text


def test_an_operator_opens_the_item_and_no_measure(operator: FormBrowser) -> None:
    page = operator.get("/operations/writes").text
    assert re.search(r'href="https?://[^"]+/browse/ITX-1"', page)
    assert 'href="/measures/' not in page


def test_who_runs_a_part_is_listed_that_part(here: ApiServer) -> None:
    visitor = browser(here, "branch-operator")
    page = visitor.get("/operations/writes").text
    assert [row.split()[0] for row in rows_of(page)] == ["ITX-2", "ITX-2"]
    assert "the parts that you run" in words(page)
    assert {row["item"] for row in file_of(visitor, "/operations/events.csv")} == {"10002"}
    assert {row["key"] for row in file_of(visitor, "/operations/writes.csv")} == {"ITX-2"}
    assert visitor.get("/operations/writes?item=ITX-1").status_code == 200
    assert "No write matches." in page_text(visitor.get("/operations/writes?item=ITX-1"))


def test_who_runs_nothing_sees_neither(here: ApiServer) -> None:
    visitor = browser(here, "viewer")
    for path in ("events", "events.csv", "writes", "writes.csv"):
        assert visitor.get(f"/operations/{path}").status_code == 403


def test_the_file_holds_every_row_of_the_list_as_programs_read_it(operator: FormBrowser) -> None:
    assert len(file_of(operator, "/operations/events.csv?until=2026-03-02")) == 60
    (row,) = file_of(operator, "/operations/writes.csv?state=dead_letter")
    assert (row["key"], row["requested"], row["outcome"], row["attempts"], row["reason"]) == (
        "ITX-2", "2026-03-03T08:00:00Z", "dead letter", "5", "'=refused",
    )  # fmt: skip


# --- from a count to its list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", TimeSpan)
@pytest.mark.parametrize("now", ["2026-03-29 01:59:59.999999+00", "2026-11-30 00:00:00+00", "2026-11-30 13:17:42+00"])
def test_a_list_begins_where_the_bars_of_the_same_range_begin(here: ApiServer, span: TimeSpan, now: str) -> None:
    asked = {"now": now, "step": span.step, "back": span.step * (span.bars - 1)}
    (row,) = here.store.rows(
        "SELECT date_bin(CAST(:step AS interval), CAST(:now AS timestamptz), TIMESTAMPTZ '2000-01-01 00\\:00\\:00+00') "
        "- CAST(:back AS interval) AS first",
        **asked,
    )
    assert span.first_bar(datetime.fromisoformat(now)) == row.first


def test_each_count_of_operations_opens_the_list_that_it_counts(here: ApiServer, operator: FormBrowser) -> None:
    with here.store.engine.begin() as connection:
        connection.execute(text("UPDATE inbox SET received_at = now() WHERE delivery_id = 'waits'"))
        connection.execute(text("UPDATE outbox SET settled_at = now() WHERE state = 'done'"))
    page = operator.get("/operations").text
    for address, shown in (
        ("/operations/events?span=hour", "1 event in the last hour: 1 waiting."),
        ("/operations/writes?span=hour&state=done", "1 write in the last hour: 1 done."),
        ("/operations/events?state=pending", "1 event: 1 waiting."),
        ("/operations/writes?state=waiting", "1 write: 1 waiting."),
    ):
        assert f'href="{address.replace("&", "&amp;")}"' in page
        assert shown in page_text(operator.get(address))
    bars = re.findall(r'href="(/operations/events\?from=[^"]+)"', page)
    assert len(bars) == 1
    assert "1 event from " in page_text(operator.get(unescape(bars[0])))
    with here.store.engine.begin() as connection:
        back = {
            "then": datetime(2026, 3, 3, 10, tzinfo=UTC),
            "ended": datetime(2026, 3, 3, tzinfo=UTC) + timedelta(minutes=10),
        }
        connection.execute(text("UPDATE inbox SET received_at = :then WHERE delivery_id = 'waits'"), back)
        connection.execute(text("UPDATE outbox SET settled_at = :ended WHERE state = 'done'"), back)
