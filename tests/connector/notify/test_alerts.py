"""Alerts: the exact words, when there is one, and which addresses of the settings are messengers."""

from __future__ import annotations

import pytest

from connector.errors import ConfigurationError
from connector.notify.alerts import MOST_TRIES, Alert, AlertKind, Situation, again, compose, has_caught_up, is_late
from connector.notify.message_addresses import Operators

NOW = Situation("https://gate.acme.example", "Jira at https://acme.atlassian.net", items=3412, writes=1, workers=2)
SINCE = "2026-11-21T16:40:12.345678Z"
REASON = "jira-main does not accept the credentials (401). Renew them with: gatepost connection add"
LATE = Alert(AlertKind.BACKLOG, "jira-main", {"age": "725", "limit": "600"})


def parked(kind: str, connection: str) -> Alert:
    told = "jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen"
    return Alert(
        AlertKind.PARKED, "0a1b2c3d4e5f", {"kind": kind, "connection": connection, "told": told, "count": "1340"}
    )


WORDS = {
    "a pause": (
        Alert(AlertKind.PAUSED, "jira-main", {"reason": REASON, "since": SINCE}),
        NOW,
        "Gatepost: jira-main is paused",
        "jira-main (Jira at https://acme.atlassian.net) is paused since 21 Nov 2026, 16:40 UTC. Gatepost calls it no "
        "more until somebody has acted.\n"
        "Why: jira-main does not accept the credentials (401). Renew them with: gatepost connection add\n"
        "Waiting: 3,412 items to be judged and 1 write to be made. Nothing is lost and nothing is parked; all of it "
        "goes on when the pause ends.\n"
        "What to do: mend the cause, then resume the connection at https://gate.acme.example/connections/jira-main or "
        "with: gatepost connection resume jira-main. Saving new credentials ends the pause as well.",
    ),
    "its end": (
        Alert(AlertKind.RESUMED, "jira-main", {"reason": REASON, "since": SINCE, "by": "perez@acme.example"}),
        NOW,
        "Gatepost: jira-main is in use again",
        "jira-main (Jira at https://acme.atlassian.net) is in use again; the pause was ended by perez@acme.example.\n"
        "It had been paused since 21 Nov 2026, 16:40 UTC, because: jira-main does not accept the credentials (401). "
        "Renew them with: gatepost connection add\n"
        "Waiting: 3,412 items to be judged and 1 write to be made; they are worked on now. See "
        "https://gate.acme.example/operations",
    ),
    "events that wait too long": (
        LATE,
        NOW,
        "Gatepost: the events of jira-main wait too long",
        "The oldest event of jira-main (Jira at https://acme.atlassian.net) has waited for 12 minutes to be worked on; "
        "the limit is 10 minutes. While that is so its door answers 503, and senders try again later.\n"
        "Waiting: 3,412 items to be judged and 1 write to be made. Nothing is lost: what a sender gives up on, the "
        "next sweep finds.\n"
        "What to do: 2 workers are at work. See what holds them up at https://gate.acme.example/operations, or start "
        "more with: gatepost worker",
    ),
    "events that wait because nobody works": (
        LATE,
        Situation("https://gate.acme.example"),
        "Gatepost: the events of jira-main wait too long",
        "The oldest event of jira-main has waited for 12 minutes to be worked on; the limit is 10 minutes. While that "
        "is so its door answers 503, and senders try again later.\n"
        "Waiting: 0 items to be judged and 0 writes to be made. Nothing is lost: what a sender gives up on, the next "
        "sweep finds.\n"
        "What to do: no worker is at work. Start one with: gatepost worker",
    ),
    "events in time again": (
        Alert(AlertKind.CAUGHT_UP, "jira-main", {"since": SINCE}),
        NOW,
        "Gatepost: the events of jira-main are worked on in time again",
        "The events of jira-main (Jira at https://acme.atlassian.net) had waited too long since 21 Nov 2026, 16:40 "
        "UTC. They are worked on in time again, and its door takes in new ones.\n"
        "See https://gate.acme.example/operations",
    ),
    "many items parked": (
        parked("key", "jira-main"),
        NOW,
        "Gatepost: 1,340 items of jira-main are parked",
        "1,340 items of jira-main could not be judged and are parked, all for one reason. They hold nothing else up.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: mend the cause, then replay them all at "
        "https://gate.acme.example/operations/parked/0a1b2c3d4e5f or with: gatepost parked replay 0a1b2c3d4e5f",
    ),
    "many writes parked": (
        parked("outbox", "jira-main"),
        NOW,
        "Gatepost: 1,340 writes to jira-main are parked",
        "1,340 writes to jira-main were not taken and are parked, all for one reason. They hold nothing else up.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: mend the cause, then replay them all at "
        "https://gate.acme.example/operations/parked/0a1b2c3d4e5f or with: gatepost parked replay 0a1b2c3d4e5f",
    ),
    "many deliveries parked": (
        parked("delivery", "bridge"),
        NOW,
        "Gatepost: 1,340 events for bridge are parked",
        "1,340 events were not taken by the subscription bridge and are parked, all for one reason. They hold nothing "
        "else up.\n"
        "Why: jira-main refused PUT /rest/api/3/issue/… (400): the field is not on the screen\n"
        "What to do: mend the cause, then replay them all at "
        "https://gate.acme.example/operations/parked/0a1b2c3d4e5f or with: gatepost parked replay 0a1b2c3d4e5f",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_an_alert_says_what_where_since_when_and_what_to_do(name: str) -> None:
    alert, now, title, body = WORDS[name]
    message = compose(alert, now)
    assert (message.title, message.body) == (title, body)


@pytest.mark.parametrize(
    ("age", "late", "caught_up"),
    [
        pytest.param(0.0, False, True, id="nothing waits"),
        pytest.param(300.0, False, True, id="half the limit"),
        pytest.param(301.0, False, False, id="between: what was told stays told"),
        pytest.param(600.0, False, False, id="on the limit"),
        pytest.param(600.1, True, False, id="past it"),
    ],
)
def test_a_backlog_is_told_past_the_limit_and_over_well_below_it(age: float, late: bool, caught_up: bool) -> None:
    assert (is_late(age, 600.0), has_caught_up(age, 600.0)) == (late, caught_up)


def test_an_alert_is_tried_again_for_about_a_day() -> None:
    waits = [again(tries) for tries in range(1, MOST_TRIES + 1)]
    assert waits[:4] == [30.0, 60.0, 120.0, 240.0]
    assert waits[-1] is None
    assert 18 < sum(wait or 0 for wait in waits) / 3600 < 26


MAIL = "mailtos://bot:secret@smtp.acme.example?from=gatepost@acme.example"


def operators(alerts: str, mail: str = "") -> Operators:
    return Operators(alerts, mail)


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
    alerts, mail, shown = ADDRESSES[name]
    assert operators(alerts, mail).names == shown


@pytest.mark.parametrize(
    ("alerts", "problem"),
    [
        ("ops@acme.example", "ops@acme.example needs a mail server: set GATEPOST_DIGEST_MAIL."),
        ("file:///etc/passwd", "The address is not complete: a part that its kind needs is missing."),
        ("slack://onlyone", "The address is not complete: a part that its kind needs is missing."),
    ],
)
def test_an_address_that_is_none_is_refused_with_what_is_wrong(alerts: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        assert operators(alerts).names
    assert str(caught.value) == problem
