"""Saved scenarios, and the proposals that a chosen one becomes; the audit keeps who chose and who decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from connector.people.permissions import ToolAccount
from connector.store.database import audit
from connector.store.database.json_codec import from_json, to_json
from connector.store.database.number_order import page_by_number
from connector.store.database.tables import COMMAND, MEASURE, SCENARIO, SCENARIO_PROPOSAL
from governance.levers import Lever, lever_text
from governance.scenario import ScenarioFigures
from governance.tradeoffs import Candidate, Goal

SAVED, CHOSEN, PROPOSED = "scenario.saved", "scenario.chosen", "proposal.made"
ACCEPTED, DECLINED, WITHDRAWN = "proposal.accepted", "proposal.declined", "proposal.withdrawn"
"""Names in the audit."""


class ProposalState(StrEnum):
    OPEN = "open"
    GIVING = "giving"
    """Somebody is accepting it just now."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewScenario:
    """What is saved of a scenario."""

    name: str
    people: tuple[str, ...]
    because_of: str
    portfolio: str | None
    program: str | None
    as_of: datetime
    figures: ScenarioFigures
    known_at: datetime | None = None
    """The moment of the past as of which it was made; ``None`` for one of its present."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A saved scenario, with the figures that it was saved with."""

    id: int
    name: str
    people: tuple[str, ...]
    because_of: str
    """The measure that slips; empty for a cut budget."""
    portfolio: str | None
    program: str | None
    as_of: datetime
    figures: ScenarioFigures
    saved_by: str
    saved_at: datetime
    chosen_by: str | None
    chosen_at: datetime | None
    known_at: datetime | None = None
    """The moment of the past as of which it was made; such a one is compared, and never chosen."""

    @property
    def is_chosen(self) -> bool:
        return self.chosen_at is not None

    @property
    def may_be_chosen(self) -> bool:
        return self.chosen_at is None and self.known_at is None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What those who decide on one measure are asked."""

    id: int
    scenario: int
    measure: str
    key: str
    title: str
    lever: Lever
    months: int
    goal: Goal
    relief: Decimal
    given_up: Decimal
    currency: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    command: str
    given: int | None

    @property
    def text(self) -> str:
        """``Defer by 3 months``"""
        return lever_text(self.lever, self.months)


class ChooseState(StrEnum):
    CHOSEN = "chosen"
    WAS_CHOSEN = "was_chosen"
    ASKED_ALREADY = "asked_already"
    """Of some of its measures something is proposed already, by another scenario."""


@dataclass(frozen=True, slots=True)
class ChooseResult:
    state: ChooseState
    keys: tuple[str, ...] = ()
    """Of the measures that are in the way."""


class _NotChosen(Exception):
    """Takes everything of the transaction back."""

    def __init__(self, result: ChooseResult) -> None:
        super().__init__(result.state)
        self.result = result


def scenarios(
    connection: Connection,
    *,
    number: int | None = None,
    after: int | None = None,
    limit: int = 200,
    oldest_first: bool = False,
) -> tuple[Scenario, ...]:
    """Those that the reader sees, the newest first; the connection reads as them."""
    columns = SCENARIO.c
    query = select(SCENARIO) if number is None else select(SCENARIO).where(columns.id == number)
    asked = page_by_number(query, columns.id, after=after, limit=limit, oldest_first=oldest_first)
    return tuple(_scenario(row) for row in connection.execute(asked))


def proposals(
    connection: Connection,
    *,
    scenario: int | None = None,
    number: int | None = None,
    states: Sequence[ProposalState] = (),
    after: int | None = None,
    limit: int = 500,
    oldest_first: bool = False,
) -> tuple[Proposal, ...]:
    """Those that the reader sees, the newest first."""
    columns = SCENARIO_PROPOSAL.c
    query = select(SCENARIO_PROPOSAL, MEASURE.c.key, MEASURE.c.title).join(MEASURE, MEASURE.c.id == columns.measure_id)
    for column, value in ((columns.scenario_id, scenario), (columns.id, number)):
        if value is not None:
            query = query.where(column == value)
    if states:
        query = query.where(columns.state.in_([one.value for one in states]))
    asked = page_by_number(query, columns.id, after=after, limit=limit, oldest_first=oldest_first)
    return tuple(_proposal(row) for row in connection.execute(asked))


def proposals_to_decide(
    connection: Connection, accounts: Sequence[ToolAccount], seats: Sequence[str]
) -> tuple[Proposal, ...]:
    """Open ones of measures of which these accounts hold a role, sit in the committee, or deputise for somebody."""
    if not accounts:
        return ()
    columns = MEASURE.c
    ids = [one.id for one in accounts]
    held = [
        (columns.connection == one.connection)
        & or_(*(columns[f"{role}_id"] == one.id for role in ("owner", "sponsor", "controller")))
        for one in accounts
    ]
    delegated = exists().where(
        COMMAND.c.measure_id == columns.id, COMMAND.c.verb == "delegate", COMMAND.c.accepted,
        func.lower(COMMAND.c.content["delegate"].astext).in_([one.lower() for one in ids]),
    )  # fmt: skip
    mine = or_(*held, columns.program.in_(list(seats)), delegated)
    query = (
        select(SCENARIO_PROPOSAL, columns.key, columns.title)
        .join(MEASURE, columns.id == SCENARIO_PROPOSAL.c.measure_id)
        .where(SCENARIO_PROPOSAL.c.state == ProposalState.OPEN.value, mine)
        .order_by(SCENARIO_PROPOSAL.c.id)
        .limit(200)
    )
    return tuple(_proposal(row) for row in connection.execute(query))


class Scenarios:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, new: NewScenario, by: str, now: datetime) -> int:
        """The number of the scenario."""
        named = {part.id for part in new.figures.parts} | {one.id for one in new.figures.impossible}
        named |= {each.id for part in new.figures.parts for each in part.knock_on}
        if new.because_of:
            named.add(new.because_of)
        with self._engine.begin() as transaction:
            number: int = transaction.execute(
                insert(SCENARIO)
                .values(
                    name=new.name, people=list(new.people), because_of=new.because_of, portfolio=new.portfolio,
                    program=new.program, as_of=new.as_of, known_at=new.known_at, figures=to_json(new.figures),
                    measures=sorted(named), saved_by=by, saved_at=now,
                )
                .returning(SCENARIO.c.id)
            ).scalar_one()  # fmt: skip
            detail = {"name": new.name, "measures": len(new.figures.parts), "people": list(new.people)}
            audit.record(
                transaction, [{"actor": by, "action": SAVED, "subject": f"scenario/{number}", "detail": detail}]
            )
        return number

    def choose(self, scenario: Scenario, by: str, now: datetime) -> ChooseResult:
        """Make its proposals, all of them or none."""
        try:
            self._choose(scenario, by, now)
        except _NotChosen as problem:
            return problem.result
        return ChooseResult(ChooseState.CHOSEN)

    def _choose(self, scenario: Scenario, by: str, now: datetime) -> None:
        with self._engine.begin() as transaction:
            columns = SCENARIO.c
            taken = update(SCENARIO).where(columns.id == scenario.id, columns.chosen_at.is_(None))
            if not transaction.execute(taken.values(chosen_by=by, chosen_at=now)).rowcount:
                raise _NotChosen(ChooseResult(ChooseState.WAS_CHOSEN))
            asked = tuple(
                part.key for part in scenario.figures.parts if not self._propose(transaction, scenario, part, by, now)
            )
            if asked:
                raise _NotChosen(ChooseResult(ChooseState.ASKED_ALREADY, asked))
            entries: list[dict[str, Any]] = [
                _entry(by, PROPOSED, part.id, _proposed_text(scenario.id, part), scenario=scenario.id)
                for part in scenario.figures.parts
            ]
            chosen = {"name": scenario.name, "proposals": len(scenario.figures.parts)}
            entries.append({"actor": by, "action": CHOSEN, "subject": f"scenario/{scenario.id}", "detail": chosen})
            audit.record(transaction, entries)

    def _propose(self, transaction: Connection, scenario: Scenario, part: Candidate, by: str, now: datetime) -> bool:
        question = scenario.figures.question
        statement = insert_or(SCENARIO_PROPOSAL).values(
            scenario_id=scenario.id, measure_id=part.id, lever=part.lever.value, months=part.months,
            goal=question.goal.value, relief=part.relief, given_up=part.given_up, currency=question.currency,
            proposed_by=by, proposed_at=now,
        )  # fmt: skip
        made = statement.on_conflict_do_nothing().returning(SCENARIO_PROPOSAL.c.id)
        return transaction.execute(made).scalar() is not None

    def claim(self, proposal: Proposal, by: str, now: datetime) -> bool:
        """Take an open proposal to give it; false when somebody else has decided on it."""
        return self._decide(proposal, ProposalState.GIVING, by, now, ())

    def release(self, proposal: Proposal) -> None:
        """It could not be given: it is open again."""
        with self._engine.begin() as transaction:
            columns = SCENARIO_PROPOSAL.c
            transaction.execute(
                update(SCENARIO_PROPOSAL)
                .where(columns.id == proposal.id, columns.state == ProposalState.GIVING.value)
                .values(state=ProposalState.OPEN.value, decided_by=None, decided_at=None)
            )

    def record_accepted(self, proposal: Proposal, command: str, given: int, by: str) -> None:
        """It was given as the command of that number."""
        text = f"{proposal.text}, proposed by scenario {proposal.scenario}: accepted as {command}"
        with self._engine.begin() as transaction:
            transaction.execute(
                update(SCENARIO_PROPOSAL)
                .where(SCENARIO_PROPOSAL.c.id == proposal.id)
                .values(state=ProposalState.ACCEPTED.value, command=command, given=given)
            )
            audit.record(
                transaction,
                [_entry(by, ACCEPTED, proposal.measure, text, proposal=proposal.id, command_number=given)],
            )

    def decline(self, proposal: Proposal, reason: str, by: str, now: datetime) -> bool:
        """False when somebody else has decided on it."""
        text = f"{proposal.text}, proposed by scenario {proposal.scenario}: declined: {reason}"
        entry = _entry(by, DECLINED, proposal.measure, text, proposal=proposal.id, reason=reason)
        return self._decide(proposal, ProposalState.DECLINED, by, now, [entry], reason)

    def withdraw(self, proposal: Proposal, by: str, now: datetime) -> bool:
        """Whoever chose the scenario takes an open proposal back."""
        text = f"{proposal.text}, proposed by scenario {proposal.scenario}: withdrawn"
        entry = _entry(by, WITHDRAWN, proposal.measure, text, proposal=proposal.id)
        return self._decide(proposal, ProposalState.WITHDRAWN, by, now, [entry])

    def _decide(
        self, proposal: Proposal, state: ProposalState, by: str, now: datetime, entries: Iterable[Any], reason: str = ""
    ) -> bool:
        columns = SCENARIO_PROPOSAL.c
        taken = update(SCENARIO_PROPOSAL).where(
            columns.id == proposal.id, columns.state == ProposalState.OPEN.value
        )  # fmt: skip
        with self._engine.begin() as transaction:
            values = {"state": state.value, "decided_by": by, "decided_at": now, "reason": reason}
            if transaction.execute(taken.values(values)).rowcount != 1:
                return False
            noted = list(entries)
            if noted:
                audit.record(transaction, noted)
        return True


def _entry(by: str, action: str, measure: str, text: str, **more: object) -> dict[str, Any]:
    return {"actor": by, "action": action, "subject": measure, "detail": {"text": text, **more}}


def _proposed_text(scenario: int, part: Candidate) -> str:
    return f"{lever_text(part.lever, part.months)}: proposed by scenario {scenario}"


def _scenario(row: Any) -> Scenario:
    return Scenario(
        row.id, row.name, tuple(row.people), row.because_of, row.portfolio, row.program, row.as_of,
        from_json(ScenarioFigures, row.figures), row.saved_by, row.saved_at, row.chosen_by, row.chosen_at,
        row.known_at,
    )  # fmt: skip


def _proposal(row: Any) -> Proposal:
    return Proposal(
        row.id, row.scenario_id, row.measure_id, row.key, row.title or row.key, Lever(row.lever), row.months,
        Goal(row.goal), row.relief, row.given_up, row.currency, ProposalState(row.state), row.proposed_by,
        row.proposed_at, row.decided_by, row.decided_at, row.reason, row.command, row.given,
    )  # fmt: skip
