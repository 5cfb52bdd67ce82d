"""``/setup``: the set-up step by step: what is done, the result of each step, and what comes next."""

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
from connector.http.allowed_hosts import AddressForbidden, AddressUnresolved, resolve_target
from connector.http.connection_address import check_connection_address
from connector.http.tool_access import Auth, Deployment, WebhookAuth
from connector.http.transport import Timeout
from connector.people.permissions import Role
from connector.store.connections.connection_status import connection_statuses
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.tables import PROVISIONED_OBJECT
from connector.store.mapping_versions.drafts import DraftConflict, MappingDraft, MappingDrafts
from connector.store.mapping_versions.versions import StoredMapping
from connector.store.queue.workers import count_live_workers
from connector.sync.setup import ToolIdentity
from mapping.load import LoadedMapping, load_mapping
from mapping.starter import NoWritableField, starter_mapping
from mapping.work_item import ConnectionName, Tool
from webhook_server.admin.mapping_candidate import author_of, draft_of
from webhook_server.admin.setup_provision import add_provision, nothing_missing
from webhook_server.auth import current_viewer, requires_role
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in


class StepState(StrEnum):
    DONE = "done"
    NOW = "now"
    """The next one to do."""
    LATER = "later"


@dataclass(frozen=True, slots=True)
class SetupStep:
    key: str
    title: str
    state: StepState
    summary: str
    """Its result, or its purpose."""


def setup(services: Services) -> Blueprint:
    blueprint = Blueprint("setup", __name__, url_prefix="/setup")
    _add_steps(blueprint, services)
    _add_connect(blueprint, services)
    add_provision(blueprint, services)
    return blueprint


def _add_steps(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def index() -> str:
        steps = _steps(services, draft_of(services, current_viewer()))
        return render_template(
            "setup/index.html", steps=steps, records=services.connections.all(), entered={}, error="", open_form=False
        )

    @blueprint.get("/survey/<name>")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def survey(name: str) -> str:
        """What a tool has that could be governed; loaded after the page itself."""
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            kinds = dict(inspector.item_kinds()) if inspector is not None else {}
        except (ToolError, ConfigurationError) as error:
            return render_template("setup/_survey.html", name=name, kinds={}, error=str(error))
        return render_template("setup/_survey.html", name=name, kinds=kinds, error="")

    @blueprint.post("/starter")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    def write_starter() -> ResponseReturnValue:
        """A first mapping from what the tool shows, as the viewer's draft."""
        viewer, name = current_viewer(), request.form.get("connection", "")
        project, _, kind = request.form.get("kind", "").partition("\n")
        try:
            inspector = Sites(services, system_clock).get(ConnectionName(name)).inspector
            if inspector is None or viewer.person is None:
                raise ConfigurationError(f"{name} cannot be inspected.")
            survey = inspector.survey(project, kind or project)
            organization = " ".join(request.form.get("organization", "").split()) or "ACME"
            text = starter_mapping(survey, organization=organization, currency=request.form.get("currency", "EUR"))
            if not isinstance(load_mapping(text), LoadedMapping):
                raise ConfigurationError("No valid mapping can be written from the survey; write it in the editor.")
            active = services.mappings.active()
            MappingDrafts(services.engine).save(
                viewer.person, text, based_on=active.number if active else None, revision=0
            )
        except DraftConflict:
            flash("You have a draft already; it was not changed. Discard it first to start again.", "warn")
            return redirect(url_for("mapping.edit"), 303)
        except (ToolError, ConfigurationError, NoWritableField) as error:
            flash(str(error), "bad")
            return redirect(url_for("setup.index"), 303)
        flash(
            f"A first mapping was written from the survey of {name}. Read it once; its comments say what is missing.",
            "good",
        )
        return redirect(url_for("mapping.edit"), 303)


def _steps(services: Services, draft: MappingDraft | None) -> list[SetupStep]:
    records, active = services.connections.all(), services.mappings.active()
    loaded = load_mapping(draft.source) if draft else None
    found = [_connect_step(records), _survey_step(records, draft, active), _mapping_step(draft, loaded, active)]
    found += [_preview_step(active), _provision_step(services), _serve_step(services, active)]
    steps, open_before = [], False
    for key, title, done, summary in found:
        state = StepState.DONE if done else StepState.LATER if open_before else StepState.NOW
        open_before = open_before or not done
        steps.append(SetupStep(key, title, state, summary))
    return steps


def _connect_step(records: tuple[ConnectionRecord, ...]) -> tuple[str, str, bool, str]:
    listed = ", ".join(f"{record.name} ({record.base_url})" for record in records)
    summary = f"{listed} {'is' if len(records) == 1 else 'are'} connected." if records else "No tool is connected yet."
    return "connect", "Connect a tool", bool(records), summary


def _survey_step(
    records: tuple[ConnectionRecord, ...], draft: MappingDraft | None, active: StoredMapping | None
) -> tuple[str, str, bool, str]:
    done = bool(records) and (draft is not None or active is not None)
    summary = "Projects, types, fields and statuses are read, and a first mapping is written from them."
    return "survey", "Survey the tool", done, summary


def _mapping_step(
    draft: MappingDraft | None, loaded: LoadedMapping | object | None, active: StoredMapping | None
) -> tuple[str, str, bool, str]:
    title = "Write the mapping"
    if draft is not None and not isinstance(loaded, LoadedMapping):
        return "mapping", title, False, "Your draft has problems; the editor shows each at its line."
    if draft is not None:
        return "mapping", title, True, "Your draft has no problems."
    if active is not None:
        return "mapping", title, True, f"Version {active.number} is active: “{active.reason}”."
    return "mapping", title, False, "Which item is a measure, where its people and amounts are, and what is written."


def _preview_step(active: StoredMapping | None) -> tuple[str, str, bool, str]:
    summary = "See the mapping on real items before anything is governed; then activate it with a reason."
    if active is not None and active.activated_at is not None:
        summary = f"{active.author} activated version {active.number} on {active.activated_at:%d %b %Y}."
    return "preview", "Preview and activate", active is not None, summary


def _provision_step(services: Services) -> tuple[str, str, bool, str]:
    query = select(PROVISIONED_OBJECT.c.connection, func.count()).group_by(PROVISIONED_OBJECT.c.connection)
    with services.engine.connect() as connection:
        created = [
            f"{count} in {name}" for name, count in connection.execute(query.order_by(PROVISIONED_OBJECT.c.connection))
        ]
    title = "Create what is missing in the tool"
    if created:
        return "provision", title, True, f"Created: {', '.join(created)}."
    complete = [record.name for record in services.connections.all() if nothing_missing(services, record.name)]
    if complete:
        return "provision", title, True, f"Nothing is missing in {', '.join(complete)}."
    summary = "Fields, options, screens and native gates that the mapping needs: planned, shown, then created."
    return "provision", title, False, summary


def _serve_step(services: Services, active: StoredMapping | None) -> tuple[str, str, bool, str]:
    workers = count_live_workers(services.engine)
    items = sum(status.items for status in connection_statuses(services.engine).values())
    done = workers > 0 and active is not None and items > 0
    running = (
        f"{workers} {'worker is' if workers == 1 else 'workers are'} running" if workers else "no worker is running"
    )
    summary = f"{items} {'item has' if items == 1 else 'items have'} been read; {running}."
    if not workers:
        summary += " Start one: gatepost serve, or gatepost worker."
    return "serve", "Start the workers", done, summary


def _add_connect(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/connect")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    @requires_recent_sign_in
    def connect() -> ResponseReturnValue:
        """Sign in first, and save the connection only when that worked."""
        entered = {name: request.form.get(name, "").strip() for name in ("name", "kind", "url", "user", "expires")}
        try:
            record = _entered_record(services, entered, request.form.get("credential", ""))
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
        services.connections.save(record, by=author_of(current_viewer()))
        services.connections.update_details(
            record.name, own_account=identity.account, deployment=identity.deployment.value
        )
        flash(f"{record.name} is connected; Gatepost works there as {identity.name}.", "good")
        return redirect(url_for("setup.index"), 303)


def _entered_record(services: Services, entered: dict[str, str], credential: str) -> ConnectionRecord:
    """Raises ConfigurationError with what to enter instead."""
    name, url, user, kind = entered["name"], entered["url"].rstrip("/"), entered["user"], entered["kind"]
    check_connection_address(name, url)
    by_operator = _is_given_by_operator(services, url)
    if not by_operator:
        _check_public(services, url)
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
        raise ConfigurationError("Write the day on which the token expires as 2027-03-31.") from None
    datacenter = kind == "datacenter"
    return ConnectionRecord(
        ConnectionName(name), tool, url, "" if datacenter else user, credential,
        known.webhook_secrets if known else (secrets.token_urlsafe(32),),
        old_secret_until=known.old_secret_until if known else None,
        deployment=Deployment.DATACENTER if datacenter else Deployment.CLOUD,
        auth=Auth.BEARER if datacenter else Auth.BASIC,
        expires_at=ends,
        webhook_auth=known.webhook_auth if known else frozenset({WebhookAuth.SIGNATURE}),
        webhook_registration=known.webhook_registration if known else None,
        made_on_page=not by_operator,
        # The way is an operator's, for this address and no other one.
        network=known.network if known is not None and known.base_url == url else None,
    )  # fmt: skip


def _is_given_by_operator(services: Services, url: str) -> bool:
    """Whether a connection that was made on the command line has this address."""
    return any(record.base_url.rstrip("/") == url and not record.made_on_page for record in services.connections.all())


def _check_public(services: Services, url: str) -> None:
    """A page must not find out what is inside our network.  Raises ConfigurationError.

    The transport checks again whenever it connects: a name may lead elsewhere by then.
    """
    try:
        resolve_target(url, services.connection_host_rules)
    except (AddressForbidden, AddressUnresolved) as error:
        raise ConfigurationError(str(error)) from None


def _identify(services: Services, record: ConnectionRecord) -> ToolIdentity:
    """Raises ToolError, ConfigurationError."""
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    build = jira.site if record.tool is Tool.JIRA else servicenow.site
    tool_setup = build(services.tool_access(record), timeout=timeout, clock=system_clock).setup
    if tool_setup is None:
        raise ConfigurationError("Signing in to this tool is not supported.")
    return tool_setup.identify()
