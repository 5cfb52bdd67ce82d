"""Sites on the stand-ins, with the story's own accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from connector import jira, servicenow
from connector.bootstrap import Services
from connector.http.rate_limits import Limiter
from connector.http.tool_access import Access, Auth, Deployment, usual_doors
from connector.http.transport import Timeout
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ports import Site
from mapping.work_item import ConnectionName, Tool
from sandbox.jira.model import Deployment as Face
from sandbox.jira.state import JiraState
from sandbox.servers import Sandbox
from sandbox.servicenow.state import ServiceNowState
from sandbox.story import seed

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


def jira_access(state: JiraState, name: str = "jira-main") -> Access:
    """The robot's: an API token on Cloud, a personal access token on Data Center."""
    access = Access(ConnectionName(name), Tool.JIRA, state.base_url, seed.BOT_EMAIL, seed.BOT_TOKEN)
    if state.deployment is Face.DATACENTER:
        return replace(access, deployment=Deployment.DATACENTER, auth=Auth.BEARER, username="")
    return access


def snow_access(state: ServiceNowState, name: str = "servicenow-main") -> Access:
    return Access(ConnectionName(name), Tool.SERVICENOW, state.base_url, seed.BOT_USER, seed.BOT_PASSWORD)


def jira_site(state: JiraState, *, clock: Clock = now, limiter: Limiter | None = None) -> Site:
    return jira.site(jira_access(state), timeout=Timeout(), clock=clock, limiter=limiter)


def snow_site(state: ServiceNowState, *, clock: Clock = now) -> Site:
    return servicenow.site(snow_access(state), timeout=Timeout(), clock=clock)


def connect(services: Services, sandbox: Sandbox, secret: str) -> None:
    """Both connections of the story, as an administrator would have saved them."""
    for access in (jira_access(sandbox.jira), snow_access(sandbox.servicenow)):
        services.connections.save(
            ConnectionRecord(
                access.name, access.tool, access.base_url, access.username, access.credential, (secret,),
                deployment=access.deployment, auth=access.auth, doors=usual_doors(access.tool),
            )
        )  # fmt: skip
