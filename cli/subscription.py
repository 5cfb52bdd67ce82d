"""``gatepost subscription``: who receives events when gates, stages, statuses or findings change."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import EVENT_DESCRIPTIONS
from connector.notify.signing import OLD_SECRET_VALID_FOR
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import parse_filter
from connector.notify.trial_event import send_trial_event
from connector.notify.webhook_sender import WebhookSender
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.notifications.deliveries import counts_by_state, find_deliveries, replay_for_subscription
from connector.store.notifications.subscriptions import PER_MINUTE

app = typer.Typer(
    help="Outgoing webhooks: who receives which events, and whether they were delivered.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The subscription's name")]
EVENT_HELP = "; ".join(f"{kind}: {description}" for kind, description in EVENT_DESCRIPTIONS.items())


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost subscription")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name: deploy-bot")],
    url: Annotated[str, typer.Argument(help="Where the events go: https://hooks.acme.example/gatepost")],
    event: Annotated[
        list[str] | None, typer.Option(help=f"May be repeated; by default all events about measures. {EVENT_HELP}")
    ] = None,
    place: Annotated[str, typer.Option(help='Only this part of the hierarchy: "IT / Cloud exit"')] = "",
    legal_entity: Annotated[str | None, typer.Option(help="Only measures of this legal entity")] = None,
    per_minute: Annotated[int, typer.Option(help="Most events a minute")] = PER_MINUTE,
) -> None:
    """Send events to a receiver; prints the secret with which they are signed."""
    event_filter = parse_filter(event or [], place, legal_entity)
    with _services() as services:
        added = services.subscriptions.add(name, url, event_filter, per_minute=per_minute, author=operating_user())
    typer.echo(f"Saved {name}. Its events are signed with this secret, which is shown only now: {added.secrets[0]}")
    typer.echo(f"Try it: gatepost subscription test {name}")


@app.command("list")
def list_() -> None:
    """List the subscriptions and their state."""
    table = Table("Name", "Address", "Events", "Hierarchy", "Waiting", "Dead letters", "State")
    now = system_clock()
    with _services() as services, services.engine.connect() as connection:
        counts = counts_by_state(connection)
        for subscription in services.subscriptions.all():
            count = counts.get(subscription.id, {})
            table.add_row(
                subscription.name,
                subscription.url,
                ", ".join(sorted(subscription.filter.events)) or "all",
                _scope_text(subscription),
                str(count.get("waiting", 0)),
                str(count.get("dead_letter", 0)),
                subscription.state(now),
            )
    if not table.rows:
        typer.echo("No subscriptions yet. Add one with: gatepost subscription add NAME URL")
        return
    Console(highlight=False).print(table)


@app.command()
def test(name: Name) -> None:
    """Send a test event now and print request and response.  Exit status 1 when it is not accepted."""
    with _services() as services:
        sender = WebhookSender(services.subscription_host_rules, system_clock, network=services.network)
        trial = send_trial_event(services.subscriptions.get(name), sender, uuid4(), system_clock())
    typer.echo(f"{trial.request}\n")
    if trial.response:
        typer.echo(f"{trial.response}\n")
    typer.echo(trial.summary)
    if not trial.accepted:
        raise typer.Exit(1)


@app.command()
def rotate(name: Name) -> None:
    """Create a new secret; for a day events are signed with the previous one as well."""
    now = system_clock()
    with _services() as services:
        rotated = services.subscriptions.rotate_secret(name, operating_user(), now)
    typer.echo(f"The new secret, shown only now: {rotated.secrets[0]}")
    typer.echo(
        f"The previous one is valid until {now + OLD_SECRET_VALID_FOR:%Y-%m-%d %H:%M} UTC: change the receiver "
        f"before then."
    )


@app.command()
def resume(name: Name) -> None:
    """Enable a subscription that was disabled because its receiver accepted nothing."""
    with _services() as services:
        services.subscriptions.enable(name, operating_user())
    typer.echo(f"{name} is enabled. Send its dead letters with: gatepost subscription replay {name} --dead-letters")


@app.command()
def remove(name: Name) -> None:
    """Remove a subscription with its deliveries."""
    with _services() as services:
        services.subscriptions.remove(name, operating_user())
    typer.echo(f"{name} is removed; it receives no more events.")


@app.command()
def deliveries(
    name: Name,
    state: Annotated[str | None, typer.Option(help="waiting, done or dead_letter")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List deliveries and their state, newest first."""
    table = Table("Number", "Event", "About", "Created", "State", "Attempts", "Response", "Reason")
    with _services() as services:
        subscription = services.subscriptions.get(name)
        with services.engine.connect() as connection:
            for delivery in find_deliveries(connection, subscription.id, states=[state] if state else [], limit=limit):
                table.add_row(
                    str(delivery.id),
                    delivery.event,
                    delivery.key or delivery.connection or "the audit",
                    f"{delivery.created_at:%Y-%m-%d %H:%M:%S}",
                    delivery.state,
                    str(delivery.attempts),
                    "" if delivery.status is None else str(delivery.status),
                    delivery.reason or "",
                )
    Console(highlight=False).print(table)


@app.command("replay")
def replay_(
    name: Name,
    number: Annotated[list[int] | None, typer.Option(help="One delivery by its number; may be repeated")] = None,
    dead_letters: Annotated[bool, typer.Option("--dead-letters", help="All dead letters")] = False,
) -> None:
    """Send deliveries again with the same message ids, so that a receiver recognises duplicates."""
    if bool(number) == dead_letters:
        raise ConfigurationError("Say what to send again: --number N, or --dead-letters for all dead letters.")
    with _services() as services:
        subscription = services.subscriptions.get(name)
        if subscription.disabled_at is not None:
            raise ConfigurationError(
                f"{name} is disabled.", remedy=Remedy(command=f"Enable it first: gatepost subscription resume {name}")
            )
        count = replay_for_subscription(
            services.engine, services.waker, subscription.id, number or None, system_clock()
        )
    typer.echo(f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.")


def _scope_text(subscription: Subscription) -> str:
    entity = subscription.filter.legal_entity
    return " / ".join(subscription.filter.hierarchy) + (f" ({entity})" if entity else "") or "everywhere"
