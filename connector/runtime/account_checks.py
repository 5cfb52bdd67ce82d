"""Whether the accounts whose personal data is held are reported to Atlassian as they have to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector.bootstrap import Services
from connector.remedy import Remedy
from connector.store.accounts.held_accounts import HeldAccounts
from connector.sync.ports import ToolSite
from connector.sync.setup import ConnectionCheck, Health
from governance.number_words import number_of
from governance.time_text import day_text

SUBJECT = "personal data"


def account_checks(services: Services, site: ToolSite, now: datetime) -> Iterator[ConnectionCheck]:
    """Nothing for a connection that reports none."""
    if site.account_reporter is None:
        return
    state = HeldAccounts(services.engine, services.waker).state(site.name, now)
    if state.problem is not None:
        since = f" since {day_text(state.problem_since)}" if state.problem_since else ""
        yield ConnectionCheck(
            SUBJECT,
            Health.BAD,
            f"{state.held} accounts are not reported to Atlassian{since}: {state.problem}",
            Remedy(
                "Give the app the Personal data reporting API (report:personal-data) in Atlassian's developer console. "
                "Whoever runs Gatepost consents again.",
                "Give the app the Personal data reporting API (report:personal-data) in Atlassian's developer console, "
                "and consent again: gatepost connect jira",
            ),
        )
    elif state.overdue:
        yield ConnectionCheck(
            SUBJECT,
            Health.WARNING,
            f"{state.overdue} of {state.held} accounts are due to be reported to Atlassian",
            Remedy(
                "A worker reports them with its sweeps; whoever runs Gatepost sees that one runs.",
                "A worker reports them with its sweeps: gatepost worker",
            ),
        )
    else:
        when = f"last reported on {day_text(state.reported_at)}" if state.reported_at else "nothing to report yet"
        yield ConnectionCheck(SUBJECT, Health.GOOD, f"{number_of(state.held, 'account')} held, {when}")
