"""What an item says about its work, as texts to compare from one assessment to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal

from governance.evidence import Report, ReportedFact, Team
from governance.facts import Fact, Unknown
from governance.measure import Measure
from mapping.config import MeasureRule, ProgressFrom
from mapping.sources import Source, changes_by_itself, describe_source
from mapping.work_item import FieldName, FieldValue, WorkItem

DIGEST_LENGTH = 16
"""Of a report's text: it may be long, and only has to be told from another one."""


def reported_facts(
    item: WorkItem, rule: MeasureRule, measure: Measure, progress: Fact[Decimal], team: Team | None
) -> Mapping[str, Fact[ReportedFact]]:
    """The facts by name, whether the mapping counts them or not: what it counts later then has a past.

    The child items are not among them: they are compared one by one.
    """
    facts: dict[str, Fact[ReportedFact]] = {Report.STATUS: ReportedFact(item.status)}
    if rule.progress.source is ProgressFrom.PERCENT:
        facts[Report.PROGRESS] = _progress(progress, rule.progress.field or "")
    facts[Report.DATES] = _dates(rule, measure)
    if team is not None and team.last_logged is not None:
        day = team.last_logged
        facts[Report.WORKLOGS] = ReportedFact(day.isoformat(), at=datetime.combine(day, time(), UTC))
    return facts | {name: _field(item, name) for name in rule.reports.fields}


def _progress(progress: Fact[Decimal], field: str) -> Fact[ReportedFact]:
    if isinstance(progress, Unknown):
        return progress
    return ReportedFact("" if progress is None else f"{progress.normalize():f}", field)


def _dates(rule: MeasureRule, measure: Measure) -> Fact[ReportedFact]:
    """The agreed dates; one that a formula moves with the calendar, or with any change of the item, is left out."""
    values, sources = [], []
    for name, source, value in _named_dates(rule, measure):
        if source is None or changes_by_itself(source):
            continue
        if isinstance(value, Unknown):
            return value
        sources.append(f"{name} from {describe_source(source)}")
        values.append(str(value or "-"))
    return ReportedFact(" ".join(values) if set(values) - {"-"} else "", "; ".join(sources))


def _named_dates(rule: MeasureRule, measure: Measure) -> Iterator[tuple[str, Source | None, Fact[object]]]:
    yield "start", rule.facts.start, measure.start
    yield "end", rule.facts.end, measure.end
    for name, source in rule.milestones.items():
        yield name, source, measure.milestones.get(name)


def _field(item: WorkItem, name: str) -> Fact[ReportedFact]:
    if FieldName(name) not in item.fields:
        return Unknown(f'the field "{name}" was not read')
    text = _text(item.fields[FieldName(name)])
    return ReportedFact(hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH] if text else "")


def _text(value: FieldValue) -> str:
    """A person by id: somebody's new name is no report."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, tuple):
        return "\n".join(map(_text, value))
    return str(getattr(value, "id", value))
