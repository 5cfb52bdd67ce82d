"""Versions of the mapping: look, check, keep, preview, activate, roll back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from connector.bootstrap import previewer
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Action, Scope
from connector.store.mapping_versions.versions import State, StoredMapping
from connector.store.reconcile.reassessment_progress import items_named, newest_items
from mapping.load import Loaded, load_mapping
from mapping.preview import Fate, Row, summary
from mapping.work_item import ConnectionName, NativeId
from webhook_server.api.operation import Call, Operation, Part
from webhook_server.api.problem import Problem, Wrong
from webhook_server.api.values import Model, Text, Word

MOST_PREVIEWED = 100

Source = Annotated[str, Field(max_length=2_000_000, pattern=r"^[^\x00]*$", description="The mapping file, YAML.")]


class Version(Model):
    number: int
    state: State
    digest: str
    author: str
    reason: str
    created_at: datetime
    activated_at: datetime | None
    superseded_at: datetime | None
    restores: int | None = Field(description="The version that this one brought back.")


class VersionList(Model):
    items: list[Version]


class VersionWhole(Model):
    version: Version
    source: str


class ProblemOfFile(Model):
    line: int
    column: int
    path: str
    message: str
    hint: str


class Checked(Model):
    valid: bool
    digest: str | None
    rules: int
    problems: list[ProblemOfFile]


class CheckSource(Model):
    source: Source


class NewVersion(Model):
    source: Source
    reason: Text


class Preview(Model):
    last: Annotated[int, Field(ge=1, le=MOST_PREVIEWED)] = Field(default=25, description="Items that were read last.")
    keys: Annotated[list[Word], Field(max_length=MOST_PREVIEWED)] = Field(
        default=[], description="These items instead, by key."
    )


class ChangeModel(Model):
    field: str
    present: str | None
    wanted: str | None


class PreviewRow(Model):
    key: str
    title: str
    fate: Fate
    rule: str
    reason: str
    stage: str
    gate: str
    changes: list[ChangeModel]
    appearing: list[str] = Field(description="Blockers that it would have, in words.")
    vanishing: list[str] = Field(description="Codes of blockers that it would no longer have.")


class Previewed(Model):
    fates: dict[Fate, int]
    items: list[PreviewRow]


class RollBack(Model):
    reason: Text
    to: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="Which former version; the last one when left out."
    )


def list_versions(call: Call) -> VersionList:
    return VersionList(items=[_version(one) for one in call.services.mappings.all()])


def show(call: Call) -> VersionWhole:
    stored = _stored(call)
    return VersionWhole(version=_version(stored), source=stored.source)


def validate(call: Call) -> Checked:
    loaded = load_mapping(call.sent(CheckSource).source)
    if isinstance(loaded, Loaded):
        return Checked(valid=True, digest=str(loaded.version), rules=len(loaded.config.measures), problems=[])
    problems = [
        ProblemOfFile(line=one.line, column=one.column, path=one.path, message=one.message, hint=one.hint)
        for one in loaded
    ]
    return Checked(valid=False, digest=None, rules=0, problems=problems)


def push(call: Call) -> Version:
    sent = call.sent(NewVersion)
    loaded = load_mapping(sent.source)
    good = isinstance(loaded, Loaded)
    stored = call.services.mappings.push(
        sent.source, str(loaded.version) if isinstance(loaded, Loaded) else "", author=call.viewer.login,
        reason=sent.reason, state=State.VALIDATED if good else State.DRAFT,
    )  # fmt: skip
    return _version(stored)


def preview(call: Call) -> Previewed:
    stored, sent = _stored(call), call.sent(Preview)
    loaded = _loaded(stored)
    with call.services.reading(call.viewer) as connection:
        found = (
            [item for key in sent.keys for item in items_named(connection, key)]
            if sent.keys
            else list(newest_items(connection, sent.last))
        )
    chosen: dict[ConnectionName, list[NativeId]] = {}
    for name, item in dict.fromkeys(found[:MOST_PREVIEWED]):
        chosen.setdefault(name, []).append(item)
    sites, look = previewer(call.services)
    rows: list[Row] = []
    try:
        for name, items in sorted(chosen.items()):
            rows += look.rows(sites.get(name), items, loaded.config)
    except ToolError as error:
        raise Problem(503, "The tool cannot be read now.", str(error)) from None
    call.services.mappings.note_previewed(stored.number)
    return Previewed(fates=dict(summary(rows).fates), items=[_row(one) for one in rows])


def activate(call: Call) -> Version:
    stored = _stored(call)
    _refuse_unknown(call, _loaded(stored))
    return _version(call.services.mappings.activate_version(stored.number, author=call.viewer.login))


def roll_back(call: Call) -> Version:
    sent = call.sent(RollBack)
    return _version(call.services.mappings.rollback(author=call.viewer.login, reason=sent.reason, to=sent.to))


def _stored(call: Call) -> StoredMapping:
    number = call.number("number")
    try:
        return call.services.mappings.get(min(number, 2**31 - 1))
    except ConfigurationError as error:
        raise Problem(404, str(error)) from None


def _loaded(stored: StoredMapping) -> Loaded:
    loaded = load_mapping(stored.source, f"mapping version {stored.number}")
    if isinstance(loaded, Loaded):
        return loaded
    errors = [Wrong(where=f"{one.line}:{one.column} {one.path}".strip(), what=one.message) for one in loaded]
    raise Problem(
        409, f"Version {stored.number} is a draft with problems.", "Mend them and push it again.", errors=errors
    )


def _refuse_unknown(call: Call, loaded: Loaded) -> None:
    there = {record.name for record in call.services.connections.all()}
    missing = sorted({rule.connection for rule in loaded.config.measures} - there)
    if missing:
        raise Problem(409, f"It names {', '.join(missing)}, which is no connection.", "Connect it first.")


def _version(stored: StoredMapping) -> Version:
    return Version(**{name: getattr(stored, name) for name in Version.model_fields})


def _row(one: Row) -> PreviewRow:
    changes = [
        ChangeModel(field=change.field, present=_text(change.present), wanted=_text(change.wanted))
        for change in one.changes
    ]
    same = ("key", "title", "fate", "rule", "reason", "stage", "gate")
    return PreviewRow(
        changes=changes,
        appearing=[blocker.sentence for blocker in one.appearing],
        vanishing=list(one.vanishing),
        **{name: getattr(one, name) for name in same},
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


NUMBER = Part("number", "a version's number", int)
TAG = "mappings"
AWAY = {503: "The tool cannot be read now."}

OPERATIONS = (
    Operation("GET", "/mappings", TAG, "List versions", list_versions, VersionList, action=Action.OPERATE),
    Operation(
        "GET", "/mappings/{number}", TAG, "Show a version", show, VersionWhole, parts=(NUMBER,), action=Action.OPERATE
    ),
    Operation(
        "POST", "/mappings/validate", TAG, "Check a text; nothing is kept", validate, Checked, body=CheckSource,
        action=Action.CONFIGURE,
    ),
    Operation(
        "POST", "/mappings", TAG, "Keep a version without activating it", push, Version, status=201, body=NewVersion,
        scope=Scope.ADMIN, action=Action.CONFIGURE, about="One with problems is kept as a draft.",
    ),
    Operation(
        "POST", "/mappings/{number}/preview", TAG, "Show what a version would do; nothing is written", preview,
        Previewed, parts=(NUMBER,), body=Preview, scope=Scope.ADMIN, action=Action.CONFIGURE, problems=AWAY,
    ),
    Operation(
        "POST", "/mappings/{number}/activate", TAG, "Make a version the active one", activate, Version, parts=(NUMBER,),
        scope=Scope.ADMIN, action=Action.CONFIGURE,
    ),
    Operation(
        "POST", "/mappings/rollback", TAG, "Bring a former version back", roll_back, Version, body=RollBack,
        scope=Scope.ADMIN, action=Action.CONFIGURE,
    ),
)  # fmt: skip
