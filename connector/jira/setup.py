"""Sets a Jira up: our own account, webhooks of both kinds, and health checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.errors import AuthenticationFailed, NotFound, PermissionDenied, ToolError, ValuesRejected
from connector.http.answer_numbers import LARGEST_ID, whole_number
from connector.http.json_values import as_list, as_object, as_text
from connector.http.tool_access import Auth, Deployment, ToolAccess, WebhookAuth
from connector.http.transport import ToolAdapter
from connector.jira.client import JiraClient, Webhook, json_object
from connector.jira.cloud import CloudClient
from connector.jira.jql import one_of
from connector.jira.scopes import consent_checks
from connector.jira.webhooks import DATACENTER_EVENTS, EVENTS, PROBE_EVENT
from connector.remedy import NOTHING_TO_DO, Place, Remedy
from connector.sync.setup import ConnectionCheck, Health, ProbeEvent, ToolIdentity, WebhookRegistration
from governance.time_text import day_text
from mapping.work_item import NativeId

MOST_UNNAMED = 50
"""Projects that a webhook names before a mapping says which."""

TEST_PROPERTY = "gatepost.probe"
"""Issue property that makes Jira send an event; nobody sees it."""

DYNAMIC_EVENTS = (*(event for event in EVENTS if event.startswith(("jira:", "comment_"))), PROBE_EVENT)
"""The events that a dynamic webhook can send; the sweep finds worklogs, links and attachments."""

NEEDED_PERMISSIONS = {
    "BROWSE_PROJECTS": "read its issues",
    "EDIT_ISSUES": "write the owned fields",
    "ADD_COMMENTS": "reply in a comment",
    "EDIT_OWN_COMMENTS": "edit its reply comment instead of repeating it",
    "TRANSITION_ISSUES": "move an issue back that went through a shut gate",
    "LINK_ISSUES": "link what blocks",
}
QUIET_PERMISSION = "ADMINISTER_PROJECTS"
"""Lets an account write without a mail to every watcher."""
MOST_DYNAMIC = 5
"""Dynamic webhooks of an app and an account on one site.
https://developer.atlassian.com/cloud/jira/platform/webhooks/#limitations"""
REGISTER_AGAIN = Remedy(
    "Register it again on the page Set-up.", "Register it again: gatepost connect jira", Place.SET_UP
)
GLOBAL_PERMISSIONS = {
    "BULK_CHANGE": "one value is then written into many issues at once instead of one by one",
    "ADMINISTER": "needed only for provisioning and for registering webhooks",
}


class JiraSetup:
    """Implements :class:`connector.sync.setup.Setup`."""

    def __init__(self, access: ToolAccess, client: JiraClient, adapter: ToolAdapter) -> None:
        self._access = access
        self._client = client
        self._adapter = adapter

    def identify(self) -> ToolIdentity:
        info, me = self._client.server_info(), self._client.myself()
        cloud = as_text(info.get("deploymentType")) == "Cloud"
        return ToolIdentity(
            account=as_text(me.get("accountId")) or as_text(me.get("key")) or as_text(me.get("name")),
            name=as_text(me.get("displayName")),
            deployment=Deployment.CLOUD if cloud else Deployment.DATACENTER,
            version=as_text(info.get("version")),
            time_zone=as_text(me.get("timeZone")) or "UTC",
        )

    def clock_skew(self) -> timedelta | None:
        return self._adapter.clock_skew

    # --- webhooks ----------------------------------------------------------------------------------

    def register(self, url: str, secret: str | None, auth: WebhookAuth, queries: Sequence[str]) -> WebhookRegistration:
        if auth is WebhookAuth.JWT:
            return self._register_dynamic(url, queries)
        query = " OR ".join(queries)
        webhook = self._wanted_webhook(url, query)
        existing = self._own_webhook(url)
        signing = secret if auth is WebhookAuth.SIGNATURE else None
        if existing is None:
            added = self._client.add_webhook(webhook, signing)
            return WebhookRegistration(added.id, auth, url, query=query)
        self._client.change_webhook(replace(webhook, id=existing.id), signing)
        return WebhookRegistration(existing.id, auth, url, existed=True, query=query)

    def _wanted_webhook(self, url: str, query: str) -> Webhook:
        events = DATACENTER_EVENTS if self._is_datacenter else EVENTS
        return Webhook("", f"Gatepost {self._access.name}", url, events, enabled=True, signed=True, query=query)

    @property
    def _is_datacenter(self) -> bool:
        return self._access.deployment is Deployment.DATACENTER

    def webhook_queries(self, projects: Sequence[str]) -> Sequence[str]:
        seen = [project.key for project in self._client.projects()]
        named = {key.casefold() for key in projects}
        keys = [key for key in seen if key.casefold() in named] or ([] if named else seen)
        # Each key is at most ten characters; what is left out comes with the first mapping, and with sweeps until then.
        keys = keys if named else keys[:MOST_UNNAMED]
        return [one_of("project", sorted(keys))] if keys else []

    def _own_webhook(self, url: str) -> Webhook | None:
        """Our webhook, by its name or its address: a second registration would send every event twice."""
        base = url.partition(f"/{self._access.name}")[0] + f"/{self._access.name}"
        named = f"Gatepost {self._access.name}"
        return next((hook for hook in self._client.webhooks() if hook.name == named or hook.url.startswith(base)), None)

    def _register_dynamic(self, url: str, queries: Sequence[str]) -> WebhookRegistration:
        """One webhook a query.  An app has one address, so older ones of this account are removed afterwards.

        An account has five of an app at most: where those that are there leave no place, they are removed first.
        """
        api = self._dynamic()
        old = [as_text(as_object(row).get("id")) for row in as_list(self._listed(api).get("values"))]
        # Without the filter every app's properties would ring.
        probe = {"issuePropertyKeysFilter": [TEST_PROPERTY]}
        hooks = [{"events": list(DYNAMIC_EVENTS), "jqlFilter": query, **probe} for query in queries]
        if len(old) + len(hooks) > MOST_DYNAMIC:
            self._delete(old)
        response = json_object(api.register_dynamic_webhooks(data={"url": url, "webhooks": hooks}), "webhook")
        results = [as_object(row) for row in as_list(response.get("webhookRegistrationResult"))]
        # The status is 200 even when some of them were refused.
        wrong = [as_text(error) for result in results for error in as_list(result.get("errors"))]
        created = [as_text(result.get("createdWebhookId")) for result in results if result.get("createdWebhookId")]
        if wrong:
            self._delete(created)
            raise ValuesRejected(f"{self._access.name} does not accept the webhook's query: {'; '.join(wrong)}")
        if len(old) + len(hooks) <= MOST_DYNAMIC:
            self._delete(old)
        made = WebhookRegistration(
            ",".join(created), WebhookAuth.JWT, url, existed=bool(old), query=" OR ".join(queries)
        )
        return self.refresh(made)

    def refresh(self, registration: WebhookRegistration) -> WebhookRegistration:
        if registration.auth is not WebhookAuth.JWT:
            return registration
        api = self._dynamic()
        ids = _numbers(registration.id.split(","))
        response = json_object(api.refresh_webhooks(data={"webhookIds": ids}), "webhook/refresh")
        listed = {as_text(as_object(row).get("id")) for row in as_list(self._listed(api).get("values"))}
        gone = [identity for identity in registration.id.split(",") if identity not in listed]
        if gone:
            # Unknown ids are ignored silently; only the list shows them.
            raise NotFound(f"{self._access.name} no longer has the webhooks {', '.join(gone)}; connect it again.")
        return replace(registration, expires_at=_moment(response.get("expirationDate")))

    def unregister(self, registration: WebhookRegistration) -> None:
        try:
            if registration.auth is WebhookAuth.JWT:
                self._delete(registration.id.split(","))
            elif registration.id:
                self._client.delete_webhook(registration.id)
        except NotFound:
            return

    def _delete(self, ids: Sequence[str]) -> None:
        if ids:
            self._dynamic().delete_webhook_by_id(data={"webhookIds": _numbers(ids)})

    def _dynamic(self) -> Any:
        if not isinstance(self._client, CloudClient) or self._access.auth is not Auth.OAUTH:
            raise ValuesRejected(
                f"{self._access.name}: dynamic webhooks exist on Jira Cloud for OAuth apps only.",
                remedy=Remedy(
                    command="Use --webhook-auth signature, or --webhook-auth token with a rule of Jira Automation."
                ),
            )
        return self._client.jira

    @staticmethod
    def _listed(api: Any) -> Any:
        return json_object(api.get_dynamic_webhooks_for_app(max_results=100), "webhook")

    def trigger_event(self, item: NativeId, registration: WebhookRegistration) -> ProbeEvent:
        """A property that nobody sees; Data Center documents no event for one, and a hook by hand may lack it."""
        if self._is_datacenter or registration.is_by_hand:
            return ProbeEvent.BY_HAND
        self._with_probe_event(registration, wanted=True)
        self._client.edit_issue(item, {}, {TEST_PROPERTY: {"at": datetime.now(UTC).isoformat()}})
        return ProbeEvent.SENT

    def end_probe(self, item: NativeId, registration: WebhookRegistration) -> None:
        if self._is_datacenter or registration.is_by_hand:
            return
        with suppress(NotFound):
            self._client.drop_property(item, TEST_PROPERTY)
        self._with_probe_event(registration, wanted=False)

    def _with_probe_event(self, registration: WebhookRegistration, *, wanted: bool) -> None:
        """An admin webhook cannot be bounded to one property: it reports properties only while one is awaited."""
        if registration.auth is WebhookAuth.JWT:
            return
        webhook = self._wanted_webhook(registration.url, registration.query)
        events = (*webhook.events, PROBE_EVENT) if wanted else webhook.events
        self._client.change_webhook(replace(webhook, id=registration.id, events=events), None)

    # --- health ------------------------------------------------------------------------------------

    def checks(self, projects: Sequence[str], registration: WebhookRegistration | None) -> Sequence[ConnectionCheck]:
        return [
            *self._consent(),
            *self._permissions(projects),
            *self._webhook(registration),
            *_not_sent(projects, registration),
        ]

    def _consent(self) -> Iterator[ConnectionCheck]:
        """A service account has no consent: its scopes are those of its own client."""
        if not isinstance(self._client, CloudClient):
            return
        try:
            granted = self._client.granted_scopes()
        except (NotFound, PermissionDenied):
            return
        yield from consent_checks(self._access.name, granted)

    def _permissions(self, projects: Sequence[str]) -> Iterator[ConnectionCheck]:
        for project in projects:
            try:
                granted = self._client.permissions([*NEEDED_PERMISSIONS, QUIET_PERMISSION], project)
            except (NotFound, ValuesRejected):
                yield ConnectionCheck(
                    f"project {project}",
                    Health.BAD,
                    "does not exist, or is hidden from this account",
                    Remedy(
                        "Give the account the permission BROWSE_PROJECTS there, or remove the project from the mapping."
                    ),
                )
                continue
            lacking = [name for name in NEEDED_PERMISSIONS if not granted.get(name)]
            if not lacking:
                yield ConnectionCheck(f"project {project}", Health.GOOD, "all permissions that Gatepost needs")
            if not granted.get(QUIET_PERMISSION) and not self._is_datacenter:
                yield ConnectionCheck(
                    f"project {project}",
                    Health.WARNING,
                    "single writes mail the watchers",
                    Remedy(
                        f"Give the account {QUIET_PERMISSION} there, or take Issue updated out of a notification "
                        "scheme for it."
                    ),
                )
            for name in lacking:
                yield ConnectionCheck(
                    f"project {project}",
                    Health.BAD,
                    f"{name} is lacking",
                    Remedy(f"Without it Gatepost cannot {NEEDED_PERMISSIONS[name]}."),
                )
        granted = self._client.permissions(list(GLOBAL_PERMISSIONS))
        for name, use in GLOBAL_PERMISSIONS.items():
            has = granted.get(name, False)
            state = "granted" if has else "not granted"
            health, remedy = (Health.GOOD, NOTHING_TO_DO) if has else (Health.WARNING, Remedy(use))
            yield ConnectionCheck(f"global {name}", health, state, remedy)

    def _webhook(self, registration: WebhookRegistration | None) -> Iterator[ConnectionCheck]:
        if registration is None:
            yield ConnectionCheck(
                "webhook",
                Health.WARNING,
                "none registered by Gatepost",
                Remedy(
                    "Without events only the sweep finds changes: have them sent, on the page Set-up.",
                    "Without events only the sweep finds changes: gatepost connect jira",
                    Place.SET_UP,
                ),
            )
            return
        try:
            yield from (
                self._dynamic_health() if registration.auth is WebhookAuth.JWT else self._admin_health(registration)
            )
        except (PermissionDenied, NotFound, AuthenticationFailed) as error:
            yield ConnectionCheck(
                "webhook", Health.WARNING, f"cannot be checked: {error}", Remedy("It needs Administer Jira.")
            )

    def _admin_health(self, registration: WebhookRegistration) -> Iterator[ConnectionCheck]:
        if registration.auth is WebhookAuth.TOKEN:
            yield ConnectionCheck(
                "webhook", Health.GOOD, "sent by a rule of Jira Automation, which Gatepost cannot check"
            )
            return
        if registration.is_by_hand:
            yield ConnectionCheck("webhook", Health.GOOD, "made by hand, which Gatepost cannot check")
            return
        registered = next((hook for hook in self._client.webhooks() if hook.id == registration.id), None)
        if registered is None:
            yield ConnectionCheck("webhook", Health.BAD, "it was removed at the tool", REGISTER_AGAIN)
        elif not registered.enabled:
            yield ConnectionCheck("webhook", Health.BAD, "it is switched off at the tool", REGISTER_AGAIN)
        elif registered.url != registration.url:
            yield ConnectionCheck(
                "webhook", Health.BAD, f"it sends to another address: {registered.url}", REGISTER_AGAIN
            )
        else:
            signed = {True: ", signed", False: ", not signed", None: ""}[registered.signed]
            yield ConnectionCheck("webhook", Health.GOOD, f"registered{signed}")
            if not registered.query:
                yield ConnectionCheck(
                    "webhook filter", Health.WARNING, "it sends the issues of the whole site", REGISTER_AGAIN
                )

    def _dynamic_health(self) -> Iterator[ConnectionCheck]:
        api = self._dynamic()
        expiries = [_moment(as_object(row).get("expirationDate")) for row in as_list(self._listed(api).get("values"))]
        if not expiries:
            yield ConnectionCheck("webhook", Health.BAD, "no dynamic webhook is left", REGISTER_AGAIN)
            return
        soonest = min(expiries)
        yield ConnectionCheck(
            "webhook", Health.GOOD, f"{len(expiries)} dynamic, until {day_text(soonest)}; renewed in time"
        )
        try:
            failed = as_list(json_object(api.get_failed_webhooks(max_results=100), "webhook/failed").get("values"))
        except ToolError:
            return
        if failed:
            yield ConnectionCheck(
                "webhook deliveries",
                Health.WARNING,
                f"{len(failed)} could not be delivered in the last 72 hours",
                Remedy("The sweep has caught up with them; see why Gatepost could not be reached."),
            )


def _not_sent(projects: Sequence[str], registration: WebhookRegistration | None) -> Iterator[ConnectionCheck]:
    """Governed projects that the webhook does not name."""
    lacking = [key for key in projects if registration is not None and f'"{key}"' not in registration.query]
    if lacking and registration is not None and registration.query:
        yield ConnectionCheck(
            "webhook filter",
            Health.WARNING,
            f"it does not send {', '.join(lacking)}",
            Remedy(
                "Register it again, with an account that administers Jira, on the page Set-up.",
                "Register it again with an account that administers Jira: gatepost connect jira",
                Place.SET_UP,
            ),
        )


def _moment(milliseconds: object) -> datetime:
    """In milliseconds by the API description; some sites send a date."""
    if isinstance(milliseconds, int | float):
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return datetime.fromisoformat(str(milliseconds)[:19]).replace(tzinfo=UTC)


def _numbers(ids: Sequence[str]) -> list[int]:
    return [whole_number(identity, "createdWebhookId", "webhook", largest=LARGEST_ID) for identity in ids]
