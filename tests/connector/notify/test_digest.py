"""The digest: when it is due, what it says, where it may go, and that it goes out once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import MappingCache, Services, bootstrap
from connector.errors import ConfigurationError
from connector.notify.digest import Often, compose, due_day
from connector.notify.message_addresses import Allowed, Messenger, full_address, masked
from connector.people.my_work import MyWork, OpenTask, Reason, TaskGroup, WorkKind
from connector.people.permissions import Account, PersonId
from connector.runtime.digest_sending import digests, send_due
from connector.settings import Settings
from governance.measure import Role
from tests.command_line import Cli

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 2, 9, 6, 30, tzinfo=UTC)
"""Half past seven in Berlin."""


@pytest.mark.parametrize(
    ("often", "hour", "now", "expected"),
    [
        pytest.param(Often.DAILY, 7, MONDAY, date(2026, 2, 9), id="its hour has come in the reader's zone"),
        pytest.param(Often.DAILY, 8, MONDAY, None, id="not yet"),
        pytest.param(Often.DAILY, 7, MONDAY + timedelta(hours=15), date(2026, 2, 9), id="late, and still the same day"),
        pytest.param(Often.DAILY, 0, MONDAY + timedelta(hours=17), date(2026, 2, 10), id="past midnight in the zone"),
        pytest.param(Often.WEEKLY, 7, MONDAY, date(2026, 2, 9), id="Monday"),
        pytest.param(Often.WEEKLY, 7, MONDAY + timedelta(days=1), None, id="Tuesday"),
        pytest.param(Often.OFF, 0, MONDAY, None, id="switched off"),
    ],
)
def test_when_a_digest_is_due(often: Often, hour: int, now: datetime, expected: date | None) -> None:
    assert due_day(often, hour, BERLIN, now) == expected


def thing(
    key: str = "ITX-2", kind: WorkKind = WorkKind.APPROVAL, stake: Decimal | None = Decimal(1_200_000)
) -> OpenTask:
    reason = Reason("APPROVAL_MISSING", "M. Brandt has not yet given the approval", "Decided is shut: …")
    return OpenTask(
        "jira-main/1", key, "One portal", "https://acme.example", "jira-main", ("IT",), kind, (Role.SPONSOR,),
        datetime(2026, 2, 1, tzinfo=UTC), (reason,), "decided", "Decided", 0, "shut", "green",
        "red", stake, None, "EUR",
    )  # fmt: skip


def waiting_work(*things: OpenTask, more: int = 0) -> MyWork:
    oldest = datetime(2026, 2, 1, tzinfo=UTC)
    share = TaskGroup(len(things) + more, oldest, Decimal(1_200_000))
    return MyWork(things, {WorkKind.APPROVAL: share} if things else {}, Decimal(1_200_000), "EUR", more > 0)


def test_the_message_counts_names_and_leads_on() -> None:
    message = compose(waiting_work(thing(), thing("ITX-3"), more=7), "https://gate.acme.example")
    assert message is not None
    assert message.title == "Gatepost: 9 things wait for you"
    assert message.body.splitlines() == [
        "9 things wait for you, the oldest since 1 Feb 2026; 1.2M EUR of plan stand behind them.",
        "https://gate.acme.example/work",
        "",
        "Approvals (9)",
        "- ITX-2 One portal: M. Brandt has not yet given the approval (since 1 Feb 2026, plan 1.2M EUR)",
        "  https://gate.acme.example/measures/jira-main/1",
        "- ITX-3 One portal: M. Brandt has not yet given the approval (since 1 Feb 2026, plan 1.2M EUR)",
        "  https://gate.acme.example/measures/jira-main/1",
        "- and 7 more: https://gate.acme.example/work?kind=approval",
        "",
        "How often this comes, and where to: https://gate.acme.example/digest",
    ]


def test_nothing_that_waits_is_no_message() -> None:
    assert compose(waiting_work(), "https://gate.acme.example") is None


MAIL = "mailtos://bot:secret@smtp.acme.example?from=gatepost@acme.example"


@pytest.mark.parametrize(
    ("written", "allowed", "problem"),
    [
        ("kaya@acme.example", Allowed(hosts=("acme.example",)), "Mail is not set up here."),
        ("kaya@evil.example", Allowed(hosts=("acme.example",), mail=MAIL), "Mail to evil.example is not allowed."),
        ("kaya", Allowed(mail=MAIL), "This is no mail address and no address of Slack or Teams."),
        ("file:///etc/passwd", Allowed(frozenset({"file"})), "This is no mail address and no address"),
        ("json://10.0.0.1/", Allowed(frozenset({"slack"})), "Addresses that begin with json:// are not allowed"),
        ("json://10.0.0.1/", Allowed(frozenset({"json"}), ("*.acme.example",)), "10.0.0.1 is not on the list."),
        (
            "mailto://u:p@acme.example?smtp=evil.example&to=kaya@acme.example",
            Allowed(frozenset({"mailto"}), ("acme.example",)),
            "evil.example is not on the list.",
        ),
        ("slack://onlyone", Allowed(frozenset({"slack"})), ""),
    ],
)
def test_an_address_that_is_not_on_the_list_is_refused(written: str, allowed: Allowed, problem: str) -> None:
    if not problem:
        with pytest.raises(ConfigurationError, match="The address is not complete"):
            Messenger(allowed).send(written, "title", "body")
        return
    with pytest.raises(ConfigurationError, match="^" + problem.replace(".", r"\.").replace("/", "/")):
        full_address(written, allowed)


def test_mail_goes_by_way_of_the_organisations_own_server() -> None:
    allowed = Allowed(hosts=("acme.example",), mail=MAIL)
    assert full_address("kaya@acme.example", allowed) == f"{MAIL}&to=kaya%40acme.example"
    assert masked("kaya@acme.example") == "kaya@acme.example"
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in masked("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general")


class Receiver(HTTPServer):
    """Keeps what is posted, and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.got: list[dict[str, str]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/digest"


class _Door(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


ALLOWED = Allowed(frozenset({"json"}), ("127.0.0.1",))


@contextmanager
def opened(database: URL, folder: Path) -> Iterator[Services]:
    settings = Settings(
        database_url=database.render_as_string(hide_password=False), data=folder,
        secret_key=Fernet.generate_key().decode(), public_url="https://gate.acme.example", time_zone="Europe/Berlin",
    )  # fmt: skip
    with bootstrap(settings, application="tests") as services:
        yield services


@pytest.fixture
def services(database: URL, tmp_path: Path) -> Iterator[Services]:
    """One sponsor, for whom one approval waits."""
    with opened(database, tmp_path) as here:
        with here.engine.begin() as transaction:
            transaction.execute(text(ONE_MEASURE))
        person = here.people.add("brandt@acme.example", "Martin Brandt", by="tests")
        here.people.link(person.id, Account("jira-main", "b"), by="tests")
        yield here


ONE_MEASURE = """
INSERT INTO connection (name, tool, base_url, username, credential) VALUES ('jira-main', 'jira', 'x', 'x', 'x');
INSERT INTO mapping_version (digest, source, author, reason, state) VALUES ('d', 'version: 1', 'a', 'r', 'superseded');
INSERT INTO work_item (connection, native_id, key, url, snapshot, version, read_at)
    VALUES ('jira-main', '1', 'ITX-1', 'https://acme.example/ITX-1', '{}', '', now());
INSERT INTO measure (id, connection, native_id, key, title, rule, gate, implementation, potential, facts, verdict,
                     verdict_digest, effects_digest, mapping_version, policy_version, assessed_at)
    VALUES ('jira-main/1', 'jira-main', '1', 'ITX-1', 'One portal', 'r', 'shut', 'green', 'red',
            '{"roles": {"sponsor": {"id": "b"}}}',
            '{"next_stage": "decided", "next_stage_label": "Decided", "deviation": null, "ramp": null, "blockers": [
               {"key": "decided:APPROVAL_MISSING:sponsor", "code": "APPROVAL_MISSING", "subject": "sponsor",
                "stage": "decided", "reason": "not given", "responsible": [{"role": "sponsor", "name": "M. Brandt"}],
                "approval": {"kind": "approval", "state": "not_given"}, "since": "2026-02-01T08:00:00+00:00",
                "sentence": "Decided is shut: not given · sponsor M. Brandt"}]}',
            'd', 'd', (SELECT max(number) FROM mapping_version), 'p', now())
"""


def person_of(services: Services) -> PersonId:
    person = services.people.named("brandt@acme.example")
    assert person is not None
    return person.id


def state(services: Services) -> list[tuple[object, ...]]:
    with services.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT day, state, things, tries FROM digest_day"))]


def test_it_goes_out_once_a_day_whoever_asks_again(services: Services, receiver: Receiver) -> None:
    digests(services).wish(person_of(services), receiver.address, Often.DAILY, 7)
    mappings, sender = MappingCache(services.mappings), Messenger(ALLOWED)
    assert send_due(services, mappings, sender, MONDAY - timedelta(hours=1)) == 0
    workers = [Thread(target=send_due, args=(services, mappings, sender, MONDAY)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert send_due(services, mappings, sender, MONDAY + timedelta(hours=5)) == 0
    (message,) = receiver.got
    assert message["title"] == "Gatepost: 1 thing waits for you"
    assert "https://gate.acme.example/measures/jira-main/1" in message["message"]
    assert state(services) == [(date(2026, 2, 9), "sent", 1, 1)]
    assert send_due(services, mappings, sender, MONDAY + timedelta(days=1)) == 1


def test_nothing_goes_out_when_nothing_waits(services: Services, receiver: Receiver) -> None:
    digests(services).wish(person_of(services), receiver.address, Often.DAILY, 7)
    with services.engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET unmapped_since = now()"))
    assert send_due(services, MappingCache(services.mappings), Messenger(ALLOWED), MONDAY) == 0
    assert (receiver.got, state(services)) == ([], [(date(2026, 2, 9), "nothing", 0, 1)])


def test_what_was_not_taken_is_tried_again_a_few_times(services: Services, receiver: Receiver) -> None:
    digests(services).wish(person_of(services), receiver.address, Often.DAILY, 7)
    mappings, sender = MappingCache(services.mappings), Messenger(ALLOWED)
    receiver.status = 500
    for minutes in (0, 1, 11, 22, 33):
        send_due(services, mappings, sender, MONDAY + timedelta(minutes=minutes))
    assert state(services) == [(date(2026, 2, 9), "failed", 1, 3)]
    receiver.status = 200
    assert send_due(services, mappings, sender, MONDAY + timedelta(hours=3)) == 0, "three tries are all"
    assert send_due(services, mappings, sender, MONDAY + timedelta(days=1)) == 1


def test_an_address_that_was_allowed_once_is_refused_when_it_is_no_longer(
    services: Services, receiver: Receiver
) -> None:
    digests(services).wish(person_of(services), receiver.address, Often.DAILY, 7)
    assert send_due(services, MappingCache(services.mappings), Messenger(Allowed()), MONDAY) == 0
    (day,) = digests(services).days(person_of(services))
    assert (day.state, (day.reason or "")[:44]) == ("failed", "Addresses that begin with json:// are not al")
    assert receiver.got == []


def test_somebody_who_was_disabled_is_told_nothing(services: Services, receiver: Receiver) -> None:
    person = person_of(services)
    digests(services).wish(person, receiver.address, Often.DAILY, 7)
    services.people.set_active(person, active=False, by="tests")
    assert send_due(services, MappingCache(services.mappings), Messenger(ALLOWED), MONDAY) == 0
    assert (receiver.got, state(services)) == ([], [])


def test_the_address_is_sealed_at_rest(services: Services) -> None:
    digests(services).wish(person_of(services), "slack://T1/A1/secret-token", Often.WEEKLY, 8)
    with services.engine.connect() as connection:
        stored = connection.execute(text("SELECT target FROM digest")).scalar_one()
    assert b"secret-token" not in bytes(stored)
    wish = digests(services).get(person_of(services))
    assert wish is not None
    assert (wish.target, wish.often, wish.hour) == ("slack://T1/A1/secret-token", Often.WEEKLY, 8)


def test_the_command_prints_what_would_be_sent(services: Services, cli: Cli) -> None:
    assert services.people.named("brandt@acme.example") is not None
    shown = cli.run("digest", "send", "--to", "brandt@acme.example", "--dry-run")
    assert shown.stdout.startswith("Gatepost: 1 thing waits for you\n\n1 thing waits for you, since 1 Feb 2026.")
    assert "ITX-1 One portal: Not given" in shown.stdout
