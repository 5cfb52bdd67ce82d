"""OAuth 2.0 (3LO) with Atlassian: consent, tokens, and the API address of a site.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ : refresh tokens rotate; an access token is valid
for an hour; calls go to api.atlassian.com with the site's cloud id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session

from connector.errors import InvalidResponse
from connector.http.json_values import as_list, as_object, as_text
from connector.http.network import Network
from connector.http.oauth import fetch_tokens, oauth_session
from connector.http.tool_access import OAuthGrant, OAuthGrantType, RenewedToken
from connector.http.transport import Timeout, as_it_is, build_session, response_json
from connector.jira.scopes import DAILY

DATACENTER_TOKEN_PATH = "/rest/oauth2/latest/token"  # noqa: S105 - an address
DATACENTER_SCOPE = "WRITE"
"""Reading is part of it; what administrators may do is open to no service account.
https://confluence.atlassian.com/enterprise/how-service-accounts-work-in-data-center-1627556033.html"""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Atlassian's gateway and sign-in are: of the public cloud, of Government Cloud, or the sandbox's."""

    authorize: str
    token: str
    api: str

    @classmethod
    def at(cls, api: str, auth: str) -> Endpoints:
        """From the addresses of the gateway and of the sign-in."""
        auth = auth.rstrip("/")
        return cls(f"{auth}/authorize", f"{auth}/oauth/token", api.rstrip("/"))

    @property
    def audience(self) -> str:
        """Whom a consent is for: the gateway's host."""
        return urlsplit(self.api).netloc


def service_account_grant(client_id: str, client_secret: str, token_url: str, scope: str = "") -> OAuthGrant:
    """What a service account signs in with by itself: no person, no consent, no refresh token."""
    return OAuthGrant(client_id, client_secret, "", token_url, OAuthGrantType.CLIENT_CREDENTIALS, scope=scope)


class OAuthApp:
    """One app of the customer's own, as registered in Atlassian's developer console."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        endpoints: Endpoints,
        *,
        timeout: Timeout,
        network: Network | None = None,
    ) -> None:
        self._network = network
        self._id = client_id
        self._secret = client_secret
        self._endpoints = endpoints
        self._timeout = timeout

    def consent_url(self, redirect_uri: str, scopes: Sequence[str] = DAILY) -> tuple[str, str]:
        """The consent page, and the state that has to come back."""
        session: Any = OAuth2Session(self._id, self._secret, redirect_uri=redirect_uri, scope=" ".join(scopes))
        url, state = session.create_authorization_url(
            self._endpoints.authorize, audience=self._endpoints.audience, prompt="consent"
        )
        return str(url), str(state)

    def redeem(self, code: str, redirect_uri: str, clock: Callable[[], datetime]) -> tuple[OAuthGrant, RenewedToken]:
        """Tokens for the code that the consent page sent back.  Raises AuthenticationFailed."""
        session = self._session(redirect_uri)
        fresh = fetch_tokens(
            lambda: session.fetch_token(self._endpoints.token, code=code), self._endpoints.token, clock
        )
        return OAuthGrant(self._id, self._secret, fresh.refresh_token, self._endpoints.token), fresh

    def cloud_id(self, access_token: str, site: str) -> str:
        """The id of a site that the token reaches.  Raises InvalidResponse when it reaches other sites only."""
        session = self._plain(self._endpoints.api)
        url = f"{self._endpoints.api}/oauth/token/accessible-resources"
        response = response_json(session.get(url, headers={"Authorization": f"Bearer {access_token}"}), url)
        site_ids = {
            as_text(as_object(row).get("url")).rstrip("/"): as_text(as_object(row).get("id"))
            for row in as_list(response)
        }
        if site.rstrip("/") not in site_ids:
            raise InvalidResponse(f"The consent is for {', '.join(site_ids) or 'no site'}, and not for {site}.")
        return site_ids[site.rstrip("/")]

    def _session(self, redirect_uri: str) -> Any:
        return oauth_session(
            self._id, self._secret, self._endpoints.token, self._timeout, redirect_uri, network=self._network
        )

    def _plain(self, url: str) -> requests.Session:
        return build_session(
            connection="Atlassian", base_url=url, timeout=self._timeout, classify=as_it_is, network=self._network
        )
