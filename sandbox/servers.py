"""Both stand-ins in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.delivery import Deliverer
from sandbox.jira.app import create_app as jira_app
from sandbox.jira.model import Deployment
from sandbox.jira.state import JiraState
from sandbox.servicenow.app import create_app as servicenow_app
from sandbox.servicenow.app_tables import GATED
from sandbox.servicenow.gatepost_app import install_app
from sandbox.servicenow.model import EventForm, EventRule
from sandbox.servicenow.state import ServiceNowState
from sandbox.serving import Server
from sandbox.story.seed import BOT_USER, seed_jira, seed_servicenow

JIRA_EVENTS = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "issuelink_created",
    "issuelink_deleted",
    "issue_property_set",
]
TABLES = ("pm_project", "dmn_demand", "change_request", "cmdb_ci_service")


@dataclass
class Sandbox:
    jira: JiraState
    servicenow: ServiceNowState
    jira_server: Server
    servicenow_server: Server

    def ring(
        self, jira_hook: str | None, servicenow_hook: str | None, secret: str, form: EventForm = EventForm.HUB
    ) -> None:
        """Send events to these doors, signed with the secret; ``form`` is that of ServiceNow's."""
        if jira_hook:
            self.jira.webhooks.register("Gatepost", jira_hook, JIRA_EVENTS, secret)
        if servicenow_hook:
            rules = [EventRule(table, servicenow_hook, secret, form, BOT_USER) for table in TABLES]
            self.servicenow.event_rules += rules

    def tell(self) -> None:
        """Load the story; every item that it makes rings."""
        seed_jira(self.jira)
        seed_servicenow(self.servicenow)

    def install_app(self, url: str, secret: str) -> None:
        """Gatepost's app on ServiceNow, in place of the plain gate; what it governs is told by it from now on."""
        install_app(self.servicenow, url=url, secret=secret, robot=BOT_USER)
        kept = [rule for rule in self.servicenow.event_rules if rule.table not in GATED]
        self.servicenow.event_rules[:] = kept

    def wait_delivered(self, timeout: float = 30.0) -> bool:
        """Whether every event so far has been delivered or given up."""
        return self.jira.deliverer.wait_idle(timeout) and self.servicenow.deliverer.wait_idle(timeout)

    def stop(self) -> None:
        self.jira_server.stop()
        self.servicenow_server.stop()
        self.jira.deliverer.close()
        self.servicenow.deliverer.close()


def start(
    *,
    host: str = "127.0.0.1",
    jira_port: int = 0,
    servicenow_port: int = 0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    deployment: Deployment = Deployment.CLOUD,
    release: tuple[int, ...] = (),
) -> Sandbox:
    """Both stand-ins; ``clock`` says what time it is in the tools, ``deployment`` and ``release`` which Jira it is."""
    jira = JiraState(deliverer=Deliverer(), clock=clock, deployment=deployment, release=release)
    servicenow = ServiceNowState(deliverer=Deliverer(), clock=clock)
    jira_server = Server(jira_app(jira), host, jira_port).start()
    servicenow_server = Server(servicenow_app(servicenow), host, servicenow_port).start()
    jira.base_url, servicenow.base_url = jira_server.url, servicenow_server.url
    return Sandbox(jira, servicenow, jira_server, servicenow_server)
