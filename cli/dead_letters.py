"""``gatepost dead-letters``: list dead letters by cause, show, replay or drop them."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer
from rich.console import Console

from cli.operating_user import operating_user
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.operations.retention import RetentionPeriods
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import DeadLetterDetails, dead_letter_details
from connector.store.queue.dead_letter_names import full_name
from connector.store.queue.dead_letters import DeadLetter, DeadLetterKind

app = typer.Typer(
    help="Dead letters: work that is not tried again, and why. Other work continues.", no_args_is_help=True
)

Target = Annotated[
    str,
    typer.Argument(help="A cause or a dead letter (write/17), or how it begins"),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask")]
KIND_LABELS = {
    DeadLetterKind.ITEM: "not assessed",
    DeadLetterKind.WRITE: "not written",
    DeadLetterKind.DELIVERY: "not delivered",
    DeadLetterKind.PAPER: "not sent",
}
LINE, INDENT = 79, "    "
MAX_LISTED = 100
"""Dead letters of a cause that are listed."""


@app.command("list")
def list_() -> None:
    """List the causes: reasons that differ only in ids are one cause."""
    with _services() as services, services.engine.connect() as connection:
        found = dead_letters.causes(connection)
    if not found:
        typer.echo("There are no dead letters.")
    for cause in found:
        # Two short lines each, and the reason below them: a table of seven columns does not fit a terminal.
        typer.echo(f"{cause.id}  {cause.count} {KIND_LABELS[cause.kind]}  {cause.connection}")
        typer.echo(f"    since {cause.first_at:%Y-%m-%d %H:%M}, last {cause.last_at:%Y-%m-%d %H:%M}")
        typer.echo(textwrap.fill(cause.reason[:400], LINE, initial_indent=INDENT, subsequent_indent=INDENT))


@app.command()
def show(target: Target) -> None:
    """Show the dead letters of a cause, or the details of one."""
    console = Console(highlight=False, soft_wrap=True)
    with _services() as services:
        target = full_name(services.engine, target)
        if "/" in target:
            _print_details(console, _find_details(services, target), services.retention_periods)
            return
        with services.engine.connect() as connection:
            found = dead_letters.list_dead_letters(connection, target, limit=MAX_LISTED + 1)
    if not found:
        raise _not_found(target)
    for entry in found[:MAX_LISTED]:
        console.print(
            f"{entry.ref}  {entry.key or entry.native_id}  {entry.since:%Y-%m-%d %H:%M}  {entry.reason}", markup=False
        )
    if len(found) > MAX_LISTED:
        typer.echo(f"These are the first {MAX_LISTED}; there are more.")


@app.command()
def replay(target: Target, yes: YesOption = False) -> None:
    """Reassess the items and write what differs; send subscribers the same events again."""
    with _services() as services:
        target = full_name(services.engine, target)
        chosen = _find_dead_letters(services, target)
        if not yes:
            typer.confirm(f"Replay {_count_and_reason(chosen)}? Items are read and assessed again.", abort=True)
        done = dead_letters.replay(services.engine, services.waker, target, operating_user(), system_clock())
    typer.echo(f"{_count_text(done)} tried again. What fails again becomes a dead letter again.")


@app.command()
def drop(
    target: Target,
    reason: Annotated[str, typer.Option(help="Why; the audit records it")],
    yes: YesOption = False,
) -> None:
    """Drop dead letters.  An item keeps its last assessment until a new event or sweep."""
    if not reason.strip():
        raise ConfigurationError("Say why: --reason. The audit records it.")
    with _services() as services:
        target = full_name(services.engine, target)
        chosen = _find_dead_letters(services, target)
        if not yes:
            typer.confirm(f"Drop {_count_and_reason(chosen)}? This cannot be undone.", abort=True)
        done = dead_letters.drop(services.engine, target, operating_user(), reason.strip())
    typer.echo(f"{_count_text(done)} dropped: {reason.strip()}")


def _print_details(console: Console, details: DeadLetterDetails, retention: RetentionPeriods) -> None:
    entry = details.dead_letter
    lines = [
        f"{entry.ref}  {entry.key or entry.native_id}  {details.title or ''}".rstrip(),
        f"dead letter since {entry.since:%Y-%m-%d %H:%M} UTC after {entry.attempts} attempts, cause {entry.cause}",
        entry.reason,
    ]
    for event in details.events:
        lines.append(f"event {event.number}  {event.event}  {event.received_at:%Y-%m-%d %H:%M}  {event.state}")
        lines.append(event.body or retention.missing_body_reason(event.received_at, system_clock()))
    for write in details.writes:
        lines.append(f"write {write.number}  {write.state}  {write.reason or ''}".rstrip())
        lines += [
            f"  {field}: {before or 'empty'} -> {after or 'empty'}" for field, before, after in write.changes or ()
        ]
    lines += [details.body] if details.body else []
    lines += [
        f"{action.at:%Y-%m-%d %H:%M}  {action.actor}  {action.action}  {action.reason}".rstrip()
        for action in details.operator_actions
    ]
    for line in lines:
        console.print(line, markup=False)


def _find_details(services: Services, ref: str) -> DeadLetterDetails:
    """With the rights of the database's owner, who sees everything."""
    everything = Viewer(person=None, login=operating_user(), name=operating_user(), grants=(RoleGrant(Role.VIEWER),))
    with services.read_as(everything) as reader:
        found = dead_letter_details(services.engine, reader, ref, show_all=True)
    if found is None:
        raise _not_found(ref)
    return found


def _find_dead_letters(services: Services, target: str) -> tuple[DeadLetter, ...]:
    with services.engine.connect() as connection:
        found = dead_letters.list_dead_letters(connection, target, limit=1_000_000)
    if not found:
        raise _not_found(target)
    return found


def _not_found(target: str) -> ConfigurationError:
    return ConfigurationError(
        f"There are no dead letters of {target}.", remedy=Remedy(command="List them with: gatepost dead-letters list")
    )


def _count_and_reason(dead_letters: tuple[DeadLetter, ...]) -> str:
    first = dead_letters[0]
    noun = "dead letter" if len(dead_letters) == 1 else "dead letters"
    return f"{len(dead_letters)} {noun} of {first.connection} ({first.reason[:120]})"


def _count_text(count: int) -> str:
    return f"{count} {'dead letter was' if count == 1 else 'dead letters were'}"


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost dead-letters")
