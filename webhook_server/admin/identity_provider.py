"""``/signin/provider``: sign-in through the identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, abort, make_response, redirect, request, session
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.http.transport import Timeout
from connector.people.identity import Begun, Client, SignInRefused
from connector.people.sign_in import sign_in_person
from webhook_server.admin.signin import form
from webhook_server.auth import open_to_all, safe_next, sign_in

if TYPE_CHECKING:
    from connector.people.oidc import IdentityProvider

CALLBACK = "/signin/returned"
"""The path that is registered with the identity provider, below Gatepost's own address."""

SESSION_KEY = "provider"
SIGN_IN_EXPIRED = "This sign-in was started in another window, or too long ago. Start it again."

_log = structlog.get_logger(__name__)


def provider(services: Services) -> Blueprint:
    blueprint = Blueprint("provider", __name__)
    identity_provider = _provider(services) if services.settings.has_provider else None

    @blueprint.get("/signin/provider")
    @open_to_all
    def start() -> ResponseReturnValue:
        """Redirect to the identity provider; what its answer must match is stored in this browser."""
        if identity_provider is None:
            abort(404, "No identity provider is set up. Sign in with a password.")
        onward = safe_next(request.args.get("next"))
        try:
            url, begun = identity_provider.begin()
        except SignInRefused as error:
            _log.error("identity provider unavailable", reason=str(error))
            return form(services, onward, "", str(error)), 503
        session.clear()
        session[SESSION_KEY] = [begun.state, begun.nonce, begun.verifier, onward]
        return redirect(url, 303)

    @blueprint.get(CALLBACK)
    @open_to_all
    def callback() -> ResponseReturnValue:
        """The answer of the identity provider; what was stored is valid for one answer."""
        stored = session.pop(SESSION_KEY, None)
        if identity_provider is None or not isinstance(stored, list) or len(stored) != 4:
            return form(services, "/", "", SIGN_IN_EXPIRED), 400
        state, nonce, verifier, onward = map(str, stored)
        try:
            person = sign_in_person(
                services.people, identity_provider.finish(Begun(state, nonce, verifier), request.args.to_dict())
            )
        except (SignInRefused, ConfigurationError) as error:
            _log.warning("sign-in refused", reason=str(error))
            return form(services, safe_next(onward), "", str(error)), 403
        viewer = services.people.viewer(person.id)
        if viewer is None:
            return form(services, "/", "", "This account was disabled a moment ago."), 403
        session.clear()
        by = f"{viewer.login} (identity provider)"
        return sign_in(make_response(redirect(safe_next(onward), 303)), viewer, by=by)

    return blueprint


def _provider(services: Services) -> IdentityProvider:
    # Imported here: only installations with a provider need the libraries for OAuth and signed tokens.
    from connector.people.oidc import IdentityProvider

    settings = services.settings
    secret = settings.oidc_client_secret
    client = Client(
        issuer=settings.oidc_issuer or "",
        id=settings.oidc_client_id or "",
        secret=secret.get_secret_value() if secret else "",
        redirect_uri=settings.address + CALLBACK,
        scopes=settings.oidc_scopes,
        groups_claim=settings.oidc_groups_claim,
    )
    return IdentityProvider(
        client, timeout=Timeout(settings.connect_timeout, settings.read_timeout), clock=system_clock
    )
