"""``/audit``: who did what, when; and a verification, on demand, that nobody changed the record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, Forbidden

from connector.bootstrap import Services
from connector.papers.audit_sentences import sentence_of
from connector.people.permissions import Viewer
from connector.store.database.audit import AuditEntry, VerificationProgress, VerificationResult, action_names, search
from connector.store.database.reading import reading
from connector.store.database.tables import MEASURE
from governance.verdict import gate_text
from webhook_server.admin.audit_lines import AuditLine, collapsed
from webhook_server.admin.navigation import AUDIT_READERS
from webhook_server.auth import current_viewer, requires_role, viewer_or_none
from webhook_server.pages import formats, is_technical
from webhook_server.permission import Reach

PAGE_SIZE = 50
MAX_SEQUENCE = 2**63 - 1
MAX_PROGRESS_LINES = 20
"""Lines in which a verification reports its progress."""
STREAMED_LIST_TYPE = "text/vnd.gatepost.stream"


def audit(services: Services) -> Blueprint:
    blueprint = Blueprint("audit", __name__, url_prefix="/audit")

    @blueprint.get("")
    @requires_role(*AUDIT_READERS)
    def index() -> str:
        return _page(services)

    @blueprint.post("/verify")
    @requires_role(*AUDIT_READERS, reach=Reach.ORGANISATION)
    def verify() -> ResponseReturnValue:
        """The whole chain: line by line as it is read, or a whole page without scripts."""
        if not current_viewer().sees_everything:
            raise Forbidden("The chain can only be verified as a whole, by viewers who see every measure.")
        if request.headers.get("Accept") != STREAMED_LIST_TYPE:
            return _page(services, tuple(_verify(services)))
        answer = Response(stream_with_context(_verification_lines(services)), mimetype=STREAMED_LIST_TYPE)
        answer.headers["X-Accel-Buffering"] = "no"
        return answer

    return blueprint


def _page(services: Services, verification: tuple[Markup, ...] = ()) -> str:
    viewer, filters = current_viewer(), request.args
    entries, keys, more = _search(services, viewer, filters)
    with reading(services.engine) as connection:
        names = action_names(connection)
    kinds = sorted({name.partition(".")[0] for name in names if "." in name})
    return render_template(
        "audit/index.html",
        entries=entries,
        # Searched for by action, each sign-in stands by itself.
        lines_of_entries=[AuditLine([entry]) for entry in entries] if filters.get("action") else collapsed(entries),
        text_of=lambda entry: without_ids(entry_text(entry)),
        without_ids=without_ids,
        keys=keys,
        sentence_of=sentence_of,
        following=entries[-1].seq if more and entries else None,
        names=names,
        kinds=kinds,
        filters=filters,
        filtered=any(filters.get(name) for name in ("subject", "actor", "action", "since", "until")),
        may_verify=viewer.sees_everything,
        lines=verification,
    )


def _search(
    services: Services, viewer: Viewer, args: MultiDict[str, str]
) -> tuple[tuple[AuditEntry, ...], dict[str, str], bool]:
    """One page of the search, the keys of the measures in it, and whether there is more."""
    until = _day(args, "until")
    with services.read_as(viewer) as connection:
        entries = search(
            connection,
            subjects=_text(args, "subject"),
            actors=_text(args, "actor"),
            actions=_text(args, "action"),
            since=_day(args, "since"),
            until=None if until is None else until + timedelta(days=1),
            after=_number(args),
            limit=PAGE_SIZE + 1,
        )
        subjects = {entry.subject for entry in entries}
        rows = connection.execute(select(MEASURE.c.id, MEASURE.c.key).where(MEASURE.c.id.in_(subjects)))
        keys = {str(row.id): str(row.key) for row in rows}
    return entries[:PAGE_SIZE], keys, len(entries) > PAGE_SIZE


def _text(args: MultiDict[str, str], name: str) -> list[str]:
    """The value of a filter, if one is written."""
    written = args.get(name, "").strip().replace("\x00", "")[:300]
    return [written] if written else []


def _day(args: MultiDict[str, str], name: str) -> datetime | None:
    """The beginning of a day in the reader's time zone."""
    written = args.get(name, "").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        return datetime(day.year, day.month, day.day, tzinfo=formats().zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f'"{written[:40]}" is not a date. Write it as 2026-11-21.') from error


def _number(args: MultiDict[str, str]) -> int | None:
    written = args.get("after", "")
    return min(int(written), MAX_SEQUENCE) if written.isdecimal() and len(written) < 20 else None


_LONG_ID = re.compile(r"\b(?:\w+:)?[0-9a-f]{32,}\b")
"""Ids of ServiceNow with their table, and hashes."""


def without_ids(text: str) -> str:
    """For whoever reads and decides; the entry itself holds the id."""
    return text if is_technical(viewer_or_none()) else _LONG_ID.sub("…", text)


def entry_text(entry: AuditEntry) -> str:
    """The content of an entry, in one line."""
    detail = entry.detail
    ruling = detail.get("ruling")
    if entry.action == "measure.assessed":
        return f"gate {gate_text(detail.get('gate'))}, stage {detail.get('stage') or 'none yet'}"
    if isinstance(ruling, dict) and ruling.get("reply"):
        return str(ruling["reply"])
    if detail.get("text"):
        return str(detail["text"])
    return "; ".join(f"{name.replace('_', ' ')}: {_short(value)}" for name, value in detail.items() if value)[:500]


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _verification_lines(services: Services) -> Iterator[str]:
    for line in _verify(services):
        yield line.replace("\n", " ").strip() + "\n"


def _verify(services: Services) -> Iterator[Markup]:
    """The lines of a verification: its progress in a few steps, then its result."""
    next_step = 0
    for step in services.audit.verify_with_progress():
        if isinstance(step, VerificationResult):
            yield Markup(render_template("audit/_verified.html", result=step))  # noqa: S704 - a template escapes itself
        elif _is_progress_due(step, next_step):
            next_step = step.done + max(step.total // MAX_PROGRESS_LINES, 1)
            yield Markup(render_template("audit/_verify_progress.html", step=step))  # noqa: S704 - as above


def _is_progress_due(step: VerificationProgress, next_step: int) -> bool:
    return step.done >= next_step
