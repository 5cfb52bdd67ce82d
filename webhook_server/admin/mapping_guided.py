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
from connector.store.mapping_versions.drafts import DraftConflict, MappingDrafts
from governance.presets import PRESETS
from governance.spread import SpreadShape
from mapping.config import Enforce
from mapping.field_help import FIELD_HELP
from mapping.guided import (
    LIST_PATHS,
    TEXT_PATHS,
    VERSIONS,
    FormCannotWrite,
    RuleForm,
    read_form,
    rule_names,
    write_form,
)
from mapping.guided_roles import SUGGESTED_KEYS, FurtherRoleForm
from mapping.load import LoadedMapping, format_path, load_mapping
from mapping.problems import MappingFileProblem
from webhook_server.admin.mapping_candidate import draft_of, text_differences
from webhook_server.admin.tool_names import ToolNameCache, ToolNames
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_message, page_text
from webhook_server.permission import Reach

Path = tuple[str, ...]

MODELS: Mapping[str, str] = {
    "match": "Match",
    "hierarchy": "HierarchyRule",
    "roles": "RoleRule",
    "facts": "FactRule",
    "effects": "SeriesRule",
    "write": "WriteRule",
}
ENFORCEMENT_LABELS = {
    "": "native, where the tool can (the default)",
    Enforce.NATIVE.value: "native: the tool itself refuses the transition",
    Enforce.REVERT.value: "revert: the item is moved back, with a comment that says why",
    Enforce.COMMENT.value: "comment: a comment says so, and the item stays where it is",
    Enforce.OFF.value: "off: the gate is only shown",
}
SPREAD_LABELS = {
    "": "every month the same (the default)",
    SpreadShape.LINEAR.value: "linear: every month the same",
    SpreadShape.FRONT.value: "front: falling from month to month",
    SpreadShape.BACK.value: "back: rising from month to month",
}
LABELS = {
    "doi_stage": "DoI stage",
    "one_off_benefit": "One-off benefit",
    "one_off_cost": "One-off cost",
    "enforce": "A shut gate",
    "implementation": "Implementation status",
    "potential": "Potential status",
    "highest_stage": "Number of the highest stage that it may enter",
    "variance": "Variance in percent",
    "funding": "Whether money may be spent",
    "written_at": "When Gatepost wrote last",
    "baseline_id": "Name of the baseline",
    "baseline_series": "Baseline by month",
    "baseline_kind": "What the baseline is of",
}
"""Labels where the key alone would not be clear."""
REQUIRED: frozenset[Path] = frozenset({("name",), ("connection",), ("roles", "owner")})
SUGGESTIONS = {"roles": "people", "facts": "fields", "effects": "fields", "write": "written", "hierarchy": ""}

DRAFT_CHANGED = (
    "Your draft was changed elsewhere meanwhile. The form shows the present draft; enter your changes again."
)


@dataclass(frozen=True, slots=True)
class FormLine:
    """One input of the form."""

    name: str
    label: str
    value: str
    hint: str
    options: tuple[tuple[str, str], ...] = ()
    suggestions: str = ""
    required: bool = False
    manual_text: str = ""
    """The text in the file, where it was written by hand."""


@dataclass(frozen=True, slots=True)
class FormSection:
    title: str
    hint: str
    lines: tuple[FormLine, ...]
    has_further_roles: bool = False
    """The further roles and the statuses stand below it."""


def add_guided(blueprint: Blueprint, services: Services, names: ToolNameCache) -> None:
    @blueprint.get("/guided")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.NOTHING)
    def guided() -> ResponseReturnValue:
        source, _, revision = _source(services)
        rules = rule_names(source)
        if not source or (rules and isinstance(rules[0], MappingFileProblem)):
            return render_template("mapping/guided_unavailable.html", problems=rules if source else ())
        rule_index = request.args.get("rule", 0, type=int)
        form = _form(source, rule_index)
        return _render(services, names, source, revision, rule_index, form)

    @blueprint.post("/guided")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.NOTHING)
    def write() -> ResponseReturnValue:
        viewer = current_viewer()
        source, based_on, revision = _source(services)
        rule_index = request.form.get("rule", 0, type=int)
        if request.form.get("revision", type=int) != revision:
            flash(DRAFT_CHANGED, "warn")
            return redirect(url_for("mapping.guided", rule=rule_index), 303)
        before = _form(source, rule_index)
        wanted = _submitted(request.form, before)
        try:
            result = write_form(source, rule_index, wanted)
        except FormCannotWrite as error:
            return _render(services, names, source, revision, rule_index, wanted, notice=page_message(error)), 422
        problems = load_mapping(result)
        if not isinstance(problems, LoadedMapping):
            return _render(services, names, source, revision, rule_index, wanted, problems=problems), 422
        if viewer.person is None:
            raise BadRequest("A draft belongs to a person; sign in as one.")
        try:
            MappingDrafts(services.engine).save(viewer.person, result, based_on=based_on, revision=revision)
        except DraftConflict:
            flash(DRAFT_CHANGED, "warn")
            return redirect(url_for("mapping.guided", rule=rule_index), 303)
        changes = text_differences(source, result)
        flash(" ".join(changes) if changes else "Nothing was changed.", "good" if changes else "info")
        onward = "mapping.edit" if request.form.get("then") == "edit" else "mapping.guided"
        return redirect(url_for(onward) if onward == "mapping.edit" else url_for(onward, rule=rule_index), 303)


def _source(services: Services) -> tuple[str, int | None, int]:
    """(text, version that it was begun from, revision): the draft, or the active version."""
    draft, active = draft_of(services, current_viewer()), services.mappings.active()
    if draft is not None:
        return draft.source, draft.based_on, draft.revision
    return (active.source, active.number, 0) if active is not None else ("", None, 0)


def _form(source: str, rule_index: int) -> RuleForm:
    try:
        return read_form(source, rule_index)
    except (IndexError, YAMLError):
        raise NotFound("There is no such rule. It may have been removed meanwhile.") from None


def _submitted(form: MultiDict[str, str], before: RuleForm) -> RuleForm:
    """What somebody entered; what is written by hand stays as it is."""
    texts = {path: " ".join(form.get(format_path(path), "").split()) for path in TEXT_PATHS}
    lists = {path: tuple(_split_names(form.get(format_path(path), ""))) for path in LIST_PATHS}
    statuses = zip(form.getlist("status"), form.getlist("stage"), strict=False)
    stages = {" ".join(status.split()): stage for status, stage in statuses if status.strip() and stage}
    texts |= {path: before.texts[path] for path in TEXT_PATHS if format_path(path) in before.hand_written_paths}
    lists |= {path: before.lists[path] for path in LIST_PATHS if format_path(path) in before.hand_written_paths}
    return RuleForm(texts, lists, stages, _submitted_roles(form, before), before.hand_written)


def _submitted_roles(form: MultiDict[str, str], before: RuleForm) -> tuple[FurtherRoleForm, ...]:
    """The lines of further roles; a line without key and field is a role that goes."""
    if "further" not in form:
        return before.further
    lines = zip(*(form.getlist(f"further_{name}") for name in ("key", "field", "label")), strict=False)
    roles = (
        FurtherRoleForm(
            "_".join(key.casefold().split()),
            " ".join(field.split()),
            " ".join(label.split()),
            tuple(form.getlist(f"further_gates_{number}")),
        )
        for number, (key, field, label) in enumerate(lines)
    )
    return tuple(role for role in roles if role.key and (role.field or role.label))


def _split_names(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.replace("\n", ",").split(",") if part.strip()))


def _render(
    services: Services, names: ToolNameCache, source: str, revision: int, rule_index: int, form: RuleForm,
    notice: str = "", problems: Iterable[MappingFileProblem] = (),
) -> str:  # fmt: skip
    connection = form.texts["connection",]
    config = load_mapping(source)
    tool_names, names_error = ToolNames(), ""
    try:
        tool_names = names.for_connection(connection, config.config if isinstance(config, LoadedMapping) else None)
    except (ToolError, ConfigurationError) as error:
        names_error = f"{connection} cannot be asked for its fields now: {page_text(error)}"
    preset = config.config.policy.preset if isinstance(config, LoadedMapping) else "five"
    return render_template(
        "mapping/guided.html",
        rules=rule_names(source),
        rule_index=rule_index,
        form=form,
        revision=revision,
        sections=_sections(form, [record.name for record in services.connections.all()]),
        further=[*form.further, FurtherRoleForm("", "")],
        suggested_keys=SUGGESTED_KEYS,
        gates=_gates(preset),
        names=tool_names,
        stages=[(stage.key, stage.label) for stage in PRESETS[preset].stages],
        statuses=_statuses(form, tool_names),
        names_error=names_error,
        notice=notice,
        problems=tuple(problems),
        hand_written=[part for part in form.hand_written if not _is_shown(part.path)],
    )


def _gates(preset: str) -> list[tuple[str, str]]:
    """Each stage that a gate leads into, with its label."""
    policy = PRESETS[preset]
    into = {gate.into for gate in policy.gates}
    return [(stage.key, stage.label) for stage in policy.stages if stage.key in into]


def _statuses(form: RuleForm, names: ToolNames) -> list[tuple[str, str]]:
    """Every status that is mapped or that the tool has, with its stage."""
    known = {name.casefold() for name in form.stages}
    return [*form.stages.items(), *((name, "") for name in names.statuses if name.casefold() not in known)]


def _is_shown(path: str) -> bool:
    return path in {format_path(shown) for shown in (*TEXT_PATHS, *LIST_PATHS)}


def _sections(form: RuleForm, connections: list[str]) -> list[FormSection]:
    def lines(*heads: Path) -> tuple[FormLine, ...]:
        return tuple(
            _line(form, path, connections)
            for path in (*LIST_PATHS, *TEXT_PATHS)
            for head in heads
            if path[: len(head)] == head
        )

    amounts = [(("effects", version), FIELD_HELP["EffectRule"][version]) for version in VERSIONS]
    return [
        FormSection(
            "The rule", "Its name and the connection whose items it matches.", lines(("name",), ("connection",))
        ),
        FormSection("Which items", "Names with commas between them; any of them counts.", lines(("match",))),
        FormSection("Hierarchy", "A name, or {Field name} to take a field's value.", lines(("hierarchy",))),
        FormSection("Who is responsible", "Fields that hold people.", lines(("roles",)), has_further_roles=True),
        FormSection("What the gates require", "Fields of the item.", lines(("facts",))),
        *(FormSection(f"Amounts: {head[1]}", help_text, lines(head)) for head, help_text in amounts),
        FormSection("What happens at a shut gate", "", lines(("enforce",))),
        FormSection(
            "What Gatepost writes", "Fields that Gatepost owns; a manual change is reverted.", lines(("write",))
        ),
    ]


def _line(form: RuleForm, path: Path, connections: list[str]) -> FormLine:
    hand_written = next((part.text for part in form.hand_written if part.path == format_path(path)), "")
    key = path[-1]
    value = ", ".join(form.lists[path]) if path in LIST_PATHS else form.texts[path]
    options: tuple[tuple[str, str], ...] = ()
    if path == ("connection",):
        options = tuple((name, name) for name in dict.fromkeys([*connections, *([value] if value else [])]))
    elif path == ("enforce",):
        options = tuple(ENFORCEMENT_LABELS.items())
    elif key == "spread":
        options = tuple(SPREAD_LABELS.items())
    model = MODELS.get(path[0], "MeasureRule")
    label = LABELS.get(key, key.replace("_", " ").capitalize())
    suggestions = (
        f"names-{key}" if path in LIST_PATHS else f"names-{SUGGESTIONS[path[0]]}" if SUGGESTIONS.get(path[0]) else ""
    )
    return FormLine(
        format_path(path), label, value, FIELD_HELP[model][key], options, suggestions, path in REQUIRED, hand_written
    )
