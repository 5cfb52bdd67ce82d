"""``gatepost sync``: look at what changed, or at everything, now; with a bar, and going on where it was broken off."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from cli.progress import bar
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.runtime.tasks import sweeping
from connector.settings import Settings
from connector.store.queue.workers import alive
from connector.store.reconcile.sweeps import dirty
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName

_RELATIVE = re.compile(r"(\d+)\s*(m|h|d)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def sync(
    name: Annotated[str, typer.Argument(help="The connection")],
    since: Annotated[str | None, typer.Option(help="30m, 6h, 2d, or a date: what was changed since then")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, also what is no longer there")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until all of it has been looked at")] = True,
) -> None:
    """Ask a tool what changed since the last time (or --since, or --full) and have it looked at."""
    if since and full:
        raise ConfigurationError("--since and --full exclude one another: --full looks at everything.")
    console = Console(highlight=False)
    with bootstrap(Settings(), application="gatepost sync") as services:
        connection = ConnectionName(name)
        config = services.active_config()
        if config is None:
            raise ConfigurationError("There is no active mapping; it says what to look for: gatepost mapping activate")
        site = Sites(services, system_clock).get(connection)
        if site.scanner is None:
            raise ConfigurationError(f"{name} cannot be swept.")
        sweeps, sweeper = sweeping(services)
        kind = SweepKind.FULL if full else SweepKind.CHANGED
        with sweeps.alone(connection) as mine, bar(console) as progress:
            if not mine:
                raise ConfigurationError(
                    f"Another process sweeps {name} at this moment; see its log, or try again soon."
                )
            task = progress.add_task("Asked for", total=None)

            def show(sweep: Sweep) -> None:
                progress.update(task, completed=sweep.seen, total=max(sweep.total or 0, sweep.seen) or None)

            done = sweeper.run(site, site.scanner, config, kind, since=_moment(since), progress=show)
        console.print(f"{done.seen} items seen, {done.marked} of them new, changed or gone.")
        if wait:
            _watch(services, console, connection)


def _watch(services: Services, console: Console, connection: ConnectionName) -> None:
    """Show how the workers get through it."""
    left = dirty(services.engine, connection)
    if not left:
        return
    if not alive(services.engine):
        console.print(f"{left} wait for a worker; none is at work: gatepost serve, or gatepost worker")
        return
    with bar(console) as progress:
        task = progress.add_task("Looked at", total=left)
        most = left
        while left:
            time.sleep(0.5)
            left = dirty(services.engine, connection)
            most = max(most, left)
            progress.update(task, completed=most - left, total=most)
            if services.connections.paused(connection) is not None:
                raise ConfigurationError(f"{connection} is paused: {services.connections.paused(connection)}")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        return system_clock() - timedelta(**{UNITS[relative[2]]: int(relative[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no time: write 30m, 6h, 2d or 2026-11-21T08:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
