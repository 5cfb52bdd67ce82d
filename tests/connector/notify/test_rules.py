"""Filters, retry times, addresses and signatures: the rules that need no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from connector.errors import ConfigurationError
from connector.http.allowed_hosts import (
    AddressForbidden,
    AddressUnresolved,
    HostRules,
    ResolvedTarget,
    Resolver,
    is_public,
    resolve_target,
)
from connector.notify.measure_events import EventType
from connector.notify.retry_schedule import (
    DELAYS,
    DeliveryFailure,
    DisableSubscription,
    RetryDelivery,
    StopRetrying,
    next_step,
)
from connector.notify.signing import new_secret, secrets_in_use, signature_headers
from connector.notify.subscription_filter import SubscriptionFilter, parse_filter

CLOUD_EXIT = ("IT", "Cloud exit", None, None)

ACCEPTED = {
    "no filter": (SubscriptionFilter(), True),
    "another event": (SubscriptionFilter(frozenset({EventType.OPENED})), False),
    "this event": (SubscriptionFilter(frozenset({EventType.OPENED, EventType.BLOCKED})), True),
    "its portfolio": (SubscriptionFilter(hierarchy=("IT",)), True),
    "its program": (SubscriptionFilter(hierarchy=("IT", "Cloud exit")), True),
    "another program": (SubscriptionFilter(hierarchy=("IT", "Cloud")), False),
    "a project below": (SubscriptionFilter(hierarchy=("IT", "Cloud exit", "Mail")), False),
    "its legal entity": (SubscriptionFilter(legal_entity="ACME AG"), True),
    "another legal entity": (SubscriptionFilter(legal_entity="ACME SA"), False),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_filter_accepts_its_part_of_the_hierarchy(name: str) -> None:
    event_filter, accepted = ACCEPTED[name]
    assert event_filter.accepts(EventType.BLOCKED, CLOUD_EXIT, "ACME AG") is accepted


@pytest.mark.parametrize(
    ("event_filter", "accepted"),
    [
        pytest.param(SubscriptionFilter(), False, id="everything means measures"),
        pytest.param(SubscriptionFilter(frozenset({EventType.PAUSED})), True, id="by its name"),
        pytest.param(SubscriptionFilter(frozenset({EventType.RESUMED})), False, id="the other one"),
        pytest.param(
            SubscriptionFilter(frozenset({EventType.PAUSED}), hierarchy=("IT",)), False, id="a part of the hierarchy"
        ),
        pytest.param(
            SubscriptionFilter(frozenset({EventType.PAUSED}), legal_entity="ACME AG"), False, id="a legal entity"
        ),
    ],
)
def test_an_event_of_a_connection_needs_its_name_and_no_part_of_the_measures(
    event_filter: SubscriptionFilter, accepted: bool
) -> None:
    assert event_filter.accepts_connection(EventType.PAUSED) is accepted


@pytest.mark.parametrize(
    ("events", "hierarchy", "text"),
    [
        (["gate.shut"], "", '"gate.shut" is no event. There are: gate.blocked, gate.opened, stage.granted, status.changed, confirmation.given, finding.raised, measure.breached, role.changed, connection.paused, connection.resumed, audit.head.'),
        ([], "IT //", '"IT //" has an empty part: write Portfolio / Program / Project / Package.'),
        ([], "a/b/c/d/e", '"a/b/c/d/e" has 5 parts; a hierarchy has at most 4: portfolio / program / project / package.'),
    ],
)  # fmt: skip
def test_a_wrong_filter_names_the_accepted_form(events: list[str], hierarchy: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_filter(events, hierarchy, None)
    assert str(caught.value) == text


NEVER, LONG = timedelta(0), timedelta(days=3, hours=1)

STEPS = {
    "the first failure": (DeliveryFailure("500", 500), 1, 1, NEVER, RetryDelivery(5)),
    "the fourth": (DeliveryFailure("500", 500), 4, 4, NEVER, RetryDelivery(600)),
    "it names a time": (DeliveryFailure("503", 503, 120), 1, 1, NEVER, RetryDelivery(120, backoff_seconds=120)),
    "it names a time before ours": (DeliveryFailure("503", 503, 1), 3, 3, NEVER, RetryDelivery(120, backoff_seconds=1)),
    "it asks for a year": (DeliveryFailure("503", 503, 1e9), 1, 1, NEVER, RetryDelivery(86400, backoff_seconds=86400)),
    "too many": (DeliveryFailure("429", 429, 30), 1, 1, NEVER, RetryDelivery(30, counts_as_attempt=False, backoff_seconds=30)),
    "too many, without a time": (DeliveryFailure("429", 429), 1, 1, NEVER, RetryDelivery(5, counts_as_attempt=False, backoff_seconds=5)),
    "not reached": (DeliveryFailure("no route", reached=False), 1, 1, NEVER, RetryDelivery(5, counts_as_attempt=False, backoff_seconds=5)),
    "not reached many times": (DeliveryFailure("no route", reached=False), 1, 40, NEVER, RetryDelivery(300, counts_as_attempt=False, backoff_seconds=300)),
    "the last": (DeliveryFailure("x answered 500", 500), 13, 13, NEVER, StopRetrying("gave up after 13 attempts: x answered 500")),
    "it may not be sent to": (DeliveryFailure("no", forbidden=True), 1, 1, NEVER, StopRetrying("no")),
    "gone": (DeliveryFailure("410", 410), 1, 1, NEVER, DisableSubscription("the receiver answered 410: this address is gone")),
    "for days": (DeliveryFailure("x answered 500", 500), 2, 9, LONG, DisableSubscription("nothing was accepted for 3 days; last error: x answered 500")),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_what_follows_a_failure(name: str) -> None:
    failure, attempts, failures, failing_for, expected = STEPS[name]
    assert next_step(failure, attempts, failures, failing_for, jitter=1.0) == expected


def test_the_attempts_are_spread_over_about_three_days() -> None:
    assert timedelta(days=2.5) < timedelta(seconds=sum(DELAYS)) < timedelta(days=3.5)
    assert list(DELAYS) == sorted(DELAYS)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to be refused
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("ff0e::1", False),
        ("100::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", False),
        ("::127.0.0.1", False),
        ("::93.184.216.34", False),
        ("64:ff9b::a01:203", False),
        ("64:ff9b::5db8:d822", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:5db8:d822::1", False),
        ("2001:0:5db8:d822::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("0.1.2.3", False),
        ("169.254.0.1", False),
        ("100.127.255.254", False),
        ("192.0.0.9", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("what", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def resolves_to(*addresses: str) -> Resolver:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


FORBIDDEN = {
    "in the clear": ("http://x.example/", HostRules(), "x.example would be sent to in the clear. Use https, or set GATEPOST_SUBSCRIPTION_HTTP=true."),
    "another scheme": ("ftp://x.example/", HostRules(), "'ftp://x.example/' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "a password": ("https://u:p@x.example/", HostRules(), "The address contains a user or password. Receivers check the signature instead."),
    "a part after #": ("https://x.example/#a", HostRules(), "The address has a part after #, which is never sent."),
    "a wrong port": ("https://x.example:99999/", HostRules(), "'https://x.example:99999/' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "a line break": ("https://x.example/\r\nX: 1", HostRules(), "'https://x.example/\\r\\nX: 1' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "not on the list": ("https://x.example/", HostRules(("*.acme.example",)), "x.example is not on the list of hosts. Add it to GATEPOST_SUBSCRIPTION_HOSTS."),
    "ends like the list": ("https://evilacme.example/", HostRules(("*.acme.example",)), "evilacme.example is not on the list of hosts. Add it to GATEPOST_SUBSCRIPTION_HOSTS."),
    "one of its addresses is private": ("https://x.example/", HostRules(), "x.example leads to 10.0.0.7, which is no public address. If that is meant, add the host or its network to GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS."),
    "this machine": ("https://127.0.0.1/", HostRules(), "127.0.0.1 is no public address. If that is meant, add the host or its network to GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS."),
    "this machine in IPv6": ("https://[::1]:8443/", HostRules(private_networks=("127.0.0.1",)), "::1 is no public address. If that is meant, add the host or its network to GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS."),
    "the cloud's own address": ("https://169.254.169.254/latest", HostRules(private_setting="X"), "169.254.169.254 is no public address. If that is meant, add the host or its network to X."),
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_an_address_that_may_not_be_sent_to_is_refused_with_the_reason(name: str) -> None:
    url, rules, text = FORBIDDEN[name]
    with pytest.raises(AddressForbidden) as caught:
        resolve_target(url, rules, resolves_to("93.184.216.34", "10.0.0.7"))
    assert caught.value.at_terminal == text


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    target = resolve_target("https://x.example/a?b=c", HostRules(), resolves_to("93.184.216.34"))
    assert target == ResolvedTarget("https", "x.example", 443, "/a?b=c", "93.184.216.34")


@pytest.mark.parametrize("private", ["10.0.0.0/8", "x.example", "*.example"])
def test_a_private_address_may_be_allowed_by_name_or_network(private: str) -> None:
    rules = HostRules.from_settings("", f" {private} ,y.test", http=True)
    assert resolve_target("http://x.example:8080", rules, resolves_to("10.0.0.7")) == ResolvedTarget(
        "http", "x.example", 8080, "/", "10.0.0.7"
    )


@pytest.mark.parametrize(
    ("address", "private", "allowed"),
    [
        ("64:ff9b::5db8:d822", "64:ff9b::/96", True),
        ("64:ff9b::a00:7", "64:ff9b::/96", False),
        ("64:ff9b::a00:7", "64:ff9b::/96,10.0.0.0/8", True),
        ("::ffff:10.0.0.7", "10.0.0.0/8", True),
        ("::ffff:127.0.0.1", "10.0.0.0/8", False),
        ("fd00::7", "fd00::/8", True),
        ("fd00::7", "10.0.0.0/8", False),
    ],
)
def test_an_allowed_gateway_does_not_lead_to_all_that_is_behind_it(address: str, private: str, allowed: bool) -> None:
    rules = HostRules.from_settings("", private, http=False)
    if allowed:
        assert resolve_target("https://x.example", rules, resolves_to(address)).ip_address == address
    else:
        with pytest.raises(AddressForbidden):
            resolve_target("https://x.example", rules, resolves_to(address))


def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(AddressUnresolved) as caught:
        resolve_target("https://x.example", HostRules(), resolves_to())
    assert str(caught.value) == "x.example has no address"


def test_for_a_day_after_a_rotation_both_secrets_sign() -> None:
    now = datetime.now(UTC)
    new, old = new_secret(lambda size: b"n" * size), new_secret(lambda size: b"o" * size)
    assert new.startswith("whsec_")
    headers = dict(
        signature_headers(UUID(int=7), "{}", secrets_in_use((new, old), now - timedelta(hours=23), now), now)
    )
    for secret in (new, old):
        assert Webhook(secret).verify("{}", headers) == {}
    assert headers["webhook-id"] == "msg_00000000000000000000000000000007"
    assert secrets_in_use((new, old), now - timedelta(hours=25), now) == (new,)
    assert secrets_in_use((new,), None, now) == (new,)
