"""``/audit``: who did what, when; and proof, on demand, that nobody changed the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, Forbidden

from connector.bootstrap import Services
from connector.people.permissions import Viewer
from connector.store.database.audit import Entry, Progress, Verified, actions, search
from connector.store.database.tables import MEASURE
from webhook_server.admin.navigation import AUDITING
from webhook_server.auth import current_viewer, needs
from webhook_server.pages import formats

PAGE = 50
BIGGEST = 2**63 - 1
TOLD = 20
"""Steps in which a verification says how far it is."""
LINES = "text/vnd.gatepost.lines"


def audit(services: Services) -> Blueprint:
    blueprint = Blueprint("audit", __name__, url_prefix="/audit")

    @blueprint.get("")
    @needs(*AUDITING)
    def index() -> str:
        return _page(services)

    @blueprint.post("/verify")
    @needs(*AUDITING)
    def verify() -> ResponseReturnValue:
        """The whole chain: line by line as it is read, or a whole page where no script asks."""
        if not current_viewer().sees_everything:
            raise Forbidden("The chain holds together as a whole: whoever sees every measure may verify it.")
        if request.headers.get("Accept") != LINES:
            return _page(services, tuple(_verified(services)))
        answer = Response(stream_with_context(_lines(services)), mimetype=LINES)
        answer.headers["X-Accel-Buffering"] = "no"
        return answer

    return blueprint


def _page(services: Services, lines: tuple[Markup, ...] = ()) -> str:
    viewer, asked = current_viewer(), request.args
    found, keys, more = _found(services, viewer, asked)
    with services.engine.connect() as connection:
        names = actions(connection)
    kinds = sorted({name.partition(".")[0] for name in names if "." in name})
    return render_template(
        "audit/index.html",
        entries=[(one, told(one), keys.get(one.subject)) for one in found],
        following=found[-1].seq if more and found else None,
        names=names,
        kinds=kinds,
        asked=asked,
        filtered=any(asked.get(name) for name in ("subject", "actor", "action", "since", "until")),
        everything=viewer.sees_everything,
        lines=lines,
    )


def _found(
    services: Services, viewer: Viewer, asked: MultiDict[str, str]
) -> tuple[tuple[Entry, ...], dict[str, str], bool]:
    """One page of what was asked for, the keys of the measures in it, and whether there is more."""
    until = _day(asked, "until")
    with services.reading(viewer) as connection:
        entries = search(
            connection,
            subject=_word(asked, "subject"),
            actor=_word(asked, "actor"),
            action=_word(asked, "action"),
            since=_day(asked, "since"),
            until=None if until is None else until + timedelta(days=1),
            before=_number(asked),
            limit=PAGE + 1,
        )
        subjects = {one.subject for one in entries}
        rows = connection.execute(select(MEASURE.c.id, MEASURE.c.key).where(MEASURE.c.id.in_(subjects)))
        keys = {str(row.id): str(row.key) for row in rows}
    return entries[:PAGE], keys, len(entries) > PAGE


def _word(asked: MultiDict[str, str], name: str) -> str | None:
    return asked.get(name, "").strip().replace("\x00", "")[:300] or None


def _day(asked: MultiDict[str, str], name: str) -> datetime | None:
    """The beginning of a day in the reader's time zone."""
    written = asked.get(name, "").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        return datetime(day.year, day.month, day.day, tzinfo=formats().zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f'"{written[:40]}" is no day. Write it as 2026-11-21.') from error


def _number(asked: MultiDict[str, str]) -> int | None:
    written = asked.get("after", "")
    return min(int(written), BIGGEST) if written.isdecimal() and len(written) < 20 else None


def told(entry: Entry) -> str:
    """What an entry holds, in one line."""
    detail = entry.detail
    ruling = detail.get("ruling")
    if entry.action == "decided":
        return f"gate {detail.get('gate')}, stage {detail.get('stage') or 'none yet'}"
    if isinstance(ruling, dict) and ruling.get("answer"):
        return str(ruling["answer"])
    if detail.get("text"):
        return str(detail["text"])
    return "; ".join(f"{name.replace('_', ' ')}: {_short(value)}" for name, value in detail.items() if value)[:500]


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(services: Services) -> Iterator[str]:
    for line in _verified(services):
        yield line.replace("\n", " ").strip() + "\n"


def _verified(services: Services) -> Iterator[Markup]:
    """What is said while the chain is read: at most some steps, then what was found."""
    next_step = 0
    for one in services.audit.verifying():
        if isinstance(one, Verified):
            yield Markup(render_template("audit/_verified.html", result=one))  # noqa: S704 - a template escapes itself
        elif _is_due(one, next_step):
            next_step = one.done + max(one.total // TOLD, 1)
            yield Markup(render_template("audit/_step.html", step=one))  # noqa: S704 - as above


def _is_due(step: Progress, next_step: int) -> bool:
    return step.done >= next_step
