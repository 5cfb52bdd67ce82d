"""Where a site of Jira Cloud answers to scoped tokens: behind Atlassian's one address, by its cloud id."""

from __future__ import annotations

from connector.errors import BadAnswer
from connector.http.json_values import obj, text
from connector.http.transport import Timeout, as_it_is, build_session, json_of

API = "https://api.atlassian.com"


def tenant_cloud_id(site: str, *, timeout: Timeout) -> str:
    """The cloud id that a site tells to everybody; needed for scoped and service-account tokens."""
    session = build_session(connection=site, base_url=site, timeout=timeout, classify=as_it_is)
    url = f"{site.rstrip('/')}/_edge/tenant_info"
    answer = json_of(session.get(url), url)
    found = text(obj(answer).get("cloudId"))
    if not found:
        raise BadAnswer(f"{site} does not tell its cloud id. Give it with --cloud-id.")
    return found
