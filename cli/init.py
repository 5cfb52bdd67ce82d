"""``gatepost init``: asks, connects, looks, and writes a commented first mapping."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import check_name
from connector.bootstrap import Services, bootstrap, previewer
from connector.errors import ConfigurationError
from connector.http.tool_access import usual_doors
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ports import Inspector
from mapping.fields import rule_fields
from mapping.live_check import live_problems
from mapping.load import Loaded, load_mapping
from mapping.starter import NothingToWrite, starter
from mapping.work_item import ConnectionName, Tool

Asked = Annotated[str | None, typer.Option(help="Asked for when it is left out")]


def init(
    file: Annotated[Path, typer.Argument(help="Where the mapping goes; it must not be there yet")] = Path(
        "mapping.yaml"
    ),
    connection: Annotated[str | None, typer.Option(help="Name of the connection; made when it is not there")] = None,
    tool: Annotated[Tool | None, typer.Option(help="What is there; asked for when it is left out")] = None,
    url: Asked = None,
    user: Asked = None,
    project: Annotated[str | None, typer.Option(help="Jira: the project; asked for when it is left out")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Issue type, or ServiceNow table")] = None,
    organization: Asked = None,
    credential: Annotated[
        str | None,
        typer.Option(
            envvar="GATEPOST_CREDENTIAL", help="API token or password; asked for when it is not in the environment"
        ),
    ] = None,
    currency: Annotated[str, typer.Option(help="Reporting currency")] = "EUR",
) -> None:
    """Connect to a tool, look at what is there, and write a commented first mapping that fits it."""
    if file.exists():
        raise ConfigurationError(f"{file} is there already. Name another file, or move it away.")
    with bootstrap(Settings(), application="gatepost init") as services:
        name = ConnectionName(connection or typer.prompt("Name of the connection", default="jira-main"))
        if services.connections.get(name) is None:
            _connect(services, name, tool, url, user, credential)
        sites, _ = previewer(services)
        inspector = sites.get(name).inspector
        if inspector is None:
            raise ConfigurationError(f"{name} cannot be looked at.")
        there = inspector.kinds()
        first, second = _choose(there, project, kind)
        text = _write(inspector, first, second, organization, currency)
        loaded = load_mapping(text, str(file))
        if not isinstance(loaded, Loaded):
            raise ConfigurationError("The first mapping is not valid: " + "; ".join(map(str, loaded)))
        rule = loaded.config.measures[0]
        problems = live_problems(loaded, {rule.name: inspector.look(rule, sorted(rule_fields(rule)), ())}, str(file))
    if problems:
        raise ConfigurationError("The first mapping does not fit: " + "; ".join(map(str, problems)))
    file.write_text(text, encoding="utf-8")
    typer.echo(f"{file} is written and fits {name}. Read it once, then:")
    typer.echo(
        f"  gatepost mapping preview {file}" + (f' --jql "project = {first}"' if second else f" --table {first}")
    )
    typer.echo(f'  gatepost mapping activate {file} --reason "first rules"')


def _connect(
    services: Services, name: ConnectionName, tool: Tool | None, url: str | None, user: str | None, given: str | None
) -> None:
    what = tool or Tool(typer.prompt("Tool", default=Tool.JIRA.value, show_choices=True, type=str))
    address = url or typer.prompt("Address", default="https://acme.atlassian.net")
    check_name(name, address)
    login = user or typer.prompt("Integration user (Jira: the e-mail address)")
    credential = given or typer.prompt("API token or password", hide_input=True)
    secret = secrets.token_urlsafe(32)
    services.connections.save(
        ConnectionRecord(name, what, address, login, credential, (secret,), doors=usual_doors(what))
    )
    typer.echo(f"Saved {name}. Its events go to /hooks/{what.value}/{name} on this server.")
    typer.echo(f"They have to be signed with this secret, which is shown only now: {secret}")


def _choose(there: Mapping[str, Sequence[str]], project: str | None, kind: str | None) -> tuple[str, str]:
    """(project, type) of Jira, or (table, nothing) of ServiceNow."""
    if not there:
        raise ConfigurationError("The account sees nothing that could be governed. Give it access, and run this again.")
    tables = not any(there.values())
    if tables:
        return _one("Table", kind, tuple(there)), ""
    first = _one("Project", project, tuple(there))
    return first, _one("Issue type", kind, there[first])


def _one(what: str, given: str | None, choices: Sequence[str]) -> str:
    wanted = given or typer.prompt(f"{what} ({', '.join(choices)})", default=choices[0])
    found = next((choice for choice in choices if choice.casefold() == wanted.casefold()), None)
    if found is None:
        raise ConfigurationError(f'There is no {what.lower()} "{wanted}". There are {", ".join(choices)}.')
    return found


def _write(inspector: Inspector, first: str, second: str, organization: str | None, currency: str) -> str:
    survey = inspector.survey(first, second or first)
    name = organization or typer.prompt("Organization", default="ACME")
    try:
        return starter(survey, organization=name, currency=currency)
    except NothingToWrite as error:
        raise ConfigurationError(str(error)) from None
