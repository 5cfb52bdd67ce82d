"""``/signin/provider``: sign-in through the identity provider."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, abort, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.http.transport import Timeout
from connector.people.authentication import SignInMethod
from connector.people.identity import Begun, Client, Identity, SignInRefused
from connector.people.sign_in import sign_in_person
from webhook_server.admin.signin import form
from webhook_server.auth import before_second_factor, confirm_session, current_viewer, open_to_all, safe_next, sign_in
from webhook_server.page_messages import page_text
from webhook_server.permission import for_all_signed_in
from webhook_server.recent_sign_in import FORM_IS_GONE, TOKEN_FIELD
from webhook_server.sign_in_attempts import FailedSignIn, record_failed_sign_in

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
        return _to_provider(services, identity_provider, safe_next(request.args.get("next")), fresh=False)

    @blueprint.get(CALLBACK)
    @open_to_all
    def callback() -> ResponseReturnValue:
        """The answer of the identity provider; what was stored is valid for one answer."""
        begun, onward = _stored()
        if identity_provider is None or begun is None:
            return form(services, "/", "", SIGN_IN_EXPIRED), 400
        asserted = ""
        try:
            identity = identity_provider.finish(begun, request.args.to_dict())
            asserted = identity.login
            if begun.fresh:
                return _confirmed(services, identity, onward)
            person = sign_in_person(services.people, identity, now=system_clock())
        except (SignInRefused, ConfigurationError) as error:
            _log.warning("sign-in refused", reason=page_text(error))
            record_failed_sign_in(asserted, request.remote_addr or "", FailedSignIn.PROVIDER)
            if begun.fresh:
                abort(403, page_text(error))
            return form(services, safe_next(onward), "", page_text(error)), 403
        viewer = services.people.viewer(person.id)
        if viewer is None:
            return form(services, "/", "", "This account was disabled a moment ago."), 403
        session.clear()
        return sign_in(
            make_response(redirect(safe_next(onward), 303)),
            viewer,
            by=f"{viewer.login} (identity provider)",
            method=SignInMethod.PROVIDER,
            authenticated_at=identity.authenticated_at,
        )

    _add_confirmation(blueprint, services, identity_provider)
    return blueprint


def _add_confirmation(blueprint: Blueprint, services: Services, identity_provider: IdentityProvider | None) -> None:
    @blueprint.get("/signin/provider/confirm")
    @before_second_factor
    @for_all_signed_in
    def confirm() -> ResponseReturnValue:
        """The same for somebody who is signed in, and has to sign in there once more for a form that is waiting."""
        onward = url_for("provider.go_on", form=request.args.get("form", ""))
        return _to_provider(services, identity_provider, onward, fresh=True)

    @blueprint.get("/signin/go-on")
    @before_second_factor
    @for_all_signed_in
    def go_on() -> ResponseReturnValue:
        """The person is confirmed; the form that was waiting goes where it went at first, by the person's own click."""
        viewer, token = current_viewer(), request.args.get("form", "")
        waiting = viewer.session is not None
        path = services.pending_forms.path(token, viewer.session or 0, now=system_clock()) if waiting else None
        if path is None:
            abort(409, FORM_IS_GONE)
        return render_template("identity_confirmed.html", action=path, token=token, token_field=TOKEN_FIELD)


def _to_provider(
    services: Services, identity_provider: IdentityProvider | None, onward: str, *, fresh: bool
) -> ResponseReturnValue:
    if identity_provider is None:
        abort(404, "No identity provider is set up. Sign in with a password.")
    try:
        url, begun = identity_provider.begin(fresh=fresh)
    except SignInRefused as error:
        _log.error("identity provider unavailable", reason=page_text(error))
        if fresh:
            abort(503, page_text(error))
        return form(services, onward, "", page_text(error)), 503
    if not fresh:
        session.clear()
    asked = begun.asked_at.timestamp()
    session[SESSION_KEY] = [begun.state, begun.nonce, begun.verifier, onward, asked, begun.fresh]
    return redirect(url, 303)


def _stored() -> tuple[Begun | None, str]:
    """What this browser was given when it went to the provider, and where to go afterwards; once."""
    match session.pop(SESSION_KEY, None):
        case [str(state), str(nonce), str(verifier), str(onward), float(asked), bool(fresh)]:
            return Begun(state, nonce, verifier, datetime.fromtimestamp(asked, UTC), fresh), onward
        case _:
            return None, "/"


def _confirmed(services: Services, identity: Identity, onward: str) -> ResponseReturnValue:
    """Only the person of this session can confirm it.  Raises SignInRefused."""
    viewer = current_viewer()
    person = services.people.get(viewer.person) if viewer.person is not None else None
    linked = (person.oidc_issuer, person.oidc_subject) if person is not None else None
    if viewer.session is None or linked != (identity.issuer, identity.subject):
        raise SignInRefused("Somebody else signed in at the identity provider. Sign out there, and start again.")
    at = identity.authenticated_at or system_clock()
    confirm_session(viewer, method=SignInMethod.PROVIDER, at=at)
    return redirect(safe_next(onward), 303)


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
    timeout = Timeout(settings.connect_timeout, settings.read_timeout)
    return IdentityProvider(client, timeout=timeout, clock=system_clock, network=services.network)
