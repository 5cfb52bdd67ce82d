"""What whoever runs a paper does with it: pause, resume, send now, send a copy again."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import MappingCache, Services, system_clock
from connector.papers.report import NoFigures
from connector.runtime.paper_sending import paper_desk
from connector.store.notifications.papers import Papers
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.paper_access import copy_run_by, run_by

LONGEST_REASON = 300
"""Characters of a reason."""


def add_actions(blueprint: Blueprint, services: Services, mappings: MappingCache) -> None:
    """The addresses of these forms; whose paper it is decides what is accepted."""
    reads = requires_role(*MEASURE_READERS)

    @blueprint.post("/papers/<key>/pause")
    @reads
    def pause(key: str) -> ResponseReturnValue:
        """Send no more of it until somebody resumes it."""
        viewer, now = current_viewer(), system_clock()
        state = run_by(services, mappings.active(), viewer, key, now)
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON].replace("\x00", "")
        done = Papers(services.engine).pause(state.paper, viewer.login, reason, now)
        flash(f"{state.paper.name} is paused." if done else "It was paused already.", "good")
        return redirect(url_for("calendar.show", key=key), 303)

    @blueprint.post("/papers/<key>/resume")
    @reads
    def resume(key: str) -> ResponseReturnValue:
        """Send it again; of what became due meanwhile the newest."""
        viewer = current_viewer()
        state = run_by(services, mappings.active(), viewer, key, system_clock())
        done = Papers(services.engine).resume(key, viewer.login)
        flash(f"{state.paper.name} is sent again." if done else "It was not paused.", "good")
        return redirect(url_for("calendar.show", key=key), 303)

    @blueprint.post("/papers/<key>/send")
    @reads
    def send_now(key: str) -> ResponseReturnValue:
        """Have it made and sent now, in addition to the calendar's own issue; a form that comes twice counts once."""
        viewer = current_viewer()
        state = run_by(services, mappings.active(), viewer, key, system_clock())
        request_id = request.form.get("request", "")[:80].replace("\x00", "") or uuid4().hex
        try:
            made = paper_desk(services, mappings, system_clock).send_now(state.paper, request_id, viewer.login)
        except NoFigures as error:
            flash(str(error), "bad")
        else:
            flash("A worker sends it within a minute." if made else "That was asked for already.", "good")
        return redirect(url_for("calendar.show", key=key), 303)

    @blueprint.post("/copies/<int:number>/again")
    @reads
    def send_again(number: int) -> ResponseReturnValue:
        """Have a copy that was not accepted made and sent again."""
        viewer, now = current_viewer(), system_clock()
        named = copy_run_by(services, mappings.active(), viewer, number, now)
        done = Papers(services.engine).send_again(number, viewer.login, now)
        flash("A worker sends it within a minute." if done else "It waits for nothing.", "good" if done else "warn")
        return redirect(url_for("calendar.show", key=named.state.paper.key), 303)
