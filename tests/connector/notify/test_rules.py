"""Filters, times, addresses and signatures: the rules that need no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from connector.errors import ConfigurationError
from connector.notify.allowed_hosts import Forbidden, Resolver, Rules, Target, Unresolved, aim, is_public
from connector.notify.measure_events import EventType
from connector.notify.retry_schedule import DELAYS, Again, Failure, Park, SwitchOff, after
from connector.notify.signing import headers_of, new_secret, secrets_in_use
from connector.notify.subscription_filter import Filter, filter_of

CLOUD_EXIT = ("IT", "Cloud exit", None, None)

TAKES = {
    "no filter": (Filter(), True),
    "another event": (Filter(frozenset({EventType.OPENED})), False),
    "this event": (Filter(frozenset({EventType.OPENED, EventType.BLOCKED})), True),
    "its portfolio": (Filter(place=("IT",)), True),
    "its program": (Filter(place=("IT", "Cloud exit")), True),
    "another program": (Filter(place=("IT", "Cloud")), False),
    "a project below": (Filter(place=("IT", "Cloud exit", "Mail")), False),
    "its legal entity": (Filter(legal_entity="ACME AG"), True),
    "another legal entity": (Filter(legal_entity="ACME SA"), False),
}


@pytest.mark.parametrize("name", TAKES)
def test_a_filter_takes_what_lies_under_it(name: str) -> None:
    wanted, taken = TAKES[name]
    assert wanted.takes(EventType.BLOCKED, CLOUD_EXIT, "ACME AG") is taken


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        pytest.param(Filter(), False, id="everything means measures"),
        pytest.param(Filter(frozenset({EventType.PAUSED})), True, id="by its name"),
        pytest.param(Filter(frozenset({EventType.RESUMED})), False, id="the other one"),
        pytest.param(Filter(frozenset({EventType.PAUSED}), place=("IT",)), False, id="a place"),
        pytest.param(Filter(frozenset({EventType.PAUSED}), legal_entity="ACME AG"), False, id="a legal entity"),
    ],
)
def test_an_event_of_a_connection_is_for_who_names_it_and_has_no_part_of_the_measures(
    wanted: Filter, taken: bool
) -> None:
    assert wanted.takes_connection(EventType.PAUSED) is taken


@pytest.mark.parametrize(
    ("events", "place", "text"),
    [
        (["gate.shut"], "", '"gate.shut" is no event. There are: gate.blocked, gate.opened, stage.granted, status.changed, confirmation.given, finding.raised, measure.breached, connection.paused, connection.resumed.'),
        ([], "IT //", '"IT //" has an empty part: write Portfolio / Program / Project / Package.'),
        ([], "a/b/c/d/e", '"a/b/c/d/e" has 5 parts; a place has at most 4: portfolio / program / project / package.'),
    ],
)  # fmt: skip
def test_a_wrong_filter_says_what_is_right(events: list[str], place: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        filter_of(events, place, None)
    assert str(caught.value) == text


NEVER, LONG = timedelta(0), timedelta(days=3, hours=1)

STEPS = {
    "the first failure": (Failure("500", 500), 1, 1, NEVER, Again(5)),
    "the fourth": (Failure("500", 500), 4, 4, NEVER, Again(600)),
    "it says when": (Failure("503", 503, 120), 1, 1, NEVER, Again(120, closes=120)),
    "it says sooner than we would come": (Failure("503", 503, 1), 3, 3, NEVER, Again(120, closes=1)),
    "it asks for a year": (Failure("503", 503, 1e9), 1, 1, NEVER, Again(86400, closes=86400)),
    "too many": (Failure("429", 429, 30), 1, 1, NEVER, Again(30, counts=False, closes=30)),
    "too many, without a time": (Failure("429", 429), 1, 1, NEVER, Again(5, counts=False, closes=5)),
    "not reached": (Failure("no route", reached=False), 1, 1, NEVER, Again(5, counts=False, closes=5)),
    "not reached many times": (Failure("no route", reached=False), 1, 40, NEVER, Again(300, counts=False, closes=300)),
    "the last": (Failure("x answered 500", 500), 13, 13, NEVER, Park("gave up after 13 tries: x answered 500")),
    "it may not be sent to": (Failure("no", forbidden=True), 1, 1, NEVER, Park("no")),
    "gone": (Failure("410", 410), 1, 1, NEVER, SwitchOff("the receiver answered 410: this address is gone")),
    "for days": (Failure("x answered 500", 500), 2, 9, LONG, SwitchOff("nothing was taken for 3 days; at last: x answered 500")),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_what_follows_a_failure(name: str) -> None:
    failure, tries, failures, failing_for, expected = STEPS[name]
    assert after(failure, tries, failures, failing_for, jitter=1.0) == expected


def test_the_tries_are_spread_over_about_three_days() -> None:
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
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a01:203", False),
        ("2002:7f00:1::", False),
        ("what", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def leads_to(*addresses: str) -> Resolver:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


FORBIDDEN = {
    "in the clear": ("http://x.example/", Rules(), "x.example would be sent to in the clear. Use https, or set GATEPOST_SUBSCRIPTION_HTTP=true."),
    "another scheme": ("ftp://x.example/", Rules(), "'ftp://x.example/' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "a password": ("https://u:p@x.example/", Rules(), "The address holds a user or password. Receivers check the signature instead."),
    "a part after #": ("https://x.example/#a", Rules(), "The address has a part after #, which is never sent."),
    "a wrong port": ("https://x.example:99999/", Rules(), "'https://x.example:99999/' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "a line break": ("https://x.example/\r\nX: 1", Rules(), "'https://x.example/\\r\\nX: 1' is not an address. Write it as https://hooks.acme.example/gatepost"),
    "not on the list": ("https://x.example/", Rules(("*.acme.example",)), "x.example is not on the list of hosts. Add it to GATEPOST_SUBSCRIPTION_HOSTS."),
    "ends like the list": ("https://evilacme.example/", Rules(("*.acme.example",)), "evilacme.example is not on the list of hosts. Add it to GATEPOST_SUBSCRIPTION_HOSTS."),
    "one of its addresses is private": ("https://x.example/", Rules(), "x.example leads to 10.0.0.7, which is no public address. If that is meant, add the host or its network to GATEPOST_SUBSCRIPTION_PRIVATE."),
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_an_address_that_may_not_be_sent_to_says_why(name: str) -> None:
    url, rules, text = FORBIDDEN[name]
    with pytest.raises(Forbidden) as caught:
        aim(url, rules, leads_to("93.184.216.34", "10.0.0.7"))
    assert str(caught.value) == text


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    found = aim("https://x.example/a?b=c", Rules(), leads_to("93.184.216.34"))
    assert found == Target("https", "x.example", 443, "/a?b=c", "93.184.216.34")


@pytest.mark.parametrize("private", ["10.0.0.0/8", "x.example", "*.example"])
def test_a_private_address_may_be_allowed_by_name_or_network(private: str) -> None:
    rules = Rules.of("", f" {private} ,y.test", http=True)
    assert aim("http://x.example:8080", rules, leads_to("10.0.0.7")) == Target(
        "http", "x.example", 8080, "/", "10.0.0.7"
    )


def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(Unresolved) as caught:
        aim("https://x.example", Rules(), leads_to())
    assert str(caught.value) == "x.example has no address"


def test_for_a_day_after_a_rotation_both_secrets_sign() -> None:
    now = datetime.now(UTC)
    new, old = new_secret(lambda size: b"n" * size), new_secret(lambda size: b"o" * size)
    assert new.startswith("whsec_")
    headers = dict(headers_of(UUID(int=7), "{}", secrets_in_use((new, old), now - timedelta(hours=23), now), now))
    for secret in (new, old):
        assert Webhook(secret).verify("{}", headers) == {}
    assert headers["webhook-id"] == "msg_00000000000000000000000000000007"
    assert secrets_in_use((new, old), now - timedelta(hours=25), now) == (new,)
    assert secrets_in_use((new,), None, now) == (new,)
