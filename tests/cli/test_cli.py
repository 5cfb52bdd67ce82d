"""The command line, on a real database: what an administrator types and reads."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.runtime.queue import TaskQueue
from connector.store.database.engine import open_database
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import SqlInbox
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.sync.ports import ItemsChanged
from connector.sync.stores import AssessedItem, ReceivedEvent
from governance.measure_state import MeasureState
from governance.time_text import day_text
from mapping.assess_item import assess_item
from mapping.fields import needed_fields
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.related_evidence import RelatedEvidence
from mapping.work_item import Comment, ConnectionName, FieldValue
from tests.command_line import Cli
from tests.conftest import NEWEST, ROOT
from tests.mapping.items import KAYA, item
from tests.waiting import result_of

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
JIRA = ConnectionName("jira-main")
NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)

OFFLINE = "the tools are not reachable from here"
MAPPING = str(ROOT / "sandbox/story/mapping.yaml")


def add(cli: Cli, name: str = "jira-main", tool: str = "jira", url: str = "https://acme.example", **more: str) -> str:
    return cli.ok("connection", "add", name, "--tool", tool, "--url", url, "--user", "bot@acme.example", **more)


def test_a_connection_is_added_and_its_secret_is_shown_once(cli: Cli) -> None:
    shown = add(cli)
    assert "Its events go to /hooks/jira/jira-main on this server." in shown
    assert "signed with this secret, which is shown only now: " in shown
    listed = cli.ok("connection", "list")
    assert "jira-main" in listed
    assert "in use" in listed
    assert "api-token" not in shown + listed


def test_renewed_credentials_change_nothing_else(cli: Cli) -> None:
    first = add(cli)
    again = add(cli, GATEPOST_CREDENTIAL="another-token")
    assert "shown only now" in first
    assert "shown only now" not in again, "the secret stays, and with it every webhook"


def test_a_given_secret_is_not_repeated(cli: Cli) -> None:
    assert "s3cret" not in add(cli, GATEPOST_WEBHOOK_SECRET="s3cret")


def test_a_secret_is_rotated_and_a_pause_ended(cli: Cli) -> None:
    add(cli)
    first, second = cli.ok("connection", "rotate", "jira-main").splitlines()
    assert first.startswith("The new secret, shown only now: ")
    assert re.fullmatch(r"The previous one is accepted until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", second)
    assert "previous webhook secret until" in " ".join(cli.ok("connection", "list").replace("│", " ").split())
    assert cli.ok("connection", "resume", "jira-main") == "jira-main was not paused.\n"
    assert cli.refused("connection", "rotate", "nobody") == (
        'There is no connection "nobody". List them with: gatepost connection list'
    )


@pytest.mark.parametrize(
    ("name", "url", "text"),
    [
        (
            "jira main",
            "https://x.example",
            'A connection is named with letters, digits, "-" and "_"; \'jira main\' is not.',
        ),
        ("j", "acme", "'acme' is not an address. Write it as https://acme.atlassian.net"),
        (
            "j",
            "http://acme.example",
            "http://acme.example would send the credentials in the clear. Use https; http is for a sandbox on this machine only.",
        ),
        (
            "j",
            "https://u:p@x.example",
            "The address contains a user or password. Give them with --user and at the prompt.",
        ),
    ],
)
def test_a_wrong_connection_says_what_to_do(cli: Cli, name: str, url: str, text: str) -> None:
    assert cli.refused("connection", "add", name, "--tool", "jira", "--url", url, "--user", "u") == text


def test_a_mapping_is_checked(cli: Cli) -> None:
    *warnings, last = cli.ok("mapping", "check", MAPPING).splitlines()
    assert last.startswith(f"{MAPPING}: 4 rules, no problems, 4 warnings (version ")
    assert warnings[0] == (
        f"warning: {MAPPING}:33:5: measures[0].enforce: an item that is moved past a shut gate is only explained."
    )


def test_a_wrong_mapping_shows_every_problem_and_ends_with_1(cli: Cli) -> None:
    wrong = ROOT / "tests/mapping/invalid/five-at-once.yaml"
    result = cli.run("mapping", "check", str(wrong))
    assert result.exit_code == 1
    assert (
        f'{wrong}:9:30: measures[0].roles.sponser: this key is not known here. Did you mean "sponsor"?' in result.output
    )
    assert result.output.endswith("6 problems\n")


def test_a_mapping_for_a_missing_connection_is_not_activated(cli: Cli) -> None:
    add(cli)
    assert cli.refused("mapping", "activate", MAPPING, "--reason", "first") == (
        f"{MAPPING} names unknown connections: servicenow-main. Add them with: gatepost connection add"
    )


def test_a_mapping_is_activated_once_and_a_changed_one_is_a_new_version(cli: Cli, tmp_path: Path) -> None:
    add(cli)
    add(cli, "servicenow-main", "servicenow", "https://snow.example")
    refused = cli.refused("mapping", "activate", MAPPING, "--reason", "first")
    assert refused.startswith(
        "Not activated. Not all tools could be asked, so it is not known whether the mapping fits them.\n"
    )
    assert refused.endswith("Correct it, or activate it all the same and say why: --override TEXT")
    assert "\nMapping version 1 is active (" in cli.ok(
        "mapping", "activate", MAPPING, "--reason", "first", "--override", OFFLINE
    )
    assert "\nMapping version 1 is active (" in cli.ok(
        "mapping", "activate", MAPPING, "--reason", "again", "--override", OFFLINE
    )
    changed = tmp_path / "changed.yaml"
    changed.write_text(Path(MAPPING).read_text().replace("Nordbank", "Suedbank"))
    assert "\nMapping version 2 is active (" in cli.ok(
        "mapping", "activate", str(changed), "--reason", "renamed", "--override", OFFLINE
    )


def test_the_schema_is_upgraded_by_its_owner_alone(cli: Cli, database: URL) -> None:
    assert cli.refused("db", "upgrade") == (
        "gatepost_app does not own the schema. Give the owner's address in GATEPOST_MAINTENANCE_DATABASE_URL."
    )
    owner = database.render_as_string(hide_password=False)
    upgraded = cli.ok("db", "upgrade", GATEPOST_MAINTENANCE_DATABASE_URL=owner)
    assert upgraded.startswith(f"The schema is at revision {NEWEST}.\n")


def test_another_database_is_refused(cli: Cli) -> None:
    assert cli.refused("db", "upgrade", DATABASE_URL="mysql://x/y") == (
        "DATABASE_URL names mysql; Gatepost stores in PostgreSQL 14 or newer only."
    )
    assert cli.refused("db", "upgrade", DATABASE_URL="what is this") == (
        "DATABASE_URL cannot be read. Write it as postgresql://user:password@host:5432/database"
    )


def test_a_wrong_key_is_refused(cli: Cli) -> None:
    assert cli.refused("connection", "list", GATEPOST_SECRET_KEY="short").startswith(
        "The secret key is not a Fernet key"
    )
    key = cli.ok("key").strip()
    cli.ok("connection", "list", GATEPOST_SECRET_KEY=key)


def test_the_key_file_is_readable_by_its_owner_only(cli: Cli, tmp_path: Path) -> None:
    add(cli)
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_version_is_printed(cli: Cli) -> None:
    assert cli.ok("version") == f"gatepost {VERSION}\n"


# --- verdicts and sums --------------------------------------------------------------------------------------


@pytest.fixture
def assessed(cli: Cli, database: URL) -> Cli:
    """One assessed measure: plan in dollars, an approval by the wrong person."""
    engine = open_database(database, pool_size=2, application="tests")
    waker = Waker(TaskQueue().defer)
    add(cli)
    cli.ok("connection", "add", "servicenow-main", "--tool", "servicenow", "--url", "https://x.example", "--user", "u")
    cli.ok("mapping", "activate", MAPPING, "--reason", "first", "--override", OFFLINE)
    loaded = load_mapping(Path(MAPPING).read_text())
    assert isinstance(loaded, LoadedMapping)
    comment = Comment("7", KAYA, NOW, "/approve detailed")
    empty: dict[str, FieldValue] = dict.fromkeys(needed_fields(loaded.config, JIRA))
    values: dict[str, FieldValue] = {"Planned benefit": "1200 USD", "Rough value": Decimal(5), "Program": "Cloud exit"}
    values |= {"Start date": date(2026, 1, 15), "Due date": date(2026, 4, 30)}
    work_item = item(empty | values, comments=(comment,))
    assessments, work = SqlAssessmentStore(engine, waker), SqlDirtyKeys(engine, 1, 60)
    result_of(
        SqlInbox(engine, waker).submit, ReceivedEvent(JIRA, "d1", b"{}", ItemsChanged("e", (work_item.native_id,)))
    )
    assessment = assess_item(
        work_item,
        loaded.config,
        Policies(loaded.config),
        measure_state=MeasureState(),
        last_written={},
        now=NOW,
        related=RelatedEvidence(),
    )
    assert not isinstance(assessment, Unmapped)
    claim = work.claim(JIRA, 10)
    assert claim is not None
    assessments.store(claim, [AssessedItem(work_item, assessment)], 1, NOW)
    engine.dispose()
    return cli


def test_explain_prints_the_verdict_as_a_checklist(assessed: Cli) -> None:
    text = assessed.ok("explain", "itx-1")
    assert text.startswith(
        "ITX-1 Retire the legacy CRM\nhttps://acme.example/browse/ITX-1 · mapping version 1 · policy five/"
    )
    assert "\nCannot move into Identified yet: no owner is named" in text
    assert (
        "[ ] owner: no owner is named · ROLE_MISSING\n    expected a named and active owner; is nobody named;" in text
    )
    assert "[x] title: Retire the legacy CRM" in text


def test_moving_back_what_is_ahead_already_is_told_and_asked_for(assessed: Cli, database: URL, tmp_path: Path) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text("UPDATE measure SET gate = 'breach'"))
    engine.dispose()
    moving = tmp_path / "moving.yaml"
    moving.write_text(Path(MAPPING).read_text().replace("    enforce: comment\n", "    enforce: revert\n", 1))
    activate = ("mapping", "activate", str(moving), "--reason", "order", "--override", OFFLINE)
    question = "1 item is known to be ahead of a shut gate. Move back whatever is found ahead? [y/N]: "
    asked = assessed.run(*activate, "--move-existing", given="n\n")
    assert asked.exit_code == 1
    assert asked.output.endswith(f"{question}n\nAborted.\n")
    reported = assessed.ok(*activate)
    assert "\n1 item is ahead of a shut gate already: reported, not moved. To move back: --move-existing\n" in reported
    assessed.ok("mapping", "activate", MAPPING, "--reason", "not yet", "--override", OFFLINE)
    agreed = assessed.run(*activate, "--move-existing", given="y\n")
    assert f"{question}y\nMapping version " in agreed.output
    assessed.ok("mapping", "activate", MAPPING, "--reason", "not yet", "--override", OFFLINE)
    assert "Move back" not in assessed.ok(*activate, "--move-existing", "--yes")


def test_explain_as_json_holds_the_same(assessed: Cli) -> None:
    found = json.loads(assessed.ok("explain", "ITX-1", "--json"))
    assert (found["key"], found["verdict"]["gate"]) == ("ITX-1", "blocked")


def test_explain_as_known_on_a_day(assessed: Cli) -> None:
    text = assessed.ok("explain", "ITX-1", "--on", f"{NOW:%Y-%m-%d}")
    assert text.startswith(
        f"As known on {day_text(NOW)}. What was corrected or decided later is not in it.\nITX-1 Retire"
    )
    day_before = f"{NOW - timedelta(days=1):%Y-%m-%d}"
    assert (
        f"Gatepost did not know this measure on {day_text(NOW - timedelta(days=1))}. It is known since"
        in assessed.refused("explain", "ITX-1", "--on", day_before)
    )


def test_an_unknown_key_says_what_that_means(assessed: Cli) -> None:
    assert assessed.refused("explain", "ITX-9").startswith('Gatepost knows no measure "ITX-9". No event of that item')


def test_totals_name_missing_rates(assessed: Cli) -> None:
    text = assessed.ok("totals")
    assert "EBITDA effect in EUR" in text
    assert "Cloud exit" in text
    assert "* without ITX-1 Retire the legacy CRM: no rate from USD to EUR on 1 May 2026" in text
    assessed.ok("rates", "add", "usd", "eur", "2026-01-01", "0.9", "--source", "treasury")
    text = assessed.ok("totals", "--by", "legal_entity")
    assert "* without 1 measure not committed yet: EBITDA effect of 1,080 EUR planned" in text
    lines = assessed.ok("totals", "--lines", "Cloud exit")
    assert "100 USD" in lines
    assert "90 EUR" in lines
    assert "1 USD = 0.9 EUR since 2026-01-01" in lines
    assert assessed.refused("totals", "--lines", "Nothing") == (
        'Nothing is called "Nothing" along this dimension. List them without --lines.'
    )


def test_figures_name_the_measures_without_a_rate(assessed: Cli) -> None:
    text = assessed.ok("figures", "--year", "2026")
    assert "Nordbank, FY 2026, in EUR" in text
    assert "* without ITX-1 Retire the legacy CRM: no rate from USD to EUR on 1 May 2026" in text
    assessed.ok("rates", "add", "usd", "eur", "2026-01-01", "0.9", "--source", "treasury")
    text = assessed.ok("figures", "--year", "2026")
    assert "* without 1 measure not committed yet: EBITDA effect of 1,080 EUR planned" in text
    assert "Run-rate, in the steady month" in text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("usd", "usd", "2026-01-01", "1"), "USD needs no rate to itself."),
        (("dollar", "eur", "2026-01-01", "1"), '"DOLLAR" is not a currency code of three letters, such as EUR.'),
        (("usd", "eur", "1.1.2026", "1"), '"1.1.2026" or "1" is not valid: write a day as 2026-01-01, a rate as 0.92.'),
        (("usd", "eur", "2026-01-01", "0"), "A rate is more than zero."),
        (("usd", "eur", "2026-01-01", "NaN"), "A rate is more than zero."),
        (("usd", "eur", "2026-01-01", "Infinity"), "A rate is more than zero."),
        (("usd", "eur", "2026-01-01", "1e999"), "A rate has at most 15 digits before the point."),
    ],
)
def test_a_wrong_rate_says_what_is_wrong(cli: Cli, words: tuple[str, ...], text: str) -> None:
    assert cli.refused("rates", "add", *words, "--source", "x") == text


def test_the_history_shows_both_statuses(assessed: Cli) -> None:
    text = assessed.ok("history", "ITX-1")
    assert "2026-02-10" in text
    assert "grey" in text


def test_the_audit_is_shown_verified_and_exported(assessed: Cli, tmp_path: Path) -> None:
    shown = assessed.ok("audit", "show", "ITX-1")
    assert "A. Kaya  command.refused: A. Kaya may not approve Detailed; nobody is named who may. · mapping 1" in shown
    assert "gatepost  measure.assessed: gate blocked, stage none yet (decision " in shown
    verified = assessed.ok("audit", "verify")
    assert "5 entries and 1 decision" in verified
    head, *anchored = verified.rsplit("Head: ", 1)[1].splitlines()
    assert anchored == ["Nothing is anchored yet."]
    assert assessed.ok("audit", "verify", "--head", head)
    file = tmp_path / "audit.jsonl"
    assert assessed.ok("audit", "export", str(file)) == f"6 entries written to {file}\n"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[-2]["hash"] == head
    assert rows[-1]["action"] == "data.exported", "the export itself is the last entry"
    assert (
        assessed.ok("audit", "export", "--format", "csv")
        .splitlines()[0]
        .startswith("seq,at,actor,action,subject,detail")
    )


def test_a_changed_audit_ends_with_1(assessed: Cli, database: URL) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 1"))
    engine.dispose()
    result = assessed.run("audit", "verify")
    assert result.exit_code == 1
    assert (
        result.output == "entry 1 was changed after it was written\n1 problem in 5 entries\nNothing is anchored yet.\n"
    )
    missing = assessed.run("audit", "verify", "--head", "0" * 64)
    assert "the head 0000" in missing.output
