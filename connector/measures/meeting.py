"""Decisions of a meeting: entered once with the minutes' reference, and given as commands by those who may.

Whoever enters a decision gives it at once where they may themselves.  What they may not stays open on *My work* of the
people who may: minutes are no account of the tool, and nobody approves in another person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services
from connector.measures.speaker import officer, speaker_of
from connector.measures.submit_command import submit_command
from connector.people.permissions import HIERARCHY_LEVELS, Viewer
from connector.store.database.row_level_access import visible_to
from connector.store.database.tables import MEASURE
from connector.store.measures import measure_queries
from connector.store.measures.measure_details import measure_snapshot
from connector.store.reporting.meeting_decisions import MeetingDecision, MeetingDecisions, decisions
from connector.sync.command_submission import SubmissionChannel, SubmissionRefused, command_problem
from governance.available_actions import available_actions
from governance.command_grammar import parse_commands
from governance.evidence import Verb
from governance.measure import MeasureId
from mapping.policy import Policies

DECIDED_VERBS = (Verb.APPROVE, Verb.REJECT, Verb.HOLD, Verb.RESUME, Verb.CANCEL, Verb.REASON)
"""What a meeting may decide; amounts are confirmed by the controller alone."""
LONGEST_REFERENCE = 100


class EntryState(StrEnum):
    GIVEN = "given"
    """It was given as a command by whoever entered it."""
    OPEN = "open"
    """It waits on My work of those who may."""
    REFUSED = "refused"
    """Nothing was entered; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one decision."""

    state: EntryState
    text: str
    command_number: int | None = None


def check(services: Services, viewer: Viewer, measure: str, command: str, now: datetime) -> Entry:
    """What would become of a decision, without entering it."""
    policies = _policies(services)
    if policies is None:
        return _refused("There is no active mapping, so nothing can be decided here.")
    with services.read_as(viewer) as connection:
        found = measure_queries.find_measures(connection, measure, visible_to(viewer) & (MEASURE.c.id == measure))
        if not found:
            return _refused(f"There is no measure {measure} that {viewer.name} may see.")
        snapshot = measure_snapshot(connection, found[0])
        row = found[0]
    policy = policies.of(snapshot.measure, snapshot.plan)
    problem = command_problem(command, policy)
    if problem is not None:
        return _refused(f"{problem.problem} {problem.hint}")
    parsed = parse_commands(command, policy)[0]
    if parsed.verb not in DECIDED_VERBS:
        verbs = ", ".join(f"/{verb.value}" for verb in DECIDED_VERBS)
        return _refused(f"/{parsed.verb.value} is nothing that a meeting decides: {verbs}.")
    officers = officer(viewer, tuple(row[level] for level in HIERARCHY_LEVELS), row["legal_entity"])
    offered = available_actions(snapshot.action_context(policy, officers), speaker_of(viewer, row["connection"]), now)
    action = next((one for one in offered if (one.verb, one.stage) == (parsed.verb, parsed.stage)), None)
    if action is None:
        return Entry(EntryState.OPEN, f"{row['key']}: {command} is not possible now; it stays open until it is.")
    if not action.allowed:
        return Entry(EntryState.OPEN, f"{row['key']}: {command} waits for {action.who or 'whoever may'}.")
    return Entry(EntryState.GIVEN, f"{row['key']}: {command} is given by {viewer.name}.")


def enter(
    services: Services,
    viewer: Viewer,
    measure: str,
    command: str,
    minutes: str,
    met_on: date,
    now: datetime,
    *,
    report_id: str | None = None,
) -> Entry:
    """Enter one decision, and give it where the viewer may; the audit and the measure's timeline name the minutes."""
    command, minutes = " ".join(command.split()), " ".join(minutes.split())
    if not minutes or len(minutes) > LONGEST_REFERENCE:
        return _refused(f"Name the minutes, in up to {LONGEST_REFERENCE} characters: they are all that readers have.")
    if met_on > now.date():
        return _refused(f"The meeting of {met_on} has not taken place yet.")
    expected = check(services, viewer, measure, command, now)
    if expected.state is EntryState.REFUSED:
        return expected
    store = MeetingDecisions(services.engine)
    number = store.enter(measure, command, minutes, met_on, report_id=report_id, by=viewer.login, now=now)
    if number is None:
        return _refused(f"{command} of the minutes {minutes} was entered before; nothing is entered twice.")
    if expected.state is EntryState.OPEN:
        return expected
    return give(services, viewer, number, now)


def give(services: Services, viewer: Viewer, number: int, now: datetime) -> Entry:
    """Give an open decision as the viewer's own command, where they may."""
    with services.read_as(viewer) as connection:
        found = decisions(connection, number=number, only_open=True)
    if not found:
        return _refused("This decision is not open any more: somebody has given it.")
    decision, store = found[0], MeetingDecisions(services.engine)
    expected = check(services, viewer, decision.measure, decision.command, now)
    if expected.state is not EntryState.GIVEN:
        return expected
    if not store.claim(decision, viewer.login, now):
        return _refused("This decision is not open any more: somebody has given it.")
    try:
        reply = submit_command(
            services, viewer, MeasureId(decision.measure), with_minutes(decision), SubmissionChannel.PAGE
        )
    except BaseException:
        store.release(decision)
        raise
    if isinstance(reply, SubmissionRefused):
        store.release(decision)
        return _refused(f"{reply.problem} {reply.hint}")
    store.record_given(decision, reply.number, viewer.login)
    return Entry(EntryState.GIVEN, expected.text, reply.number)


def with_minutes(decision: MeetingDecision) -> str:
    """The command with the minutes behind its reason; one without a reason stays as it is."""
    word = decision.command.partition(" ")[0].removeprefix("/")
    if word in {Verb.APPROVE.value, Verb.RESUME.value}:
        return decision.command
    return f"{decision.command} (minutes {decision.minutes})"


def open_for(services: Services, connection: Connection, viewer: Viewer, now: datetime) -> tuple[MeetingDecision, ...]:
    """Open decisions that the viewer may give now."""
    return tuple(
        one
        for one in decisions(connection, only_open=True)
        if check(services, viewer, one.measure, one.command, now).state is EntryState.GIVEN
    )


def _policies(services: Services) -> Policies | None:
    active = MappingCache(services.mappings).active()
    return active.policies if active else None


def _refused(text: str) -> Entry:
    return Entry(EntryState.REFUSED, text)
