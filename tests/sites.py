"""Sites on the stand-ins, with the story's own accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from connector import jira, servicenow
from connector.bootstrap import Services
from connector.http.rate_limits import RateLimiter
from connector.http.tool_access import Auth, Deployment, ToolAccess, default_webhook_auth
from connector.http.transport import Timeout
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ports import ToolSite
from mapping.work_item import ConnectionName, Tool
from sandbox.jira.model import Deployment as Face
from sandbox.jira.state import JiraState
from sandbox.servers import Sandbox
from sandbox.servicenow.state import ServiceNowState
from sandbox.story import seed

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


def jira_access(state: JiraState, name: str = "jira-main") -> ToolAccess:
    """The robot's: an API token on Cloud, a personal access token on Data Center."""
    access = ToolAccess(ConnectionName(name), Tool.JIRA, state.base_url, seed.BOT_EMAIL, seed.BOT_TOKEN)
    if state.deployment is Face.DATACENTER:
        return replace(access, deployment=Deployment.DATACENTER, auth=Auth.BEARER, username="")
    return access


def servicenow_access(state: ServiceNowState, name: str = "servicenow-main") -> ToolAccess:
    return ToolAccess(ConnectionName(name), Tool.SERVICENOW, state.base_url, seed.BOT_USER, seed.BOT_PASSWORD)


def jira_site(state: JiraState, *, clock: Clock = now, limiter: RateLimiter | None = None) -> ToolSite:
    return jira.site(jira_access(state), timeout=Timeout(), clock=clock, limiter=limiter)


def servicenow_site(state: ServiceNowState, *, clock: Clock = now) -> ToolSite:
    return servicenow.site(servicenow_access(state), timeout=Timeout(), clock=clock)


def connect(services: Services, sandbox: Sandbox, secret: str) -> None:
    """Both connections of the story, as an administrator would have saved them."""
    for access in (jira_access(sandbox.jira), servicenow_access(sandbox.servicenow)):
        services.connections.save(
            ConnectionRecord(
                access.name, access.tool, access.base_url, access.username, access.credential, (secret,),
                deployment=access.deployment, auth=access.auth, webhook_auth=default_webhook_auth(access.tool),
            )
        )  # fmt: skip
