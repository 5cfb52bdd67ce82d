"""OAuth consent from a terminal: a page to open, and a listener on this machine for the returned code."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from rich.console import Console

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.http.network import Network
from connector.http.tool_access import OAuthGrant, RenewedToken
from connector.http.transport import Timeout
from connector.jira.oauth import Endpoints, OAuthApp
from connector.jira.scopes import DAILY

TIMEOUT_SECONDS = 300


def ask_consent(
    console: Console,
    client_id: str,
    client_secret: str,
    endpoints: Endpoints,
    site: str,
    port: int,
    timeout: Timeout,
    network: Network,
    scopes: Sequence[str] = DAILY,
) -> tuple[OAuthGrant, RenewedToken, str]:
    """Tokens and the site's cloud id.  Raises ConfigurationError, AuthenticationFailed or BadAnswer."""
    app = OAuthApp(client_id, client_secret, endpoints, timeout=timeout, network=network)
    redirect = f"http://localhost:{port}/callback"
    address, state = app.consent_url(redirect, scopes)
    with _listener(port) as listener:
        listener.timeout = TIMEOUT_SECONDS
        who = "the account that Gatepost works as" if scopes is DAILY else "an administrator of Jira"
        console.print(f"Open this page, sign in as {who}, and consent:\n{address}")
        # Without a browser on this machine, the address is opened on another one, with a tunnel back to here.
        webbrowser.open(address)
        listener.handle_request()
    if not listener.code:
        raise ConfigurationError(f"No consent came back within {TIMEOUT_SECONDS} s. Run the command again.")
    if listener.state != state:
        raise ConfigurationError("The answer belongs to another consent. Run the command again.")
    grant, fresh = app.redeem(listener.code, redirect, system_clock)
    return grant, fresh, app.cloud_id(fresh.access_token, site)


def _listener(port: int) -> _Listener:
    try:
        return _Listener(("127.0.0.1", port), _Callback)
    except OSError as error:
        raise ConfigurationError(
            f"Port {port}, on which the consent comes back, cannot be used ({error.strerror}). Take another one with "
            "--callback-port, and enter it at the app in Atlassian's console."
        ) from None


class _Listener(HTTPServer):
    code = ""
    state = ""


class _Callback(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        """Receive the code from the browser."""
        query = parse_qs(urlsplit(self.path).query)
        self.server.code, self.server.state = (query.get(name, [""])[0] for name in ("code", "state"))
        body = b"Gatepost has received the consent. You can close this page."
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """The address contains the code, so it is not logged."""
