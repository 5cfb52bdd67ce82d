"""The API address of a Jira Cloud site for scoped tokens: Atlassian's common address, with the cloud id."""

from __future__ import annotations

from connector.errors import InvalidResponse
from connector.http.json_values import as_object, as_text
from connector.http.network import Network
from connector.http.transport import Timeout, as_it_is, build_session, response_json
from connector.remedy import Remedy


def tenant_cloud_id(site: str, *, timeout: Timeout, network: Network | None = None) -> str:
    """The cloud id, which a site publishes; needed for scoped and service-account tokens."""
    session = build_session(connection=site, base_url=site, timeout=timeout, classify=as_it_is, network=network)
    url = f"{site.rstrip('/')}/_edge/tenant_info"
    response = response_json(session.get(url), url)
    cloud_id = as_text(as_object(response).get("cloudId"))
    if not cloud_id:
        raise InvalidResponse(
            f"{site} does not publish its cloud id.", remedy=Remedy(command="Give it with --cloud-id.")
        )
    return cloud_id
