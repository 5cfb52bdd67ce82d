"""Versions of the mapping: list, show, validate, add, preview, activate, roll back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from connector.bootstrap import previewer
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Action, TokenScope
from connector.runtime.live_check import check_live
from connector.store.mapping_versions.versions import MappingState, Override, StoredMapping
from connector.store.reconcile.reassessment_progress import items_by_key, newest_items
from mapping.existing_breaches import STATUS
from mapping.governing import warnings_of
from mapping.load import LoadedMapping, load_mapping
from mapping.preview import ItemPreview, PreviewOutcome, summarise
from mapping.problems import MappingFileProblem
from mapping.work_item import ConnectionName, NativeId
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import FieldError, Problem
from webhook_server.api.values import LongText, Model, ShortText
from webhook_server.mapping_access import NOT_ALLOWED, may_activate

MAX_PREVIEWED = 100

Source = Annotated[str, Field(max_length=2_000_000, pattern=r"^[^\x00]*$", description="The mapping file, YAML.")]


class MappingVersion(Model):
    number: int
    state: MappingState
    digest: str
    author: str
    reason: str
    created_at: datetime
    activated_at: datetime | None
    superseded_at: datetime | None
    restores: int | None = Field(description="The earlier version that this one restores.")
    override: str = Field(description="Why it was activated although it did not fit its tools; usually empty.")


class MappingVersionList(Model):
    items: list[MappingVersion]


class MappingProblem(Model):
    line: int
    column: int
    path: str
    message: str
    hint: str


class MappingVersionDetail(Model):
    version: MappingVersion
    source: str
    warnings: list[MappingProblem] = Field(description="Where its policy is weak: what could slip through.")


class CheckResult(Model):
    valid: bool
    digest: str | None
    rules: int
    problems: list[MappingProblem]
    warnings: list[MappingProblem] = Field(description="Where the policy is weak: what could slip through.")


class CheckSource(Model):
    source: Source


class NewMappingVersion(Model):
    source: Source
    reason: LongText


class PreviewRequest(Model):
    last: Annotated[int, Field(ge=1, le=MAX_PREVIEWED)] = Field(
        default=25, description="How many of the items that were read last."
    )
    keys: Annotated[list[ShortText], Field(max_length=MAX_PREVIEWED)] = Field(
        default=[], description="These items instead, by key."
    )


class FieldChange(Model):
    field: str
    current: str | None
    target: str | None


class PreviewRow(Model):
    key: str
    title: str
    outcome: PreviewOutcome
    rule: str
    reason: str
    stage: str
    gate: str
    changes: list[FieldChange]
    new_blockers: list[str] = Field(description="Blockers that it would get, as sentences.")
    removed_blockers: list[str] = Field(description="Codes of blockers that it would lose.")


class PreviewResult(Model):
    outcomes: dict[PreviewOutcome, int]
    items: list[PreviewRow]
    moved_back: int = Field(
        description="How many of these are ahead of a shut gate and would be moved back, with `move_existing`."
    )


class Activation(Model):
    move_existing: bool = Field(
        default=False,
        description="Where the version begins to move items back: also those that are ahead of a shut gate already. "
        "Without it those are only reported.",
    )
    override: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = Field(
        default="",
        description="Why it is activated although the check against its tools finds problems, or a tool cannot be "
        "asked. Kept with the version and in the audit; without it such a version is refused.",
    )


class RollbackRequest(Model):
    reason: LongText
    to: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="Which earlier version; the previous one by default."
    )


def list_versions(call: ApiCall) -> MappingVersionList:
    return MappingVersionList(items=[_version(stored) for stored in call.services.mappings.all()])


def show(call: ApiCall) -> MappingVersionDetail:
    stored = _stored(call)
    warnings = _problems(warnings_of(load_mapping(stored.source)))
    return MappingVersionDetail(version=_version(stored), source=stored.source, warnings=warnings)


def validate(call: ApiCall) -> CheckResult:
    loaded = load_mapping(call.body_as(CheckSource).source)
    if isinstance(loaded, LoadedMapping):
        warnings = _problems(warnings_of(loaded))
        rules = len(loaded.config.measures)
        return CheckResult(valid=True, digest=str(loaded.version), rules=rules, problems=[], warnings=warnings)
    return CheckResult(valid=False, digest=None, rules=0, problems=_problems(loaded), warnings=[])


def _problems(found: Iterable[MappingFileProblem]) -> list[MappingProblem]:
    return [MappingProblem(**{name: getattr(one, name) for name in MappingProblem.model_fields}) for one in found]


def store_version(call: ApiCall) -> MappingVersion:
    sent = call.body_as(NewMappingVersion)
    loaded = load_mapping(sent.source)
    valid = isinstance(loaded, LoadedMapping)
    stored = call.services.mappings.add(
        sent.source, str(loaded.version) if isinstance(loaded, LoadedMapping) else "", author=call.viewer.login,
        reason=sent.reason, state=MappingState.VALIDATED if valid else MappingState.DRAFT,
    )  # fmt: skip
    return _version(stored)


def preview(call: ApiCall) -> PreviewResult:
    stored, sent = _stored(call), call.body_as(PreviewRequest)
    loaded = _loaded(stored)
    with call.services.read_as(call.viewer) as connection:
        items = (
            [item for key in sent.keys for item in items_by_key(connection, key)]
            if sent.keys
            else list(newest_items(connection, sent.last))
        )
    chosen: dict[ConnectionName, list[NativeId]] = {}
    for name, item in dict.fromkeys(items[:MAX_PREVIEWED]):
        chosen.setdefault(name, []).append(item)
    sites, preview_of = previewer(call.services)
    rows: list[ItemPreview] = []
    try:
        for name, native_ids in sorted(chosen.items()):
            rows += preview_of.rows(sites.get(name), native_ids, loaded.config)
    except ToolError as error:
        raise Problem(503, "The tool cannot be read now.", str(error)) from None
    call.services.mappings.mark_previewed(stored.number)
    moved = sum(any(change.field == STATUS for change in row.changes) for row in rows)
    return PreviewResult(outcomes=dict(summarise(rows).outcomes), items=[_row(row) for row in rows], moved_back=moved)


def activate(call: ApiCall) -> MappingVersion:
    stored = _stored(call)
    loaded = _loaded(stored)
    _refuse_unknown(call, loaded)
    _require_activation(call, loaded)
    sent = call.body_as(Activation)
    override = _override(call, stored, loaded, sent.override.strip())
    active = call.services.mappings.activate_version(
        stored.number, author=call.viewer.login, move_existing=sent.move_existing, override=override
    )
    return _version(active)


def _override(call: ApiCall, stored: StoredMapping, loaded: LoadedMapping, reason: str) -> Override:
    """Raises Problem where the version does not fit its tools and no reason is given."""
    if stored.state is MappingState.ACTIVE:
        return Override()
    found = check_live(call.services, loaded, f"mapping version {stored.number}")
    if found.fits:
        return Override()
    if not reason:
        errors = [FieldError(location="source", message=sentence) for sentence in found.sentences]
        raise Problem(
            409, f"Not activated. {found.verdict}", "Correct it, or send `override` with a reason.", errors=errors
        )
    return Override(reason, found.sentences)


def roll_back(call: ApiCall) -> MappingVersion:
    sent = call.body_as(RollbackRequest)
    return _version(call.services.mappings.rollback(author=call.viewer.login, reason=sent.reason, to=sent.to))


def _require_activation(call: ApiCall, loaded: LoadedMapping) -> None:
    if not may_activate(call.services, call.viewer, loaded.config):
        raise Problem(403, NOT_ALLOWED, "Ask an administrator of the whole organisation.")


def _stored(call: ApiCall) -> StoredMapping:
    number = call.number_parameter("number")
    try:
        return call.services.mappings.get(min(number, 2**31 - 1))
    except ConfigurationError as error:
        raise Problem(404, str(error)) from None


def _loaded(stored: StoredMapping) -> LoadedMapping:
    loaded = load_mapping(stored.source, f"mapping version {stored.number}")
    if isinstance(loaded, LoadedMapping):
        return loaded
    errors = [
        FieldError(location=f"{problem.line}:{problem.column} {problem.path}".strip(), message=problem.message)
        for problem in loaded
    ]
    raise Problem(
        409, f"Version {stored.number} is a draft with problems.", "Correct them and add it again.", errors=errors
    )


def _refuse_unknown(call: ApiCall, loaded: LoadedMapping) -> None:
    connections = {record.name for record in call.services.connections.all()}
    missing = sorted({rule.connection for rule in loaded.config.measures} - connections)
    if missing:
        raise Problem(409, f"It names unknown connections: {', '.join(missing)}.", "Connect them first.")


def _version(stored: StoredMapping) -> MappingVersion:
    return MappingVersion(**{name: getattr(stored, name) for name in MappingVersion.model_fields})


def _row(row: ItemPreview) -> PreviewRow:
    changes = [
        FieldChange(field=change.field, current=_text(change.present), target=_text(change.target))
        for change in row.changes
    ]
    same = ("key", "title", "outcome", "rule", "reason", "stage", "gate")
    return PreviewRow(
        changes=changes,
        new_blockers=[blocker.sentence for blocker in row.new_blockers],
        removed_blockers=list(row.removed_blockers),
        **{name: getattr(row, name) for name in same},
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


NUMBER_PARAMETER = PathParameter("number", "a version's number", int)
TAG = "mappings"
TOOL_UNAVAILABLE = {503: "The tool cannot be read now."}

OPERATIONS = (
    Operation(
        "GET",
        "/mappings",
        TAG,
        "List versions",
        list_versions,
        MappingVersionList,
        action=Action.OBSERVE,
        scope=TokenScope.CONFIGURATION_READ,
    ),
    Operation(
        "GET",
        "/mappings/{number}",
        TAG,
        "Show a version",
        show,
        MappingVersionDetail,
        path_parameters=(NUMBER_PARAMETER,),
        action=Action.OBSERVE,
        scope=TokenScope.CONFIGURATION_READ,
    ),
    Operation(
        "POST",
        "/mappings/validate",
        TAG,
        "Check a text without storing it",
        validate,
        CheckResult,
        body=CheckSource,
        action=Action.DRAFT,
        scope=TokenScope.CONFIGURATION_READ,
    ),
    Operation(
        "POST",
        "/mappings",
        TAG,
        "Add a version without activating it",
        store_version,
        MappingVersion,
        status=201,
        body=NewMappingVersion,
        scope=TokenScope.CONFIGURATION_WRITE,
        action=Action.DRAFT,
        description="A version with problems is stored as a draft.",
    ),
    Operation(
        "POST",
        "/mappings/{number}/preview",
        TAG,
        "Preview a version; nothing is written",
        preview,
        PreviewResult,
        path_parameters=(NUMBER_PARAMETER,),
        body=PreviewRequest,
        scope=TokenScope.CONFIGURATION_WRITE,
        action=Action.DRAFT,
        problems=TOOL_UNAVAILABLE,
    ),
    Operation(
        "POST",
        "/mappings/{number}/activate",
        TAG,
        "Activate a version",
        activate,
        MappingVersion,
        path_parameters=(NUMBER_PARAMETER,),
        body=Activation,
        scope=TokenScope.CONFIGURATION_WRITE,
        action=Action.ACTIVATE,
        changes_access=True,
    ),
    Operation(
        "POST",
        "/mappings/rollback",
        TAG,
        "Restore an earlier version",
        roll_back,
        MappingVersion,
        body=RollbackRequest,
        scope=TokenScope.CONFIGURATION_WRITE,
        action=Action.CONFIGURE,
        changes_access=True,
    ),
)
