"""What each process imports when it starts.

Checked by the imported modules and not by time, so that it is the same on every machine; ``make bench`` measures the time.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import cli
from cli.commands import COMMANDS, ENTRIES, CommandEntry
from cli.lazy import load_command
from connector.notify.message_addresses import SCHEMES
from connector.notify.plugins import PLUGINS

VENDORS = ("jira", "atlassian", "apprise", "authlib", "joserfc", "cel", "prompt_toolkit", "bs4", "rich.markdown")
"""Libraries that serve one tool, one kind of sign-in, one messenger or one kind of mapping."""
CLIENTS = ("connector.jira.build", "connector.jira.client", "connector.servicenow.build", "connector.servicenow.client")

# Pydantic is not among them: Typer itself uses it to read arguments.
NO_COMMAND = (
    *VENDORS[:-1], *CLIENTS, "sqlalchemy", "psycopg", "alembic", "procrastinate", "flask", "granian", "requests",
    "structlog", "ruamel", "cryptography", "connector.bootstrap", "connector.settings", "governance", "mapping",
    "webhook_server", "sandbox",
)  # fmt: skip

# fmt: off
CASES = [
    pytest.param("from cli import main; main()", ["version"], (*NO_COMMAND, "rich"), id="version"),
    # Rich draws the help.
    pytest.param("from cli import main; main()", ["--help"], NO_COMMAND, id="help"),
    pytest.param("from cli import main; main()", ["key"], ("sqlalchemy", "connector.bootstrap"), id="key"),
    pytest.param(
        "import cli.run, webhook_server.app", [],
        (*VENDORS, *CLIENTS, "alembic", "connector.runtime.tasks", "granian"), id="web",
    ),
    pytest.param(
        "import cli.worker", [], (*VENDORS, *CLIENTS, "alembic", "flask", "granian", "webhook_server"), id="worker"
    ),
    pytest.param("import connector.jira.event_parser", [], (*VENDORS, *CLIENTS, "requests"), id="the webhook of Jira"),
]
# fmt: on


def imported(code: str, arguments: list[str]) -> set[str]:
    """The modules that a new interpreter has imported when the code has ended."""
    program = f"import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n{code}"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(("code", "arguments", "unwanted"), CASES)
def test_only_what_is_needed_is_imported(code: str, arguments: list[str], unwanted: tuple[str, ...]) -> None:
    assert sorted(imported(code, arguments) & set(unwanted)) == []


def test_the_help_imports_no_command() -> None:
    package = cli.__name__
    found = {name for name in imported("from cli import main; main()", ["--help"]) if name.startswith(package)}
    assert found == {package, f"{package}.commands", f"{package}.lazy"}


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_help_of_the_table_is_that_of_the_command(entry: CommandEntry) -> None:
    command = load_command(entry)
    assert (command.name, (command.help or "").partition("\n")[0]) == (entry.name, entry.help)


def test_every_group_of_commands_is_in_the_table() -> None:
    folder = Path(cli.__file__).parent
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__", "__main__"}
    groups = {
        f"{name}:app"
        for name in modules
        if isinstance(getattr(import_module(f"{cli.__name__}.{name}"), "app", None), typer.Typer)
    }
    assert groups == {entry.location for entry in COMMANDS if entry.location.endswith(":app")}


def test_names_are_unique() -> None:
    assert len(ENTRIES) == len(COMMANDS)


def test_the_schemes_that_may_be_allowed_are_those_that_have_a_messenger() -> None:
    assert PLUGINS.keys() == SCHEMES
