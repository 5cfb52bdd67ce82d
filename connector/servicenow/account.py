"""The account that Gatepost works as, and what its settings do to values.

ServiceNow converts currency columns to the reader's own currency, and only on reading; raw dates are UTC whatever the
account's zone is.  The currency follows from the user's country, else from the instance's locale, unless the
instance has one currency for all.
https://www.servicenow.com/docs, "Currency administration", "Single-currency mode"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

import structlog
from babel.core import get_global
from babel.numbers import get_territory_currencies

from connector.errors import AuthenticationFailed, NotFound, RetryLater, ToolError
from connector.remedy import Remedy
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import is_true, raw_value
from connector.servicenow.query import Query
from connector.sync.setup import ConnectionCheck, Health
from mapping.work_item import ConnectionName

SINGLE, CODE, LOCALE = "glide.i18n.single_currency", "glide.i18n.single_currency.code", "glide.system.locale"
ACCOUNT_COLUMNS = ("sys_id", "user_name", "name", "active", "time_zone", "date_format", "country", "preferred_language")
UTC_ZONES = frozenset({"GMT", "UTC", "Etc/UTC", "Etc/GMT", "Zulu"})

_LOCALE = re.compile(r"[a-z]{2,3}[._-]([A-Z]{2})")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Empty texts are what the account leaves to the instance."""

    name: str
    display_name: str
    active: bool
    time_zone: str
    date_format: str
    country: str
    currency: str | None
    """The currency of currency columns; ``None`` when it is unknown."""
    language: str = ""
    """In which labels of columns and states are read; empty is the instance's own."""


class OwnAccountReader:
    """Read once per process: an account's settings do not change while Gatepost works."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, username: str) -> None:
        self._connection = connection
        self._client = client
        self._username = username
        self._lock = Lock()
        self._cached: OwnAccount | None = None

    def account(self) -> OwnAccount:
        """Raises ToolError, NotFound when the account does not see its own record."""
        with self._lock:
            if self._cached is None:
                self._cached = self._read()
            return self._cached

    def currency(self) -> str | None:
        """The currency of amounts without one of their own.  Raises RetryLater and AuthenticationFailed."""
        try:
            return self.account().currency
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("account currency unknown", connection=self._connection, why=str(error))
            return None

    def _read(self) -> OwnAccount:
        rows = self._client.query("sys_user", Query().equals("user_name", self._username), ACCOUNT_COLUMNS, 1)
        if not rows:
            raise NotFound(
                f"{self._connection}: the user {self._username} does not exist, or may not read sys_user.",
                remedy=Remedy(
                    "Name the integration user, and give it the role snc_platform_rest_api_access.",
                    "Name the integration user with --user, and give it the role snc_platform_rest_api_access.",
                ),
            )
        user = rows[0]
        return OwnAccount(
            name=raw_value(user.get("user_name")),
            display_name=raw_value(user.get("name")) or self._username,
            active=is_true(user.get("active")),
            time_zone=raw_value(user.get("time_zone")),
            date_format=raw_value(user.get("date_format")),
            country=raw_value(user.get("country")),
            language=raw_value(user.get("preferred_language")),
            currency=_currency(raw_value(user.get("country")), self._properties()),
        )

    def _properties(self) -> dict[str, str]:
        """Properties of the instance, as far as this account may read them."""
        query = Query().one_of("name", (SINGLE, CODE, LOCALE))
        try:
            rows = self._client.query("sys_properties", query, ("name", "value"))
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError:
            return {}
        return {raw_value(row.get("name")): raw_value(row.get("value")) for row in rows}


def _currency(country: str, properties: dict[str, str]) -> str | None:
    if is_true(properties.get(SINGLE)) and properties.get(CODE):
        return properties[CODE]
    locale = _LOCALE.fullmatch(properties.get(LOCALE, ""))
    territory = _territory(country) or (locale[1] if locale else "")
    found = get_territory_currencies(territory) if territory else []
    return found[0] if found else None


def _territory(country: str) -> str:
    """``DE`` of ``DE`` and ``DEU``, the forms of sys_user.country."""
    code = country.strip().upper()
    return str(get_global("territory_aliases").get(code, [code])[0]) if code else ""


def account_checks(account: OwnAccount) -> Iterator[ConnectionCheck]:
    """What of the account's settings can change figures or times, and what to do."""
    if account.currency is None:
        yield ConnectionCheck(
            "currency",
            Health.WARNING,
            "unknown: neither the account's country nor the instance's locale can be read",
            Remedy("Set the country of the integration user, so that amounts are read in one known currency."),
        )
    else:
        yield ConnectionCheck("currency", Health.GOOD, f"amounts are read in {account.currency}")
    if account.language not in {"", "en"}:
        yield ConnectionCheck(
            "language",
            Health.WARNING,
            f"labels of columns and states are read in the account's language, {account.language}",
            Remedy(
                "Set the integration user's language to English, or name columns in the mapping as that language does."
            ),
        )
    if account.time_zone in UTC_ZONES:
        yield ConnectionCheck("time zone", Health.GOOD, account.time_zone)
    else:
        zone = account.time_zone or "the instance's own"
        yield ConnectionCheck(
            "time zone",
            Health.WARNING,
            f"{zone}; raw values are UTC all the same, but dates in texts are shown in it",
            Remedy("Set the integration user's time zone to GMT."),
        )
