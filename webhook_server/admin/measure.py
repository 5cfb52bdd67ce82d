"""``/measures/<id or key>``: one measure, everything that is known of it, and why its gate is open or shut.

The link that Gatepost writes into the tools leads here.  A measure that the reader may not see is not found, just
like one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import MappingCache, Services, system_clock
from connector.people.permissions import LEVELS, Viewer
from connector.store.database import audit
from connector.store.database.row_level_access import visible
from connector.store.database.tables import MEASURE
from connector.store.measures import measure_queries
from connector.store.measures.commands import SubmittedRuling, ruling
from connector.store.measures.measure_details import Basis, Dossier, dossier
from connector.store.queue.submitted_commands import SqlUtterances
from connector.store.reconcile.command_rows import locked_plan
from connector.sync.command_submission import State
from governance.available_actions import Offer, offers
from governance.facts import Unknown
from governance.gates import Policy
from governance.hierarchy import NOWHERE
from governance.locked_plan import net_of
from governance.measure import Person
from governance.money import Money
from mapping.policy import Policies
from webhook_server.admin import measure_view as show
from webhook_server.admin.measure_actions import add_actions
from webhook_server.admin.measure_status_history import changed_days, lane
from webhook_server.admin.measure_timeline import Told, said_where, said_words, told
from webhook_server.admin.navigation import SEEING
from webhook_server.auth import current_viewer, needs
from webhook_server.pages import formats

TIMELINE = 25
"""Entries of one page of the timeline."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds a measure as somebody sees it, with the policy that it is judged by."""

    services: Services
    mappings: MappingCache

    def policies(self) -> Policies | None:
        active = self.mappings.active()
        return active.policies if active else None

    def row(self, connection: Connection, viewer: Viewer, name: str) -> RowMapping:
        """The one measure of that name.  Answers 404 when there is none, and a choice when there are several."""
        if "\x00" in name or len(name) > LONGEST:
            abort(404, "There is no measure of that name.")
        # By its id first, because that is what links name and what the index finds at once.
        found = measure_queries.named(connection, name, visible(viewer) & (MEASURE.c.id == name))
        found = found or measure_queries.named(connection, name, visible(viewer))
        if not found:
            abort(404, f'There is no measure "{name}".')
        if len(found) > 1:
            abort(make_response(render_template("measure/choice.html", name=name, found=found)))
        return found[0]


LONGEST = 300
"""Characters of an id or key."""


def measure(services: Services) -> Blueprint:
    blueprint = Blueprint("measure", __name__, url_prefix="/measures")
    finder = Finder(services, MappingCache(services.mappings))

    @blueprint.context_processor
    def words() -> dict[str, object]:
        """What the templates of these pages need beside their figures."""
        return {"row_place": _up_to, "fact": _fact}

    @blueprint.get("/<path:name>")
    @needs(*SEEING)
    def show(name: str) -> str:
        """The whole page; ``said`` names the words whose ruling is told, ``before`` a later page of the timeline."""
        viewer = current_viewer()
        policies = finder.policies()
        with services.reading(viewer) as connection:
            row = finder.row(connection, viewer, name)
            found = dossier(connection, row)
            policy = policies.of(found.basis.measure) if policies else None
            said = request.args.get("said", type=int)
            words = ruling(connection, said, row["id"]) if said is not None else None
            lines, more = timeline(connection, row["id"], request.args.get("before", type=int), policy)
        page = _page(found, policy, viewer)
        being_judged = _being_judged(services, row, words) if words is not None else {}
        return render_template("measure/show.html", **page, **being_judged, timeline=lines, timeline_after=more)

    @blueprint.get("/<path:name>/timeline")
    @needs(*SEEING)
    def older(name: str) -> str:
        """The next entries of the timeline, for the list that asks for them."""
        viewer = current_viewer()
        policies = finder.policies()
        with services.reading(viewer) as connection:
            row = finder.row(connection, viewer, name)
            policy = policies.base if policies else None
            lines, more = timeline(connection, row["id"], request.args.get("before", type=int), policy)
        return render_template("measure/timeline.html", row=row, timeline=lines, timeline_after=more)

    @blueprint.get("/<path:name>/said/<int:number>")
    @needs(*SEEING)
    def heard(name: str, number: int) -> ResponseReturnValue:
        """What became of words that were said here; when they are ruled on, the whole page is another one."""
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            row = finder.row(connection, viewer, name)
            words = ruling(connection, number, row["id"])
        if words is None:
            abort(404, "Nothing was said here under this number.")
        if words.state is not State.WAITING:
            answer = Response(status=204)
            answer.headers["HX-Refresh"] = "true"
            return answer
        return render_template("measure/said.html", row=row, **_being_judged(services, row, words))

    add_actions(blueprint, services, finder)
    return blueprint


def timeline(
    connection: Connection, measure: str, before: int | None, policy: Policy | None
) -> tuple[tuple[Told, ...], int | None]:
    """Entries of the audit, newest first, and the number that the next page begins before."""
    entries = audit.search(connection, subject=measure, before=before, limit=TIMELINE + 1)
    more = entries[TIMELINE - 1].seq if len(entries) > TIMELINE else None
    return tuple(told(entry, policy) for entry in entries[:TIMELINE]), more


def offered(basis: Basis, policy: Policy | None, viewer: Viewer) -> tuple[Offer, ...]:
    """What may be said now, with what this viewer's account may say."""
    if policy is None or basis.row["unmapped_since"] is not None:
        return ()
    account = viewer.account_on(basis.row["connection"])
    person = Person(account.id, viewer.name) if account else None
    return offers(basis.table(policy), person, system_clock())


def _page(found: Dossier, policy: Policy | None, viewer: Viewer) -> dict[str, Any]:
    basis, row = found.basis, found.basis.row
    account = viewer.account_on(row["connection"])
    accounts = {one.id for one in viewer.accounts if one.connection == row["connection"]}
    roles = basis.roles_of(accounts, system_clock())
    gate = show.gate_of(basis.verdict, roles)
    rows, writer = show.months(basis.effects), formats()
    offers_ = offered(basis, policy, viewer)
    currency = row["currency"] or ""
    verdict = basis.verdict
    today = writer.now.date()
    return {
        "row": row,
        "basis": basis,
        "measure": basis.measure,
        "verdict": verdict,
        "standing": basis.standing,
        "policy": policy,
        "account": account,
        "own_accounts": accounts,
        "speaks_as": [role.value.replace("_", " ") for role in roles],
        "place": [row[level] for level in ("portfolio", "program", "project", "package") if row[level]],
        "sentence": show.sentence(basis, gate, policy, writer),
        "strip": show.strip(policy, basis.standing, row["tool_stage"]) if policy else (),
        "gate": gate,
        "apart": show.apart(verdict, roles),
        "months": rows,
        "versions": show.versions(basis.effects),
        "months_chart": show.months_chart(rows, currency, writer),
        "currency": currency,
        "kinds": show.kinds(found.lines),
        "lanes": [
            (label, light, lane(found.days, light, today))
            for label, light in (("Work", "implementation"), ("Money", "potential"))
        ],
        "days": changed_days(found.days),
        "first_day": found.days[0]["day"] if found.days else None,
        "today": today,
        "offers": [(offer, show.offer_label(offer, policy, basis.standing)) for offer in offers_] if policy else [],
        "said": found.said,
        "said_words": lambda content: said_words(content, policy),
        "said_where": said_where,
        "waiting": found.waiting,
        "plans": [(plan, _net_of(plan)) for plan in found.plans],
        "ladder": _ladder(basis, policy),
        "evidence": found.evidence,
        "evidence_at": found.evidence_at,
        "joined": found.joined,
        "stage_label": lambda key: policy.label(key) if policy else key or "None yet",
    }


def _up_to(row: RowMapping, level: str) -> dict[str, str]:
    """The filters of the portfolio that show a measure's place as far as one level."""
    kept = LEVELS[: LEVELS.index(level) + 1]
    return {name: row[name] or NOWHERE for name in kept}


def _fact(value: object) -> str:
    """A fact of the item; what is not known says why."""
    if isinstance(value, Unknown):
        return f"not known: {value.reason}"
    if isinstance(value, date):
        return formats().day(value)
    return "–" if value is None else str(value)


def _net_of(plan: object) -> Money | None:
    return net_of(locked_plan(plan).lines)


def _ladder(basis: Basis, policy: Policy | None) -> list[dict[str, object]]:
    """Who is asked for the reason of the deviation, when: what has been, and what comes."""
    deviation = basis.standing.deviation
    if deviation is None or policy is None:
        return []
    asked = {step.responsible.role: step for step in deviation.asked}
    return [
        {
            "role": rung.role.value.replace("_", " "),
            "name": asked[rung.role].responsible.text if rung.role in asked else "",
            "at": asked[rung.role].at if rung.role in asked else deviation.since + rung.after,
            "asked": rung.role in asked,
        }
        for rung in policy.ladder
        if rung.role in asked or not deviation.reason
    ]


def _being_judged(services: Services, row: RowMapping, words: SubmittedRuling) -> dict[str, Any]:
    """A command that was submitted here, and while it has no ruling: why, and when the page asks again."""
    if words.state is not State.WAITING:
        return {"words": words, "held_up": "", "ask_again": None}
    utterances = SqlUtterances(services.engine, services.waker)
    return {
        "words": words,
        "held_up": utterances.holdup(row["connection"], row["native_id"]),
        "ask_again": ask_again(formats().now - words.said_at),
    }


SOONEST, LATEST = 1, 30
"""Seconds between two questions of a page for a ruling: the first, and the most."""

GIVEN_UP = timedelta(hours=1)
"""After this long the page asks no more by itself."""


def ask_again(waited: timedelta) -> int | None:
    """In how many seconds a page asks again for a ruling that it has waited for so long; ``None`` when it gives up."""
    if waited >= GIVEN_UP:
        return None
    return min(max(int(waited.total_seconds() / 4), SOONEST), LATEST)
