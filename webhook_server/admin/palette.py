"""``/palette``: measures, people, pages and actions by a few letters, for the command palette."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from sqlalchemy import func, or_, select

from connector.bootstrap import Services
from connector.people.permissions import ADMINISTRATORS, Viewer
from connector.store.database.row_level_access import visible_to
from connector.store.database.tables import MEASURE
from webhook_server.admin.navigation import entries
from webhook_server.admin.person_access import is_listed
from webhook_server.auth import current_viewer
from webhook_server.permission import for_all_signed_in, permission_of

MAX_OF_A_KIND = 8
ACTIONS = (
    ("List all measures", "portfolio.measures"),
    ("List the effect lines", "portfolio.lines"),
    ("See why amounts differ from the plan", "portfolio.why"),
    ("Export the measures as CSV", "portfolio.export_csv"),
    ("Download the Excel workbook", "portfolio.workbook"),
    ("Import a file into the ledger", "money.import_page"),
    ("Be notified by mail or chat", "digest.index"),
    ("Edit the mapping", "mapping.edit"),
    ("Edit the mapping in the guided form", "mapping.guided"),
    ("Connect a tool", "setup.index"),
    ("Add a person", "people.add"),
    ("Change my password, formats and tokens", "account.index"),
    ("Set up a second factor", "second_factor.index"),
)


@dataclass(frozen=True, slots=True)
class PaletteItem:
    label: str
    detail: str
    """What it is."""
    href: str


def palette(services: Services) -> Blueprint:
    blueprint = Blueprint("palette", __name__)

    @blueprint.get("/palette")
    @for_all_signed_in
    def search() -> Response:
        """What this viewer may open, by words that all occur in its name."""
        viewer = current_viewer()
        words = request.args.get("q", "")[:100].casefold().split()
        found = [*_pages(viewer, words), *_measures(services, viewer, words), *_people(services, viewer, words)]
        return jsonify({"items": [asdict(item) for item in found]})

    return blueprint


def _pages(viewer: Viewer, words: list[str]) -> Iterator[PaletteItem]:
    views = current_app.view_functions
    for entry in entries(viewer, views):
        if _fits(f"{entry.label} {entry.summary}", words):
            yield PaletteItem(entry.label, f"page: {entry.summary}", url_for(entry.endpoint))
    for label, endpoint in ACTIONS:
        view = views.get(endpoint)
        if view is not None and permission_of(view).admits(viewer) and _fits(label, words):
            yield PaletteItem(label, "action", url_for(endpoint))


def _measures(services: Services, viewer: Viewer, words: list[str]) -> Iterator[PaletteItem]:
    if not words:
        return
    query = select(MEASURE.c.id, MEASURE.c.key, MEASURE.c.title, MEASURE.c.program)
    query = query.where(visible_to(viewer), MEASURE.c.unmapped_since.is_(None))
    for word in words:
        pattern = f"%{word.replace('%', '').replace('_', '')}%"
        query = query.where(or_(MEASURE.c.key.ilike(pattern), func.coalesce(MEASURE.c.title, "").ilike(pattern)))
    with services.read_as(viewer) as connection:
        for row in connection.execute(query.order_by(func.length(MEASURE.c.key), MEASURE.c.key).limit(MAX_OF_A_KIND)):
            detail = f"measure of {row.program}" if row.program else "measure"
            yield PaletteItem(f"{row.key} {row.title or ''}".strip(), detail, url_for("measure.show", name=row.id))


def _people(services: Services, viewer: Viewer, words: list[str]) -> Iterator[PaletteItem]:
    if not words or not viewer.is_any(ADMINISTRATORS):
        return
    listed = [
        person
        for person in services.people.all()
        if _fits(f"{person.name} {person.login}", words) and is_listed(viewer, person)
    ]
    for person in listed[:MAX_OF_A_KIND]:
        yield PaletteItem(person.name, f"person: {person.login}", url_for("people.person", number=person.id))


def _fits(text: str, words: list[str]) -> bool:
    lowered = text.casefold()
    return all(word in lowered for word in words)
