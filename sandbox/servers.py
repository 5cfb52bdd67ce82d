"""Both stand-ins in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.delivery import EventSender
from sandbox.jira.app import create_app as jira_app
from sandbox.jira.model import Deployment
from sandbox.jira.state import JiraState
from sandbox.servicenow.app import create_app as servicenow_app
from sandbox.servicenow.app_tables import GATED_STATES
from sandbox.servicenow.gatepost_app import install_app
from sandbox.servicenow.model import EventForm, EventRule
from sandbox.servicenow.state import ServiceNowState
from sandbox.serving import Server
from sandbox.story.seed import BOT_USER, fill_jira, fill_servicenow, set_up_jira, set_up_servicenow

JIRA_EVENTS = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
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

    def register_webhooks(
        self, jira_hook: str | None, servicenow_hook: str | None, secret: str, form: EventForm = EventForm.HUB
    ) -> None:
        """Send signed events to these webhook addresses; ``form`` is the form of ServiceNow's events."""
        if jira_hook:
            self.jira.webhooks.register("Gatepost", jira_hook, JIRA_EVENTS, secret)
        if servicenow_hook:
            rules = [EventRule(table, servicenow_hook, secret, form, BOT_USER) for table in TABLES]
            self.servicenow.event_rules += rules

    def load_story(self) -> None:
        """Load the story; an event is sent for every item."""
        self.set_up_story()
        self.fill_story()

    def set_up_story(self) -> None:
        """The people and fields of the story, and no item."""
        set_up_jira(self.jira)
        set_up_servicenow(self.servicenow)

    def fill_story(self) -> None:
        """The items of the story, on stand-ins that are set up for it; an event is sent for every item."""
        fill_jira(self.jira)
        fill_servicenow(self.servicenow)

    def install_app(self, url: str, secret: str) -> None:
        """Install Gatepost's app on ServiceNow instead of the plain gate; it sends its tables' events from now on."""
        install_app(self.servicenow, url=url, secret=secret, writer=BOT_USER)
        remaining = [rule for rule in self.servicenow.event_rules if rule.table not in GATED_STATES]
        self.servicenow.event_rules[:] = remaining

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
    """Both stand-ins; ``clock`` is the time in the tools, ``deployment`` and ``release`` select the kind of Jira."""
    jira = JiraState(deliverer=EventSender(), clock=clock, deployment=deployment, release=release)
    servicenow = ServiceNowState(deliverer=EventSender(), clock=clock)
    jira_server = Server(jira_app(jira), host, jira_port, clock=lambda: jira.clock()).start()
    servicenow_server = Server(
        servicenow_app(servicenow), host, servicenow_port, clock=lambda: servicenow.clock()
    ).start()
    jira.base_url, servicenow.base_url = jira_server.url, servicenow_server.url
    return Sandbox(jira, servicenow, jira_server, servicenow_server)
