"""The command line, on a real database: what an administrator types and reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from connector.cli import app
from connector.errors import ConfigurationError
from tests.conftest import ROOT

MAPPING = str(ROOT / "sandbox/story/mapping.yaml")


class Cli:
    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def run(self, *words: str, **more: str) -> Result:
        return CliRunner().invoke(app, list(words), env=self._environment | more)

    def ok(self, *words: str, **more: str) -> str:
        result = self.run(*words, **more)
        assert result.exit_code == 0, result.output
        return str(result.output)

    def refused(self, *words: str, **more: str) -> str:
        """The message of a command that could not be carried out."""
        result = self.run(*words, **more)
        assert isinstance(result.exception, ConfigurationError), result.output
        return str(result.exception)


@pytest.fixture
def cli(database: URL, tmp_path: Path) -> Cli:
    return Cli(
        {
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(tmp_path),
            "GATEPOST_CREDENTIAL": "api-token",
            "COLUMNS": "200",
        }
    )


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


def test_a_given_secret_is_not_repeated(cli: Cli) -> None:
    assert "s3cret" not in add(cli, GATEPOST_WEBHOOK_SECRET="s3cret")


def test_a_secret_is_rotated_and_a_pause_ended(cli: Cli) -> None:
    add(cli)
    assert cli.ok("connection", "rotate", "jira-main").startswith("The new secret, shown only now: ")
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
        ("j", "https://u:p@x.example", "The address holds a user or password. Give them with --user and when asked."),
    ],
)
def test_a_wrong_connection_says_what_to_do(cli: Cli, name: str, url: str, text: str) -> None:
    assert cli.refused("connection", "add", name, "--tool", "jira", "--url", url, "--user", "u") == text


def test_a_mapping_is_checked(cli: Cli) -> None:
    assert cli.ok("mapping", "check", MAPPING).startswith(f"{MAPPING}: 4 rules, no problems (version ")


def test_a_wrong_mapping_shows_every_problem_and_ends_with_1(cli: Cli) -> None:
    wrong = ROOT / "tests/mapping/wrong/five-at-once.yaml"
    result = cli.run("mapping", "check", str(wrong))
    assert result.exit_code == 1
    assert (
        f'{wrong}:9:30: measures[0].roles.sponser: this key is not known here. Did you mean "sponsor"?' in result.output
    )
    assert result.output.endswith("6 problems\n")


def test_a_mapping_for_a_missing_connection_is_not_activated(cli: Cli) -> None:
    add(cli)
    assert cli.refused("mapping", "activate", MAPPING, "--reason", "first") == (
        f"{MAPPING} names servicenow-main, which is no connection. Add it with: gatepost connection add"
    )


def test_a_mapping_is_activated_once_and_a_changed_one_is_a_new_version(cli: Cli, tmp_path: Path) -> None:
    add(cli)
    add(cli, "servicenow-main", "servicenow", "https://snow.example")
    assert cli.ok("mapping", "activate", MAPPING, "--reason", "first").startswith("Mapping version 1 is active (")
    assert cli.ok("mapping", "activate", MAPPING, "--reason", "again").startswith("Mapping version 1 is active (")
    changed = tmp_path / "changed.yaml"
    changed.write_text(Path(MAPPING).read_text().replace("Nordbank", "Suedbank"))
    assert cli.ok("mapping", "activate", str(changed), "--reason", "renamed").startswith(
        "Mapping version 2 is active ("
    )


def test_the_schema_is_upgraded_alone(cli: Cli) -> None:
    assert cli.ok("db", "upgrade") == "The schema is at revision 0003.\n"


def test_another_database_is_refused(cli: Cli) -> None:
    assert cli.refused("db", "upgrade", DATABASE_URL="mysql://x/y") == (
        "DATABASE_URL names mysql; Gatepost stores in PostgreSQL 14 or newer only."
    )
    assert cli.refused("db", "upgrade", DATABASE_URL="what is this") == (
        "DATABASE_URL cannot be read. Write it as postgresql://user:password@host:5432/database"
    )


def test_a_wrong_key_is_told(cli: Cli) -> None:
    assert cli.refused("connection", "list", GATEPOST_SECRET_KEY="short").startswith(
        "GATEPOST_SECRET_KEY is not a Fernet key"
    )
    key = cli.ok("key").strip()
    cli.ok("connection", "list", GATEPOST_SECRET_KEY=key)


def test_the_key_file_is_readable_by_its_owner_only(cli: Cli, tmp_path: Path) -> None:
    add(cli)
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_version_is_told(cli: Cli) -> None:
    assert cli.ok("version") == "gatepost 0.1.0\n"
