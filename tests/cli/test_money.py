"""``gatepost money``: a file of finance into the ledger, a correction, and a month signed with two tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.people.permissions import Role, RoleGrant
from mapping.load import LoadedMapping
from tests.command_line import Cli
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.webhook_server.api_server import api_server

__all__ = ["loaded"]

HEAD = "measure;version;kind;month;amount;currency;cost centre\n"


@pytest.fixture
def tokens(cli: Cli, database: URL, loaded: LoadedMapping, tmp_path: Path) -> Iterator[dict[str, str]]:
    """ITX-1, assessed since whatever is posted, and the tokens of two controllers."""
    with open_store(database) as store, api_server(store, loaded, tmp_path) as api:
        for name in ("brandt", "keller"):
            api.person(name, RoleGrant(Role.CONTROLLER))
        with api.services.engine.begin() as transaction:
            transaction.exec_driver_sql("UPDATE measure SET assessed_at = now() + interval '1 hour'")
        yield api.tokens


def test_a_file_is_posted_whole_or_not_at_all_and_its_month_is_signed(
    cli: Cli, tokens: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "October.csv"
    file.write_text(f"{HEAD}ITX-1;actual;capex;2026-10;100;EUR;4711\nITX-1;actual;capex;2026-10;1.000,5;EUR;\n")
    assert cli.refused("money", "post", str(file)) == (
        'October.csv: line 3: "1.000,5" is no amount; write 1234567.89. Nothing was posted.'
    )
    file.write_text(f"{HEAD}ITX-1;actual;capex;2026-10;100;EUR;4711\nitx-1;actual;capex;2026-10;20;EUR;\n")
    assert cli.ok("money", "post", str(file), "--dry-run").endswith("2 would be posted.\n")
    assert cli.refused("money", "post", str(file)).startswith("Say whose entries these are: --as LOGIN")
    assert cli.refused("money", "post", str(file), "--as", "nobody") == (
        '"nobody" is no active account of Gatepost. List them with: gatepost user list'
    )
    brandt = ("--as", "BRANDT@acme.example")
    assert cli.ok("money", "post", str(file), *brandt).endswith("2 posted.\n")
    assert "is in the ledger already" in cli.refused("money", "post", str(file), *brandt)
    assert cli.ok("money", "entries", "ITX-1", COLUMNS="250").count("October.csv, line") == 2
    cli.ok("money", "correct", "1", "--amount", "90", "--reason", "credit note", *brandt)

    shown = cli.ok("money", "close", "2026-10")
    assert shown == "Nothing is left to do of Oct 2026.\nNo month is closed yet.\n"
    prepare = ("money", "close", "2026-10", "--prepare")
    assert cli.refused(*prepare, GATEPOST_TOKEN="none").startswith("A month is signed with your own API token")
    assert "a difference of" not in cli.refused(*prepare, "--gl-cost", "100", GATEPOST_TOKEN=tokens["brandt"])
    assert "find the difference of -10 EUR" in cli.refused(
        *prepare, "--gl-cost", "100 EUR", GATEPOST_TOKEN=tokens["brandt"]
    )
    prepared = cli.ok(*prepare, "--gl-cost", "110 EUR", GATEPOST_TOKEN=tokens["keller"])
    assert prepared.endswith("gatepost money accept 1.\n")
    assert cli.refused("money", "accept", "1", GATEPOST_TOKEN=tokens["brandt"]) == (
        "You posted 3 entries of this month yourself: somebody else reviews it."
    )
    cli.ok("money", "refuse", "1", "--reason", "somebody else", GATEPOST_TOKEN=tokens["keller"])
    done = cli.ok(*prepare, "--gl-cost", "110 EUR", GATEPOST_TOKEN=tokens["brandt"])
    assert done.endswith("page Money, or with gatepost money accept 3.\n")
    assert cli.refused("money", "accept", "3", GATEPOST_TOKEN=tokens["brandt"]).startswith("You prepared it yourself")
    assert cli.ok("money", "accept", "3", GATEPOST_TOKEN=tokens["keller"]).startswith("Oct 2026 is closed.")
    reopen = ("money", "reopen", "2026-10", "--reason", "wrong company")
    assert "gatepost money accept 5" in cli.ok(*reopen, GATEPOST_TOKEN=tokens["brandt"])
    assert cli.ok("money", "refuse", "5", "--reason", "correct it", GATEPOST_TOKEN=tokens["keller"]) == (
        "Refused: Oct 2026.\n"
    )


def test_the_capitalisation_of_a_month_is_a_signed_file(
    cli: Cli, tokens: dict[str, str], database: URL, tmp_path: Path
) -> None:
    with open_store(database) as store, store.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "INSERT INTO effect_line (measure_id, version, kind, currency, month, account, hard, amount)"
            " SELECT id, 'actual', kind, 'EUR', '2031-10-01', 'ebitda', true, 500 FROM measure,"
            " (VALUES ('capex'), ('one_off_cost')) AS k (kind) WHERE key = 'ITX-1'"
        )
    for name in ("october.json", "october.csv"):
        file = tmp_path / name
        told = cli.ok("money", "capitalisation", "2031-10", "--out", str(file))
        assert told.startswith(
            "1 measure with cost in Oct 2031: 0 may be capitalised.\n"
            "ITX-1: 500 EUR is booked as capex and has to be expensed (authorised and funded: nobody has decided on the "
            "measure; "
        )
        assert told.endswith(f"Written to {file}, signed in {name}.sig.\n")
        assert cli.ok("money", "capitalisation", "verify", str(file)).startswith(f"{name} is as it was signed on ")
        content = file.read_text()
        file.write_text(content.replace("500.00", "900.00", 1))
        assert cli.refused("money", "capitalisation", "verify", str(file)) == (
            f"{name} is not as it was signed: the file was changed after it was signed."
        )
        file.write_text(content)
        signature = tmp_path / f"{name}.sig"
        signature.write_text(signature.read_text().replace("2031-10", "2031-11", 1))
        assert cli.refused("money", "capitalisation", "verify", str(file)) == (
            f"{name} is not as it was signed: its signature does not fit its content."
        )
    lines = (tmp_path / "october.csv").read_text().splitlines()
    assert lines[0].startswith("period,measure,key,title,legal_entity,treatment,currency,booked_as_capex,")
    assert ",opex,EUR,500.00,500.00,0.00,500.00,unmet: nobody has decided on the measure," in lines[1]


def test_names_of_the_exported_ledger_are_read_by_a_spreadsheet_as_they_are(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    assert cli.ok("money", "export", str(file)).endswith("--profile export\n")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfEntry,Belongs to,")


def test_a_budget_is_locked_for_a_closed_measure_only(cli: Cli, tokens: dict[str, str]) -> None:
    asked = ("money", "lock-budget", "ITX-1", "--cost-centre", "4711", "--amount", "500.00 EUR", "--reason", "licences")
    assert cli.refused(*asked, "--first", "soon", GATEPOST_TOKEN=tokens["brandt"]) == (
        '--first: "soon" is no month; write 2027-01.'
    )
    assert cli.refused(*asked, "--first", "2099-01", GATEPOST_TOKEN="none").startswith(
        "A budget is changed with your own"
    )
    assert cli.refused(*asked, "--first", "2099-01", GATEPOST_TOKEN=tokens["brandt"]) == (
        "ITX-1 is not closed: only a saving that the controller has confirmed is taken out of a budget."
    )
    assert cli.ok("money", "lock-budget") == ""
    assert cli.refused("money", "lock-budget", "--agree", "7") == (
        "No lock 7 waits. gatepost money lock-budget shows what does."
    )


def test_a_spreadsheet_is_proposed_imported_and_taken_back(cli: Cli, tokens: dict[str, str], tmp_path: Path) -> None:
    file, yaml = tmp_path / "Plan.csv", tmp_path / "plan.yaml"
    file.write_text(
        "Measure key;Title;Forecast cost Oct 2026 (k EUR);Forecast cost Nov 2026 (k EUR)\nITX-1;CRM;1,5;2\nNEW-1;Exit;4;\n"
    )
    shown = cli.ok("money", "profile", str(file), "--out", str(yaml))
    assert 'Measures are found by "Measure key", as their key; it could be Title (subject).' in shown
    assert "3 amounts of 2 rows, 0 problems." in shown
    run = ("money", "import", str(file), "--profile", str(yaml))
    assert "Nothing was posted yet. Post it with --post." in cli.ok(*run)
    assert cli.refused(*run, "--post").startswith("Say whose entries these are: --as LOGIN")
    posted = cli.ok(*run, "--post", "--as", "BRANDT@acme.example")
    assert "3 amounts: 2 new, 0 changed, 0 taken back, 0 as they are." in posted
    assert posted.endswith("Posted as import 1. Take it back with: gatepost money undo 1 --reason … --as …\n")
    assert "nothing changes" in cli.ok(*run, "--post", "--as", "BRANDT@acme.example")
    assert '"NEW-1": matches no measure' in cli.ok("money", "quarantine", COLUMNS="250")
    assert (
        cli.ok("money", "quarantine", "1", "--dismiss", "not ours", "--as", "BRANDT@acme.example")
        == "Row 1 is dismissed.\n"
    )
    assert cli.ok("money", "undo", "1", "--reason", "wrong file", "--as", "BRANDT@acme.example") == (
        "Import 1 is taken back: 2 corrections.\n"
    )
    assert "Plan.csv" in cli.ok("money", "imports", COLUMNS="250")
    cli.ok("money", "imports", "1", "--out", str(tmp_path / "kept.csv"))
    assert (tmp_path / "kept.csv").read_text() == file.read_text()
    cli.ok("money", "template", str(tmp_path / "money.xlsx"))
    assert (tmp_path / "money.xlsx").stat().st_size > 5_000
    file.write_text("Measure key;Amount\nITX-1;twelve\n")
    assert cli.refused(*run).startswith("1 problem keeps Plan.csv out.") or "2 problems" in cli.refused(*run)


def test_rates_of_a_file_are_shown_and_stored(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("Currency;To;Month;Rate\nUSD;EUR;2026-10;0.92\n")
    assert cli.ok("rates", "import", str(file)).endswith(
        "1 rates: 0 as they are, 1 would be stored; store them with --post.\n"
    )
    cli.ok("rates", "import", str(file), "--post")
    assert cli.ok("rates", "import", str(file)).endswith(
        "1 rates: 1 as they are, 0 would be stored; store them with --post.\n"
    )
