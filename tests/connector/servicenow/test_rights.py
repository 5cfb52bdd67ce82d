"""The list of rights: the page shows it, and the stand-in enforces exactly it."""

from __future__ import annotations

from connector.servicenow.rights import RIGHTS, Access
from sandbox.servicenow import rights
from tests.conftest import ROOT


def test_the_stand_in_enforces_exactly_the_list() -> None:
    for access, enforced in ((Access.READ, rights.READ), (Access.WRITE, rights.WRITE)):
        assert dict(enforced) == {one.table: one.role for one in RIGHTS if one.access is access}


def test_the_page_shows_each_right_with_its_purpose_and_what_is_lost_without_it() -> None:
    page = (ROOT / "docs/servicenow-rights.md").read_text("utf-8").splitlines()
    rows = [f"| `{one.table}` | {one.access} | `{one.role}` | {one.purpose} | {one.lost} |" for one in RIGHTS]
    assert [line for line in page if line.startswith("| `")] == rows


def test_an_unlisted_table_of_the_platform_is_closed_and_a_customers_own_is_open() -> None:
    everything = set(rights.ROLES)
    for table, operation, allowed in (
        ("pm_project", "read", True), ("sys_script", "read", False), ("sys_user", "write", False),
        ("incident", "write", False), ("u_wave", "write", True), ("u_gatepost_outbox", "read", False),
    ):  # fmt: skip
        assert rights.allows(everything, (table, "task"), operation) is allowed, (table, operation)
    assert rights.allows({"admin", *everything}, ("sys_script",), "write")
    assert not rights.allows({rights.WRITER}, ("pm_project", "task"), "read"), "a role of the list is missing"
