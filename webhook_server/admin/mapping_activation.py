"""``/mapping/activate``: what would change, why, and then how far the items have been judged again."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import BadRequest

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Role, Viewer
from connector.store.mapping_versions.drafts import Drafts
from connector.store.mapping_versions.versions import Overtaken, StoredMapping
from connector.store.reconcile.reassessment_progress import (
    ItemPage,
    Rejudged,
    item_count,
    item_page,
    newest_items,
    rejudged,
)
from mapping.config import MappingConfig
from mapping.preview import Fate
from webhook_server.admin.mapping_candidate import Candidate, Way, between, candidate, version, who
from webhook_server.admin.mapping_preview_run import PART_ITEMS, PART_SECONDS, Look, Tally, Told, look
from webhook_server.auth import current_viewer, needs

SAMPLE = 200
LONGEST_REASON = 1_000
CHANGING = (Role.ADMINISTRATOR,)
LOOKING = (Role.ADMINISTRATOR, Role.OFFICE, Role.OPERATOR)


def add_activation(blueprint: Blueprint, services: Services) -> None:
    _add_preview(blueprint, services)
    _add_decision(blueprint, services)
    _add_course(blueprint, services)


def _add_preview(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/activate")
    @needs(*CHANGING)
    def decide() -> ResponseReturnValue:
        return _page(services, candidate(services, current_viewer(), request.args.get("what", "draft")))

    @blueprint.post("/activate/preview")
    @needs(*CHANGING)
    def part() -> str:
        """The next part of the preview; the first one when no part was there before."""
        viewer = current_viewer()
        wanted = candidate(services, viewer, request.form.get("what", "draft"))
        if wanted.config is None:
            raise BadRequest("This text has problems; there is nothing to preview.")
        tally = _tally(services, viewer, wanted)
        if not tally.ended:
            tally = _one_part(services, viewer, wanted.config, tally)
            if tally.ended and wanted.way is Way.VERSION and wanted.stored is not None:
                services.mappings.note_previewed(wanted.stored.number)
        seconds = time.time() - tally.began
        return render_template(
            "mapping/_tally.html", what=wanted, tally=tally, state=_sealed(tally), fates=Fate, seconds=seconds
        )


def _add_decision(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/activate")
    @needs(*CHANGING)
    def activate() -> ResponseReturnValue:
        viewer, reason = current_viewer(), request.form.get("reason", "").strip()[:LONGEST_REASON]
        wanted = candidate(services, viewer, request.form.get("what", "draft"))
        if request.form.get("mark") != wanted.mark:
            told = "The text was changed after you looked at it. Here is what it says now."
            return _page(services, wanted, reason=reason, told=told), 409
        if not reason:
            return _page(services, wanted, error="Say why, for the record: people read it years later."), 422
        try:
            stored = _activate(services, viewer, wanted, reason)
        except Overtaken as error:
            return _page(services, wanted, reason=reason, told=str(error)), 409
        except ConfigurationError as error:
            return _page(services, wanted, reason=reason, told=str(error)), 422
        if wanted.way is Way.DRAFT and viewer.person is not None:
            Drafts(services.engine).drop(viewer.person)
        flash(f"Version {stored.number} is active.", "good")
        return redirect(url_for("mapping.progress", number=stored.number), 303)


def _add_course(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/progress/<int:number>")
    @needs(*LOOKING)
    def progress(number: int) -> str:
        stored = version(services, number)
        found = rejudged(services.engine, stored.activated_at) if stored.activated_at else None
        return render_template("mapping/progress.html", stored=stored, **_course(stored, found))

    @blueprint.get("/progress/<int:number>/bar")
    @needs(*LOOKING)
    def bar(number: int) -> str:
        stored = version(services, number)
        found = rejudged(services.engine, stored.activated_at) if stored.activated_at else None
        return render_template("mapping/_progress.html", stored=stored, **_course(stored, found))


def _page(services: Services, wanted: Candidate, *, reason: str = "", error: str = "", told: str = "") -> str:
    """The page of the decision; the candidate's own words where there is nothing to decide."""
    viewer, active = current_viewer(), services.mappings.active()
    missing = _missing(services, wanted.config)
    with services.reading(viewer) as connection:
        known = item_count(connection)
    return render_template(
        "mapping/activate.html",
        what=wanted,
        active=active,
        words=between(active, wanted.config),
        same=active is not None and active.digest == wanted.digest,
        overtaken=wanted.way is Way.DRAFT and active is not None and wanted.based_on not in {None, active.number},
        missing=missing,
        known=known,
        sample=min(SAMPLE, known),
        reason=reason,
        error=error,
        told=told,
    )


def _missing(services: Services, config: MappingConfig | None) -> list[str]:
    """Connections that the mapping names and that are not there."""
    named = {rule.connection for rule in config.measures} if config else set()
    return sorted(named - {record.name for record in services.connections.all()})


def _activate(services: Services, viewer: Viewer, wanted: Candidate, reason: str) -> StoredMapping:
    """Raises Overtaken, ConfigurationError."""
    author, active = who(viewer), services.mappings.active()
    if wanted.config is None:
        raise ConfigurationError("The text has problems. Mend them in the editor first.")
    if missing := _missing(services, wanted.config):
        raise ConfigurationError(f"The mapping names {', '.join(missing)}, which is no connection. Connect it first.")
    if (active.number if active else None) != request.form.get("active", type=int):
        raise Overtaken(active)
    if wanted.way is Way.ROLLBACK:
        return services.mappings.rollback(author=author, reason=reason, to=int(wanted.name))
    return services.mappings.activate(
        wanted.source, wanted.digest, author=author, reason=reason, instead_of=active.number if active else None
    )


def _tally(services: Services, viewer: Viewer, wanted: Candidate) -> Tally:
    """What the parts before have counted; anew when the text has changed since, or nothing was counted yet."""
    try:
        raw = _serializer().loads(request.form["state"]) if request.form.get("state") else None
    except BadSignature:
        raw = None
    if isinstance(raw, dict) and raw.get("mark") == wanted.mark:
        told = tuple(Told(**one) for one in raw.pop("told"))
        after = raw.pop("after")
        return Tally(**raw | {"told": told, "trouble": tuple(raw["trouble"]), "after": tuple(after) if after else None})
    sample = 0 if request.form.get("scope") == "all" else SAMPLE
    with services.reading(viewer) as connection:
        known = item_count(connection)
    total = min(sample, known) if sample else known
    return Tally(wanted.mark, total, ended=total == 0, began=time.time(), sample=sample)


def _one_part(services: Services, viewer: Viewer, config: MappingConfig, tally: Tally) -> Tally:
    """As many items as fit into a moment, so that no request is long and the page can be left at any time."""
    with services.reading(viewer) as connection:
        if tally.sample:
            rest = newest_items(connection, tally.total)[tally.done : tally.done + PART_ITEMS]
            # The order is that of reading: what is read meanwhile moves up, and is looked at once more at worst.
            page = ItemPage(rest, ("", "") if rest and tally.done + len(rest) < tally.total else None)
        else:
            page = item_page(connection, tally.after, PART_ITEMS)
    found = (
        look(services, config, page.items, seconds=PART_SECONDS * 4, at_once=PART_ITEMS) if page.items else Look((), 0)
    )
    return tally.with_look(found, page)


def _sealed(tally: Tally) -> str:
    return str(_serializer().dumps(asdict(tally)))


def _serializer() -> URLSafeSerializer:
    key = current_app.config["SECRET_KEY"]
    return URLSafeSerializer(key, salt="mapping preview")


def _course(stored: StoredMapping, found: Rejudged | None) -> dict[str, object]:
    """How far it is, and how long it may take yet at the pace so far."""
    if found is None or stored.activated_at is None:
        return {"found": None, "left": None, "replaced": False}
    now = system_clock()
    spent = (now - stored.activated_at).total_seconds()
    remaining = _remaining(found, spent)
    return {
        "found": found,
        "left": None if remaining is None else now + remaining,
        "replaced": stored.superseded_at is not None,
    }


def _remaining(found: Rejudged, spent: float) -> timedelta | None:
    if found.waiting == 0 or found.judged < 20 or spent < 3:
        return None
    return timedelta(seconds=found.waiting * spent / found.judged)
