"""``/mapping``: the active version, drafts, history; the editor with its autosaved draft."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from connector.bootstrap import Services
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role, Viewer
from connector.store.mapping_versions.drafts import Draft, Drafts, Stale
from connector.store.mapping_versions.versions import StoredMapping
from mapping.difference import differences
from mapping.load import Loaded, load_mapping
from mapping.problems import Problem
from mapping.schema import schema as schema_of
from webhook_server.admin.mapping_activation import add_activation
from webhook_server.admin.mapping_candidate import between, draft_of, version, words_between
from webhook_server.admin.mapping_guided import add_guided
from webhook_server.admin.mapping_live_preview import add_preview
from webhook_server.admin.tool_names import NameBook
from webhook_server.auth import current_viewer, needs

LOOKING = (Role.ADMINISTRATOR, Role.OFFICE, Role.OPERATOR)
CHANGING = (Role.ADMINISTRATOR,)
LARGEST = 1_000_000
"""Characters, as :mod:`mapping.load` reads at most."""

BLANK = """\
# Begin here, or on the page Set-up, which writes a first mapping from what a tool shows.
version: 1
organization:
reporting_currency: EUR
measures:
"""


def mapping(services: Services) -> Blueprint:
    blueprint = Blueprint("mapping", __name__, url_prefix="/mapping")
    names = NameBook(services)
    _add_history(blueprint, services)
    _add_draft(blueprint, services)
    _add_help(blueprint, services, names)
    add_preview(blueprint, services)
    add_guided(blueprint, services, names)
    add_activation(blueprint, services)
    return blueprint


def _add_history(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @needs(*LOOKING)
    def index() -> str:
        viewer = current_viewer()
        active, stored = services.mappings.active(), services.mappings.all()
        loaded = load_mapping(active.source) if active else None
        changes = _changes(stored)
        return render_template(
            "mapping/index.html",
            active=active,
            rules=loaded.config.measures if isinstance(loaded, Loaded) else (),
            history=stored,
            changes=changes,
            drafts=Drafts(services.engine).all(),
            mine=draft_of(services, viewer),
            may_change=viewer.is_any(CHANGING),
        )

    @blueprint.get("/versions/<int:number>")
    @needs(*LOOKING)
    def show(number: int) -> str:
        stored, active = version(services, number), services.mappings.active()
        loaded = load_mapping(stored.source)
        config = loaded.config if isinstance(loaded, Loaded) else None
        return render_template(
            "mapping/version.html",
            stored=stored,
            active=active,
            problems=loaded if not isinstance(loaded, Loaded) else (),
            words=between(active, config) if active and active.number != number else (),
            may_change=current_viewer().is_any(CHANGING),
        )

    @blueprint.get("/versions/<int:number>/mapping.yaml")
    @needs(*LOOKING)
    def download(number: int) -> Response:
        answer = Response(version(services, number).source, mimetype="application/yaml")
        answer.headers["Content-Disposition"] = f'attachment; filename="mapping-{number}.yaml"'
        return answer


def _changes(stored: tuple[StoredMapping, ...]) -> dict[int, tuple[str, ...]]:
    """What each version that was active changed against the one that was active before it."""
    found: dict[int, tuple[str, ...]] = {}
    lived = sorted((one for one in stored if one.activated_at), key=lambda one: one.number)
    before = None
    for one in lived[-30:]:
        loaded = load_mapping(one.source)
        if isinstance(loaded, Loaded):
            if before is not None:
                found[one.number] = differences(before, loaded.config)
            before = loaded.config
    return found


def _add_draft(blueprint: Blueprint, services: Services) -> None:
    drafts = Drafts(services.engine)

    @blueprint.get("/edit")
    @needs(*CHANGING)
    def edit() -> ResponseReturnValue:
        """The draft that is there, or a new one from the active version, or from the one that is named."""
        viewer, active = current_viewer(), services.mappings.active()
        draft, begun = draft_of(services, viewer), request.args.get("from")
        if begun and draft is None:
            source = version(services, begun).source
        else:
            source = draft.source if draft else active.source if active else BLANK
        loaded = load_mapping(source)
        return render_template(
            "mapping/edit.html",
            source=source,
            draft=draft,
            active=active,
            revision=draft.revision if draft else 0,
            based_on=draft.based_on if draft else active.number if active else None,
            problems=() if isinstance(loaded, Loaded) else loaded,
            kept=bool(begun and draft),
            overtaken=_overtaken(services, draft, active),
            connections=[one.name for one in services.connections.all()],
        )

    @blueprint.post("/draft")
    @needs(*CHANGING)
    def save() -> ResponseReturnValue:
        """Keep the text; the answer is the line of state under the editor."""
        viewer, source = _person(), _source()
        revision, based_on = request.form.get("revision", 0, type=int), request.form.get("based_on", type=int)
        try:
            kept = drafts.save(viewer.person, source, based_on=based_on, revision=revision)  # type: ignore[arg-type]
        except Stale as error:
            words = words_between(error.present.source, source)
            return render_template("mapping/_stale.html", present=error.present, source=source, words=words)
        if request.headers.get("HX-Request") != "true":
            flash("Your draft is kept.", "good")
            return redirect(url_for("mapping.edit"), 303)
        loaded = load_mapping(source)
        problems = () if isinstance(loaded, Loaded) else loaded
        return render_template("mapping/_saved.html", draft=kept, problems=problems)

    @blueprint.post("/draft/discard")
    @needs(*CHANGING)
    def discard() -> ResponseReturnValue:
        viewer = _person()
        drafts.drop(viewer.person)  # type: ignore[arg-type]  # a person, or _person would have refused
        flash("Your draft is gone. The active version is as it was.", "good")
        return redirect(url_for("mapping.index"), 303)


def _overtaken(services: Services, draft: Draft | None, active: StoredMapping | None) -> dict[str, object] | None:
    """Somebody activated a version after this draft was begun: what they changed, and what the draft changes."""
    if draft is None or active is None or draft.based_on == active.number:
        return None
    base = version(services, draft.based_on) if draft.based_on is not None else None
    if base is not None and base.digest == active.digest:
        return None
    return {
        "active": active,
        "base": base,
        "theirs": words_between(base.source, active.source) if base else (),
        "mine": words_between(base.source, draft.source) if base else (),
        "together": words_between(active.source, draft.source),
    }


def _add_help(blueprint: Blueprint, services: Services, names: NameBook) -> None:
    """What the editor asks for while somebody writes."""

    @blueprint.post("/check")
    @needs(*CHANGING)
    def check() -> Response:
        loaded = load_mapping(request.get_data(as_text=True)[: LARGEST + 1])
        problems = () if isinstance(loaded, Loaded) else loaded
        return jsonify({"problems": [_as_json(one) for one in problems]})

    @blueprint.get("/schema.json")
    @needs(*LOOKING)
    def schema() -> Response:
        return jsonify(schema_of())

    @blueprint.get("/names")
    @needs(*CHANGING)
    def names_of() -> tuple[Response, int]:
        connection = request.args.get("connection", "")
        try:
            return jsonify(names.of(connection, services.active_config()).as_json()), 200
        except ConfigurationError as error:
            return jsonify({"detail": str(error)}), 404
        except ToolError as error:
            return jsonify({"detail": str(error)}), 502


def _as_json(problem: Problem) -> dict[str, object]:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint,
    }


def _person() -> Viewer:
    viewer = current_viewer()
    if viewer.person is None:
        raise BadRequest("A draft belongs to a person; sign in as one.")
    return viewer


def _source() -> str:
    """The text of a form, with the line ends of a file."""
    return request.form.get("source", "").replace("\r\n", "\n").replace("\r", "\n")
