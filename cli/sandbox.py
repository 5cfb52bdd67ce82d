"""``gatepost sandbox``: stand-ins for both tools."""

from __future__ import annotations

import signal
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from cli.ports import require_free
from cli.secret_input import WEBHOOK_SECRET, WebhookSecretFile, read_secret
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.story.seed import BOT_EMAIL, BOT_PASSWORD, BOT_TOKEN, BOT_USER

ALLOWED = "GATEPOST_CONNECTION_PRIVATE_NETWORKS"


def sandbox(
    jira_port: Annotated[int, typer.Option(help="Port of the Jira stand-in")] = 8701,
    servicenow_port: Annotated[int, typer.Option(help="Port of the ServiceNow stand-in")] = 8702,
    gatepost: Annotated[
        str | None, typer.Option(help="Send events to this Gatepost, for example http://127.0.0.1:8600")
    ] = None,
    secret_file: WebhookSecretFile = None,
    story: Annotated[bool, typer.Option(help="Load the demo's 31 items")] = True,
    deployment: Annotated[Deployment, typer.Option(help="Which Jira it is")] = Deployment.CLOUD,
) -> None:
    """Start stand-ins for Jira and ServiceNow, as real HTTP servers with state."""
    for port, option in ((jira_port, "--jira-port"), (servicenow_port, "--servicenow-port")):
        require_free("127.0.0.1", port, f"Take another one with {option}.")
    secret = read_secret(secret_file, WEBHOOK_SECRET) or "sandbox-secret"
    running = servers.start(jira_port=jira_port, servicenow_port=servicenow_port, deployment=deployment)
    if gatepost is not None:
        base = gatepost.rstrip("/")
        running.register_webhooks(f"{base}/hooks/jira/jira-main", f"{base}/hooks/servicenow/servicenow-main", secret)
    if story:
        running.load_story()
        running.install_app(f"{gatepost.rstrip('/')}/hooks/servicenow/servicenow-main" if gatepost else "", secret)
    console = Console(highlight=False, soft_wrap=True)
    sign_in = f"user {BOT_EMAIL}, token" if deployment is Deployment.CLOUD else "personal access token"
    console.print(f"Jira        {running.jira.base_url}   {sign_in} {BOT_TOKEN}")
    console.print(f"ServiceNow  {running.servicenow.base_url}   user {BOT_USER}, password {BOT_PASSWORD}")
    console.print(
        "The page Set-up connects them like any other site. It reaches this machine only where that is allowed: start\n"
        f"Gatepost with {ALLOWED}=127.0.0.1."
    )
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    running.stop()
