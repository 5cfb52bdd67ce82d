"""Saying something of a measure on its page: what it would mean is shown first, then it is asked for once.

The words go the way of a comment in the tool (:mod:`connector.measures.submit_command`), and the ruling is the same;
the measure's page asks for it until it is there.  A form that comes twice says it once; one that was opened on other
figures than those of now is shown again before it counts.
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
from connector.measures.submit_command import submit_command
from connector.people.permissions import Viewer
from connector.store.measures.measure_details import Basis, basis
from connector.sync.command_submission import NotSaid, Via, command
from governance.available_actions import Offer, offers
from governance.command_grammar import LONGEST_REASON
from governance.effects import Effects, Version, sum_up
from governance.evidence import Verb
from governance.fingerprint import Basis as Facts
from governance.fingerprint import stamps
from governance.gates import Policy
from governance.locked_plan import net_of
from governance.measure import MeasureId, Person
from governance.money import CurrencyMismatch
from mapping.policy import Policies
from webhook_server.admin import measure_view as show
from webhook_server.admin.navigation import SEEING
from webhook_server.api.idempotency import Kept, caller_of
from webhook_server.api.problem import Problem
from webhook_server.auth import current_viewer, needs
from webhook_server.pages import formats

REASONED = frozenset({Verb.REJECT, Verb.WRITE_DOWN, Verb.HOLD, Verb.CANCEL, Verb.REASON, Verb.REBASELINE})
"""What is said with a reason."""

SHOWS = {
    Verb.APPROVE: Version.PLAN,
    Verb.REJECT: Version.PLAN,
    Verb.REBASELINE: Version.PLAN,
    Verb.CONFIRM: Version.ACTUAL,
    Verb.WRITE_DOWN: Version.ACTUAL,
}
"""Which months are shown before somebody says this."""

LONGEST_TEXT = LONGEST_REASON - 200
"""Characters of a reason: the whole command has to be read."""


class Finding(Protocol):
    """Finds a measure as somebody sees it."""

    def policies(self) -> Policies | None: ...

    def row(self, connection: Connection, viewer: Viewer, name: str) -> RowMapping: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that somebody is about to say."""

    basis: Basis
    policy: Policy
    offer: Offer

    @property
    def seen(self) -> str:
        """What the words would rest on; another one when a figure, a person or the stage is another."""
        facts = stamps(self.basis.measure, tuple(Facts))
        locked = self.basis.plan.number if self.basis.plan else 0
        content = f"{sorted(facts.items())} {locked} {self.basis.standing.stage} {self.basis.standing.ramp}"
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    @property
    def label(self) -> str:
        return show.offer_label(self.offer, self.policy, self.basis.standing)


def add_actions(blueprint: Blueprint, services: Services, finder: Finding) -> None:
    """The addresses of the actions."""

    @blueprint.get("/<path:name>/act/<verb>")
    @needs(*SEEING)
    def ask(name: str, verb: str) -> str:
        """What it would mean, and the form."""
        found, viewer = _scene(services, finder, name, verb)
        return _form(services, found, viewer)

    @blueprint.post("/<path:name>/act/<verb>")
    @needs(*SEEING)
    def act(name: str, verb: str) -> Response:
        """Submit it once; leads to the measure, where its ruling will be, or back to the form with what is wrong."""
        found_key, viewer = request.form.get("key", ""), current_viewer()
        kept = Kept(services.engine, services.vault, f"page/{caller_of(viewer)}", found_key)
        content = "&".join(f"{key}={value}" for key, value in sorted(request.form.items()) if key != "csrf_token")
        try:
            before = kept.begin(f"POST {request.path}".encode(), content.encode())
        except Problem:
            # The same form at the same moment, by a second click; or one that was sent before and changed meanwhile.
            flash("This form was sent before. What it said is stored once, and stands here.", "info")
            return _to(name)
        if before is not None:
            return before
        try:
            answer = _said(services, *_scene(services, finder, name, verb))
        except BaseException:
            kept.forget()
            raise
        if answer.status_code == 303:
            kept.keep(answer)
        else:
            kept.forget()
        return answer


def _scene(services: Services, finder: Finding, name: str, verb: str) -> tuple[Scene, Viewer]:
    """What is asked for, when it makes sense now.  Answers 404 and 409 otherwise."""
    viewer, policies = current_viewer(), finder.policies()
    if verb not in {one.value for one in Verb}:
        abort(404, f'Nobody can say "{verb}".')
    with services.reading(viewer) as connection:
        found = basis(connection, finder.row(connection, viewer, name))
    if policies is None:
        abort(409, "There is no active mapping, so nothing can be judged. An administrator activates one.")
    policy = policies.of(found.measure)
    account = viewer.account_on(found.row["connection"])
    person = Person(account.id, viewer.name) if account else None
    wanted = (verb, request.values.get("stage", ""))
    offered = offers(found.table(policy), person, system_clock()) if found.row["unmapped_since"] is None else ()
    offer = next((one for one in offered if (one.verb.value, one.stage) == wanted), None)
    if offer is None:
        abort(409, "There is nothing to say of that kind now: it was said meanwhile, or what it was about is over.")
    return Scene(found, policy, offer), viewer


def _said(services: Services, scene: Scene, viewer: Viewer) -> Response:
    form, row = request.form, scene.basis.row
    wrong = _wrong(scene, form)
    if wrong:
        return make_response(_form(services, scene, viewer, wrong), 422)
    if form.get("seen") != scene.seen:
        told = {"seen": "What this rests on has changed since you opened the page. Look at it again, then decide."}
        return make_response(_form(services, scene, viewer, told), 409)
    reply = submit_command(services, viewer, MeasureId(row["id"]), _words(scene.offer, form), Via.PAGE)
    if isinstance(reply, NotSaid):
        return make_response(_form(services, scene, viewer, {"seen": f"{reply.problem} {reply.hint}"}), 422)
    return _to(row["id"], said=reply.number, anchor="said")


def _to(name: str, said: int | None = None, anchor: str | None = None) -> Response:
    answer = redirect(url_for("measure.show", name=name, said=said, _anchor=anchor), 303)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _words(offer: Offer, form: Mapping[str, str]) -> str:
    """The command; amounts and months are those that were shown."""
    delegating = offer.verb is Verb.DELEGATE
    return command(
        offer.verb,
        stage=offer.stage,
        amount=offer.amount.amount if offer.amount else None,
        currency=offer.amount.currency if offer.amount else "",
        month=str(offer.month) if offer.month else "",
        text=form.get("text", "") if offer.verb in REASONED else "",
        delegate=form.get("person", "").strip() if delegating else "",
        until=date.fromisoformat(form["until"]) if delegating else None,
    )


def _wrong(scene: Scene, form: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the form, by its field."""
    found: dict[str, str] = {}
    text = form.get("text", "").strip()
    if scene.offer.verb in REASONED and not text:
        found["text"] = "Say why: whoever reads the record later has only this."
    if len(text) > LONGEST_TEXT:
        found["text"] = f"Say it in up to {LONGEST_TEXT} letters; this has {len(text)}."
    if scene.offer.verb is Verb.DELEGATE:
        if not form.get("person", "").strip():
            found["person"] = "Name the person who stands in."
        try:
            date.fromisoformat(form.get("until", ""))
        except ValueError:
            found["until"] = "Choose the last day."
    return found


def _form(services: Services, scene: Scene, viewer: Viewer, errors: Mapping[str, str] | None = None) -> str:
    found, offer = scene.basis, scene.offer
    row = found.row
    version = SHOWS.get(offer.verb)
    gate, stated = show.gate_of(found.verdict, ()), _stated(found)
    page: dict[str, Any] = {
        "row": row,
        "basis": found,
        "offer": offer,
        "label": scene.label,
        "seen": scene.seen,
        "key": secrets.token_urlsafe(18),
        "errors": errors or {},
        "form": request.form,
        "account": viewer.account_on(row["connection"]),
        "states": version,
        "months": [one for one in show.months(stated) if version and one.net.get(version) is not None],
        "kinds": show.kinds(_lines(found, version)) if version else None,
        "series": getattr(stated, version.value) if stated and version else None,
        "agreed": net_of(found.plan.lines) if found.plan else None,
        "takes_back": show.takes_back(offer, found.standing, scene.policy),
        "open": [one for one in gate.open if not one.approval],
        "reasoned": offer.verb in REASONED,
        "longest": LONGEST_TEXT,
        "stage_label": scene.policy.label(offer.stage) if offer.stage else "",
        "people": _people(services, viewer, row["connection"]) if offer.verb is Verb.DELEGATE else [],
        "latest": formats().now.date() + timedelta(days=scene.policy.thresholds.delegation_days),
    }
    return render_template("measure/act.html", **page)


def _stated(found: Basis) -> Effects | None:
    """What the tool states, also while another plan is locked: a word about the plan is one about these lines."""
    try:
        return sum_up(found.measure.effects)
    except CurrencyMismatch:
        return None


def _lines(found: Basis, version: Version) -> list[Any]:
    """The lines that the words rest on: of the plan those in the tool, which an approval agrees to."""
    lines = [line for line in found.measure.effects if line.version == version]
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


def _people(services: Services, viewer: Viewer, connection: str) -> list[tuple[str, str]]:
    """Who has an account on the connection, to stand in for the viewer: the tool's id and the name."""
    found = []
    for person in services.people.all():
        account = next((one for one in sorted(person.accounts) if one.connection == connection), None)
        if account is not None and person.active and person.id != viewer.person:
            found.append((account.id, person.name))
    return sorted(found, key=lambda one: one[1])
