"""``/setup``: the set-up step by step: what is done, the result of each step, and what comes next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role
from connector.store.mapping_versions.drafts import DraftConflict, MappingDrafts
from mapping.load import LoadedMapping, load_mapping
from mapping.starter import NoWritableField, starter_mapping
from mapping.work_item import ConnectionName, Tool
from webhook_server.admin.setup_connect import add_connect
from webhook_server.admin.setup_events import add_events
from webhook_server.admin.setup_provision import add_provision
from webhook_server.admin.setup_steps import KEPT, render_setup
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_message
from webhook_server.permission import Reach

TABLE_NAMES: Mapping[str, str] = {
    "pm_project": "Projects",
    "dmn_demand": "Demands",
    "change_request": "Change requests",
}
"""What people call the tables of ServiceNow that are usually governed."""


def setup(services: Services) -> Blueprint:
    blueprint = Blueprint("setup", __name__, url_prefix="/setup")
    _add_steps(blueprint, services)
    add_connect(blueprint, services)
    add_events(blueprint, services)
    add_provision(blueprint, services)
    return blueprint


def _add_steps(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def index() -> str:
        return render_setup(services)

    @blueprint.get("/survey/<name>")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def survey(name: str) -> str:
        """What a tool has that could be governed; loaded after the page itself."""
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            kinds = dict(inspector.item_kinds()) if inspector is not None else {}
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_survey.html", name=name, kinds={}, error=page_message(error), chosen={})
        chosen = dict(request.args) if request.args.get("connection") == name else {}
        return render_template(
            "setup/_survey.html", name=name, kinds=kinds, error="", chosen=chosen, table_names=TABLE_NAMES
        )

    @blueprint.post("/starter")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def write_starter() -> ResponseReturnValue:
        """A first mapping from what the tool shows, as the viewer's draft."""
        viewer, name = current_viewer(), request.form.get("connection", "")
        project, kind = _chosen_kind(request.form.get("kind", ""))
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            if inspector is None or viewer.person is None:
                raise ConfigurationError(f"{name} cannot be inspected.")
            survey = inspector.survey(project, kind or project)
            organization = " ".join(request.form.get("organization", "").split()) or "ACME"
            currency = request.form.get("currency", "EUR").strip().upper()
            if not re.fullmatch("[A-Z]{3}", currency):
                raise ConfigurationError("A currency is written with three letters, such as EUR.")
            text = starter_mapping(
                survey, organization=organization, currency=currency, creates_fields=_creates_fields(services, name)
            )
            if not isinstance(load_mapping(text), LoadedMapping):
                raise ConfigurationError("No valid mapping can be written from the survey; write it in the editor.")
            active = services.mappings.active()
            MappingDrafts(services.engine).save(
                viewer.person, text, based_on=active.number if active else None, revision=0
            )
        except DraftConflict:
            flash("You have a draft already; it was not changed. Discard it first to start again.", "warn")
            return redirect(url_for("mapping.edit"), 303)
        except (ToolError, ConfigurationError, NoWritableField) as error:
            flash(page_message(error), "bad")
            # With what was chosen, so that nobody has to choose again.
            kept = {name: request.form.get(name, "") for name in KEPT}
            return redirect(f"{url_for('setup.index')}?{urlencode(kept)}", 303)
        flash(
            f"A first mapping was written from the survey of {name}. Read it once; its comments say what is missing.",
            "good",
        )
        return redirect(url_for("mapping.edit"), 303)


def _chosen_kind(text: str) -> tuple[str, str]:
    """Project and issue type, or a table and nothing.

    They travel as JSON: a browser writes a line break of a form in its own way, and names hold every other character.
    """
    try:
        chosen = json.loads(text)
    except ValueError:
        return "", ""
    names = [name for name in chosen if isinstance(name, str)] if isinstance(chosen, list) else []
    return (names[0] if names else "", names[1] if len(names) > 1 else "")


def _creates_fields(services: Services, name: str) -> bool:
    """Whether Gatepost makes the fields there that it writes, so that a first mapping may name them already."""
    site = Sites(services, system_clock).get(ConnectionName(name))
    record = services.connections.get(name)
    return site.provisioner is not None and record is not None and record.tool is Tool.JIRA
