"""``gatepost mapping``: check, preview, activate and roll back; store, compare and print versions."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.moving_back import say_what_moves
from cli.operating_user import stated_author
from cli.preview_table import print_rows, print_summary
from cli.progress import progress_bar
from connector.bootstrap import Services, Sites, bootstrap, previewer
from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.runtime.live_check import DoesNotFit, LiveCheck, check_live
from connector.settings import Settings
from connector.store.mapping_versions.versions import MappingState, Override, StoredMapping
from mapping.difference import differences
from mapping.governing import weak_points
from mapping.load import LoadedMapping, load_mapping
from mapping.problems import MappingFileProblem
from mapping.schema import json_schema as schema_of
from mapping.work_item import ConnectionName, NativeId, Tool

app = typer.Typer(help="The mapping: which item becomes which measure.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The mapping file (YAML)", exists=True, dir_okay=False, readable=True)]
Author = Annotated[str | None, typer.Option(help="Who, for the record; you by default")]
Reason = Annotated[str, typer.Option(help="Why, for the record")]
Wait = Annotated[bool, typer.Option("--wait", help="Show the progress until every item has been reassessed")]


@app.command()
def check(
    file: File,
    live: Annotated[bool, typer.Option("--live", help="Check it against the connections as well")] = False,
) -> None:
    """Report every problem of a mapping file with line and column.  Exit status 1 when there is one.

    A policy that cannot govern is a problem; a weak one is warned of, with what could slip through.
    """
    loaded = _load(file)
    warnings = sorted((*weak_points(loaded, str(file)), *(_check_live(file, loaded) if live else ())))
    _warn(warnings)
    rules = len(loaded.config.measures)
    weak = f", {len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'}" if warnings else ""
    typer.echo(f"{file}: {rules} {'rule' if rules == 1 else 'rules'}, no problems{weak} (version {loaded.version})")


def _warn(warnings: Sequence[MappingFileProblem]) -> None:
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for warning in warnings:
        console.print(f"warning: {warning}", markup=False)


def _check_live(file: Path, loaded: LoadedMapping) -> Sequence[MappingFileProblem]:
    """Check each rule against its tool, and return what it warns of; exit status 1 when something does not fit."""
    with bootstrap(Settings(), application="gatepost check") as services:
        _refuse_unknown_connections(services, loaded, str(file))
        found = _live_check(services, loaded, str(file))
    if found.unreachable:
        raise found.unreachable[0]
    if found.problems:
        _warn(found.warnings)
        _report(file, found.problems)
        raise typer.Exit(1)
    for note in found.notes:
        typer.echo(note)
    return found.warnings


def _live_check(services: Services, loaded: LoadedMapping, source: str) -> LiveCheck:
    with progress_bar(Console(stderr=True)) as progress:
        task = progress.add_task("Rules", total=len(loaded.config.measures))
        return check_live(services, loaded, source, lambda: progress.advance(task))


def _override(services: Services, loaded: LoadedMapping, source: str, reason: str) -> Override:
    """What was overridden.  Raises DoesNotFit where the mapping does not fit its tools and no reason is given."""
    found = _live_check(services, loaded, source)
    _warn(found.warnings)
    if found.fits:
        return Override()
    if not reason.strip():
        raise DoesNotFit(found, "Correct it, or activate it all the same and say why: --override TEXT")
    typer.echo(f"{found.verdict} It is activated all the same: {reason}")
    return Override(reason.strip(), found.sentences)


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
    """Show what a mapping would do to real items, as a difference to the current state.  Nothing is written."""
    with bootstrap(Settings(), application="gatepost preview") as services:
        if (file is None) == (version is None):
            raise ConfigurationError("Name a file, or a version with --version.")
        loaded = _load(file) if file is not None else _load_stored(services.mappings.get(version or 0))
        sites, preview_of = previewer(services)
        chosen = _chosen_items(services, sites, loaded, last, jql, table, item or [], connection)
        total = sum(map(len, chosen.values()))
        rows = []
        with progress_bar(Console(stderr=True)) as progress:
            task = progress.add_task("Items", total=total)
            for name, ids in sorted(chosen.items()):
                for row in preview_of.rows(sites.get(name), ids, loaded.config):
                    rows.append(row)
                    progress.advance(task)
        if version is not None:
            services.mappings.mark_previewed(version)
    print_rows(rows)
    print_summary(rows, total)


@app.command()
def push(file: File, reason: Reason, author: Author = None) -> None:
    """Store a version without activating it.  Exit status 1 when it has problems; it is stored as a draft then."""
    text = file.read_text(encoding="utf-8")
    loaded = load_mapping(text, str(file))
    valid = isinstance(loaded, LoadedMapping)
    digest = str(loaded.version) if isinstance(loaded, LoadedMapping) else ""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.add(
            text, digest, author=stated_author(author), reason=reason,
            state=MappingState.VALIDATED if valid else MappingState.DRAFT,
        )  # fmt: skip
    if not isinstance(loaded, LoadedMapping):
        _report(file, loaded)
        typer.echo(f"Version {stored.number} is stored as a draft.")
        raise typer.Exit(1)
    number = stored.number
    typer.echo(f"Version {number} is stored ({stored.state}).")
    typer.echo(f"See what it does: gatepost mapping preview --version {number}")


@app.command()
def pull(
    version: Annotated[int | None, typer.Option(help="Which version; the active one by default")] = None,
) -> None:
    """Print the text of a version."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.get(version) if version is not None else services.mappings.active()
    if stored is None:
        raise ConfigurationError(
            "There is no active mapping.", remedy=Remedy(command="List versions with: gatepost mapping history")
        )
    typer.echo(stored.source, nl=not stored.source.endswith("\n"))


@app.command()
def activate(
    file: Annotated[Path | None, typer.Argument(help="The mapping file (YAML); or give --version")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record; for a pushed version its own by default")] = "",
    version: Annotated[int | None, typer.Option(help="A version that was pushed")] = None,
    author: Author = None,
    wait: Wait = False,
    move_existing: Annotated[
        bool, typer.Option("--move-existing", help="Also move back what is ahead of its gate already")
    ] = False,
    override: Annotated[
        str, typer.Option(help="Activate it although it does not fit its tools: why, for the record")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Check a mapping against its tools, activate it, and reassess every known item with it."""
    who = stated_author(author)
    with bootstrap(Settings(), application="gatepost mapping") as services:
        if file is not None:
            loaded = _load(file)
            if not reason:
                raise ConfigurationError("Say why, for the record: --reason TEXT")
            _refuse_unknown_connections(services, loaded, str(file))
            text = file.read_text(encoding="utf-8")
            overridden = _override(services, loaded, str(file), override)
            say_what_moves(services, loaded.config, move_existing=move_existing, yes=yes)
            stored = services.mappings.activate(
                text, str(loaded.version), author=who, reason=reason, move_existing=move_existing, override=overridden
            )
        elif version is not None:
            loaded = _load_stored(services.mappings.get(version))
            _refuse_unknown_connections(services, loaded, f"version {version}")
            overridden = _override(services, loaded, f"version {version}", override)
            say_what_moves(services, loaded.config, move_existing=move_existing, yes=yes)
            stored = services.mappings.activate_version(
                version, author=who, move_existing=move_existing, override=overridden
            )
        else:
            raise ConfigurationError("Name a file, or a version with --version.")
        typer.echo(f"Mapping version {stored.number} is active ({stored.digest}).")
        if wait:
            _wait(services)


@app.command()
def rollback(
    reason: Reason,
    to: Annotated[int | None, typer.Option(help="Which earlier version; the previous one by default")] = None,
    author: Author = None,
    wait: Wait = False,
) -> None:
    """Restore an earlier version, in one step."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        stored = services.mappings.rollback(author=stated_author(author), reason=reason, to=to)
        typer.echo(f"Version {stored.restores} is restored as version {stored.number} ({stored.digest}).")
        if wait:
            _wait(services)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A version's number, or a file")],
    after: Annotated[str, typer.Argument(help="A version's number, or a file; the active one by default")] = "active",
) -> None:
    """Describe the differences between two versions."""
    with bootstrap(Settings(), application="gatepost mapping") as services:
        first, second = _file_or_version(services, before), _file_or_version(services, after)
    sentences = differences(first.config, second.config)
    for sentence in sentences:
        typer.echo(sentence)
    if not sentences:
        typer.echo("They have the same meaning.")


@app.command()
def history() -> None:
    """List every version: author, times, reason and state."""
    table = Table("Version", "State", "Author", "Stored", "Active", "Reason", title="Mapping versions")
    with bootstrap(Settings(), application="gatepost mapping") as services:
        for stored in services.mappings.all():
            until = f" – {stored.superseded_at:%Y-%m-%d %H:%M}" if stored.superseded_at else ""
            active = f"{stored.activated_at:%Y-%m-%d %H:%M}{until}" if stored.activated_at else ""
            why = f"{stored.reason} (restores {stored.restores})" if stored.restores else stored.reason
            table.add_row(
                str(stored.number),
                stored.state.value,
                stored.author,
                f"{stored.created_at:%Y-%m-%d %H:%M}",
                active,
                why,
            )
    Console(highlight=False).print(table)


def _load(file: Path) -> LoadedMapping:
    """Load a file; prints its problems, with exit status 1, when there are some."""
    if not file.is_file():
        raise ConfigurationError(f"There is no file {file}.")
    loaded = load_mapping(file.read_text(encoding="utf-8"), str(file))
    if isinstance(loaded, LoadedMapping):
        return loaded
    _report(file, loaded)
    raise typer.Exit(1)


def _report(file: Path, problems: Sequence[MappingFileProblem]) -> None:
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for problem in problems:
        console.print(str(problem), markup=False)
    console.print(f"{file}: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}", markup=False)


def _load_stored(stored: StoredMapping) -> LoadedMapping:
    loaded = load_mapping(stored.source, f"version {stored.number}")
    if not isinstance(loaded, LoadedMapping):
        problems = "; ".join(map(str, loaded))
        raise ConfigurationError(f"Version {stored.number} is a draft with problems: {problems}")
    return loaded


def _file_or_version(services: Services, name: str) -> LoadedMapping:
    if name == "active":
        active = services.mappings.active()
        if active is None:
            raise ConfigurationError(
                "There is no active mapping.", remedy=Remedy(command="List versions with: gatepost mapping history")
            )
        return _load_stored(active)
    return _load_stored(services.mappings.get(int(name))) if name.isdigit() else _load(Path(name))


def _chosen_items(
    services: Services,
    sites: Sites,
    loaded: LoadedMapping,
    last: int,
    jql: str | None,
    table: str | None,
    keys: Sequence[str],
    connection: str | None,
) -> Mapping[ConnectionName, Sequence[NativeId]]:
    named = sorted({rule.connection for rule in loaded.config.measures})
    for tool, query in ((Tool.JIRA, jql), (Tool.SERVICENOW, table)):
        if query is not None:
            site = sites.get(ConnectionName(connection or _only_connection(tool, services, named)))
            return {site.name: site.finder.find(query, last) if site.finder else []}
    if keys:
        found: dict[ConnectionName, list[NativeId]] = {}
        for key in keys:
            known = services.measures.items_by_key(key)
            if not known:
                # Jira accepts a key instead of an id.
                known = {
                    ConnectionName(connection or _only_connection(Tool.JIRA, services, named)): [NativeId(key.upper())]
                }
            for name, ids in known.items():
                found.setdefault(name, []).extend(ids)
        return found
    newest = services.measures.newest_items(last)
    if not newest:
        raise ConfigurationError("Gatepost has not read any item yet. Name some with --jql or --item.")
    return newest


def _only_connection(tool: Tool, services: Services, named: Sequence[str]) -> str:
    found = [record.name for record in services.connections.all() if record.tool is tool and record.name in named]
    if len(found) != 1:
        raise ConfigurationError(f"Name the {tool.value} connection with --connection.")
    return found[0]


def _refuse_unknown_connections(services: Services, loaded: LoadedMapping, source: str) -> None:
    named = {rule.connection for rule in loaded.config.measures}
    if missing := sorted(named - {record.name for record in services.connections.all()}):
        raise ConfigurationError(
            f"{source} names unknown connections: {', '.join(missing)}.",
            remedy=Remedy(command="Add them with: gatepost connection add"),
        )


def _wait(services: Services) -> None:
    """Show the progress until no item waits; needs a running worker."""
    total = services.mappings.items_waiting()
    with progress_bar(Console(stderr=True)) as progress:
        task = progress.add_task("Reassessed", total=total)
        while (left := services.mappings.items_waiting()) > 0:
            progress.update(task, completed=max(total - left, 0), total=max(total, left))
            time.sleep(0.3)
        progress.update(task, completed=total)
