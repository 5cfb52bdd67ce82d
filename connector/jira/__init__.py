"""Jira, Cloud and Data Center: clients, fields, payloads, webhook, reader, writer, timesheet.

The two ways in, each of which imports what it makes when it is called: a process without a Jira loads none of it,
and the web server, which only takes Jira's events in, nothing but the door.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from connector.http.tool_access import Access

if TYPE_CHECKING:
    from connector.http.rate_limits import Limiter
    from connector.http.transport import Renewal, Timeout
    from connector.sync.ports import Door, Site


def door() -> Door:
    from connector.jira.event_parser import JiraDoor

    return JiraDoor()


def site(
    access: Access,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: Limiter | None = None,
    renew: Renewal | None = None,
) -> Site:
    """Everything that the flow may do to one Jira."""
    from connector.jira.build import build_site

    return build_site(access, timeout=timeout, clock=clock, limiter=limiter, renew=renew)
