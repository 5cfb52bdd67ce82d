"""``gatepost init``: connects to a tool, surveys it, and writes a commented first mapping."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import check_connection_address
from cli.first_sign_in import sign_in_first
from cli.operating_user import operating_user
from cli.secret_input import CREDENTIAL, CredentialFile, read_secret
from connector.bootstrap import Services, bootstrap, previewer
from connector.errors import ConfigurationError
from connector.http.tool_access import Auth, default_webhook_auth
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ports import Inspector
from mapping.fields import rule_fields
from mapping.live_check import live_problems
from mapping.load import LoadedMapping, load_mapping
from mapping.starter import NoWritableField, starter_mapping
from mapping.work_item import ConnectionName, Tool

PromptedOption = Annotated[str | None, typer.Option(help="Asked for if not given")]


def init(
    file: Annotated[Path, typer.Argument(help="The new mapping file; it must not exist yet")] = Path("mapping.yaml"),
    connection: Annotated[str | None, typer.Option(help="Name of the connection; created if it does not exist")] = None,
    tool: Annotated[Tool | None, typer.Option(help="Which tool it is; asked for if not given")] = None,
    url: PromptedOption = None,
    user: PromptedOption = None,
    project: Annotated[str | None, typer.Option(help="Jira: the project; asked for if not given")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Issue type, or ServiceNow table")] = None,
    organization: PromptedOption = None,
    credential_file: CredentialFile = None,
    currency: Annotated[str, typer.Option(help="Reporting currency")] = "EUR",
) -> None:
    """Connect to a tool, survey it, and write a commented first mapping that fits it."""
    if file.exists():
        raise ConfigurationError(f"{file} exists already. Name another file, or move it away.")
    with bootstrap(Settings(), application="gatepost init") as services:
        name = ConnectionName(connection or typer.prompt("Name of the connection", default="jira-main"))
        known, credential = services.connections.get(name), read_secret(credential_file, CREDENTIAL)
        if known is None:
            _connect(services, name, tool, url, user, credential)
        elif url or user or credential:
            _correct(services, known, tool, url, user, credential)
        sites, _ = previewer(services)
        inspector = sites.get(name).inspector
        if inspector is None:
            raise ConfigurationError(f"{name} cannot be inspected.")
        first, second = _choose(inspector.item_kinds(), project, kind)
        # Gatepost makes its own fields in a Jira, so a first mapping names them before they are there.
        creates = sites.get(name).provisioner is not None and bool(second)
        text = _write(inspector, first, second, organization, currency, creates_fields=creates)
        loaded = load_mapping(text, str(file))
        if not isinstance(loaded, LoadedMapping):
            raise ConfigurationError("The first mapping is not valid: " + "; ".join(map(str, loaded)))
        rule = loaded.config.measures[0]
        inspection = inspector.inspect(rule, sorted(rule_fields(rule)), ())
        found = live_problems(loaded, {rule.name: inspection}, str(file))
        to_create = [problem for problem in found if creates and ".write." in f"{problem.path}."]
        problems = [problem for problem in found if problem not in to_create]
    if problems:
        raise ConfigurationError("The first mapping does not fit: " + "; ".join(map(str, problems)))
    file.write_text(text, encoding="utf-8")
    fits = f"fits {name}" if not to_create else f"needs fields in {name} that Gatepost creates: {len(to_create)}"
    typer.echo(f"{file} is written and {fits}. Read it, then:")
    typer.echo(
        f"  gatepost mapping preview {file}" + (f' --jql "project = {first}"' if second else f" --table {first}")
    )
    if to_create:
        typer.echo(f"  gatepost provision apply {name} --mapping {file}")
    typer.echo(f'  gatepost mapping activate {file} --reason "first rules"')


def _connect(
    services: Services,
    name: ConnectionName,
    tool: Tool | None,
    url: str | None,
    user: str | None,
    credential: str | None,
) -> None:
    chosen = tool or Tool(typer.prompt("Tool", default=Tool.JIRA.value, show_choices=True, type=str))
    address = url or typer.prompt("Address", default="https://acme.atlassian.net")
    check_connection_address(name, address)
    login = user or typer.prompt("Integration user (Jira: the e-mail address)")
    credential = credential or read_secret(None, CREDENTIAL, prompt="API token or password") or ""
    secret = secrets.token_urlsafe(32)
    record = ConnectionRecord(
        name, chosen, address, login, credential, (secret,), webhook_auth=default_webhook_auth(chosen)
    )
    record, _ = sign_in_first(services, record)
    services.connections.save(record, by=operating_user())
    typer.echo(f"Saved {name}. Its events go to /hooks/{chosen.value}/{name} on this server.")
    typer.echo(f"They have to be signed with this secret, which is shown only now: {secret}")


def _correct(
    services: Services,
    known: ConnectionRecord,
    tool: Tool | None,
    url: str | None,
    user: str | None,
    credential: str | None,
) -> None:
    """What is given besides the name of a connection that exists counts, once it has signed in."""
    if tool is not None and tool is not known.tool:
        raise ConfigurationError(f"{known.name} is a connection to {known.tool.value}. Give another name.")
    address = url or known.base_url
    check_connection_address(known.name, address)
    record = replace(
        known,
        base_url=address.rstrip("/"),
        username=user or known.username,
        credential=credential if credential and known.auth is not Auth.OAUTH else known.credential,
    )
    if record == known:
        return
    record, _ = sign_in_first(services, record)
    services.connections.save(record, by=operating_user())
    typer.echo(f"Changed {known.name}.")


def _choose(available: Mapping[str, Sequence[str]], project: str | None, kind: str | None) -> tuple[str, str]:
    """(project, type) of Jira, or (table, nothing) of ServiceNow."""
    if not available:
        raise ConfigurationError("The account sees nothing that could be governed. Give it access, and run this again.")
    tables = not any(available.values())
    if tables:
        return _choose_one("Table", kind, tuple(available)), ""
    first = _choose_one("Project", project, tuple(available))
    return first, _choose_one("Issue type", kind, available[first])


def _choose_one(noun: str, given: str | None, choices: Sequence[str]) -> str:
    name = given or typer.prompt(f"{noun} ({', '.join(choices)})", default=choices[0])
    found = next((choice for choice in choices if choice.casefold() == name.casefold()), None)
    if found is None:
        raise ConfigurationError(f'There is no {noun.lower()} "{name}". There are {", ".join(choices)}.')
    return found


def _write(
    inspector: Inspector, first: str, second: str, organization: str | None, currency: str, *, creates_fields: bool
) -> str:
    survey = inspector.survey(first, second or first)
    name = organization or typer.prompt("Organization", default="ACME")
    try:
        return starter_mapping(survey, organization=name, currency=currency, creates_fields=creates_fields)
    except NoWritableField as error:
        raise ConfigurationError(str(error)) from None
