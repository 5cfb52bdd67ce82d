"""``gatepost mapping``: check, preview, activate, roll back; keep versions, compare them, get one back as a file."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.preview_table import print_rows, print_summary
from cli.progress import bar
from connector.bootstrap import Services, Sites, bootstrap, previewer
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.mapping_versions.versions import State, StoredMapping
from mapping.difference import differences
from mapping.fields import rule_fields
from mapping.live_check import live_problems, people_in
from mapping.load import Loaded, load_mapping
from mapping.problems import Problem
from mapping.schema import schema as schema_of
from mapping.work_item import ConnectionName, NativeId, Tool

app = typer.Typer(help="The mapping: which item becomes which measure.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The mapping file (YAML)", exists=True, dir_okay=False, readable=True)]
Author = Annotated[str | None, typer.Option(help="Who, for the record; you by default")]
Reason = Annotated[str, typer.Option(help="Why, for the record")]
Wait = Annotated[bool, typer.Option("--wait", help="Show the progress until every item has been judged again")]


@app.command()
def check(
    file: File,
    live: Annotated[bool, typer.Option("--live", help="Hold it against the connections as well")] = False,
) -> None:
    """Report every problem of a mapping file with line and column.  Exit status 1 when there is one."""
    loaded = _load(file)
    if live:
        _check_live(file, loaded)
    rules = len(loaded.config.measures)
    typer.echo(f"{file}: {rules} {'rule' if rules == 1 else 'rules'}, no problems (version {loaded.version})")


def _check_live(file: Path, loaded: Loaded) -> None:
    """Look at the tools with each rule in hand; ends with 1 when something does not fit."""
    with bootstrap(Settings(), application="gatepost check") as services:
        _refuse_unknown_connections(services, loaded, str(file))
        sites, _ = previewer(services)
        looked = {}
        members = {member for committee in loaded.config.committees for member in committee.members}
        with bar(Console(stderr=True)) as progress:
            task = progress.add_task("Rules", total=len(loaded.config.measures))
            for rule in loaded.config.measures:
                inspector = sites.get(ConnectionName(rule.connection)).inspector
                if inspector is not None:
                    people = sorted(people_in(rule) | members)
                    looked[rule.name] = inspector.look(rule, sorted(rule_fields(rule)), people)
                progress.advance(task)
    problems = live_problems(loaded, looked, str(file))
    if problems:
        _report(file, problems)
        raise typer.Exit(1)
    for seen in looked.values():
        for note in seen.notes:
            typer.echo(note)


@app.command()
def schema() -> None:
    """Print the file's JSON Schema, for editors that complete and check it."""
    typer.echo(json.dumps(schema_of(), indent=2))


@app.command()
def preview(
    file: Annotated[Path | None, typer.Argument(help="The mapping file (YAML); or give --version")] = None,
    version: Annotated[int | None, typer.Option(help="A version that was pushed")] = None,
    last: Annotated[int, typer.Option(help="How many of the items that were read last", min=1, max=5_000)] = 200,
    jql: Annotated[str | None, typer.Option(help="Items of a Jira connection by JQL, the newest first")] = None,
    table: Annotated[str | None, typer.Option(help="Records of a ServiceNow table, the newest first")] = None,
    item: Annotated[list[str] | None, typer.Option(help="One item by its key; may be repeated")] = None,
    connection: Annotated[str | None, typer.Option(help="The connection, where it is not clear")] = None,
) -> None:
    """Show what a mapping would do to real items, as a difference to what is there now.  Nothing is written."""
    with bootstrap(Settings(), application="gatepost preview") as services:
        if (file is None) == (version is None):
            raise ConfigurationError("Name a file, or a version with --version.")
        loaded = _load(file) if file is not None else _stored(services.mappings.get(version or 0))
        sites, look = previewer(services)
        chosen = _chosen(services, sites, loaded, last, jql, table, item or [], connection)
        total = sum(map(len, chosen.values()))
        rows = []
        with bar(Console(stderr=True)) as progress:
            task = progress.add_task("Items", total=total)
            for name, ids in sorted(chosen.items()):
                for one in look.rows(sites.get(name), ids, loaded.config):
                    rows.append(one)
                    progress.advance(task)
        if version is not None:
            services.mappings.note_previewed(version)
    print_rows(rows)
    print_summary(rows, total)


@app.command()
def push(file: File, reason: Reason, author: Author = None) -> None:
    """Keep a version without activating it.  Exit status 1 when it has problems; it is kept as a draft then."""
    text = file.read_text(encoding="utf-8")
    loaded = load_mapping(text, str(file))
    good = isinstance(loaded, Loaded)
    digest = str(loaded.version) if isinstance(loaded, Loaded) else ""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.push(
            text, digest, author=author or getpass.getuser(), reason=reason,
            state=State.VALIDATED if good else State.DRAFT,
        )  # fmt: skip
    if not isinstance(loaded, Loaded):
        _report(file, loaded)
        typer.echo(f"Version {stored.number} is kept as a draft.")
        raise typer.Exit(1)
    number = stored.number
    typer.echo(f"Version {number} is kept ({stored.state}).")
    typer.echo(f"See what it does: gatepost mapping preview --version {number}")


@app.command()
def pull(
    version: Annotated[int | None, typer.Option(help="Which version; the active one by default")] = None,
) -> None:
    """Print a version's text, as it was written."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.get(version) if version is not None else services.mappings.active()
    if stored is None:
        raise ConfigurationError("There is no active mapping. List versions with: gatepost mapping history")
    typer.echo(stored.source, nl=not stored.source.endswith("\n"))


@app.command()
def activate(
    file: Annotated[Path | None, typer.Argument(help="The mapping file (YAML); or give --version")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record; of a pushed version its own by default")] = "",
    version: Annotated[int | None, typer.Option(help="A version that was pushed")] = None,
    author: Author = None,
    wait: Wait = False,
) -> None:
    """Make a mapping the active one and have every known item judged again under it."""
    who = author or getpass.getuser()
    with bootstrap(Settings(), application="gatepost mapping") as services:
        if file is not None:
            loaded = _load(file)
            if not reason:
                raise ConfigurationError("Say why, for the record: --reason TEXT")
            _refuse_unknown_connections(services, loaded, str(file))
            text = file.read_text(encoding="utf-8")
            stored = services.mappings.activate(text, str(loaded.version), author=who, reason=reason)
        elif version is not None:
            _refuse_unknown_connections(services, _stored(services.mappings.get(version)), f"version {version}")
            stored = services.mappings.activate_version(version, author=who)
        else:
            raise ConfigurationError("Name a file, or a version with --version.")
        typer.echo(f"Mapping version {stored.number} is active ({stored.digest}).")
        if wait:
            _wait(services)


@app.command()
def rollback(
    reason: Reason,
    to: Annotated[int | None, typer.Option(help="Which former version; the last one by default")] = None,
    author: Author = None,
    wait: Wait = False,
) -> None:
    """Bring a former version back, in one step."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.rollback(author=author or getpass.getuser(), reason=reason, to=to)
        typer.echo(f"Version {stored.restores} is back, as version {stored.number} ({stored.digest}).")
        if wait:
            _wait(services)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A version's number, or a file")],
    after: Annotated[str, typer.Argument(help="A version's number, or a file; the active one by default")] = "active",
) -> None:
    """Say in plain words what differs between two versions."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        first, second = _either(services, before), _either(services, after)
    told = differences(first.config, second.config)
    for sentence in told:
        typer.echo(sentence)
    if not told:
        typer.echo("They mean the same.")


@app.command()
def history() -> None:
    """List every version: who, when, why, and what became of it."""
    table = Table("Version", "State", "Author", "Kept", "Active", "Reason", title="Mapping versions")
    with bootstrap(Settings(), application="gatepost mapping") as services:
        for stored in services.mappings.all():
            until = f" – {stored.superseded_at:%Y-%m-%d %H:%M}" if stored.superseded_at else ""
            active = f"{stored.activated_at:%Y-%m-%d %H:%M}{until}" if stored.activated_at else ""
            why = f"{stored.reason} (brings back {stored.restores})" if stored.restores else stored.reason
            table.add_row(
                str(stored.number),
                stored.state.value,
                stored.author,
                f"{stored.created_at:%Y-%m-%d %H:%M}",
                active,
                why,
            )
    Console(highlight=False).print(table)


def _load(file: Path) -> Loaded:
    """Prints the problems and ends with 1 when there are some."""
    if not file.is_file():
        raise ConfigurationError(f"There is no file {file}.")
    loaded = load_mapping(file.read_text(encoding="utf-8"), str(file))
    if isinstance(loaded, Loaded):
        return loaded
    _report(file, loaded)
    raise typer.Exit(1)


def _report(file: Path, problems: Sequence[Problem]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for problem in problems:
        console.print(str(problem), markup=False)
    console.print(f"{file}: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}", markup=False)


def _stored(stored: StoredMapping) -> Loaded:
    loaded = load_mapping(stored.source, f"version {stored.number}")
    if not isinstance(loaded, Loaded):
        told = "; ".join(map(str, loaded))
        raise ConfigurationError(f"Version {stored.number} is a draft with problems: {told}")
    return loaded


def _either(services: Services, name: str) -> Loaded:
    if name == "active":
        active = services.mappings.active()
        if active is None:
            raise ConfigurationError("There is no active mapping. List versions with: gatepost mapping history")
        return _stored(active)
    return _stored(services.mappings.get(int(name))) if name.isdigit() else _load(Path(name))


def _chosen(
    services: Services,
    sites: Sites,
    loaded: Loaded,
    last: int,
    jql: str | None,
    table: str | None,
    keys: Sequence[str],
    connection: str | None,
) -> Mapping[ConnectionName, Sequence[NativeId]]:
    named = sorted({rule.connection for rule in loaded.config.measures})
    for tool, query in ((Tool.JIRA, jql), (Tool.SERVICENOW, table)):
        if query is not None:
            site = sites.get(ConnectionName(connection or _only(tool, services, named)))
            return {site.name: site.finder.find(query, last) if site.finder else []}
    if keys:
        found: dict[ConnectionName, list[NativeId]] = {}
        for key in keys:
            known = services.measures.items(key)
            if not known:
                # Jira takes a key where it takes an id.
                known = {ConnectionName(connection or _only(Tool.JIRA, services, named)): [NativeId(key.upper())]}
            for name, ids in known.items():
                found.setdefault(name, []).extend(ids)
        return found
    newest = services.measures.newest(last)
    if not newest:
        raise ConfigurationError("Gatepost has read no item yet. Name some with --jql or --item.")
    return newest


def _only(tool: Tool, services: Services, named: Sequence[str]) -> str:
    found = [record.name for record in services.connections.all() if record.tool is tool and record.name in named]
    if len(found) != 1:
        raise ConfigurationError(f"Name the {tool.value} connection with --connection.")
    return found[0]


def _refuse_unknown_connections(services: Services, loaded: Loaded, source: str) -> None:
    wanted = {rule.connection for rule in loaded.config.measures}
    if missing := sorted(wanted - {record.name for record in services.connections.all()}):
        raise ConfigurationError(
            f"{source} names {', '.join(missing)}, which is no connection. Add it with: gatepost connection add"
        )


def _wait(services: Services) -> None:
    """Follow the background work until no item waits; needs a worker that runs."""
    total = services.mappings.waiting()
    with bar(Console(stderr=True)) as progress:
        task = progress.add_task("Judged again", total=total)
        while (left := services.mappings.waiting()) > 0:
            progress.update(task, completed=max(total - left, 0), total=max(total, left))
            time.sleep(0.3)
        progress.update(task, completed=total)
