"""``/mapping/activate``: what would change, the reason, and then how far the items have been reassessed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import BadRequest, Forbidden

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Role, Viewer
from connector.runtime.live_check import DoesNotFit, LiveCheck, check_live
from connector.store.mapping_versions.drafts import MappingDrafts
from connector.store.mapping_versions.versions import MappingConflict, Override, StoredMapping
from connector.store.reconcile.reassessment_progress import (
    ItemPage,
    ReassessmentProgress,
    item_count,
    item_page,
    newest_items,
    reassessment_progress,
)
from governance.codes import CODES
from mapping.config import MappingConfig
from mapping.existing_breaches import newly_moving
from mapping.load import LoadedMapping, load_mapping
from webhook_server.admin.mapping_candidate import (
    Candidate,
    CandidateKind,
    author_of,
    differences_from,
    find_candidate,
    find_version,
)
from webhook_server.admin.mapping_preview_run import (
    BATCH_ITEMS,
    BATCH_SECONDS,
    PreviewCounts,
    PreviewLine,
    PreviewRun,
    find_first_items,
    run_preview,
)
from webhook_server.auth import current_viewer, requires_role
from webhook_server.mapping_access import NOT_ALLOWED, may_activate
from webhook_server.page_messages import page_message
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in

SAMPLE_SIZE = 200
FIRST_LOOK_ITEMS = 50
MAX_REASON_LENGTH = 1_000
EDITORS = (Role.ADMINISTRATOR,)
READERS = (Role.ADMINISTRATOR, Role.OFFICE, Role.OPERATOR)


def add_activation(blueprint: Blueprint, services: Services) -> None:
    _add_preview(blueprint, services)
    _add_activate(blueprint, services)
    _add_tool_check(blueprint, services)
    _add_progress(blueprint, services)


def _add_preview(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/activate")
    @requires_role(*EDITORS)
    def review() -> ResponseReturnValue:
        return _render(services, find_candidate(services, current_viewer(), request.args.get("candidate", "draft")))

    @blueprint.post("/activate/preview")
    @requires_role(*EDITORS)
    def preview_batch() -> str:
        """The next batch of the preview; the first one when there was none before."""
        viewer = current_viewer()
        candidate = find_candidate(services, viewer, request.form.get("candidate", "draft"))
        if candidate.config is None:
            raise BadRequest("This text has problems; there is nothing to preview.")
        counts = _counts_so_far(services, viewer, candidate)
        if not counts.finished:
            counts = _count_next_batch(services, viewer, candidate.config, counts)
            if counts.finished and candidate.kind is CandidateKind.VERSION and candidate.stored is not None:
                services.mappings.mark_previewed(candidate.stored.number)
        seconds = time.time() - counts.started_at
        return render_template(
            "mapping/_preview_counts.html",
            codes=CODES,
            candidate=candidate,
            counts=counts,
            state=_signed(counts),
            seconds=seconds,
        )


def _add_activate(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/activate")
    @requires_role(*EDITORS, reach=Reach.PART)
    # The mapping says whose word counts: which field names the sponsor, who accepts a change of it.
    @requires_recent_sign_in
    def activate() -> ResponseReturnValue:
        viewer, reason = current_viewer(), request.form.get("reason", "").strip()[:MAX_REASON_LENGTH]
        candidate = find_candidate(services, viewer, request.form.get("candidate", "draft"))
        if request.form.get("fingerprint") != candidate.fingerprint:
            notice = "The text was changed after you opened this page. This is the present text."
            return _render(services, candidate, reason=reason, notice=notice), 409
        if not reason:
            return _render(services, candidate, error="Give a reason for the record: people read it years later."), 422
        override = " ".join(request.form.get("override", "").split())[:MAX_REASON_LENGTH]
        try:
            stored = _activate_candidate(
                services, viewer, candidate, reason, override, move_existing="move_existing" in request.form
            )
        except DoesNotFit as error:
            return _render(services, candidate, reason=reason, check=error.check), 422
        except MappingConflict as error:
            return _render(services, candidate, reason=reason, notice=page_message(error)), 409
        except ConfigurationError as error:
            return _render(services, candidate, reason=reason, notice=page_message(error)), 422
        if candidate.kind is CandidateKind.DRAFT and viewer.person is not None:
            MappingDrafts(services.engine).delete(viewer.person)
        flash(f"Version {stored.number} is active.", "good")
        return redirect(url_for("mapping.progress", number=stored.number), 303)


def _add_tool_check(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/activate/check")
    @requires_role(*EDITORS)
    def check_candidate() -> str:
        """Whether it fits its tools; loaded after the page itself."""
        candidate = find_candidate(services, current_viewer(), request.args.get("candidate", "draft"))
        loaded = load_mapping(candidate.source)
        if not isinstance(loaded, LoadedMapping):
            raise BadRequest("This text has problems; there is nothing to compare with the tools.")
        return render_template("mapping/_fits.html", check=check_live(services, loaded, candidate.title), override="")


def _add_progress(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/progress/<int:number>")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def progress(number: int) -> str:
        stored = find_version(services, number)
        return render_template("mapping/progress.html", stored=stored, **_progress(services, stored))

    @blueprint.get("/progress/<int:number>/part")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def progress_part(number: int) -> str:
        stored = find_version(services, number)
        return render_template("mapping/_progress.html", stored=stored, **_progress(services, stored))


def _render(
    services: Services,
    candidate: Candidate,
    *,
    reason: str = "",
    error: str = "",
    notice: str = "",
    check: LiveCheck | None = None,
) -> str:
    """The page of the activation; the candidate's problems where it cannot be activated."""
    viewer, active = current_viewer(), services.mappings.active()
    missing = _missing_connections(services, candidate.config)
    if not notice and candidate.config is not None and not may_activate(services, viewer, candidate.config):
        notice = NOT_ALLOWED
    with services.read_as(viewer) as connection:
        known = item_count(connection)
    return render_template(
        "mapping/activate.html",
        candidate=candidate,
        active=active,
        differences=differences_from(active, candidate.config),
        same=active is not None and active.digest == candidate.digest,
        newer_version=candidate.kind is CandidateKind.DRAFT
        and active is not None
        and candidate.based_on not in {None, active.number},
        missing=missing,
        check=check,
        override=request.form.get("override", ""),
        known=known,
        begins_moving=_begins_moving(services, active, candidate.config),
        sample=min(SAMPLE_SIZE, known) or SAMPLE_SIZE,
        reason=reason,
        error=error,
        notice=notice,
    )


@dataclass(frozen=True, slots=True)
class BeginsMoving:
    """What a version begins to move back that goes past a shut gate."""

    rules: tuple[str, ...]
    ahead: int
    """Items of these rules that are known to be ahead of their gate already."""


def _begins_moving(
    services: Services, active: StoredMapping | None, config: MappingConfig | None
) -> BeginsMoving | None:
    if config is None:
        return None
    before = load_mapping(active.source) if active is not None else None
    rules = newly_moving(before.config if isinstance(before, LoadedMapping) else None, config)
    return BeginsMoving(tuple(sorted(rules)), services.mappings.count_breaches(rules)) if rules else None


def _missing_connections(services: Services, config: MappingConfig | None) -> list[str]:
    """Connections that the mapping names and that are not there."""
    named = {rule.connection for rule in config.measures} if config else set()
    return sorted(named - {record.name for record in services.connections.all()})


def _activate_candidate(
    services: Services, viewer: Viewer, candidate: Candidate, reason: str, override: str, *, move_existing: bool
) -> StoredMapping:
    """Raises MappingConflict, DoesNotFit, ConfigurationError."""
    author, active = author_of(viewer), services.mappings.active()
    if candidate.config is None:
        raise ConfigurationError("The text has problems. Correct them in the editor first.")
    if not may_activate(services, viewer, candidate.config):
        raise Forbidden(NOT_ALLOWED)
    if missing := _missing_connections(services, candidate.config):
        raise ConfigurationError(f"The mapping names {', '.join(missing)}, which is no connection. Connect it first.")
    if (active.number if active else None) != request.form.get("active", type=int):
        raise MappingConflict(active)
    if candidate.kind is CandidateKind.ROLLBACK:
        return services.mappings.rollback(
            author=author, reason=reason, to=int(candidate.name), move_existing=move_existing
        )
    return services.mappings.activate(
        candidate.source, candidate.digest, author=author, reason=reason,
        instead_of=active.number if active else None, move_existing=move_existing,
        override=_overridden(services, candidate, override),
    )  # fmt: skip


def _overridden(services: Services, candidate: Candidate, reason: str) -> Override:
    """Raises DoesNotFit.  A former version is brought back without it: that is the way back in an emergency."""
    loaded = load_mapping(candidate.source, candidate.title)
    if not isinstance(loaded, LoadedMapping):
        return Override()
    found = check_live(services, loaded, candidate.title)
    if found.fits:
        return Override()
    if not reason:
        raise DoesNotFit(found, "Correct it in the editor, or say below why it is activated all the same.")
    return Override(reason, found.sentences)


def _counts_so_far(services: Services, viewer: Viewer, candidate: Candidate) -> PreviewCounts:
    """What earlier batches have counted; zero when the text has changed since, or nothing was counted yet."""
    try:
        raw = _serializer().loads(request.form["state"]) if request.form.get("state") else None
    except BadSignature:
        raw = None
    if isinstance(raw, dict) and raw.get("fingerprint") == candidate.fingerprint:
        lines = tuple(PreviewLine(**line) for line in raw.pop("lines"))
        next_page = raw.pop("next_page")
        return PreviewCounts(
            **raw
            | {"lines": lines, "errors": tuple(raw["errors"]), "next_page": tuple(next_page) if next_page else None}
        )
    sample = 0 if request.form.get("scope") == "all" else SAMPLE_SIZE
    with services.read_as(viewer) as connection:
        known = item_count(connection)
    if not known and candidate.config is not None and viewer.sees_everything:
        return _first_look(services, candidate.config, candidate.fingerprint)
    total = min(sample, known) if sample else known
    return PreviewCounts(candidate.fingerprint, total, finished=total == 0, started_at=time.time(), sample=sample)


def _first_look(services: Services, config: MappingConfig, fingerprint: str) -> PreviewCounts:
    """Nothing has been read yet: the newest items that the rules' projects and tables hold, straight from the tools."""
    items, errors = find_first_items(services, config, FIRST_LOOK_ITEMS)
    counts = PreviewCounts(
        fingerprint, len(items), started_at=time.time(), sample=FIRST_LOOK_ITEMS, errors=errors, finished=not items
    )
    if not items:
        return counts
    run = run_preview(services, config, items, seconds=BATCH_SECONDS * 4, batch_size=BATCH_ITEMS)
    return counts.plus(run, ItemPage(items, None))


def _count_next_batch(
    services: Services, viewer: Viewer, config: MappingConfig, counts: PreviewCounts
) -> PreviewCounts:
    """As many items as fit into a moment, so that no request is long and the page can be left at any time."""
    with services.read_as(viewer) as connection:
        if counts.sample:
            rest = newest_items(connection, counts.total)[counts.done : counts.done + BATCH_ITEMS]
            # The order is that of reading: an item that is read meanwhile moves up, and is counted twice at worst.
            page = ItemPage(rest, ("", "") if rest and counts.done + len(rest) < counts.total else None)
        else:
            page = item_page(connection, counts.next_page, BATCH_ITEMS)
    run = (
        run_preview(services, config, page.items, seconds=BATCH_SECONDS * 4, batch_size=BATCH_ITEMS)
        if page.items
        else PreviewRun((), 0)
    )
    return counts.plus(run, page)


def _signed(counts: PreviewCounts) -> str:
    return str(_serializer().dumps(asdict(counts)))


def _serializer() -> URLSafeSerializer:
    key = current_app.config["SECRET_KEY"]
    return URLSafeSerializer(key, salt="mapping preview")


def _progress(services: Services, stored: StoredMapping) -> dict[str, object]:
    """How far the reassessment is, and when it will be done at the pace so far."""
    if stored.activated_at is None:
        return {"progress": None, "done_at": None, "replaced": False}
    progress, now = reassessment_progress(services.engine, stored.activated_at), system_clock()
    remaining = _remaining(progress, (now - stored.activated_at).total_seconds())
    return {
        "progress": progress,
        "done_at": None if remaining is None else now + remaining,
        "replaced": stored.superseded_at is not None,
    }


def _remaining(progress: ReassessmentProgress, elapsed_seconds: float) -> timedelta | None:
    if progress.waiting == 0 or progress.done < 20 or elapsed_seconds < 3:
        return None
    return timedelta(seconds=progress.waiting * elapsed_seconds / progress.done)
