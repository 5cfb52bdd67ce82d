"""``gatepost papers``: the reporting calendar, previews, pausing, sending now, and what was sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from cli.known_day import OnDay, known_day
from cli.operating_user import operating_user
from cli.paper_options import EVERYTHING, OnePortfolio, OneProgram, report_of
from cli.papers_template import template
from connector.bootstrap import MappingCache, Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.papers.calendar.detail import detail_of, history_of, unreported_count
from connector.papers.calendar.state import PaperState, calendar_of
from connector.papers.outcome_review import OutcomeReview, fiscal_calendar, outcome_review
from connector.papers.report import NoFigures
from connector.papers.words import amount, day, percent
from connector.people.permissions import Viewer
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.notifications.papers import Papers
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.sync.active_mapping import ActiveMapping
from governance.constant_currency import RatesView
from governance.reporting_calendar import Cadence
from governance.time_text import month_text
from mapping.papers import time_zone

app = typer.Typer(
    help="The reporting calendar: papers that are due, previews, and what was sent.", no_args_is_help=True
)
app.add_typer(template, name="template")
NAME = "gatepost papers"
Key = Annotated[str, typer.Argument(help="Key of the paper in the mapping's calendar")]


@app.callback()
def main() -> None:
    """The reporting calendar: papers that are due, previews, and what was sent."""


@app.command("list")
def list_all() -> None:
    """Show each paper with what is due next, its state, and how many have not reported."""
    with bootstrap(Settings(), application=NAME) as services:
        active = _active(services)
        table = Table("Paper", "Name", "Period", "Cut-off (UTC)", "Sent (UTC)", "State", "Not reported", "Last issue")
        for one in calendar_of(services, active, EVERYTHING, system_clock()):
            count = unreported_count(services, active, EVERYTHING, one)
            last = f"{one.last.period}: {one.last_state.label}" if one.last and one.last_state else "none yet"
            table.add_row(
                one.paper.key, one.paper.name, one.dates.period.label, f"{one.dates.cut_off:%Y-%m-%d %H:%M}",
                f"{one.dates.due:%Y-%m-%d %H:%M}", one.state.label, f"{count.unreported} of {count.measures}", last,
            )  # fmt: skip
        if not table.row_count:
            typer.echo("The mapping has no papers. Add them under calendar; the mapping guide says how.")
            return
        Console(highlight=False).print(table)


@app.command()
def show(paper: Key) -> None:
    """Show who has not reported for a paper, what is open, and who would receive it."""
    with bootstrap(Settings(), application=NAME) as services:
        active = _active(services)
        state = _state(services, active, paper)
        detail = detail_of(services, active, EVERYTHING, state)
        dates = state.dates
        typer.echo(
            f"{state.paper.name}, {state.paper.part.text}, owner {state.paper.owner}: {state.paper.schedule.text}"
        )
        typer.echo(
            f"{dates.period.label}: {state.state.label}; cut-off {dates.cut_off:%Y-%m-%d %H:%M} UTC, "
            f"sent {dates.due:%Y-%m-%d %H:%M} UTC"
        )
        if state.row is not None and state.paused:
            typer.echo(f"Paused by {state.row.paused_by}: {state.row.paused_reason or 'no reason given'}")
        found = detail.unreported
        typer.echo(f"Not reported since {day(dates.period.first)}: {found.count} of {found.measures} measures")
        for one in found.rows:
            last = f"last report {day(one.last)}" if one.last else "no report is known"
            typer.echo(f"  {one.key} {one.title}: {one.owner or 'nobody is named'}, {last}")
        typer.echo(f"Open for {month_text(dates.period.closing_month)}: {len(detail.open_lines) or 'nothing'}")
        for line in detail.open_lines:
            typer.echo(f"  {line}")
        typer.echo(f"Decisions of meetings that wait: {detail.open_decisions}")
        typer.echo(f"Recipients now: {', '.join(one.login for one in detail.recipients) or 'nobody'}")
        if detail.unknown:
            typer.echo(f"Nobody here: {', '.join(detail.unknown)}")


@app.command()
def preview(
    paper: Key,
    to: Annotated[str, typer.Option("--to", help="Login of a person: as they would be sent it")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder for its files")] = None,
) -> None:
    """Print a paper as somebody would be sent it now; sends nothing."""
    from connector.runtime.paper_sending import paper_desk

    with bootstrap(Settings(), application=NAME) as services:
        state = _state(services, _active(services), paper)
        viewer = EVERYTHING
        if to:
            person = services.people.find_by_login(to)
            found = services.people.viewer(person.id) if person is not None else None
            if found is None:
                raise ConfigurationError(
                    f"There is no active person {to}.", remedy=Remedy(command="List them with: gatepost user list")
                )
            viewer = found
        desk = paper_desk(services, MappingCache(services.mappings), system_clock)
        try:
            made = desk.preview(state.paper, viewer, "command line", with_files=output is not None)
        except NoFigures as error:
            raise ConfigurationError(str(error)) from error
        if made.nothing:
            typer.echo(f"Nothing would be sent: {made.nothing}.")
            return
        typer.echo(f"{made.title}\n\n{made.body}")
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            for one in made.files:
                (output / one.name).write_bytes(one.content)
                typer.echo(f"{output / one.name} is written, SHA-256 {one.sha256}")


@app.command()
def pause(paper: Key, reason: Annotated[str, typer.Option(help="Why nothing more of it is sent")]) -> None:
    """Send no more of a paper until it is resumed."""
    with bootstrap(Settings(), application=NAME) as services:
        state = _state(services, _active(services), paper)
        done = Papers(services.engine).pause(state.paper, operating_user(), reason, system_clock())
        typer.echo(f"{state.paper.name} is paused." if done else f"{state.paper.name} was paused already.")


@app.command()
def resume(paper: Key) -> None:
    """Send a paper again; of what became due meanwhile the newest."""
    with bootstrap(Settings(), application=NAME) as services:
        state = _state(services, _active(services), paper)
        done = Papers(services.engine).resume(paper, operating_user())
        typer.echo(f"{state.paper.name} is sent again." if done else f"{state.paper.name} was not paused.")


@app.command()
def send(paper: Key) -> None:
    """Have a paper sent now, in addition to the calendar; a worker does it within a minute."""
    from connector.runtime.paper_sending import paper_desk

    with bootstrap(Settings(), application=NAME) as services:
        state = _state(services, _active(services), paper)
        desk = paper_desk(services, MappingCache(services.mappings), system_clock)
        try:
            number = desk.send_now(state.paper, f"cli-{uuid4().hex}", operating_user())
        except NoFigures as error:
            raise ConfigurationError(str(error)) from error
        copies = Papers(services.engine).copies([number or 0])
        typer.echo(f"{state.paper.name} waits for a worker, as issue {number}, for {len(copies)} recipients.")


@app.command()
def history(
    paper: Key, limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many issues")] = 10
) -> None:
    """Show what was sent of a paper: to whom, with which report and hash, and what failed."""
    with bootstrap(Settings(), application=NAME) as services:
        state = _state(services, _active(services), paper)
        for sent in history_of(services, EVERYTHING, state, limit=limit):
            issue = sent.issue
            how = f", by hand ({issue.requested_by})" if issue.is_by_hand else ""
            typer.echo(f"{issue.period}{how}: {sent.state.label}, report {issue.report_id or 'none'}, issue {issue.id}")
            for copy in sent.copies:
                why = f": {copy.reason}" if copy.reason else ""
                typer.echo(f"  copy {copy.id} {copy.login}: {copy.state}{why}")
                if copy.text_sha256:
                    typer.echo(f"    message {copy.text_sha256}")
                for one in copy.documents:
                    typer.echo(f"    {one.name} {one.sha256}{'' if one.attached else ' (linked)'}")


@app.command("again")
def send_again(
    copy: Annotated[int, typer.Argument(help="Number of the copy; gatepost papers history shows it")],
) -> None:
    """Have a copy sent again that was not accepted."""
    with bootstrap(Settings(), application=NAME) as services:
        if not Papers(services.engine).send_again(copy, operating_user(), system_clock()):
            raise ConfigurationError(f"Copy {copy} is no dead letter: only what was given up is sent again.")
        typer.echo(f"Copy {copy} waits for a worker.")


@app.command()
def review(
    period: Annotated[str, typer.Option(help="A fiscal quarter, FY2026-Q3; the last one by default")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Slides to write, .pptx")] = None,
    on: OnDay = None,
    portfolio: OnePortfolio = None,
    program: OneProgram = None,
) -> None:
    """Print the outcome review of a quarter: promised, came, stops, starts, refused demands."""
    known_on = known_day(on)
    if output is not None and output.suffix != ".pptx":
        raise ConfigurationError(f"{output} does not end in .pptx. PowerPoint tells a presentation by that ending.")
    with bootstrap(Settings(), application=NAME) as services, services.read_as(EVERYTHING) as reader:
        config = _active(services).config
        calendar = fiscal_calendar(config)
        last = calendar.preceding(calendar.period_of(Cadence.QUARTER, system_clock().date()))
        quarter = calendar.named(period) if period else last
        if quarter is None or quarter.cadence is not Cadence.QUARTER:
            raise ConfigurationError(f'"{period}" is no quarter: write it as FY2026-Q3.')
        filters = PortfolioFilters(portfolio=portfolio, program=program)
        report = report_of(services, reader, known_on, filters, RatesView.MONTH)
        zone = time_zone(config.calendar.time_zone or services.settings.time_zone)
        try:
            found = outcome_review(report, config, quarter, zone)
        except NoFigures as error:
            raise ConfigurationError(str(error)) from error
        slides = _slides(services, found) if output is not None else b""
    _print_review(found)
    if output is not None:
        output.write_bytes(slides)
        typer.echo(f"{output} is written.")


def _slides(services: Services, found: OutcomeReview) -> bytes:
    from connector.papers.calendar.review_paper import review_file
    from connector.papers.deck.unusable import UnusableTemplate

    try:
        return review_file(found, services.engine).content
    except UnusableTemplate as error:
        raise ConfigurationError(str(error)) from error


def _print_review(found: OutcomeReview) -> None:
    for line in (found.sentence, found.moves_sentence, found.refused_sentence, *found.warnings):
        typer.echo(line)
    table = Table("Part", "Measures", "Promised", "Latest estimate", "Came", "Difference", "Share")
    for one in (*found.places, found.total):
        table.add_row(
            one.name or "In all", str(one.measures), amount(one.plan), amount(one.estimate), amount(one.actual),
            amount(one.difference), percent(one.share),
        )  # fmt: skip
    Console(highlight=False).print(table)
    for heading, rows in (
        ("Stopped", found.stopped), ("Decided", found.started), ("Closed with value", found.finished),
    ):  # fmt: skip
        for row in rows:
            typer.echo(f"{heading}: {row.key} {row.title}, {day(row.at)}{f': {row.reason}' if row.reason else ''}")
    for asked in found.to_stop:
        typer.echo(f"To be stopped: {asked.key} {asked.title}: {asked.why}")
    for gate in found.to_start:
        typer.echo(f"Next: {gate.key} {gate.title}: {gate.gate}, {day(gate.due) if gate.due else 'now'}")


def _active(services: Services) -> ActiveMapping:
    active = MappingCache(services.mappings).active()
    if active is None:
        raise ConfigurationError(
            "No mapping is active, so there is no calendar.",
            remedy=Remedy(command="Activate one: gatepost mapping activate FILE"),
        )
    return active


def _state(services: Services, active: ActiveMapping, key: str, viewer: Viewer = EVERYTHING) -> PaperState:
    """Raises ConfigurationError for a paper that is not in the calendar."""
    for one in calendar_of(services, active, viewer, system_clock()):
        if one.paper.key == key:
            return one
    raise ConfigurationError(
        f'There is no paper "{key}".', remedy=Remedy(command="List them with: gatepost papers list")
    )
