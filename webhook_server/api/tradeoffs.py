"""What could be deferred, paused or stopped; scenarios, two of them side by side, and what a chosen one proposes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.measures.proposals import Decision, DecisionState, accept, choose, decline, withdraw
from connector.measures.tradeoffs import (
    MOST_CHOICES,
    MOST_MONTHS,
    Asked,
    NotAsked,
    asked_by,
    choices_of,
    figures_now,
    find_scenario,
    may_save,
    save_scenario,
    tradeoffs,
)
from connector.people.permissions import Action, TokenScope
from connector.store.reporting.scenarios import Proposal, ProposalState, Scenario, proposals, scenarios
from connector.sync.command_submission import SubmissionChannel
from governance.levers import Lever
from governance.scenario import Choice, ScenarioFigures, compare_scenarios
from governance.tradeoffs import Candidate, Goal, NoCandidate, agreement_text
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem, ProblemCode
from webhook_server.api.values import (
    NEWEST_FIRST,
    Amount,
    LongText,
    Model,
    NumberSort,
    Page,
    PageQuery,
    ShortText,
    make_page,
    number_cursor,
)

CENT = Decimal("0.01")
Need = Annotated[str, Field(pattern=r"^\d{1,15}(\.\d{1,4})?$", examples=["250000"])]
ON = "As known on a day of the past (2026-06-30, until its end in UTC) or at a moment (2026-06-30T12:00Z)."
Months = Annotated[int, Field(ge=1, le=MOST_MONTHS, examples=[3])]
GOAL = "What is to be preserved: the result of the fiscal year, its budget, or hours a month."
NEED = (
    "How much: an amount in the reporting currency, or hours a month; without it what the measure that slips costs the "
    "fiscal year."
)


class TradeoffsQuery(Model):
    goal: Goal = Field(default=Goal.MARGIN, description=GOAL)
    need: Need | None = Field(default=None, description=NEED)
    months: Months = Field(default=3, description="By how many months something would be put off.")
    portfolio: ShortText | None = Field(default=None, description="Only measures of this portfolio.")
    program: ShortText | None = Field(default=None, description="Only measures of this program.")
    slips: ShortText | None = Field(default=None, description="Id of the measure that slips.")
    on: ShortText | None = Field(default=None, description=ON)


class LeverEffectModel(Model):
    in_year_recurring: Amount | None = Field(description="Change of the recurring result of the fiscal year.")
    in_year_one_off: Amount | None = Field(description="Change of the one-off effect of the fiscal year.")
    in_year_capex: Amount | None = Field(description="Change of the capex of the fiscal year; positive is not spent.")
    all_recurring: Amount | None = Field(description="Change of the recurring result of all months.")
    all_spend: Amount | None = Field(description="Change of one-off effect and capex of all months.")


class KnockOnModel(Model):
    measure: str
    key: str
    in_year: Amount | None = Field(description="Change of its recurring result of the fiscal year.")
    all_months: Amount | None = Field(description="Change of its recurring result of all months.")


class AgreementModel(Model):
    role: str = Field(description="Key of the role.")
    name: str = Field(description="Who holds it; empty where nobody is named.")
    part: str = Field(description="asks or approves, for a re-baseline; empty: any one of these is enough.")


class CandidateModel(Model):
    measure: str
    key: str
    title: str
    owner: str
    program: str
    lever: Lever
    months: int = Field(description="By which it is put off; 0 for what is stopped.")
    relief: Amount | None = Field(description="What it frees of the result or the budget; null for capacity.")
    relief_hours: str | None = Field(description="Hours a month that it frees; null unless that is the goal.")
    given_up: Amount | None = Field(description="What all months lose by it; below zero it is worth more not to do it.")
    price: str | None = Field(description="Given up for one unit of relief.", examples=["0.42"])
    effect: LeverEffectModel
    waiting: list[KnockOnModel] = Field(description="What happens to measures that wait for it.")
    agreement: str = Field(description="Who would have to agree, as a sentence.")
    agreements: list[AgreementModel]


class ExcludedModel(Model):
    measure: str
    key: str
    title: str
    reason: NoCandidate
    text: str


class RankedTradeoffs(Model):
    goal: Goal
    need: Amount | None
    need_hours: str | None
    months: int
    year: str = Field(description="The fiscal year that counts.", examples=["FY 2026"])
    first_month: str = Field(description="The first month that anything changes.", examples=["2026-12"])
    as_of: datetime = Field(description="The moment of the figures.")
    is_whole: bool = Field(description="Whether all measures of the part were ranked, or those with the most to spend.")
    can_be_met: bool
    proposed: list[str] = Field(description="Ids of the measures that the cheapest way touches, in its order.")
    candidates: list[CandidateModel] = Field(description="The cheapest first.")
    excluded: list[ExcludedModel] = Field(description="Measures that are no candidates.")


class NewChoice(Model):
    measure: ShortText = Field(description="Id of the measure.")
    lever: Lever
    months: Annotated[int, Field(ge=0, le=MOST_MONTHS)] = Field(default=0, description="By which it is put off.")


class NewScenarioModel(Model):
    name: ShortText
    people: Annotated[list[ShortText], Field(max_length=50)] = Field(default=[], description="Who works on it.")
    goal: Goal = Field(default=Goal.MARGIN, description=GOAL)
    need: Need | None = Field(default=None, description=NEED)
    portfolio: ShortText | None = None
    program: ShortText | None = None
    slips: ShortText | None = Field(default=None, description="Id of the measure that slips.")
    on: ShortText | None = Field(default=None, description=ON)
    choices: Annotated[list[NewChoice], Field(min_length=1, max_length=MOST_CHOICES)]


class ScenarioSums(Model):
    freed: Amount | None
    freed_hours: str | None
    given_up: Amount | None
    in_year_result: Amount | None = Field(description="Change of the EBITDA effect of the fiscal year.")
    in_year_spend: Amount | None = Field(description="One-off cost and capex of the fiscal year that are not spent.")
    is_met: bool = Field(description="Whether it frees what is needed.")
    impossible: list[ExcludedModel] = Field(description="Choices that are not possible any more; in no sum.")


class ScenarioSummary(Model):
    number: int
    name: str
    people: list[str]
    goal: Goal
    need: Amount | None
    need_hours: str | None
    year: str
    slips: str | None = Field(description="Id of the measure that slips.")
    as_of: datetime = Field(description="The moment of the figures that it was saved with.")
    known_at: datetime | None = Field(description="The moment of the past as of which it was made; it is never chosen.")
    saved_by: str
    saved_at: datetime
    chosen_by: str | None
    chosen_at: datetime | None
    sums: ScenarioSums = Field(description="As it was saved.")


class ProposalModel(Model):
    number: int
    scenario: int
    measure: str
    key: str
    lever: Lever
    months: int
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str = Field(description="Why it was declined.")
    command: str = Field(description="The command that it became.")
    command_id: str | None = Field(description="Id of that command; its address answers how it was ruled on.")


class ScenarioModel(Model):
    summary: ScenarioSummary
    choices: list[CandidateModel] = Field(description="With the figures that it was saved with.")
    now: ScenarioSums | None = Field(description="With the figures of now; null where they are not known.")
    proposals: list[ProposalModel]


class ComparedLineModel(Model):
    name: str
    one: str
    other: str
    difference: str = Field(description="What the second has more than the first.")
    unit: str = Field(description="Currency, or h for hours a month.")


class ComparedChoiceModel(Model):
    measure: str
    key: str
    one: CandidateModel | None
    other: CandidateModel | None
    is_same: bool


class ScenarioComparisonModel(Model):
    one: ScenarioSummary
    other: ScenarioSummary
    same_year: bool
    same_currency: bool = Field(description="Without it no amounts are compared.")
    lines: list[ComparedLineModel]
    choices: list[ComparedChoiceModel]


class CompareQuery(Model):
    one: Annotated[int, Field(ge=1, lt=2**63)] = Field(description="Number of a scenario.")
    other: Annotated[int, Field(ge=1, lt=2**63)] = Field(description="Number of another one.")


class ScenariosQuery(PageQuery):
    sort: NumberSort = NEWEST_FIRST


class ProposalsQuery(PageQuery):
    state: list[ProposalState] = Field(default=[], max_length=5, description="State; one of several.")
    sort: NumberSort = NEWEST_FIRST


class DeclineReason(Model):
    reason: Annotated[LongText, Field(max_length=500)]


class ProposalDecision(Model):
    text: str = Field(description="What was done, as a sentence.")
    command_id: str | None = Field(description="Id of the command that it became; null for anything but an acceptance.")


def rank_tradeoffs(call: ApiCall) -> RankedTradeoffs:
    query = call.query_as(TradeoffsQuery)
    asked = Asked(
        query.goal, _decimal(query.need), query.months, query.portfolio, query.program, query.slips or "",
        day_of(query.on),
    )  # fmt: skip
    try:
        answer = tradeoffs(call.services, call.viewer, asked)
    except NotAsked as problem:
        raise _not_asked(problem) from None
    question = answer.ranking.question
    hours = question.goal is Goal.CAPACITY
    return RankedTradeoffs(
        goal=question.goal,
        need=None if hours else _amount(question.need, question.currency),
        need_hours=f"{question.need:f}" if hours else None,
        months=question.months,
        year=question.year.label,
        first_month=str(question.first),
        as_of=answer.as_of,
        is_whole=answer.is_whole,
        can_be_met=answer.ranking.can_be_met,
        proposed=[one.id for one in answer.ranking.proposed],
        candidates=[_candidate(one, question.goal, question.currency) for one in answer.ranking.candidates],
        excluded=[
            ExcludedModel(measure=one.id, key=one.key, title=one.title, reason=one.reason, text=one.text)
            for one in answer.ranking.excluded
        ],
    )


def list_scenarios(call: ApiCall) -> Page[ScenarioSummary]:
    query = call.query_as(ScenariosQuery)
    begun, oldest_first = number_cursor(query.cursor), query.sort is NumberSort.NUMBER
    with call.services.read_as(call.viewer) as connection:
        found = scenarios(connection, after=begun, limit=query.limit + 1, oldest_first=oldest_first)
    return make_page([_summary(one) for one in found], query.limit, [(one.id,) for one in found])


def show_scenario(call: ApiCall) -> ScenarioModel:
    return _model(call, _found(call, call.number_parameter("number")))


def create_scenario(call: ApiCall) -> ScenarioModel:
    if not may_save(call.viewer):
        raise Problem(
            403, "An owner, a sponsor, a controller or the transformation office saves scenarios.",
            "Ask an administrator of Gatepost for the role.", code=ProblemCode.ROLE_MISSING,
        )  # fmt: skip
    sent = call.body_as(NewScenarioModel)
    choices = [Choice(one.measure, one.lever, one.months if one.lever.puts_off else 0) for one in sent.choices]
    months = max((one.months for one in choices), default=0) or 1
    asked = Asked(
        sent.goal, _decimal(sent.need), months, sent.portfolio, sent.program, sent.slips or "", day_of(sent.on)
    )
    try:
        made = save_scenario(call.services, call.viewer, sent.name, sent.people, asked, choices, system_clock())
    except NotAsked as problem:
        raise _not_asked(problem) from None
    return _model(call, made)


def compare(call: ApiCall) -> ScenarioComparisonModel:
    query = call.query_as(CompareQuery)
    one, other = _found(call, query.one), _found(call, query.other)
    compared = compare_scenarios(one.figures, other.figures)
    goals = one.figures.question, other.figures.question
    return ScenarioComparisonModel(
        one=_summary(one),
        other=_summary(other),
        same_year=compared.same_year,
        same_currency=compared.same_currency,
        lines=[
            ComparedLineModel(
                name=line.name,
                one=_text(line.one),
                other=_text(line.other),
                difference=_text(line.difference),
                unit="h" if line.is_hours else goals[0].currency,
            )
            for line in compared.lines
        ],
        choices=[
            ComparedChoiceModel(
                measure=line.id,
                key=line.key,
                one=_candidate(line.one, goals[0].goal, goals[0].currency) if line.one else None,
                other=_candidate(line.other, goals[1].goal, goals[1].currency) if line.other else None,
                is_same=line.is_same,
            )
            for line in compared.choices
        ],
    )


def choose_scenario(call: ApiCall) -> ScenarioModel:
    found = _found(call, call.number_parameter("number"))
    try:
        done = choose(call.services, call.viewer, found, system_clock())
    except NotAsked as problem:
        raise _not_asked(problem) from None
    _refused(done)
    return _model(call, _found(call, found.id))


def list_proposals(call: ApiCall) -> Page[ProposalModel]:
    query = call.query_as(ProposalsQuery)
    begun, oldest_first = number_cursor(query.cursor), query.sort is NumberSort.NUMBER
    with call.services.read_as(call.viewer) as connection:
        found = proposals(connection, states=query.state, after=begun, limit=query.limit + 1, oldest_first=oldest_first)
    return make_page([_proposal(one) for one in found], query.limit, [(one.id,) for one in found])


def accept_proposal(call: ApiCall) -> ProposalDecision:
    number = call.number_parameter("number")
    return _decided(accept(call.services, call.viewer, number, SubmissionChannel.API, system_clock()))


def decline_proposal(call: ApiCall) -> ProposalDecision:
    number, reason = call.number_parameter("number"), call.body_as(DeclineReason).reason
    return _decided(decline(call.services, call.viewer, number, reason, system_clock()))


def withdraw_proposal(call: ApiCall) -> ProposalDecision:
    return _decided(withdraw(call.services, call.viewer, call.number_parameter("number"), system_clock()))


def _decided(done: Decision) -> ProposalDecision:
    _refused(done)
    return ProposalDecision(text=done.text, command_id=_command_id(done.command_number))


def _refused(done: Decision) -> None:
    match done.state:
        case DecisionState.DONE:
            return
        case DecisionState.NOT_YOURS:
            raise Problem(403, done.text, "Ask whoever decides on the measure.", code=ProblemCode.FORBIDDEN)
        case DecisionState.NOT_POSSIBLE:
            raise Problem(409, done.text, "Change what is in the way, and try again.", code=ProblemCode.CONFLICT)
        case DecisionState.GONE:
            raise Problem(
                404, done.text, "List the proposals with their states.", code=ProblemCode.NOT_VISIBLE_OR_UNKNOWN
            )
        case DecisionState.WRONG:
            raise Problem(422, done.text, "Send a reason.", code=ProblemCode.VALUE_INVALID)


def _not_asked(problem: NotAsked) -> Problem:
    if problem.too_early:
        return Problem(409, str(problem), "Try again in some seconds.", code=ProblemCode.CONFLICT)
    return Problem(422, str(problem), "Correct what was sent.", code=ProblemCode.VALUE_INVALID)


def _found(call: ApiCall, number: int) -> Scenario:
    found = find_scenario(call.services, call.viewer, number)
    if found is None:
        raise Problem(
            404, f"There is no scenario {number} of which you may see every measure.", "List the scenarios.",
            code=ProblemCode.NOT_VISIBLE_OR_UNKNOWN,
        )  # fmt: skip
    return found


def _model(call: ApiCall, scenario: Scenario) -> ScenarioModel:
    question = scenario.figures.question
    with call.services.read_as(call.viewer) as connection:
        made = proposals(connection, scenario=scenario.id)
    try:
        now = _sums(figures_now(call.services, call.viewer, asked_by(scenario), choices_of(scenario)))
    except NotAsked:
        now = None
    return ScenarioModel(
        summary=_summary(scenario),
        choices=[_candidate(one, question.goal, question.currency) for one in scenario.figures.parts],
        now=now,
        proposals=[_proposal(one) for one in made],
    )


def _summary(one: Scenario) -> ScenarioSummary:
    question = one.figures.question
    hours = question.goal is Goal.CAPACITY
    return ScenarioSummary(
        number=one.id,
        name=one.name,
        people=list(one.people),
        goal=question.goal,
        need=None if hours else _amount(question.need, question.currency),
        need_hours=f"{question.need:f}" if hours else None,
        year=question.year.label,
        slips=one.because_of or None,
        as_of=one.as_of,
        known_at=one.known_at,
        saved_by=one.saved_by,
        saved_at=one.saved_at,
        chosen_by=one.chosen_by,
        chosen_at=one.chosen_at,
        sums=_sums(one.figures),
    )


def _sums(figures: ScenarioFigures) -> ScenarioSums:
    currency, hours = figures.question.currency, figures.question.goal is Goal.CAPACITY
    return ScenarioSums(
        freed=None if hours else _amount(figures.freed, currency),
        freed_hours=_text(figures.freed) if hours else None,
        given_up=_amount(figures.given_up, currency),
        in_year_result=_amount(figures.in_year_result, currency),
        in_year_spend=_amount(figures.in_year_spend, currency),
        is_met=figures.is_met,
        impossible=[
            ExcludedModel(measure=one.id, key=one.key, title=one.title, reason=one.reason, text=one.text)
            for one in figures.impossible
        ],
    )


def _candidate(one: Candidate, goal: Goal, currency: str) -> CandidateModel:
    hours, effect = goal is Goal.CAPACITY, one.effect
    names = ("in_year_recurring", "in_year_one_off", "in_year_capex", "all_recurring", "all_spend")
    return CandidateModel(
        measure=one.id,
        key=one.key,
        title=one.title,
        owner=one.owner,
        program=one.program,
        lever=one.lever,
        months=one.months,
        relief=None if hours else _amount(one.relief, currency),
        relief_hours=_text(one.relief) if hours else None,
        given_up=_amount(one.given_up, currency),
        price=None if one.price is None else f"{one.price:.4f}",
        effect=LeverEffectModel(**{name: _amount(getattr(effect, name), currency) for name in names}),
        waiting=[
            KnockOnModel(
                measure=each.id, key=each.key, in_year=_amount(each.in_year, currency),
                all_months=_amount(each.all_months, currency),
            )
            for each in one.knock_on
        ],
        agreement=agreement_text(one.agreements),
        agreements=[AgreementModel(role=each.role, name=each.name, part=each.asked) for each in one.agreements],
    )  # fmt: skip


def _proposal(one: Proposal) -> ProposalModel:
    same = ("scenario", "measure", "key", "lever", "months", "proposed_by", "proposed_at", "decided_by", "decided_at")
    return ProposalModel(
        number=one.id,
        state=ProposalState.OPEN if one.state is ProposalState.GIVING else one.state,
        reason=one.reason,
        command=one.command,
        command_id=_command_id(one.given),
        **{name: getattr(one, name) for name in same},
    )


def _command_id(number: int | None) -> str | None:
    return None if number is None else f"s{number}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _amount(value: Decimal, currency: str) -> Amount | None:
    return Amount.of(value.quantize(CENT), currency)


def _text(value: Decimal) -> str:
    return f"{value.quantize(CENT):f}"


TAG = "portfolio"
SCENARIO = (PathParameter("number", "a scenario's number", int),)
PROPOSAL = (PathParameter("number", "a proposal's number", int),)
NO_SUCH = {404: "There is no such scenario, or it names a measure that the caller may not see."}
DECIDED = {
    403: "Somebody else decides on it, or the caller is a service account.",
    404: "It is not there, or was decided on.",
    409: "It is not possible in the measure's present state.",
}
ASKED = {409: "There are no figures yet.", 422: "What is asked for is not possible."}

OPERATIONS = (
    Operation(
        "GET", "/tradeoffs", TAG, "Rank what could be deferred, paused or stopped", rank_tradeoffs, RankedTradeoffs,
        query=TradeoffsQuery, problems=ASKED, scope=TokenScope.MONEY_READ,
        description="The cheapest first, over the measures that the caller may see, with the arithmetic of each.",
    ),
    Operation(
        "GET", "/scenarios", TAG, "List saved scenarios", list_scenarios, Page[ScenarioSummary], query=ScenariosQuery,
        description="Those of which the caller may see every measure, the newest first.", scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/scenarios", TAG, "Save a scenario", create_scenario, ScenarioModel, status=201,
        body=NewScenarioModel, problems={403: "The caller may not save scenarios.", **ASKED},
        scope=TokenScope.SCENARIOS_WRITE,
        description="With the figures of now. It changes no measure, and decides nothing.",
    ),
    Operation(
        "GET", "/scenarios/compare", TAG, "Compare two scenarios", compare, ScenarioComparisonModel,
        query=CompareQuery, problems=NO_SUCH, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/scenarios/{number}", TAG, "Show a scenario, as saved and as of now", show_scenario, ScenarioModel,
        path_parameters=SCENARIO, problems=NO_SUCH, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/scenarios/{number}/choose", TAG, "Choose a scenario", choose_scenario, ScenarioModel,
        path_parameters=SCENARIO, problems=DECIDED, scope=TokenScope.SCENARIOS_DECIDE, action=Action.CHOOSE_SCENARIO,
        description="It becomes proposals to those who decide on each measure; nothing is changed until they accept.",
    ),
    Operation(
        "GET", "/proposals", TAG, "List what scenarios proposed", list_proposals, Page[ProposalModel],
        query=ProposalsQuery, scope=TokenScope.MEASURES_READ,
        description="Of the measures that the caller may see, the newest first.",
    ),
    Operation(
        "POST", "/proposals/{number}/accept", TAG, "Accept a proposal as one's own command", accept_proposal,
        ProposalDecision, path_parameters=PROPOSAL, problems=DECIDED, scope=TokenScope.SCENARIOS_DECIDE,
        description="The command is ruled on like one in a comment; its own address answers how.",
    ),
    Operation(
        "POST", "/proposals/{number}/decline", TAG, "Decline a proposal with a reason", decline_proposal,
        ProposalDecision, path_parameters=PROPOSAL, body=DeclineReason, problems=DECIDED,
        scope=TokenScope.SCENARIOS_DECIDE,
    ),
    Operation(
        "POST", "/proposals/{number}/withdraw", TAG, "Withdraw one's own proposal", withdraw_proposal,
        ProposalDecision, path_parameters=PROPOSAL, problems=DECIDED, scope=TokenScope.SCENARIOS_DECIDE,
    ),
)  # fmt: skip
