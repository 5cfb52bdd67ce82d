"""``/work``: the open tasks of whoever is signed in, the oldest first."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from connector.bootstrap import MappingCache, Services, system_clock
from connector.measures.meeting import open_for
from connector.measures.my_work import my_work_of
from connector.measures.proposals import open_proposals
from connector.people.my_work import OpenTask, WorkKind
from connector.store.reporting.my_work import PAGE, PageStart
from governance.approvals import APPROVAL_NAMES
from governance.gates import ApprovalKind
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person
from webhook_server.api.problem import Problem
from webhook_server.api.work import cursor_after, page_start
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.work import work_line
from webhook_server.pages import formats

ROWS_PER_KIND = 12
"""Tasks of each kind that the page shows before it links to a list of that kind."""

TITLES = {
    WorkKind.CONFIRMATION: (
        "Confirmations",
        "Booked actual effects that you have not confirmed yet; a measure cannot close without.",
    ),
    WorkKind.APPROVAL: ("Approvals", "Gates that wait for your approval."),
    WorkKind.REASON: (
        "Reasons",
        "More money is missing or more time has slipped than the tolerance allows, and you were asked for the reason.",
    ),
    WorkKind.ROLE_CHANGE: (
        "Changes of roles",
        "Somebody else was named in the tool. Until the change is accepted, a new sponsor or controller cannot act.",
    ),
    WorkKind.DIFFERENCE: (
        "Differences",
        "The tool holds another actual than the ledger. Correct the wrong one: the month stays open until then.",
    ),
    WorkKind.BLOCKER: ("Blockers", "Other conditions of a shut gate that you have to meet."),
}


def work(services: Services) -> Blueprint:
    blueprint = Blueprint("work", __name__, url_prefix="/work")
    mappings = MappingCache(services.mappings)

    @blueprint.get("")
    @requires_role(*MEASURE_READERS)
    def index() -> str:
        """Everything by kind, or with ``?kind=`` one kind, page by page."""
        viewer, kind = current_viewer(), _kind(request.args.get("kind"))
        person = asked_person()
        my_work = my_work_of(
            services,
            mappings,
            viewer,
            system_clock(),
            kinds=[kind] if kind else [],
            per_kind=None if kind else ROWS_PER_KIND,
            person=person or None,
            after=_after(request.args.get("after")) if kind else None,
            limit=PAGE if kind else ROWS_PER_KIND * len(WorkKind),
        )
        with services.read_as(viewer) as connection:
            decided = open_for(services, connection, viewer, system_clock())
            proposed = open_proposals(services, connection, viewer, system_clock())
        groups = [
            (group_kind, *TITLES[group_kind], group, [task for task in my_work.tasks if task.kind is group_kind])
            for group_kind, group in my_work.groups.items()
            if kind in {None, group_kind}
        ]
        return render_template(
            "work/index.html",
            work=my_work,
            decided=decided,
            proposed=proposed,
            kinds=[kind] if kind else [],
            kind_tabs=[
                (TITLES[tab][0], url_for("work.index", kind=tab.value, person=person or None), tab is kind, group.count)
                for tab, group in my_work.groups.items()
            ],
            groups=groups,
            sentence=work_line(my_work, formats(), person),
            person=person,
            next=cursor_after(my_work) if kind else None,
            next_step=next_step,
            missing_texts=missing_texts,
            awaits_bookings=awaits_bookings,
        )

    return blueprint


def awaits_bookings(task: OpenTask) -> bool:
    """Whether the actual effect is to be confirmed and nothing is booked that could be: then months come first."""
    awaited = any(reason.awaits is ApprovalKind.ACTUAL_EFFECT for reason in task.reasons)
    return awaited and task.kind is WorkKind.APPROVAL


def next_step(task: OpenTask) -> tuple[str, str]:
    """The next step of a task: the text of its button, and its address."""
    name = task.measure
    match task.kind:
        case WorkKind.CONFIRMATION:
            return "Confirm…", url_for("measure.action_form", name=name, verb="confirm")
        case WorkKind.APPROVAL if awaits_bookings(task):
            return "See the ledger", url_for("money.index", measure=task.key)
        case WorkKind.APPROVAL:
            return "Approve…", url_for("measure.action_form", name=name, verb="approve", stage=task.stage)
        case WorkKind.REASON:
            return "Give the reason…", url_for("measure.action_form", name=name, verb="reason")
        case WorkKind.ROLE_CHANGE:
            return "See the change", url_for("measure.show", name=name, _anchor="actions")
        case WorkKind.DIFFERENCE:
            return "See the entries", url_for("money.index", measure=name)
        case WorkKind.BLOCKER:
            return "See what is missing", url_for("measure.show", name=name, _anchor="gate")


def missing_texts(task: OpenTask) -> tuple[str, ...]:
    """What is missing, addressed to the reader."""
    return tuple(
        f"Your {APPROVAL_NAMES[reason.awaits]} for {task.next_stage}" if reason.awaits else reason.text
        for reason in task.reasons
    )


def _kind(given: str | None) -> WorkKind | None:
    if not given:
        return None
    if given not in {kind.value for kind in WorkKind}:
        abort(404, f'There are no tasks of the kind "{given[:40]}".')
    return WorkKind(given)


def _after(cursor: str | None) -> PageStart | None:
    try:
        return page_start(cursor)
    except Problem:
        abort(404, "There is no such page of this list. Start with the first page.")
