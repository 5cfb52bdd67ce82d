"""``/calendar``: which paper is due when, who has not reported, what is open, and who got what."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, abort, render_template, request, send_file

from connector.bootstrap import MappingCache, Services, system_clock
from connector.papers.calendar.detail import detail_of, history_of, unreported_count
from connector.papers.calendar.paper import Paper, file_names
from connector.papers.calendar.state import PaperState, calendar_of
from connector.papers.report import NoFigures
from connector.people.permissions import TEMPLATE_ROLES, Role, Viewer
from connector.runtime.paper_sending import paper_desk
from connector.sync.active_mapping import ActiveMapping
from governance.reporting_calendar import IssueState
from webhook_server.admin.calendar_actions import add_actions
from webhook_server.admin.calendar_review import add_review
from webhook_server.admin.deck_template import add_template
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person, is_named
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.calendar import calendar_line
from webhook_server.pages import formats
from webhook_server.paper_access import paper_named

STATE_KINDS = {
    IssueState.SENT: "good", IssueState.FAILED: "bad", IssueState.MISSED: "warn", IssueState.PAUSED: "warn",
}  # fmt: skip
COPY_LABELS = {
    "waiting": "waits", "sending": "being sent", "sent": "sent", "nothing": "nothing to send", "withheld": "withheld",
    "dead_letter": "not sent", "dropped": "given up",
}  # fmt: skip
COPY_KINDS = {"sent": "good", "dead_letter": "bad", "withheld": "warn"}


def calendar(services: Services) -> Blueprint:
    blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")
    mappings = MappingCache(services.mappings)
    reads = requires_role(*MEASURE_READERS)

    @blueprint.context_processor
    def labels() -> dict[str, object]:
        """What the templates call states."""
        return {"state_kinds": STATE_KINDS, "copy_labels": COPY_LABELS, "copy_kinds": COPY_KINDS}

    @blueprint.get("")
    @reads
    def index() -> str:
        """Every paper that the viewer may know of."""
        viewer, active, now = current_viewer(), mappings.active(), system_clock()
        papers, person = calendar_of(services, active, viewer, now), asked_person()
        counts = {one.paper.key: unreported_count(services, active, viewer, one) for one in papers} if active else {}
        return render_template(
            "calendar/index.html", papers=[one for one in papers if is_named(person, [one.paper.owner])],
            following=papers[0] if papers else None,
            summary=calendar_line(papers[0] if papers else None, formats()),
            person=person, counts=counts, has_mapping=active is not None,
            may_edit=viewer.is_any({Role.ADMINISTRATOR}), may_set_template=viewer.holds_everywhere(TEMPLATE_ROLES),
        )  # fmt: skip

    @blueprint.get("/papers/<key>")
    @reads
    def show(key: str) -> str:
        """One paper: who has not reported, what is open, what was sent."""
        viewer, active = current_viewer(), _active(mappings)
        state = paper_named(services, active, viewer, key, system_clock())
        history = history_of(services, viewer, state, after=request.args.get("after", type=int))
        return render_template(
            "calendar/show.html",
            one=state,
            detail=detail_of(services, active, viewer, state),
            history=history,
            next=history[-1].issue.id if len(history) == 20 else None,
        )

    @blueprint.get("/papers/<key>/preview")
    @reads
    def preview(key: str) -> str:
        """The message as the viewer, or somebody else, would be sent it now."""
        viewer = current_viewer()
        state = paper_named(services, _active(mappings), viewer, key, system_clock())
        reader = _reader(services, viewer, state)
        paper, problem = _previewed(services, mappings, state, reader, viewer)
        period = state.paper.schedule.next_due(system_clock()).period
        return render_template(
            "calendar/preview.html",
            one=state,
            paper=paper,
            problem=problem,
            reader=reader,
            may_choose=_chooses(viewer, state),
            file_names=file_names(state.paper.kind, period.label),
        )

    @blueprint.get("/papers/<key>/preview/<name>")
    @reads
    def preview_file(key: str, name: str) -> Response:
        """A file of the preview."""
        viewer = current_viewer()
        state = paper_named(services, _active(mappings), viewer, key, system_clock())
        paper, problem = _previewed(services, mappings, state, _reader(services, viewer, state), viewer, whole=True)
        found = [one for one in paper.files if one.name == name] if paper is not None else []
        if not found:
            abort(404, problem or f'The paper has no file "{name[:100]}".')
        return send_file(BytesIO(found[0].content), found[0].media_type, as_attachment=True, download_name=name)

    add_actions(blueprint, services, mappings)
    add_template(blueprint, services)
    add_review(blueprint, services, mappings)
    return blueprint


def _active(mappings: MappingCache) -> ActiveMapping:
    active = mappings.active()
    if active is None:
        abort(404, "No mapping is active, so there is no calendar yet.")
    return active


def _chooses(viewer: Viewer, state: PaperState) -> bool:
    """Whether they may preview as somebody else: nobody sees so more than they see themselves."""
    return state.runs and viewer.sees_everything


def _reader(services: Services, viewer: Viewer, state: PaperState) -> Viewer:
    login = request.args.get("as", "").strip()[:200].replace("\x00", "")
    if not login or login.casefold() == viewer.login.casefold():
        return viewer
    if not _chooses(viewer, state):
        abort(403, "Only who runs the paper and sees everything may preview it as somebody else.")
    person = services.people.find_by_login(login)
    found = services.people.viewer(person.id) if person is not None else None
    if found is None:
        abort(404, f'There is no active person "{login}".')
    return found


def _previewed(
    services: Services,
    mappings: MappingCache,
    state: PaperState,
    reader: Viewer,
    viewer: Viewer,
    *,
    whole: bool = False,
) -> tuple[Paper | None, str]:
    try:
        desk = paper_desk(services, mappings, system_clock)
        return desk.preview(state.paper, reader, viewer.login, with_files=whole), ""
    except NoFigures as error:
        return None, str(error)
