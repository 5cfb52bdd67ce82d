"""``gatepost parked``: what is not tried any more, by cause; tried again or given up."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Grant, Role, Viewer
from connector.settings import Settings
from connector.store.operations.retention import Keeping
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import Story, story
from connector.store.queue.dead_letters import Kind, Parked

app = typer.Typer(
    help="What is not tried any more, and why; nothing of it holds anything else up.", no_args_is_help=True
)

Target = Annotated[str, typer.Argument(help="A cause, or one thing of it (outbox/17), from: gatepost parked list")]
Sure = Annotated[bool, typer.Option("--yes", help="Do not ask")]
THINGS = {Kind.ITEM: "not judged", Kind.WRITE: "not written", Kind.DELIVERY: "not told"}
SHOWN = 100
"""Things of a cause that are listed."""


@app.command("list")
def list_() -> None:
    """List the causes: reasons that are the same apart from ids are one."""
    table = Table("Cause", "What", "Where", "How many", "First", "Last", "Reason")
    with _services() as services, services.engine.connect() as connection:
        for one in dead_letters.causes(connection):
            table.add_row(
                one.id,
                THINGS[one.kind],
                escape(one.connection),
                str(one.count),
                f"{one.first:%Y-%m-%d %H:%M}",
                f"{one.last:%Y-%m-%d %H:%M}",
                escape(one.told[:200]),
            )
    if not table.rows:
        typer.echo("Nothing is parked.")
        return
    Console(highlight=False).print(table)


@app.command()
def show(target: Target) -> None:
    """Show what is parked for a cause, or the whole story of one thing."""
    console = Console(highlight=False, soft_wrap=True)
    with _services() as services:
        if "/" in target:
            _tell(console, _story(services, target), services.keeping)
            return
        with services.engine.connect() as connection:
            found = dead_letters.parked(connection, target, limit=SHOWN + 1)
    if not found:
        raise _nothing(target)
    for one in found[:SHOWN]:
        console.print(f"{one.ref}  {one.key or one.native_id}  {one.since:%Y-%m-%d %H:%M}  {one.reason}", markup=False)
    if len(found) > SHOWN:
        typer.echo(f"These are the first {SHOWN}; there are more.")


@app.command()
def replay(target: Target, yes: Sure = False) -> None:
    """Look at the items again and write what differs then; send subscribers the same events again."""
    with _services() as services:
        chosen = _chosen(services, target)
        if not yes:
            typer.confirm(f"Try {_many(chosen)} again? Items are read and judged anew.", abort=True)
        done = dead_letters.replay(services.engine, services.waker, target, _me(), system_clock())
    typer.echo(f"{_count(done)} tried again. What fails again is parked anew.")


@app.command()
def drop(
    target: Target,
    reason: Annotated[str, typer.Option(help="Why; the audit keeps it")],
    yes: Sure = False,
) -> None:
    """Give up what is parked.  An item stays as it was judged last, until it is rung or swept again."""
    if not reason.strip():
        raise ConfigurationError("Say why it is given up: --reason. The audit keeps it.")
    with _services() as services:
        chosen = _chosen(services, target)
        if not yes:
            typer.confirm(f"Give up {_many(chosen)}? This cannot be taken back.", abort=True)
        done = dead_letters.drop(services.engine, target, _me(), reason.strip())
    typer.echo(f"{_count(done)} given up: {reason.strip()}")


def _tell(console: Console, found: Story, keeping: Keeping) -> None:
    one = found.parked
    lines = [
        f"{one.ref}  {one.key or one.native_id}  {found.title or ''}".rstrip(),
        f"parked {one.since:%Y-%m-%d %H:%M} UTC after {one.attempts} tries, cause {one.cause}",
        one.reason,
    ]
    for event in found.events:
        lines.append(f"event {event.number}  {event.event}  {event.received_at:%Y-%m-%d %H:%M}  {event.state}")
        lines.append(event.body or keeping.why_gone(event.received_at, system_clock()))
    for write in found.writes:
        lines.append(f"write {write.number}  {write.state}  {write.reason or ''}".rstrip())
        lines += [
            f"  {field}: {before or 'empty'} -> {after or 'empty'}" for field, before, after in write.changes or ()
        ]
    lines += [found.body] if found.body else []
    lines += [f"{act.at:%Y-%m-%d %H:%M}  {act.actor}  {act.action}  {act.why}".rstrip() for act in found.acts]
    for line in lines:
        console.print(line, markup=False)


def _story(services: Services, ref: str) -> Story:
    """As whoever holds the database: everything is seen."""
    everything = Viewer(person=None, login=_me(), name=_me(), grants=(Grant(Role.VIEWER),))
    with services.reading(everything) as reader:
        found = story(services.engine, reader, ref, everything=True)
    if found is None:
        raise _nothing(ref)
    return found


def _chosen(services: Services, target: str) -> tuple[Parked, ...]:
    with services.engine.connect() as connection:
        found = dead_letters.parked(connection, target, limit=1_000_000)
    if not found:
        raise _nothing(target)
    return found


def _nothing(target: str) -> ConfigurationError:
    return ConfigurationError(f"Nothing is parked as {target}. See what is: gatepost parked list")


def _many(chosen: tuple[Parked, ...]) -> str:
    first = chosen[0]
    return f"{len(chosen)} {'thing' if len(chosen) == 1 else 'things'} of {first.connection} ({first.reason[:120]})"


def _count(done: int) -> str:
    return f"{done} {'thing is' if done == 1 else 'things are'}"


def _me() -> str:
    return f"{getpass.getuser()} (command line)"


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost parked")
