"""The steps of the set-up: what is done, and what comes next; and the page that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from flask import render_template, request
from sqlalchemy import func, select

from connector.bootstrap import Services
from connector.http.tool_access import Auth, Deployment
from connector.store.connections.connection_status import connection_statuses
from connector.store.connections.connections import ConnectionRecord, registration_of
from connector.store.database.reading import reading
from connector.store.database.tables import PROVISIONED_OBJECT
from connector.store.mapping_versions.drafts import MappingDraft
from connector.store.mapping_versions.versions import StoredMapping
from connector.store.queue.workers import count_live_workers
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import Tool
from webhook_server.admin.mapping_candidate import draft_of
from webhook_server.admin.setup_provision import nothing_missing
from webhook_server.auth import current_viewer
from webhook_server.pages import formats


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


KEPT = ("connection", "kind", "organization", "currency")
"""What was chosen for a first mapping, kept in the address when it could not be written."""


class SignInWay(NamedTuple):
    """One way to sign in to a tool, as the form offers it."""

    label: str
    tool: Tool
    auth: Auth
    deployment: Deployment = Deployment.CLOUD
    has_user: bool = True


WAYS: Mapping[str, SignInWay] = {
    "cloud": SignInWay("Jira Cloud: e-mail address and API token", Tool.JIRA, Auth.BASIC),
    "scoped": SignInWay("Jira Cloud: e-mail address and token with scopes", Tool.JIRA, Auth.SCOPED),
    "service": SignInWay("Jira Cloud: service account, client id and secret", Tool.JIRA, Auth.OAUTH),
    "datacenter": SignInWay(
        "Jira Data Center: personal access token", Tool.JIRA, Auth.BEARER, Deployment.DATACENTER, has_user=False
    ),
    "servicenow": SignInWay("ServiceNow: user and password", Tool.SERVICENOW, Auth.BASIC),
    "servicenow_oauth": SignInWay("ServiceNow: client id and secret (OAuth)", Tool.SERVICENOW, Auth.OAUTH),
    "servicenow_key": SignInWay("ServiceNow: user and API key", Tool.SERVICENOW, Auth.APIKEY),
}


def render_setup(services: Services, **more: object) -> str:
    """The page; with what was entered and what is wrong with it, where a form comes back."""
    values: dict[str, object] = {
        "steps": _steps(services, draft_of(services, current_viewer())),
        "records": services.connections.all(),
        "entered": {},
        "error": "",
        "open_form": False,
        "address": services.settings.address,
        "made": None,
        "events_error": "",
        "ways": [(key, way.label) for key, way in WAYS.items()],
        "chosen": {name: value for name in KEPT if (value := request.args.get(name))},
    }
    return render_template("setup/index.html", **values | more)


def _steps(services: Services, draft: MappingDraft | None) -> list[SetupStep]:
    records, active = services.connections.all(), services.mappings.active()
    loaded = load_mapping(draft.source) if draft else None
    found = [_connect_step(records), _survey_step(records, draft, active), _mapping_step(draft, loaded, active)]
    found += [_provision_step(services), _preview_step(active), _events_step(services, records)]
    found += [_serve_step(services, active)]
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
        summary = f"{active.author} activated version {active.number} on {formats().day(active.activated_at)}."
    return "preview", "Preview and activate", active is not None, summary


def _provision_step(services: Services) -> tuple[str, str, bool, str]:
    query = select(PROVISIONED_OBJECT.c.connection, func.count()).group_by(PROVISIONED_OBJECT.c.connection)
    with reading(services.engine) as connection:
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


def _events_step(services: Services, records: tuple[ConnectionRecord, ...]) -> tuple[str, str, bool, str]:
    title = "Have events arrive at once"
    statuses = connection_statuses(services.engine)
    heard = [record.name for record in records if statuses[record.name].last_event_at is not None]
    registered = [record.name for record in records if registration_of(record) is not None]
    if records and len(heard) == len(records):
        return "events", title, True, f"Events arrive from {', '.join(heard)}."
    if registered or heard:
        waiting = sorted({*registered} - {*heard})
        summary = f"{', '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} registered; no event has arrived yet. "
        return "events", title, bool(heard), summary if waiting else f"Events arrive from {', '.join(heard)}."
    return "events", title, False, "Until then changes are found every quarter of an hour."


def _serve_step(services: Services, active: StoredMapping | None) -> tuple[str, str, bool, str]:
    workers = count_live_workers(services.engine)
    items = sum(status.items for status in connection_statuses(services.engine).values())
    done = workers > 0 and active is not None and items > 0
    running = (
        f"{workers} {'worker is' if workers == 1 else 'workers are'} running" if workers else "no worker is running"
    )
    summary = f"{items} {'item has' if items == 1 else 'items have'} been read; {running}."
    if not workers:
        summary += " Whoever runs Gatepost has to start its worker on the server."
    return "serve", "Start the workers", done, summary
