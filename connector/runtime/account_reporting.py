"""Reports the accounts whose personal data is held, once a cycle, and does what the answer asks for."""

from __future__ import annotations

from datetime import datetime

import structlog

from connector.bootstrap import Services
from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.store.accounts.held_accounts import HeldAccounts
from connector.sync.ports import ToolSite

MOST_REPORTS = 20
"""Of one turn; the next sweep goes on."""

_log = structlog.get_logger(__name__)


def report_accounts(services: Services, site: ToolSite, now: datetime) -> None:
    """Raises RetryLater and AuthenticationFailed."""
    if site.account_reporter is None:
        return
    held = HeldAccounts(services.engine, services.waker)
    held.find_new(site.name, now)
    for _ in range(MOST_REPORTS):
        due = held.due(site.name, now, site.account_reporter.most)
        if not due:
            return
        try:
            answer = site.account_reporter.report(due)
        except ToolError as error:
            held.failed(site.name, str(error), now)
            _log.warning("accounts not reported", connection=site.name, accounts=len(due), why=str(error))
            if isinstance(error, RetryLater | AuthenticationFailed):
                raise
            return
        held.settle(site.name, [one.account for one in due], answer, now)
        _log.info(
            "accounts reported", connection=site.name, accounts=len(due), closed=len(answer.closed),
            updated=len(answer.updated),
        )  # fmt: skip
