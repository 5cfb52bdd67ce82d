"""Alerts: the exact messages, when one is raised, and which addresses of the settings are messengers."""

from __future__ import annotations

import pytest

from connector.errors import ConfigurationError
from connector.notify.alerts import (
    MAX_ATTEMPTS,
    Alert,
    AlertKind,
    Situation,
    compose_alert,
    has_caught_up,
    is_backlog_too_old,
    retry_delay,
)
from connector.notify.message_addresses import OperatorMessengers

NOW = Situation("https://gate.acme.example", "Jira at https://acme.atlassian.net", items=3412, writes=1, workers=2)
SINCE = "2026-11-21T16:40:12.345678Z"
REASON = "jira-main does not accept the credentials (401)."
LATE = Alert(AlertKind.BACKLOG, "jira-main", {"age": "725", "limit": "600"})


def dead_letters(kind: str, connection: str) -> Alert:
    reason = "jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen"
    return Alert(
        AlertKind.DEAD_LETTERS,
        "0a1b2c3d4e5f",
        {"kind": kind, "connection": connection, "reason": reason, "count": "1340"},
    )


MESSAGES = {
    "a pause": (
        Alert(AlertKind.PAUSED, "jira-main", {"reason": REASON, "since": SINCE}),
        NOW,
        "Gatepost: jira-main is paused",
        "jira-main (Jira at https://acme.atlassian.net) is paused since 21 Nov 2026, 16:40 UTC. Gatepost does "
        "not call it until somebody has acted.\n"
        "Why: jira-main does not accept the credentials (401).\n"
        "Waiting: 3,412 items to be assessed and 1 write to be made. Nothing is lost; all work continues when the pause "
        "ends.\n"
        "What to do: correct the cause, then resume the connection at https://gate.acme.example/connections/jira-main. "
        "Saving new credentials ends the pause as well.\n"
        "At a terminal: gatepost connection resume jira-main",
    ),
    "its end": (
        Alert(AlertKind.RESUMED, "jira-main", {"reason": REASON, "since": SINCE, "by": "perez@acme.example"}),
        NOW,
        "Gatepost: jira-main is in use again",
        "jira-main (Jira at https://acme.atlassian.net) is in use again; the pause was ended by perez@acme.example.\n"
        "It had been paused since 21 Nov 2026, 16:40 UTC, because: jira-main does not accept the credentials (401).\n"
        "Waiting: 3,412 items to be assessed and 1 write to be made; they are processed now. See "
        "https://gate.acme.example/operations",
    ),
    "events that wait too long": (
        LATE,
        NOW,
        "Gatepost: the events of jira-main wait too long",
        "The oldest event of jira-main (Jira at https://acme.atlassian.net) has waited for 12 minutes to be processed; "
        "the limit is 10 minutes. While that is so its webhook endpoint answers 503, and senders try again later.\n"
        "Waiting: 3,412 items to be assessed and 1 write to be made. Nothing is lost: what a sender gives up on, the "
        "next sweep finds.\n"
        "What to do: 2 workers are at work. See what delays them at https://gate.acme.example/operations, or start "
        "more.\nAt a terminal: gatepost worker",
    ),
    "events that wait because nobody works": (
        LATE,
        Situation("https://gate.acme.example"),
        "Gatepost: the events of jira-main wait too long",
        "The oldest event of jira-main has waited for 12 minutes to be processed; the limit is 10 minutes. While that "
        "is so its webhook endpoint answers 503, and senders try again later.\n"
        "Waiting: 0 items to be assessed and 0 writes to be made. Nothing is lost: what a sender gives up on, the next "
        "sweep finds.\n"
        "What to do: no worker is at work. Start one.\nAt a terminal: gatepost worker",
    ),
    "events in time again": (
        Alert(AlertKind.CAUGHT_UP, "jira-main", {"since": SINCE}),
        NOW,
        "Gatepost: the events of jira-main are processed in time again",
        "The events of jira-main (Jira at https://acme.atlassian.net) had waited too long since 21 Nov 2026, 16:40 "
        "UTC. They are processed in time again, and its webhook endpoint accepts new events again.\n"
        "See https://gate.acme.example/operations",
    ),
    "many dead items": (
        dead_letters("item", "jira-main"),
        NOW,
        "Gatepost: 1,340 items of jira-main are dead letters",
        "1,340 items of jira-main could not be assessed and are dead letters, all for one reason. Other work continues.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: correct the cause, then replay them all at "
        "https://gate.acme.example/operations/dead-letters/0a1b2c3d4e5f\n"
        "At a terminal: gatepost dead-letters replay 0a1b2c3d4e5f",
    ),
    "many dead writes": (
        dead_letters("write", "jira-main"),
        NOW,
        "Gatepost: 1,340 writes to jira-main are dead letters",
        "1,340 writes to jira-main were not accepted and are dead letters, all for one reason. Other work continues.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: correct the cause, then replay them all at "
        "https://gate.acme.example/operations/dead-letters/0a1b2c3d4e5f\n"
        "At a terminal: gatepost dead-letters replay 0a1b2c3d4e5f",
    ),
    "many dead deliveries": (
        dead_letters("delivery", "bridge"),
        NOW,
        "Gatepost: 1,340 events for bridge are dead letters",
        "1,340 events were not accepted by the subscription bridge and are dead letters, all for one reason. Other work "
        "continues.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: correct the cause, then replay them all at "
        "https://gate.acme.example/operations/dead-letters/0a1b2c3d4e5f\n"
        "At a terminal: gatepost dead-letters replay 0a1b2c3d4e5f",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_an_alert_says_what_where_since_when_and_what_to_do(name: str) -> None:
    alert, now, title, body = MESSAGES[name]
    message = compose_alert(alert, now)
    assert (message.title, message.body) == (title, body)


@pytest.mark.parametrize(
    ("age", "late", "caught_up"),
    [
        pytest.param(0.0, False, True, id="nothing waits"),
        pytest.param(300.0, False, True, id="half the limit"),
        pytest.param(301.0, False, False, id="between: an open alert stays open"),
        pytest.param(600.0, False, False, id="on the limit"),
        pytest.param(600.1, True, False, id="past it"),
    ],
)
def test_a_backlog_is_reported_past_the_limit_and_ends_well_below_it(age: float, late: bool, caught_up: bool) -> None:
    assert (is_backlog_too_old(age, 600.0), has_caught_up(age, 600.0)) == (late, caught_up)


def test_an_alert_is_tried_again_for_about_a_day() -> None:
    waits = [retry_delay(attempts) for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert waits[:4] == [30.0, 60.0, 120.0, 240.0]
    assert waits[-1] is None
    assert 18 < sum(wait or 0 for wait in waits) / 3600 < 26


MAIL = "mailtos://bot:secret@smtp.acme.example?from=gatepost@acme.example"


def operators(alerts: str, mail: str = "") -> OperatorMessengers:
    return OperatorMessengers(alerts, mail)


ADDRESSES = {
    "nothing": ("", "", ()),
    "two mail addresses": ("ops@acme.example, cto@acme.example", MAIL, ("ops@acme.example", "cto@acme.example")),
    "mail and a chat": (
        "ops@acme.example,slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        MAIL,
        ("ops@acme.example", "slack://T...2/A...D/T...Q/%23general/"),
    ),
    "a mail server of its own with two recipients": (
        "mailtos://u:p@smtp.acme.example?from=g@acme.example&to=a@acme.example,b@acme.example, json://10.0.0.7/alerts",
        "",
        ("mailtos://u:****@smtp.acme.example/a%40acme.example/b%40acme.example", "json://10.0.0.7/alerts"),
    ),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_addresses_of_the_settings_are_shown_without_their_secrets(name: str) -> None:
    alerts, mail, masked = ADDRESSES[name]
    assert operators(alerts, mail).names == masked


@pytest.mark.parametrize(
    ("alerts", "problem"),
    [
        ("ops@acme.example", "ops@acme.example needs a mail server. Set GATEPOST_DIGEST_MAIL."),
        ("file:///etc/passwd", "The address is not complete: a part that its kind needs is missing."),
        ("slack://onlyone", "The address is not complete: a part that its kind needs is missing."),
    ],
)
def test_an_invalid_address_is_refused_with_the_reason(alerts: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        assert operators(alerts).names
    assert caught.value.at_terminal == problem
