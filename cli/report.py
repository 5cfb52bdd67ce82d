"""``gatepost explain``, ``history``, ``totals`` and ``figures``: verdicts and sums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.known_day import CompareDay, OnDay, known_day
from cli.paper_options import EVERYTHING, report_of
from connector.bootstrap import MappingCache, Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn, NotKnownYet, known_row
from connector.papers.measure_comparison import MeasureComparison, comparison_lines, measure_comparison
from connector.remedy import Remedy
from connector.runtime.tasks import roll_up_settings
from connector.settings import Settings
from connector.store.database.json_codec import Json, to_json
from connector.store.ledger.closed_months import closed_months
from connector.store.measures.measure_lookup import MeasureExplanation, explanation_of
from connector.store.measures.measure_queries import find_measures as find_rows
from connector.store.measures.verdicts import verdict_to_json
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.sync.active_mapping import ActiveMapping
from governance import portfolio
from governance.constant_currency import RatesView
from governance.definitions.report import REPORT, SINGLE, WORDS
from governance.definitions.results import Figure
from governance.definitions.years import FiscalYear, YearName
from governance.effects import Version
from governance.hierarchy import Dimension, HierarchyNode, RollUpMeasure, Total, roll_up
from governance.left_out import LEFT_OUT_TEXTS, LeftOut
from governance.measure import MeasureId
from governance.measure_figures import measure_figures
from governance.money import Money
from governance.roll_up import RollUpSettings

Key = Annotated[str, typer.Argument(help="Key of the item (ITX-7, PRJ0000012) or id of the measure")]

CENT = Decimal("0.01")


def explain(
    key: Key,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    on: OnDay = None,
    compare: CompareDay = None,
) -> None:
    """Print the verdict on a measure as a checklist: every condition, its evidence, and who must act."""
    with bootstrap(Settings(), application="gatepost explain") as services:
        known_on, earlier = known_day(on), known_day(compare)
        for measure in find_measures(services, key):
            compared = _compared(services, measure, known_on, earlier) if earlier is not None else None
            if known_on is not None:
                measure = _as_known(services, measure, known_on)
                if not as_json:
                    typer.echo(f"As known on {known_on}. What was corrected or decided later is not in it.")
            if as_json:
                since = {"comparison": to_json(compared)} if compared is not None else {}
                typer.echo(json.dumps({**_as_json(measure), **since}, indent=1))
                continue
            typer.echo(f"{measure.key} {measure.title or ''}".rstrip())
            typer.echo(
                f"{measure.url} · mapping version {measure.mapping_version} · policy {measure.policy_version} · "
                f"assessed {measure.assessed_at:%Y-%m-%d %H:%M} UTC"
            )
            if measure.unreachable_since is not None:
                reason = f": {measure.unreachable_reason}" if measure.unreachable_reason else ""
                typer.echo(f"Unreachable since {measure.unreachable_since:%Y-%m-%d %H:%M} UTC{reason}.")
            if measure.unmapped_reason is not None:
                typer.echo(f"It is no longer a measure: {measure.unmapped_reason}")
            typer.echo("")
            typer.echo(measure.explanation)
            for line in comparison_lines(compared) if compared is not None else ():
                typer.echo(line)


def _compared(
    services: Services, measure: MeasureExplanation, on: KnownOn | None, earlier: KnownOn
) -> MeasureComparison:
    """The measure's part of the totals as the whole portfolio has it."""
    with services.read_as(EVERYTHING) as reader:
        (row,) = find_rows(reader, measure.id)
        report = report_of(services, reader, on, PortfolioFilters(), RatesView.MONTH)
        return measure_comparison(report, row, earlier)


def _as_known(services: Services, measure: MeasureExplanation, on: KnownOn) -> MeasureExplanation:
    """The explanation that was stored by then.  Raises ConfigurationError before the measure was known."""
    with services.engine.connect() as connection:
        (row,) = find_rows(connection, measure.id)
        try:
            return explanation_of(known_row(connection, row, on).row)  # type: ignore[arg-type]  # such a row
        except NotKnownYet as error:
            raise ConfigurationError(str(error)) from error


def _as_json(measure: MeasureExplanation) -> dict[str, Json]:
    parts = {item.name: to_json(getattr(measure, item.name)) for item in fields(measure) if item.name != "verdict"}
    return {**parts, "verdict": verdict_to_json(measure.verdict)}


def history(key: Key) -> None:
    """Print both statuses of a measure day by day, each with its reason."""
    table = Table("Day", "Stage", "Gate", "Implementation", "Potential", "Implementation reason", "Potential reason")
    with bootstrap(Settings(), application="gatepost history") as services:
        for measure in find_measures(services, key):
            table.title = f"{measure.key} {measure.title or ''}"
            for day in services.measures.status_history(measure.id):
                reasons = (day.reasons.get("implementation", ""), day.reasons.get("potential", ""))
                table.add_row(
                    str(day.day), day.stage or "none yet", day.gate, day.implementation, day.potential, *reasons
                )
    Console(highlight=False).print(table)


def totals(
    by: Annotated[Dimension, typer.Option(help="The dimension to add up along")] = Dimension.PROGRAM,
    figure: Annotated[Figure, typer.Option(help="What to add up, as the definition sheet calls it")] = Figure.EBITDA,
    lines: Annotated[str | None, typer.Option(help="List the lines and rates of the node with this name")] = None,
) -> None:
    """Print plan, latest estimate and actual of the same measures, what is left out, and the lines of each total."""
    with bootstrap(Settings(), application="gatepost totals") as services:
        active = _active(services)
        settings, rates = _settings(services, active), services.rates.rates()
        by_node: dict[HierarchyNode, list[RollUpMeasure]] = {}
        for entry in services.measures.hierarchy_entries(active.config.organization):
            by_node.setdefault(entry.node(by), []).append(entry)
        if lines is not None:
            entries = [entry for found in by_node.values() for entry in found]
            by_version = {
                version: roll_up(entries, by, version, settings.currency, settings.usable(rates), figure=figure)
                for version in Version
            }
            reasons = {entry.id: measure_figures(entry, settings, rates).left_out for entry in entries}
            _print_lines(services, lines, by_version, reasons)
            return
        names = services.measures.measure_names()
    report = next(line for line in REPORT if line.figure is figure)
    made = {node: portfolio.figures(by_node[node], settings, rates) for node in sorted(by_node)}
    table = Table(by.value.replace("_", " ").capitalize(), title=f"{report.name} in {settings.currency}")
    for heading in ("Measures", "Plan current", "Latest estimate", "Variance", "Exchange effect", "Actual"):
        table.add_column(heading, justify="right")
    for node, found in made.items():
        plan, estimate = (getattr(found.amounts, name) for name in (report.plan, report.estimate))
        actual = getattr(found.amounts, report.actual) if report.actual else None
        exchange = getattr(found.amounts, report.fx)
        table.add_row(
            node[-1] if sum(other[-1] == node[-1] for other in made) == 1 else " / ".join(node),
            str(found.measures),
            *(_amount_text(amount) for amount in (plan, estimate)),
            _amount_text(None if plan is None or estimate is None else estimate - plan - (exchange or 0)),
            _amount_text(exchange),
            _amount_text(actual),
        )
    console = Console(highlight=False)
    console.print(table)
    for found in made.values():
        _print_left_out(console, found, names)


def figures(
    year: Annotated[int | None, typer.Option(help="The fiscal year, as it is named; this one by default")] = None,
) -> None:
    """Print every figure of the definition sheet: plan, latest estimate and actual, leakage by reason, pipeline."""
    with bootstrap(Settings(), application="gatepost figures") as services:
        active = _active(services)
        config = active.config
        settings = _settings(services, active)
        if year is not None:
            named = FiscalYear.named(year, config.fiscal_year_start, YearName(config.fiscal_year_named_by))
            settings = replace(settings, year=named)
        entries = services.measures.hierarchy_entries(config.organization)
        found = portfolio.figures(entries, settings, services.rates.rates())
        names = services.measures.measure_names()
    table = Table("Figure", title=f"{config.organization}, {settings.year.label}, in {settings.currency}")
    for heading in ("Plan current", "Latest estimate", "Of it exchange rates", "Actual"):
        table.add_column(heading, justify="right")
    for line in REPORT:
        amounts = (
            getattr(found.amounts, name) if name else None for name in (line.plan, line.estimate, line.fx, line.actual)
        )
        table.add_row(line.name, *map(_amount_text, amounts))
    single = Table("Figure")
    single.add_column("Amount", justify="right")
    for name in SINGLE:
        single.add_row(WORDS[name].heading, _amount_text(getattr(found.amounts, name)))
    for what, losses in (("run-rate", found.run_rate_losses), ("in-year", found.in_year_losses)):
        for reason, amount in losses.items():
            single.add_row(f"Leakage, loss of {what} by {reason.value}", _amount_text(amount))
    console = Console(highlight=False)
    console.print(table)
    console.print(single)
    _print_left_out(console, found, names)


def _settings(services: Services, active: ActiveMapping) -> RollUpSettings:
    with services.engine.connect() as connection:
        return roll_up_settings(active, system_clock(), closed_months(connection))


def _print_left_out(console: Console, found: portfolio.PortfolioFigures, names: Mapping[MeasureId, str]) -> None:
    """What the totals do not hold: a line for each reason, with count and sum, and the missing rates by name."""
    for reason, beside in found.left_out.items():
        count = "1 measure" if beside.measures == 1 else f"{beside.measures} measures"
        planned = beside.amounts.ebitda_plan
        amount = f": EBITDA effect of {planned:,.0f} {found.settings.currency} planned" if planned is not None else ""
        console.print(f"* without {count} {LEFT_OUT_TEXTS[reason]}{amount}", soft_wrap=True)
    for measure, missing in found.missing_rates.items():
        console.print(f"* without {names.get(MeasureId(measure), measure)}: {missing}", soft_wrap=True)


def _active(services: Services) -> ActiveMapping:
    active = MappingCache(services.mappings).active()
    if active is None:
        raise ConfigurationError(
            "There is no active mapping.", remedy=Remedy(command="Activate one with: gatepost mapping activate FILE")
        )
    return active


def _amount_text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.0f}"


def _print_lines(
    services: Services,
    name: str,
    by_version: Mapping[Version, Mapping[HierarchyNode, Total]],
    reasons: Mapping[MeasureId, LeftOut | None],
) -> None:
    """Every line of the node, also of the measures that its total leaves out, with the reason."""

    def reason_of(measure: MeasureId) -> str:
        reason = reasons[measure]
        return LEFT_OUT_TEXTS[reason] if reason else ""

    names = services.measures.measure_names()
    table = Table("Measure", "Version", "Kind", "Month", title=name)
    for heading in ("Amount", "Converted"):
        table.add_column(heading, justify="right")
    for heading in ("Rate", "Not in the total"):
        table.add_column(heading)
    hits = 0
    for version, totals_ in by_version.items():
        for node, total in totals_.items():
            if node[-1].casefold() != name.casefold():
                continue
            hits += 1
            for part in total.lines:
                converted = Money(part.amount.quantize(CENT), total.currency)
                rate = str(part.conversion.rate or "")
                line = part.line
                table.add_row(
                    names.get(part.measure, part.measure), version, line.kind, str(line.month), str(line.money),
                    str(converted), rate, reason_of(part.measure),
                )  # fmt: skip
            for measure, line, missing in total.left_out:
                row = (names.get(measure, measure), version, line.kind, str(line.month), str(line.money))
                table.add_row(*row, "left out", str(missing), reason_of(measure))
    if not hits:
        raise ConfigurationError(f'Nothing is called "{name}" along this dimension. List them without --lines.')
    Console(highlight=False).print(table)


def find_measures(services: Services, key: str) -> tuple[MeasureExplanation, ...]:
    """The measures under a key.  Raises ConfigurationError with what to do when there are none."""
    measures = services.measures.find(key)
    if not measures:
        raise ConfigurationError(
            f'Gatepost knows no measure "{key}". No event of that item has arrived yet, or no rule of the mapping '
            "matches it."
        )
    return measures
