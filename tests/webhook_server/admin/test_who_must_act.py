"""My work and the measure's page agree on who must act."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.people.permissions import Role as AccessRole
from connector.people.permissions import RoleGrant, ToolAccount, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.measures import measure_queries
from connector.store.measures.measure_details import measure_snapshot
from connector.store.measures.verdicts import verdict_of, verdict_to_json
from connector.store.reporting.my_work import load_my_work
from governance.codes import CODES
from governance.gates import ApprovalKind
from governance.measure import HELD_ROLES, Role
from governance.measure_state import Deviation, OffRamp, OffRampKind, ReasonRequest
from governance.responsible import ADMINISTRATOR, Responsible
from governance.verdict import Approval, ApprovalState, Blocker, ConditionResult, GateState, Outcome, Verdict
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import Comment
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import NOW, SHOWN, loaded, record_assessment
from tests.mapping.items import BRANDT, item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server
from webhook_server.admin import measure_view as show

__all__ = ["loaded"]


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def marked(page: str) -> set[str]:
    """Codes of the open conditions that the measure's page marks as the reader's own."""
    found = re.findall(r'<li class="(?:unmet|unknown)">.*?</li>', page, re.DOTALL)
    return {match.group(1) for one in found if ">yours<" in one and (match := re.search(r"<code>(\w+)</code>", one))}


@pytest.mark.parametrize(("account", "expected"), [("k", True), ("b", False), ("w", False)])
def test_a_rejection_is_the_owners_to_answer(
    api: ApiServer, loaded: LoadedMapping, account: str, expected: bool
) -> None:
    comment = Comment("1", BRANDT, NOW - timedelta(hours=1), "/reject detailed too small")
    record_assessment(api.store, loaded, item(SHOWN, comments=(comment,)))
    reader = enter(api, "Reader", account=account)
    page = marked(reader.get("/measures/jira-main/10001").text)
    assert ("APPROVAL_MISSING" in page, "M. Brandt rejected Detailed" in reader.text("/work")) == (expected, expected)


ACCOUNTS = {Role.OWNER: "k", Role.SPONSOR: "b", Role.CONTROLLER: "w", Role.STEERING_COMMITTEE: "z"}
SEEING = (RoleGrant(AccessRole.VIEWER, ("IT",)),)
APPROVALS = {
    "APPROVAL_MISSING": ApprovalKind.APPROVAL,
    "CONTROLLER_SIZE": ApprovalKind.SIZE_AND_TIMING,
    "STEERCO_DECISION": ApprovalKind.APPROVAL,
    "CONTROLLER_CONFIRM": ApprovalKind.ACTUAL_EFFECT,
}
COMMITTEE = """
committees:
  - {name: IT Board, programs: [Cloud exit], members: [z, y]}
"""


def everything(verdict: Verdict) -> Verdict:
    """Every code with every role that might have to act, and with the administrator and two at once."""
    people: dict[str, tuple[Responsible, ...]] = {
        role.value: (Responsible(role, "Somebody", ACCOUNTS[role]),) for role in (*HELD_ROLES, Role.STEERING_COMMITTEE)
    }
    people |= {"administrator": ADMINISTRATOR, "two": (*people["owner"], *people["sponsor"])}
    checklist = tuple(
        ConditionResult(
            "detailed", code, subject, Outcome.UNMET, "", "", f"{code} of {subject}", who,
            Approval(APPROVALS[code], ApprovalState.EXPIRED) if code in APPROVALS else None,
        )
        for code in CODES
        for subject, who in people.items()
    )  # fmt: skip
    blockers = tuple(
        Blocker(
            one.key, one.code, one.subject, one.stage, one.reason, f"Cannot move into Detailed yet: {one.reason}", one.responsible,
            NOW, one.approval,
        )
        for one in checklist
    )  # fmt: skip
    return replace(
        verdict, gate=GateState.BLOCKED, checklist=checklist, blockers=blockers, off_ramp=None, deviation=None
    )


def asked(*roles: Role) -> Deviation:
    requests = tuple(ReasonRequest(Responsible(role, "Somebody"), NOW) for role in roles)
    return Deviation(NOW, reason_requests=requests, slip_days=20)


def off_ramp(kind: OffRampKind) -> OffRamp:
    return OffRamp(kind, "M. Brandt", NOW, "later")


STATES = {
    "on the road": {},
    "a deviation, the owner asked": {"deviation": asked(Role.OWNER)},
    "a deviation, the ladder climbed": {"deviation": asked(*HELD_ROLES, Role.STEERING_COMMITTEE)},
    "on hold": {"off_ramp": off_ramp(OffRampKind.ON_HOLD)},
    "cancelled": {"off_ramp": off_ramp(OffRampKind.CANCELLED)},
    "killed": {"off_ramp": off_ramp(OffRampKind.KILLED)},
}


@pytest.fixture
def board(database: object, tmp_path: Path) -> Iterator[ApiServer]:
    """With a steering committee."""
    loaded = load_mapping(MAPPING + COMMITTEE)
    assert isinstance(loaded, LoadedMapping)
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def test_both_pages_say_the_same_of_every_code_and_role(board: ApiServer) -> None:
    """The reason of a deviation has another text on My work, and is compared by its code."""
    engine = board.services.engine
    with engine.connect() as connection:
        (row,) = measure_queries.find_measures(connection, "jira-main/10001")
    every = everything(verdict_of(row))
    for name, state in STATES.items():
        changed = replace(every, **state)  # type: ignore[arg-type]
        changed = replace(changed, reason_requests=changed.deviation.reason_requests if changed.deviation else ())
        with engine.begin() as transaction:
            transaction.exec_driver_sql(
                "UPDATE measure SET verdict = %(verdict)s::jsonb WHERE id = 'jira-main/10001'",
                {"verdict": json.dumps(verdict_to_json(changed))},
            )
        for role, account in ACCOUNTS.items():
            me = Viewer(None, "x", "X", SEEING, frozenset({ToolAccount("jira-main", account)}))
            with read_as(engine, me) as connection:
                work = load_my_work(connection, me, NOW.date(), committee_programs=("Cloud exit",))
            with engine.connect() as connection:
                (row,) = measure_queries.find_measures(connection, "jira-main/10001")
                found = measure_snapshot(connection, row)
            gate = show.gate_view(found.verdict, found.roles_of([account], NOW))
            waiting = {
                reason.code if reason.code == show.UNEXPLAINED else reason.text
                for thing in work.tasks
                if thing.key == "ITX-1"
                for reason in thing.reasons
            }
            marked = {
                one.code if one.code == show.UNEXPLAINED else one.text for one in gate.open_conditions if one.is_readers
            }
            assert waiting == marked, f"{name}, {role}"
            if not state:
                others = [code for code in CODES if code not in {show.UNEXPLAINED, "ON_HOLD", "CANCELLED"}]
                assert {f"{code} of {role}" for code in others} <= marked
