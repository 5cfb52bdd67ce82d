"""``/mapping/guided``: the common case as a form, written back into the same file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from ruamel.yaml.error import YAMLError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound

from connector.bootstrap import Services
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role
from connector.store.mapping_versions.drafts import Drafts, Stale
from governance.presets import PRESETS
from governance.spread import Shape
from mapping.config import Enforce
from mapping.field_help import MEANING
from mapping.guided import LISTS, TEXTS, VERSIONS, Form, Unwritable, read_form, rule_names, write_form
from mapping.load import Loaded, load_mapping, shown
from mapping.problems import Problem
from webhook_server.admin.mapping_candidate import draft_of, words_between
from webhook_server.admin.tool_names import NameBook, Names
from webhook_server.auth import current_viewer, needs

Path = tuple[str, ...]

MODELS: Mapping[str, str] = {
    "match": "Match",
    "place": "PlaceRule",
    "roles": "RoleRule",
    "facts": "FactRule",
    "effects": "SeriesRule",
    "write": "WriteRule",
}
ENFORCED = {
    "": "native, where the tool can (the default)",
    Enforce.NATIVE.value: "native: the tool itself refuses the transition",
    Enforce.REVERT.value: "revert: the item is moved back and told why",
    Enforce.COMMENT.value: "comment: it is told, and left where it is",
    Enforce.OFF.value: "off: the gate is shown only",
}
SPREADS = {
    "": "every month the same (the default)",
    Shape.LINEAR.value: "linear: every month the same",
    Shape.FRONT.value: "front: falling from month to month",
    Shape.BACK.value: "back: rising from month to month",
}
LABELS = {
    "doi_stage": "DoI stage",
    "one_off_benefit": "One-off benefit",
    "one_off_cost": "One-off cost",
    "enforce": "A shut gate",
    "implementation": "Implementation status",
    "potential": "Potential status",
    "passes": "Stages it may move into",
    "variance": "Variance in percent",
    "checked": "When Gatepost wrote last",
    "baseline_id": "Name of the baseline",
}
"""Where the key alone would not say it."""
NEEDED: frozenset[Path] = frozenset({("name",), ("connection",), ("roles", "owner")})
LISTED_BY = {"roles": "people", "facts": "fields", "effects": "fields", "write": "written", "place": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the form asks for."""

    name: str
    label: str
    value: str
    hint: str
    options: tuple[tuple[str, str], ...] = ()
    list: str = ""
    needed: bool = False
    by_hand: str = ""
    """What stands in the file, where it was written by hand."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    about: str
    lines: tuple[Line, ...]


def add_guided(blueprint: Blueprint, services: Services, names: NameBook) -> None:
    @blueprint.get("/guided")
    @needs(Role.ADMINISTRATOR)
    def guided() -> ResponseReturnValue:
        source, _, revision = _text(services)
        rules = rule_names(source)
        if not source or (rules and isinstance(rules[0], Problem)):
            return render_template("mapping/guided_not.html", problems=rules if source else ())
        place = request.args.get("rule", 0, type=int)
        form = _form(source, place)
        return _shown(services, names, source, revision, place, form)

    @blueprint.post("/guided")
    @needs(Role.ADMINISTRATOR)
    def write() -> ResponseReturnValue:
        viewer = current_viewer()
        source, based_on, revision = _text(services)
        place = request.form.get("rule", 0, type=int)
        if request.form.get("revision", type=int) != revision:
            flash(
                "Your draft was changed elsewhere meanwhile. The form shows what it says now; enter it again.", "warn"
            )
            return redirect(url_for("mapping.guided", rule=place), 303)
        before = _form(source, place)
        wanted = _from(request.form, before)
        try:
            result = write_form(source, place, wanted)
        except Unwritable as error:
            return _shown(services, names, source, revision, place, wanted, told=str(error)), 422
        problems = load_mapping(result)
        if not isinstance(problems, Loaded):
            return _shown(services, names, source, revision, place, wanted, problems=problems), 422
        if viewer.person is None:
            raise BadRequest("A draft belongs to a person; sign in as one.")
        try:
            Drafts(services.engine).save(viewer.person, result, based_on=based_on, revision=revision)
        except Stale:
            flash(
                "Your draft was changed elsewhere meanwhile. The form shows what it says now; enter it again.", "warn"
            )
            return redirect(url_for("mapping.guided", rule=place), 303)
        words = words_between(source, result)
        flash(" ".join(words) if words else "Nothing was changed.", "good" if words else "info")
        onward = "mapping.edit" if request.form.get("then") == "edit" else "mapping.guided"
        return redirect(url_for(onward) if onward == "mapping.edit" else url_for(onward, rule=place), 303)


def _text(services: Services) -> tuple[str, int | None, int]:
    """(text, version that it was begun from, revision): the draft, or the active version."""
    draft, active = draft_of(services, current_viewer()), services.mappings.active()
    if draft is not None:
        return draft.source, draft.based_on, draft.revision
    return (active.source, active.number, 0) if active is not None else ("", None, 0)


def _form(source: str, place: int) -> Form:
    try:
        return read_form(source, place)
    except (IndexError, YAMLError):
        raise NotFound("There is no such rule. It may have been taken out meanwhile.") from None


def _from(form: MultiDict[str, str], before: Form) -> Form:
    """What somebody entered; what is written by hand stays as it is."""
    texts = {path: " ".join(form.get(shown(path), "").split()) for path in TEXTS}
    lists = {path: tuple(_parts(form.get(shown(path), ""))) for path in LISTS}
    statuses = zip(form.getlist("status"), form.getlist("stage"), strict=False)
    stages = {" ".join(status.split()): stage for status, stage in statuses if status.strip() and stage}
    texts |= {path: before.texts[path] for path in TEXTS if shown(path) in before.fixed}
    lists |= {path: before.lists[path] for path in LISTS if shown(path) in before.fixed}
    return Form(texts, lists, stages, before.by_hand)


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.replace("\n", ",").split(",") if part.strip()))


def _shown(
    services: Services, names: NameBook, source: str, revision: int, place: int, form: Form,
    told: str = "", problems: Iterable[Problem] = (),
) -> str:  # fmt: skip
    connection = form.texts["connection",]
    config = load_mapping(source)
    there, silent = Names(), ""
    try:
        there = names.of(connection, config.config if isinstance(config, Loaded) else None)
    except (ToolError, ConfigurationError) as error:
        silent = f"{connection} cannot be asked for its fields now: {error}"
    preset = config.config.policy.preset if isinstance(config, Loaded) else "five"
    return render_template(
        "mapping/guided.html",
        rules=rule_names(source),
        place=place,
        form=form,
        revision=revision,
        sections=_sections(form, [one.name for one in services.connections.all()]),
        names=there,
        stages=[(stage.key, stage.label) for stage in PRESETS[preset].stages],
        statuses=_statuses(form, there),
        silent=silent,
        told=told,
        problems=tuple(problems),
        by_hand=[one for one in form.by_hand if not _has_line(one.place)],
    )


def _statuses(form: Form, there: Names) -> list[tuple[str, str]]:
    """Every status that is mapped or that the tool has, with its stage."""
    known = {name.casefold() for name in form.stages}
    return [*form.stages.items(), *((name, "") for name in there.statuses if name.casefold() not in known)]


def _has_line(place: str) -> bool:
    return place in {shown(path) for path in (*TEXTS, *LISTS)}


def _sections(form: Form, connections: list[str]) -> list[Section]:
    def lines(*heads: Path) -> tuple[Line, ...]:
        return tuple(
            _line(form, path, connections) for path in (*LISTS, *TEXTS) for head in heads if path[: len(head)] == head
        )

    amounts = [(("effects", version), MEANING["EffectRule"][version]) for version in VERSIONS]
    return [
        Section("The rule", "Its name and the connection whose items it looks at.", lines(("name",), ("connection",))),
        Section("Which items", "Names with commas between them; any of them counts.", lines(("match",))),
        Section("Where measures hang", "A name, or {Field name} to take a field's value.", lines(("place",))),
        Section("Who is responsible", "Fields that hold people.", lines(("roles",))),
        Section("What the gates ask for", "Fields of the item.", lines(("facts",))),
        *(Section(f"Money: {head[1]}", about, lines(head)) for head, about in amounts),
        Section("What happens at a shut gate", "", lines(("enforce",))),
        Section("What Gatepost writes", "Fields that Gatepost owns; a hand edit is put back.", lines(("write",))),
    ]


def _line(form: Form, path: Path, connections: list[str]) -> Line:
    by_hand = next((one.text for one in form.by_hand if one.place == shown(path)), "")
    key = path[-1]
    value = ", ".join(form.lists[path]) if path in LISTS else form.texts[path]
    options: tuple[tuple[str, str], ...] = ()
    if path == ("connection",):
        options = tuple((name, name) for name in dict.fromkeys([*connections, *([value] if value else [])]))
    elif path == ("enforce",):
        options = tuple(ENFORCED.items())
    elif key == "spread":
        options = tuple(SPREADS.items())
    model = MODELS.get(path[0], "MeasureRule")
    label = LABELS.get(key, key.replace("_", " ").capitalize())
    listed = f"names-{key}" if path in LISTS else f"names-{LISTED_BY[path[0]]}" if LISTED_BY.get(path[0]) else ""
    return Line(shown(path), label, value, MEANING[model][key], options, listed, path in NEEDED, by_hand)
