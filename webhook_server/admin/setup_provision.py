"""``/setup/provision/<connection>``: what the mapping needs at a tool, shown step by step before it is made."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, NotFound

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role
from connector.store.connections.provisioned_objects import Provisioned
from connector.store.database.tables import AUDIT
from connector.sync.provision import GateStyle, Options, Plan, Provisioner, StepKind
from mapping.config import MappingConfig
from mapping.load import Loaded, load_mapping
from mapping.work_item import ConnectionName
from webhook_server.admin.mapping_candidate import draft_of, who
from webhook_server.auth import current_viewer, needs

PART_SECONDS = 3.0
"""How long one request goes on making; the page follows with the next one."""

MOST_PARTS = 60
TITLES = {
    StepKind.FIELD: "Fields",
    StepKind.CONTEXT: "Where fields apply",
    StepKind.OPTION: "Choices",
    StepKind.SCREEN: "Fields on screens",
    StepKind.ASSOCIATION: "Associations",
    StepKind.GATE: "Native gates",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is made, from which mapping."""

    name: ConnectionName
    config: MappingConfig
    title: str
    """The mapping as the page calls it."""
    provisioner: Provisioner
    registry: Provisioned


def add_provision(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/provision/<name>")
    @needs(Role.ADMINISTRATOR)
    def provision(name: str) -> str:
        """The choices, and a plan as soon as the page is there."""
        record = services.connections.get(name)
        if record is None:
            raise NotFound(f'There is no connection "{name}".')
        place, why = _place(services, name)
        made = place.registry.all() if place else ()
        return render_template(
            "setup/provision.html",
            record=record,
            place=place,
            why=why,
            made=made,
            styles=[(one.value, text) for one, text in STYLES.items()],
        )

    @blueprint.post("/provision/<name>/plan")
    @needs(Role.ADMINISTRATOR)
    def plan(name: str) -> str:
        place = _required(services, name)
        try:
            options = _options()
            found = place.provisioner.plan(place.config, place.registry.all(), options)
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_trouble.html", told=str(error))
        return _planned(services, place, found, options)

    @blueprint.post("/provision/<name>/apply")
    @needs(Role.ADMINISTRATOR)
    def apply(name: str) -> str:
        """Some steps of the plan that was confirmed, planned anew in between, each recorded as it is done."""
        place, state = _required(services, name), _state()
        options = _options_from(state["options"])
        try:
            found = place.provisioner.plan(place.config, place.registry.all(), options)
            if state["done"] == 0 and digest(found) != state["digest"]:
                return _planned(services, place, found, options, changed=True)
            done, last = _some(place, found)
            left = place.provisioner.plan(place.config, place.registry.all(), options) if done else found
            state |= {"done": state["done"] + done, "parts": state["parts"] + 1}
            # What was done and is planned again would be done for ever.
            if left.steps and digest(left) != digest(found) and state["parts"] < MOST_PARTS:
                total = state["done"] + len(left.steps)
                return render_template(
                    "setup/_applying.html", place=place, done=state["done"], total=total, last=last, state=_seal(state)
                )
            verified = [] if left.steps else list(place.provisioner.verify(place.config))
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_trouble.html", told=f"{error} What was made before is recorded and stays.")
        return render_template(
            "setup/_applied.html",
            place=place,
            done=state["done"],
            left=left,
            verified=verified,
            made=place.registry.all(),
        )


STYLES = {
    GateStyle.BOTH: "hide it, and explain it to whoever reaches it otherwise",
    GateStyle.HIDE: "hide the transition while the gate is shut",
    GateStyle.EXPLAIN: "keep the transition; it says why it refuses",
}


def digest(found: Plan) -> str:
    """What was shown and confirmed; another plan has to be confirmed anew."""
    return hashlib.sha256("\n".join(step.told for step in found.steps).encode()).hexdigest()[:16]


NOTHING_MISSING = "provision.nothing_missing"
"""In the audit, once: the set-up knows by it that this step is done although nothing had to be made."""


def nothing_missing(services: Services, name: str) -> bool:
    """Whether somebody has planned for a connection and found that all was there."""
    query = select(AUDIT.c.id).where(AUDIT.c.subject == name, AUDIT.c.action == NOTHING_MISSING).limit(1)
    with services.engine.connect() as connection:
        return connection.execute(query).first() is not None


def _planned(services: Services, place: Place, found: Plan, options: Options, *, changed: bool = False) -> str:
    if not found.steps and not nothing_missing(services, place.name):
        place.registry.note(NOTHING_MISSING, f"Everything that {place.title} needs is at {place.name}.")
    groups = [(TITLES[kind], list(steps)) for kind, steps in groupby(found.steps, key=lambda step: step.kind)]
    state = {"digest": digest(found), "done": 0, "parts": 0, "options": _as_json(options), "name": place.name}
    return render_template(
        "setup/_plan.html", place=place, plan=found, groups=groups, state=_seal(state), changed=changed
    )


def _some(place: Place, found: Plan) -> tuple[int, str]:
    """How many steps of the first group were done in a moment, and the last one in words.  Raises ToolError."""
    begun, done, last = time.monotonic(), 0, ""
    for step in found.steps:
        if step.kind is not found.steps[0].kind or (done and time.monotonic() - begun > PART_SECONDS):
            break
        place.registry.record(place.provisioner.apply(step))
        done, last = done + 1, step.told
    return done, last


def _place(services: Services, name: str) -> tuple[Place | None, str]:
    """Where and from what; or why nothing can be planned."""
    viewer, active = current_viewer(), services.mappings.active()
    draft = draft_of(services, viewer)
    source, title = (active.source, f"version {active.number}") if active else ("", "")
    if active is None and draft is not None:
        source, title = draft.source, "your draft"
    loaded = load_mapping(source) if source else None
    if not isinstance(loaded, Loaded):
        return None, "There is no mapping without problems yet. Write one first: the plan is made from it."
    if all(rule.connection != name for rule in loaded.config.measures):
        return None, f"No rule of {title} names {name}, so nothing is needed there."
    try:
        provisioner = Sites(services, system_clock).get(ConnectionName(name)).provisioner
    except (ToolError, ConfigurationError) as error:
        return None, str(error)
    if provisioner is None:
        return None, f"{name} is not provisioned by Gatepost: its own app brings the fields along."
    registry = Provisioned(services.engine, ConnectionName(name), who(viewer))
    return Place(ConnectionName(name), loaded.config, title, provisioner, registry), ""


def _required(services: Services, name: str) -> Place:
    place, why = _place(services, name)
    if place is None:
        raise BadRequest(why)
    return place


def _options() -> Options:
    """Raises ConfigurationError when two choices do not go together."""
    form = request.form
    style = GateStyle(form.get("style", GateStyle.BOTH.value))
    robots = bool(form.get("robots_only"))
    if robots and style is GateStyle.EXPLAIN:
        raise ConfigurationError("Only programs may take the transitions: then people do not see them explained.")
    screens = tuple(part.strip() for part in form.get("screens", "").split(",") if part.strip())
    return Options(
        style,
        bool(form.get("readonly")),
        robots,
        form.get("exempt_group", "").strip(),
        bool(form.get("shared")),
        screens,
    )


def _as_json(options: Options) -> dict[str, object]:
    return {
        "style": options.style.value,
        "readonly": options.readonly,
        "robots_only": options.robots_only,
        "exempt_group": options.exempt_group,
        "shared": options.shared,
        "screens": list(options.screens),
    }


def _options_from(stored: dict[str, Any]) -> Options:
    return Options(**stored | {"style": GateStyle(stored["style"]), "screens": tuple(stored["screens"])})


def _seal(state: dict[str, Any]) -> str:
    return str(_serializer().dumps(state))


def _state() -> dict[str, Any]:
    try:
        found: dict[str, Any] = _serializer().loads(request.form.get("state", ""))
    except BadSignature:
        raise BadRequest("This plan was not made here, or long ago. Make it anew.") from None
    return found


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="provision")
