"""Alerts from the database to a messenger: raised once, sent once, tried again; real PostgreSQL, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.notify.message_addresses import OperatorMessengers
from connector.remedy import Remedy
from connector.runtime.alert_sending import CAUSE_CHECK_SECONDS, AlertMonitor, send_due_alerts
from connector.runtime.doctor import installation_checks
from connector.runtime.expiry_alerts import report_expiries
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ConnectionCheck, Health
from mapping.work_item import ConnectionName, Tool
from tests.command_line import Cli
from tests.connector.notify.test_digest import Receiver

JIRA = ConnectionName("jira-main")


@pytest.fixture
def services(database: URL, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(
        database_url=database.render_as_string(hide_password=False), data=tmp_path,
        secret_key=Fernet.generate_key().decode(), public_url="https://gate.acme.example", max_backlog_seconds=600,
    )  # fmt: skip
    with bootstrap(settings, application="tests") as here:
        here.connections.save(
            ConnectionRecord(JIRA, Tool.JIRA, "https://acme.example", "bot@acme.example", "token", ("secret",))
        )
        yield here


@pytest.fixture
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    servers = Receiver(), Receiver()
    threads = [Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def operators(*receivers: Receiver) -> OperatorMessengers:
    return OperatorMessengers(", ".join(one.address for one in receivers))


def watch(services: Services) -> None:
    """As a worker that has just started."""
    AlertMonitor(services).check()


def titles(receiver: Receiver) -> list[str]:
    return [one["title"] for one in receiver.got]


def run(services: Services, statement: str) -> None:
    with services.engine.begin() as transaction:
        transaction.execute(text(statement))


def rows(services: Services) -> list[tuple[Any, ...]]:
    with services.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(text("SELECT kind, state, attempts, reason FROM alert ORDER BY id"))
        ]


def come_due(services: Services) -> None:
    run(services, "UPDATE alert SET due_at = now()")


def test_a_pause_and_its_end_are_sent_once_by_whichever_worker_is_first(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    first, second = receivers
    sender = operators(first, second)
    services.connections.pause(JIRA, "the credentials are refused.", None)
    with ThreadPoolExecutor(6) as workers:
        for _ in range(12):
            workers.submit(send_due_alerts, services, sender)
    assert titles(first) == titles(second) == ["Gatepost: jira-main is paused"]
    body = first.got[0]["message"]
    assert body.startswith("jira-main (Jira at https://acme.example) is paused since ")
    assert "\nWhy: the credentials are refused.\nWaiting: 0 items to be assessed and 0 writes to be made. " in body
    assert "https://gate.acme.example/connections/jira-main" in body
    services.connections.resume(JIRA, by="perez@acme.example")
    assert (send_due_alerts(services, sender), send_due_alerts(services, sender)) == (1, 0)
    assert titles(first)[1:] == ["Gatepost: jira-main is in use again"]
    assert rows(services) == [("paused", "sent", 1, None), ("resumed", "sent", 1, None)]


def test_what_one_messenger_did_not_accept_is_retried_there_and_nowhere_else(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    well, ill = receivers
    ill.status = 500
    services.connections.pause(JIRA, "the credentials are refused.", None)
    assert send_due_alerts(services, operators(well, ill)) == 0
    assert rows(services) == [("paused", "waiting", 1, f"not accepted by {ill.address}")]
    assert send_due_alerts(services, operators(well, ill)) == 0, "not before its time"
    ill.status = 200
    come_due(services)
    assert send_due_alerts(services, operators(well, ill)) == 1
    assert (titles(well), titles(ill)) == (["Gatepost: jira-main is paused"],) * 2
    assert rows(services) == [("paused", "sent", 2, None)]


def test_a_pause_that_ended_before_its_alert_was_sent_is_reported_by_its_end(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    first, _ = receivers
    first.status = 500
    services.connections.pause(JIRA, "the credentials are refused.", None)
    send_due_alerts(services, operators(first))
    services.connections.resume(JIRA, by="perez@acme.example")
    assert send_due_alerts(services, operators(first)) == 0, "in their order: the first one waits still"
    first.status = 200
    come_due(services)
    send_due_alerts(services, operators(first))
    assert titles(first) == ["Gatepost: jira-main is in use again"]
    assert rows(services) == [
        ("paused", "dropped", 2, "it ended before the alert could be sent"), ("resumed", "sent", 1, None),
    ]  # fmt: skip


def test_an_alert_whose_sender_died_is_sent_by_another(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    services.connections.pause(JIRA, "the credentials are refused.", None)
    run(services, "UPDATE alert SET claimed_until = now() + interval '1 minute', attempts = 1")
    assert send_due_alerts(services, operators(receivers[0])) == 0, "somebody else is at it"
    run(services, "UPDATE alert SET claimed_until = now() - interval '1 second'")
    assert send_due_alerts(services, operators(receivers[0])) == 1


def test_without_a_messenger_alerts_are_kept_and_not_sent_later(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    services.connections.pause(JIRA, "the credentials are refused.", None)
    assert send_due_alerts(services, operators()) == 0
    assert rows(services) == [("paused", "dropped", 1, "no address for alerts is set")]
    assert send_due_alerts(services, operators(receivers[0])) == 0


def test_an_address_that_is_none_says_so_and_loses_nothing(services: Services) -> None:
    services.connections.pause(JIRA, "the credentials are refused.", None)
    assert send_due_alerts(services, OperatorMessengers("ops@acme.example")) == 0
    assert rows(services) == [
        ("paused", "waiting", 1, "the addresses for alerts: ops@acme.example needs a mail server.")
    ]


def test_a_backlog_and_its_end_are_reported_once(services: Services, receivers: tuple[Receiver, Receiver]) -> None:
    run(services, DIRTY.format(item="10001", inbox="1", age="11 minutes"))
    with ThreadPoolExecutor(4) as workers:
        for _ in range(8):
            workers.submit(watch, services)
    send_due_alerts(services, operators(receivers[0]))
    assert titles(receivers[0]) == ["Gatepost: the events of jira-main wait too long"]
    body = receivers[0].got[0]["message"]
    assert "has waited for 11 minutes to be processed; the limit is 10 minutes." in body
    assert "Waiting: 1 item to be assessed and 0 writes to be made." in body
    assert "What to do: no worker is at work. Start one." in body
    run(services, "UPDATE dirty_key SET due_at = now() - interval '6 minutes'")
    watch(services)
    assert len(rows(services)) == 1, "still on the edge: the alert stays open"
    run(services, "DELETE FROM dirty_key")
    watch(services)
    watch(services)
    send_due_alerts(services, operators(receivers[0]))
    assert titles(receivers[0])[1:] == ["Gatepost: the events of jira-main are processed in time again"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE dirty_key SET inbox_id = NULL", id="no event marked it"),
        pytest.param("UPDATE dirty_key SET due_at = now() + interval '1 minute'", id="it was put off"),
        pytest.param("UPDATE connection SET paused_at = now(), paused_reason = 'limit'", id="the connection is paused"),
    ],
)
def test_what_waits_by_intent_is_no_alert(services: Services, change: str) -> None:
    run(services, DIRTY.format(item="10001", inbox="1", age="1 hour"))
    run(services, change)
    watch(services)
    assert "backlog" not in [row[0] for row in rows(services)]


def test_a_cause_of_more_than_a_hundred_dead_letters_is_reported_once_a_day(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    sender = operators(receivers[0])
    run(services, DEAD_LETTERS.format(first=1, last=100))
    watch(services)
    assert rows(services) == [], "a hundred are not more than a hundred"
    run(services, DEAD_LETTERS.format(first=101, last=140))
    for _ in range(3):
        watch(services)
    send_due_alerts(services, sender)
    assert titles(receivers[0]) == ["Gatepost: 140 items of jira-main are dead letters"]
    assert "Why: … cannot be read: 400\n" in receivers[0].got[0]["message"]
    run(services, "UPDATE alert SET raised_at = now() - interval '25 hours'")
    watch(services)
    watch(services)
    assert [row[0] for row in rows(services)] == ["dead_letters", "dead_letters"]


def test_causes_are_counted_at_intervals_only(services: Services) -> None:
    now = [0.0]
    one = AlertMonitor(services, lambda: now[0])
    one.check()
    run(services, DEAD_LETTERS.format(first=1, last=101))
    now[0] = CAUSE_CHECK_SECONDS - 1
    one.check()
    assert rows(services) == []
    now[0] = CAUSE_CHECK_SECONDS
    one.check()
    assert [row[0] for row in rows(services)] == ["dead_letters"]


def test_a_pause_by_a_process_without_alerts_is_reported_as_well(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    """While versions are changed, one that knows none may run beside this one."""
    sender = operators(receivers[0])
    silently = "UPDATE connection SET paused_at = {}, paused_reason = {}, paused_until = NULL"
    run(services, silently.format("now()", "'the credentials are refused.'"))
    for _ in range(2):
        watch(services)
        send_due_alerts(services, sender)
    assert titles(receivers[0]) == ["Gatepost: jira-main is paused"]
    assert "Why: the credentials are refused." in receivers[0].got[0]["message"]
    run(services, silently.format("NULL", "NULL"))
    watch(services)
    services.connections.pause(JIRA, "another cause.", None)
    send_due_alerts(services, sender)
    assert titles(receivers[0]) == ["Gatepost: jira-main is paused"] * 2


def test_old_alerts_are_forgotten_and_open_ones_are_not(services: Services) -> None:
    services.connections.pause(JIRA, "the credentials are refused.", None)
    services.connections.resume(JIRA)
    run(services, "UPDATE connection SET resumed_at = resumed_at - interval '1 minute'")
    services.connections.pause(JIRA, "the credentials are refused.", None)
    send_due_alerts(services, operators())
    run(services, "UPDATE alert SET settled_at = now() - interval '91 days'")
    send_due_alerts(services, operators())
    assert len(rows(services)) == 1


def test_the_doctor_reports_whether_alerts_are_sent(services: Services, receivers: tuple[Receiver, Receiver]) -> None:
    def check_of(alerts: str) -> ConnectionCheck:
        settings = services.settings.model_copy(update={"alerts": SecretStr(alerts)})
        return next(one for one in installation_checks(replace(services, settings=settings)) if one.subject == "alerts")

    first = receivers[0]
    assert check_of("") == ConnectionCheck(
        "alerts", Health.WARNING, "no alert is sent when a connection is paused",
        Remedy(command="Set GATEPOST_ALERTS to a mail address or a chat, then: gatepost alerts test"),
    )  # fmt: skip
    assert check_of("ops@acme.example") == ConnectionCheck(
        "alerts", Health.BAD, "ops@acme.example needs a mail server.",
        Remedy(command="Set GATEPOST_DIGEST_MAIL. Correct GATEPOST_ALERTS, then: gatepost alerts test"),
    )  # fmt: skip
    assert check_of(first.address) == ConnectionCheck("alerts", Health.GOOD, f"go to {first.address}")
    first.status = 500
    services.connections.pause(JIRA, "the credentials are refused.", None)
    send_due_alerts(services, operators(first))
    assert check_of(first.address) == ConnectionCheck(
        "alerts", Health.BAD, f"the last alert could not be sent: not accepted by {first.address}",
        Remedy(command="Try it: gatepost alerts test"),
    )  # fmt: skip


def test_the_commands_try_a_messenger_and_list_the_alerts(
    services: Services, cli: Cli, receivers: tuple[Receiver, Receiver]
) -> None:
    first, second = receivers
    assert cli.refused("alerts", "test") == (
        "GATEPOST_ALERTS is not set: no alert is sent when a connection is paused."
    )
    assert cli.run("alerts", "list").stdout == "No alerts yet.\n"
    both = Cli(cli.environment | {"GATEPOST_ALERTS": f"{first.address},{second.address}"})
    second.status = 500
    tried = both.run("alerts", "test")
    assert (tried.exit_code, tried.stdout) == (1, f"Accepted by {first.address}\nNot accepted by {second.address}\n")
    assert titles(first) == ["Gatepost: a test"]
    services.connections.pause(JIRA, "the credentials are refused.", None)
    send_due_alerts(services, operators(first))
    shown = " ".join(cli.run("alerts", "list").stdout.split())
    assert "│ paused │ jira-main │ sent │ 1 │" in shown


def test_the_address_of_a_messenger_stands_nowhere_in_the_clear(services: Services) -> None:
    shown = repr(replace(services, settings=Settings(alerts=SecretStr("slack://T1/A1/secret-token"))).settings)
    assert "secret-token" not in shown


DIRTY = """
    INSERT INTO dirty_key (connection, native_id, inbox_id, due_at, first_dirty_at)
    VALUES ('jira-main', '{item}', {inbox}, now() - interval '{age}', now() - interval '{age}')
"""
DEAD_LETTERS = """
    INSERT INTO dirty_key (connection, native_id, state, reason, attempts)
    SELECT 'jira-main', n\\:\\:text, 'dead_letter', 'ITX-' || n || ' cannot be read: 400', 5
    FROM generate_series({first}, {last}) AS n
"""


def test_a_token_that_ends_is_announced_twice_and_no_more_once_it_is_renewed(
    services: Services, receivers: tuple[Receiver, Receiver]
) -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    ends = datetime(2026, 12, 1, tzinfo=UTC)

    def told() -> list[str]:
        send_due_alerts(services, operators(receivers[0]))
        return titles(receivers[0])

    record = services.connections.get(JIRA)
    assert record is not None
    services.connections.save(replace(record, expires_at=ends))
    report_expiries(services, now - timedelta(days=7))
    assert told() == []
    for _ in range(2):
        report_expiries(services, now)
        assert told() == ["Gatepost: the credential of jira-main ends on 1 Dec 2026"]
    assert receivers[0].got[0]["message"] == (
        "From 1 Dec 2026, 00:00 UTC on Gatepost is not let in any more, and its work there stops.\n"
        "See https://gate.acme.example/connections\n"
        "What to do: create a new one at https://acme.example and enter it, with its end, on the page Set-up.\n"
        "At a terminal: gatepost connect jira jira-main --url https://acme.example …, with --expires"
    )
    report_expiries(services, now + timedelta(days=9))
    assert len(told()) == 2
    services.connections.save(replace(record, expires_at=ends + timedelta(days=365)))
    report_expiries(services, now + timedelta(days=10))
    assert len(told()) == 2
    with services.engine.connect() as transaction:
        open_ones = text("SELECT count(*) FROM alert WHERE kind = 'expiring' AND ended_at IS NULL")
        assert transaction.execute(open_ones).scalar() == 0
