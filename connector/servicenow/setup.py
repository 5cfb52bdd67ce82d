"""Sets an instance up: who we are there, and whether its tables can be read.  Its events are sent by an app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from connector.errors import AuthenticationFailed, Refused, RetryLater, ToolError
from connector.http.tool_access import Access, Deployment, DoorKind
from connector.http.transport import ToolAdapter
from connector.servicenow.account import Accounts, account_checks
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.query import Query
from connector.sync.setup import Check, Health, Identity, Registration
from mapping.work_item import NativeId

BESIDE = ("sys_user", "sys_dictionary", "sys_journal_field", "sys_attachment")
"""Tables that every look needs beside the governed ones."""


class ServiceNowSetup:
    """Implements :class:`connector.sync.setup.Setup`."""

    def __init__(
        self,
        access: Access,
        client: ServiceNowClient,
        fields: TableFields,
        accounts: Accounts,
        adapter: ToolAdapter,
    ) -> None:
        self._access = access
        self._accounts = accounts
        self._client = client
        self._fields = fields
        self._adapter = adapter

    def identify(self) -> Identity:
        """The account's own user record; its user name is how a journal entry knows its author."""
        account = self._accounts.own()
        if not account.active:
            raise AuthenticationFailed(f"{self._access.name}: the user {account.name} is inactive.")
        zone = account.time_zone or "the instance's own"
        return Identity(account.name, account.shown, Deployment.CLOUD, "", zone)

    def skew(self) -> timedelta | None:
        return self._adapter.clock_skew

    def register(self, url: str, secret: str | None, kind: DoorKind, queries: Sequence[str]) -> Registration:
        """An instance has no webhooks of its own: business rules of an app send the events."""
        del url, secret, kind, queries
        raise Refused(f"{self._access.name}: ServiceNow registers no webhooks; its app sends the events.")

    def refresh(self, registration: Registration) -> Registration:
        return registration

    def unregister(self, registration: Registration) -> None:
        del registration

    def ring(self, item: NativeId) -> None:
        del item
        raise Refused(f"{self._access.name}: only a change of a record makes ServiceNow send an event.")

    def checks(self, projects: Sequence[str], registration: Registration | None) -> Sequence[Check]:
        """``projects`` are the governed tables."""
        del registration
        return [*account_checks(self._accounts.own()), *self._tables(projects), *self._beside()]

    def _tables(self, tables: Sequence[str]) -> Iterator[Check]:
        for table in tables:
            check = self._readable(table)
            if check is None and "sys_mod_count" not in self._fields.catalogue(table):
                check = Check(
                    f"table {table}", Health.BAD, "its columns are hidden", "Let the user read sys_dictionary."
                )
            yield check or Check(f"table {table}", Health.GOOD, "can be read")

    def _beside(self) -> Iterator[Check]:
        wrong = [check for table in BESIDE if (check := self._readable(table)) is not None]
        yield from wrong
        if not wrong:
            yield Check("tables beside", Health.GOOD, f"{', '.join(BESIDE)} can be read")

    def _readable(self, table: str) -> Check | None:
        try:
            self._client.query(table, Query(), ("sys_id",), 1)
        except RetryLater:
            raise
        except ToolError as error:
            hint = "Give the integration user a role that reads it, and allow the table access by web services."
            return Check(f"table {table}", Health.BAD, str(error), hint)
        return None
