"""``gatepost provision``: plan, create and remove what the mapping needs at the tool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.needed_objects import needed_by_mapping, needed_text
from cli.operating_user import operating_user
from cli.progress import progress_bar
from cli.secret_input import CredentialFile
from cli.signed_in_site import CALLBACK_PORT, SignIn, signed_in_site
from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.store.queue.waiting_writes import write_now
from connector.sync.provision import (
    Provisioner,
    ProvisionOptions,
    ProvisionPlan,
    RecordSpec,
    ScreenSpec,
    StepKind,
    carry_out,
)
from connector.sync.removal_sheet import removal_sheet
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool

app = typer.Typer(help="Fields, choices, screens and native gates at a tool.", no_args_is_help=True)

MAX_PASSES = 12
"""Greatest number of passes; each may need what the one before created."""

JIRA_VERIFIED = "Every owned field can be written on a real issue of each project."
SERVICENOW_VERIFIED = "Every owned column exists; whether it can be written shows with the first write."

Name = Annotated[str, typer.Argument(help="The connection")]
File = Annotated[Path | None, typer.Option("--mapping", help="A mapping file; the active mapping by default")]
Readonly = Annotated[bool, typer.Option("--readonly", help="New text fields that nobody can edit on a screen")]
ProgramsOnlyOption = Annotated[
    bool,
    typer.Option("--programs-only", help="Keep people's clicks from the gated transitions; programs still take them"),
]
Exempt = Annotated[str, typer.Option("--exempt-group", help="Id of a group that passes every gate")]
Shared = Annotated[
    bool, typer.Option("--shared", help="Guard workflows and use screens that ungoverned projects use too")
]
User = Annotated[str, typer.Option("--user", help="Another account for this command: an administrator's user name")]
Consent = Annotated[
    bool,
    typer.Option(
        "--consent",
        help="OAuth: an administrator of Jira consents in the browser for this command; nothing is kept",
    ),
]
CallbackPort = Annotated[int, typer.Option(help="With --consent: http://localhost:<port>/callback at the app")]
EditScreens = Annotated[
    bool,
    typer.Option("--edit-screens", help="Cloud: put owned fields on edit screens where no View screen is separate"),
]
Screens = Annotated[list[str] | None, typer.Option("--screen", help="Data Center: a screen on which issues are edited")]


@app.command()
def plan(
    name: Name,
    mapping: File = None,
    readonly: Readonly = False,
    programs_only: ProgramsOnlyOption = False,
    exempt_group: Exempt = "",
    shared: Shared = False,
    screen: Screens = None,
    edit_screens: EditScreens = False,
    user: User = "",
    credential_file: CredentialFile = None,
    consent: Consent = False,
    callback_port: CallbackPort = CALLBACK_PORT,
) -> None:
    """Show what would be created or changed at the tool, without doing it.  Exit status 1 when something would."""
    options = _options(readonly, programs_only, exempt_group, shared, screen, edit_screens)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, SignIn(user, credential_file, consent, callback_port))
        found = provisioner.plan(_config(services, mapping), registry.all(), options)
        _print_plan(Console(highlight=False, soft_wrap=True), found)
    raise typer.Exit(1 if found.steps else 0)


@app.command()
def apply(
    name: Name,
    mapping: File = None,
    readonly: Readonly = False,
    programs_only: ProgramsOnlyOption = False,
    exempt_group: Exempt = "",
    shared: Shared = False,
    screen: Screens = None,
    edit_screens: EditScreens = False,
    user: User = "",
    credential_file: CredentialFile = None,
    consent: Consent = False,
    callback_port: CallbackPort = CALLBACK_PORT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Create what is missing, and check with a real issue that every field can be written."""
    options = _options(readonly, programs_only, exempt_group, shared, screen, edit_screens)
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, SignIn(user, credential_file, consent, callback_port))
        config = _config(services, mapping)
        record = services.connections.cached(name)
        found = provisioner.plan(config, registry.all(), options)
        _print_plan(console, found)
        if found.steps:
            if not yes:
                typer.confirm("Do this now?", abort=True)
            _apply_plan(console, provisioner, registry, config, options, found)
            write_now(services.engine, services.waker, ConnectionName(name))
        left = provisioner.verify(config)
        for note in left:
            console.print(f"[yellow]![/] {escape(note.at_terminal)}")
        if not left:
            on_jira = record is None or record.tool is Tool.JIRA
            console.print(f"[green]{JIRA_VERIFIED if on_jira else SERVICENOW_VERIFIED}[/]")


@app.command()
def destroy(
    name: Name,
    user: User = "",
    credential_file: CredentialFile = None,
    consent: Consent = False,
    callback_port: CallbackPort = CALLBACK_PORT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    needed_too: Annotated[
        bool, typer.Option("--needed-too", help="With --yes: also what the active mapping writes to")
    ] = False,
) -> None:
    """Remove what Gatepost created, gates first; nothing that existed before is touched."""
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost provision") as services:
        provisioner, registry = _provisioner(services, name, SignIn(user, credential_file, consent, callback_port))
        order = list(StepKind)
        created = sorted(registry.all(), key=lambda entry: order.index(entry.kind), reverse=True)
        if not created:
            console.print(f"Gatepost has created nothing at {name}.")
            return
        for entry in created:
            console.print(f"  {entry.kind.value:<12}{escape(entry.name)}  {escape(entry.target)}")
        needed = needed_by_mapping(services.active_config(), ConnectionName(name), created)
        if needed:
            console.print(f"[yellow]![/] {escape(needed_text(name, needed))}")
            if yes and not needed_too:
                raise ConfigurationError("Nothing was removed. To remove what the mapping needs, add --needed-too.")
        if not yes:
            typer.confirm(f"Remove these {len(created)}? Values in deleted fields are lost with them", abort=True)
        for entry in created:
            console.print(escape(provisioner.undo(entry)))
            registry.forget(entry)


@app.command()
def sheet(name: Name) -> None:
    """Print how to take back by hand what Gatepost made, for the day when Gatepost is not there.  Keep it elsewhere."""
    with bootstrap(Settings(), application="gatepost provision") as services:
        made = ProvisionedObjects(services.engine, ConnectionName(name), operating_user()).all()
    for number, line in enumerate(removal_sheet(made), 1):
        typer.echo(f"{number:>3}. {line}")
    if not made:
        typer.echo(f"Gatepost has created nothing at {name}.")


def _options(
    readonly: bool,
    programs_only: bool,
    exempt_group: str,
    shared: bool,
    screen: list[str] | None,
    edit_screens: bool,
) -> ProvisionOptions:
    return ProvisionOptions(readonly, programs_only, exempt_group, shared, tuple(screen or ()), edit_screens)


def _apply_plan(
    console: Console,
    provisioner: Provisioner,
    registry: ProvisionedObjects,
    config: MappingConfig,
    options: ProvisionOptions,
    plan: ProvisionPlan,
) -> None:
    """Group by group, planned again in between; each step is recorded as soon as it is done."""
    with progress_bar(console) as progress:
        task = progress.add_task("Steps", total=len(plan.steps))
        done = 0
        for _ in range(MAX_PASSES):
            if not plan.steps:
                return
            first = plan.steps[0].kind
            for step in (step for step in plan.steps if step.kind is first):
                carry_out(provisioner, registry.record, step)
                done += 1
                progress.update(task, completed=done)
            plan = provisioner.plan(config, registry.all(), options)
            progress.update(task, total=done + len(plan.steps))
    raise ConfigurationError("Some steps are still open: " + "; ".join(step.description for step in plan.steps))


def _print_plan(console: Console, plan: ProvisionPlan) -> None:
    for number, line in enumerate(_lines(plan), 1):
        console.print(f"{number:>3}. {escape(line)}")
    for note in plan.notes:
        console.print(f"[yellow]![/] {escape(note.at_terminal)}")
    if not plan.steps:
        console.print("Nothing is missing.")


def _lines(plan: ProvisionPlan) -> list[str]:
    """One line a step; the fields of one screen together."""
    screens: dict[str, list[str]] = {}
    records: dict[str, list[str]] = {}
    order: list[ScreenSpec | str] = []
    for step in plan.steps:
        match step.spec:
            case RecordSpec(table=table, name=name):
                records.setdefault(table, []).append(name)
            case ScreenSpec(name=name, screen_name=screen) as spec:
                if screen not in screens:
                    order.append(spec)
                screens.setdefault(screen, []).append(name)
            case _:
                order.append(step.description)
    lines = [
        entry if isinstance(entry, str) else _screen(entry.screen_name, screens[entry.screen_name]) for entry in order
    ]
    return [*lines, *(_group(table, names) for table, names in records.items())]


def _screen(screen: str, names: Sequence[str]) -> str:
    return f'put {", ".join(names)} on the screen "{screen}"'


MAX_LISTED = 4


def _group(table: str, names: Sequence[str]) -> str:
    """Records of one table in one line."""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    count = f"{len(names)} records" if len(names) > 1 else "1 record"
    return f"create {count} of {table}: {', '.join(names[:MAX_LISTED])}{more}"


def _provisioner(services: Services, name: str, sign_in: SignIn) -> tuple[Provisioner, ProvisionedObjects]:
    site = signed_in_site(services, name, sign_in)
    if site.provisioner is None:
        raise ConfigurationError(f"{name} cannot be provisioned by this command.")
    return site.provisioner, ProvisionedObjects(services.engine, site.name, operating_user())


def _config(services: Services, file: Path | None) -> MappingConfig:
    if file is None:
        active = services.active_config()
        if active is None:
            raise ConfigurationError("There is no active mapping: name a file with --mapping.")
        return active
    loaded = load_mapping(file.read_text(encoding="utf-8"), str(file))
    if not isinstance(loaded, LoadedMapping):
        raise ConfigurationError("; ".join(map(str, loaded)))
    return loaded.config
