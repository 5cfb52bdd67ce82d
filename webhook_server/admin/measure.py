"""``/measures/<id or key>``: one measure, everything that is known of it, and why its gate is open or shut.

The link that Gatepost writes into the tools leads here.  A measure that the reader may not see is not found, just
like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import MappingCache, Services, system_clock
from connector.finance.capitalisation_file import capitalisation_of
from connector.measures.known_on import KnownOn, NotKnownYet, known_details, known_row
from connector.people.permissions import HIERARCHY_LEVELS, Viewer
from connector.store.accounts.visits import visit
from connector.store.database import audit
from connector.store.database.json_codec import from_json
from connector.store.database.row_level_access import Plans, visible_to
from connector.store.database.tables import MEASURE
from connector.store.measures import measure_queries
from connector.store.measures.benefit_slips import stored_slip
from connector.store.measures.commands import SubmittedRuling, ruling
from connector.store.measures.measure_details import MeasureDetails, MeasureSnapshot, measure_details
from connector.store.measures.moved_figures import moved_figures
from connector.store.measures.names_for_viewer import (
    decision_without_names,
    hidden_links,
    visible_names,
    with_visible_names,
)
from connector.store.measures.stored_gates import StoredGates
from connector.store.operations.source_ages import source_ages
from connector.store.queue.submitted_commands import SqlSubmittedCommands
from connector.store.reconcile.command_rows import plan_from_row
from connector.sync.command_submission import SubmissionState
from governance.available_actions import AvailableAction
from governance.facts import Unknown
from governance.gates import Policy
from governance.hierarchy import NOT_STATED
from governance.locked_plan import net_of
from governance.measure_gates import NextGate, gates_of
from governance.money import Money, Period
from governance.slip_effect import BenefitSlip
from governance.stated_criteria import criteria_in, stated_criteria
from mapping.policy import Policies
from webhook_server.admin import measure_view as show
from webhook_server.admin.as_known import compared_day, keep_day, policies_of_version, requested_day
from webhook_server.admin.books import books_data
from webhook_server.admin.confirmation_form import line_name
from webhook_server.admin.measure_actions import add_actions, offered_actions
from webhook_server.admin.measure_compared import compared_data
from webhook_server.admin.measure_evidence import add_evidence, may_pack
from webhook_server.admin.measure_report import report_data
from webhook_server.admin.measure_status_history import changed_days, status_spans
from webhook_server.admin.measure_timeline import (
    CHANGES_SHOWN,
    TimelineEntry,
    command_origin,
    command_text,
    timeline_entry,
)
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.sources import sources_view
from webhook_server.admin.variance import add_measure_why
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

TIMELINE_PAGE_SIZE = 25
"""Entries of one page of the timeline."""


@dataclass(frozen=True, slots=True)
class MeasureFinder:
    """Finds a measure as somebody sees it, with the policy that it is assessed by."""

    services: Services
    mappings: MappingCache

    def policies(self) -> Policies | None:
        active = self.mappings.active()
        return active.policies if active else None

    def fiscal_year_start(self) -> int:
        """The month in which the fiscal year begins."""
        active = self.mappings.active()
        return active.config.fiscal_year_start if active else 1

    def row(self, connection: Connection, viewer: Viewer, name: str) -> RowMapping:
        """The measure of that name.  Answers 404 when there is none, and a choice when there are several."""
        if "\x00" in name or len(name) > MAX_NAME_LENGTH:
            abort(404, "There is no measure of that name.")
        # By its id first, because that is what links name and what the index finds at once.
        found = measure_queries.find_measures(connection, name, visible_to(viewer) & (MEASURE.c.id == name))
        found = found or measure_queries.find_measures(connection, name, visible_to(viewer))
        if not found:
            abort(404, f'There is no measure "{name}".')
        if len(found) > 1:
            abort(
                make_response(
                    render_template("measure/choice.html", name=name, found=found, ahead=[_ahead(row) for row in found])
                )
            )
        return found[0]


def _ahead(row: RowMapping) -> NextGate | None:
    return gates_of(from_json(StoredGates, row["verdict"])).next


MAX_NAME_LENGTH = 300
"""Characters of an id or key."""


def measure(services: Services) -> Blueprint:
    blueprint = Blueprint("measure", __name__, url_prefix="/measures")
    finder = MeasureFinder(services, MappingCache(services.mappings))
    keep_day(blueprint)

    @blueprint.context_processor
    def template_helpers() -> dict[str, object]:
        """What the templates of these pages need beside their figures."""
        return {"hierarchy_filters": _hierarchy_filters, "fact": _fact_text}

    @blueprint.get("/<path:name>")
    @requires_role(*MEASURE_READERS)
    def show(name: str) -> ResponseReturnValue:
        """The whole page; ``command`` is the number of a submitted command, ``before`` a later page of the timeline.

        With ``on`` it is the page of that day, on which nothing can be done; with ``compare`` it also says what became
        another one since an earlier day.
        """
        viewer = current_viewer()
        on, earlier = requested_day(request.args), compared_day(request.args)
        active = finder.mappings.active()
        if on is not None:
            with services.read_as(viewer) as connection:
                row = finder.row(connection, viewer, name)
                compared = compared_data(services, connection, viewer, active, row, on, earlier)
                return past_page(services, connection, viewer, row, on, compared)
        policies = active.policies if active else None
        with services.read_as(viewer, Plans.KEPT) as connection:
            row = finder.row(connection, viewer, name)
            number = request.args.get("command", type=int)
            command = ruling(connection, number, row["id"]) if number is not None else None
            if command is not None and command.state is not SubmissionState.WAITING:
                # The ruling was committed with what it changed: everything of the page is read after it, because a page
                # that shows a ruling does not ask again.
                row = finder.row(connection, viewer, name)
            details = _with_names(connection, measure_details(connection, row), viewer)
            policy = policies.of(details.snapshot.measure, details.snapshot.plan) if policies else None
            lines, more = timeline_page(connection, row["id"], request.args.get("before", type=int), policy)
            report = report_data(connection, viewer, row["id"])
            report |= compared_data(services, connection, viewer, active, row, None, earlier)
            moved = moved_figures(connection, row["id"], details.snapshot.verdict, formats().now)
        page = page_data(details, policy, viewer) | slip_data(details, finder.fiscal_year_start()) | report
        ages = source_ages(services.engine, (row["connection"],))
        page |= books_data(services, active.config, details) if active else {}
        page["moved_figures"] = moved
        page |= _since_last_visit(services, viewer, row["id"], policy)
        page["sources"] = sources_view(ages, services.settings.source_age_limit, formats())
        submitted = _submitted_command(services, row, command) if command is not None else {}
        return render_template("measure/show.html", **page, **submitted, timeline=lines, timeline_after=more)

    @blueprint.get("/<path:name>/timeline")
    @requires_role(*MEASURE_READERS)
    def older_timeline(name: str) -> str:
        """The next entries of the timeline, for the list that asks for them."""
        viewer = current_viewer()
        policies = finder.policies()
        with services.read_as(viewer, Plans.KEPT) as connection:
            row = finder.row(connection, viewer, name)
            policy = policies.base if policies else None
            on = requested_day(request.args)
            before = request.args.get("before", type=int)
            lines, more = timeline_page(connection, row["id"], before, policy, on.at if on else None)
        return render_template("measure/timeline.html", row=row, timeline=lines, timeline_after=more)

    @blueprint.get("/<path:name>/commands/<int:number>")
    @requires_role(*MEASURE_READERS)
    def command_status(name: str, number: int) -> ResponseReturnValue:
        """The state of a command that was submitted here; once it is ruled on, the whole page is reloaded."""
        viewer = current_viewer()
        with services.read_as(viewer, Plans.KEPT) as connection:
            row = finder.row(connection, viewer, name)
            command = ruling(connection, number, row["id"])
        if command is None:
            abort(404, "There is no command with this number.")
        if command.state is not SubmissionState.WAITING:
            answer = Response(status=204)
            answer.headers["HX-Refresh"] = "true"
            return answer
        return render_template("measure/command.html", row=row, **_submitted_command(services, row, command))

    add_measure_why(blueprint, services, finder.row)
    add_evidence(blueprint, services, finder.row)
    add_actions(blueprint, services, finder)
    return blueprint


def _since_last_visit(services: Services, viewer: Viewer, measure: str, policy: Policy | None) -> dict[str, Any]:
    """What has happened since this person looked before; nothing the first time."""
    if viewer.person is None:
        return {}
    before = visit(services.engine, viewer.person, measure, system_clock())
    if before is None:
        return {}
    with services.read_as(viewer, Plans.KEPT) as connection:
        return {"visited_at": before, "since_visit": changes_since(connection, measure, before, policy)}


def changes_since(
    connection: Connection, measure: str, since: datetime, policy: Policy | None
) -> tuple[TimelineEntry, ...]:
    """The newest entries of the timeline after a moment."""
    entries = audit.search(connection, subjects=[measure], since=since, limit=CHANGES_SHOWN)
    return tuple(timeline_entry(entry, policy) for entry in entries)


def past_page(
    services: Services,
    connection: Connection,
    viewer: Viewer,
    row: RowMapping,
    on: KnownOn,
    compared: Mapping[str, Any],
) -> ResponseReturnValue:
    """The page as the measure was known; nothing on it can be acted on."""
    try:
        known = known_row(connection, row, on)
    except NotKnownYet as error:
        return render_template("measure/unknown_then.html", row=row, on=on, sentence=page_text(error)), 404
    details = _with_names(connection, known_details(connection, known, on), viewer)
    policies = policies_of_version(services, known.row["mapping_version"])
    policy = policies.of(details.snapshot.measure, details.snapshot.plan) if policies else None
    before = request.args.get("before", type=int)
    lines, more = timeline_page(connection, row["id"], before, policy, on.at)
    page = page_data(details, policy, viewer, on) | slip_data(details, policy.fiscal_year_start if policy else 1)
    page |= compared
    page["moved_figures"] = moved_figures(connection, row["id"], details.snapshot.verdict, on.at)
    return render_template("measure/show.html", **page, timeline=lines, timeline_after=more)


def _with_names(connection: Connection, details: MeasureDetails, viewer: Viewer) -> MeasureDetails:
    """With the names of other parts of the organisation that the viewer may see, and without all others."""
    name, verdict = details.snapshot.row["connection"], details.snapshot.verdict
    links = hidden_links(details.evidence, name)
    visible = visible_names(connection, verdict, links, everything=viewer.sees_everything)
    return replace(
        details,
        snapshot=replace(details.snapshot, verdict=with_visible_names(verdict, visible)),
        evidence=decision_without_names(details.evidence, visible, name),
    )


def timeline_page(
    connection: Connection, measure: str, before: int | None, policy: Policy | None, until: datetime | None = None
) -> tuple[tuple[TimelineEntry, ...], int | None]:
    """Entries of the audit, newest first, and the number that the next page begins before."""
    entries = audit.search(connection, subjects=[measure], after=before, until=until, limit=TIMELINE_PAGE_SIZE + 1)
    more = entries[TIMELINE_PAGE_SIZE - 1].seq if len(entries) > TIMELINE_PAGE_SIZE else None
    return tuple(timeline_entry(entry, policy) for entry in entries[:TIMELINE_PAGE_SIZE]), more


def available_actions_for(
    snapshot: MeasureSnapshot, policy: Policy | None, viewer: Viewer
) -> tuple[AvailableAction, ...]:
    """The actions that are possible now, each with whether this viewer's account may take it."""
    if policy is None or snapshot.row["unmapped_since"] is not None:
        return ()
    return offered_actions(snapshot, policy, viewer)


def page_data(
    details: MeasureDetails, policy: Policy | None, viewer: Viewer, on: KnownOn | None = None
) -> dict[str, Any]:
    snapshot, row = details.snapshot, details.snapshot.row
    account = viewer.account_on(row["connection"])
    accounts = {account.id for account in viewer.accounts if account.connection == row["connection"]}
    # Nobody acts in the past, so nothing there is theirs to do.
    roles = snapshot.roles_of(accounts, system_clock()) if on is None else ()
    gate = show.gate_view(snapshot.verdict, roles)
    rows, writer = show.months(snapshot.effects), formats()
    actions = available_actions_for(snapshot, policy, viewer) if on is None else ()
    currency = row["currency"] or ""
    verdict = snapshot.verdict
    today = on.at.date() if on is not None else writer.now.date()
    return {
        "row": row,
        "snapshot": snapshot,
        "measure": snapshot.measure,
        "verdict": verdict,
        "state": snapshot.state,
        "line_name": line_name,
        "policy": policy,
        "may_pack": may_pack(viewer),
        "account": account,
        "own_accounts": accounts,
        "acts_as": [snapshot.measure.roles.label(role) for role in roles],
        "sentence": show.summary_sentence(snapshot, gate, policy, writer),
        "stage_strip": show.stage_strip(policy, snapshot.state, row["tool_stage"]) if policy else (),
        "gate": gate,
        "gates": gates_of(verdict),
        "other_blockers": show.other_blockers(verdict, roles),
        "months": rows,
        "versions": show.versions(snapshot.effects),
        "months_chart": show.months_chart(rows, verdict.signed, currency, writer),
        "currency": currency,
        "kpi_values": details.kpi_values,
        "kinds": show.lines_by_kind(details.effect_lines),
        "status_rows": [
            (label, status_spans(details.status_history, status, today))
            for label, status in (("Implementation", "implementation"), ("Potential", "potential"))
        ],
        "days": changed_days(details.status_history),
        "first_day": details.status_history[0]["day"] if details.status_history else None,
        "today": today,
        "available_actions": [(action, show.action_label(action, policy, snapshot.state)) for action in actions]
        if policy
        else [],
        "commands": details.commands,
        "command_text": lambda content: command_text(content, policy),
        "command_origin": command_origin,
        "pending_commands": details.pending_commands,
        "plans": [(plan, _plan_net(plan)) for plan in details.plan_versions],
        "escalation_steps": _escalation_steps(snapshot, policy),
        "evidence": details.evidence,
        "evidence_at": details.evidence_decided_at,
        "related": details.related_items,
        "stated_criteria": stated_criteria(snapshot.commands),
        "criteria_in": criteria_in,
        "agreed_text": "; ".join(one.text for one in verdict.kill_criteria),
        "capitalisation": capitalisation_of(snapshot, Period.of(today)),
        "stage_label": lambda key: policy.label(key) if policy else key or "None yet",
    }


def slip_data(details: MeasureDetails, fiscal_year_start: int) -> dict[str, Any]:
    """The slip of the benefit, and its fiscal years with the month in which each begins."""
    slip = stored_slip(details.effect_lines, fiscal_year_start)
    years = sorted(slip.by_year.items()) if isinstance(slip, BenefitSlip) else []
    return {"slip": slip, "slip_years": [(Period(year, fiscal_year_start), effect) for year, effect in years]}


def _hierarchy_filters(row: RowMapping, level: str) -> dict[str, str]:
    """The filters of the portfolio for a measure's hierarchy, from the portfolio down to one level."""
    levels = HIERARCHY_LEVELS[: HIERARCHY_LEVELS.index(level) + 1]
    return {name: row[name] or NOT_STATED for name in levels}


def _fact_text(value: object) -> str:
    """A fact of the item; what is not known says why."""
    if isinstance(value, Unknown):
        return f"not known: {value.reason}"
    if isinstance(value, date):
        return formats().day(value)
    return "–" if value is None else str(value)


def _plan_net(plan: object) -> Money | None:
    return net_of(plan_from_row(plan).lines)


def _escalation_steps(snapshot: MeasureSnapshot, policy: Policy | None) -> list[dict[str, object]]:
    """Who is asked for the reason of the deviation, when: what has been, and what comes."""
    deviation = snapshot.state.deviation
    if deviation is None or policy is None:
        return []
    requests = {sent.responsible.role: sent for sent in deviation.reason_requests}
    return [
        {
            "role": step.role.words,
            "name": requests[step.role].responsible.text if step.role in requests else "",
            "at": requests[step.role].at if step.role in requests else deviation.since + step.after,
            "requested": step.role in requests,
        }
        for step in policy.escalation
        if step.role in requests or not deviation.reason
    ]


def _submitted_command(services: Services, row: RowMapping, command: SubmittedRuling) -> dict[str, Any]:
    """A command that was submitted here, and while it has no ruling: why, and when the page asks for it again."""
    if command.state is not SubmissionState.WAITING:
        return {"command": command, "delay_reason": "", "poll_seconds": None}
    commands = SqlSubmittedCommands(services.engine, services.waker)
    return {
        "command": command,
        "delay_reason": commands.delay_reason(row["connection"], row["native_id"]),
        "poll_seconds": poll_seconds(formats().now - command.given_at),
    }


MIN_POLL_SECONDS, MAX_POLL_SECONDS = 1, 30

POLL_FOR = timedelta(hours=1)
"""After this long the page no longer asks for the ruling by itself."""


def poll_seconds(waited: timedelta) -> int | None:
    """Seconds until a page that has waited so long asks for the ruling again; ``None`` when it no longer does."""
    if waited >= POLL_FOR:
        return None
    return min(max(int(waited.total_seconds() / 4), MIN_POLL_SECONDS), MAX_POLL_SECONDS)
