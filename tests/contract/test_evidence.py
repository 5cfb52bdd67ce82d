"""The evidence of a verdict besides the item, read from the running sandbox: services, costs, hours, comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import cast

import pytest

from connector import jira
from connector.errors import ToolError, ValuesRejected
from connector.http.transport import Timeout
from connector.sync.money_records import ConfirmedFigures
from connector.sync.ports import ToolSite, WriteRequest, WriteResult
from governance.evidence import Children, LifeCycle, Service
from governance.facts import Unknown
from governance.handoffs import handoffs_of
from governance.money import Money, Period
from mapping.handoff_config import HandoffRule
from mapping.imports.record_amounts import RecordAmount
from mapping.ledger_sources import ExpenseLinesRule, LedgerSourceRule, PlanAmount, WrittenPlan
from mapping.marks import Mark
from mapping.related_evidence import TimeEntry
from mapping.reply_comment import ReplyComment
from mapping.ticket_history import timeline_of
from mapping.work_item import FieldChange, FieldName, NativeId
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.servicenow import breakdowns, rights
from sandbox.servicenow.model import Column, Record
from sandbox.story import seed
from tests.sites import jira_access, jira_site, servicenow_site

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start(clock=lambda: NOW)
    seed.set_up_jira(running.jira)
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


@pytest.fixture
def snow(sandbox: servers.Sandbox) -> ToolSite:
    return servicenow_site(sandbox.servicenow, clock=lambda: NOW)


@pytest.fixture
def site(sandbox: servers.Sandbox) -> ToolSite:
    return jira_site(sandbox.jira, clock=lambda: NOW)


def service(sandbox: servers.Sandbox, name: str, *bookings: tuple[str, str], **columns: str) -> Record:
    record = sandbox.servicenow.insert("cmdb_ci_service", {"name": name, **columns}, "admin")
    for day, amount in bookings:
        booked = {"source_id": record["sys_id"], "date": day, "amount": amount}
        sandbox.servicenow.insert("fm_expense_line", booked, "admin")
    return record


def read_services(snow: ToolSite, *names: str, end_column: str | None = "Retirement date") -> dict[str, Service]:
    assert snow.service_directory is not None
    return dict(snow.service_directory.services(names, end_column=end_column, since=date(2026, 6, 1), currency="EUR"))


def test_a_service_is_read_with_its_life_cycle_and_its_costs(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    bookings = (
        ("2026-09-03", "EUR;100"),
        ("2026-10-03", "EUR;60"),
        ("2026-10-20", "EUR;40.50"),
        ("2026-01-03", "EUR;9"),
    )
    service(sandbox, "CRM-OLD", *bookings, operational_status="1", u_retirement_date="2026-12-31")
    assert read_services(snow, "CRM-OLD") == {
        "CRM-OLD": Service(
            "CRM-OLD",
            life_cycle=LifeCycle.ACTIVE,
            costs={Period(2026, 9): Money(Decimal(100), "EUR"), Period(2026, 10): Money(Decimal("100.50"), "EUR")},
            ends_on=date(2026, 12, 31),
        )
    }


def test_the_accounts_of_bookings_are_read_where_the_instance_has_them(
    sandbox: servers.Sandbox, snow: ToolSite
) -> None:
    sandbox.servicenow.add_column("fm_expense_line", Column("account", "Account"))
    record = service(sandbox, "CRM-ACC")
    for account in ("4711", "4712", "4711", ""):
        booked = {"source_id": record["sys_id"], "date": "2026-10-03", "amount": "EUR;5", "account": account}
        sandbox.servicenow.insert("fm_expense_line", booked, "admin")
    (found,) = read_services(snow, "CRM-ACC", end_column=None).values()
    assert (found.costs, found.accounts) == (
        {Period(2026, 10): Money(Decimal(20), "EUR")},
        {Period(2026, 10): ("4711", "4712")},
    )


@pytest.mark.parametrize(
    ("columns", "life_cycle"),
    [
        ({"operational_status": "1"}, LifeCycle.ACTIVE),
        ({"operational_status": "6"}, LifeCycle.RETIRED),
        ({"install_status": "7"}, LifeCycle.RETIRED),
        ({"life_cycle_stage": "End of Life"}, LifeCycle.RETIRED),
        ({"life_cycle_stage": "Operational"}, LifeCycle.ACTIVE),
        ({}, LifeCycle.UNSTATED),
    ],
)
def test_the_life_cycle_in_all_its_columns(
    sandbox: servers.Sandbox, snow: ToolSite, columns: dict[str, str], life_cycle: LifeCycle
) -> None:
    service(sandbox, "X", **columns)
    assert read_services(snow, "X")["X"].life_cycle is life_cycle


def test_an_amount_without_a_currency_is_in_the_reporting_currency(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    service(sandbox, "X", ("2026-10-01", "75.5"))
    assert read_services(snow, "X")["X"].costs == {Period(2026, 10): Money(Decimal("75.5"), "EUR")}


def test_an_unknown_name_is_absent_and_one_that_cannot_be_queried_as_well(snow: ToolSite) -> None:
    assert read_services(snow, "NOPE", "a^b", "c,d") == {}


def test_a_missing_column_is_reported(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    service(sandbox, "X")
    with pytest.raises(ValuesRejected, match='cmdb_ci_service has no column "Retirment date"'):
        read_services(snow, "X", end_column="Retirment date")


def test_hours_are_read_with_where_they_were_logged(sandbox: servers.Sandbox, site: ToolSite) -> None:
    state = sandbox.jira
    epic = state.create("ITX", "Epic", "E", by="kaya")
    child = state.create("ITX", "Story", "S", by="kaya", parent=epic.key)
    support = state.create("SUP", "Task", "T", by="kaya")
    state.log_work(child.key, 2, by="kaya", started=NOW - timedelta(days=2))
    state.log_work(support.key, 7.5, by="osei", started=NOW - timedelta(days=1))
    state.log_work(support.key, 8, by="osei", started=NOW - timedelta(days=30))
    state.log_work(support.key, 8, by="lind", started=NOW)
    assert site.timesheet is not None
    entries = site.timesheet.time_entries(["kaya", "osei"], date(2026, 11, 7))
    assert len({entry.worklog for entry in entries} - {""}) == 2
    plain = [replace(entry, worklog="") for entry in entries]
    assert sorted(plain, key=lambda entry: entry.person) == [
        TimeEntry("kaya", NativeId(child.id), NativeId(epic.id), "ITX", date(2026, 11, 19), Decimal(2)),
        TimeEntry("osei", NativeId(support.id), None, "SUP", date(2026, 11, 20), Decimal("7.5")),
    ]


def test_an_issue_with_many_worklogs_is_read_to_the_end(sandbox: servers.Sandbox, site: ToolSite) -> None:
    """A search shows twenty; the rest has to be requested."""
    issue = sandbox.jira.create("SUP", "Task", "T", by="kaya")
    for hour in range(45):
        sandbox.jira.log_work(issue.key, 1, by="kaya", started=NOW - timedelta(hours=hour))
    assert site.timesheet is not None
    assert sum(entry.hours for entry in site.timesheet.time_entries(["kaya"], date(2026, 11, 1))) == 45


@pytest.mark.parametrize(("links", "linked"), [(1_999, True), (2_000, False)])
def test_an_issue_with_as_many_links_as_it_may_have_is_moved_back_all_the_same(
    sandbox: servers.Sandbox, site: ToolSite, links: int, linked: bool
) -> None:
    """Filling it with links would otherwise keep whoever went past a gate where they are."""
    epic = sandbox.jira.create("CLOUD", "Epic", "E", by="kaya", status="Analysis")
    blocker = sandbox.jira.create("CLOUD", "Task", "T", by="kaya")
    epic.blocked_by += [f"gone {number}" for number in range(links)]
    values = {FieldName("@blocked by"): blocker.key, FieldName("@status"): "Backlog", FieldName("DoI stage"): "2"}
    write = partial(site.writer.write, WriteRequest(NativeId(epic.id), values))
    if linked:
        assert write() is WriteResult.DONE
    else:
        with pytest.raises(ValuesRejected, match="The per-issue limit has been breached"):
            write()
    assert (blocker.id in epic.blocked_by, epic.status) == (linked, "Backlog")
    assert sandbox.jira.value_named(epic, "DoI stage") == "2"


@pytest.mark.parametrize("deployment", Deployment)
@pytest.mark.parametrize(("language", "status"), [("", "Analyse"), ("en-US", "Analysis"), ("en_US", "Analysis")])
def test_names_come_in_the_language_that_was_asked_for(deployment: Deployment, language: str, status: str) -> None:
    """Whatever somebody sets in the profile of Gatepost's account."""
    running = servers.start(clock=lambda: NOW, deployment=deployment)
    seed.set_up_jira(running.jira)
    epic = running.jira.create("ITX", "Epic", "E", by="kaya", status="Analysis")
    running.jira.languages["de-DE"] = {"Analysis": "Analyse", "Epic": "Epos"}
    running.jira.account_language = "de-DE"
    site = jira.site(replace(jira_access(running.jira), language=language), timeout=Timeout(), clock=lambda: NOW)
    (read,) = site.reader.read([NativeId(epic.id)], frozenset()).items.values()
    running.stop()
    assert (read.status, read.type) == (status, "Epos" if not language else "Epic")


def test_gatepost_ignores_commands_in_its_own_comments(sandbox: servers.Sandbox, site: ToolSite) -> None:
    """Its replies contain examples of commands; they count as nobody's command."""
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    site.writer.write_reply_comment(NativeId(issue.id), ReplyComment("Gatepost answers here.\n/approve decided"))
    sandbox.jira.comment(issue.key, "/approve detailed", by="brandt")
    (read,) = site.reader.read([NativeId(issue.id)], frozenset()).items.values()
    assert [(comment.author.name, comment.text) for comment in read.comments] == [
        ("Martin Brandt", "/approve detailed")
    ]
    assert read.reply_comment == "Gatepost answers here.\n/approve decided"


def test_a_mention_is_the_account_in_a_command_and_the_name_in_a_reply(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    sandbox.jira.comment(issue.key, "/delegate [~accountid:lind] until 2026-12-31", by="brandt")
    reply = ReplyComment("Gatepost:\n@Sara Lind: why?", (("Sara Lind", "lind"),))
    assert site.writer.write_reply_comment(NativeId(issue.id), reply) is WriteResult.DONE
    (read,) = site.reader.read([NativeId(issue.id)], frozenset()).items.values()
    assert read.comments[0].text == "/delegate [~accountid:lind] until 2026-12-31"
    assert read.reply_comment == reply.text
    assert sandbox.jira.issues[issue.id].comments[-1].text == "Gatepost:\n[~accountid:lind]: why?"


def test_an_edited_comment_stays_its_authors_and_names_its_editor(sandbox: servers.Sandbox, site: ToolSite) -> None:
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    comment = sandbox.jira.comment(issue.key, "looks good", by="brandt")
    sandbox.jira.edit_comment(issue.key, comment.id, "/approve detailed", by="osei")
    (read,) = site.reader.read([NativeId(issue.id)], frozenset()).items.values()
    assert [(entry.author.id, entry.text, entry.is_authors_word) for entry in read.comments] == [
        ("brandt", "/approve detailed", False)
    ]


def test_comments_that_do_not_come_with_the_issue_are_read_by_themselves(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    sandbox.jira.comments_shown = 2
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    for number in range(5):
        sandbox.jira.comment(issue.key, f"comment {number}", by="brandt")
    (read,) = site.reader.read([NativeId(issue.id)], frozenset()).items.values()
    assert (len(read.comments), read.all_comments) == (5, True)


def test_the_history_dates_the_last_change_of_the_mapped_fields(sandbox: servers.Sandbox, site: ToolSite) -> None:
    assert site.change_history is not None
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    for number in range(230):
        sandbox.jira.edit(issue.key, {"summary": f"E{number}"}, by="kaya")
    fields, item = frozenset({FieldName("Sponsor"), FieldName("Due date")}), NativeId(issue.id)
    assert site.change_history.last_change(item, fields, NOW - timedelta(days=1)) is None
    sandbox.jira.edit(issue.key, {"duedate": "2026-12-01"}, by="kaya")
    assert site.change_history.last_change(item, fields, NOW - timedelta(days=1)) == NOW
    assert site.change_history.last_change(item, fields, NOW + timedelta(days=1)) is None
    sandbox.jira.edit(issue.key, {"summary": "E"}, by="kaya")
    assert site.change_history.last_change(item, frozenset({FieldName("Sponsor")}), NOW - timedelta(days=1)) is None


def test_the_history_tells_what_a_field_held_when(sandbox: servers.Sandbox, site: ToolSite) -> None:
    assert site.change_history is not None
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    for amount in (100, 250):
        sandbox.jira.edit(issue.key, {"Actual benefit": amount}, by="kaya")
    sandbox.jira.comment(issue.key, "a comment", by="kaya")
    fields = frozenset({FieldName("Actual benefit"), FieldName("Actual cost")})
    found = site.change_history.changes(NativeId(issue.id), fields, NOW - timedelta(days=1))
    assert found == {
        FieldName("Actual benefit"): (FieldChange(NOW, "", "100"), FieldChange(NOW, "100", "250")),
    }
    assert site.change_history.changes(NativeId(issue.id), fields, NOW + timedelta(days=1)) == {}


JOKER = "- J. Joker: *bold* {color:red}x{color} [~kaya] @\u2060Sara Lind https:\u2060//evil.example"


def test_an_answer_is_an_internal_comment_of_plain_text(sandbox: servers.Sandbox, site: ToolSite) -> None:
    """In a service project its customers would read it, and be mailed it."""
    project = sandbox.jira.projects["ITX"]
    sandbox.jira.add_project("DESK", "Service desk", project.workflow, kind="service_desk")
    issue = sandbox.jira.create("DESK", "Task", "T", by="kaya")
    reply = ReplyComment(f"Gatepost:\n@Sara Lind: why?\n{JOKER}", (("Sara Lind", "lind"),))
    assert site.writer.write_reply_comment(NativeId(issue.id), reply) is WriteResult.DONE
    (comment,) = issue.comments
    assert comment.internal
    assert comment.text == f"Gatepost:\n[~accountid:lind]: why?\n{JOKER}"
    comment.internal = False
    assert site.writer.write_reply_comment(NativeId(issue.id), ReplyComment("Gatepost: no.")) is WriteResult.DONE
    assert comment.internal, "one that was public becomes internal"


def test_an_answer_in_wiki_text_shows_its_signs() -> None:
    running = servers.start(clock=lambda: NOW, deployment=Deployment.DATACENTER)
    seed.set_up_jira(running.jira)
    site = jira_site(running.jira, clock=lambda: NOW)
    issue = running.jira.create("ITX", "Epic", "E", by="kaya")
    reply = ReplyComment(f"Gatepost:\n@Sara Lind: why?\n{JOKER}", (("Sara Lind", running.jira.users["lind"].key),))
    assert site.writer.write_reply_comment(NativeId(issue.id), reply) is WriteResult.DONE
    assert site.writer.write_reply_comment(NativeId(issue.id), reply) is WriteResult.NOTHING_TO_DO
    (comment,) = issue.comments
    running.stop()
    assert comment.internal
    assert comment.text.splitlines()[1:] == [
        "[~lind]: why?",
        r"- J. Joker: \*bold\* \{color:red\}x\{color\} \[\~kaya\]" + " @\u2060Sara Lind https:\u2060//evil.example",
    ]


@pytest.mark.parametrize(
    ("saved_by", "delegate", "counts"),
    [
        pytest.param("brandt", {}, True, id="the approver"),
        pytest.param("kaya", {}, False, id="somebody else"),
        pytest.param("kaya", {"starts": "2026-11-01 00:00:00", "ends": "2026-12-31 00:00:00"}, True, id="a delegate"),
        pytest.param("kaya", {"starts": "2026-11-01 00:00:00", "ends": ""}, True, id="a delegate without an end"),
        pytest.param("kaya", {"starts": "2026-01-01 00:00:00", "ends": "2026-02-01 00:00:00"}, False, id="no longer"),
        pytest.param(
            "kaya", {"starts": "2026-11-01 00:00:00", "approvals": "false"}, False, id="a delegate for assignments only"
        ),
    ],
)
def test_an_approval_is_the_approvers_own_when_they_or_their_delegate_saved_it(
    sandbox: servers.Sandbox, snow: ToolSite, saved_by: str, delegate: dict[str, str], counts: bool
) -> None:
    state = sandbox.servicenow
    record = state.insert("pm_project", {"short_description": "P", "state": "1"}, "kaya")
    people = {row["user_name"]: row["sys_id"] for row in state.tables["sys_user"].values()}
    if delegate:
        state.insert("sys_user_delegate", {"user": people["brandt"], "delegate": people["kaya"]} | delegate, "admin")
    state.decide_approval("pm_project", record["sys_id"], "brandt", "approved", by=saved_by)
    item = NativeId(f"pm_project:{record['sys_id']}")
    (read,) = snow.reader.read([item], frozenset(), approvals=True).items.values()
    (approval,) = read.approvals
    assert (approval.person.id, approval.is_own) == (people["brandt"], counts)
    assert approval.set_by is not None
    assert approval.set_by.name == {"brandt": "Martin Brandt", "kaya": "Aylin Kaya"}[saved_by]


def test_the_history_names_who_moved_an_issue_and_who_edited_a_field(sandbox: servers.Sandbox, site: ToolSite) -> None:
    assert site.editors is not None
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya", status="Backlog")
    sandbox.jira.edit(issue.key, {"Gate": "Open", "Highest stage": 5}, by="osei")
    sandbox.jira.edit(issue.key, {"Sponsor": "lind"}, by="brandt")
    read = site.reader.read([NativeId(issue.id)], frozenset()).items[NativeId(issue.id)]
    gate, status = FieldName("Gate"), FieldName(Mark.STATUS)
    both = frozenset({gate, status})
    assert {name: who.name for name, who in site.editors.editors(read, both, "").items()} == {gate: "Kwame Osei"}
    later = (NOW + timedelta(hours=1)).isoformat()
    assert site.editors.editors(read, both, later) == {}, "no entry since the reading before: nobody is guessed"
    sandbox.jira.transition(issue.key, "Analysis", by="lind", over_rest=False)
    moved = site.reader.read([NativeId(issue.id)], frozenset()).items[NativeId(issue.id)]
    assert site.editors.editors(moved, both, "")[status].name == "Sara Lind"
    assert site.editors.editors(read, frozenset({status}), "") == {}, "a later move is not the one that was read"
    sandbox.jira.edit(issue.key, {"Gate": "Shut"}, by="gatepost-bot")
    assert site.editors.editors(moved, frozenset({gate}), "") == {}, "Gatepost's own write is nobody's edit"
    sandbox.jira.transition(issue.key, "Backlog", by="gatepost-bot", over_rest=False)
    came = site.editors.editors(moved, frozenset({status}), "")
    assert came[status].name == "Sara Lind", "a move back in the same instant is not how it came here"
    by_lind, back = sandbox.jira.issue(issue.key).history[-3], sandbox.jira.issue(issue.key).history[-1]
    assert (by_lind.author, back.author) == ("lind", "gatepost-bot")
    by_lind.at, back.at = NOW + timedelta(milliseconds=7), NOW + timedelta(milliseconds=900)
    came = site.editors.editors(replace(moved, updated=NOW), frozenset({status}), "")
    assert came[status].name == "Sara Lind", "Jira writes the entry after the time of the issue"
    sandbox.jira.issue(issue.key).history.insert(
        0, replace(by_lind, author="osei", at=NOW, items=[{"field": "status", "toString": "Selected"}])
    )
    came = site.editors.editors(replace(moved, updated=NOW), frozenset({status}), "")
    assert came[status].name == "Sara Lind", "also after somebody else's move before it"
    by_lind.at = NOW + timedelta(seconds=2)
    assert site.editors.editors(replace(moved, updated=NOW), frozenset({status}), "") == {}, "that is another move"


@pytest.mark.parametrize(
    ("saved_by", "name"),
    [(["kaya"], "Aylin Kaya"), (["osei", "kaya"], None), ([], None), ([seed.BOT_USER], None)],
    ids=["one person", "two people since", "nobody", "Gatepost itself"],
)
def test_whoever_saved_a_record_once_is_named_and_nobody_is_guessed(
    sandbox: servers.Sandbox, snow: ToolSite, saved_by: list[str], name: str | None
) -> None:
    assert snow.editors is not None
    record = sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1"}, "brandt")
    item, seen = NativeId(f"pm_project:{record['sys_id']}"), record["sys_mod_count"]
    for number, login in enumerate(saved_by):
        sandbox.servicenow.update("pm_project", record["sys_id"], {"short_description": f"P{number}"}, login)
    (read,) = snow.reader.read([item], frozenset()).items.values()
    who = snow.editors.editors(read, frozenset({FieldName("Gate")}), seen).get(FieldName("Gate"))
    assert (who.name if who is not None else None) == name


def test_a_work_note_is_added_once_for_one_text(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    record = sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1"}, "kaya")
    item = NativeId(f"pm_project:{record['sys_id']}")
    results = [
        snow.writer.write_reply_comment(item, ReplyComment(f"Gatepost {text}")) for text in ("one", "one", "two", "two")
    ]
    assert results == [WriteResult.DONE, WriteResult.NOTHING_TO_DO, WriteResult.DONE, WriteResult.NOTHING_TO_DO]
    sandbox.servicenow.update("pm_project", record["sys_id"], {"comments": "/approve detailed"}, "brandt")
    (read,) = snow.reader.read([item], frozenset({FieldName("Gate")})).items.values()
    assert read.reply_comment == "Gatepost two"
    assert [(entry.author.login, entry.text) for entry in read.comments] == [("brandt", "/approve detailed")]


def test_children_are_read_with_their_priority_and_last_change(sandbox: servers.Sandbox, site: ToolSite) -> None:
    epic = sandbox.jira.create("ITX", "Epic", "E", by="kaya")
    sandbox.jira.create("ITX", "Story", "S", by="kaya", parent=epic.key, status="Analysis", priority="Low")
    (read,) = site.reader.read([NativeId(epic.id)], frozenset()).items.values()
    children = read.children
    assert isinstance(children, Children)
    assert (children.total, children.in_progress, children.last_changed) == (1, 1, NOW)
    assert children.open[0].priority == "Low"


PLANS = frozenset({FieldName("Gate")})


def months(sandbox: servers.Sandbox) -> dict[int, str]:
    """Fiscal periods of the first quarter, by month."""
    return {
        month: sandbox.servicenow.insert(
            "fiscal_period", {"name": f"M{month}", "fiscal_start_date_time": f"2026-{month:02d}-01 00:00:00"}, "a"
        )["sys_id"]
        for month in (1, 2, 3)
    }


def planned(sandbox: servers.Sandbox, snow: ToolSite, item: NativeId) -> list[tuple[str, str, str, str]] | Unknown:
    lines = snow.reader.read([item], PLANS, frozenset(), "EUR").items[item].plan_lines
    if isinstance(lines, Unknown):
        return lines
    return sorted((one.version.value, one.kind.value, str(one.month), str(one.money)) for one in lines or ())


def plan(sandbox: servers.Sandbox, table: str, task: str, span: tuple[str, str], amount: str, **columns: str) -> str:
    first, last = span
    return breakdowns.add_plan(
        sandbox.servicenow, table, task, amount, name="x", start_fiscal_period=first, end_fiscal_period=last, **columns
    )


def new_project(sandbox: servers.Sandbox) -> tuple[str, NativeId]:
    row = sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1"}, "kaya")
    return row["sys_id"], NativeId(f"pm_project:{row['sys_id']}")


def test_cost_and_benefit_plans_are_read_from_their_breakdowns(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    """A recurring plan's total is for all its periods together; sums for the task and the program count nothing."""
    state, periods, (project, item), (_, bare) = (
        sandbox.servicenow, months(sandbox), new_project(sandbox), new_project(sandbox),
    )  # fmt: skip
    capex, opex = (
        state.insert("resource_type_definition", {"name": name}, "a")["sys_id"] for name in ("Capex", "Opex")
    )
    benefit = plan(sandbox, "benefit_plan", project, (periods[2], periods[3]), "EUR;1000", recurring="true")
    breakdowns.confirm(state, "benefit_plan", benefit, "EUR;900")
    plan(sandbox, "cost_plan", project, (periods[1], periods[3]), "EUR;600", resource_type=capex)
    plan(
        sandbox, "cost_plan", project, (periods[1], periods[2]), "20", quantity="2", recurring="true",
        resource_type=opex,
    )  # fmt: skip
    assert planned(sandbox, snow, item) == [
        ("actual", "benefit", "2026-02", "900 EUR"),
        ("actual", "benefit", "2026-03", "900 EUR"),
        ("plan", "benefit", "2026-02", "1,000 EUR"),
        ("plan", "benefit", "2026-03", "1,000 EUR"),
        ("plan", "capex", "2026-01", "200 EUR"),
        ("plan", "capex", "2026-02", "200 EUR"),
        ("plan", "capex", "2026-03", "200 EUR"),
        ("plan", "recurring_cost", "2026-01", "40 EUR"),
        ("plan", "recurring_cost", "2026-02", "40 EUR"),
    ]
    assert planned(sandbox, snow, bare) == []
    assert isinstance(snow.reader.read([item], PLANS).items[item].plan_lines, Unknown), "not requested, not read"


def test_plans_and_expense_lines_are_read_amount_by_amount(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    """With their records, the services of their items, and the kind that a cost plan gives a line."""
    state, periods, (project, item) = sandbox.servicenow, months(sandbox), new_project(sandbox)
    (capex,) = (state.insert("resource_type_definition", {"name": name}, "a")["sys_id"] for name in ("Capex",))
    licences = plan(sandbox, "cost_plan", project, (periods[1], periods[2]), "EUR;600", resource_type=capex)
    benefit = plan(sandbox, "benefit_plan", project, (periods[2], periods[2]), "EUR;1000", recurring="true")
    breakdowns.confirm(state, "benefit_plan", benefit, "EUR;900")
    crm = state.insert("cmdb_ci_service", {"name": "CRM"}, "admin")["sys_id"]
    gold = state.insert("service_offering", {"name": "CRM gold", "parent": crm}, "admin")["sys_id"]
    line = {"date": "2026-02-03", "amount": "EUR;50", "state": "processed"}
    for more in (
        {"task": project, "cost_plan": licences}, {"task": project, "state": "pending"}, {"ci": gold, "task": ""},
        {"source_id": crm, "amount": "EUR;-5"}, {"ci": gold, "date": "2025-12-31"},
    ):  # fmt: skip
        state.insert("fm_expense_line", line | more, "admin")
    rule = LedgerSourceRule(
        connection="snow", since="2026-01", cost_plans=(PlanAmount.PLAN,), benefit_plans=(PlanAmount.ACTUAL,),
        expense_lines=ExpenseLinesRule(services=("CRM",)),
    )  # fmt: skip
    records = snow.money_records
    assert records is not None
    assert rule.expense_lines is not None

    def told(amounts: Iterable[RecordAmount]) -> list[str]:
        return sorted(
            f"{one.version} {one.kind} {one.month} {one.money} {'measure' if one.item == item else one.service}"
            for one in amounts
        )

    assert told(records.plan_amounts([item], rule, "EUR").amounts[item]) == [
        "actual benefit 2026-02 900 EUR measure", "plan capex 2026-01 300 EUR measure",
        "plan capex 2026-02 300 EUR measure",
    ]  # fmt: skip
    found = records.expense_amounts([item], rule.expense_lines, date(2026, 1, 1), "EUR")
    assert told(found) == [
        "actual capex 2026-02 50 EUR measure", "actual recurring_cost 2026-02 -5 EUR CRM",
        "actual recurring_cost 2026-02 50 EUR CRM",
    ]  # fmt: skip
    assert any(one.description.endswith("on CRM gold, offering CRM gold of CRM") for one in found)
    state.hidden.add(next(iter(state.tables["fm_expense_line"])))
    with pytest.raises(ToolError, match="fm_expense_line"):
        records.expense_amounts([item], rule.expense_lines, date(2026, 1, 1), "EUR")


def test_confirmed_figures_are_kept_in_a_plan_of_gateposts_and_never_read_back(
    sandbox: servers.Sandbox, snow: ToolSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever has plans written gives Gatepost's user the right to.
    for table in ("benefit_plan", "benefit_plan_breakdown"):
        monkeypatch.setitem(cast("dict[str, str]", rights.WRITE), table, "it_project_manager")
    state, (project, item) = sandbox.servicenow, new_project(sandbox)
    periods = months(sandbox)
    records = snow.money_records
    assert records is not None

    def write(*by_month: tuple[int, str], post: bool = True) -> list[str]:
        amounts = {Period(2026, month): Decimal(amount) for month, amount in by_month}
        figures = ConfirmedFigures("snow/1", "PRJ1", item, "EUR", amounts)
        assert records is not None
        return list(records.write_confirmed(WrittenPlan.BENEFIT_PLANS, [figures], post=post))

    with pytest.raises(ValuesRejected, match="benefit_plan has no column u_gatepost_correlation_id: add it"):
        write((1, "5"))
    state.add_column("benefit_plan", Column("u_gatepost_correlation_id", "Gatepost correlation ID"))
    clear_cache = servicenow_site(state, clock=lambda: NOW + timedelta(hours=2))
    records = clear_cache.money_records
    assert records is not None
    assert write((1, "900.50"), (2, "100"), post=False) == ["PRJ1: 2 months of its benefit plan."]
    assert not [one for one in state.tables["benefit_plan"].values() if one["task"] == project]
    assert write((1, "900.50"), (2, "100")) == ["PRJ1: 2 months of its benefit plan."]
    assert write((1, "900.50"), (2, "100")) == []
    assert write((2, "80"), (3, "7")) == ["PRJ1: 3 months of its benefit plan."]
    (own,) = [one for one in state.tables["benefit_plan"].values() if one["task"] == project]
    assert own["u_gatepost_correlation_id"] == "gatepost:snow/1:benefit_plan"
    assert {
        one["fiscal_period"]: one["actual_benefit"]
        for one in state.tables["benefit_plan_breakdown"].values() if one["benefit_plan"] == own["sys_id"]
    } == {periods[1]: "EUR;0", periods[2]: "EUR;80", periods[3]: "EUR;7"}  # fmt: skip
    assert planned(sandbox, clear_cache, item) == []
    rule = LedgerSourceRule(connection="snow", since="2026-01", benefit_plans=(PlanAmount.ACTUAL,))
    assert records.plan_amounts([item], rule, "EUR").amounts[item] == []


def test_plans_that_contradict_themselves_are_unknown(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    periods, state = months(sandbox), sandbox.servicenow
    project, item = new_project(sandbox)
    state.insert("cost_plan", {"name": "Licences", "task": project, "unit_cost": "EUR;5"}, "kaya")
    assert planned(sandbox, snow, item) == Unknown('the plan "Licences" has no breakdown by fiscal period')

    doubled, item = new_project(sandbox)
    plan(sandbox, "cost_plan", doubled, (periods[1], periods[1]), "EUR;5")
    (row,) = [
        one for one in state.tables["cost_plan_breakdown"].values()
        if (one["task"], one["breakdown_type"]) == (doubled, "requirement")
    ]  # fmt: skip
    state.insert("cost_plan_breakdown", {name: row[name] for name in row if not name.startswith("sys_")}, "kaya")
    assert planned(sandbox, snow, item) == Unknown(
        'the plan "x" has two breakdowns for Jan 2026: one of them is too much'
    )

    foreign, item = new_project(sandbox)
    plan(sandbox, "benefit_plan", foreign, (periods[1], periods[1]), "EUR;5")
    robot = next(one for one in state.tables["sys_user"].values() if one["user_name"] == seed.BOT_USER)
    state.update("sys_user", robot["sys_id"], {"country": "US"}, seed.ADMIN_USER)
    american = servicenow_site(state, clock=lambda: NOW)
    assert planned(sandbox, american, item) == Unknown(
        'the plan "x" is kept in EUR, and amounts are read in USD, the currency of the account: give Gatepost\'s user a '
        "country with EUR"
    )


def test_a_hidden_breakdown_makes_the_plans_of_its_project_unknown(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    periods = months(sandbox)
    project, item = new_project(sandbox)
    plan(sandbox, "cost_plan", project, (periods[1], periods[2]), "EUR;5")
    sandbox.servicenow.hidden.add(next(iter(sandbox.servicenow.tables["cost_plan_breakdown"])))
    found = planned(sandbox, snow, item)
    assert isinstance(found, Unknown)
    assert found.reason.startswith("the cost and benefit plans could not all be read: cost_plan_breakdown: 8 rows of")


def test_a_period_of_a_schedule_is_read_as_its_month(sandbox: servers.Sandbox, snow: ToolSite) -> None:
    period = sandbox.servicenow.insert("fiscal_period", {"fiscal_start_date_time": "20260401T000000"}, "a")["sys_id"]
    project, item = new_project(sandbox)
    plan(sandbox, "cost_plan", project, (period, period), "EUR;5")
    assert planned(sandbox, snow, item) == [("plan", "one_off_cost", "2026-04", "5 EUR")]


def passing(sandbox: servers.Sandbox, days: int) -> None:
    """From now on both tools' clocks stand so many days before the end of the story."""
    sandbox.jira.clock = sandbox.servicenow.clock = lambda: NOW - timedelta(days=days)


def test_the_histories_of_tickets_tell_who_handed_them_to_whom(
    sandbox: servers.Sandbox, site: ToolSite, snow: ToolSite
) -> None:
    rule = HandoffRule(people={"Platform": ("kaya",), "Network": ("osei", "lind")})
    passing(sandbox, 20)
    issue = sandbox.jira.create("ITX", "Epic", "E", by="kaya", status="Backlog")
    sandbox.jira.edit(issue.key, {"assignee": "kaya", "Highest stage": 5}, by="kaya")
    table = sandbox.servicenow.tables["sys_user_group"]
    first, second = (
        sandbox.servicenow.store("sys_user_group", {"name": name}, "admin") for name in ("Desk", "Network")
    )
    values = {"short_description": "I", "state": "2", "assignment_group": first["sys_id"]}
    ticket = sandbox.servicenow.insert("incident", values, "admin")
    assert first["sys_id"] in table
    passing(sandbox, 9)
    sandbox.jira.edit(issue.key, {"assignee": "osei"}, by="kaya")
    sandbox.servicenow.update("incident", ticket["sys_id"], {"assignment_group": second["sys_id"]}, "admin")
    passing(sandbox, 4)
    sandbox.jira.transition(issue.key, "Analysis", by="lind", over_rest=False)
    passing(sandbox, 0)
    assert site.ticket_history is not None
    assert snow.ticket_history is not None
    record = site.ticket_history.records([issue.key, "ITX-99999"], None)[issue.key]
    (handoff,) = handoffs_of(timeline_of(record, rule))
    assert (handoff.giver, handoff.receiver, handoff.waited(NOW)) == ("Platform", "Network", timedelta(days=5))
    hidden = snow.ticket_history.records([ticket["number"]], None)[ticket["number"]]
    assert hidden.changes is None, "the audit may not be read: what Gatepost itself sees stands for it"
    assert timeline_of(hidden, HandoffRule()).team == "Network"
    sandbox.servicenow.grant(seed.BOT_USER, "admin")
    told = snow.ticket_history.records([ticket["number"], "INC^1"], "Team")[ticket["number"]]
    assert told.changes is not None
    (waits,) = handoffs_of(timeline_of(told, HandoffRule()))
    assert (waits.giver, waits.receiver, waits.taken_at, waits.waited(NOW).days) == ("Desk", "Network", None, 9)
