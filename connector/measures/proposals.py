"""A chosen scenario becomes proposals; those who decide on a measure accept or decline them with their own authority.

Choosing decides nothing.  An accepted proposal is given as the decider's own command and ruled on like any other: a
hold for what is paused, or deferred before its plan is locked; a re-baseline for what is deferred afterwards; a
cancellation for what is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services
from connector.measures.my_work import committee_programs
from connector.measures.speaker import officer, speaker_of
from connector.measures.submit_command import submit_command
from connector.measures.tradeoffs import NotAsked, asked_by, choices_of, figures_now, find_scenario
from connector.people.permissions import CHOOSING_ROLES, HIERARCHY_LEVELS, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import visible_to
from connector.store.database.tables import MEASURE
from connector.store.measures import measure_queries
from connector.store.measures.measure_details import measure_snapshot
from connector.store.reporting.scenarios import (
    ChooseState,
    Proposal,
    ProposalState,
    Scenario,
    Scenarios,
    proposals,
    proposals_to_decide,
)
from connector.sync.command_submission import SubmissionChannel, SubmissionRefused
from governance.available_actions import available_actions
from governance.evidence import Verb
from governance.levers import Lever
from governance.measure import MeasureId
from governance.time_text import day_text
from governance.tradeoffs import Goal
from mapping.policy import Policies

LONGEST_REASON = 500
_EVERYTHING = Viewer(person=None, login="", name="Gatepost", grants=(RoleGrant(Role.OFFICE),))


class DecisionState(StrEnum):
    DONE = "done"
    NOT_YOURS = "not_yours"
    """Somebody else decides, or nobody who is signed in so."""
    NOT_POSSIBLE = "not_possible"
    """It is the viewer's to decide, and cannot be given now; the text says what is in the way."""
    GONE = "gone"
    """It is not there, or was decided on."""
    WRONG = "wrong"
    """Something is missing in what was sent."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a choice, an acceptance or a refusal."""

    state: DecisionState
    text: str
    command_number: int | None = None

    @property
    def is_done(self) -> bool:
        return self.state is DecisionState.DONE


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal that the viewer decides on."""

    proposal: Proposal
    command: str
    """What an acceptance gives."""
    verb: Verb
    problem: str
    """Why it cannot be accepted now; empty when it can."""


def choose(services: Services, viewer: Viewer, scenario: Scenario, now: datetime) -> Decision:
    """Make the proposals of a scenario; refused when one of its choices is not possible any more."""
    if viewer.service_account is not None or viewer.person is None:
        return Decision(DecisionState.NOT_YOURS, f"{viewer.name} is no person: people choose a scenario.")
    if not viewer.is_any(CHOOSING_ROLES):
        return Decision(DecisionState.NOT_YOURS, "A sponsor, a controller or the transformation office chooses.")
    if scenario.known_at is not None:
        text = f"The scenario is of {day_text(scenario.known_at)}: save it anew with the figures of today to choose it."
        return Decision(DecisionState.NOT_POSSIBLE, text)
    present = figures_now(services, viewer, asked_by(scenario), choices_of(scenario))
    if present.impossible:
        first = present.impossible[0]
        return Decision(DecisionState.NOT_POSSIBLE, f"{first.key}: {first.text}. Save the scenario anew without it.")
    result = Scenarios(services.engine).choose(scenario, viewer.login, now)
    if result.state is ChooseState.ASKED_ALREADY:
        keys = ", ".join(result.keys)
        return Decision(DecisionState.NOT_POSSIBLE, f"Of {keys} another scenario proposes something already.")
    if result.state is ChooseState.WAS_CHOSEN:
        return Decision(DecisionState.GONE, "The scenario was chosen before.")
    many = len(scenario.figures.parts)
    asked = "1 proposal waits" if many == 1 else f"{many} proposals wait"
    return Decision(DecisionState.DONE, f"Chosen: {asked} on My work of those who decide. Nothing is changed yet.")


def open_proposals(
    services: Services, connection: Connection, viewer: Viewer, now: datetime
) -> tuple[OpenProposal, ...]:
    """Those that the viewer decides on, by a role of the measure that may give the command."""
    active = MappingCache(services.mappings).active()
    if active is None or viewer.service_account is not None:
        return ()
    seats = committee_programs(active.config, viewer)
    found = (
        _decided_by(connection, viewer, active.policies, one, now)
        for one in proposals_to_decide(connection, sorted(viewer.accounts), seats)
    )
    return tuple(one for one in found if one is not None)


def accept(services: Services, viewer: Viewer, number: int, via: SubmissionChannel, now: datetime) -> Decision:
    """Give a proposal as the viewer's own command."""
    found = _open(services, viewer, number, now)
    if isinstance(found, Decision):
        return found
    if found.problem:
        return Decision(DecisionState.NOT_POSSIBLE, found.problem)
    # A re-baseline is asked for after its dates were moved: by then the figures are others, and its approvers see them.
    changed = "" if found.verb is Verb.REBASELINE else _changed_since(services, found.proposal)
    if changed:
        return Decision(DecisionState.NOT_POSSIBLE, changed)
    proposal, store = found.proposal, Scenarios(services.engine)
    if not store.claim(proposal, viewer.login, now):
        return _gone()
    try:
        reply = submit_command(services, viewer, MeasureId(proposal.measure), found.command, via)
    except BaseException:
        store.release(proposal)
        raise
    if isinstance(reply, SubmissionRefused):
        store.release(proposal)
        return Decision(DecisionState.NOT_POSSIBLE, f"{reply.problem} {reply.hint}")
    store.record_accepted(proposal, found.command, reply.number, viewer.login)
    return Decision(DecisionState.DONE, f"{proposal.key}: {found.command} is given by {viewer.name}.", reply.number)


def decline(services: Services, viewer: Viewer, number: int, reason: str, now: datetime) -> Decision:
    """Say no, with a reason; whoever may accept may decline."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        return Decision(DecisionState.WRONG, f"Give the reason, in up to {LONGEST_REASON} characters.")
    found = _open(services, viewer, number, now)
    if isinstance(found, Decision):
        return found
    if not Scenarios(services.engine).decline(found.proposal, reason, viewer.login, now):
        return _gone()
    return Decision(DecisionState.DONE, f"{found.proposal.key}: declined.")


def withdraw(services: Services, viewer: Viewer, number: int, now: datetime) -> Decision:
    """Take an open proposal back; whoever proposed it may."""
    with services.read_as(viewer) as connection:
        found = next(iter(proposals(connection, number=number, states=[ProposalState.OPEN])), None)
    if found is None:
        return _gone()
    if viewer.service_account is not None or found.proposed_by != viewer.login:
        return Decision(DecisionState.NOT_YOURS, f"{found.proposed_by} proposed it, and may take it back.")
    if not Scenarios(services.engine).withdraw(found, viewer.login, now):
        return _gone()
    return Decision(DecisionState.DONE, f"{found.key}: withdrawn.")


def _open(services: Services, viewer: Viewer, number: int, now: datetime) -> OpenProposal | Decision:
    policies = _policies(services)
    if policies is None:
        return Decision(DecisionState.NOT_POSSIBLE, "There is no active mapping, so nothing can be decided here.")
    with services.read_as(viewer) as connection:
        found = next(iter(proposals(connection, number=number, states=[ProposalState.OPEN])), None)
        if found is None:
            return _gone()
        mine = None
        if viewer.service_account is None:
            mine = _decided_by(connection, viewer, policies, found, now)
    if mine is None:
        return Decision(DecisionState.NOT_YOURS, f"{found.key}: others decide on this, by their role of the measure.")
    return mine


def _changed_since(services: Services, proposal: Proposal) -> str:
    """Why a proposal does not hold any more with the figures of now; empty when it does.

    The whole scenario is worked out again, as whoever sees everything: of it only what is said of this measure is told.
    """
    scenario = find_scenario(services, _EVERYTHING, proposal.scenario)
    if scenario is None:
        return ""
    again = "Whoever proposed it may withdraw it, and choose a scenario with the figures of today."
    try:
        present = figures_now(services, _EVERYTHING, asked_by(scenario), choices_of(scenario))
    except NotAsked:
        return f"{proposal.key}: what it would free is not known now. {again}"
    impossible = next((one for one in present.impossible if one.id == proposal.measure), None)
    if impossible is not None:
        return f"{proposal.key} has changed since it was proposed: {impossible.text}. {again}"
    part = next(one for one in present.parts if one.id == proposal.measure)
    before = (round(proposal.relief, 2), round(proposal.given_up, 2))
    now = (round(part.relief, 2), round(part.given_up, 2))
    if now == before:
        return ""
    freed, given_up = (f"{amount:,.2f} {proposal.currency}" for amount in now)
    if proposal.goal is Goal.CAPACITY:
        freed = f"{now[0]:,.1f} hours a month"
    return f"{proposal.key} has changed since it was proposed: now it frees {freed} and gives up {given_up}. {again}"


def _decided_by(
    connection: Connection, viewer: Viewer, policies: Policies, proposal: Proposal, now: datetime
) -> OpenProposal | None:
    """``None`` for whoever holds no role that may give the command."""
    rows = measure_queries.find_measures(
        connection, proposal.measure, visible_to(viewer) & (MEASURE.c.id == proposal.measure)
    )
    person = speaker_of(viewer, proposal.measure.partition("/")[0])
    if not rows or person is None:
        return None
    row, snapshot = rows[0], measure_snapshot(connection, rows[0])
    policy = policies.of(snapshot.measure, snapshot.plan)
    verb = _verb(proposal.lever, locked=snapshot.plan is not None)
    officers = officer(viewer, tuple(row[level] for level in HIERARCHY_LEVELS), row["legal_entity"])
    context = snapshot.action_context(policy, officers)
    if not context.command_context.acting_roles(person, policy.command_roles.get(verb, ()), now):
        return None
    command = f"/{verb.value} {proposal.text.lower()}, as scenario {proposal.scenario} proposes"
    action = next((one for one in available_actions(context, person, now) if one.verb is verb), None)
    if action is not None and action.allowed:
        return OpenProposal(proposal, command, verb, "")
    if action is not None:
        return OpenProposal(proposal, command, verb, action.problem or f"{proposal.key}: {action.who} may.")
    if verb is Verb.REBASELINE:
        problem = (
            f"{proposal.key}: put the dates of the plan off by {_months(proposal.months)} in the tool first, "
            "then accept: that asks for the re-baseline. A re-baseline that is asked for already is decided first."
        )
        return OpenProposal(proposal, command, verb, problem)
    off_ramp = snapshot.state.off_ramp
    state = (
        f"it is {off_ramp.kind.label.lower()} since {day_text(off_ramp.at)}" if off_ramp is not None else "see there"
    )
    return OpenProposal(proposal, command, verb, f"{proposal.key}: this is not possible in its present state: {state}.")


def _verb(lever: Lever, *, locked: bool) -> Verb:
    if lever is Lever.STOP:
        return Verb.CANCEL
    return Verb.REBASELINE if lever is Lever.DEFER and locked else Verb.HOLD


def _months(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"


def _gone() -> Decision:
    return Decision(DecisionState.GONE, "This proposal is not open: somebody has decided on it, or it is not there.")


def _policies(services: Services) -> Policies | None:
    active = MappingCache(services.mappings).active()
    return active.policies if active else None
