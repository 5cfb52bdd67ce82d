"""Hours that people logged, times a dated rate card: what work on a measure cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from governance.effects import EffectKind
from governance.ledger import LedgerVersion, Posting
from governance.ledger_source import Worklog
from governance.money import Money, Period
from governance.statements import Statement, statement_key
from mapping.imports.profile import Currency, Name, ProfileProblem, Text
from mapping.related_evidence import TimeEntry


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class CardRate(_Part):
    """What an hour costs, from a day on until a newer rate takes over."""

    who: Text
    """A person, role, team or vendor, as ``people`` names it."""
    since: date
    rate: Annotated[Decimal, Field(gt=0, max_digits=12)]
    """Loaded cost of one hour."""
    currency: Currency
    kind: EffectKind = EffectKind.ONE_OFF_COST
    internal: bool = True
    """Of the own people; an external's vendor becomes the counterparty."""


class RateCard(_Part):
    version: Literal[1] = 1
    name: Name
    people: dict[str, Text] = Field(min_length=1)
    """Whose hours count: the tool's id of the account, and the person, role, team or vendor whose rate is theirs."""
    rates: list[CardRate] = Field(min_length=1)

    def rate_of(self, account: str, day: date) -> CardRate | None:
        """The newest rate that is valid on a day."""
        who = self.people.get(account)
        valid = [one for one in self.rates if one.who == who and one.since <= day]
        return max(valid, key=lambda one: one.since, default=None)


@dataclass(slots=True)
class HoursCost:
    """What hours cost, and what is missing."""

    statements: list[Statement] = field(default_factory=list)
    missing: dict[tuple[str, Period], Decimal] = field(default_factory=dict)
    """Hours without a rate, by who and month."""
    elsewhere: Decimal = Decimal(0)
    """Hours on items that belong to no measure."""


def load_rate_card(text: str) -> RateCard:
    """Raises ProfileProblem."""
    try:
        return RateCard.model_validate(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, RecursionError) as error:
        raise ProfileProblem(f"the rate card is no YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        texts = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise ProfileProblem("; ".join(texts)) from None


def cost_of_hours(
    entries: Iterable[TimeEntry], card: RateCard, connection: str, measures: Mapping[str, str]
) -> HoursCost:
    """One statement for each worklog; ``measures`` are ids by the item that is or holds the work.

    Its key is the tool's id of the worklog: one that was edited is a correction, and one that was removed is missing.
    Hours of which the tool gives no id are added up by person, item, day and rate.
    """
    found = HoursCost()
    sums: dict[tuple[TimeEntry, CardRate], tuple[str, Decimal]] = {}
    for entry in entries:
        measure = measures.get(entry.item) or measures.get(entry.parent or "")
        if measure is None:
            found.elsewhere += entry.hours
            continue
        month, rate = Period.of(entry.day), card.rate_of(entry.person, entry.day)
        if rate is None:
            key = (card.people.get(entry.person, entry.person), month)
            found.missing[key] = found.missing.get(key, Decimal(0)) + entry.hours
            continue
        key_of = (entry if entry.worklog else replace(entry, hours=Decimal(0)), rate)
        sums[key_of] = (measure, sums.get(key_of, (measure, Decimal(0)))[1] + entry.hours)
    for (entry, rate), (measure, hours) in sums.items():
        posting = Posting(
            LedgerVersion.ACTUAL, rate.kind, Period.of(entry.day), Money(hours * rate.rate, rate.currency), measure,
            counterparty="" if rate.internal else rate.who,
        )  # fmt: skip
        told = f"{rate.who}, {hours.normalize():f} h on {entry.day} at {rate.rate} {rate.currency}"
        source = Worklog(connection, entry.item, f"{entry.worklog} ({told})" if entry.worklog else told)
        parts = (entry.worklog,) if entry.worklog else (entry.item, entry.person, entry.day, rate.who, rate.since)
        found.statements.append(Statement(statement_key(card.name, connection, *parts), posting, source))
    return found
