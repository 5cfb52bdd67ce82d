"""Encoded queries: every operator, how conditions bind, what is ignored; and pages of a large table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.servicenow.model import Column
from tests.sandbox.servicenow.instance import RunningInstance, start

ROWS = {
    "A": {"priority": "1", "description": "Payments core", "opened_at": "2026-06-25 09:30:00", "business_unit": "IT"},
    "B": {"priority": "2", "description": "payments edge", "opened_at": "2026-06-24 12:00:00", "state": "2"},
    "C": {"priority": "10", "description": "", "opened_at": "2026-05-01 00:00:00", "business_unit": "Ops"},
    "D": {"priority": "", "description": "Ledger", "opened_at": "", "correlation_id": "D", "state": "1"},
}


@pytest.fixture(scope="module")
def filled() -> Iterator[RunningInstance]:
    instance = start()
    owner = instance.state.find_user("kaya")
    assert owner is not None
    instance.state.add_column("pm_project", Column("u_cost", "Cost", "currency"))
    for title, columns in ROWS.items():
        given = {"project_manager": owner["sys_id"]} if title in "AB" else {}
        instance.project(title, **columns, **given)
    yield instance
    instance.running.stop()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", "ABCD"),
        ("priority=1", "A"),
        ("priority!=1", "BCD"),
        ("priority>2", "C"),
        ("priority>=2", "BC"),
        ("priority<10", "AB"),
        ("priority<=2", "AB"),
        ("priorityBETWEEN2@10", "BC"),
        ("descriptionLIKEPAYMENTS", "AB"),
        ("descriptionNOT LIKEpayments", "CD"),
        ("descriptionNOTLIKEpayments", "CD"),
        ("descriptionSTARTSWITHpay", "AB"),
        ("descriptionENDSWITHcore", "A"),
        ("description%edge", "B"),
        ("short_descriptionINA,d", "AD"),
        ("short_descriptionNOT INA,D", "BC"),
        ("descriptionISEMPTY", "C"),
        ("descriptionISNOTEMPTY", "ABD"),
        ("descriptionEMPTYSTRING", "C"),
        ("descriptionANYTHING", "ABCD"),
        ("short_descriptionSAMEAScorrelation_id", "D"),
        ("short_descriptionNSAMEAScorrelation_id", "ABC"),
        ("opened_atGT_FIELDsys_created_on", ""),
        ("opened_atLT_OR_EQUALS_FIELDsys_created_on", "ABCD"),
        ("opened_at>=2026-06-24", "AB"),
        ("opened_at<2026-06-24", "C"),
        ("opened_atRELATIVEGT@hour@ago@1", "A"),
        ("opened_atRELATIVELT@month@ago@1", "C"),
        ("opened_atONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()", "A"),
        ("opened_atNOTONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()", "BCD"),
        ("opened_at>=javascript:gs.daysAgoStart(1)", "AB"),
        ("opened_at>javascript:gs.dateGenerate('2026-06-24','11:00:00')", "AB"),
        ("project_manager=javascript:gs.getUserID()", ""),
        ("project_manager.user_name=kaya", "AB"),
        ("project_manager.nonsense=kaya", "ABCD"),
        ("123TEXTQUERY321=ledger", "D"),
        ("priority=1^ORpriority=2^state=2", "B"),
        ("state=2^priority=1^ORpriority=2", "B"),
        ("priority=1^NQstate=1", "AD"),
        ("priority=1^state=2^NQstate=1^EQ", "D"),
        ("ORDERBYDESCpriority", "CBAD"),
        ("priorityISNOTEMPTY^ORDERBYpriority", "ABC"),
        ("state=-5^ORDERBYDESCshort_description", "CA"),
        ("no_such_column=1", "ABCD"),
        ("priority=1^no_such_column=1", "A"),
        ("priority~1", "ABCD"),
    ],
)
def test_a_query_matches(filled: RunningInstance, query: str, titles: str) -> None:
    found = "".join(str(row["short_description"]) for row in filled.rows("pm_project", query=query))
    assert found == titles


def test_a_broken_condition_matches_nothing_where_the_instance_is_strict(filled: RunningInstance) -> None:
    filled.state.set_property("glide.invalid_query.returns_no_rows", "true")
    try:
        assert filled.rows("pm_project", query="priority=1^no_such_column=1") == []
        assert len(filled.rows("pm_project", query="priority=1")) == 1
    finally:
        filled.state.set_property("glide.invalid_query.returns_no_rows", "false")


def test_pairs_of_names_and_values_are_a_query_as_well(filled: RunningInstance) -> None:
    answer = filled.call("GET", "/table/pm_project?priority=1&sysparm_fields=short_description")
    assert answer.json() == {"result": [{"short_description": "A"}]}


@pytest.mark.parametrize(
    ("offset", "marks"),
    [("0", {"first": 0, "next": 2, "last": 2}), ("2", {"first": 0, "prev": 0, "last": 2}), ("1", {"first": 0, "prev": -1, "next": 3, "last": 2})],
)  # fmt: skip
def test_the_link_header_names_the_other_pages(filled: RunningInstance, offset: str, marks: dict[str, int]) -> None:
    answer = filled.call("GET", "/table/pm_project", query="ORDERBYnumber", limit="2", offset=offset)
    links = [part.split(">;rel=") for part in answer.headers["Link"].split(",")]
    found = {name.strip('"'): int(url.rpartition("sysparm_offset=")[2]) for url, name in links}
    assert found == marks
    assert "sysparm_query=ORDERBYnumber" in answer.headers["Link"]
    bare = filled.call("GET", "/table/pm_project", no_count="true", suppress_pagination_header="true")
    assert {"Link", "X-Total-Count"} & set(bare.headers) == set()


def test_ten_thousand_rows_are_read_in_pages_by_their_ids(instance: RunningInstance) -> None:
    for number in range(10_000):
        instance.state.store("pm_project", {"short_description": f"P{number}", "state": "1"}, "kaya")
    pages, seen, last = 0, [], ""
    while True:
        query = f"sys_id>{last}^ORDERBYsys_id" if last else "ORDERBYsys_id"
        page = instance.rows("pm_project", query=query, limit="200", fields="sys_id,sys_mod_count")
        if not page:
            break
        pages += 1
        seen += [str(row["sys_id"]) for row in page]
        last = seen[-1]
    assert (len(seen), seen) == (10_000, sorted(instance.state.tables["pm_project"]))
    assert pages == 50
