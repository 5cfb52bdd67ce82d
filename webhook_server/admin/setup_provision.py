"""``/setup/provision/<connection>``: what the mapping needs in a tool, shown step by step before it is created."""

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
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.store.database.reading import reading
from connector.store.database.tables import AUDIT
from connector.store.queue.waiting_writes import write_now
from connector.sync.provision import Provisioner, ProvisionOptions, ProvisionPlan, StepKind, carry_out
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName
from webhook_server.admin.mapping_candidate import author_of, draft_of
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_message, page_text
from webhook_server.permission import Reach

BATCH_SECONDS = 3.0
"""How long one request applies steps; the page then sends the next one."""

MAX_BATCHES = 60
TITLES = {
    StepKind.FIELD: "Fields",
    StepKind.CONTEXT: "Where fields apply",
    StepKind.OPTION: "Options",
    StepKind.SCREEN: "Fields on screens",
    StepKind.ASSOCIATION: "Associations",
    StepKind.GATE: "Native gates",
}


@dataclass(frozen=True, slots=True)
class ProvisionTarget:
    """The connection to provision, and the mapping to do it for."""

    name: ConnectionName
    config: MappingConfig
    title: str
    """The mapping's name on the page."""
    provisioner: Provisioner
    registry: ProvisionedObjects


def add_provision(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/provision/<name>")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def provision(name: str) -> str:
        """The options; the plan is loaded after the page itself."""
        record = services.connections.get(name)
        if record is None:
            raise NotFound(f'There is no connection "{name}".')
        target, reason = _target(services, name)
        created = target.registry.all() if target else ()
        return render_template(
            "setup/provision.html",
            record=record,
            target=target,
            reason=reason,
            created=created,
        )

    @blueprint.post("/provision/<name>/plan")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def plan(name: str) -> str:
        target = _required_target(services, name)
        try:
            options = _options()
            found = target.provisioner.plan(target.config, target.registry.all(), options)
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_error.html", error=page_message(error))
        return _render_plan(services, target, found, options)

    @blueprint.post("/provision/<name>/apply")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def apply(name: str) -> str:
        """Apply some steps of the confirmed plan and plan again; each step is recorded as it is done."""
        target, state = _required_target(services, name), _state()
        options = _options_from(state["options"])
        try:
            found = target.provisioner.plan(target.config, target.registry.all(), options)
            if state["done"] == 0 and plan_fingerprint(found) != state["digest"]:
                return _render_plan(services, target, found, options, changed=True)
            done, last = _apply_batch(target, found)
            left = target.provisioner.plan(target.config, target.registry.all(), options) if done else found
            write_now(services.engine, services.waker, ConnectionName(name))
            state |= {"done": state["done"] + done, "parts": state["parts"] + 1}
            # A step that is planned again after it was done would repeat for ever.
            if left.steps and plan_fingerprint(left) != plan_fingerprint(found) and state["parts"] < MAX_BATCHES:
                total = state["done"] + len(left.steps)
                return render_template(
                    "setup/_applying.html",
                    target=target,
                    done=state["done"],
                    total=total,
                    last=last,
                    state=_signed(state),
                )
            verified = [] if left.steps else list(target.provisioner.verify(target.config))
        except (ToolError, ConfigurationError) as error:
            return render_template(
                "setup/_error.html", error=f"{page_text(error)} What was created before is recorded and remains."
            )
        return render_template(
            "setup/_applied.html",
            target=target,
            done=state["done"],
            left=left,
            verified=verified,
            created=target.registry.all(),
        )


def plan_fingerprint(plan: ProvisionPlan) -> str:
    """Identifies the plan that was shown and confirmed; another plan must be confirmed again."""
    return hashlib.sha256("\n".join(step.description for step in plan.steps).encode()).hexdigest()[:16]


NOTHING_MISSING_ACTION = "provision.nothing_missing"
"""Recorded in the audit once: it marks the set-up step as done although nothing had to be created."""


def nothing_missing(services: Services, name: str) -> bool:
    """Whether somebody has planned for a connection and found that nothing was missing."""
    query = select(AUDIT.c.id).where(AUDIT.c.subject == name, AUDIT.c.action == NOTHING_MISSING_ACTION).limit(1)
    with reading(services.engine) as connection:
        return connection.execute(query).first() is not None


def _render_plan(
    services: Services,
    target: ProvisionTarget,
    plan: ProvisionPlan,
    options: ProvisionOptions,
    *,
    changed: bool = False,
) -> str:
    if not plan.steps and not nothing_missing(services, target.name):
        target.registry.audit_note(
            NOTHING_MISSING_ACTION, f"Everything that {target.title} needs exists in {target.name}."
        )
    groups = [(TITLES[kind], list(steps)) for kind, steps in groupby(plan.steps, key=lambda step: step.kind)]
    state = {"digest": plan_fingerprint(plan), "done": 0, "parts": 0, "options": _as_json(options), "name": target.name}
    return render_template(
        "setup/_plan.html", target=target, plan=plan, groups=groups, state=_signed(state), changed=changed
    )


def _apply_batch(target: ProvisionTarget, plan: ProvisionPlan) -> tuple[int, str]:
    """How many steps of the first group were applied now, and the last one's description.  Raises ToolError."""
    started, done, last = time.monotonic(), 0, ""
    for step in plan.steps:
        if step.kind is not plan.steps[0].kind or (done and time.monotonic() - started > BATCH_SECONDS):
            break
        carry_out(target.provisioner, target.registry.record, step)
        done, last = done + 1, step.description
    return done, last


def _target(services: Services, name: str) -> tuple[ProvisionTarget | None, str]:
    """The target; or the reason why nothing can be planned."""
    viewer, active = current_viewer(), services.mappings.active()
    draft = draft_of(services, viewer)
    source, title = (active.source, f"version {active.number}") if active else ("", "")
    if active is None and draft is not None:
        source, title = draft.source, "your draft"
    loaded = load_mapping(source) if source else None
    if not isinstance(loaded, LoadedMapping):
        return None, "There is no mapping without problems yet. Write one first: the plan is derived from it."
    if all(rule.connection != name for rule in loaded.config.measures):
        return None, f"No rule of {title} names {name}, so nothing is needed in it."
    try:
        provisioner = Sites(services, system_clock).get(ConnectionName(name)).provisioner
    except (ToolError, ConfigurationError) as error:
        return None, page_text(error)
    if provisioner is None:
        return None, f"{name} is not provisioned by Gatepost: its own app contains the fields."
    registry = ProvisionedObjects(services.engine, ConnectionName(name), author_of(viewer))
    return ProvisionTarget(ConnectionName(name), loaded.config, title, provisioner, registry), ""


def _required_target(services: Services, name: str) -> ProvisionTarget:
    target, reason = _target(services, name)
    if target is None:
        raise BadRequest(reason)
    return target


def _options() -> ProvisionOptions:
    form = request.form
    screens = tuple(part.strip() for part in form.get("screens", "").split(",") if part.strip())
    return ProvisionOptions(
        bool(form.get("readonly")),
        bool(form.get("automation_only")),
        form.get("exempt_group", "").strip(),
        bool(form.get("shared")),
        screens,
        bool(form.get("edit_screens")),
    )


def _as_json(options: ProvisionOptions) -> dict[str, object]:
    return {
        "readonly": options.readonly,
        "automation_only": options.automation_only,
        "exempt_group": options.exempt_group,
        "shared": options.shared,
        "screens": list(options.screens),
        "edit_screens": options.edit_screens,
    }


def _options_from(stored: dict[str, Any]) -> ProvisionOptions:
    return ProvisionOptions(**stored | {"screens": tuple(stored["screens"])})


def _signed(state: dict[str, Any]) -> str:
    return str(_serializer().dumps(state))


def _state() -> dict[str, Any]:
    try:
        found: dict[str, Any] = _serializer().loads(request.form.get("state", ""))
    except BadSignature:
        raise BadRequest("This plan is not valid any more. Create it again.") from None
    return found


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="provision")
