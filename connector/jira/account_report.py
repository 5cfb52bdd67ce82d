"""Reports to Atlassian whose personal data is held, as an app of OAuth 2.0 (3LO) has to.

https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/ : up to 90 accounts in one request to
``POST https://api.atlassian.com/app/report-accounts/``; 204 when nothing is to be done, 200 with the accounts that were
closed or updated.  Each account is reported once a cycle: 7 days, unless the answer's ``Cycle-Period`` says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import requests

from connector.errors import InvalidResponse
from connector.http.json_values import as_list, as_object, as_text
from connector.http.tool_access import Auth, ToolAccess
from connector.http.transport import response_json
from connector.jira.cloud import GATEWAY_PATH
from connector.sync.personal_data import AccountAnswer, HeldAccount
from connector.timestamp import timestamp_text

MOST = 90
CYCLE = timedelta(days=7)
"""Where the answer does not say."""
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=30)
"""Whatever an answer says: neither a flood nor silence."""
PATH = "/app/report-accounts/"
SCOPE = "report:personal-data"
_DURATION = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?")


class JiraAccountReporter:
    """Implements :class:`connector.sync.personal_data.AccountReporter`."""

    most = MOST

    def __init__(self, gateway: str, session: requests.Session) -> None:
        self._address = f"{gateway}{PATH}"
        self._session = session

    def report(self, accounts: Sequence[HeldAccount]) -> AccountAnswer:
        rows = [{"accountId": one.account, "updatedAt": timestamp_text(one.retrieved_at)} for one in accounts]
        response = self._session.post(self._address, json={"accounts": rows})
        cycle = cycle_of(response.headers.get("Cycle-Period", ""))
        if response.status_code == 204:
            return AccountAnswer(frozenset(), frozenset(), cycle)
        told = as_object(response_json(response, self._address)).get("accounts")
        if not isinstance(told, list):
            raise InvalidResponse(f"The response to {PATH} names no accounts.", operation=PATH)
        asked = {one.account for one in accounts}
        found: dict[str, set[str]] = {"closed": set(), "updated": set()}
        for row in map(as_object, as_list(told)):
            account, status = as_text(row.get("accountId")), as_text(row.get("status"))
            # Only what was asked about: nobody's names go because of an answer about somebody else.
            if account in asked and status in found:
                found[status].add(account)
        return AccountAnswer(frozenset(found["closed"]), frozenset(found["updated"] - found["closed"]), cycle)


def reporter_of(access: ToolAccess, session: requests.Session) -> JiraAccountReporter | None:
    """For an app at Atlassian's gateway; an account that works by itself reports nothing."""
    gateway, found, _ = access.api_base_url.partition(GATEWAY_PATH)
    return JiraAccountReporter(gateway, session) if found and access.auth is Auth.OAUTH else None


def cycle_of(header: str) -> timedelta:
    """``P7D`` and other durations of ISO 8601, a number of seconds, or, up to 365, of days."""
    found = _DURATION.fullmatch(header.strip())
    if header.strip().isdecimal() and len(header.strip()) < 10:
        number = int(header)
        cycle = timedelta(days=number) if number <= 365 else timedelta(seconds=number)
    elif found is not None and any(found.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        cycle = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    else:
        return CYCLE
    return min(max(cycle, SHORTEST), LONGEST) if cycle else CYCLE
