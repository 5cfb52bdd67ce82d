"""``/work``: what waits for whoever is signed in, the oldest first."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from connector.bootstrap import MappingCache, Services, system_clock
from connector.measures.my_work import waiting
from connector.people.my_work import MyWork, OpenTask, WorkKind
from connector.store.reporting.my_work import PAGE, Place
from governance.approvals import WORDS
from webhook_server.admin.navigation import SEEING
from webhook_server.api.problem import Problem
from webhook_server.api.work import cursor_after, place_of
from webhook_server.auth import current_viewer, needs
from webhook_server.formats import Formats
from webhook_server.pages import formats

EACH = 12
"""Things of every kind that the page shows before it leads to a list of that kind."""

TITLES = {
    WorkKind.CONFIRMATION: (
        "Confirmations",
        "Actual effects that are booked and not confirmed: nothing closes without.",
    ),
    WorkKind.APPROVAL: ("Approvals", "Gates that wait for your word."),
    WorkKind.REASON: ("Reasons", "More of the plan is missing than the tolerance allows, and you were asked why."),
    WorkKind.BLOCKER: ("Blockers", "Other conditions of a shut gate that are yours to meet."),
}


def work(services: Services) -> Blueprint:
    blueprint = Blueprint("work", __name__, url_prefix="/work")
    mappings = MappingCache(services.mappings)

    @blueprint.get("")
    @needs(*SEEING)
    def index() -> str:
        """Everything by kind, or with ``?kind=`` one kind, page by page."""
        viewer, kind = current_viewer(), _kind(request.args.get("kind"))
        found = waiting(
            services, mappings, viewer, system_clock(), kind=kind, each=None if kind else EACH,
            after=_after(request.args.get("after")) if kind else None, limit=PAGE if kind else EACH * len(WorkKind),
        )  # fmt: skip
        groups = [
            (one, *TITLES[one], share, [thing for thing in found.things if thing.kind is one])
            for one, share in found.shares.items()
            if kind in {None, one}
        ]
        return render_template(
            "work/index.html",
            work=found,
            kind=kind,
            kind_tabs=[
                (TITLES[one][0], url_for("work.index", kind=one.value), one is kind, share.things)
                for one, share in found.shares.items()
            ],
            groups=groups,
            sentence=sentence(found, formats()),
            next=cursor_after(found) if kind else None,
            act=act,
            why=why,
        )

    return blueprint


def sentence(found: MyWork, formats: Formats) -> str:
    """The page's answer: how many things, since when, and how much money stands behind them."""
    oldest = found.oldest
    if oldest is None:
        return "Nothing waits for you."
    one = found.total == 1
    begin = "1 thing waits for you" if one else f"{formats.number(found.total)} things wait for you"
    since = f"since {formats.day(oldest)}" if one else f"the oldest since {formats.day(oldest)}"
    if not found.stake:
        return f"{begin}, {since}." if one else f"{begin}; {since}."
    amount = f"{formats.short(found.stake)} {found.currency}".strip()
    return f"{begin}, {since}; {amount} of plan stand behind {'it' if one else 'them'}."


def act(thing: OpenTask) -> tuple[str, str]:
    """The next step of a thing: what its button says, and where it leads."""
    name = thing.measure
    match thing.kind:
        case WorkKind.CONFIRMATION:
            return "Confirm…", url_for("measure.ask", name=name, verb="confirm")
        case WorkKind.APPROVAL:
            return "Approve…", url_for("measure.ask", name=name, verb="approve", stage=thing.stage)
        case WorkKind.REASON:
            return "Give the reason…", url_for("measure.ask", name=name, verb="reason")
        case WorkKind.BLOCKER:
            return "See what is missing", url_for("measure.show", name=name, _anchor="gate")


def why(thing: OpenTask) -> tuple[str, ...]:
    """What is missing, said to the one who reads it."""
    return tuple(
        f"Your {WORDS[reason.awaits]} for {thing.next_stage}" if reason.awaits else reason.text
        for reason in thing.reasons
    )


def _kind(given: str | None) -> WorkKind | None:
    if not given:
        return None
    if given not in {kind.value for kind in WorkKind}:
        abort(404, f'Nothing waits under the name "{given[:40]}".')
    return WorkKind(given)


def _after(cursor: str | None) -> Place | None:
    try:
        return place_of(cursor)
    except Problem:
        abort(404, "There is no such page of this list. Begin with the first.")
