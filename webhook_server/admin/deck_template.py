"""``/calendar/template``: the organisation's own template, in which every deck is written."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.people.permissions import TEMPLATE_ROLES
from connector.store.reporting.deck_templates import DeckTemplates
from webhook_server.auth import current_viewer, requires_role
from webhook_server.permission import Reach


def add_template(blueprint: Blueprint, services: Services) -> None:
    """The addresses of the template."""
    manages = requires_role(*TEMPLATE_ROLES, reach=Reach.ORGANISATION)
    templates = DeckTemplates(services.engine)

    def page(problem: str = "") -> str:
        return render_template(
            "calendar/template.html", stored=templates.stored(), problem=problem,
            largest=services.settings.max_body_bytes,
        )  # fmt: skip

    @blueprint.get("/template")
    @manages
    def template() -> str:
        """Which one is stored, and what it lacks."""
        return page()

    @blueprint.post("/template")
    @manages
    def store_template() -> ResponseReturnValue:
        """Check a file and store it in place of the one before."""
        # As with decks: no other page needs what reads slides.
        from connector.papers.deck.template_check import checked_template
        from connector.papers.deck.unusable import UnusableTemplate

        upload = request.files.get("template")
        if upload is None or not upload.filename:
            return page("Choose the template, a file that ends in .pptx."), 422
        try:
            checked = checked_template(upload.filename, upload.read())
        except UnusableTemplate as error:
            return page(str(error)), 422
        templates.store(checked, current_viewer().login, system_clock())
        flash(f"{checked.file_name} is stored: every deck that names no other template is written in it.", "good")
        return redirect(url_for("calendar.template"), 303)

    @blueprint.post("/template/remove")
    @manages
    def remove_template() -> ResponseReturnValue:
        """Decks are plain again."""
        removed = templates.remove(current_viewer().login)
        flash("The template is removed: decks are plain." if removed else "No template was stored.", "good")
        return redirect(url_for("calendar.template"), 303)
