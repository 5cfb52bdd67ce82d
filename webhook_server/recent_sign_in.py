"""A step that changes access asks again who is there, when the sign-in is older than ten minutes.

Put ``@requires_recent_sign_in`` on the view: a form that comes too late is kept, encrypted, while its person enters
the password or signs in at the identity provider again, and then runs as it was sent.  The page of the question posts
to the same address, so a view knows nothing of all this.  For plain forms: a file in a form is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.authentication import SignInMethod
from connector.people.passwords import verify_password
from connector.people.permissions import Viewer
from connector.people.person import Person
from webhook_server.auth import confirm_session, current_viewer, is_bearer_request, services
from webhook_server.sign_in_attempts import (
    FailedSignIn,
    attempt_of,
    record_failed_sign_in,
    seconds_to_wait,
    too_many,
)

TOKEN_FIELD = "pending_form"  # noqa: S105 - the name of a field
"""The field that names the form that is waiting."""

FORM_IS_GONE = "This form has been sent already, or was kept for longer than 30 minutes. Open the page again."

P = ParamSpec("P")


def requires_recent_sign_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a form through only when its person has shown lately who they are; reading needs nothing."""

    @wraps(view)
    def confirmed(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method in {"GET", "HEAD"}:
            return view(*args, **kwargs)
        question = _question()
        return view(*args, **kwargs) if question is None else question

    return confirmed


def is_recent(viewer: Viewer) -> bool:
    """Whether this person has shown lately who they are; never so for a token."""
    return viewer.authentication is not None and viewer.authentication.is_recent(system_clock())


def _question() -> ResponseReturnValue | None:
    """The page that asks; ``None`` when nothing has to be asked (any more), with the form in its place."""
    viewer, here, now = current_viewer(), services(), system_clock()
    if viewer.session is None or is_bearer_request():
        abort(403, "A token cannot change access: sign in on the pages.")
    token = request.form.get(TOKEN_FIELD, "")
    if not is_recent(viewer):
        if not token:
            if request.files:
                abort(409, "Sign in again first, then send the file.")
            fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
            try:
                token = here.pending_forms.keep(viewer.session, _path(), fields, now=now)
            except ConfigurationError as too_long:
                abort(413, str(too_long))
            return _page(viewer, token)
        error = _check_password(viewer)
        if error:
            return _page(viewer, token, error)
    if token:
        kept = here.pending_forms.take(token, viewer.session, _path(), now=now)
        if kept is None:
            abort(409, FORM_IS_GONE)
        # The view reads the form as it was sent at first.
        request.form = ImmutableMultiDict(kept)
    return None


def _check_password(viewer: Viewer) -> str:
    """Empty when the password is right, and the code where there is a second factor; else what to tell."""
    here, attempt = services(), attempt_of(viewer)
    if viewer.person is None or viewer.session is None:
        abort(403)
    wait = seconds_to_wait(here, attempt)
    if wait is not None:
        return too_many(wait)
    if not verify_password(request.form.get("password", ""), here.people.password_hash(viewer.person)):
        record_failed_sign_in(viewer.login, attempt.address, FailedSignIn.CREDENTIALS)
        return "This is not your password."
    if here.second_factors.is_enrolled(viewer.person):
        code = request.form.get("code", "")
        if not here.second_factors.check(viewer.person, code, by=viewer.login, now=system_clock()).is_good:
            record_failed_sign_in(viewer.login, attempt.address, FailedSignIn.CODE)
            return "This code is wrong, or was used already. Wait for the next one."
    here.sign_in_throttle.clear(attempt)
    confirm_session(viewer, method=SignInMethod.PASSWORD, at=system_clock())
    return ""


def _page(viewer: Viewer, token: str, error: str = "") -> ResponseReturnValue:
    person = services().people.get(viewer.person) if viewer.person is not None else None
    page = render_template(
        "confirm_identity.html",
        action=_path(),
        token_field=TOKEN_FIELD,
        token=token,
        error=error,
        is_known=viewer.authentication is not None and viewer.authentication.at is not None,
        has_password=person is not None and person.has_password,
        has_provider=person is not None and uses_provider(person),
        has_second_factor=viewer.authentication is not None and viewer.authentication.has_second_factor,
    )
    return make_response(page, 401)


def uses_provider(person: Person) -> bool:
    """Whether this person can sign in at the identity provider that is configured."""
    settings = services().settings
    return settings.has_provider and person.oidc_subject is not None and person.oidc_issuer == settings.oidc_issuer


def _path() -> str:
    return request.full_path.rstrip("?")
