"""The webhook of a Jira: registered, or printed for an administrator to make, and awaited until one event came."""

from __future__ import annotations

import time
from collections.abc import Sequence

import typer
from requests import RequestException
from rich.console import Console
from rich.markup import escape

from cli.operating_user import operating_user
from connector.bootstrap import Services
from connector.errors import ConfigurationError, NotFound
from connector.http.network_adapter import network_session
from connector.http.tool_access import Deployment, WebhookAuth
from connector.jira.webhooks import DATACENTER_EVENTS, EVENTS
from connector.remedy import Remedy
from connector.runtime.event_registration import event_address, register_events
from connector.runtime.webhook_queries import governed_query
from connector.store.connections.connections import ConnectionRecord
from connector.store.queue.workers import count_live_workers
from connector.sync.ports import ToolSite
from connector.sync.setup import ProbeEvent, WebhookRegistration
from governance.time_text import day_text
from mapping.work_item import NativeId

PROBE_SECONDS = 3.0


def register_webhook(
    services: Services, console: Console, site: ToolSite, public_url: str, kind: WebhookAuth, *, by_hand: bool
) -> WebhookRegistration:
    """Register the webhook, and print what an administrator of the tool has to make by hand."""
    record = services.connections.get(site.name)
    assert record is not None  # noqa: S101 - saved a moment ago
    if kind is WebhookAuth.URL_SECRET:
        console.print(
            "[yellow]This Jira does not sign events: the address itself is the secret, and addresses appear in "
            "logs. This is weaker than a signature; Jira signs from version 10 on.[/]"
        )
    registration = register_events(services, site, public_url, kind, by_hand=by_hand, by=operating_user())
    address, secret = event_address(public_url, record), record.webhook_secrets[0]
    if kind is WebhookAuth.TOKEN:
        _explain_automation(address, secret)
    elif registration.is_by_hand:
        _explain_webhook(record, address, secret, registration.query)
    else:
        _say_registered(console, registration)
    return registration


def _say_registered(console: Console, registration: WebhookRegistration) -> None:
    done = "updated" if registration.existed else "registered"
    until = f", until {day_text(registration.expires_at)}; renewed in time" if registration.expires_at else ""
    console.print(f"Webhook {done} ({registration.auth.value}{until}).")
    if registration.auth is WebhookAuth.JWT:
        console.print("Dynamic webhooks send no events for worklogs, links and attachments; sweeps find those.")
    console.print(f"It sends: {escape(registration.query)}" if registration.query else "It sends the whole site.")


def says_nothing_runs(services: Services, console: Console, name: str, public_url: str) -> bool:
    """Whether no server of ours can be there to receive an event; then waiting for one is of no use, and this says so.

    That the address does not answer from here proves nothing by itself: the tool may be the only one to reach it.
    """
    try:
        with network_session(services.network) as session:
            session.get(f"{public_url.rstrip('/')}/health/live", timeout=PROBE_SECONDS, allow_redirects=False)
    except RequestException:
        if not count_live_workers(services.engine):
            console.print(
                f"[yellow]Nothing answers at {public_url}, and no worker runs: no test event was sent. Start Gatepost "
                f"with: gatepost serve. Then see an event arrive: gatepost connect jira {name} "
                f"--public-url {public_url}[/]"
            )
            return True
    return False


def _explain_automation(address: str, secret: str) -> None:
    typer.echo(
        "Make a rule in Jira Automation: when a work item is created, updated, transitioned or commented,\n"
        "then Send web request\n"
        f"  address  {address}\n"
        "  method   POST\n"
        f"  header   X-Gatepost-Token: {secret}   (hidden)\n"
        "  header   Content-Type: application/json\n"
        '  body     {"issue": {"id": "{{issue.id}}", "key": "{{issue.key}}"}}\n'
        "Automation limits the runs of a month and then stops rules: keep the sweep on."
    )


def _explain_webhook(record: ConnectionRecord, address: str, secret: str, query: str) -> None:
    events = DATACENTER_EVENTS if record.deployment is Deployment.DATACENTER else EVENTS
    typer.echo(
        "Let a Jira administrator make this webhook under System, WebHooks:\n"
        f"  URL      {address}\n"
        f"  secret   {secret}\n"
        f"  JQL      {query or 'of the governed projects'}\n"
        f"  events   {', '.join(events)}\n"
        "The secret is shown here only. The sweep works meanwhile."
    )


def wait_for_test_event(
    services: Services,
    console: Console,
    site: ToolSite,
    registration: WebhookRegistration,
    test_issue: str | None,
    wait: float,
) -> None:
    """Trigger a test event at the tool and wait until it arrives."""
    issues = [NativeId(test_issue)] if test_issue else _governed_issue(services, site)
    if not issues or site.setup is None:
        console.print("[yellow]No test event was sent: the site shows no issue. Name one with --test-issue.[/]")
        return
    before = services.inbox.newest_event_id(site.name)
    try:
        sent = site.setup.trigger_event(issues[0], registration)
    except NotFound as error:
        raise ConfigurationError(
            f"{test_issue} cannot be used for a test event: {error}", remedy=error.remedy
        ) from error
    if sent is ProbeEvent.BY_HAND:
        console.print(
            f"Write a comment on issue {issues[0]} now: this Jira sends no event for anything that nobody sees."
        )
    try:
        _wait(services, console, site, registration, before, wait)
    finally:
        site.setup.end_probe(issues[0], registration)
    console.print("[green]The test event arrived and was accepted.[/]")


def _governed_issue(services: Services, site: ToolSite) -> Sequence[NativeId]:
    """One that a rule governs; before there is a mapping, the one that changed last."""
    query = governed_query(services.active_config(), site.name) or "updated >= -365d"
    return list(site.finder.find(query, 1)) if site.finder else []


def _wait(
    services: Services,
    console: Console,
    site: ToolSite,
    registration: WebhookRegistration,
    before: int,
    wait: float,
) -> None:
    deadline = time.monotonic() + wait
    with console.status("Waiting for the first event …"):
        while services.inbox.newest_event_id(site.name) == before:
            if time.monotonic() > deadline:
                stands = "is to be made by hand" if registration.is_by_hand else "is registered"
                raise ConfigurationError(
                    f"{registration.url.partition('/hooks/')[0]} was not reached within {wait:.0f} s. "
                    f"The webhook {stands}.",
                    remedy=Remedy(
                        command="Check that gatepost serve is running, and that the tool can reach this address."
                    ),
                )
            time.sleep(0.2)
