"""Sets a Jira up: who we are there, webhooks of both kinds, and whether all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.errors import AuthenticationFailed, NotFound, PermissionDenied, Refused, ToolError
from connector.http.json_values import items, obj, text
from connector.http.tool_access import Access, Auth, Deployment, DoorKind
from connector.http.transport import ToolAdapter
from connector.jira.client import Hook, JiraClient, json_object
from connector.jira.cloud import CloudClient
from connector.jira.webhooks import EVENTS
from connector.sync.setup import Check, Health, Identity, Registration
from mapping.work_item import NativeId

PROBE = "gatepost.probe"
"""Issue property that makes Jira send an event; nobody sees it."""

DYNAMIC_EVENTS = tuple(
    event for event in EVENTS if event.startswith(("jira:", "comment_")) or event == "issue_property_set"
)
"""What a dynamic webhook may listen to; worklogs, links and attachments are left to the sweep."""

NEEDED = {
    "BROWSE_PROJECTS": "read its issues",
    "EDIT_ISSUES": "write the owned fields",
    "ADD_COMMENTS": "answer in a comment",
    "EDIT_OWN_COMMENTS": "edit its answer instead of repeating it",
    "TRANSITION_ISSUES": "move an issue back that went through a shut gate",
    "LINK_ISSUES": "link what blocks",
}
GLOBAL = {
    "BULK_CHANGE": "one value is then written into many issues at once instead of one by one",
    "ADMINISTER": "needed only for gatepost provision and for registering webhooks",
}


class JiraSetup:
    """Implements :class:`connector.sync.setup.Setup`."""

    def __init__(self, access: Access, client: JiraClient, adapter: ToolAdapter) -> None:
        self._access = access
        self._client = client
        self._adapter = adapter

    def identify(self) -> Identity:
        info, me = self._client.server_info(), self._client.myself()
        cloud = text(info.get("deploymentType")) == "Cloud"
        return Identity(
            account=text(me.get("accountId")) or text(me.get("key")) or text(me.get("name")),
            name=text(me.get("displayName")),
            deployment=Deployment.CLOUD if cloud else Deployment.DATACENTER,
            version=text(info.get("version")),
            time_zone=text(me.get("timeZone")) or "UTC",
        )

    def skew(self) -> timedelta | None:
        return self._adapter.clock_skew

    # --- webhooks ----------------------------------------------------------------------------------

    def register(self, url: str, secret: str | None, kind: DoorKind, queries: Sequence[str]) -> Registration:
        if kind is DoorKind.JWT:
            return self._register_dynamic(url, queries)
        wanted = Hook("", f"Gatepost {self._access.name}", url, EVENTS, enabled=True, signed=True)
        there = self._mine(url)
        signing = secret if kind is DoorKind.SIGNATURE else None
        if there is None:
            made = self._client.add_hook(wanted, signing)
            return Registration(made.id, kind, url)
        self._client.change_hook(replace(wanted, id=there.id), signing)
        return Registration(there.id, kind, url, found=True)

    def _mine(self, url: str) -> Hook | None:
        """Ours by its name, or by its address: whoever registers twice gets every event twice."""
        base = url.partition(f"/{self._access.name}")[0] + f"/{self._access.name}"
        named = f"Gatepost {self._access.name}"
        return next((hook for hook in self._client.hooks() if hook.name == named or hook.url.startswith(base)), None)

    def _register_dynamic(self, url: str, queries: Sequence[str]) -> Registration:
        """One webhook a query.  An app has one address, so older ones of this account are removed first."""
        api = self._dynamic()
        old = [text(obj(one).get("id")) for one in items(self._listed(api).get("values"))]
        hooks = [{"events": list(DYNAMIC_EVENTS), "jqlFilter": query} for query in queries]
        answer = json_object(api.register_dynamic_webhooks(data={"url": url, "webhooks": hooks}), "webhook")
        results = [obj(one) for one in items(answer.get("webhookRegistrationResult"))]
        # The answer is 200 even when some of them were refused.
        wrong = [text(error) for one in results for error in items(one.get("errors"))]
        made = [text(one.get("createdWebhookId")) for one in results if one.get("createdWebhookId")]
        if wrong:
            self._drop(made)
            raise Refused(f"{self._access.name} does not take the webhook's query: {'; '.join(wrong)}")
        self._drop(old)
        return self.refresh(Registration(",".join(made), DoorKind.JWT, url, found=bool(old)))

    def refresh(self, registration: Registration) -> Registration:
        if registration.kind is not DoorKind.JWT:
            return registration
        api = self._dynamic()
        ids = [int(one) for one in registration.id.split(",")]
        answer = json_object(api.refresh_webhooks(data={"webhookIds": ids}), "webhook/refresh")
        there = {text(obj(one).get("id")) for one in items(self._listed(api).get("values"))}
        gone = [one for one in registration.id.split(",") if one not in there]
        if gone:
            # Unknown ids are ignored silently; only the list tells.
            raise NotFound(f"{self._access.name} no longer has the webhooks {', '.join(gone)}; connect it again.")
        return replace(registration, expires_at=_moment(answer.get("expirationDate")))

    def unregister(self, registration: Registration) -> None:
        try:
            if registration.kind is DoorKind.JWT:
                self._drop(registration.id.split(","))
            elif registration.id:
                self._client.drop_hook(registration.id)
        except NotFound:
            return

    def _drop(self, ids: Sequence[str]) -> None:
        if ids:
            self._dynamic().delete_webhook_by_id(data={"webhookIds": [int(one) for one in ids]})

    def _dynamic(self) -> Any:
        if not isinstance(self._client, CloudClient) or self._access.auth is not Auth.OAUTH:
            raise Refused(
                f"{self._access.name}: dynamic webhooks exist on Jira Cloud for OAuth apps only. "
                "Use --door signature, or --door token with a rule of Jira Automation."
            )
        return self._client.jira

    @staticmethod
    def _listed(api: Any) -> Any:
        return json_object(api.get_dynamic_webhooks_for_app(max_results=100), "webhook")

    def ring(self, item: NativeId) -> None:
        self._client.edit_issue(item, {}, {PROBE: {"at": datetime.now(UTC).isoformat()}})

    # --- health ------------------------------------------------------------------------------------

    def checks(self, projects: Sequence[str], registration: Registration | None) -> Sequence[Check]:
        return [*self._permissions(projects), *self._webhook(registration)]

    def _permissions(self, projects: Sequence[str]) -> Iterator[Check]:
        for project in projects:
            try:
                held = self._client.permissions(list(NEEDED), project)
            except (NotFound, Refused):
                yield Check(
                    f"project {project}",
                    Health.BAD,
                    "not there, or hidden from this account",
                    "Give the account the permission BROWSE_PROJECTS there, or take the project out of the mapping.",
                )
                continue
            lacking = [name for name in NEEDED if not held.get(name)]
            if not lacking:
                yield Check(f"project {project}", Health.GOOD, "all permissions that Gatepost needs")
            for name in lacking:
                yield Check(
                    f"project {project}",
                    Health.BAD,
                    f"{name} is lacking",
                    f"Without it Gatepost cannot {NEEDED[name]}.",
                )
        held = self._client.permissions(list(GLOBAL))
        for name, use in GLOBAL.items():
            has = held.get(name, False)
            told = "held" if has else "lacking"
            yield Check(f"global {name}", Health.GOOD if has else Health.WARNING, told, "" if has else use)

    def _webhook(self, registration: Registration | None) -> Iterator[Check]:
        if registration is None:
            yield Check(
                "webhook",
                Health.WARNING,
                "none registered by Gatepost",
                "Without events only the sweep finds changes: gatepost connect jira",
            )
            return
        try:
            yield from self._dynamic_health() if registration.kind is DoorKind.JWT else self._admin_health(registration)
        except (PermissionDenied, NotFound, AuthenticationFailed) as error:
            yield Check("webhook", Health.WARNING, f"cannot be looked at: {error}", "It needs Administer Jira.")

    def _admin_health(self, registration: Registration) -> Iterator[Check]:
        if registration.kind is DoorKind.TOKEN:
            yield Check("webhook", Health.GOOD, "a rule of Jira Automation sends; Gatepost cannot look at it")
            return
        there = next((hook for hook in self._client.hooks() if hook.id == registration.id), None)
        again = "Register it anew: gatepost connect jira"
        if there is None:
            yield Check("webhook", Health.BAD, "it was removed at the tool", again)
        elif not there.enabled:
            yield Check("webhook", Health.BAD, "it is switched off at the tool", again)
        elif there.url != registration.url:
            yield Check("webhook", Health.BAD, f"it sends to another address: {there.url}", again)
        else:
            signed = "signed" if there.signed else "not signed"
            yield Check("webhook", Health.GOOD, f"registered, {signed}")

    def _dynamic_health(self) -> Iterator[Check]:
        api = self._dynamic()
        ends = [_moment(obj(one).get("expirationDate")) for one in items(self._listed(api).get("values"))]
        if not ends:
            yield Check("webhook", Health.BAD, "no dynamic webhook is left", "Register it anew: gatepost connect jira")
            return
        soonest = min(ends)
        yield Check("webhook", Health.GOOD, f"{len(ends)} dynamic, until {soonest:%d %b %Y}; refreshed in time")
        try:
            failed = items(json_object(api.get_failed_webhooks(max_results=100), "webhook/failed").get("values"))
        except ToolError:
            return
        if failed:
            yield Check(
                "webhook deliveries",
                Health.WARNING,
                f"{len(failed)} could not be delivered in the last 72 hours",
                "The sweep has caught up with them; see why Gatepost could not be reached.",
            )


def _moment(milliseconds: object) -> datetime:
    """Told in milliseconds by the description; as a date by some sites."""
    if isinstance(milliseconds, int | float):
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return datetime.fromisoformat(str(milliseconds)[:19]).replace(tzinfo=UTC)
