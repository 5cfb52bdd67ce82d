"""Reports by their number, and the page on which a meeting's decisions are entered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import MappingCache, Services, system_clock
from connector.measures.meeting import DECIDED_VERBS, EntryState, check, enter, give
from connector.papers.deck.decisions import DecisionAsked, decisions_asked
from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.meeting_decisions import decisions
from connector.store.reporting.report_snapshots import ReportSnapshot, ReportSnapshots
from connector.store.reporting.steering_rows import SteeringRows
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_request import PortfolioRequest, Stages, figures_or_gone
from webhook_server.auth import current_viewer, requires_role

LONGEST = 900
"""Characters of a decision: the whole command has to be read."""


def add_reports(blueprint: Blueprint, services: Services, stages: Stages) -> None:
    """The addresses of these pages."""
    mappings = MappingCache(services.mappings)
    snapshots = ReportSnapshots(services.engine)

    @blueprint.post("/reports")
    @requires_role(*MEASURE_READERS)
    def keep_report() -> ResponseReturnValue:
        """Give the page a number."""
        asked = PortfolioRequest.from_query(request.form)
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            figures = figures_or_gone(asked.portfolio(connection, viewer))
            asked.require_known(connection, viewer, stages())
        kept = kept_report(services, viewer, asked, figures.refreshed_at)
        return redirect(url_for("portfolio.report", number=kept.id), 303)

    @blueprint.get("/reports/<number>")
    @requires_role(*MEASURE_READERS)
    def report(number: str) -> ResponseReturnValue:
        """The page of that moment and part."""
        return redirect(url_for("portfolio.index", **query_of(_found(snapshots, number))), 302)

    @blueprint.get("/reports/<number>/meeting")
    @requires_role(*MEASURE_READERS)
    def meeting(number: str) -> str:
        """What the report asks to decide, and what was decided."""
        return _meeting_page(services, mappings, _found(snapshots, number))

    @blueprint.post("/reports/<number>/meeting")
    @requires_role(*MEASURE_READERS)
    def enter_decision(number: str) -> ResponseReturnValue:
        """Enter one decision of the meeting."""
        snapshot, form = _found(snapshots, number), request.form
        verb, stage, reason = (form.get(name, "").strip() for name in ("verb", "stage", "reason"))
        if verb not in {one.value for one in DECIDED_VERBS}:
            abort(400, "Choose one of the decisions.")
        try:
            met_on = date.fromisoformat(form.get("met_on", ""))
        except ValueError:
            abort(400, "Choose the day of the meeting.")
        named = stage if verb in {"approve", "reject"} else ""
        said = "" if verb in {"approve", "resume"} else reason[:LONGEST]
        command = " ".join(part for part in (f"/{verb}", named, said) if part)
        result = enter(
            services, current_viewer(), form.get("measure", ""), command, form.get("minutes", ""), met_on,
            system_clock(), report_id=snapshot.id,
        )  # fmt: skip
        flash(result.text, "bad" if result.state is EntryState.REFUSED else "good")
        return redirect(url_for("portfolio.meeting", number=snapshot.id), 303)

    @blueprint.post("/decisions/<int:number>/give")
    @requires_role(*MEASURE_READERS)
    def give_decision(number: int) -> ResponseReturnValue:
        """Give an open decision as one's own command."""
        result = give(services, current_viewer(), number, system_clock())
        flash(result.text, "bad" if result.state is not EntryState.GIVEN else "good")
        return redirect(url_for("work.index"), 303)


def kept_report(services: Services, viewer: Viewer, asked: PortfolioRequest, refreshed_at: datetime) -> ReportSnapshot:
    """The report of a page: of today's, the moment at which its figures were calculated."""
    known_at = asked.on.at if asked.on is not None else refreshed_at
    compared_at = asked.compare.at if asked.compare is not None else None
    return ReportSnapshots(services.engine).keep(
        known_at, compared_at, asked.filters, asked.rates, viewer.login, system_clock()
    )


def query_of(snapshot: ReportSnapshot) -> dict[str, Any]:
    """The address of the page that it names."""
    rates = {"rates": snapshot.rates.value} if snapshot.rates == "budget" else {}
    compared = {"compare": _moment(snapshot.compared_at)} if snapshot.compared_at is not None else {}
    return snapshot.filters.query | rates | {"on": _moment(snapshot.known_at)} | compared | {"report": snapshot.id}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _found(snapshots: ReportSnapshots, number: str) -> ReportSnapshot:
    found = snapshots.find(number[:20])
    if found is None:
        abort(404, f'There is no report "{number[:20]}".')
    return found


def _meeting_page(services: Services, mappings: MappingCache, snapshot: ReportSnapshot) -> str:
    viewer, now, active = current_viewer(), system_clock(), mappings.active()
    with services.read_as(viewer) as connection:
        rows = SteeringRows(figures_at(connection, snapshot.known_at), viewer, snapshot.filters)
        asked: tuple[DecisionAsked, ...] = decisions_asked(
            rows.due_by(snapshot.known_at.date()), now.date(), active.policies.base.currency if active else ""
        )
        entered = decisions(connection, report_id=snapshot.id)
    waits = {
        one.id: check(services, viewer, one.measure, one.command, now).text for one in entered if one.given is None
    }
    return render_template(
        "portfolio/meeting.html", snapshot=snapshot, asked=asked, entered=entered, waits=waits, today=now.date(),
        query=query_of(snapshot), verbs=DECIDED_VERBS, longest=LONGEST,
    )  # fmt: skip
