"""What every answer carries, so that a browser helps to keep it safe; and forms that nobody else can send."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.bootstrap import Services
from webhook_server.auth import by_bearer, cookie_name

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
A_YEAR = 365 * 24 * 3600

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

POLICY = (
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
    """A nonce for the one library of a page that adds style sheets of its own; allowed for this answer only."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    nonce: str = g.style_nonce
    return nonce


def secure(app: Flask, services: Services) -> None:
    """Headers on every answer, a token in every form, cookies that scripts cannot read."""
    over_tls = services.settings.over_tls
    app.config.update(
        SECRET_KEY=services.vault.derived(b"gatepost forms"),
        SESSION_COOKIE_NAME="__Host-gatepost-form" if over_tls else "gatepost-form",
        SESSION_COOKIE_SECURE=over_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A form is as good as the session in which it was shown.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    if services.settings.proxies:
        count = services.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    csrf = CSRFProtect(app)

    @app.before_request
    def check_form() -> None:
        # Events prove themselves by their signature, programs by their token: a browser sends neither by itself.
        if request.method not in CHANGING or request.path.startswith("/hooks/"):
            return
        # Without a cookie there is nobody whose browser could be misled; the API itself refuses then.
        if request.path.startswith("/api/") and (by_bearer() or cookie_name() not in request.cookies):
            return
        csrf.protect()

    @app.after_request
    def add_headers(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        nonce = f" 'nonce-{g.style_nonce}'" if "style_nonce" in g else ""
        answer.headers["Content-Security-Policy"] = "; ".join((*POLICY, f"style-src 'self'{nonce}"))
        if over_tls:
            answer.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        elif request.args.get("v"):
            answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return answer
