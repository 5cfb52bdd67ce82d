"""The queries of a sweep: a bound that covers everything the rules may select, and times in the account's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.jira.scanner import ALL_ISSUES, JiraScanner, jql_minute
from mapping.config import MeasureRule
from tests.mapping.rules import rule

ZURICH = ZoneInfo("Europe/Zurich")
YEAR_2020, YEAR_2030 = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-21T08:59:59", "UTC", "2026-11-21 08:59"),
        ("2026-11-21T08:59:59", "Europe/Zurich", "2026-11-21 09:59"),
        ("2026-07-01T08:59:59", "Europe/Zurich", "2026-07-01 10:59"),
        ("2026-11-21T23:30:00", "Asia/Kolkata", "2026-11-22 05:00"),
        # 25 October 2026, 02:30 occurs twice in Zurich: both times the earlier hour is queried.
        ("2026-10-25T00:30:00", "Europe/Zurich", "2026-10-25 01:30"),
        ("2026-10-25T01:30:00", "Europe/Zurich", "2026-10-25 01:30"),
        ("2026-10-25T02:30:00", "Europe/Zurich", "2026-10-25 03:30"),
    ],
)
def test_a_moment_in_a_query_is_in_the_accounts_time_zone(moment: str, zone: str, expected: str) -> None:
    assert jql_minute(datetime.fromisoformat(moment).replace(tzinfo=UTC), ZoneInfo(zone)) == expected


@given(st.datetimes(YEAR_2020, YEAR_2030, timezones=st.just(UTC)), st.sampled_from([0, 1]))
def test_no_change_is_missed_whichever_reading_the_tool_uses(moment: datetime, fold: int) -> None:
    """The text is read back in the zone, either way in the doubled hour: never later than the moment."""
    read = datetime.strptime(jql_minute(moment, ZURICH), "%Y-%m-%d %H:%M").replace(tzinfo=ZURICH, fold=fold)
    assert moment - timedelta(hours=2, minutes=1) <= read.astimezone(UTC) <= moment


@pytest.mark.parametrize(
    ("rules", "query"),
    [
        ([rule(match={"project": ["ITX", "CLOUD"], "type": ["Epic"]})], '(project in ("ITX", "CLOUD") AND issuetype in ("Epic"))'),
        (
            [rule(match={"project": ["ITX"]}), rule(match={"project": {"any": ["OPS"]}, "type": ["Change"]})],
            '(project in ("ITX")) OR (project in ("OPS") AND issuetype in ("Change"))',
        ),
        ([rule(match={"project": ["ITX"]}), rule(match={"project": ["ITX"], "labels": ["x"]})], '(project in ("ITX"))'),
        ([rule(match={"project": ["ITX"]}), rule(match={"labels": ["governed"]})], ALL_ISSUES),
        ([rule(match={"project": {"none": ["HR"]}})], ALL_ISSUES),
        ([rule(match={"project": ['A"B']})], '(project in ("A\\"B"))'),
    ],
)  # fmt: skip
def test_the_query_covers_everything_that_the_rules_may_select(rules: list[MeasureRule], query: str) -> None:
    assert JiraScanner(None, lambda: None).query_for(rules) == query  # type: ignore[arg-type]  # calls nothing
