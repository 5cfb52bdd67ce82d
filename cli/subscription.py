"""``gatepost subscription``: who is told when gates, stages, lights or findings change."""

from __future__ import annotations

import getpass
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import MEANINGS
from connector.notify.signing import BOTH_VALID
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import filter_of
from connector.notify.trial_event import try_out
from connector.notify.webhook_sender import Sender
from connector.settings import Settings
from connector.store.notifications.deliveries import counts, replay, shown
from connector.store.notifications.subscriptions import PER_MINUTE

app = typer.Typer(help="Outgoing webhooks: who is told what, and whether they got it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The subscription's name")]
EVENTS = "; ".join(f"{kind}: {meaning}" for kind, meaning in MEANINGS.items())


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost subscription")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name: deploy-bot")],
    url: Annotated[str, typer.Argument(help="Where the events go: https://hooks.acme.example/gatepost")],
    event: Annotated[
        list[str] | None, typer.Option(help=f"May be repeated; when left out all of measures. {EVENTS}")
    ] = None,
    place: Annotated[str, typer.Option(help='Only below this place: "IT / Cloud exit"')] = "",
    legal_entity: Annotated[str | None, typer.Option(help="Only measures of this legal entity")] = None,
    per_minute: Annotated[int, typer.Option(help="Most events a minute")] = PER_MINUTE,
) -> None:
    """Tell a receiver what changes; prints the secret that its events are signed with."""
    wanted = filter_of(event or [], place, legal_entity)
    with _services() as services:
        made = services.subscriptions.add(name, url, wanted, per_minute=per_minute, author=getpass.getuser())
    typer.echo(f"Saved {name}. Its events are signed with this secret, which is shown only now: {made.secrets[0]}")
    typer.echo(f"Try it: gatepost subscription test {name}")


@app.command("list")
def list_() -> None:
    """List the subscriptions and how they stand."""
    table = Table("Name", "Address", "Events", "Where", "Waiting", "Parked", "State")
    now = system_clock()
    with _services() as services, services.engine.connect() as connection:
        numbers = counts(connection)
        for one in services.subscriptions.all():
            count = numbers.get(one.id, {})
            events = ", ".join(sorted(one.filter.events)) or "all"
            waiting, parked = str(count.get("waiting", 0)), str(count.get("parked", 0))
            table.add_row(one.name, one.url, events, _where(one), waiting, parked, one.state(now))
    if not table.rows:
        typer.echo("Nobody has subscribed yet. Add the first: gatepost subscription add NAME URL")
        return
    Console(highlight=False).print(table)


@app.command()
def test(name: Name) -> None:
    """Send a test event now and show what exactly is sent and answered.  Exit status 1 when it is not taken."""
    with _services() as services:
        sender = Sender(services.subscription_rules, system_clock)
        trial = try_out(services.subscriptions.get(name), sender, uuid4(), system_clock())
    typer.echo(f"{trial.request}\n")
    if trial.response:
        typer.echo(f"{trial.response}\n")
    typer.echo(trial.told)
    if not trial.taken:
        raise typer.Exit(1)


@app.command()
def rotate(name: Name) -> None:
    """Make a new secret; for a day events are signed with the one before as well."""
    now = system_clock()
    with _services() as services:
        fresh = services.subscriptions.rotate(name, getpass.getuser(), now)
    typer.echo(f"The new secret, shown only now: {fresh.secrets[0]}")
    typer.echo(f"The one before is valid until {now + BOTH_VALID:%Y-%m-%d %H:%M} UTC: change the receiver before then.")


@app.command()
def resume(name: Name) -> None:
    """Switch a subscription on again that was switched off because nothing was taken."""
    with _services() as services:
        services.subscriptions.resume(name, getpass.getuser())
    typer.echo(f"{name} is on. What was parked meanwhile is sent by: gatepost subscription replay {name} --parked")


@app.command()
def remove(name: Name) -> None:
    """Remove a subscription with its deliveries."""
    with _services() as services:
        services.subscriptions.remove(name, getpass.getuser())
    typer.echo(f"{name} is removed; it is told nothing any more.")


@app.command()
def deliveries(
    name: Name,
    state: Annotated[str | None, typer.Option(help="waiting, done or parked")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List what was sent and what became of it, newest first."""
    table = Table("Number", "Event", "About", "Made", "State", "Tries", "Answer", "Why")
    with _services() as services:
        subscription = services.subscriptions.get(name)
        with services.engine.connect() as connection:
            for one in shown(connection, subscription.id, state=state, limit=limit):
                answer = "" if one.status is None else str(one.status)
                made = f"{one.created_at:%Y-%m-%d %H:%M:%S}"
                why = one.reason or ""
                about = one.key or one.connection or ""
                table.add_row(str(one.id), one.event, about, made, one.state, str(one.tries), answer, why)
    Console(highlight=False).print(table)


@app.command("replay")
def replay_(
    name: Name,
    number: Annotated[list[int] | None, typer.Option(help="One delivery by its number; may be repeated")] = None,
    parked: Annotated[bool, typer.Option("--parked", help="Everything that is parked")] = False,
) -> None:
    """Send deliveries again, with the same message ids, so that a receiver can tell that it has them."""
    if bool(number) == parked:
        raise ConfigurationError("Say what to send again: --number N, or --parked for everything that is parked.")
    with _services() as services:
        subscription = services.subscriptions.get(name)
        if subscription.off_at is not None:
            raise ConfigurationError(f"{name} is switched off. Switch it on first: gatepost subscription resume {name}")
        count = replay(services.engine, services.waker, subscription.id, number or None, system_clock())
    typer.echo(f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.")


def _where(one: Subscription) -> str:
    entity = one.filter.legal_entity
    return " / ".join(one.filter.place) + (f" ({entity})" if entity else "") or "everywhere"
