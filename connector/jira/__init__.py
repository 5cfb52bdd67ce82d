"""Jira, Cloud and Data Center: clients, fields, payloads, webhook, reader, writer, timesheet.

Both entry points import what they build when they are called: a process without a Jira loads none of it, and the web
server, which only receives Jira's events, nothing but the event parser.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from connector.http.tool_access import ToolAccess

if TYPE_CHECKING:
    from connector.http.rate_limits import RateLimiter
    from connector.http.transport import Timeout, TokenRenewal
    from connector.sync.ports import EventParser, ToolSite


def create_event_parser() -> EventParser:
    from connector.jira.event_parser import JiraEventParser

    return JiraEventParser()


def site(
    access: ToolAccess,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: RateLimiter | None = None,
    renew: TokenRenewal | None = None,
) -> ToolSite:
    """All operations on one Jira."""
    from connector.jira.build import build_site

    return build_site(access, timeout=timeout, clock=clock, limiter=limiter, renew=renew)
