"""Files into the ledger: dry run, all or nothing, the same again, quarantine, and the way back, in one database."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import permutations
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import text

from connector.bootstrap import Services
from connector.errors import AuthenticationFailed, ToolError, ValuesRejected
from connector.finance.fields import state_fields
from connector.finance.files.limits import FileRefused
from connector.finance.hours import measures_of_items, state_hours
from connector.finance.import_plan import ImportPlan
from connector.finance.import_template import write_template
from connector.finance.import_text import import_lines
from connector.finance.ledger_export import write_csv, write_workbook
from connector.finance.money_import import GivenFile, ImportResult, MoneyImports, NotDecided
from connector.finance.money_sweep import Sweeping, sweep_due_money, sweep_money
from connector.store.database.json_codec import to_json
from connector.store.ledger.close_checklist import close_checklist
from connector.store.ledger.entries import LedgerEntries, read_entries
from connector.store.ledger.imports import kept_file, read_imports
from connector.store.ledger.money_sources import is_due, read_sources
from connector.store.ledger.quarantine import open_quarantine
from connector.store.ledger.sums import ledger_lines
from connector.sync.money_records import ItemAmounts
from connector.sync.ports import ToolSite
from governance.actuals_seen import SeenTotal, booked
from governance.effects import EffectKind, EffectLine, Version
from governance.ledger import EntryId, EntryType, LedgerVersion, NewEntry, Posting, RefusalReason, Spend
from governance.ledger_source import BillLine, EnteredBy, FileCell
from governance.money import Money, Period
from governance.month_close import CloseItemKind
from governance.rates import Reporting
from governance.statements import ChangeKind
from mapping.config import MappingConfig
from mapping.imports.exported import EXPORT_PROFILE
from mapping.imports.focus import REQUIRED, load_bill_rules, read_bill
from mapping.imports.profile import load_profile
from mapping.imports.rate_card import cost_of_hours, load_rate_card
from mapping.imports.record_amounts import RecordAmount
from mapping.imports.template import TEMPLATE_PROFILE
from mapping.ledger_sources import ExpenseLinesRule, LedgerSourceRule, PlanAmount
from mapping.load import LoadedMapping, load_mapping
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import GivenMeasure, save
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
HEAD = "Order;Title;Oct 2026;Nov 2026\n"


def profile(name: str, **more: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in more.items())
    return (
        f"name: {name}\nsubject: {{column: Order, by: code, codes: {{'4711': ITX-1, '4712': ITX-2}}}}\n"
        f"amounts: [{{months: '*', version: forecast, kind: one_off_cost}}]\ncurrency: EUR\ndecimal: ','\n{lines}"
    )


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save(opened.engine, *(GivenMeasure(number) for number in range(1, 6)))
        yield opened


@pytest.fixture
def imports(store: StoreFixture) -> MoneyImports:
    return MoneyImports(store.engine, store.waker)


def given(content: str | bytes, source: str, name: str = "October.csv", as_of: date = date(2026, 11, 5)) -> GivenFile:
    data = content.encode() if isinstance(content, str) else content
    return GivenFile(name, data, load_profile(source), source, "j.weber", NOW, as_of)


def told(found: ImportPlan | ImportResult) -> list[str]:
    plan = found.plan if isinstance(found, ImportResult) else found
    return [line for line in import_lines(plan) if not line.startswith("The cells")]


def amounts(store: StoreFixture, number: int, month: Period = Period(2026, 10)) -> list[str]:
    with store.engine.connect() as connection:
        found = read_entries(connection, measure=f"jira-main/{number}", month=month)
    return [f"{one.posting.money.amount.normalize():f} {one.type.value}" for one in found]


def total(store: StoreFixture, stream: str) -> Decimal:
    query = "SELECT coalesce(sum(amount), 0) AS amount FROM ledger_entry WHERE statement IN (SELECT key FROM money_statement"
    (row,) = store.rows(f"{query} JOIN money_import ON id = import_id WHERE stream = :s)", s=stream)
    return row.amount  # type: ignore[no-any-return]


def test_a_file_is_shown_first_then_posted_and_the_same_again_changes_nothing(
    store: StoreFixture, imports: MoneyImports
) -> None:
    file = given(HEAD + "4711;CRM;1.000,50;20\n4712;Exit;5;\n", profile("orders"))
    plan = imports.dry_run(file)
    assert told(plan) == ["3 amounts: 3 new, 0 changed, 0 taken back, 0 as they are."]
    assert [(str(one.of.month), one.before, one.after) for one in plan.totals] == [
        ("2026-10", Decimal(0), Decimal("1005.50")), ("2026-11", Decimal(0), Decimal(20)),
    ]  # fmt: skip
    assert amounts(store, 1) == []
    with pytest.raises(NotDecided, match="changed since the preview"):
        imports.run(file, confirmed="another")
    done = imports.run(file, confirmed=plan.digest)
    assert amounts(store, 1) == ["1000.5 posting"]
    with store.engine.connect() as connection:
        (entry,) = read_entries(connection, measure="jira-main/2")
        assert kept_file(connection, done.number) == ("October.csv", file.content)
    assert (entry.source, entry.batch) == (FileCell("October.csv", "C3"), f"import {done.number}")
    assert entry.posting.legal_entity == "Nordbank AG"
    assert told(imports.run(file)) == [f"The same file was imported already, as import {done.number}: nothing changes."]
    rows = given(HEAD + "4712;Exit;5,00;\n4711;CRM;1000,50;20\n", profile("orders"), "Again.csv")
    assert told(imports.run(rows)) == ["3 amounts: 0 new, 0 changed, 0 taken back, 3 as they are.", "Nothing changes."]
    (audit,) = store.rows(
        "SELECT detail ->> 'text' AS text, detail ->> 'sha256' AS s FROM audit WHERE action = 'money.imported'"
    )
    assert audit.text == "October.csv imported by the profile orders, number 1: 3 entries of 3 amounts."


def test_another_amount_is_a_correction_and_an_older_file_changes_nothing(
    store: StoreFixture, imports: MoneyImports
) -> None:
    first = imports.run(given(HEAD + "4711;CRM;100;\n", profile("later"), "1.csv", date(2026, 11, 1)))
    imports.run(given(HEAD + "4711;CRM;80;\n", profile("later"), "2.csv", date(2026, 11, 3)))
    assert amounts(store, 1)[-2:] == ["100 posting", "-20 correction"]
    older = imports.run(given(HEAD + "4711;CRM;70;\n", profile("later"), "0.csv", date(2026, 11, 2)))
    assert told(older)[-1] == "1 amount changes nothing: a file of a later day states it already."
    assert total(store, "later") == 80
    credit = given(HEAD + "4711;CRM;-5;\n", profile("later", negative="credit"), "3.csv", date(2026, 11, 4))
    assert imports.run(credit).plan.count(ChangeKind.CHANGED) == 1
    assert amounts(store, 1)[-2:] == ["-80 correction", "-5 credit"]
    assert imports.take_back(first.number, "wrong file", by="j.weber", at=NOW) == 0
    assert total(store, "later") == -5


def test_an_import_is_taken_back_as_a_whole(store: StoreFixture, imports: MoneyImports) -> None:
    one = imports.run(given(HEAD + "4711;CRM;10;11\n4712;Exit;12;\n", profile("back"), "a.csv"))
    two = imports.run(given(HEAD + "4711;CRM;30;11\n", profile("back"), "b.csv"))
    assert imports.take_back(two.number, "wrong month", by="j.weber", at=NOW) == 1
    assert total(store, "back") == 33
    with pytest.raises(NotDecided, match="was taken back already"):
        imports.take_back(two.number, "again", by="j.weber", at=NOW)
    assert imports.take_back(one.number, "wrong profile", by="j.weber", at=NOW) == 3
    assert total(store, "back") == 0
    with store.engine.connect() as connection:
        kept = {found.id: found.taken_back_by for found in read_imports(connection)}
        corrections = [
            found for found in read_entries(connection, measure="jira-main/2") if found.type is EntryType.CORRECTION
        ]
    assert kept[one.number] == kept[two.number] == "j.weber"
    assert corrections[-1].reason == "wrong profile"
    assert imports.run(given(HEAD + "4711;CRM;10;11\n4712;Exit;12;\n", profile("back"), "a.csv")).number
    assert total(store, "back") == 33


def test_one_problem_keeps_the_whole_file_out(store: StoreFixture, imports: MoneyImports) -> None:
    done = imports.run(given(HEAD + "4711;CRM;1,5;\n4712;Exit;twelve;\n", profile("whole")))
    assert [str(one) for one in done.plan.problems] == [
        'C3: There is a text where an amount belongs: "twelve". Correct it, or list it under no_amount in the profile '
        "when it means that there is none."
    ]
    assert (done.number, total(store, "whole")) == (0, 0)
    imports.run(given(HEAD + "4711;CRM;0;\n", profile("whole")))
    assert total(store, "whole") == 0


def source_lines(store: StoreFixture, month: Period = Period(2026, 10)) -> list[tuple[str, str, date]]:
    """What of sources and files that failed is on the checklist of a month."""
    with store.engine.connect() as connection:
        items = close_checklist(connection, month, "Nordbank AG", Reporting("EUR"))
    found = [one for one in items if one.kind is CloseItemKind.SOURCE_FAILED]
    assert not any(one.kind.keeps_open for one in found)
    return [(one.text, one.who, one.due) for one in found]


def test_a_file_that_was_not_imported_is_on_the_checklist_until_it_is(
    store: StoreFixture, imports: MoneyImports
) -> None:
    spoiled = given(HEAD + "4711;CRM;1,5;\n4712;Exit;twelve;\n4713;Exit;ten;\n", profile("spoiled"))
    imports.dry_run(spoiled)
    assert source_lines(store) == [], "a dry run stores nothing"
    imports.run(spoiled)
    told = (
        'October.csv of 5 Nov 2026 was not imported as spoiled: C3: There is a text where an amount belongs: "twelve". '
        "Correct it, or list it under no_amount in the profile when it means that there is none. 1 more problem."
    )
    assert source_lines(store) == [(told, "j.weber", date(2026, 11, 10))]
    with pytest.raises(FileRefused):
        imports.run(given(b"\x00\x01", profile("unreadable"), "blob.xlsx"))
    assert [line[0].partition(":")[0] for line in source_lines(store)] == [
        "October.csv of 5 Nov 2026 was not imported as spoiled",
        "blob.xlsx of 5 Nov 2026 was not imported as unreadable",
    ]
    imports.run(given(HEAD + "4711;CRM;0;\n", profile("spoiled"), "November.csv"))
    imports.failed("cloud", "blob.xlsx", "It is no bill.", by="m.nkosi", at=NOW)
    imports.run(given(HEAD + "4711;CRM;0;\n", profile("other"), "blob.xlsx"))
    assert source_lines(store) == []


def test_what_matches_nothing_waits_is_on_the_checklist_and_is_decided(
    store: StoreFixture, imports: MoneyImports
) -> None:
    done = imports.run(given(HEAD + "4711;CRM;1;\n9000;New;7;8\n9001;Not ours;2;\n", profile("wait")))
    assert told(done)[1] == "3 amounts of 2 names match no measure and go to quarantine: 17 EUR."
    with store.engine.connect() as connection:
        big, small = open_quarantine(connection)
        items = [
            one
            for one in close_checklist(connection, Period(2026, 10), "", Reporting("EUR"))
            if one.kind is CloseItemKind.QUARANTINE
        ]
    assert (big.sentence, big.amount, big.due_at) == ('"9000": matches no measure', 15, date(2026, 11, 10))
    assert [one.text for one in items] == [
        '"9000": matches no measure, 15 EUR in October.csv', '"9001": matches no measure, 2 EUR in October.csv',
    ]  # fmt: skip
    assert all(one.kind.keeps_open for one in items)
    imports.assign(big.id, "k.brandt", by="j.weber")
    assert imports.resolve(big.id, "jira-main/3", by="k.brandt", at=NOW) == 2
    imports.dismiss(small.id, "another company's", by="k.brandt", at=NOW)
    with pytest.raises(NotDecided, match=f"Row {small.id} is dismissed already"):
        imports.dismiss(small.id, "again", by="k.brandt", at=NOW)
    assert amounts(store, 3) == ["7 posting"]
    again = imports.run(given(HEAD + "9000;New;9;8\n9001;Not ours;2;\n4711;CRM;1;\n", profile("wait"), "2.csv"))
    assert amounts(store, 3) == ["7 posting", "2 correction"]
    with store.engine.connect() as connection:
        assert [one.subject for one in open_quarantine(connection)] == ["9001"]
    assert imports.take_back(again.number, "x", by="j.weber", at=NOW) == 1
    assert imports.take_back(done.number, "x", by="j.weber", at=NOW) == 3
    assert total(store, "wait") == 0


def test_a_complete_file_takes_back_what_it_no_longer_names(store: StoreFixture, imports: MoneyImports) -> None:
    imports.run(given(HEAD + "4711;CRM;1;2\n4712;Exit;3;\n", profile("full", complete="true"), "1.csv"))
    partly = given(HEAD + "4711;CRM;1;2\n", profile("full"), "2.csv")
    assert told(imports.dry_run(partly))[-1].startswith(
        "1 amount of the same months that earlier files of this profile"
    )
    done = imports.run(given(HEAD + "4711;CRM;1;2\n", profile("full", complete="true"), "2.csv"))
    assert told(done)[0] == "2 amounts: 0 new, 0 changed, 1 taken back, 2 as they are."
    assert total(store, "full") == 3


def test_an_amount_that_was_corrected_by_hand_is_named(store: StoreFixture, imports: MoneyImports) -> None:
    imports.run(given(HEAD + "4711;CRM;;50\n", profile("hand"), "1.csv"))
    (row,) = store.rows("SELECT max(id) AS id FROM ledger_entry")
    ledger = LedgerEntries(store.engine, store.waker)
    ledger.correct(EntryId(row.id), Money(Decimal(40), "EUR"), "credit note", EnteredBy("k"), by="k", at=NOW)
    again = imports.dry_run(given(HEAD + "4711;CRM;0;50\n", profile("hand"), "2.csv"))
    assert told(again)[-1] == ("1 of the changed amounts had been corrected by hand; see whether the file is right.")


def test_the_template_is_read_by_its_own_profile_and_an_export_changes_nothing(
    store: StoreFixture, imports: MoneyImports
) -> None:
    rows = [("ITX-4", "forecast", "benefit", "2026-12", 12.5, "EUR", "Personnel", "", "", "", "", "D1"),
            ("ITX-5", "forecast", "capex", "2026-12", -3, "EUR", "", "77", "", "", "", "D2")]  # fmt: skip
    with store.engine.connect() as connection:
        book, other = write_template(connection, rows), write_template(connection, reversed(rows))
    done = imports.run(given(book, TEMPLATE_PROFILE, "Money.xlsx"))
    assert told(done) == ["2 amounts: 2 new, 0 changed, 0 taken back, 0 as they are."]
    assert told(imports.run(given(other, TEMPLATE_PROFILE, "Export.xlsx")))[1] == "Nothing changes."


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_exported_ledger_changes_nothing_and_a_changed_amount_is_a_correction(
    store: StoreFixture, imports: MoneyImports, kind: str
) -> None:
    """Whatever an entry came from: a file, a person, a credit note, an accrual, a service, a correction."""
    ledger = LedgerEntries(store.engine, store.waker)
    may = Period(2026, 5)
    posting = Posting(LedgerVersion.ACTUAL, EffectKind.CAPEX, may, Money(Decimal("12.345"), "CHF"), "jira-main/2")
    service = replace(posting, measure="", service="=CRM", spend=Spend.OPEX, hard=False)
    ledger.post(
        [
            NewEntry(posting, EnteredBy("k")), NewEntry(service, EnteredBy("k")),
            NewEntry(replace(posting, money=Money(Decimal("-3"), "CHF")), EnteredBy("k"), EntryType.CREDIT),
            NewEntry(posting, EnteredBy("k"), EntryType.ACCRUAL),
        ],
        by="k", at=NOW,
    )  # fmt: skip

    def exported() -> bytes:
        text, book = StringIO(), BytesIO()
        with store.engine.connect() as connection:
            many = write_csv(connection, text) if kind == "csv" else write_workbook(connection, book)
        assert many >= 4
        return text.getvalue().encode() if kind == "csv" else book.getvalue()

    def entries() -> int:
        (row,) = store.rows("SELECT count(*) AS many FROM ledger_entry")
        return row.many  # type: ignore[no-any-return]

    before = entries()
    same = imports.run(given(exported(), EXPORT_PROFILE, f"ledger.{kind}"))
    assert list(map(str, same.plan.problems)) == []
    assert told(same)[1:] == ["Nothing changes."]
    assert entries() == before
    if kind == "xlsx":
        return
    lines = exported().decode().splitlines()
    changed = [line.replace(",12.345,", ",20,") if ",service/=CRM," in line else line for line in lines]
    done = imports.run(given("\n".join(changed), EXPORT_PROFILE, "edited.csv"))
    assert told(done)[0].endswith(" 0 new, 1 changed, 0 taken back, " + f"{len(lines) - 2:,} as they are.")
    assert entries() == before + 1
    assert imports.take_back(done.number, "wrong", by="k", at=NOW) == 1
    assert told(imports.run(given(exported(), EXPORT_PROFILE, "back.csv")))[1:] == ["Nothing changes."]
    moved = [line.replace(",2026-05,", ",2026-06,") if ",service/=CRM," in line else line for line in lines]
    (problem,) = imports.dry_run(given("\n".join(moved), EXPORT_PROFILE, "moved.csv")).problems
    assert "its row says actual, capex, 2026-06, CHF, service/=CRM" in problem.sentence


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_names_come_back_from_the_exported_ledger_as_they_went(
    store: StoreFixture, imports: MoneyImports, kind: str
) -> None:
    """A program may have posted names that no cell keeps: double blanks, line breaks, the mark of a text."""
    ledger = LedgerEntries(store.engine, store.waker)
    named = Posting(
        LedgerVersion.ACTUAL, EffectKind.CAPEX, Period(2026, 5), Money(Decimal(7), "CHF"), service="CRM  two\nlines",
        pl_line="IT\n run", cost_centre="'0815", gl_account="-5", legal_entity="Nord  Bank", counterparty="'=A1",
    )  # fmt: skip
    ledger.post([NewEntry(named, EnteredBy("k"))], by="k", at=NOW)
    text, book = StringIO(), BytesIO()
    with store.engine.connect() as connection:
        _ = write_csv(connection, text) if kind == "csv" else write_workbook(connection, book)
    content = text.getvalue().encode() if kind == "csv" else book.getvalue()
    same = imports.dry_run(given(content, EXPORT_PROFILE, f"ledger.{kind}"))
    assert list(map(str, same.problems)) == []
    assert told(same)[1:] == ["Nothing changes."]
    if kind == "xlsx":
        return
    moved = given(content.replace(b"Nord  Bank", b"South Bank"), EXPORT_PROFILE, "moved.csv")
    (problem,) = imports.dry_run(moved).problems
    assert problem.sentence.endswith("South Bank, =A1.")
    changed = given(content.replace(b",7,CHF,IT", b",8,CHF,IT").replace(b',7,CHF,"IT', b',8,CHF,"IT'), EXPORT_PROFILE)
    (change,) = [one for one in imports.dry_run(changed).changes if one.entries]
    assert change.entries[0].posting == replace(named, money=Money(Decimal(1), "CHF"))


def test_an_unknown_profile_number_is_kept_for_each_change(store: StoreFixture, imports: MoneyImports) -> None:
    one = given(HEAD + "4711;CRM;1;\n", profile("numbered"))
    imports.run(one)
    changed = profile("numbered", unit="k")
    imports.run(replace(one, profile=load_profile(changed), source=changed))
    assert total(store, "numbered") == 1000
    assert [
        row.number for row in store.rows("SELECT number FROM money_profile WHERE name = 'numbered' ORDER BY 1")
    ] == [1, 2]


def test_the_order_of_files_and_of_taking_back_does_not_matter(store: StoreFixture, imports: MoneyImports) -> None:
    files = [
        (f"{HEAD}4711;CRM;1;2\n4712;Exit;3;\n", date(2026, 11, 1)), (f"{HEAD}4712;Exit;4;5\n", date(2026, 11, 2)),
        (f"{HEAD}4711;CRM;6;\n4712;Exit;;7\n", date(2026, 11, 3)),
    ]  # fmt: skip
    found = []
    for run, order in enumerate(permutations(range(3))):
        stream = f"order{run}"
        numbers = {}
        for n in order:
            numbers[n] = imports.run(given(files[n][0], profile(stream), f"{n}.csv", files[n][1])).number
        totals = [total(store, stream)]
        for n in order[:2]:
            if numbers[n]:
                imports.take_back(numbers[n], "wrong", by="j.weber", at=NOW)
        found.append((order[2], *totals, total(store, stream)))
    assert {one[1] for one in found} == {Decimal(19)}
    assert {(one[0], one[2]) for one in found} == {(0, Decimal(6)), (1, Decimal(9)), (2, Decimal(13))}


KILLED = """
import os, pickle, sys
from sqlalchemy.engine import make_url
from connector.finance.money_import import MoneyImports
from connector.store.database.engine import open_database
from connector.store.ledger import quarantine
from connector.store.queue.wake_up import Waker
quarantine.add_quarantine = lambda *_: os.kill(os.getpid(), 9)
given = pickle.load(sys.stdin.buffer)
MoneyImports(open_database(make_url(sys.argv[1]), pool_size=4, application="tests"), Waker(lambda *_: None)).run(given)
"""


def test_a_process_that_is_killed_in_the_middle_leaves_nothing(store: StoreFixture, imports: MoneyImports) -> None:
    file = given(f"{HEAD}4711;CRM;1;2\n", profile("killed"))
    command = [sys.executable, "-c", KILLED, store.url.render_as_string(hide_password=False)]
    done = subprocess.run(command, input=pickle.dumps(file), check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert store.rows("SELECT 1 FROM money_import WHERE stream = 'killed'") == []
    assert total(store, "killed") == 0
    assert imports.run(file).number
    assert total(store, "killed") == 3


def test_a_cloud_bill_goes_to_measures_and_services_and_the_rest_is_unallocated(
    store: StoreFixture, imports: MoneyImports
) -> None:
    rules = load_bill_rules(
        "name: bill\nrules: [{where: {ServiceName: EC2}, measure: ITX-1}, {where: {ServiceName: S3}, service: Archive}]"
    )
    charge = dict.fromkeys(REQUIRED["1.0"], "x") | {
        "BillingCurrency": "EUR", "ChargeCategory": "Usage", "EffectiveCost": "2", "BilledCost": "2",
        "ChargePeriodStart": "2026-09-01", "BillingPeriodStart": "2026-09-01", "SubAccountName": "",
    }  # fmt: skip
    rows = [charge | {"ServiceName": name} for name in ("EC2", "S3", "SQS", "SQS")]
    source = profile("bill", negative="credit").replace("by: code", "by: key")
    file = replace(given("a bill", source, "aws.csv"), lines=read_bill(charge, rows, rules).lines)
    assert told(imports.run(file))[:2] == [
        "3 amounts: 2 new, 0 changed, 0 taken back, 0 as they are.",
        "1 amount of 1 name matches no rule and is unallocated: 4 EUR.",
    ]
    with store.engine.connect() as connection:
        waiting = next(one for one in open_quarantine(connection) if one.stream == "bill")
        entry = read_entries(connection, measure="jira-main/1", month=Period(2026, 9))[-1]
    assert entry.source == BillLine("aws.csv", "row 2")
    assert (waiting.sentence, waiting.amount) == ('"SQS": matches no rule', 4)
    imports.resolve(waiting.id, "jira-main/5", by="j.weber", at=NOW)
    again = replace(file, content=b"the same bill", lines=read_bill(charge, rows, rules).lines)
    assert told(imports.run(again))[1] == "Nothing changes."


def test_hours_are_stated_again_and_what_changed_is_a_correction(store: StoreFixture) -> None:
    card = load_rate_card(
        "name: hours\npeople: {a1: developer}\nrates: [{who: developer, since: 2026-01-01, rate: 80, currency: EUR}]"
    )

    def state(*logged: tuple[str, str]) -> str:
        entries = [
            TimeEntry("a1", NativeId(item), None, "ITX", date(2026, 10, 2), Decimal(many)) for item, many in logged
        ]
        with store.engine.connect() as connection:
            measures = measures_of_items(connection, "jira-main", {item for item, _ in logged})
        plan, _ = state_hours(
            store.engine, store.waker, cost_of_hours(entries, card, "jira-main", measures), card=card.name,
            connection_name="jira-main", first=Period(2026, 9), by="j.weber", run_by="", at=NOW, post=True,
        )  # fmt: skip
        return told(plan)[0]

    assert state(("4", "2"), ("5", "1")) == "2 amounts: 2 new, 0 changed, 0 taken back, 0 as they are."
    assert state(("5", "1"), ("4", "2")) == "2 amounts: 0 new, 0 changed, 0 taken back, 2 as they are."
    assert state(("4", "3")) == "1 amount: 0 new, 1 changed, 1 taken back, 0 as they are."
    assert (total(store, "hours jira-main"), amounts(store, 4)[-2:]) == (240, ["160 posting", "80 correction"])
    assert state() == "0 amounts: 0 new, 0 changed, 1 taken back, 0 as they are."


class GivenRecords:
    """A tool's records as a test states them."""

    def __init__(self) -> None:
        self.plans: dict[NativeId, list[RecordAmount]] = {}
        self.unknown: dict[NativeId, str] = {}
        self.expenses: list[RecordAmount] | ToolError = []

    def plan_amounts(self, items: Sequence[NativeId], rule: LedgerSourceRule, currency: str) -> ItemAmounts:
        return ItemAmounts({item: self.plans.get(item, []) for item in items}, self.unknown)

    def expense_amounts(
        self, items: Sequence[NativeId], rule: ExpenseLinesRule, since: date, currency: str
    ) -> Sequence[RecordAmount]:
        if isinstance(self.expenses, ToolError):
            raise self.expenses
        return self.expenses


def test_records_of_a_tool_are_swept_an_edit_is_a_correction_and_what_is_unknown_stays(store: StoreFixture) -> None:
    records, config = GivenRecords(), load_mapping(MAPPING)
    assert isinstance(config, LoadedMapping)
    rule = LedgerSourceRule(
        connection="jira-main", since="2026-01", benefit_plans=(PlanAmount.ACTUAL,), expense_lines=ExpenseLinesRule()
    )
    site = cast("ToolSite", SimpleNamespace(name="jira-main", money_records=records, timesheet=None))
    run = Sweeping(store.engine, cast("Services", SimpleNamespace(waker=store.waker)), site, config.config, NOW)

    def amount(record: str, item: str, many: str, month: Period = Period(2026, 3), service: str = "") -> RecordAmount:
        money = Money(Decimal(many), "EUR")
        return RecordAmount(record, record, item, service, LedgerVersion.ACTUAL, EffectKind.BENEFIT, month, money)

    def swept() -> list[str]:
        return [one.sentences[0] for one in sweep_money(run, rule)]

    item = NativeId("3")
    records.plans[item] = [amount("a", "3", "100"), amount("b", "3", "50")]
    records.expenses = [amount("c", "3", "7"), amount("d", "", "8", service="CRM"), amount("e", "99", "9")]
    assert swept() == [
        "2 amounts: 2 new, 0 changed, 0 taken back, 0 as they are.",
        "2 amounts: 2 new, 0 changed, 0 taken back, 0 as they are.",
    ]
    assert swept() == [
        "2 amounts: 0 new, 0 changed, 0 taken back, 2 as they are.",
        "2 amounts: 0 new, 0 changed, 0 taken back, 2 as they are.",
    ]
    records.plans[item] = [amount("a", "3", "80")]
    records.expenses = ValuesRejected("expense lines are hidden")
    assert swept() == ["1 amount: 0 new, 1 changed, 1 taken back, 0 as they are.", "expense lines are hidden"]
    assert amounts(store, 3, Period(2026, 3)) == [
        "100 posting", "50 posting", "7 posting", "-20 correction", "-50 correction",
    ]  # fmt: skip
    due = date(2026, 11, 10)
    assert source_lines(store) == [
        ("expense lines jira-main could not be taken in: expense lines are hidden", "an operator", due)
    ]
    records.plans, records.unknown, records.expenses = {}, {item: "hidden"}, [amount("c", "3", "7", Period(2026, 4))]
    assert swept() == [
        "0 amounts: 0 new, 0 changed, 0 taken back, 0 as they are.",
        "1 amount: 0 new, 1 changed, 1 taken back, 0 as they are.",
    ]
    with store.engine.connect() as connection:
        found = {one.stream: (one.failed, one.sentences[-1]) for one in read_sources(connection)}
    assert found["plans jira-main"] == (False, "3: hidden")
    assert source_lines(store) == []
    assert source_lines(store, Period(2026, 11)) == [
        (f"{stream} jira-main was read last on 5 Nov 2026, before Nov 2026 was over", "an operator", date(2026, 12, 10))
        for stream in ("expense lines", "plans")
    ]
    records.expenses = AuthenticationFailed("jira-main refuses the password.")
    with pytest.raises(AuthenticationFailed):
        sweep_money(run, rule)
    assert source_lines(store) == [
        ("expense lines jira-main could not be taken in: jira-main refuses the password.", "an operator", due)
    ]
    assert is_due(store.engine, "jira-main", NOW + timedelta(hours=1))
    services = cast("Services", SimpleNamespace(engine=store.engine, waker=store.waker))
    sweep_due_money(services, site, config.config, NOW, whole=False)
    assert source_lines(store) == [], "the mapping has no such source any more"


def test_what_fields_hold_is_stated_with_its_day_and_counts_for_nothing_that_finance_owns(store: StoreFixture) -> None:
    def config(actual: str) -> MappingConfig:
        rule = f"name: epics, connection: jira-main, match: {{type: [Epic]}}, roles: {{owner: A}}, effects: {{actual: {actual}}}"
        rule += ", hierarchy: {}, stage: {from_status: {B: identified}}, write: {gate: Gate}"
        found = load_mapping(f"version: 1\norganization: ACME\nreporting_currency: EUR\nmeasures: [{{{rule}}}]\n")
        assert isinstance(found, LoadedMapping), found
        return found.config

    def state(actual: str = "{benefit: Actual benefit}", post: bool = True) -> str:
        plan, _ = state_fields(
            store.engine, store.waker, config(actual), by="j.weber", run_by="", at=NOW, post=post
        )  # fmt: skip
        assert not plan.problems, plan.problems
        return told(plan)[0]

    def holds(*totals: tuple[int, int]) -> None:
        months = [
            SeenTotal(Period(2026, 8 + n), Money(Decimal(total), "EUR"), datetime(2026, 8 + n, day, tzinfo=UTC))
            for n, (day, total) in enumerate(totals)
        ]
        lines = [EffectLine(Version.ACTUAL, EffectKind.BENEFIT, month, money) for month, money in booked(months)]
        save(store.engine, GivenMeasure(6, lines=tuple(lines)))
        with store.engine.begin() as transaction:
            transaction.execute(
                text("UPDATE measure SET measure_state = CAST(:seen AS jsonb) WHERE id = 'jira-main/6'"),
                {"seen": json.dumps({"actuals_seen": {"benefit": to_json(months)}})},
            )

    holds((14, 100), (9, 250))
    assert state(post=False) == state() == "2 amounts: 2 new, 0 changed, 0 taken back, 0 as they are."
    assert state() == "2 amounts: 0 new, 0 changed, 0 taken back, 2 as they are."
    with store.engine.connect() as connection:
        first = read_entries(connection, measure="jira-main/6")
    assert [str(one.source) for one in first] == [
        'the field "Actual benefit" of ITX-6 on jira-main, as seen on 2026-08-14',
        'the field "Actual benefit" of ITX-6 on jira-main, as seen on 2026-09-09',
    ]
    with store.engine.connect() as connection:
        assert ledger_lines(connection, ["jira-main/6"]) == {}, "finance has posted nothing"
    ledger = LedgerEntries(store.engine, store.waker)
    refused = ledger.correct(first[-1].id, Money(Decimal(5), "EUR"), "wrong", EnteredBy("weber"), by="weber", at=NOW)
    assert [one.refusal.reason for one in refused.refused] == [RefusalReason.OF_FIELD]
    holds((14, 100), (30, 90))
    assert state() == "2 amounts: 0 new, 1 changed, 0 taken back, 1 as they are."
    assert amounts(store, 6, Period(2026, 9)) == ["150 posting", "-150 correction", "-10 credit"]
    assert state("{from: ledger}") == "0 amounts: 0 new, 0 changed, 2 taken back, 0 as they are."
    assert total(store, "fields") == 0
