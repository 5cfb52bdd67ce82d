"""Sets an instance up: our own account, and whether its tables can be read.  An app sends its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from connector.errors import AuthenticationFailed, RetryLater, ToolError, ValuesRejected
from connector.http.tool_access import Deployment, ToolAccess, WebhookAuth
from connector.http.transport import ToolAdapter
from connector.remedy import Remedy
from connector.servicenow.account import OwnAccountReader, account_checks
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.hidden_rows import RowsHidden
from connector.servicenow.query import Query
from connector.servicenow.rights import reading_role
from connector.servicenow.sender import sender_checks
from connector.sync.setup import ConnectionCheck, Health, ProbeEvent, ToolIdentity, WebhookRegistration
from mapping.work_item import NativeId

AUXILIARY_TABLES = ("sys_user", "sys_dictionary", "sys_journal_field", "sys_attachment")
"""Tables that every assessment needs besides the governed ones."""


class ServiceNowSetup:
    """Implements :class:`connector.sync.setup.Setup`."""

    def __init__(
        self,
        access: ToolAccess,
        client: ServiceNowClient,
        fields: TableFields,
        accounts: OwnAccountReader,
        adapter: ToolAdapter,
    ) -> None:
        self._access = access
        self._accounts = accounts
        self._client = client
        self._fields = fields
        self._adapter = adapter

    def identify(self) -> ToolIdentity:
        """The account's own user record; its user name is how a journal entry knows its author."""
        account = self._accounts.account()
        if not account.active:
            raise AuthenticationFailed(f"{self._access.name}: the user {account.name} is inactive.")
        zone = account.time_zone or "the instance's own"
        return ToolIdentity(account.name, account.display_name, Deployment.CLOUD, "", zone)

    def clock_skew(self) -> timedelta | None:
        return self._adapter.clock_skew

    def register(self, url: str, secret: str | None, auth: WebhookAuth, queries: Sequence[str]) -> WebhookRegistration:
        """An instance has no webhooks of its own: business rules of an app send the events."""
        del url, secret, auth, queries
        raise ValuesRejected(f"{self._access.name}: ServiceNow registers no webhooks; its app sends the events.")

    def refresh(self, registration: WebhookRegistration) -> WebhookRegistration:
        return registration

    def unregister(self, registration: WebhookRegistration) -> None:
        del registration

    def trigger_event(self, item: NativeId, registration: WebhookRegistration) -> ProbeEvent:
        del item, registration
        raise ValuesRejected(f"{self._access.name}: ServiceNow sends an event only when a record changes.")

    def webhook_queries(self, projects: Sequence[str]) -> Sequence[str]:
        """The app's own rules bound its events."""
        del projects
        return []

    def end_probe(self, item: NativeId, registration: WebhookRegistration) -> None:
        """No test event is ever sent."""

    def checks(self, projects: Sequence[str], registration: WebhookRegistration | None) -> Sequence[ConnectionCheck]:
        """``projects`` are the governed tables."""
        del registration
        return [
            *account_checks(self._accounts.account()),
            *self._tables(projects),
            *self._auxiliary_tables(),
            *sender_checks(self._client, self._fields),
        ]

    def _tables(self, tables: Sequence[str]) -> Iterator[ConnectionCheck]:
        for table in tables:
            check = self._readable(table)
            if check is None and "sys_mod_count" not in self._fields.catalogue(table):
                check = ConnectionCheck(
                    f"table {table}", Health.BAD, "its columns are hidden", Remedy("Let the user read sys_dictionary.")
                )
            yield check or ConnectionCheck(f"table {table}", Health.GOOD, "can be read")

    def _auxiliary_tables(self) -> Iterator[ConnectionCheck]:
        wrong = [check for table in AUXILIARY_TABLES if (check := self._readable(table)) is not None]
        yield from wrong
        if not wrong:
            yield ConnectionCheck("tables beside", Health.GOOD, f"{', '.join(AUXILIARY_TABLES)} can be read")

    def _readable(self, table: str) -> ConnectionCheck | None:
        try:
            if not self._client.query(table, Query(), ("sys_id",), 1) and (total := self._client.count(table, Query())):
                raise RowsHidden(table, 0, total)
        except RetryLater:
            raise
        except RowsHidden as hidden:
            return ConnectionCheck(
                f"table {table}",
                Health.BAD,
                f"{hidden.total} rows are counted and none is shown: an access control hides them",
                Remedy(f"Give the integration user the role {reading_role(table)}."),
            )
        except ToolError as error:
            remedy = Remedy(
                f"Give the integration user the role {reading_role(table)}, and allow the table access by web services."
            )
            return ConnectionCheck(f"table {table}", Health.BAD, str(error), remedy)
        return None
