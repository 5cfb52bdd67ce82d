"""``/mapping``: the active version, drafts, history; the editor with its autosaved draft."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from connector.bootstrap import Services
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role, Viewer
from connector.store.mapping_versions.drafts import DraftConflict, MappingDraft, MappingDrafts
from connector.store.mapping_versions.versions import StoredMapping
from mapping.difference import differences
from mapping.governing import warnings_of
from mapping.load import LoadedMapping, load_mapping
from mapping.problems import MappingFileProblem
from mapping.schema import json_schema as schema_of
from webhook_server.admin.mapping_activation import add_activation
from webhook_server.admin.mapping_candidate import differences_from, draft_of, find_version, text_differences
from webhook_server.admin.mapping_guided import add_guided
from webhook_server.admin.mapping_live_preview import add_live_preview
from webhook_server.admin.tool_names import ToolNameCache
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_text
from webhook_server.permission import Reach

READERS = (Role.ADMINISTRATOR, Role.OFFICE, Role.OPERATOR)
EDITORS = (Role.ADMINISTRATOR,)
MAX_CHARACTERS = 1_000_000
"""Characters, as :mod:`mapping.load` reads at most."""

EMPTY_MAPPING = """\
# Start here, or on the page Set-up, which writes a first mapping from what a tool shows.
version: 1
organization:
reporting_currency: EUR
measures:
"""


def mapping(services: Services) -> Blueprint:
    blueprint = Blueprint("mapping", __name__, url_prefix="/mapping")
    names = ToolNameCache(services)
    _add_history(blueprint, services)
    _add_draft(blueprint, services)
    _add_editor_support(blueprint, services, names)
    add_live_preview(blueprint, services)
    add_guided(blueprint, services, names)
    add_activation(blueprint, services)
    return blueprint


def _add_history(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def index() -> str:
        viewer = current_viewer()
        active, stored = services.mappings.active(), services.mappings.all()
        loaded = load_mapping(active.source) if active else None
        changes = _changes(stored)
        return render_template(
            "mapping/index.html",
            active=active,
            rules=loaded.config.measures if isinstance(loaded, LoadedMapping) else (),
            warnings=warnings_of(loaded) if loaded is not None else (),
            history=stored,
            changes=changes,
            drafts=MappingDrafts(services.engine).all(),
            own_draft=draft_of(services, viewer),
            may_change=viewer.is_any(EDITORS),
        )

    @blueprint.get("/versions/<int:number>")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def show(number: int) -> str:
        stored, active = find_version(services, number), services.mappings.active()
        loaded = load_mapping(stored.source)
        config = loaded.config if isinstance(loaded, LoadedMapping) else None
        return render_template(
            "mapping/version.html",
            stored=stored,
            active=active,
            problems=loaded if not isinstance(loaded, LoadedMapping) else (),
            warnings=warnings_of(loaded),
            differences=differences_from(active, config) if active and active.number != number else (),
            may_change=current_viewer().is_any(EDITORS),
        )

    @blueprint.get("/versions/<int:number>/mapping.yaml")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def download(number: int) -> Response:
        answer = Response(find_version(services, number).source, mimetype="application/yaml")
        answer.headers["Content-Disposition"] = f'attachment; filename="mapping-{number}.yaml"'
        return answer


def _changes(stored: tuple[StoredMapping, ...]) -> dict[int, tuple[str, ...]]:
    """What each version that was active changed against the one that was active before it."""
    changes: dict[int, tuple[str, ...]] = {}
    activated = sorted((version for version in stored if version.activated_at), key=lambda version: version.number)
    before = None
    for version in activated[-30:]:
        loaded = load_mapping(version.source)
        if isinstance(loaded, LoadedMapping):
            if before is not None:
                changes[version.number] = differences(before, loaded.config)
            before = loaded.config
    return changes


def _add_draft(blueprint: Blueprint, services: Services) -> None:
    drafts = MappingDrafts(services.engine)

    @blueprint.get("/edit")
    @requires_role(*EDITORS, reach=Reach.NOTHING)
    def edit() -> ResponseReturnValue:
        """The viewer's draft, or a new one from the active version or from the version that is named."""
        viewer, active = current_viewer(), services.mappings.active()
        draft, begun = draft_of(services, viewer), request.args.get("from")
        if begun and draft is None:
            source = find_version(services, begun).source
        else:
            source = draft.source if draft else active.source if active else EMPTY_MAPPING
        loaded = load_mapping(source)
        return render_template(
            "mapping/edit.html",
            source=source,
            draft=draft,
            active=active,
            revision=draft.revision if draft else 0,
            based_on=draft.based_on if draft else active.number if active else None,
            problems=() if isinstance(loaded, LoadedMapping) else loaded,
            warnings=warnings_of(loaded),
            has_other_draft=bool(begun and draft),
            newer_version=_newer_version(services, draft, active),
            connections=[record.name for record in services.connections.all()],
        )

    @blueprint.post("/draft")
    @requires_role(*EDITORS, reach=Reach.NOTHING)
    def save() -> ResponseReturnValue:
        """Save the text; returns the line of state under the editor."""
        viewer, source = _signed_in_person(), _submitted_source()
        revision, based_on = request.form.get("revision", 0, type=int), request.form.get("based_on", type=int)
        try:
            saved = drafts.save(viewer.person, source, based_on=based_on, revision=revision)  # type: ignore[arg-type]
        except DraftConflict as error:
            return render_template(
                "mapping/_draft_conflict.html",
                present=error.present,
                differences=text_differences(error.present.source, source),
            )
        if request.headers.get("HX-Request") != "true":
            flash("Your draft is saved.", "good")
            return redirect(url_for("mapping.edit"), 303)
        loaded = load_mapping(source)
        problems = () if isinstance(loaded, LoadedMapping) else loaded
        return render_template("mapping/_saved.html", draft=saved, problems=problems, warnings=warnings_of(loaded))

    @blueprint.post("/draft/discard")
    @requires_role(*EDITORS, reach=Reach.NOTHING)
    def discard() -> ResponseReturnValue:
        viewer = _signed_in_person()
        drafts.delete(viewer.person)  # type: ignore[arg-type]  # a person, or _signed_in_person would have refused
        flash("Your draft is discarded. The active version is unchanged.", "good")
        return redirect(url_for("mapping.index"), 303)


def _newer_version(
    services: Services, draft: MappingDraft | None, active: StoredMapping | None
) -> dict[str, object] | None:
    """Somebody activated a version after this draft was begun: what they changed, and what the draft changes."""
    if draft is None or active is None or draft.based_on == active.number:
        return None
    base = find_version(services, draft.based_on) if draft.based_on is not None else None
    if base is not None and base.digest == active.digest:
        return None
    return {
        "active": active,
        "base": base,
        "their_changes": text_differences(base.source, active.source) if base else (),
        "own_changes": text_differences(base.source, draft.source) if base else (),
    }


def _add_editor_support(blueprint: Blueprint, services: Services, names: ToolNameCache) -> None:
    """What the editor requests while somebody writes."""

    @blueprint.post("/check")
    @requires_role(*EDITORS, reach=Reach.NOTHING)
    def check() -> Response:
        loaded = load_mapping(request.get_data(as_text=True)[: MAX_CHARACTERS + 1])
        problems = () if isinstance(loaded, LoadedMapping) else loaded
        return jsonify(
            {
                "problems": [_as_json(problem) for problem in problems],
                "warnings": [_as_json(warning) for warning in warnings_of(loaded)],
            }
        )

    @blueprint.get("/schema.json")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def schema() -> Response:
        return jsonify(schema_of())

    @blueprint.get("/names")
    @requires_role(*EDITORS, reach=Reach.NOTHING)
    def tool_names() -> tuple[Response, int]:
        connection = request.args.get("connection", "")
        try:
            return jsonify(names.for_connection(connection, services.active_config()).as_json()), 200
        except ConfigurationError as error:
            return jsonify({"detail": page_text(error)}), 404
        except ToolError as error:
            return jsonify({"detail": page_text(error)}), 502


def _as_json(problem: MappingFileProblem) -> dict[str, object]:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint,
    }


def _signed_in_person() -> Viewer:
    viewer = current_viewer()
    if viewer.person is None:
        raise BadRequest("A draft belongs to a person; sign in as one.")
    return viewer


def _submitted_source() -> str:
    """The text of a form, with the line ends of a file."""
    return request.form.get("source", "").replace("\r\n", "\n").replace("\r", "\n")
