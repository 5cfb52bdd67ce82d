"""The digest: when it is due, its text, where it may go, and that it is sent once."""

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
from connector.notify.digest import DigestFrequency, compose_digest, due_day
from connector.notify.message_addresses import AllowedTargets, Messenger, full_address, masked_address
from connector.people.my_work import MyWork, OpenTask, Reason, TaskGroup, WorkKind
from connector.people.permissions import PersonId, ToolAccount
from connector.runtime.digest_sending import digest_store, send_due_digests
from connector.settings import Settings
from governance.measure import Role
from tests.command_line import Cli

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 2, 9, 6, 30, tzinfo=UTC)
"""Half past seven in Berlin."""


@pytest.mark.parametrize(
    ("frequency", "hour", "now", "expected"),
    [
        pytest.param(DigestFrequency.DAILY, 7, MONDAY, date(2026, 2, 9), id="its hour has come in the reader's zone"),
        pytest.param(DigestFrequency.DAILY, 8, MONDAY, None, id="not yet"),
        pytest.param(
            DigestFrequency.DAILY, 7, MONDAY + timedelta(hours=15), date(2026, 2, 9), id="late, and still the same day"
        ),
        pytest.param(
            DigestFrequency.DAILY, 0, MONDAY + timedelta(hours=17), date(2026, 2, 10), id="past midnight in the zone"
        ),
        pytest.param(DigestFrequency.WEEKLY, 7, MONDAY, date(2026, 2, 9), id="Monday"),
        pytest.param(DigestFrequency.WEEKLY, 7, MONDAY + timedelta(days=1), None, id="Tuesday"),
        pytest.param(DigestFrequency.OFF, 0, MONDAY, None, id="switched off"),
    ],
)
def test_when_a_digest_is_due(frequency: DigestFrequency, hour: int, now: datetime, expected: date | None) -> None:
    assert due_day(frequency, hour, BERLIN, now) == expected


def task(
    key: str = "ITX-2", kind: WorkKind = WorkKind.APPROVAL, plan_amount: Decimal | None = Decimal(1_200_000)
) -> OpenTask:
    reason = Reason("APPROVAL_MISSING", "M. Brandt has not yet given the approval", "Cannot move into Decided yet: …")
    return OpenTask(
        "jira-main/1", key, "One portal", "A. Kaya", "https://acme.example", "jira-main", ("IT",), kind, (Role.SPONSOR,),
        datetime(2026, 2, 1, tzinfo=UTC), (reason,), "decided", "Decided", 0, "blocked", "green",
        "red", plan_amount, None, "EUR",
    )  # fmt: skip


def waiting_work(*tasks: OpenTask, more: int = 0) -> MyWork:
    oldest = datetime(2026, 2, 1, tzinfo=UTC)
    group = TaskGroup(len(tasks) + more, oldest, Decimal(1_200_000))
    return MyWork(tasks, {WorkKind.APPROVAL: group} if tasks else {}, Decimal(1_200_000), "EUR", more > 0)


def test_the_message_counts_and_names_tasks_and_links_to_the_rest() -> None:
    message = compose_digest(waiting_work(task(), task("ITX-3"), more=7), "https://gate.acme.example")
    assert message is not None
    assert message.title == "Gatepost: 9 tasks wait for you"
    assert message.body.splitlines() == [
        "9 tasks wait for you, the oldest since 1 Feb 2026; 1.2M EUR of planned benefit depend on them.",
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


def test_without_a_task_there_is_no_message() -> None:
    assert compose_digest(waiting_work(), "https://gate.acme.example") is None


MAIL = "mailtos://bot:secret@smtp.acme.example?from=gatepost@acme.example"


@pytest.mark.parametrize(
    ("written", "allowed", "problem"),
    [
        ("kaya@acme.example", AllowedTargets(hosts=("acme.example",)), "Mail is not set up here."),
        (
            "kaya@evil.example",
            AllowedTargets(hosts=("acme.example",), mail=MAIL),
            "Mail to evil.example is not allowed.",
        ),
        ("kaya", AllowedTargets(mail=MAIL), "This is no mail address and no address of Slack or Teams."),
        ("file:///etc/passwd", AllowedTargets(frozenset({"file"})), "This is no mail address and no address"),
        ("json://10.0.0.1/", AllowedTargets(frozenset({"slack"})), "Addresses that begin with json:// are not allowed"),
        ("json://10.0.0.1/", AllowedTargets(frozenset({"json"}), ("*.acme.example",)), "10.0.0.1 is not on the list."),
        (
            "mailto://u:p@acme.example?smtp=evil.example&to=kaya@acme.example",
            AllowedTargets(frozenset({"mailto"}), ("acme.example",)),
            "evil.example is not on the list.",
        ),
        ("slack://onlyone", AllowedTargets(frozenset({"slack"})), ""),
    ],
)
def test_an_address_that_is_not_on_the_list_is_refused(written: str, allowed: AllowedTargets, problem: str) -> None:
    if not problem:
        with pytest.raises(ConfigurationError, match="The address is not complete"):
            Messenger(allowed).send(written, "title", "body")
        return
    with pytest.raises(ConfigurationError, match="^" + problem.replace(".", r"\.").replace("/", "/")):
        full_address(written, allowed)


def test_mail_goes_through_the_organisations_own_server() -> None:
    allowed = AllowedTargets(hosts=("acme.example",), mail=MAIL)
    assert full_address("kaya@acme.example", allowed) == f"{MAIL}&to=kaya%40acme.example"
    assert masked_address("kaya@acme.example") == "kaya@acme.example"
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in masked_address(
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    )


class Receiver(HTTPServer):
    """Stores what is posted, and answers with a given status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[dict[str, str]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/digest"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """No log."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


ALLOWED = AllowedTargets(frozenset({"json"}), ("127.0.0.1",))


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
    with opened(database, tmp_path) as opened_services:
        with opened_services.engine.begin() as transaction:
            transaction.execute(text(ONE_MEASURE))
        person = opened_services.people.add("brandt@acme.example", "Martin Brandt", by="tests")
        opened_services.people.link(person.id, ToolAccount("jira-main", "b"), by="tests")
        yield opened_services


ONE_MEASURE = """
INSERT INTO connection (name, tool, base_url, username, credential) VALUES ('jira-main', 'jira', 'x', 'x', 'x');
INSERT INTO mapping_version (digest, source, author, reason, state) VALUES ('d', 'version: 1', 'a', 'r', 'superseded');
INSERT INTO work_item (connection, native_id, key, url, snapshot, version, read_at)
    VALUES ('jira-main', '1', 'ITX-1', 'https://acme.example/ITX-1', '{}', '', now());
INSERT INTO measure (id, connection, native_id, key, title, rule, gate, implementation, potential, facts, verdict,
                     verdict_digest, effects_digest, mapping_version, policy_version, assessed_at)
    VALUES ('jira-main/1', 'jira-main', '1', 'ITX-1', 'One portal', 'r', 'blocked', 'green', 'red',
            '{"roles": {"sponsor": {"id": "b"}}}',
            '{"next_stage": "decided", "next_stage_label": "Decided", "deviation": null, "off_ramp": null, "blockers": [
               {"key": "decided:APPROVAL_MISSING:sponsor", "code": "APPROVAL_MISSING", "subject": "sponsor",
                "stage": "decided", "reason": "not given", "responsible": [{"role": "sponsor", "name": "M. Brandt"}],
                "approval": {"kind": "approval", "state": "not_given"}, "since": "2026-02-01T08:00:00+00:00",
                "sentence": "Cannot move into Decided yet: not given · sponsor M. Brandt"}]}',
            'd', 'd', (SELECT max(number) FROM mapping_version), 'p', now())
"""


def person_of(services: Services) -> PersonId:
    person = services.people.find_by_login("brandt@acme.example")
    assert person is not None
    return person.id


def state(services: Services) -> list[tuple[object, ...]]:
    with services.engine.connect() as connection:
        return [
            tuple(row) for row in connection.execute(text("SELECT day, state, item_count, attempts FROM digest_day"))
        ]


def test_it_is_sent_once_a_day_by_whichever_worker(services: Services, receiver: Receiver) -> None:
    digest_store(services).save_preference(person_of(services), receiver.address, DigestFrequency.DAILY, 7)
    mappings, sender = MappingCache(services.mappings), Messenger(ALLOWED)
    assert send_due_digests(services, mappings, sender, MONDAY - timedelta(hours=1)) == 0
    workers = [Thread(target=send_due_digests, args=(services, mappings, sender, MONDAY)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert send_due_digests(services, mappings, sender, MONDAY + timedelta(hours=5)) == 0
    (message,) = receiver.got
    assert message["title"] == "Gatepost: 1 task waits for you"
    assert "https://gate.acme.example/measures/jira-main/1" in message["message"]
    assert state(services) == [(date(2026, 2, 9), "sent", 1, 1)]
    assert send_due_digests(services, mappings, sender, MONDAY + timedelta(days=1)) == 1


def test_nothing_is_sent_when_nothing_waits(services: Services, receiver: Receiver) -> None:
    digest_store(services).save_preference(person_of(services), receiver.address, DigestFrequency.DAILY, 7)
    with services.engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET unmapped_since = now()"))
    assert send_due_digests(services, MappingCache(services.mappings), Messenger(ALLOWED), MONDAY) == 0
    assert (receiver.got, state(services)) == ([], [(date(2026, 2, 9), "nothing", 0, 1)])


def test_a_message_that_was_not_accepted_is_tried_again_a_few_times(services: Services, receiver: Receiver) -> None:
    digest_store(services).save_preference(person_of(services), receiver.address, DigestFrequency.DAILY, 7)
    mappings, sender = MappingCache(services.mappings), Messenger(ALLOWED)
    receiver.status = 500
    for minutes in (0, 1, 11, 22, 33):
        send_due_digests(services, mappings, sender, MONDAY + timedelta(minutes=minutes))
    assert state(services) == [(date(2026, 2, 9), "failed", 1, 3)]
    receiver.status = 200
    assert send_due_digests(services, mappings, sender, MONDAY + timedelta(hours=3)) == 0, (
        "three attempts are the limit"
    )
    assert send_due_digests(services, mappings, sender, MONDAY + timedelta(days=1)) == 1


def test_an_address_that_was_allowed_once_is_refused_when_it_is_no_longer(
    services: Services, receiver: Receiver
) -> None:
    digest_store(services).save_preference(person_of(services), receiver.address, DigestFrequency.DAILY, 7)
    assert send_due_digests(services, MappingCache(services.mappings), Messenger(AllowedTargets()), MONDAY) == 0
    (day,) = digest_store(services).recent_results(person_of(services))
    assert (day.state, (day.reason or "")[:44]) == ("failed", "Addresses that begin with json:// are not al")
    assert receiver.got == []


def test_a_disabled_person_gets_no_digest(services: Services, receiver: Receiver) -> None:
    person = person_of(services)
    digest_store(services).save_preference(person, receiver.address, DigestFrequency.DAILY, 7)
    services.people.set_active(person, active=False, by="tests")
    assert send_due_digests(services, MappingCache(services.mappings), Messenger(ALLOWED), MONDAY) == 0
    assert (receiver.got, state(services)) == ([], [])


def test_the_address_is_encrypted_at_rest(services: Services) -> None:
    digest_store(services).save_preference(person_of(services), "slack://T1/A1/secret-token", DigestFrequency.WEEKLY, 8)
    with services.engine.connect() as connection:
        stored = connection.execute(text("SELECT address FROM digest")).scalar_one()
    assert b"secret-token" not in bytes(stored)
    preference = digest_store(services).get(person_of(services))
    assert preference is not None
    assert (preference.address, preference.frequency, preference.hour) == (
        "slack://T1/A1/secret-token",
        DigestFrequency.WEEKLY,
        8,
    )


def test_the_command_prints_what_would_be_sent(services: Services, cli: Cli) -> None:
    assert services.people.find_by_login("brandt@acme.example") is not None
    output = cli.run("digest", "send", "--to", "brandt@acme.example", "--dry-run")
    assert output.stdout.startswith("Gatepost: 1 task waits for you\n\n1 task waits for you, since 1 Feb 2026.")
    assert "ITX-1 One portal: Not given" in output.stdout
