"""``/track-record``: what owners, programs and suppliers forecast at decision, and what came."""

from __future__ import annotations

from flask import Blueprint, render_template

from connector.bootstrap import Services
from connector.measures.track_record import shown_records
from governance.track_record import RecordKind
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.tradeoffs import record_line
from webhook_server.pages import formats

HEADINGS = (
    (RecordKind.OWNER, "Owners", "Who owned the measure when it was decided."),
    (RecordKind.PROGRAM, "Programs", ""),
    (
        RecordKind.SUPPLIER,
        "Suppliers",
        "Who is on the other side of what is booked or ordered; a measure counts for each of them.",
    ),
)


def track_record(_: Services) -> Blueprint:
    blueprint = Blueprint("track_record", __name__, url_prefix="/track-record")
    blueprint.add_url_rule("", "index", requires_role(*MEASURE_READERS)(index))
    return blueprint


def index() -> str:
    """The factor of each, always with its sample."""
    shown = shown_records(current_services(), current_viewer())
    return render_template(
        "track_record/index.html", shown=shown, headings=HEADINGS, summary=record_line(shown, formats())
    )  # fmt: skip
