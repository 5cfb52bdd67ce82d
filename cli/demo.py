"""``gatepost demo``: the whole way on the sandbox, from an empty database to written fields, in a minute."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.demo_people import DEMO_PEOPLE, add_people, link_people
from cli.demo_processes import DemoAddresses, run_processes, wait_until_up
from cli.demo_year import play_year
from cli.moved_clock import MovedClock
from cli.ports import require_free
from cli.progress import progress_bar
from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.http.tool_access import default_webhook_auth
from connector.runtime import log
from connector.settings import LogFormat, Settings
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.migrate import Schema
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool
from sandbox import servers
from sandbox.story import scenarios, seed
from sandbox.story.player import ScenarioPlayer, ShownItem
from sandbox.story.year import TEAM
from sandbox.story.year_tools import calendar_mapping, set_up_year, year_mapping

FIRST_PORT = 8600
MARK = ".gatepost-demo"
"""A file that says that a folder is the demo's own, which it may delete."""
SECRET = "sandbox-secret"  # noqa: S105 - signs the sandbox's events on this machine
SHOWN_FIELDS = (
    "DoI stage",
    "Gate",
    "Implementation status",
    "Potential status",
    "Plan net",
    "Forecast net",
    "Variance %",
)
GATES = ("Open", "Not due", "Waiting", "Blocked", "Breach")


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story")] = False,
    data: Annotated[Path, typer.Option(help="Folder of the demo's database; deleted first")] = Path(".gatepost/demo"),
    port: Annotated[int | None, typer.Option(help="Port of Gatepost; 8600 by default, any other one if taken")] = None,
    jira_port: Annotated[int | None, typer.Option(help="Port of Jira; 8701 by default")] = None,
    servicenow_port: Annotated[int | None, typer.Option(help="Port of ServiceNow; 8702 by default")] = None,
    year: Annotated[bool, typer.Option(help="Play the year before the story first")] = True,
) -> None:
    """Start sandbox, server and worker on a fresh database, play a year and the story, show the outcome."""
    console = Console(highlight=False)
    started = time.monotonic()
    _refuse_running(data)
    _refuse_foreign(data)
    addresses = chosen_addresses(port, jira_port, servicenow_port)
    console.print(
        f"Ports: Gatepost {addresses.gatepost_port}, Jira {addresses.jira_port}, ServiceNow {addresses.servicenow_port}"
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        # Both end the demo in order: all of its processes are stopped.
        signal.signal(number, signal.default_int_handler)
    if data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True)
    (data / MARK).write_text("This folder is deleted by the next: gatepost demo\n", encoding="utf-8")
    settings = Settings(
        database_url=None, data=data, port=addresses.gatepost_port, log_format=LogFormat.TEXT, log_level="WARNING"
    )
    log.configure(settings)
    console.print("Setting up: database, connections, mapping, people …")
    password, clock = secrets.token_urlsafe(12), MovedClock()
    with stand_ins(addresses, clock) as sandbox:
        set_up(settings, addresses, password)
        if year:
            _play_year(console, settings, sandbox, clock)
        with run_processes(settings, addresses, data / "logs") as processes:
            wait_until_up(processes, addresses)
            sandbox.fill_story()
            player = ScenarioPlayer(addresses.jira, addresses.servicenow)
            _assess_all(console, player)
            _link(settings)
            written = _play_scenarios(console, player)
            _summary(console, player, written, time.monotonic() - started)
            _plan_papers(settings)
            _show_addresses(console, addresses, data)
            _show_people(console, password)
            player.close()
            if not once:
                console.print("\nEverything keeps running: sign in as one of them and try it. Ctrl-C ends it.")
                _until_interrupted()


@contextmanager
def stand_ins(addresses: DemoAddresses, clock: MovedClock) -> Iterator[servers.Sandbox]:
    """Both stand-ins with the people and fields of the demo and no items; they send events to Gatepost's address."""
    sandbox = servers.start(jira_port=addresses.jira_port, servicenow_port=addresses.servicenow_port, clock=clock)
    try:
        jira_hook, servicenow_hook = (
            f"{addresses.gatepost}/hooks/{one}" for one in ("jira/jira-main", "servicenow/servicenow-main")
        )
        sandbox.register_webhooks(jira_hook, servicenow_hook, SECRET)
        sandbox.set_up_story()
        set_up_year(sandbox.jira, TEAM)
        sandbox.install_app(servicenow_hook, SECRET)
        yield sandbox
    finally:
        sandbox.stop()


def _play_year(console: Console, settings: Settings, sandbox: servers.Sandbox, clock: MovedClock) -> None:
    with (
        bootstrap(settings, application="gatepost demo") as services,
        progress_bar(console) as progress,
    ):
        task = progress.add_task("The past year", total=None)

        def show(done: int, total: int, when: str) -> None:
            progress.update(task, completed=done, total=total, description=f"The past year: {when}")

        play_year(services, sandbox, clock, settings.port, show)


def _refuse_running(data: Path) -> None:
    """Raises ConfigurationError when a demo is running on the same folder, whose database would be deleted."""
    pid_file = data / "postgres" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return
    raise ConfigurationError(
        f"A demo is running on {data} already. Stop it with Ctrl-C, or use another folder: --data FOLDER"
    )


def _refuse_foreign(data: Path) -> None:
    """Raises ConfigurationError for what the demo has not made: it would be deleted."""
    if data.is_dir() and ((data / MARK).is_file() or not any(data.iterdir())):
        return
    if data.exists():
        raise ConfigurationError(
            f"{data} is no folder of the demo, which deletes its folder first. Name a new or empty one: --data FOLDER"
        )


def set_up(settings: Settings, addresses: DemoAddresses, password: str) -> None:
    """The schema, connections, mapping and people."""
    with bootstrap(settings, application="gatepost demo", schema=Schema.UPGRADE) as services:
        store_set_up(services, addresses, password)


def store_set_up(services: Services, addresses: DemoAddresses, password: str) -> None:
    """Connections, mapping and people, in a database that has the schema."""
    for name, tool, url, user, credential in (
        ("jira-main", Tool.JIRA, addresses.jira, seed.BOT_EMAIL, seed.BOT_TOKEN),
        ("servicenow-main", Tool.SERVICENOW, addresses.servicenow, seed.BOT_USER, seed.BOT_PASSWORD),
    ):
        services.connections.save(
            ConnectionRecord(
                ConnectionName(name),
                tool,
                url,
                user,
                credential,
                (SECRET,),
                webhook_auth=default_webhook_auth(tool),
            ),
            by="demo",
        )
    _activate(services, year_mapping(), "the demo's rules")
    add_people(services, password)


def _activate(services: Services, text: str, reason: str) -> None:
    loaded = load_mapping(text, "the demo's mapping")
    if not isinstance(loaded, LoadedMapping):
        raise ConfigurationError("; ".join(map(str, loaded)))
    services.mappings.activate(text, loaded.version, author="demo", reason=reason)


def _plan_papers(settings: Settings) -> None:
    with bootstrap(settings, application="gatepost demo") as services:
        _activate(services, calendar_mapping(), "the demo's reporting calendar")


def _link(settings: Settings) -> None:
    with bootstrap(settings, application="gatepost demo") as services:
        link_people(services)


def _show_addresses(console: Console, addresses: DemoAddresses, data: Path) -> None:
    console.print(
        f"\nJira        {addresses.jira}\nServiceNow  {addresses.servicenow}\nGatepost    {addresses.gatepost}/\n"
        f"Logs        {data / 'logs'}"
    )


def _show_people(console: Console, password: str) -> None:
    console.print(f"\nSign in with the password [bold]{escape(password)}[/] as")
    for person in DEMO_PEOPLE:
        console.print(f"  [bold]{person.login:<24}[/] {person.name}: {person.summary}")


def _assess_all(console: Console, player: ScenarioPlayer) -> None:
    with progress_bar(console) as progress:
        task = progress.add_task("Items assessed", total=None)
        player.wait_assessed(lambda done, total: progress.update(task, completed=done, total=total))


def _play_scenarios(console: Console, player: ScenarioPlayer) -> int:
    """Play every scenario; returns the number of changed fields."""
    changes = 0
    with progress_bar(console) as progress:
        task = progress.add_task("Scenarios", total=len(scenarios.SCENARIOS))
        for number, scenario in enumerate(scenarios.SCENARIOS, 1):
            before = player.show(scenario.item)
            after = player.play(scenario)
            progress.console.print(f"\n[bold]{number}. {escape(scenario.title)}[/]\n   {_steps_text(scenario)}")
            changes += _show_changes(progress.console, before, after)
            progress.advance(task)
    return changes


def _steps_text(scenario: scenarios.Scenario) -> str:
    lines = []
    for step in scenario.steps:
        name = seed.PEOPLE[step.person]
        what = step.value if isinstance(step.value, str) else ", ".join(step.value)
        what = what.replace("\n", " ")
        refused = "  [red]refused[/]" if step.refused is not None else ""
        lines.append(f"{name}: {step.action} {escape(what)}{refused}")
    return "\n   ".join(lines)


def _show_changes(console: Console, before: ShownItem, after: ShownItem) -> int:
    changed = [name for name in SHOWN_FIELDS if before.fields.get(name) != after.fields.get(name)]
    for name in changed:
        old, new = before.fields.get(name) or "–", after.fields.get(name) or "–"
        console.print(f"   {after.key}  {name}: {escape(old)} → [bold]{escape(new)}[/]")
    blockers = after.fields.get("Gate blockers") or ""
    lines = blockers.splitlines()
    for line in lines[:2]:
        console.print(f"   {after.key}  [yellow]{escape(line)}[/]")
    if len(lines) > 2:
        console.print(f"   {after.key}  … and {len(lines) - 2} more blockers")
    replies = [line for line in after.reply.splitlines()[1:] if line not in before.reply.splitlines()]
    for line in replies[:2]:
        console.print(f"   {after.key}  [cyan]Gatepost replies: {escape(line.removeprefix('- '))}[/]")
    return len(changed)


def _summary(console: Console, player: ScenarioPlayer, written: int, seconds: float) -> None:
    items = player.items()
    counts = {gate: sum(item.fields.get("Gate") == gate for item in items) for gate in GATES}
    gates = ", ".join(f"{count} {gate.lower()}" for gate, count in counts.items())
    console.print(
        f"\n[bold]{len(items)} measures in three programs: {gates}.[/] {len(scenarios.SCENARIOS)} scenarios played, "
        f"{written} figures and statuses changed in the tools, {seconds:.0f} seconds."
    )


def chosen_addresses(gatepost: int | None, jira: int | None, servicenow: int | None) -> DemoAddresses:
    """The ports that were asked for, and free ones for the rest.

    Raises ConfigurationError when one that was asked for is taken.
    """
    asked = ((gatepost, "--port"), (jira, "--jira-port"), (servicenow, "--servicenow-port"))
    for port, option in asked:
        if port is not None:
            require_free("127.0.0.1", port, f"Take another one with {option}.")
    free = free_addresses(gatepost or FIRST_PORT)
    return DemoAddresses(gatepost or free.gatepost_port, jira or free.jira_port, servicenow or free.servicenow_port)


def free_addresses(first: int) -> DemoAddresses:
    """Three ports: the preferred ones if they are free, otherwise any."""
    ports = []
    for preferred in (first, first + 101, first + 102):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", preferred))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            ports.append(int(probe.getsockname()[1]))
    return DemoAddresses(*ports)


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        Console().print("Stopping …")
