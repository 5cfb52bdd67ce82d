"""``/setup``: the first hour, step by step: what is done, what each step found, and what comes next."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from connector import jira, servicenow
from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.http.connection_address import check_name
from connector.http.tool_access import Auth, Deployment, DoorKind
from connector.http.transport import Timeout
from connector.people.permissions import Role
from connector.store.connections.connection_status import standings
from connector.store.connections.connections import ConnectionRecord
from connector.store.connections.provisioned_objects import Provisioned
from connector.store.database.tables import PROVISIONED
from connector.store.mapping_versions.drafts import Draft, Drafts, Stale
from connector.store.mapping_versions.versions import StoredMapping
from connector.store.queue.workers import alive
from connector.sync.setup import Identity
from mapping.load import Loaded, load_mapping
from mapping.starter import NothingToWrite, starter
from mapping.work_item import ConnectionName, Tool
from webhook_server.admin.mapping_candidate import draft_of, who
from webhook_server.admin.setup_provision import add_provision, nothing_missing
from webhook_server.auth import current_viewer, needs


class State(StrEnum):
    DONE = "done"
    NOW = "now"
    """The next one to do."""
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    title: str
    state: State
    found: str
    """What it found, or what it is for."""


def setup(services: Services) -> Blueprint:
    blueprint = Blueprint("setup", __name__, url_prefix="/setup")
    _add_steps(blueprint, services)
    _add_connect(blueprint, services)
    add_provision(blueprint, services)
    return blueprint


def _add_steps(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @needs(Role.ADMINISTRATOR)
    def index() -> str:
        steps = _steps(services, draft_of(services, current_viewer()))
        return render_template(
            "setup/index.html", steps=steps, records=services.connections.all(), entered={}, error="", open_form=False
        )

    @blueprint.get("/look/<name>")
    @needs(Role.ADMINISTRATOR)
    def look(name: str) -> str:
        """What a tool shows that could be governed; asked for when the page is there already."""
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            kinds = dict(inspector.kinds()) if inspector is not None else {}
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_look.html", name=name, kinds={}, trouble=str(error))
        return render_template("setup/_look.html", name=name, kinds=kinds, trouble="")

    @blueprint.post("/starter")
    @needs(Role.ADMINISTRATOR)
    def first() -> ResponseReturnValue:
        """A first mapping from what the tool shows, as the viewer's draft."""
        viewer, name = current_viewer(), request.form.get("connection", "")
        project, _, kind = request.form.get("what", "").partition("\n")
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            if inspector is None or viewer.person is None:
                raise ConfigurationError(f"{name} cannot be looked at.")
            survey = inspector.survey(project, kind or project)
            organization = " ".join(request.form.get("organization", "").split()) or "ACME"
            text = starter(survey, organization=organization, currency=request.form.get("currency", "EUR"))
            if not isinstance(load_mapping(text), Loaded):
                raise ConfigurationError("What was found does not make a mapping; write it in the editor.")
            active = services.mappings.active()
            Drafts(services.engine).save(viewer.person, text, based_on=active.number if active else None, revision=0)
        except Stale:
            flash("You have a draft already, and it was kept. Discard it first to begin anew.", "warn")
            return redirect(url_for("mapping.edit"), 303)
        except (ToolError, ConfigurationError, NothingToWrite) as error:
            flash(str(error), "bad")
            return redirect(url_for("setup.index"), 303)
        flash(
            f"A first mapping is written from what {name} shows. Read it once; the comments say what is missing.",
            "good",
        )
        return redirect(url_for("mapping.edit"), 303)


def _steps(services: Services, draft: Draft | None) -> list[Step]:
    records, active = services.connections.all(), services.mappings.active()
    loaded = load_mapping(draft.source) if draft else None
    found = [_connected(records), _looked(records, draft, active), _written(draft, loaded, active)]
    found += [_previewed(active), _provisioned(services), _serving(services, active)]
    steps, begun = [], False
    for key, title, done, told in found:
        state = State.DONE if done else State.LATER if begun else State.NOW
        begun = begun or not done
        steps.append(Step(key, title, state, told))
    return steps


def _connected(records: tuple[ConnectionRecord, ...]) -> tuple[str, str, bool, str]:
    listed = ", ".join(f"{one.name} ({one.base_url})" for one in records)
    told = f"{listed} {'is' if len(records) == 1 else 'are'} connected." if records else "No tool is connected yet."
    return "connect", "Connect a tool", bool(records), told


def _looked(
    records: tuple[ConnectionRecord, ...], draft: Draft | None, active: StoredMapping | None
) -> tuple[str, str, bool, str]:
    done = bool(records) and (draft is not None or active is not None)
    told = "Projects, types, fields and statuses are looked at, and a first mapping is written from them."
    return "look", "Look at what is there", done, told


def _written(
    draft: Draft | None, loaded: Loaded | object | None, active: StoredMapping | None
) -> tuple[str, str, bool, str]:
    title = "Write the mapping"
    if draft is not None and not isinstance(loaded, Loaded):
        return "mapping", title, False, "Your draft has problems; the editor shows each at its line."
    if draft is not None:
        return "mapping", title, True, "Your draft has no problems."
    if active is not None:
        return "mapping", title, True, f"Version {active.number} is active: “{active.reason}”."
    return "mapping", title, False, "Which item is a measure, where its people and its money are, what is written."


def _previewed(active: StoredMapping | None) -> tuple[str, str, bool, str]:
    told = "Real items under the mapping, before anything is governed; then activate it with a reason."
    if active is not None and active.activated_at is not None:
        told = f"{active.author} activated version {active.number} on {active.activated_at:%d %b %Y}."
    return "preview", "Preview and activate", active is not None, told


def _provisioned(services: Services) -> tuple[str, str, bool, str]:
    query = select(PROVISIONED.c.connection, func.count()).group_by(PROVISIONED.c.connection)
    with services.engine.connect() as connection:
        made = [f"{count} at {name}" for name, count in connection.execute(query.order_by(PROVISIONED.c.connection))]
    title = "Make what is missing at the tool"
    if made:
        return "provision", title, True, f"Made: {', '.join(made)}."
    complete = [one.name for one in services.connections.all() if nothing_missing(services, one.name)]
    if complete:
        return "provision", title, True, f"Nothing is missing at {', '.join(complete)}."
    told = "Fields, choices, screens and native gates that the mapping needs: planned, shown, then made."
    return "provision", title, False, told


def _serving(services: Services, active: StoredMapping | None) -> tuple[str, str, bool, str]:
    workers = alive(services.engine)
    items = sum(one.items for one in standings(services.engine).values())
    done = workers > 0 and active is not None and items > 0
    at_work = f"{workers} {'worker is' if workers == 1 else 'workers are'} at work" if workers else "no worker runs"
    told = f"{items} {'item has' if items == 1 else 'items have'} been read; {at_work}."
    if not workers:
        told += " Start one: gatepost serve, or gatepost worker."
    return "serve", "Let it work", done, told[0].upper() + told[1:]


def _add_connect(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/connect")
    @needs(Role.ADMINISTRATOR)
    def connect() -> ResponseReturnValue:
        """Sign in first, and keep the connection only when that worked."""
        entered = {name: request.form.get(name, "").strip() for name in ("name", "kind", "url", "user", "expires")}
        try:
            record = _entered(services, entered, request.form.get("credential", ""))
            identity = _identify(services, record)
        except (ToolError, ConfigurationError) as error:
            steps = _steps(services, draft_of(services, current_viewer()))
            page = render_template(
                "setup/index.html",
                steps=steps,
                records=services.connections.all(),
                entered=entered,
                error=str(error),
                open_form=True,
            )
            return page, 422
        services.connections.save(record, by=who(current_viewer()))
        services.connections.note(record.name, own_account=identity.account, deployment=identity.deployment.value)
        told = f"{record.name} at {record.base_url} was connected as {identity.name}."
        Provisioned(services.engine, record.name, who(current_viewer())).note("connection.saved", told)
        flash(f"{record.name} is connected; Gatepost works there as {identity.name}.", "good")
        return redirect(url_for("setup.index"), 303)


def _entered(services: Services, entered: dict[str, str], credential: str) -> ConnectionRecord:
    """Raises ConfigurationError with what to enter instead."""
    name, url, user, kind = entered["name"], entered["url"].rstrip("/"), entered["user"], entered["kind"]
    check_name(name, url)
    if not credential:
        raise ConfigurationError("Enter the token or password of the account that Gatepost works as.")
    if kind != "datacenter" and not user:
        raise ConfigurationError("Enter the account's user; for Jira Cloud it is the e-mail address.")
    known = services.connections.get(name)
    tool = Tool.SERVICENOW if kind == "servicenow" else Tool.JIRA
    if known is not None and known.tool is not tool:
        raise ConfigurationError(f'"{name}" is a {known.tool.value} connection already. Choose another name.')
    try:
        ends = datetime.fromisoformat(entered["expires"]).replace(tzinfo=UTC) if entered["expires"] else None
    except ValueError:
        raise ConfigurationError("Write the day on which the token ends as 2027-03-31.") from None
    datacenter = kind == "datacenter"
    return ConnectionRecord(
        ConnectionName(name), tool, url, "" if datacenter else user, credential,
        known.webhook_secrets if known else (secrets.token_urlsafe(32),),
        deployment=Deployment.DATACENTER if datacenter else Deployment.CLOUD,
        auth=Auth.BEARER if datacenter else Auth.BASIC,
        expires_at=ends,
        doors=known.doors if known else frozenset({DoorKind.SIGNATURE}),
        webhook=known.webhook if known else None,
    )  # fmt: skip


def _identify(services: Services, record: ConnectionRecord) -> Identity:
    """Raises ToolError, ConfigurationError."""
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    build = jira.site if record.tool is Tool.JIRA else servicenow.site
    found = build(record.access, timeout=timeout, clock=system_clock).setup
    if found is None:
        raise ConfigurationError("This tool cannot be signed in to.")
    return found.identify()
