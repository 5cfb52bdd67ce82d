"""The verdict in a table of its own: written before anything else, read back, and not fresh where it was not written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from connector.errors import RejectedByDataPolicy, ValuesRejected
from connector.sync.ports import ToolSite, UnsettledWrite, WriteRequest, WriteResult
from mapping.marks import Mark
from mapping.work_item import FieldName, NativeId
from mapping.writeback import WriteValue
from sandbox import servers
from sandbox.servicenow.app_tables import SCOPE, verdict_of
from sandbox.servicenow.gatepost_app import install_app, uninstall_app
from sandbox.servicenow.model import Record, Refusal
from sandbox.story import seed
from tests.conftest import ROOT
from tests.sites import servicenow_site

NOW = datetime(2026, 6, 25, 10, 0, tzinfo=UTC)
GATE, BLOCKERS = FieldName("Gate"), FieldName("Gate blockers")
OWN = frozenset({GATE, BLOCKERS})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    """Demands have no column for the verdict; on changes it is mirrored into columns for lists."""
    running = servers.start(clock=lambda: NOW)
    state = running.servicenow
    state.add_user(seed.BOT_USER, "Gatepost", seed.BOT_PASSWORD, country="DE")
    state.add_user("lind", "Sara Lind")
    install_app(state, gated={"change_request": "state:-1,3"}, writer=seed.BOT_USER)
    yield running
    running.stop()


@pytest.fixture
def site(sandbox: servers.Sandbox) -> ToolSite:
    return servicenow_site(sandbox.servicenow)


def record(sandbox: servers.Sandbox, table: str, **values: str) -> tuple[NativeId, Record]:
    row = sandbox.servicenow.insert(table, {"short_description": "X", **values}, "lind")
    return NativeId(f"{table}:{row['sys_id']}"), row


def verdict(sandbox: servers.Sandbox, row: Record) -> Mapping[str, str]:
    found = verdict_of(sandbox.servicenow, row["sys_id"])
    return {} if found is None else {name: found[name] for name in ("u_gate", "u_blockers", "u_link") if found[name]}


def read(site: ToolSite, item: NativeId) -> dict[str, object]:
    return {str(name): value for name, value in site.reader.read([item], OWN).items[item].fields.items()}


SHUT: Mapping[FieldName, WriteValue] = {GATE: "Blocked", BLOCKERS: "No proof"}


def test_a_verdict_needs_no_column_on_the_record_and_does_not_change_it(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    item, row = record(sandbox, "dmn_demand")
    assert read(site, item) == {"Gate": None, "Gate blockers": None}
    assert site.writer.write(WriteRequest(item, SHUT, "0")) is WriteResult.DONE
    assert verdict(sandbox, row) == {"u_gate": "Blocked", "u_blockers": "No proof"}
    assert row["sys_mod_count"] == "0", "no rule of anybody runs, and nothing is counted"
    assert read(site, item) == {"Gate": "Blocked", "Gate blockers": "No proof"}
    link: Mapping[FieldName, WriteValue] = {
        GATE: "Open", BLOCKERS: None, FieldName(Mark.LINK): '{"url": "https://gatepost.example/m/1"}'
    }  # fmt: skip
    site.writer.write(WriteRequest(item, link, "0"))
    assert verdict(sandbox, row) == {"u_gate": "Open", "u_link": "https://gatepost.example/m/1"}


def test_many_verdicts_are_one_batch(sandbox: servers.Sandbox, site: ToolSite) -> None:
    records = [record(sandbox, table) for table in ("dmn_demand", "change_request") for _ in range(3)]
    site.writer.write(WriteRequest(records[0][0], SHUT, "0"))
    assert site.batch_writer is not None
    results = site.batch_writer.write([WriteRequest(item, {**SHUT, GATE: "Open"}, "0") for item, _ in records])
    assert set(results.values()) == {WriteResult.DONE}
    assert {verdict(sandbox, row)["u_gate"] for _, row in records} == {"Open"}
    assert {row["u_gatepost_gate"] for _, row in records[3:]} == {"Open"}, "and the columns for lists follow"


def test_what_is_refused_on_the_record_does_not_keep_the_gate_from_the_verdict(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    """A data policy applies to the Table API: the old *Open* must not live on because it refuses the record."""
    item, row = record(sandbox, "change_request")
    site.writer.write(WriteRequest(item, {GATE: "Open"}, "0"))
    policy = sandbox.servicenow.store(
        "sys_data_policy2",
        {"model_table": "change_request", "short_description": "Category", "conditions": ""},
        "system",
    )
    rule = {"sys_data_policy": policy["sys_id"], "table": "change_request", "field": "close_notes"}
    sandbox.servicenow.store("sys_data_policy_rule", rule, "system")
    try:
        with pytest.raises(RejectedByDataPolicy):
            site.writer.write(WriteRequest(item, SHUT, "1"))
        assert site.batch_writer is not None
        (result,) = site.batch_writer.write([WriteRequest(item, SHUT, "1")]).values()
        assert isinstance(result, RejectedByDataPolicy)
    finally:
        sandbox.servicenow.delete("sys_data_policy2", policy["sys_id"])
    assert (verdict(sandbox, row)["u_gate"], row["u_gatepost_gate"]) == ("Blocked", "Open")
    assert read(site, item)["Gate"] == "Blocked, and Open in the record's own column", "still to be corrected"


def test_a_column_for_lists_that_somebody_edits_is_seen(sandbox: servers.Sandbox, site: ToolSite) -> None:
    item, row = record(sandbox, "change_request")
    site.writer.write(WriteRequest(item, SHUT, "0"))
    row["u_gatepost_gate"] = "Open"
    assert read(site, item)["Gate"] == "Blocked, and Open in the record's own column"
    row["u_gatepost_gate"] = "Blocked"
    for stored in sandbox.servicenow.tables["u_gatepost_verdict"].values():
        if stored["u_task"] == row["sys_id"]:
            stored["u_gate"] = "Open"
    assert read(site, item)["Gate"] == "Open, and Blocked in the record's own column", "an edited verdict is seen too"


def test_a_verdict_that_only_a_column_shows_is_not_written(sandbox: servers.Sandbox, site: ToolSite) -> None:
    """The app was installed after the column was written: the gate reads the row, and there is none."""
    item, row = record(sandbox, "change_request")
    row["u_gatepost_gate"] = "Blocked"
    assert read(site, item)["Gate"] is None


def test_a_hidden_verdict_is_not_doubled(sandbox: servers.Sandbox, site: ToolSite) -> None:
    item, row = record(sandbox, "dmn_demand")
    site.writer.write(WriteRequest(item, SHUT, "0"))
    table = sandbox.servicenow.tables["u_gatepost_verdict"]
    sandbox.servicenow.hidden = {key for key, one in table.items() if one["u_task"] == row["sys_id"]}
    count = len(table)
    with pytest.raises(Exception, match="u_gatepost_verdict: 1 rows are counted and 0 are shown"):
        site.writer.write(WriteRequest(item, SHUT, "0"))
    assert read(site, item) == {}, "unknown, not empty"
    sandbox.servicenow.hidden = set()
    assert len(table) == count


def test_the_heartbeat_names_records_whose_verdict_is_not_up_to_date(sandbox: servers.Sandbox, site: ToolSite) -> None:
    (fine, _), (refused, refused_row), (unread, unread_row) = (record(sandbox, "dmn_demand") for _ in range(3))
    site.writer.write(WriteRequest(fine, SHUT, "0"))
    site.writer.write(WriteRequest(refused, {GATE: "Open"}, "0"))
    assert site.heartbeat is not None
    unsettled = {fine: UnsettledWrite(SHUT), refused: UnsettledWrite(SHUT), unread: UnsettledWrite({})}
    site.heartbeat.send(NOW, unsettled)
    (row,) = sandbox.servicenow.tables["u_gatepost_heartbeat"].values()
    assert row["u_heartbeat_at"] == "2026-06-25 10:00:00"
    assert row["u_unwritten"] == ",".join(sorted((refused_row["sys_id"], unread_row["sys_id"])))
    site.heartbeat.send(NOW, {})
    assert row["u_unwritten"] == ""
    row["u_heartbeat_at"] = ""
    many = {NativeId(f"dmn_demand:{number:032x}"): UnsettledWrite({}) for number in range(121)}
    site.heartbeat.send(NOW, many)
    assert row["u_heartbeat_at"] == "", "with so many it is withheld: verdicts grow old"


def held(row: Record) -> tuple[str, str, str]:
    return row["state"], row["on_hold"], row["on_hold_reason"]


def test_a_change_is_moved_back_before_it_is_held_and_held_again_after(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    """On hold only Canceled can be reached: a hold that came first would keep the move back from ever succeeding."""
    item, row = record(sandbox, "change_request", state="-2")
    back: Mapping[FieldName, WriteValue] = {
        FieldName(Mark.STATUS): "Authorize\nAssess", FieldName(Mark.ON_HOLD): "Gatepost: no proof"
    }  # fmt: skip
    row["state"] = "0"
    policies_allow = {FieldName(Mark.STATUS): "Implement", FieldName(Mark.ON_HOLD): "Gatepost: no proof"}
    site.writer.write(WriteRequest(item, policies_allow, "0"))
    assert held(row) == ("-1", "true", "Gatepost: no proof")
    row["state"] = "0"
    site.writer.write(WriteRequest(item, {FieldName(Mark.STATUS): "Implement"}, "0"))
    assert held(row) == ("-1", "true", "Gatepost: no proof"), "its own hold is lifted for the move, and set again"
    with pytest.raises(Exception, match="refused PATCH"):
        site.writer.write(WriteRequest(item, back, "0"))
    assert held(row)[1] == "true", "what could not be moved back stays held"


def test_the_live_check_tries_each_assumption_on_its_own_record_and_leaves_nothing(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    before = {table: set(rows) for table, rows in sandbox.servicenow.tables.items()}
    assert site.instance_check is not None
    steps = {step.key: step for step in site.instance_check.run("change_request")}
    assert {key: step.result.value for key, step in steps.items() if key.startswith("L")} == {
        "L1": "proved", "L2": "proved", "L3": "proved", "L4": "proved", "L5": "proved", "L6": "not tried",
        "L7": "refuted", "L8": "proved", "L9": "proved", "L10": "proved", "L11": "proved", "L12": "proved",
        "L13": "proved", "L14": "proved",
    }  # fmt: skip
    assert steps["L5"].observed == (
        "cost_plan_breakdown: portfolio, program, requirement, task; "
        "benefit_plan_breakdown: portfolio, program, requirement, task"
    )
    assert steps["L7"].observed == "self-test: no secret is set"
    after = {table: set(rows) for table, rows in sandbox.servicenow.tables.items()}
    for table in ("change_request", "u_gatepost_verdict"):
        assert after[table] == before[table]
    documented = (ROOT / "docs/servicenow-live-check.md").read_text("utf-8")
    assert all(f"| {key} |" in documented for key in steps), "each step has its row"


def test_a_hold_that_a_rule_takes_back_is_told(
    sandbox: servers.Sandbox, site: ToolSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, row = record(sandbox, "change_request", state="-2")
    sandbox.servicenow.restrict("change_request.on_hold", "write", "change_manager")
    with pytest.raises(ValuesRejected, match="the record is not on hold: an access control does not let"):
        site.writer.write(WriteRequest(item, {FieldName(Mark.ON_HOLD): "Gatepost: no proof"}, "0"))
    assert row["on_hold"] != "true"


def test_the_scoped_application_is_used_where_it_is_installed(sandbox: servers.Sandbox) -> None:
    """Last in this file: the instance has the scoped application from here on, with the same gate on changes."""
    state = sandbox.servicenow
    uninstall_app(state)
    install_app(state, gated={"change_request": "state:-1,3"}, writer=seed.BOT_USER, columns=False, in_scope=True)
    site = servicenow_site(state)
    item, row = record(sandbox, "change_request", state="-2")
    assert site.writer.write(WriteRequest(item, SHUT)) is WriteResult.DONE
    (held,) = state.tables[f"{SCOPE}_verdict"].values()
    assert (held["u_task"], held["u_gate"], held["u_blockers"]) == (row["sys_id"], "Blocked", "No proof")
    assert read(site, item) == {"Gate": "Blocked", "Gate blockers": "No proof"}
    with pytest.raises(Refusal, match="Operation Failed"):
        state.update("change_request", row["sys_id"], {"state": "-1"}, "lind")
    assert site.heartbeat is not None
    site.heartbeat.send(NOW, {item: UnsettledWrite({GATE: "Open"})})
    (beat,) = state.tables[f"{SCOPE}_heartbeat"].values()
    assert beat["u_unwritten"] == row["sys_id"], "what is not written is not fresh"
    assert site.writer.write(WriteRequest(item, {GATE: "Open", BLOCKERS: ""})) is WriteResult.DONE
    site.heartbeat.send(NOW, {})
    assert state.update("change_request", row["sys_id"], {"state": "-1"}, "lind")["state"] == "-1"

    assert site.instance_check is not None
    steps = {step.key: step for step in site.instance_check.run("change_request")}
    assert steps["L9"].result.value == steps["L14"].result.value == "proved"
    assert steps["L14"].observed == (
        f"1 rows of {SCOPE}_verdict refer to the record; u_task.short_description is reached"
    )
    assert steps["L7"].observed == "self-test: no secret is set"
