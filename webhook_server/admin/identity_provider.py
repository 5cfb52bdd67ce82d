"""``/signin/provider``: to the identity provider and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, abort, make_response, redirect, request, session
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.http.transport import Timeout
from connector.people.identity import Begun, Client, SignInRefused
from connector.people.sign_in import welcome
from webhook_server.admin.signin import form
from webhook_server.auth import open_to_all, safe_next, sign_in

if TYPE_CHECKING:
    from connector.people.oidc import Provider

CALLBACK = "/signin/returned"
"""What is registered with the identity provider, after Gatepost's own address."""

KEPT = "provider"
LATE = "This sign-in was begun in another window, or too long ago. Begin it again."

_log = structlog.get_logger(__name__)


def provider(services: Services) -> Blueprint:
    blueprint = Blueprint("provider", __name__)
    asked = _provider(services) if services.settings.has_provider else None

    @blueprint.get("/signin/provider")
    @open_to_all
    def begin() -> ResponseReturnValue:
        """To the identity provider, with what has to come back kept in this browser."""
        if asked is None:
            abort(404, "No identity provider is set up. Sign in with a password.")
        onward = safe_next(request.args.get("next"))
        try:
            url, begun = asked.begin()
        except SignInRefused as error:
            _log.error("identity provider not usable", reason=str(error))
            return form(services, onward, "", str(error)), 503
        session.clear()
        session[KEPT] = [begun.state, begun.nonce, begun.verifier, onward]
        return redirect(url, 303)

    @blueprint.get(CALLBACK)
    @open_to_all
    def returned() -> ResponseReturnValue:
        """Back from the identity provider; what was kept is good for one answer."""
        kept = session.pop(KEPT, None)
        if asked is None or not isinstance(kept, list) or len(kept) != 4:
            return form(services, "/", "", LATE), 400
        state, nonce, verifier, onward = map(str, kept)
        try:
            person = welcome(services.people, asked.finish(Begun(state, nonce, verifier), request.args.to_dict()))
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


def _provider(services: Services) -> Provider:
    # Here, because the libraries of OAuth and of signed tokens serve only those who have a provider.
    from connector.people.oidc import Provider

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
    return Provider(client, timeout=Timeout(settings.connect_timeout, settings.read_timeout), clock=system_clock)
