"""The integration user's own settings: which currency its amounts are in, and the checks of them."""

from __future__ import annotations

import re

import pytest
import requests
import responses

from connector.errors import NotFound, RetryLater
from connector.http.transport import Timeout, build_session
from connector.servicenow.account import OwnAccount, OwnAccountReader, account_checks
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.errors import classifier
from connector.sync.setup import Health
from mapping.work_item import ConnectionName

BASE = "https://acme.service-now.com"
NAME = ConnectionName("servicenow-main")
USER = {"sys_id": "u1", "user_name": "gatepost", "name": "Gatepost", "active": "true", "time_zone": "GMT"}


def accounts() -> OwnAccountReader:
    session: requests.Session = build_session(
        connection=NAME, base_url=BASE, timeout=Timeout(), classify=classifier(NAME)
    )
    return OwnAccountReader(NAME, ServiceNowClient(BASE, session), "gatepost")


def instance(user: dict[str, str] | None, properties: dict[str, str] | int) -> None:
    """An instance with this user, and with these properties or a status instead."""
    responses.get(re.compile(f"{BASE}/api/now/table/sys_user"), json={"result": [user] if user else []})
    shown = {"error": {"message": "Insufficient rights to query records", "detail": None}, "status": "failure"}
    responses.get(
        re.compile(f"{BASE}/api/now/table/sys_properties"),
        json=shown
        if isinstance(properties, int)
        else {"result": [{"name": name, "value": value} for name, value in properties.items()]},
        status=properties if isinstance(properties, int) else 200,
    )


@responses.activate
@pytest.mark.parametrize(
    ("country", "properties", "currency"),
    [
        pytest.param("DE", {"glide.system.locale": "en_US"}, "EUR", id="the user's country counts first"),
        pytest.param("GBR", {}, "GBP", id="a country of three letters"),
        pytest.param("", {"glide.system.locale": "en_US"}, "USD", id="else the instance's locale"),
        pytest.param("", {"glide.system.locale": "de.CH"}, "CHF", id="a locale in the older form"),
        pytest.param(
            "DE",
            {"glide.i18n.single_currency": "true", "glide.i18n.single_currency.code": "SEK"},
            "SEK",
            id="one currency for all",
        ),
        pytest.param("", {"glide.system.locale": "en"}, None, id="a locale without a country"),
        pytest.param("", 403, None, id="properties are closed to the account"),
        pytest.param("XX", {}, None, id="no such country"),
    ],
)
def test_the_currency_follows_from_country_locale_and_instance(
    country: str, properties: dict[str, str] | int, currency: str | None
) -> None:
    instance(USER | {"country": country}, properties)
    reader = accounts()
    assert reader.currency() == currency
    assert reader.currency() == currency
    assert len(responses.calls) == 2, "the account is read once"


@responses.activate
def test_a_hidden_account_has_no_known_currency_and_cannot_sign_in() -> None:
    instance(None, {})
    assert accounts().currency() is None
    with pytest.raises(NotFound, match="the user gatepost does not exist, or may not read sys_user"):
        accounts().account()


@responses.activate
def test_an_outage_is_no_unknown_currency() -> None:
    responses.get(re.compile(f"{BASE}/api/now/table/sys_user"), status=503)
    with pytest.raises(RetryLater):
        accounts().currency()


def account(**other: str | None) -> OwnAccount:
    values: dict[str, str | None] = {"time_zone": "GMT", "currency": "EUR", **other}
    return OwnAccount("gatepost", "Gatepost", True, str(values["time_zone"]), "", "DE", values["currency"])


@pytest.mark.parametrize(
    ("account_read", "messages"),
    [
        (account(), ["good: currency: amounts are read in EUR", "good: time zone: GMT"]),
        (
            account(time_zone="Europe/Berlin", currency=None),
            [
                "warning: currency: unknown: neither the account's country nor the instance's locale can be read",
                "warning: time zone: Europe/Berlin; raw values are UTC all the same, but dates in texts are shown in it",
            ],
        ),
    ],
)
def test_the_checks_report_what_can_change_figures(account_read: OwnAccount, messages: list[str]) -> None:
    checks = list(account_checks(account_read))
    assert [f"{check.health.value}: {check.subject}: {check.message}" for check in checks] == messages
    assert all(check.remedy.page for check in checks if check.health is not Health.GOOD)
