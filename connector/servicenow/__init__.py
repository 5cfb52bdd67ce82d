"""ServiceNow: client, fields, payloads, webhook, reader, writer.

Both entry points import what they build when they are called: a process without a ServiceNow loads none of it, and the
web server, which only receives ServiceNow's events, nothing but the event parser.
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
    from connector.servicenow.event_parser import ServiceNowEventParser

    return ServiceNowEventParser()


def site(
    access: ToolAccess,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: RateLimiter | None = None,
    renew: TokenRenewal | None = None,
) -> ToolSite:
    """All operations on one ServiceNow instance."""
    from connector.servicenow.build import build_site

    return build_site(access, timeout=timeout, clock=clock, limiter=limiter, renew=renew)
