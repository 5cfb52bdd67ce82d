"""``/``: everybody's first page."""

from __future__ import annotations

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services
from webhook_server.admin.navigation import entries
from webhook_server.admin.navigation import home_page as home_of
from webhook_server.auth import open_to_all, redirect_to_sign_in, safe_next, viewer_or_none
from webhook_server.theme import THEME_COOKIE, THEMES


def home(services: Services) -> Blueprint:
    blueprint = Blueprint("home", __name__)

    @blueprint.get("/")
    @open_to_all
    def index() -> ResponseReturnValue:
        """To the page of one's role; in an empty installation, how to make the first person."""
        viewer = viewer_or_none()
        if viewer is None:
            if services.people.is_empty():
                return render_template("welcome.html", oidc=services.settings.has_provider)
            return redirect_to_sign_in()
        first = home_of(viewer, current_app.view_functions)
        if first is not None:
            return redirect(url_for(first.endpoint), 303)
        return render_template("home.html", offered=entries(viewer, current_app.view_functions))

    @blueprint.post("/theme")
    @open_to_all
    def theme() -> ResponseReturnValue:
        """Light, dark or as the browser prefers: stored in the browser, because other screens may differ."""
        answer = make_response(redirect(safe_next(request.form.get("next")), 303))
        chosen = request.form.get("theme", "")
        if chosen in THEMES:
            answer.set_cookie(
                THEME_COOKIE,
                chosen,
                max_age=400 * 24 * 3600,
                secure=services.settings.over_tls,
                httponly=True,
                samesite="Lax",
            )
        return answer

    return blueprint
