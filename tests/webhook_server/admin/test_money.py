"""The page Money: the ledger with where it comes from, and a month that two people sign."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from connector.bootstrap import system_clock
from connector.people.permissions import Role, RoleGrant
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import BillLine, FileCell
from governance.money import Money, Period
from mapping.imports.template import TEMPLATE_PROFILE
from mapping.load import LoadedMapping, load_mapping
from tests.connector.finance.test_bill_files import ROWS, RULES, as_csv
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.signed_in_browser import SignedInBrowser, hidden, page_text

JANUARY = Period(2026, 1)


@pytest.fixture(scope="module")
def api(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A bill of ITX-1 and a cell of ITX-2, both booked as cost of January, and assessed since."""
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("m")) as here,
    ):
        for number, amount, source in (
            (10001, "100.50", BillLine("AWS 2026-01", "12")),
            (10002, "20", FileCell("Actuals.xlsx", "D14", "Jan")),
        ):
            posting = Posting(
                LedgerVersion.ACTUAL,
                EffectKind.ONE_OFF_COST,
                JANUARY,
                Money(Decimal(amount), "EUR"),
                f"jira-main/{number}",
            )
            at = datetime(2026, 2, 1, tzinfo=UTC)
            here.services.ledger.post([NewEntry(posting, source)], by="SAP", at=at)
        with here.services.engine.begin() as transaction:
            transaction.exec_driver_sql("UPDATE measure SET assessed_at = '2026-02-02T00:00:00Z'")
        yield here


@pytest.fixture(scope="module")
def weber(api: ApiServer) -> SignedInBrowser:
    return enter(api, "Weber", RoleGrant(Role.CONTROLLER))


def test_a_reader_sees_entries_of_their_part_with_where_they_come_from_and_signs_nothing(api: ApiServer) -> None:
    vera = enter(api, "Vera", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    shown = vera.text("/money")
    assert "No month is closed yet." in shown
    assert "one-off cost 20.00 EUR posting Actuals.xlsx, Jan!D14 SAP" in shown.replace("\xa0", " ")
    assert "AWS" not in shown
    assert "Close of" not in shown
    assert "Nothing is in the ledger here." in vera.text("/money?measure=ITX-1")
    assert vera.post("/money/close", month="2026-01").status_code == 403


def test_entries_are_found_by_measure_and_month(weber: SignedInBrowser) -> None:
    assert "bill AWS 2026-01, line 12" in weber.text("/money?measure=itx-1&month=2026-01")
    assert "Actuals.xlsx" not in weber.text("/money?measure=ITX-1")
    assert "Nothing is in the ledger here." in weber.text("/money?month=2025-12")
    assert weber.get("/money?month=soon").status_code == 404


def test_a_controller_of_one_part_closes_nothing(api: ApiServer) -> None:
    part = enter(api, "Part", RoleGrant(Role.CONTROLLER, ("IT", "Cloud exit")))
    assert "Close of" not in part.text("/money")
    assert part.post("/money/close", month="2026-01", legal_entity="").status_code == 403


def test_two_people_sign_a_month_and_two_reopen_it(api: ApiServer, weber: SignedInBrowser) -> None:
    brandt = enter(api, "Brandt", RoleGrant(Role.OFFICE))
    assert "Nothing is left to do of Jan 2026." in weber.text("/money?month=2026-01")
    form = {"month": "2026-01", "legal_entity": "", "gl_cost": "120 EUR"}
    different = weber.post("/money/close", **form)
    assert different.status_code == 409
    assert "find the difference of -0.50 EUR, or say why it stays." in page_text(different)
    assert weber.post("/money/close", **form | {"gl_cost": "a lot"}).status_code == 422
    assert weber.post("/money/close", **form | {"reason": "rounded"}).status_code == 303
    waits = weber.text("/money")
    assert "No month is closed yet. The close of Jan 2026 waits for a second person until " in waits
    assert "You prepared it: somebody else signs it." in waits
    step = api.services.month_close.state("", system_clock()).waiting
    assert step is not None
    assert weber.post(f"/money/steps/{step.id}/accept").status_code == 409
    assert "Cost in the general ledger 120.00 EUR, booked 120.50 EUR." in brandt.text("/money").replace("\xa0", " ")
    assert brandt.post(f"/money/steps/{step.id}/accept").status_code == 303
    assert "The close of Jan 2026 is signed. Money Jan 2026 is the last closed month." in brandt.text("/money")

    asked = {"month": "2026-01", "legal_entity": ""}
    assert "A reopening needs a reason" in page_text(brandt.post("/money/reopen", **asked))
    assert brandt.post("/money/reopen", **asked, reason="wrong file").status_code == 303
    reopening = api.services.month_close.state("", system_clock()).waiting
    assert reopening is not None
    assert weber.post(f"/money/steps/{reopening.id}/refuse", reason="correct it").status_code == 303
    shown = weber.text("/money?month=2026-01")
    assert "The reopening of Jan 2026 does not come." in shown
    assert "Jan 2026 is the last closed month." in shown
    assert weber.post("/money/steps/999/accept").status_code == 404


def test_only_a_closed_measure_gives_a_saving_for_a_budget(api: ApiServer, weber: SignedInBrowser) -> None:
    form = {"lock_measure": "ITX-1", "cost_centre": "4711", "first": "2099-01", "amount": "500 EUR", "why": "licences"}
    refused = weber.post("/money/locks", **form)
    assert refused.status_code == 409
    assert (
        "ITX-1 is not closed: only a saving that the controller has confirmed is taken out of a budget."
        in page_text(refused)
    )
    assert "Amount of a month:" in page_text(weber.post("/money/locks", **form | {"amount": "much"}))
    assert weber.post("/money/locks/1/agree").status_code == 404
    vera = enter(api, "Verena", RoleGrant(Role.VIEWER))
    assert "Savings taken out of budgets" not in vera.text("/money")
    assert vera.post("/money/locks", **form).status_code == 403


def test_a_file_is_shown_on_the_page_confirmed_and_taken_back(api: ApiServer, weber: SignedInBrowser) -> None:
    content = b"Measure;Version;Kind;Month;Amount;Currency;P&L line;Cost centre;GL account;Legal entity;Counterparty;Document\n"
    content += b"ITX-1;forecast;capex;2027-01;7;EUR;;;;;;1\nNew-9;forecast;capex;2027-01;8;EUR;;;;;;2\n"
    source = TEMPLATE_PROFILE.replace("sheet: Money\n", "")
    page = weber.get("/money/import")
    assert "No row waits for a measure." in page_text(page)
    job = hidden(page, "job")
    assert weber.get(f"/money/import/progress?job={job}").status_code == 204
    shown = weber.post(
        "/money/import/preview", job=job, profile_text=source, as_of="2026-02-01", file=(BytesIO(content), "Plan.csv")
    )
    assert weber.get(f"/money/import/progress?job={job}").get_json() == {"done": 0, "step": "Comparing", "total": 2}
    exported = weber.client.get("/money/export").data
    again = weber.post("/money/import/preview", profile="export", file=(BytesIO(exported), "ledger.xlsx"))
    assert "0 new, 0 changed, 0 taken back, 2 as they are. Nothing changes." in page_text(again).replace("</li>", "")
    assert "2 amounts: 1 new, 0 changed, 0 taken back, 0 as they are." in page_text(shown)
    assert "1 amount of 1 name matches no measure and goes to quarantine: 8 EUR." in page_text(shown)
    names = ("sha256", "name", "digest", "as_of")
    fields: dict[str, object] = {name: hidden(shown, name) for name in names}
    assert weber.post("/money/import/confirm", **fields | {"digest": "another"}, source=source).status_code == 409
    assert weber.post("/money/import/confirm", **fields, source=source).status_code == 303
    after = weber.get("/money/import")
    assert '"New-9": matches no measure' in page_text(after)
    (number,) = re.findall(r"/money/imports/(\d+)/take-back", after.text)
    (row,) = re.findall(r"/money/quarantine/(\d+)", after.text)
    assert "There is no measure" in page_text(weber.post(f"/money/quarantine/{row}", row_measure="ITX-99"))
    assert weber.post(f"/money/quarantine/{row}", row_measure="ITX-2").status_code == 303
    assert weber.post(f"/money/imports/{number}/take-back", reason="wrong year").status_code == 303
    assert "taken back by" in weber.text("/money/import")


def test_a_cloud_bill_is_shown_by_what_is_unallocated_and_listed(api: ApiServer, weber: SignedInBrowser) -> None:
    bill = gzip.compress(as_csv(ROWS))
    shown = page_text(weber.post("/money/import/preview", file=(BytesIO(bill), "aws.csv.gz")))
    assert 'name: aws focus: "1.0" rules: []' in shown
    assert "Where the charges of the bill go: no rule says so yet." in shown
    told = shown[shown.index("Unallocated, the largest first") :]
    assert told.startswith(
        "Unallocated, the largest first Name Why Amount Share "
        '"EC2 / Orion" matches no rule 2.50 EUR 55.6 % "S3 / Orion" matches no rule -1.25 EUR 27.8 % '
        '"SQS / Orion" matches no rule 0.75 EUR 16.7 %'
    )
    api.person("bills", RoleGrant(Role.CONTROLLER))
    sent = {
        "file": "aws.csv.gz", "content": base64.b64encode(bill).decode(), "profile": f"{RULES}\n", "dry_run": False,
    }  # fmt: skip
    done = api.post("bills", "/ledger/imports", sent).get_json()
    assert [one["name"] for one in done["unmatched"]] == ['"SQS / Orion"']
    (listed,) = api.get("bills", "/ledger/bills").get_json()["items"]
    assert (listed["charges"], [one["currency"] for one in listed["effective"]]) == (3, ["EUR"])
    assert [one["amount"] for one in listed["unallocated"]] == ["0.75"]
    page = weber.text("/money/import").replace("\xa0", " ")
    assert "import 2, rules cloud 3 2.00 EUR 0.75 EUR 37.5 % 9.00 EUR for Sep 2026" in page
