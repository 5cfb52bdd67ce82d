"""Rows that the instance counts and does not show are unknown, and never none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.errors import InvalidResponse
from connector.servicenow.hidden_rows import RowsHidden
from connector.sync.ports import ToolSite
from connector.sync.setup import Health
from governance.evidence import Children
from governance.facts import Unknown
from mapping.reply_comment import ReplyComment
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.servicenow.model import Record
from sandbox.story import seed
from tests.sites import servicenow_site

GATE = frozenset({FieldName("Gate")})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


@pytest.fixture
def site(sandbox: servers.Sandbox) -> Iterator[ToolSite]:
    yield servicenow_site(sandbox.servicenow)
    sandbox.servicenow.hidden = set()


def project(sandbox: servers.Sandbox) -> tuple[NativeId, Record]:
    record = sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1"}, "lind")
    return NativeId(f"pm_project:{record['sys_id']}"), record


def reason(table: str, shown: int, total: int, owner: str, role: str) -> str:
    return (
        f"{table}: {total} rows of the record {owner} are counted and {shown} are shown to Gatepost's user; an access "
        f"control hides the rest. Give the user the role {role}, or let the access control pass it."
    )


@pytest.mark.parametrize(
    ("table", "column", "part", "what", "role"),
    [
        ("change_request", "parent", "changes", "changes", "sn_change_read"),
        ("incident", "parent", "incidents", "incidents", "sn_incident_read"),
        ("pm_project_task", "top_task", "children", "project tasks", "sn_ppm_read"),
        ("sys_attachment", "table_sys_id", "attachments", "attachments", "snc_platform_rest_api_access"),
    ],
)
def test_a_list_that_an_access_control_shortens_is_unknown(
    sandbox: servers.Sandbox, site: ToolSite, table: str, column: str, part: str, what: str, role: str
) -> None:
    (item, record), (other, _) = project(sandbox), project(sandbox)
    for _ in range(2):
        row = sandbox.servicenow.insert(table, {"short_description": "x", column: record["sys_id"]}, "lind")
    sandbox.servicenow.hidden = {row["sys_id"]}
    read = site.reader.read([item, other], GATE).items
    shortened = reason(table, 1, 2, record["sys_id"], role)
    assert getattr(read[item], part) == Unknown(f"the {what} could not all be read: {shortened}")
    assert getattr(read[other], part) in ((), 0, Children(0, 0)), "another record is none the worse for it"


def test_a_record_with_a_hidden_note_is_not_assessed_and_gets_no_note(sandbox: servers.Sandbox, site: ToolSite) -> None:
    """Its own note may be the hidden one: each look would then add another, and mail everybody who watches."""
    (item, record), (other, _) = project(sandbox), project(sandbox)
    site.writer.write_reply_comment(item, ReplyComment("Gatepost one"))
    journal = sandbox.servicenow.tables["sys_journal_field"]
    own = {key for key, row in journal.items() if row["element_id"] == record["sys_id"]}
    sandbox.servicenow.hidden = own
    for _ in range(3):
        with pytest.raises(RowsHidden):
            site.writer.write_reply_comment(item, ReplyComment("Gatepost one"))
    assert {key for key, row in journal.items() if row["element_id"] == record["sys_id"]} == own
    read = site.reader.read([item, other], GATE)
    assert (list(read.items), read.absent) == ([other], (item,))
    assert read.absent_reasons == {item: reason("sys_journal_field", 0, 1, record["sys_id"], "u_gatepost_reader")}


def test_a_hidden_record_is_absent_with_a_reason_and_a_deleted_one_without(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    (item, record), (other, _) = project(sandbox), project(sandbox)
    gone = NativeId(f"pm_project:{'0' * 32}")
    sandbox.servicenow.hidden = {record["sys_id"]}
    read = site.reader.read([item, gone, other], GATE)
    assert read.absent == (item, gone)
    assert read.absent_reasons == {item: reason("pm_project", 0, 1, record["sys_id"], "sn_ppm_read")}


def test_setup_names_a_table_whose_rows_are_all_hidden(sandbox: servers.Sandbox, site: ToolSite) -> None:
    project(sandbox)
    sandbox.servicenow.hidden = set(sandbox.servicenow.tables["pm_project"])
    assert site.setup is not None
    (check,) = [one for one in site.setup.checks(["pm_project"], None) if one.subject == "table pm_project"]
    count = len(sandbox.servicenow.tables["pm_project"])
    assert (check.health, check.message, check.remedy.page) == (
        Health.BAD,
        f"{count} rows are counted and none is shown: an access control hides them",
        "Give the integration user the role sn_ppm_read.",
    )


def test_a_sweep_ends_when_the_instance_drops_the_condition_on_ids(
    sandbox: servers.Sandbox, site: ToolSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing ``query_range`` control may drop ``sys_id>``: the first page would then come again and again."""
    for _ in range(4):
        project(sandbox)
    monkeypatch.setattr("connector.servicenow.scanner.PAGE", 2)
    monkeypatch.setattr("connector.servicenow.query.Query.after", lambda self, column, value: self)
    scanner = site.scanner
    assert scanner is not None
    first = scanner.scan("pm_project", None, None)
    with pytest.raises(InvalidResponse, match="pm_project cannot be read to its end"):
        scanner.scan("pm_project", None, first.next_page)
