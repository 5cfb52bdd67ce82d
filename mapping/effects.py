"""The money of a measure: what is planned and expected, when it comes, and what was booked in which month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from governance.actuals_seen import SeenTotal, Sighting, TotalChange, booked, observe_total
from governance.effects import EffectLine, Version
from governance.facts import Fact, Question, Unknown
from governance.money import Money, Period
from governance.time_text import month_text
from mapping.amounts import AmountKey, SeriesReader, wrong_sign
from mapping.config import EffectsFrom, MappingConfig, MeasureRule, SeriesRule
from mapping.expressions import ExpressionScope
from mapping.month_table import read_table
from mapping.sources import describe_source
from mapping.timing import TimedSeries
from mapping.values import FieldSource, text_of
from mapping.work_item import FieldChange, FieldName

NOTHING_SEEN: Mapping[str, tuple[SeenTotal, ...]] = {}
NO_HISTORY: Mapping[FieldName, tuple[FieldChange, ...]] = {}


@dataclass(frozen=True, slots=True)
class MoneyContext:
    """What is known of a measure's money from before, and when it is read now."""

    sighting: Sighting
    seen: Mapping[str, tuple[SeenTotal, ...]] = field(default_factory=dict)
    history: Mapping[FieldName, tuple[FieldChange, ...]] = field(default_factory=dict)
    """The changes of fields that the tool's history was asked for."""
    locked_start: date | None = None
    """The start of the work that was agreed with the plan; the forecast's horizon does not move with a later one."""


@dataclass(frozen=True, slots=True)
class WorkDates:
    """The dates that amounts may depend on."""

    start: Fact[date] = None
    end: Fact[date] = None
    milestones: Mapping[str, Fact[date]] = field(default_factory=dict)

    @property
    def are_entered(self) -> bool:
        """Whether what is wrong with a date is wrong in the tool, and not hidden from us."""
        days = (self.start, self.end, *self.milestones.values())
        return all(day.entered for day in days if isinstance(day, Unknown))


@dataclass(frozen=True, slots=True)
class EffectProblem:
    """An amount, or what it depends on, that could not be read or laid out."""

    sentence: str
    entered: bool
    """Somebody has entered it so: another entry mends it."""
    asks: bool = False
    """The sentence ends with a question."""
    source: FieldSource | None = None
    """What alone was to be read; ``None`` for what other items, a table or dates hold."""


@dataclass(slots=True)
class MappedEffects:
    """The effect lines, and what is to be said of them."""

    lines: list[EffectLine] = field(default_factory=list)
    problems: list[EffectProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is not counted here, and where it is counted."""
    seen: dict[str, tuple[SeenTotal, ...]] = field(default_factory=dict)
    """The totals to date that were seen so far, by key of the series."""
    undated: dict[FieldName, datetime] = field(default_factory=dict)
    """Fields with an actual whose month the tool's history could tell, and from when on it has to be read."""

    def add(self, found: Sequence[EffectLine] | Unknown) -> None:
        if isinstance(found, Unknown):
            self.problem(found)
        else:
            self.lines += found

    def problem(self, found: Unknown, source: FieldSource | None = None) -> None:
        self.problems.append(EffectProblem(found.reason, found.entered, isinstance(found, Question), source))

    @property
    def sentences(self) -> tuple[str, ...]:
        """A sentence for each problem; what several amounts have in common is said once."""
        return tuple(dict.fromkeys(one.sentence for one in self.problems))

    @property
    def end_asking(self) -> bool:
        """Whether the last of the sentences ends with a question."""
        asking = {one.sentence: one.asks for one in self.problems}
        return bool(asking) and list(asking.values())[-1]

    @property
    def are_entered(self) -> bool:
        """Whether somebody has entered all of the problems."""
        return bool(self.problems) and all(one.entered for one in self.problems)

    def are_of(self, source: FieldSource | None) -> bool:
        """Whether all of the problems are one source that could not be read."""
        return bool(self.problems) and source is not None and all(one.source == source for one in self.problems)


def effects_of(
    scope: ExpressionScope, config: MappingConfig, rule: MeasureRule, dates: WorkDates, context: MoneyContext
) -> MappedEffects:
    """All lines of a measure.

    Plan and forecast come when the mapping's timing says.  Actuals in fields are totals to date: each is booked in the
    month in which it was seen (:mod:`governance.actuals_seen`).
    """
    found = MappedEffects(seen=dict(context.seen))
    effects = rule.effects
    currency = text_of(scope, effects.currency) if effects.currency else config.reporting_currency
    if isinstance(currency, Unknown):
        found.problem(currency)
        return found
    timed = TimedSeries.of(
        scope, effects.timing, dates.start, dates.end, dates.milestones, config.policy.horizon_months
    )
    # What a re-baseline would lock has the horizon of the dates that would be agreed with it.
    by_version = {Version.PLAN: timed, Version.FORECAST: replace(timed, horizon_from=context.locked_start)}
    for version in Version:
        series: SeriesRule | None = getattr(effects, version.value)
        if series is None:
            continue
        reader = SeriesReader(scope, config, version.value, series, currency or config.reporting_currency)
        for lines in _given_by_month(reader, version):
            found.add(lines)
        for key, source, amount in reader.amounts():
            if version is Version.ACTUAL:
                _book(found, reader, key, source, amount, context)
            elif isinstance(amount, Unknown):
                found.problem(amount, _own(reader, source))
            elif amount is not None:
                laid = by_version[version].lines(version, key, amount, series.spread)
                found.add(Unknown(laid, dates.are_entered) if isinstance(laid, str) else laid)
        found.notes += _elsewhere(version, reader.left_out())
    return found


def _own(reader: SeriesReader, source: FieldSource) -> FieldSource | None:
    """The source, unless it is read of each child item."""
    return None if reader.series.source is EffectsFrom.CHILDREN else source


def _given_by_month(reader: SeriesReader, version: Version) -> Iterator[Sequence[EffectLine] | Unknown]:
    """Lines that the tool itself holds by month: cost and benefit plans, and a table in a field."""
    series = reader.series
    if series.source is EffectsFrom.PLANS:
        planned = reader.scope.item.plan_lines
        if isinstance(planned, Unknown):
            yield planned
        else:
            lines = [line for line in planned or () if line.version is version]
            named = "a cost or benefit plan"
            yield wrong_sign(lines, named) or _not_begun(lines, named, reader.scope) or lines
    if series.table:
        value = text_of(reader.scope, series.table)
        if isinstance(value, Unknown):
            yield value
        elif value is not None:
            table = read_table(value, version, reader.currency, series.sign)
            named = describe_source(series.table)
            if isinstance(table, Unknown):
                yield replace(table, reason=f"{named}: {table.reason}")
            else:
                yield _not_begun(table, named, reader.scope) or table


def _not_begun(lines: Iterable[EffectLine], named: str, scope: ExpressionScope) -> Unknown | None:
    """What is wrong with actuals of months to come, as for the ledger: nobody has booked them."""
    present = Period.of(scope.now.astimezone(scope.zone).date())
    later = [one for one in lines if one.version is Version.ACTUAL and one.month > present and one.money.amount]
    if not later:
        return None
    first = min(later, key=lambda one: one.month)
    return Unknown(
        f"{named} holds {first.money} as actual of {month_text(first.month)}, which has not begun: an actual is what "
        "was booked. Enter what is expected as forecast",
        entered=True,
    )


def _book(
    found: MappedEffects,
    reader: SeriesReader,
    key: AmountKey,
    source: FieldSource,
    amount: Fact[Money],
    context: MoneyContext,
) -> None:
    """Book a total to date: what was seen before stays booked where it was, also while the field cannot be read."""
    named = describe_source(source)
    if reader.series.source is EffectsFrom.CHILDREN:
        named = f"{named} of the child items"
    is_own_field = isinstance(source, str) and reader.series.source is EffectsFrom.FIELDS
    history = context.history.get(FieldName(source), ()) if isinstance(source, str) and is_own_field else ()
    before = context.seen.get(key.name, ())
    observed = observe_total(named, amount, before, context.sighting, tuple(_totals(reader, key, source, history)))
    if observed.problem:
        if isinstance(amount, Unknown):
            found.problem(amount, _own(reader, source))
        else:
            found.problem(Unknown(observed.problem, entered=True))
    if observed.seen:
        found.seen[key.name] = observed.seen
    if isinstance(source, str) and is_own_field and observed.undated_since is not None:
        found.undated[FieldName(source)] = observed.undated_since
    found.lines += [
        EffectLine(Version.ACTUAL, key.kind, month, money, key.account) for month, money in booked(observed.seen)
    ]


def _totals(
    reader: SeriesReader, key: AmountKey, source: FieldSource, history: Iterable[FieldChange]
) -> Iterator[TotalChange]:
    """What the tool's history says of a field, read as the field itself is."""

    def read(text: str) -> Fact[Money]:
        item = reader.scope.item
        fields = {**item.fields, FieldName(str(source)): text or None}
        return reader.read(key, source, reader.scope.of(replace(item, fields=fields)))

    return (TotalChange(change.at, read(change.before), read(change.after)) for change in history)


def _elsewhere(version: Version, left_out: Iterable[tuple[str, str]]) -> Iterator[str]:
    by_kind: dict[str, dict[str, None]] = {}
    for kind, key in left_out:
        by_kind.setdefault(kind, {})[key] = None
    for kind, keys in by_kind.items():
        yield (
            f"the {version.value} leaves out {', '.join(keys)}: {kind} that is a measure with money of its own counts "
            "there, and only there"
        )
