"""Actions on a measure's page: what an action would mean is shown first, then it is submitted as one command.

The command is treated like a comment in the tool (:mod:`connector.measures.submit_command`), and the ruling is the
same; the measure's page polls until the ruling is there.  A form that is sent twice submits one command; a form that
was opened on other figures than the present ones is shown again first.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services, system_clock
from connector.measures.speaker import officer, speaker_of
from connector.measures.submit_command import submit_command
from connector.people.permissions import HIERARCHY_LEVELS, Viewer
from connector.store.accounts.visits import visited_before
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.measures.measure_details import MeasureSnapshot, measure_snapshot
from connector.sync.command_submission import SubmissionChannel, SubmissionRefused, command_line
from governance.available_actions import AvailableAction, available_actions
from governance.command_grammar import MAX_LINE_LENGTH
from governance.effects import Effects, Version, sum_up
from governance.evidence import Verb
from governance.fingerprint import FactGroup, fingerprints
from governance.gates import Policy
from governance.locked_plan import net_of
from governance.measure import MeasureId
from governance.money import CurrencyMismatch
from governance.signature import typed_months
from governance.validation import CONFIRMATION_VERBS
from mapping.policy import Policies
from webhook_server.admin import measure_view as show
from webhook_server.admin.agreed_terms import agreed_to, months_without_bookings
from webhook_server.admin.confirmation_form import amount_in, claimed_rows, confirmation_errors, with_months
from webhook_server.admin.criteria_form import ROWS, criteria_errors, criteria_text, stages_to_reach, stated_form
from webhook_server.admin.measure_timeline import CHANGES_SHOWN, timeline_entry
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.api.idempotency import IdempotentRequest, caller_of
from webhook_server.api.problem import Problem
from webhook_server.auth import current_viewer, requires_role
from webhook_server.pages import formats

NEEDS_REASON = frozenset({Verb.REJECT, Verb.CONFIRM_LOWER, Verb.HOLD, Verb.CANCEL, Verb.REASON, Verb.REBASELINE})
"""Commands that need a reason."""

SHOWN_VERSION = {
    Verb.APPROVE: Version.PLAN,
    Verb.REJECT: Version.PLAN,
    Verb.REBASELINE: Version.PLAN,
    Verb.CONFIRM: Version.ACTUAL,
    Verb.CONFIRM_LOWER: Version.ACTUAL,
}
"""Which months are shown before somebody does this."""

MAX_TEXT_LENGTH = MAX_LINE_LENGTH - 200
"""Characters of a reason: the whole command has to be read."""


class MeasureLookup(Protocol):
    """Finds a measure as somebody sees it."""

    def policies(self) -> Policies | None: ...

    def row(self, connection: Connection, viewer: Viewer, name: str) -> RowMapping: ...


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """An action that somebody is about to take."""

    snapshot: MeasureSnapshot
    policy: Policy
    action: AvailableAction

    @property
    def fingerprint(self) -> str:
        """Identifies the facts that the command would rest on; it changes with a figure, a person or the stage."""
        facts = fingerprints(self.snapshot.measure, tuple(FactGroup))
        locked = self.snapshot.plan.number if self.snapshot.plan else 0
        content = f"{sorted(facts.items())} {locked} {self.snapshot.state.stage} {self.snapshot.state.off_ramp}"
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    @property
    def label(self) -> str:
        return show.action_label(self.action, self.policy, self.snapshot.state)


def add_actions(blueprint: Blueprint, services: Services, finder: MeasureLookup) -> None:
    """The addresses of the actions."""

    @blueprint.get("/<path:name>/actions/<verb>")
    @requires_role(*MEASURE_READERS)
    def action_form(name: str, verb: str) -> str:
        """What it would mean, and the form."""
        requested, viewer = _action_request(services, finder, name, verb)
        return _render_form(services, requested, viewer)

    @blueprint.post("/<path:name>/actions/<verb>")
    @requires_role(*MEASURE_READERS)
    def submit_action(name: str, verb: str) -> Response:
        """Submit it once; leads to the measure, where its ruling will be, or back to the form with what is wrong."""
        key, viewer = request.form.get("key", ""), current_viewer()
        stored = IdempotentRequest(services.engine, services.vault, f"page/{caller_of(viewer)}", key)
        content = "&".join(f"{name}={value}" for name, value in sorted(request.form.items()) if name != "csrf_token")
        try:
            before = stored.claim(f"POST {request.path}".encode(), content.encode())
        except Problem:
            # The same form at the same moment, by a second click; or one that was sent before and changed meanwhile.
            flash("This form was sent before. Its command was stored once and is shown here.", "info")
            return _redirect_to_measure(name)
        if before is not None:
            return before
        try:
            answer = _submit(services, *_action_request(services, finder, name, verb))
        except BaseException:
            stored.release()
            raise
        if answer.status_code == 303:
            stored.store(answer)
        else:
            stored.release()
        return answer


def _action_request(services: Services, finder: MeasureLookup, name: str, verb: str) -> tuple[ActionRequest, Viewer]:
    """What is asked for, when it makes sense now.  Answers 404 and 409 otherwise."""
    viewer = current_viewer()
    return requested_action(services, finder, viewer, name, verb, request.values), viewer


def requested_action(
    services: Services, finder: MeasureLookup, viewer: Viewer, name: str, verb: str, values: Mapping[str, str]
) -> ActionRequest:
    """An action with its stage and months as ``values`` name them.  Answers 404 and 409 otherwise."""
    policies = finder.policies()
    if verb not in {known.value for known in Verb}:
        abort(404, f'"{verb}" is not an action.')
    with services.read_as(viewer) as connection:
        snapshot = measure_snapshot(connection, finder.row(connection, viewer, name))
    if policies is None:
        abort(409, "There is no active mapping, so nothing can be assessed. An administrator activates one.")
    policy = policies.of(snapshot.measure, snapshot.plan)
    wanted = (verb, values.get("stage", ""))
    offered = offered_actions(snapshot, policy, viewer) if snapshot.row["unmapped_since"] is None else ()
    chosen = next((action for action in offered if (action.verb.value, action.stage) == wanted), None)
    if chosen is None and verb in {known.value for known in CONFIRMATION_VERBS}:
        abort(409, NOTHING_TO_CONFIRM)
    if chosen is None:
        abort(409, "This action is no longer available: somebody has already taken it, or it no longer applies.")
    return ActionRequest(snapshot, policy, with_months(chosen, snapshot, values))


def offered_actions(snapshot: MeasureSnapshot, policy: Policy, viewer: Viewer) -> tuple[AvailableAction, ...]:
    """The actions that are possible now, each with whether this viewer may take it."""
    row = snapshot.row
    officers = officer(viewer, tuple(row[level] for level in HIERARCHY_LEVELS), row["legal_entity"])
    context = snapshot.action_context(policy, officers)
    return available_actions(context, speaker_of(viewer, row["connection"]), system_clock())


def submit_as_shown(
    services: Services, requested: ActionRequest, viewer: Viewer, form: Mapping[str, str]
) -> SubmissionRefused | None:
    """Submit what was shown; ``None`` when it was taken."""
    measure = MeasureId(requested.snapshot.row["id"])
    reply = submit_command(services, viewer, measure, _command_text(requested, form), SubmissionChannel.PAGE)
    return reply if isinstance(reply, SubmissionRefused) else None


def _submit(services: Services, requested: ActionRequest, viewer: Viewer) -> Response:
    form, row = request.form, requested.snapshot.row
    errors = _form_errors(requested, form)
    if errors:
        return make_response(_render_form(services, requested, viewer, errors), 422)
    if form.get("fingerprint") != requested.fingerprint:
        return make_response(_render_form(services, requested, viewer, {"fingerprint": FIGURES_CHANGED}), 409)
    reply = submit_command(
        services, viewer, MeasureId(row["id"]), _command_text(requested, form), SubmissionChannel.PAGE
    )
    if isinstance(reply, SubmissionRefused):
        errors = {"command": f"{reply.problem} {reply.hint}"}
        return make_response(_render_form(services, requested, viewer, errors), 422)
    return _redirect_to_measure(row["id"], command_number=reply.number, anchor="command")


NOTHING_TO_CONFIRM = (
    "Nothing can be confirmed now: no actual results are booked that nobody has signed yet. Post the missing months in "
    "the ledger on the page Money first."
)
FIGURES_CHANGED = "The figures have changed since you opened the page. Please check them again before you decide."


def _redirect_to_measure(name: str, command_number: int | None = None, anchor: str | None = None) -> Response:
    answer = redirect(url_for("measure.show", name=name, command=command_number, _anchor=anchor), 303)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _command_text(requested: ActionRequest, form: Mapping[str, str]) -> str:
    """The command; amounts and months are those that were shown."""
    action = requested.action
    if action.verb is Verb.KILL_CRITERIA:
        return command_line(action.verb, text=criteria_text(form, requested.policy))
    delegating = action.verb is Verb.DELEGATE
    stated = action.amount.amount if action.amount else None
    if action.verb is Verb.CONFIRM_LOWER:
        stated = amount_in(form)
    return command_line(
        action.verb,
        stage=action.stage,
        amount=stated,
        currency=action.amount.currency if action.amount else "",
        month=typed_months(action.first_month or action.month, action.month) if action.month else "",
        text=form.get("text", "") if action.verb in NEEDS_REASON else "",
        delegate=form.get("delegate", "").strip() if delegating else action.holder.id if action.holder else "",
        until=date.fromisoformat(form["until"]) if delegating else None,
    )


def _form_errors(requested: ActionRequest, form: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the form, by its field."""
    errors: dict[str, str] = {}
    text = form.get("text", "").strip()
    if requested.action.verb in NEEDS_REASON and not text:
        errors["text"] = "Give a reason: it is all that later readers of the record have."
    if len(text) > MAX_TEXT_LENGTH:
        errors["text"] = f"Write up to {MAX_TEXT_LENGTH} characters; this has {len(text)}."
    if requested.action.verb in CONFIRMATION_VERBS:
        errors |= confirmation_errors(requested.action, form)
    if requested.action.verb is Verb.KILL_CRITERIA:
        errors |= criteria_errors(form, requested.policy)
        if not errors and len(criteria_text(form, requested.policy)) > MAX_TEXT_LENGTH:
            errors["others"] = f"All criteria together have up to {MAX_TEXT_LENGTH} characters."
    if requested.action.verb is Verb.DELEGATE:
        if not form.get("delegate", "").strip():
            errors["delegate"] = "Name the person who stands in."
        try:
            date.fromisoformat(form.get("until", ""))
        except ValueError:
            errors["until"] = "Choose the last day."
    return errors


def _render_form(
    services: Services, requested: ActionRequest, viewer: Viewer, errors: Mapping[str, str] | None = None
) -> str:
    snapshot, action = requested.snapshot, requested.action
    row = snapshot.row
    version = SHOWN_VERSION.get(action.verb)
    gate, stated = show.gate_view(snapshot.verdict, ()), _stated_effects(snapshot)
    page: dict[str, Any] = {
        "row": row,
        "snapshot": snapshot,
        "action": action,
        "label": requested.label,
        "fingerprint": requested.fingerprint,
        "key": secrets.token_urlsafe(18),
        "errors": errors or {},
        "form": request.form,
        "account": viewer.account_on(row["connection"]),
        "shown_version": version,
        "months": [row for row in show.months(stated) if version and row.net.get(version) is not None],
        "kinds": show.lines_by_kind(_version_lines(snapshot, version)) if version else None,
        "series": getattr(stated, version.value) if stated and version else None,
        "locked_net": net_of(snapshot.plan.lines) if snapshot.plan else None,
        "revokes_stage": show.revokes_stage(action, snapshot.state, requested.policy),
        "open_conditions": [condition for condition in gate.open_conditions if not condition.approval],
        "claimed_rows": claimed_rows(snapshot, action) if action.verb in CONFIRMATION_VERBS else [],
        "needs_reason": action.verb in NEEDS_REASON,
        "max_length": MAX_TEXT_LENGTH,
        "stage_label": requested.policy.label(action.stage) if action.stage else "",
        "former_holder": _former_holder(requested),
        "agreed": agreed_to(snapshot, requested.policy) if action.verb is Verb.APPROVE else None,
        "months_without": months_without_bookings(snapshot, action) if action.verb in CONFIRMATION_VERBS else (),
        "people": _possible_delegates(services, viewer, row["connection"]) if action.verb is Verb.DELEGATE else [],
        "criterion_rows": ROWS if action.verb is Verb.KILL_CRITERIA else (),
        "criteria": request.form or stated_form(snapshot.measure, requested.policy),
        "stages_to_reach": [(stage.key, stage.label) for stage in stages_to_reach(requested.policy)],
        "latest_day": formats().now.date() + timedelta(days=requested.policy.thresholds.delegation_days),
    }
    return render_template("measure/action.html", **page, **_since_visit(services, viewer, requested))


def _since_visit(services: Services, viewer: Viewer, requested: ActionRequest) -> dict[str, Any]:
    """What has changed since whoever decides looked at the measure before."""
    if viewer.person is None:
        return {}
    measure = requested.snapshot.row["id"]
    with reading(services.engine) as connection:
        before = visited_before(connection, viewer.person, measure)
    if before is None:
        return {}
    with services.read_as(viewer) as connection:
        entries = audit.search(connection, subjects=[measure], since=before, limit=CHANGES_SHOWN)
    return {"visited_at": before, "since_visit": [timeline_entry(entry, requested.policy) for entry in entries]}


def _former_holder(requested: ActionRequest) -> str:
    """Who was accepted in the role before, of an acceptance; empty where nobody was."""
    held = requested.snapshot.state.role_holders.get(requested.action.stage)
    return held.accepted.name if held is not None and held.accepted is not None else ""


def _stated_effects(snapshot: MeasureSnapshot) -> Effects | None:
    """The effects that the tool states, also while another plan is locked: a decision on the plan is about these."""
    try:
        return sum_up(snapshot.measure.effects)
    except CurrencyMismatch:
        return None


def _version_lines(snapshot: MeasureSnapshot, version: Version) -> list[Any]:
    """The lines that the command rests on: of the plan those in the tool, which an approval agrees to."""
    lines = [line for line in snapshot.measure.effects if line.version == version]
    return [
        {
            "version": line.version.value,
            "kind": line.kind.value,
            "month": line.month.first_day,
            "amount": line.money.amount,
            "currency": line.money.currency,
            "account": line.account.value,
            "hard": line.hard,
        }
        for line in lines
    ]


def _possible_delegates(services: Services, viewer: Viewer, connection: str) -> list[tuple[str, str]]:
    """Who has an account on the connection, to stand in for the viewer: the tool's id and the name."""
    delegates = []
    for person in services.people.all():
        account = next((held for held in sorted(person.accounts) if held.connection == connection), None)
        if account is not None and person.active and person.id != viewer.person:
            delegates.append((account.id, person.name))
    return sorted(delegates, key=lambda delegate: delegate[1])
