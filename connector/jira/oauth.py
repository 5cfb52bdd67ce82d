"""OAuth 2.0 (3LO) with Atlassian: consent, tokens, and the address behind which a site answers.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ : refresh tokens rotate; an access token lives an
hour; calls go to api.atlassian.com with the site's cloud id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session

from connector.errors import BadAnswer
from connector.http.json_values import items, obj, text
from connector.http.oauth import oauth_session, tokens
from connector.http.tool_access import OAuthGrant, Renewed
from connector.http.transport import Timeout, as_it_is, build_session, json_of
from connector.jira.tenant import API

AUTHORIZE = "https://auth.atlassian.com/authorize"
TOKEN = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - an address
SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-webhook", "offline_access")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Atlassian's, or those of a stand-in."""

    authorize: str = AUTHORIZE
    token: str = TOKEN
    api: str = API


class OAuthApp:
    """One app of the customer's own, as registered in Atlassian's developer console."""

    def __init__(self, client_id: str, client_secret: str, endpoints: Endpoints, *, timeout: Timeout) -> None:
        self._id = client_id
        self._secret = client_secret
        self._endpoints = endpoints
        self._timeout = timeout

    def consent_url(self, redirect_uri: str) -> tuple[str, str]:
        """The page on which somebody consents, and the state that has to come back."""
        session: Any = OAuth2Session(self._id, self._secret, redirect_uri=redirect_uri, scope=" ".join(SCOPES))
        url, state = session.create_authorization_url(
            self._endpoints.authorize, audience="api.atlassian.com", prompt="consent"
        )
        return str(url), str(state)

    def redeem(self, code: str, redirect_uri: str, clock: Callable[[], datetime]) -> tuple[OAuthGrant, Renewed]:
        """Tokens for the code that the consent page sent back.  Raises AuthenticationFailed."""
        session = self._session(redirect_uri)
        fresh = tokens(lambda: session.fetch_token(self._endpoints.token, code=code), self._endpoints.token, clock)
        return OAuthGrant(self._id, self._secret, fresh.refresh_token, self._endpoints.token), fresh

    def cloud_id(self, access_token: str, site: str) -> str:
        """The id of a site that the token reaches.  Raises BadAnswer when it reaches another one only."""
        session = self._plain(self._endpoints.api)
        url = f"{self._endpoints.api}/oauth/token/accessible-resources"
        answer = json_of(session.get(url, headers={"Authorization": f"Bearer {access_token}"}), url)
        there = {text(obj(one).get("url")).rstrip("/"): text(obj(one).get("id")) for one in items(answer)}
        if site.rstrip("/") not in there:
            raise BadAnswer(f"The consent was given for {', '.join(there) or 'no site'}, and not for {site}.")
        return there[site.rstrip("/")]

    def _session(self, redirect_uri: str) -> Any:
        return oauth_session(self._id, self._secret, self._endpoints.token, self._timeout, redirect_uri)

    def _plain(self, url: str) -> requests.Session:
        return build_session(connection="Atlassian", base_url=url, timeout=self._timeout, classify=as_it_is)
