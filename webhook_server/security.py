"""Security headers of every answer, and the protection of forms against forged requests."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.bootstrap import Services
from webhook_server.auth import TOKEN_PREFIXES, cookie_name, is_bearer_request

WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ONE_YEAR_SECONDS = 365 * 24 * 3600

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


def style_nonce() -> str:
    """A nonce for the library that adds style sheets at run time; valid for this answer only."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    nonce: str = g.style_nonce
    return nonce


def headers_of_programs(services: Services) -> list[tuple[str, str]]:
    """What an answer carries that is neither a page nor to be kept."""
    policy = ("Content-Security-Policy", _content_security_policy())
    tls = [_STRICT_TRANSPORT] if services.settings.over_tls else []
    return [*HEADERS.items(), policy, ("Cache-Control", "no-store"), *tls]


def _content_security_policy(nonce: str = "") -> str:
    return "; ".join((*CONTENT_SECURITY_POLICY, f"style-src 'self'{nonce}"))


_STRICT_TRANSPORT = ("Strict-Transport-Security", f"max-age={ONE_YEAR_SECONDS}")


def add_security_headers(app: Flask, services: Services) -> None:
    """Headers on every answer, a token in every form, cookies that scripts cannot read."""
    over_tls = services.settings.over_tls
    app.config.update(
        SECRET_KEY=services.vault.derive_key(b"gatepost forms"),
        SESSION_COOKIE_NAME="__Host-gatepost-form" if over_tls else "gatepost-form",
        SESSION_COOKIE_SECURE=over_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A form is valid as long as the session in which it was shown.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    if services.settings.trusted_proxies:
        count = services.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    csrf = CSRFProtect(app)

    @app.before_request
    def check_form() -> None:
        # Events authenticate by their signature, programs by their token: a browser sends neither by itself.
        if request.method not in WRITE_METHODS or request.path.startswith("/hooks/"):
            return
        # Without a cookie no browser session can be abused; the API itself refuses the request then.
        if request.path.startswith(TOKEN_PREFIXES) and (is_bearer_request() or cookie_name() not in request.cookies):
            return
        if not request.cookies:
            # A form's token has its other half in a cookie: refused before a body is waited for.
            raise CSRFError("The CSRF session token is missing.")
        csrf.protect()

    @app.after_request
    def add_headers(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        nonce = f" 'nonce-{g.style_nonce}'" if "style_nonce" in g else ""
        answer.headers["Content-Security-Policy"] = _content_security_policy(nonce)
        if over_tls:
            answer.headers.set(*_STRICT_TRANSPORT)
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        elif request.args.get("v"):
            answer.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_SECONDS}, immutable"
        return answer
