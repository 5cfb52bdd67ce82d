"""``gatepost explain``, ``history``, ``totals`` and ``figures``: verdicts and sums."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connector.bootstrap import MappingCache, Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn, NotAMoment, NotKnownYet, known_row, parse_known_on
from connector.settings import Settings
from connector.store.database.json_codec import Json, to_json
from connector.store.measures.measure_lookup import MeasureExplanation, explanation_of
from connector.store.measures.measure_queries import find_measures as find_rows
from connector.store.measures.verdicts import verdict_to_json
from connector.sync.reconcile import ActiveMapping
from governance import portfolio
from governance.effects import Account, Version
from governance.hierarchy import Dimension, HierarchyNode, Total, roll_up
from governance.measure import MeasureId
from governance.money import Money
from governance.roll_up import CANCELLED, LEFT_OUT

Key = Annotated[str, typer.Argument(help="Key of the item (ITX-7, PRJ0000012) or id of the measure")]

CENT = Decimal("0.01")


def explain(
    key: Key,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    on: Annotated[
        str | None, typer.Option(help="As known on a day, 2026-06-30, or at a moment, 2026-06-30T12:00Z")
    ] = None,
) -> None:
    """Print the verdict on a measure as a checklist: every condition, its evidence, and who must act."""
    with bootstrap(Settings(), application="gatepost explain") as services:
        known_on = _known_on(on) if on is not None else None
        for measure in find_measures(services, key):
            if known_on is not None:
                measure = _as_known(services, measure, known_on)
                if not as_json:
                    typer.echo(f"As known on {known_on}. What was corrected or decided later is not in it.")
            if as_json:
                typer.echo(json.dumps(_as_json(measure), indent=1))
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


def _known_on(given: str) -> KnownOn:
    try:
        return parse_known_on(given, system_clock())
    except NotAMoment as error:
        raise ConfigurationError(str(error)) from error


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
    account: Annotated[Account, typer.Option(help="EBITDA with its costs, cash, or avoidance")] = Account.EBITDA,
    lines: Annotated[str | None, typer.Option(help="List the lines and rates of the node with this name")] = None,
) -> None:
    """Print plan, forecast and actual in the reporting currency, and the lines of each total."""
    with bootstrap(Settings(), application="gatepost totals") as services:
        active = _active(services)
        currency, rates = active.config.reporting_currency, services.rates.rates()
        entries = list(services.measures.hierarchy_entries(active.config.organization))
        left_out = Counter(entry.step for entry in entries if entry.step in LEFT_OUT)
        entries = [entry for entry in entries if entry.step not in LEFT_OUT]
        by_version = {version: roll_up(entries, by, version, currency, rates, account=account) for version in Version}
        if lines is not None:
            _print_lines(services, lines, by_version)
            return
    count: Counter[HierarchyNode] = Counter(entry.node(by) for entry in entries)
    kind = account.value.upper() if account is Account.EBITDA else account.value
    table = Table(by.value.replace("_", " ").capitalize(), title=f"Net {kind} in {currency}")
    for heading in ("Measures", "Plan", "Forecast", "Actual", "Forecast − plan"):
        table.add_column(heading, justify="right")
    caveats = []
    for node in by_version[Version.PLAN]:
        plan, forecast, actual = (by_version[version][node] for version in Version)
        # A measure without a forecast has no variance: its plan would otherwise look like a loss.
        forecasted = {part.measure for part in forecast.lines}
        compared = sum((part.amount for part in plan.lines if part.measure in forecasted), Decimal(0))
        table.add_row(
            node[-1] if sum(other[-1] == node[-1] for other in count) == 1 else " / ".join(node),
            str(count[node]),
            *(_amount_text(total) for total in (plan, forecast, actual)),
            f"{forecast.money.amount - compared:,.0f}" if forecasted else "",
        )
        caveats += [f"{' / '.join(node)}: {text}" for total in (plan, forecast, actual) if (text := total.caveat())]
    console = Console(highlight=False)
    console.print(table)
    for step, number in sorted(left_out.items()):
        console.print(f"* without {_left_out_text(step, number)}", soft_wrap=True)
    for caveat in dict.fromkeys(caveats):
        console.print(f"* {caveat}", soft_wrap=True)


def figures(
    year: Annotated[
        int | None, typer.Option(help="First calendar year of the fiscal year; this one by default")
    ] = None,
) -> None:
    """Print in-year, run-rate, carry-over, leakage by reason, pipeline, cash and avoidance."""
    with bootstrap(Settings(), application="gatepost figures") as services:
        active = _active(services)
        config = active.config
        now = system_clock()
        fiscal_year = year if year is not None else now.year - (now.month < config.fiscal_year_start)
        found = portfolio.figures(
            services.measures.hierarchy_entries(config.organization),
            config.reporting_currency,
            services.rates.rates(),
            fiscal_year,
            fiscal_year_start=config.fiscal_year_start,
            weights=active.policies.base.weights,
        )
        names = services.measures.measure_names()
    table = Table("Figure", title=f"{config.organization}, fiscal year {fiscal_year}, in {found.currency}")
    table.add_column("Amount", justify="right")
    rows = [(f"In-year net, {version.value}", amount) for version, amount in found.in_year.items()]
    rows += [(f"Run-rate, {version.value}", amount) for version, amount in found.run_rate.items()]
    rows += [("Carry-over into the next year, plan", found.carry_over)]
    rows += [(f"Leakage by {reason.value}", amount) for reason, amount in found.leakage.items()]
    rows += [
        ("Gross planned benefit, all years", found.gross),
        ("Risk-weighted pipeline of it", found.pipeline),
        ("Cash, plan, all years", found.cash),
        ("Avoidance, plan, not included above", found.avoidance),
    ]
    for name, amount in rows:
        table.add_row(name, f"{amount:,.0f}")
    console = Console(highlight=False)
    console.print(table)
    for step, beside in sorted(found.beside.items()):
        planned = f"{beside.plan:,.0f} {found.currency} net were planned"
        console.print(f"* without {_left_out_text(step, beside.measures)}: {planned}", soft_wrap=True)
    for measure, missing in found.left_out.items():
        console.print(f"* without {names.get(MeasureId(measure), measure)}: {missing}", soft_wrap=True)


def _left_out_text(step: str, number: int) -> str:
    count = "1 measure" if number == 1 else f"{number} measures"
    return f"{count} {'cancelled' if step == CANCELLED else 'closed without value'}"


def _active(services: Services) -> ActiveMapping:
    active = MappingCache(services.mappings).active()
    if active is None:
        raise ConfigurationError("There is no active mapping. Activate one with: gatepost mapping activate FILE")
    return active


def _amount_text(total: Total) -> str:
    return f"{total.money.amount:,.0f}{'' if total.complete else ' *'}" if total.lines or not total.complete else ""


def _print_lines(services: Services, name: str, by_version: Mapping[Version, Mapping[HierarchyNode, Total]]) -> None:
    names = services.measures.measure_names()
    table = Table("Measure", "Version", "Kind", "Month", title=name)
    for heading in ("Amount", "Converted"):
        table.add_column(heading, justify="right")
    table.add_column("Rate")
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
                    str(converted), rate,
                )  # fmt: skip
            for measure, line, missing in total.left_out:
                row = (names.get(measure, measure), version, line.kind, str(line.month), str(line.money))
                table.add_row(*row, "left out", str(missing))
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
