"""``gatepost provision``: what the mapping needs at the tool, planned, made, and taken back."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.progress import bar
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.connections.provisioned_objects import Provisioned
from connector.sync.provision import GateStyle, Options, Plan, Provisioner, RecordSpec, ScreenSpec, StepKind
from mapping.config import MappingConfig
from mapping.load import Loaded, load_mapping
from mapping.work_item import ConnectionName, Tool

app = typer.Typer(help="Fields, choices, screens and native gates at a tool.", no_args_is_help=True)

MOST_ROUNDS = 12
"""Groups of steps: each one may need what the one before made."""

WRITABLE = "Every owned field can be written on a real issue of each project."
THERE = "Every owned column is there; whether it can be written shows with the first write."

Name = Annotated[str, typer.Argument(help="The connection")]
File = Annotated[Path | None, typer.Option("--mapping", help="A mapping file; the active mapping when left out")]
Style = Annotated[GateStyle, typer.Option(help="How a native gate meets people: hide it, explain it, both")]
Readonly = Annotated[bool, typer.Option("--readonly", help="New text fields that nobody can edit on a screen")]
Robots = Annotated[bool, typer.Option("--robots-only", help="Only programs may take the gated transitions")]
Exempt = Annotated[str, typer.Option("--exempt-group", help="Id of a group that passes every gate")]
Shared = Annotated[bool, typer.Option("--shared", help="Guard workflows that ungoverned projects use too")]
User = Annotated[str, typer.Option("--user", help="Another account for this command: an administrator's user name")]
Credential = Annotated[str, typer.Option(envvar="GATEPOST_CREDENTIAL", help="Its password or token; asked for else")]
Screens = Annotated[list[str] | None, typer.Option("--screen", help="Data Center: a screen on which issues are edited")]


@app.command()
def plan(
    name: Name,
    mapping: File = None,
    style: Style = GateStyle.BOTH,
    readonly: Readonly = False,
    robots_only: Robots = False,
    exempt_group: Exempt = "",
    shared: Shared = False,
    screen: Screens = None,
    user: User = "",
    credential: Credential = "",
) -> None:
    """Show what would be made or changed at the tool; nothing is.  Exit status 1 when something would."""
    options = _options(style, readonly, robots_only, exempt_group, shared, screen)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, user, credential)
        found = provisioner.plan(_config(services, mapping), registry.all(), options)
        _show(Console(highlight=False, soft_wrap=True), found)
    raise typer.Exit(1 if found.steps else 0)


@app.command()
def apply(
    name: Name,
    mapping: File = None,
    style: Style = GateStyle.BOTH,
    readonly: Readonly = False,
    robots_only: Robots = False,
    exempt_group: Exempt = "",
    shared: Shared = False,
    screen: Screens = None,
    user: User = "",
    credential: Credential = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Make what is missing, and look at a real issue whether every field can be written."""
    options = _options(style, readonly, robots_only, exempt_group, shared, screen)
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, user, credential)
        config = _config(services, mapping)
        record = services.connections.cached(name)
        found = provisioner.plan(config, registry.all(), options)
        _show(console, found)
        if found.steps:
            if not yes:
                typer.confirm("Do this now?", abort=True)
            _carry_out(console, provisioner, registry, config, options, found)
        left = provisioner.verify(config)
        for line in left:
            console.print(f"[yellow]![/] {escape(line)}")
        if not left:
            on_jira = record is None or record.tool is Tool.JIRA
            console.print(f"[green]{WRITABLE if on_jira else THERE}[/]")


@app.command()
def destroy(
    name: Name,
    user: User = "",
    credential: Credential = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take back what Gatepost made, gates first; nothing that was there before is touched."""
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, user, credential)
        order = list(StepKind)
        made = sorted(registry.all(), key=lambda one: order.index(one.kind), reverse=True)
        if not made:
            console.print(f"Gatepost has made nothing at {name}.")
            return
        for one in made:
            console.print(f"  {one.kind.value:<12}{escape(one.name)}  {escape(one.target)}")
        if not yes:
            typer.confirm(f"Take these {len(made)} back? Values in deleted fields are lost with them", abort=True)
        for one in made:
            console.print(escape(provisioner.undo(one)))
            registry.forget(one)


def _options(
    style: GateStyle, readonly: bool, robots_only: bool, exempt_group: str, shared: bool, screen: list[str] | None
) -> Options:
    if robots_only and style is GateStyle.EXPLAIN:
        raise ConfigurationError(
            "--robots-only hides the transitions from people: it does not go with --style explain."
        )
    return Options(style, readonly, robots_only, exempt_group, shared, tuple(screen or ()))


def _carry_out(
    console: Console,
    provisioner: Provisioner,
    registry: Provisioned,
    config: MappingConfig,
    options: Options,
    found: Plan,
) -> None:
    """Group after group, planned anew in between, each step recorded as soon as it is done."""
    with bar(console) as progress:
        task = progress.add_task("Steps", total=len(found.steps))
        done = 0
        for _ in range(MOST_ROUNDS):
            if not found.steps:
                return
            first = found.steps[0].kind
            for step in (step for step in found.steps if step.kind is first):
                registry.record(provisioner.apply(step))
                done += 1
                progress.update(task, completed=done)
            found = provisioner.plan(config, registry.all(), options)
            progress.update(task, total=done + len(found.steps))
    raise ConfigurationError(
        "The tool does not come to rest; still to do: " + "; ".join(step.told for step in found.steps)
    )


def _show(console: Console, found: Plan) -> None:
    for number, told in enumerate(_lines(found), 1):
        console.print(f"{number:>3}. {escape(told)}")
    for note in found.notes:
        console.print(f"[yellow]![/] {escape(note)}")
    if not found.steps:
        console.print("Nothing is missing.")


def _lines(found: Plan) -> list[str]:
    """One line a step; the fields of one screen together."""
    screens: dict[str, list[str]] = {}
    records: dict[str, list[str]] = {}
    order: list[ScreenSpec | str] = []
    for step in found.steps:
        match step.spec:
            case RecordSpec(table=table, name=name):
                records.setdefault(table, []).append(name)
            case ScreenSpec(name=name, screen_name=screen) as spec:
                if screen not in screens:
                    order.append(spec)
                screens.setdefault(screen, []).append(name)
            case _:
                order.append(step.told)
    lines = [one if isinstance(one, str) else _screen(one.screen_name, screens[one.screen_name]) for one in order]
    return [*lines, *(_group(table, names) for table, names in records.items())]


def _screen(screen: str, names: Sequence[str]) -> str:
    return f'put {", ".join(names)} on the screen "{screen}"'


FEW = 4


def _group(table: str, names: Sequence[str]) -> str:
    """Records of one table in one line."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    count = f"{len(names)} records" if len(names) > 1 else "1 record"
    return f"create {count} of {table}: {', '.join(names[:FEW])}{more}"


def _provisioner(services: Services, name: str, user: str, credential: str) -> tuple[Provisioner, Provisioned]:
    """``user`` signs in for this command alone: what Gatepost works as every day is no administrator."""
    sites = Sites(services, system_clock)
    if user:
        secret = credential or typer.prompt(f"Password or token of {user}", hide_input=True)
        site = sites.borrowed(ConnectionName(name), user, secret)
    else:
        site = sites.get(ConnectionName(name))
    if site.provisioner is None:
        raise ConfigurationError(f"{name} is not provisioned by this command.")
    return site.provisioner, Provisioned(services.engine, site.name, getpass.getuser())


def _config(services: Services, file: Path | None) -> MappingConfig:
    if file is None:
        active = services.active_config()
        if active is None:
            raise ConfigurationError("There is no active mapping: name a file with --mapping.")
        return active
    loaded = load_mapping(file.read_text(encoding="utf-8"), str(file))
    if not isinstance(loaded, Loaded):
        raise ConfigurationError("; ".join(map(str, loaded)))
    return loaded.config
