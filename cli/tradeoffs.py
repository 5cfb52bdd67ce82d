"""``gatepost tradeoffs``: what could be deferred, paused or stopped, and saved scenarios."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.known_day import OnDay, known_day
from cli.paper_options import EVERYTHING, OnePortfolio, OneProgram
from cli.secret_input import TOKEN, read_secret
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.proposals import choose as choose_scenario
from connector.measures.track_record import shown_records
from connector.measures.tradeoffs import (
    DEFAULT_MONTHS,
    Asked,
    NotAsked,
    find_scenario,
    may_save,
    save_scenario,
    tradeoffs,
)
from connector.people.permissions import TokenScope, Viewer
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.reporting.scenarios import Scenario, proposals, scenarios
from governance.levers import Lever, lever_text
from governance.scenario import Choice, compare_scenarios
from governance.track_record import RecordKind
from governance.tradeoffs import Candidate, Goal, agreement_text

app = typer.Typer(help="Trade-offs: what could be deferred, paused or stopped, and scenarios.", no_args_is_help=True)

Need = Annotated[str, typer.Option(help="How much is to be preserved: an amount, or hours a month")]
Slips = Annotated[str, typer.Option(help="Id of the measure that slips: jira-main/10001")]
Preserved = Annotated[Goal, typer.Option(help="What is to be preserved")]
TokenFile = Annotated[
    Path | None, typer.Option(help=f"File with your own API token; {TOKEN} by default, else asked for")
]
Number = Annotated[int, typer.Argument(min=1, help="Number of a scenario")]


@app.command()
def rank(
    goal: Preserved = Goal.MARGIN,
    need: Need = "",
    months: Annotated[int, typer.Option(help="By how many months something would be put off")] = DEFAULT_MONTHS,
    slips: Slips = "",
    portfolio: OnePortfolio = None,
    program: OneProgram = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many")] = 50,
    on: OnDay = None,
) -> None:
    """Rank what could give way, the cheapest first; nothing is changed."""
    asked = Asked(goal, _amount(need), months, portfolio, program, slips, known_day(on))
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        try:
            answer = tradeoffs(services, EVERYTHING, asked)
        except NotAsked as problem:
            raise ConfigurationError(str(problem)) from None
    ranking = answer.ranking
    question = ranking.question
    _print_candidates(ranking.candidates[:limit], question.goal, question.currency)
    for one in ranking.excluded[:limit]:
        typer.echo(f"{one.key} is no candidate: {one.text}.")
    if question.need:
        needed = _freed(question.need, question.goal, question.currency)
        way = ", ".join(f"{one.key} ({lever_text(one.lever, one.months)})" for one in ranking.proposed)
        met = "can be freed" if ranking.can_be_met else "cannot be freed"
        typer.echo(f"{needed} {met} in {question.year.label}: {way or 'nothing frees it'}.")


@app.command("list")
def list_all() -> None:
    """List saved scenarios, the newest first."""
    with bootstrap(Settings(), application="gatepost tradeoffs") as services, services.read_as(EVERYTHING) as reading:
        found = scenarios(reading)
    if not found:
        typer.echo("No scenario. Save one with: gatepost tradeoffs save NAME --choice MEASURE:stop")
        return
    table = Table("Number", "Scenario", "Frees", "Gives up", "Measures", "By", "Figures of", "State")
    for one in found:
        question = one.figures.question
        table.add_row(
            str(one.id), one.name, _freed(one.figures.freed, question.goal, question.currency),
            f"{one.figures.given_up:,.2f} {question.currency}", str(len(one.figures.parts)), one.saved_by,
            f"{one.as_of:%Y-%m-%d %H:%M}", "chosen" if one.is_chosen else "saved",
        )  # fmt: skip
    Console(soft_wrap=True).print(table)


@app.command()
def show(number: Number) -> None:
    """Show a scenario with its arithmetic and what became of its proposals."""
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        found = _found(services, EVERYTHING, number)
        with services.read_as(EVERYTHING) as reading:
            made = proposals(reading, scenario=number)
    question = found.figures.question
    people = f"; {', '.join(found.people)}" if found.people else ""
    typer.echo(f"{found.name}, saved by {found.saved_by}, figures of {found.as_of:%Y-%m-%d %H:%M} UTC{people}")
    _print_candidates(found.figures.parts, question.goal, question.currency)
    short = found.figures.short_by
    typer.echo(
        f"Frees {_freed(found.figures.freed, question.goal, question.currency)}, gives up "
        f"{found.figures.given_up:,.2f} {question.currency}; "
        + (f"{_freed(short, question.goal, question.currency)} are missing." if short else "that is enough.")
    )
    for one in made:
        typer.echo(f"{one.key}: {one.text}: {one.state.value}{f': {one.reason}' if one.reason else ''}")


@app.command()
def save(
    name: Annotated[str, typer.Argument(help="What the scenario is called")],
    choice: Annotated[
        list[str], typer.Option(help="MEASURE:stop, MEASURE:defer:MONTHS or MEASURE:pause:MONTHS; several times")
    ],
    goal: Preserved = Goal.MARGIN,
    need: Need = "",
    slips: Slips = "",
    people: Annotated[list[str] | None, typer.Option(help="Who works on it; several times")] = None,
    on: OnDay = None,
    token_file: TokenFile = None,
) -> None:
    """Save a scenario in your own name; it changes no measure."""
    choices = [_choice(one) for one in choice]
    months = max((one.months for one in choices), default=0) or 1
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        viewer = _person(services, token_file, TokenScope.SCENARIOS_WRITE)
        if not may_save(viewer):
            raise ConfigurationError("An owner, a sponsor, a controller or the transformation office saves scenarios.")
        asked = Asked(goal, _amount(need), months, because_of=slips, on=known_day(on))
        try:
            made = save_scenario(services, viewer, name, people or [], asked, choices, system_clock())
        except NotAsked as problem:
            raise ConfigurationError(str(problem)) from None
    typer.echo(f"Scenario {made.id} is saved. No measure is changed.")


@app.command()
def compare(one: Number, other: Annotated[int, typer.Argument(min=1, help="Number of another one")]) -> None:
    """Print two scenarios side by side."""
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        first, second = (_found(services, EVERYTHING, number) for number in (one, other))
    compared = compare_scenarios(first.figures, second.figures)
    table = Table("Figure", first.name, second.name, "Difference")
    for line in compared.lines:
        unit = "h" if line.is_hours else first.figures.question.currency
        table.add_row(line.name, *(f"{value:,.2f} {unit}" for value in (line.one, line.other, line.difference)))
    for each in compared.choices:
        cells = (lever_text(part.lever, part.months) if part else "–" for part in (each.one, each.other))
        table.add_row(each.key, *cells, "same" if each.is_same else "")
    Console(soft_wrap=True).print(table)
    if not compared.same_currency:
        typer.echo("The two are in different currencies: their amounts are not compared.")


@app.command("track-record")
def track_record() -> None:
    """Print what owners, programs and suppliers forecast at decision, and what came, each with its sample."""
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        shown = shown_records(services, EVERYTHING)
    table = Table("Whose", "Name", "Promised", "Came", "Factor", "Sample", "Decided")
    for one in shown.records:
        factor = "not known" if one.factor is None else f"{one.factor:.2f}"
        name = one.name or ("" if one.kind is RecordKind.ALL else "none named")
        table.add_row(
            one.kind.value, name, f"{one.promised:,.2f}", f"{one.came:,.2f}", factor, str(one.sample), str(one.decided)
        )
    Console(soft_wrap=True).print(table)
    found, unit = shown.weighted, shown.currency
    if found is None:
        typer.echo("The pipeline is not weighted with it: the policy does not ask for that.")
    else:
        typer.echo(f"Pipeline {found.pipeline:,.2f} {unit}, weighted by {found.by.value} {found.weighted:,.2f} {unit}.")


@app.command()
def choose(number: Number, token_file: TokenFile = None) -> None:
    """Choose a scenario in your own name: it becomes proposals to those who decide."""
    with bootstrap(Settings(), application="gatepost tradeoffs") as services:
        viewer = _person(services, token_file, TokenScope.SCENARIOS_DECIDE)
        try:
            done = choose_scenario(services, viewer, _found(services, viewer, number), system_clock())
        except NotAsked as problem:
            raise ConfigurationError(str(problem)) from None
    if not done.is_done:
        raise ConfigurationError(done.text)
    typer.echo(done.text)


def _found(services: Services, viewer: Viewer, number: int) -> Scenario:
    found = find_scenario(services, viewer, number)
    if found is None:
        raise ConfigurationError(
            f"There is no scenario {number}.", remedy=Remedy(command="List them with: gatepost tradeoffs list")
        )
    return found


def _person(services: Services, token_file: Path | None, scope: TokenScope) -> Viewer:
    token = read_secret(token_file, TOKEN, prompt="Your API token")
    viewer = services.tokens.viewer(token or "", now=system_clock())
    if viewer is None or scope not in viewer.scopes:
        raise ConfigurationError(
            f"This needs your own API token of the scope {scope.value}, and this is none. Create one on the page "
            "Account."
        )
    return viewer


def _choice(text: str) -> Choice:
    measure, _, rest = text.partition(":")
    lever, _, months = rest.partition(":")
    put_off = lever in {Lever.DEFER.value, Lever.PAUSE.value}
    is_right = months.isascii() and months.isdigit() and len(months) < 4 if put_off else not months
    if not measure or lever not in {one.value for one in Lever} or not is_right:
        raise ConfigurationError(f'"{text}" is no choice: write jira-main/10001:stop or jira-main/10001:defer:3.')
    return Choice(measure, Lever(lever), int(months or 0))


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found < Decimal(10) ** 15:
        raise ConfigurationError(f'"{text}" is no amount: write 250000 or 250000.50.')
    return found


def _freed(value: Decimal, goal: Goal, currency: str) -> str:
    return f"{value:,.1f} hours a month" if goal is Goal.CAPACITY else f"{value:,.2f} {currency}"


def _print_candidates(candidates: tuple[Candidate, ...], goal: Goal, currency: str) -> None:
    table = Table("Measure", "What", "Frees", "Gives up", "Price", "Waits for it", "Who would have to agree")
    for one in candidates:
        table.add_row(
            one.key, lever_text(one.lever, one.months), _freed(one.relief, goal, currency),
            f"{one.given_up:,.2f} {currency}", f"{one.price:.2f}" if one.price is not None else "–",
            ", ".join(f"{each.key} {each.all_months:,.2f}" for each in one.knock_on) or "nothing",
            agreement_text(one.agreements),
        )  # fmt: skip
    Console(soft_wrap=True).print(table)
