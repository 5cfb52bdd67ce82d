"""``gatepost sync``: sweep a connection now, with a progress bar; continues where it was interrupted."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from cli.progress import progress_bar
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.runtime.tasks import build_sweeper
from connector.settings import Settings
from connector.store.queue.workers import count_live_workers
from connector.store.reconcile.sweeps import count_dirty_items
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName

_RELATIVE = re.compile(r"(\d+)\s*(m|h|d)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def sync(
    name: Annotated[str, typer.Argument(help="The connection")],
    since: Annotated[str | None, typer.Option(help="30m, 6h, 2d, or a date: what changed since then")] = None,
    full: Annotated[bool, typer.Option("--full", help="All items, and which of them were removed")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until all of it has been reassessed")] = True,
) -> None:
    """Find what changed in a tool since the last time (or --since, or --full) and reassess it."""
    if since and full:
        raise ConfigurationError("--since and --full cannot be combined: --full covers everything.")
    console = Console(highlight=False)
    with bootstrap(Settings(), application="gatepost sync") as services:
        connection = ConnectionName(name)
        config = services.active_config()
        if config is None:
            raise ConfigurationError(
                "There is no active mapping, which says what to look for.",
                remedy=Remedy(command="Activate one with: gatepost mapping activate"),
            )
        site = Sites(services, system_clock).get(connection)
        if site.scanner is None:
            raise ConfigurationError(f"{name} cannot be swept.")
        sweeps, sweeper = build_sweeper(services)
        kind = SweepKind.FULL if full else SweepKind.CHANGED
        with sweeps.exclusive(connection) as acquired, progress_bar(console) as progress:
            if not acquired:
                raise ConfigurationError(f"Another process is sweeping {name}; see its log, or try again soon.")
            task = progress.add_task("Items read", total=None)

            def show(sweep: Sweep) -> None:
                progress.update(task, completed=sweep.seen, total=max(sweep.total or 0, sweep.seen) or None)

            done = sweeper.run(site, site.scanner, config, kind, since=_moment(since), progress=show)
        console.print(
            f"{done.seen} items seen, {done.marked} of them new, changed or removed; "
            f"{done.evidence} measures are read again because of what they rest on."
        )
        if wait:
            _show_progress(services, console, connection)


def _show_progress(services: Services, console: Console, connection: ConnectionName) -> None:
    """Show the progress of the workers."""
    left = count_dirty_items(services.engine, connection)
    if not left:
        return
    if not count_live_workers(services.engine):
        console.print(f"{left} wait for a worker; none is running: gatepost serve, or gatepost worker")
        return
    with progress_bar(console) as progress:
        task = progress.add_task("Reassessed", total=left)
        total = left
        while left:
            time.sleep(0.5)
            left = count_dirty_items(services.engine, connection)
            total = max(total, left)
            progress.update(task, completed=total - left, total=total)
            if services.connections.pause_reason(connection) is not None:
                raise ConfigurationError(f"{connection} is paused: {services.connections.pause_reason(connection)}")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        return system_clock() - timedelta(**{UNITS[relative[2]]: int(relative[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is not a time: write 30m, 6h, 2d or 2026-11-21T08:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
