"""The evidence pack of a measure: from the page, as of a day, and for whoever sees less."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from cli import app
from connector.notify.audit_anchor import PURPOSE, AnchorKeys
from connector.papers.evidence.finding import Outcome
from connector.papers.evidence.verify import verify_pack
from connector.people.permissions import Role, RoleGrant
from connector.runtime.audit_anchoring import anchoring
from connector.store.ledger.imports import add_import, batch_name, keep_file
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import FieldValue
from tests.command_line import Cli
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import SHOWN
from tests.databases import Databases
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_as_known import MARCH, NOVAK, assess_at
from tests.webhook_server.admin.test_measure import CLOUD, enter
from tests.webhook_server.api_server import ApiServer, api_server

BOOK = b"Order;Amount\nITX-1;100\n"
CORRECTED: dict[str, FieldValue] = {"Assignee": NOVAK, "Planned benefit": Decimal(2000)}


@pytest.fixture(scope="module")
def api(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """Title, owner and plan are corrected in March, when a file of money is imported as well; all is anchored."""
    loaded = load_mapping(
        MAPPING.replace("    effects:\n", "    effects:\n      timing: {benefit: {over: work, per: total}}\n")
    )
    assert isinstance(loaded, LoadedMapping)
    folder = tmp_path_factory.mktemp("anchors")
    sink = folder / "kept"
    sink.mkdir()
    with databases.one() as url, open_store(url) as store, pytest.MonkeyPatch.context() as environment:
        environment.setenv("GATEPOST_AUDIT_SINKS", f"file:{sink}")
        with api_server(store, loaded, folder) as here:
            _correct_and_import(here, loaded)
            anchoring(here.services).run(datetime.now(UTC))
            yield here


def _correct_and_import(here: ApiServer, loaded: LoadedMapping) -> None:
    assess_at(here.store, loaded, item(SHOWN | CORRECTED, title="Retire <b>the</b> CRM"), MARCH)
    with here.store.engine.begin() as transaction:
        sha256 = keep_file(transaction, "book.csv", BOOK)
        number = add_import(
            transaction, stream="books", file="book.csv", sha256=sha256, as_of=date(2026, 3, 1), lines=1, entries=1,
            by="Weber", at=MARCH,
        )  # fmt: skip
        transaction.exec_driver_sql(
            "INSERT INTO ledger_entry (measure_id, version, kind, month, amount, currency, account, hard, type,"
            " source, batch, entered_at, entered_by) VALUES ('jira-main/10001', 'actual', 'benefit', '2026-03-01',"
            " 100, 'EUR', 'ebitda', true, 'posting', '{}', %(batch)s, %(at)s, 'Weber')",
            {"batch": batch_name(number), "at": MARCH},
        )


def contents(archive: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_the_pack_holds_what_is_known_and_is_checked_without_the_database(api: ApiServer) -> None:
    office = enter(api, "Olga", RoleGrant(Role.OFFICE))
    assert 'href="/measures/jira-main/10001/evidence.zip"' in office.get("/measures/ITX-1").text
    answer = office.client.get("/measures/ITX-1/evidence.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    found = verify_pack(BytesIO(answer.data), AnchorKeys(api.services.vault.derive_keys(PURPOSE)).public_key)
    assert [one.text for one in found.findings if one.outcome is Outcome.BROKEN] == []
    held = " ".join(one.text for one in found.findings if one.outcome is Outcome.HOLDS)
    assert "2 decisions, each as the audit has it." in held
    assert "1 anchor outside of the database: signed, and of this audit." in held
    assert "1 imported file, with the bytes that were imported." in held
    files = contents(answer.data)
    assert BOOK in files.values()
    assert json.loads(files["verdict.json"])["figures"]["plan"] == {"amount": "1600.00", "currency": "EUR"}
    assert [one["amount"] for one in json.loads(files["ledger.json"])] == ["100"]
    rules = json.loads(files["rules/mapping.json"])
    assert files["rules/mapping.yaml"].decode() == api.services.mappings.get(rules["number"]).source
    page = files["index.html"].decode()
    assert "Retire &lt;b&gt;the&lt;/b&gt; CRM" in page
    assert "<script" not in page
    assert "src=" not in page
    secrets = (api.services.settings.secret_key, "secret", api.tokens["settings"])
    assert not [name for name, content in files.items() for one in secrets if f'"{one}"'.encode() in content]
    (entry,) = (one for one in api.services.audit.entries("jira-main/10001") if one.action == "evidence.packed")
    assert (entry.actor, str(entry.detail["text"])[:38]) == (
        "olga@acme.example",
        "made an evidence pack of ITX-1 as of 2",
    )
    assert "made an evidence pack" in office.get("/audit").text


def test_the_api_sends_the_same_pack_and_names_its_manifest(api: ApiServer) -> None:
    api.person("auditor", RoleGrant(Role.OFFICE))
    answer = api.get("auditor", "/measures/ITX-1/evidence")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert not verify_pack(BytesIO(answer.data)).is_broken
    manifest = hashlib.sha256(contents(answer.data)["manifest.json"]).hexdigest()
    assert answer.headers["Gatepost-Manifest-SHA256"] == manifest
    past = api.get("auditor", "/measures/ITX-1/evidence?on=2026-02-28")
    assert json.loads(contents(past.data)["verdict.json"])["figures"]["plan"] == {"amount": "600.00", "currency": "EUR"}
    assert api.get("auditor", "/measures/ITX-1/evidence?on=2026-01-01").status_code == 404


def test_before_a_correction_the_pack_has_what_was_known_then(api: ApiServer) -> None:
    office = enter(api, "Otto", RoleGrant(Role.OFFICE))
    answer = office.client.get("/measures/ITX-1/evidence.zip?on=2026-02-28")
    assert not verify_pack(BytesIO(answer.data)).is_broken
    files = contents(answer.data)
    assert json.loads(files["measure.json"])["title"] == "Retire the legacy CRM"
    assert json.loads(files["verdict.json"])["figures"]["plan"] == {"amount": "600.00", "currency": "EUR"}
    assert json.loads(files["ledger.json"]) == json.loads(files["imports.json"]) == []
    assert b"Novak" not in b"".join(files.values())
    assert len(files["decisions.jsonl"].splitlines()) == 1
    assert office.get("/measures/ITX-1/evidence.zip?on=2026-01-01").status_code == 404


def test_a_pack_holds_no_more_than_its_reader_sees(api: ApiServer) -> None:
    vera = enter(api, "Vera", CLOUD)
    answer = vera.client.get("/measures/ITX-1/evidence.zip")
    found = verify_pack(BytesIO(answer.data))
    assert not found.is_broken
    assert "rules/mapping.yaml" not in contents(answer.data)
    assert BOOK not in contents(answer.data).values()
    assert (
        "The file of import 1, book.csv, is not in the pack: it holds lines of measures that the reader may not see."
        in [one.text for one in found.findings]
    )
    assert vera.get("/measures/ITX-2/evidence.zip").status_code == 404
    owner = enter(api, "Kaya", RoleGrant(Role.OWNER, ("IT",)))
    assert "evidence.zip" not in owner.get("/measures/ITX-1").text
    assert owner.get("/measures/ITX-1/evidence.zip").status_code == 403


def test_the_command_line_makes_and_checks_the_same(api: ApiServer, tmp_path: Path) -> None:
    settings = api.services.settings
    cli = Cli({"DATABASE_URL": settings.database_url or "", "GATEPOST_DATA": str(settings.data),
               "GATEPOST_SECRET_KEY": settings.secret_key or ""})  # fmt: skip
    file = tmp_path / "pack.zip"
    made = cli.ok("evidence", "--on", "2026-02-28", "-o", str(file), "ITX-1")
    assert made.startswith(f"{file} is written: ITX-1 as known on 2026-02-28, 18 files, ")
    told = CliRunner().invoke(app, ["evidence", "verify", str(file), "--key", cli.ok("audit", "key").strip()], env={})
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, f"{file} is as it was made.")
    file.write_bytes(file.read_bytes().replace(b"manifest.json", b"manifest.jsom"))
    told = CliRunner().invoke(app, ["evidence", "verify", str(file)])
    assert told.exit_code == 1
    assert told.output == (
        "Broken:      manifest.json is missing or damaged: without it nothing of the file can be checked.\n"
        f"{file} is NOT as it was made.\n"
    )
    whole = cli.ok("evidence", "ITX-1", "--whole-chain", "-o", str(file))
    assert "audit entries" in whole
    told = cli.run("evidence", "verify", str(file))
    assert "has no gap and was recomputed." in told.output
    enter(api, "Nobody", RoleGrant(Role.OWNER))
    assert cli.refused("evidence", "ITX-1", "--as", "nobody@acme.example") == (
        "nobody@acme.example has no role that reads the audit, and an evidence pack holds part of it."
    )
    assert cli.refused("evidence", "ITX-1", "--on", "2026-01-01").startswith("Gatepost did not know this measure on")
    assert cli.refused("evidence", "NO-1").startswith('Gatepost knows no measure "NO-1".')
