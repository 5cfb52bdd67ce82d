"""Borrowed roles, on the real database and against the stand-in for Jira: the attack from its first step to its last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.bootstrap import MappingCache, Services, Sites, bootstrap
from connector.measures.my_work import my_work_of
from connector.measures.submit_command import submit_command
from connector.people.my_work import WorkKind
from connector.people.permissions import Role, RoleGrant, ToolAccount, Viewer
from connector.settings import Settings
from connector.store.measures.commands import ruling
from connector.store.measures.measure_details import measure_snapshot
from connector.store.measures.measure_queries import find_measures
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import mark_dirty
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.stored_state import SqlStateStore
from connector.sync.command_submission import SubmissionChannel, Submitted
from connector.sync.reconcile import BatchResult, Reconciler
from connector.sync.related_evidence import RelatedEvidenceReader
from governance.measure import MeasureId
from governance.time_text import day_text
from mapping.work_item import ConnectionName, NativeId
from sandbox import servers
from sandbox.jira.model import Value
from sandbox.story import seed
from tests.databases import Databases
from tests.sites import connect, now

JIRA = ConnectionName("jira-main")
MAPPING = """
version: 1
organization: Nordbank
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {portfolio: IT, program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts:
      business_unit: Business unit
      legal_entity: Legal entity
      start: Start date
      end: Due date
      rough_value: Rough value
      baseline: Baseline
      objective: Objective
      kill_criteria: Kill criteria
      overlaps: Overlaps
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost}
    stage: {from_status: {Backlog: identified, Analysis: detailed, Approved: decided, Done: implemented, Closed: closed}}
    write: {gate: Gate, blockers: Gate blockers, findings: Gate findings}
"""


@dataclass
class Attack:
    services: Services
    sandbox: servers.Sandbox
    key: str
    native_id: str

    @property
    def measure(self) -> MeasureId:
        return MeasureId(f"{JIRA}/{self.native_id}")

    def edit(self, **people: str) -> None:
        self.sandbox.jira.edit(self.key, dict(people), by="kaya")
        self.assess()

    def approve(self, *given: tuple[str, str]) -> None:
        for person, stage in given:
            self.sandbox.jira.comment(self.key, f"/approve {stage}", by=person)
        self.assess()

    def assess(self) -> None:
        """What a worker does after an event of the item."""
        with self.services.engine.begin() as transaction:
            mark_dirty(transaction, JIRA, {NativeId(self.native_id): None})
        active = MappingCache(self.services.mappings).active()
        assert active is not None
        sites, state = Sites(self.services, now), SqlStateStore(self.services.engine)
        reconciler = Reconciler(
            dirty_keys=SqlDirtyKeys(self.services.engine, 1, 60),
            state_store=state,
            assessment_store=SqlAssessmentStore(self.services.engine, self.services.waker),
            pauses=self.services.connections,
            related_evidence=RelatedEvidenceReader(sites.get, state),
            clock=now,
            jitter=lambda: 1.0,
            batch_size=100,
        )
        assert reconciler.run(sites.get(JIRA), active) in {BatchResult.DONE, BatchResult.WRITES}

    def value(self, column: str) -> Any:
        with self.services.engine.connect() as connection:
            return connection.execute(
                text(f"SELECT {column} FROM measure WHERE id = :id"), {"id": self.measure}
            ).scalar()

    def audit(self) -> list[str]:
        with self.services.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT detail ->> 'text' FROM audit WHERE subject = :id AND action LIKE 'role.%' ORDER BY seq"),
                {"id": self.measure},
            )
            return [str(row[0]) for row in rows]

    def person(self, login: str, name: str, grant: RoleGrant | None = None, account: str | None = None) -> Viewer:
        person = self.services.people.add(f"{login}@nordbank.example", name, by="tests")
        if grant is not None:
            self.services.people.grant(person.id, grant, by="tests")
        if account is not None:
            self.services.people.link(person.id, ToolAccount(JIRA, account), by="tests")
        return self.viewer(login)

    def viewer(self, login: str) -> Viewer:
        person = self.services.people.find_by_login(f"{login}@nordbank.example")
        assert person is not None
        viewer = self.services.people.viewer(person.id)
        assert viewer is not None
        return viewer

    def tasks(self, viewer: Viewer) -> list[str]:
        """What a digest tells somebody about changes of roles."""
        work = my_work_of(self.services, MappingCache(self.services.mappings), viewer, now())
        return [reason.text for task in work.tasks if task.kind is WorkKind.ROLE_CHANGE for reason in task.reasons]

    def say(self, viewer: Viewer, command: str) -> str:
        """A command on the page, and its ruling."""
        reply = submit_command(self.services, viewer, self.measure, command, SubmissionChannel.PAGE)
        assert isinstance(reply, Submitted), reply
        self.assess()
        with self.services.engine.connect() as connection:
            found = ruling(connection, reply.number, self.measure)
        assert found is not None
        return found.reply


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, servers.Sandbox]]:
    """Gatepost with the bank's Jira; its people, and no measures yet."""
    sandbox = servers.start()
    with databases.one() as database:
        settings = Settings(
            database_url=database.render_as_string(hide_password=False),
            data=tmp_path_factory.mktemp("roles"),
            secret_key=Fernet.generate_key().decode(),
        )
        with bootstrap(settings, application="tests") as services:
            connect(services, sandbox, "secret")
            services.mappings.activate(MAPPING, "digest-1", author="tests", reason="tests")
            seed.set_up_jira(sandbox.jira)
            yield services, sandbox
    sandbox.stop()


@pytest.fixture
def attack(world: tuple[Services, servers.Sandbox]) -> Attack:
    """A measure of 1.9M that stands at Identified, with its real people."""
    services, sandbox = world
    facts: dict[str, Value] = {
        "Program": "Cloud exit", "Sponsor": "brandt", "Controller": "weber", "Business unit": "Group IT",
        "Legal entity": "Nordbank AG", "Rough value": 1_900_000, "Baseline": 4_000_000, "Overlaps": "none",
        "Objective": "Cost-income ratio", "Kill criteria": "forecast below half of plan for 3 months", "Start date": "2026-01-01",
        "Planned benefit": 1_900_000, "Planned cost": 700_000,
    }  # fmt: skip
    issue = sandbox.jira.create(
        "CLOUD", "Epic", "Close data centre West", by="kaya", assignee="kaya", duedate="2027-12-31", values=facts
    )
    here = Attack(services, sandbox, issue.key, issue.id)
    here.assess()
    assert here.value("stage") == "identified"
    return here


def test_an_owner_who_borrows_two_roles_gets_no_decision_and_everybody_is_told(attack: Attack) -> None:
    former = attack.person("brandt", "Martin Brandt", account="brandt")
    office = attack.person("office", "Tom Berger", RoleGrant(Role.OFFICE, ("IT",)))
    other_office = attack.person("office2", "Other Office", RoleGrant(Role.OFFICE, ("Retail",)))
    attack.person("osei", "Kwame Osei", account="osei")
    day = day_text(datetime.now(UTC))

    attack.edit(Sponsor="osei", Controller="lind")
    attack.approve(("osei", "detailed"), ("osei", "decided"), ("lind", "decided"))
    assert attack.value("stage") == "identified"
    sponsor_task = (
        f"The sponsor was changed from Martin Brandt to Kwame Osei on {day}, and nobody has accepted it: "
        "Martin Brandt or the transformation office does with /accept-role sponsor"
    )
    assert attack.tasks(attack.viewer("brandt"))[0] == sponsor_task
    assert attack.tasks(attack.viewer("osei"))[0] == sponsor_task
    assert attack.tasks(office)[0] == sponsor_task
    assert len(attack.tasks(office)) == 2
    assert attack.tasks(other_office) == []
    newest = "SELECT reply_comment FROM outbox WHERE native_id = measure.native_id ORDER BY id DESC LIMIT 1"
    comment = attack.value(f"({newest})")
    assert comment["mentions"] == [
        ["Martin Brandt", "brandt"], ["Kwame Osei", "osei"], ["Julia Weber", "weber"], ["Sara Lind", "lind"],
    ]  # fmt: skip
    assert (
        comment["text"]
        .splitlines()[1]
        .startswith(
            f"@Martin Brandt and @Kwame Osei: the sponsor was changed from Martin Brandt to Kwame Osei on {day}"
        )
    )
    with attack.services.read_as(attack.viewer("brandt")) as connection:
        (row,) = find_measures(connection, attack.measure)
        assert measure_snapshot(connection, row).state.role_holders["sponsor"].accepted is not None

    attack.edit(Sponsor="brandt", Controller="weber")
    assert attack.value("stage") == "identified"
    assert attack.tasks(former) == []
    assert attack.audit() == [
        "The sponsor was changed from Martin Brandt to Kwame Osei; not accepted yet",
        "The controller was changed from Julia Weber to Sara Lind; not accepted yet",
        "Martin Brandt is sponsor again: the change of the sponsor was put back",
        "Julia Weber is controller again: the change of the controller was put back",
    ]
    attack.approve(("brandt", "detailed"), ("brandt", "decided"), ("weber", "decided"))
    assert attack.value("stage") == "decided"

    # A real hand-over, accepted by the office, which has no account in the tool.
    attack.edit(Sponsor="rossi")
    assert attack.value("findings -> 0 ->> 'code'") == "ROLE_CHANGED"
    assert attack.say(office, "/accept-role sponsor rossi") == "Elena Rossi accepted as sponsor by Tom Berger."
    assert (
        attack.audit()[-1] == "Elena Rossi is sponsor in place of Martin Brandt: accepted by the transformation office"
    )
    assert attack.value("stage") == "decided"
    assert attack.tasks(office) == []


def test_an_office_that_owns_the_measure_by_another_account_accepts_nothing(attack: Attack) -> None:
    """Her Gatepost login is the address of her account in Jira: nobody had to link the two."""
    owner = attack.person("kaya", "Aylin Kaya", RoleGrant(Role.OFFICE))
    attack.edit(Sponsor="osei")
    reply = attack.say(owner, "/accept-role sponsor osei")
    assert reply.startswith("Aylin Kaya may not accept this: Aylin Kaya is owner of this measure.")


def test_a_further_role_finds_its_approval_under_my_work_and_gives_it(attack: Attack) -> None:
    table = "{by: Program, people: {Cloud exit: {id: lind, name: Sara Lind}}}"
    further = f"further: {{risk_owner: {{label: Risk officer, from: {table}}}}}"
    text_of = MAPPING.replace("controller: Controller}", f"controller: Controller, {further}}}")
    text_of = text_of.replace("measures:", "policy: {approvals: {detailed: [risk_owner]}}\nmeasures:", 1)
    attack.services.mappings.activate(text_of, "digest-2", author="tests", reason="tests")
    try:
        attack.assess()
        officer = attack.person("risk", "Sara Lind", account="lind")
        work = my_work_of(attack.services, MappingCache(attack.services.mappings), officer, now())
        (task,) = [one for one in work.tasks if one.measure == attack.measure and one.kind is WorkKind.APPROVAL]
        assert task.roles == ("risk_owner",)
        assert attack.say(officer, "/approve detailed") == "Detailed approved by Sara Lind as Risk officer."
        assert "risk_owner" in attack.value("measure_state -> 'role_holders'")
    finally:
        attack.services.mappings.activate(MAPPING, "digest-3", author="tests", reason="tests")
