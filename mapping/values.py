"""Field values as facts: text, people, dates, money.  What cannot be read for sure is unknown, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from governance.facts import Fact, Unknown
from governance.measure import Person
from governance.money import MAX_DIGITS, Money, is_reasonable
from governance.written_date import written_date
from mapping.expressions import ExpressionScope
from mapping.sources import ComputedSource, JoinedSource, TranslatedSource, describe_source
from mapping.work_item import FieldName, FieldValue

_NUMBER = re.compile(r"([+-]?)(\d[\d.,' \u00a0\u202f]*)\s*([kKmM]?)")
_GAP = re.compile(r"[' \u00a0\u202f]")
_GROUPED = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?")
"""Thousands that are parted by gaps."""
_CODE = re.compile(r"\b([A-Z]{3})\b")
_TIME = re.compile(r"(?<=\d)[T ]\d{2}:\d{2}.*$")
_FACTORS = {"": Decimal(1), "k": Decimal(1000), "m": Decimal(1_000_000)}
MAX_MONEY_LENGTH = 60
NO_AMOUNT = "this is not an amount; write it as 1234567.89"

FieldSource: TypeAlias = str | ComputedSource | TranslatedSource | JoinedSource


def field_of(scope: ExpressionScope, name: FieldSource) -> FieldValue | Unknown:
    """What a source holds; unknown when the tool did not return its field."""
    if isinstance(name, ComputedSource):
        return scope.evaluate(name.cel)
    if isinstance(name, TranslatedSource):
        return _translated(scope, name)
    if isinstance(name, JoinedSource):
        return _joined(scope, name)
    value = scope.item.fields.get(FieldName(name), _ABSENT)
    if isinstance(value, Unknown):
        return Unknown(
            f'the field "{name}" was not returned by {scope.item.connection}; check that it exists and that '
            "Gatepost may see it"
        )
    return value


def _joined(scope: ExpressionScope, source: JoinedSource) -> FieldValue | Unknown:
    """The value on which the joined items agree; ``None`` when nothing is joined, and an empty one says nothing."""
    found: tuple[str, FieldValue] | None = None
    for joined_scope in joined_scopes(scope, source):
        if isinstance(joined_scope, Unknown):
            return joined_scope
        value = field_of(joined_scope, source.field)
        if isinstance(value, Unknown):
            return value
        if value is None or value == "":
            continue
        if found is None:
            found = joined_scope.item.key, value
        elif value != found[1]:
            return Unknown(
                f"{describe_source(source)} differs: {found[0]} holds {_shown(found[1])}, and {joined_scope.item.key} "
                f"{_shown(value)}",
                entered=True,
            )
    return found[1] if found is not None else None


def _shown(value: FieldValue) -> str:
    match value:
        case Person(name=name):
            return name
        case str():
            return f'"{value}"'
        case tuple():
            return ", ".join(map(_shown, value))
        case _:
            return str(value)


def joined_scopes(scope: ExpressionScope, source: JoinedSource) -> Iterator[ExpressionScope | Unknown]:
    """Each joined item as a scope of its own, or why there is none."""
    items = scope.joined.get(source.join, Unknown(f"the items of {source.join} were not read"))
    if isinstance(items, Unknown):
        yield items
        return
    yield from map(scope.of, items)


def _translated(scope: ExpressionScope, source: TranslatedSource) -> FieldValue | Unknown:
    present = text_of(scope, source.field)
    if isinstance(present, Unknown):
        return present
    if present is not None:
        wanted = present.casefold()
        for value, meaning in source.values.items():
            if value.casefold() == wanted:
                return meaning
    if source.default is not None or present is None:
        return source.default
    return Unknown(f'the field "{source.field}" holds "{present}", which the mapping does not translate')


_ABSENT = Unknown("absent")


def text_of(scope: ExpressionScope, name: FieldSource) -> Fact[str]:
    value = field_of(scope, name)
    match value:
        case None | Unknown():
            return value
        case Person(name=person):
            return person
        case tuple():
            parts = [part for part in value if isinstance(part, str)]
            return ", ".join(parts) or None
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value).strip() or None


def person_of(scope: ExpressionScope, name: FieldSource) -> Fact[Person]:
    value = field_of(scope, name)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    match value:
        case Person(name=""):
            return Unknown(
                f"{describe_source(name)} names a user whom {scope.item.connection} does not show: deleted, or hidden "
                "from Gatepost. Name somebody else, or let Gatepost see them"
            )
        case Person(is_app=True):
            return Unknown(
                f"{describe_source(name)} names the app {value.name}; a role is held by a person", entered=True
            )
        case None | Unknown() | Person():
            return value
        case tuple() if not value:
            return None
        case tuple():
            return Unknown(f"{describe_source(name)} names several people; a role has one holder", entered=True)
        case str() if not value.strip():
            return None
        case _:
            return Unknown(
                f'{describe_source(name)} does not hold a person but "{value}"; map the role to a user field'
            )


def people_of(scope: ExpressionScope, name: FieldSource) -> Fact[tuple[Person, ...]]:
    """Everybody in a field; anything in it that is not a person makes it unknown."""
    value = field_of(scope, name)
    match value:
        case None | Unknown():
            return value
        case Person():
            return (value,)
        case tuple() if all(isinstance(part, Person) for part in value):
            return tuple(part for part in value if isinstance(part, Person)) or None
        case _:
            return Unknown(f"{describe_source(name)} does not hold people; map the team to a user field")


def names_of(scope: ExpressionScope, name: FieldSource) -> Fact[tuple[str, ...]]:
    """The names in a text or list field, separated by commas, semicolons or lines."""
    value = field_of(scope, name)
    if value is None or isinstance(value, Unknown):
        return value
    parts = value if isinstance(value, tuple) else re.split(r"[,;\n]", str(value))
    return tuple(dict.fromkeys(text for part in parts if (text := str(part).strip()))) or None


def date_of(scope: ExpressionScope, name: FieldSource) -> Fact[date]:
    value = field_of(scope, name)
    match value:
        case None | Unknown():
            return value
        case datetime():
            return value.astimezone(scope.zone).date() if value.tzinfo is not None else value.date()
        case date():
            return value
        case str() if not value.strip():
            return None
        case str():
            day = written_date(_TIME.sub("", value))
            return day or Unknown(
                f'{describe_source(name)} holds "{value}", which is not a date such as 2026-10-31', entered=True
            )
        case _:
            return Unknown(f"{describe_source(name)} does not hold a date")


def decimal_of(scope: ExpressionScope, name: FieldSource) -> Fact[Decimal]:
    value = field_of(scope, name)
    match value:
        case None | Unknown():
            return value
        case Decimal():
            # Shortened: a number of a thousand digits says no more.
            return value if is_reasonable(value) else Unknown(f"{describe_source(name)} holds {value:.6g}")
        case str() if not value.strip():
            return None
        case str():
            parsed = parse_amount(value.strip().removesuffix("%"))
            return (
                parsed
                if isinstance(parsed, Decimal)
                else Unknown(f'{describe_source(name)} holds "{value}": {parsed}', entered=True)
            )
        case _:
            return Unknown(f"{describe_source(name)} does not hold a number")


def _sum_of_joined(scope: ExpressionScope, source: JoinedSource, currency: str) -> Fact[Money]:
    total: Money | None = None
    for joined_scope in joined_scopes(scope, source):
        amount = joined_scope if isinstance(joined_scope, Unknown) else money_of(joined_scope, source.field, currency)
        if isinstance(amount, Unknown):
            return amount
        if amount is not None:
            if total is not None and total.currency != amount.currency:
                return Unknown(f"{describe_source(source)} holds {total.currency} and {amount.currency}", entered=True)
            total = amount if total is None else total + amount
    return total


def money_of(scope: ExpressionScope, name: FieldSource, currency: str) -> Fact[Money]:
    """An amount; a number without a currency is in ``currency``."""
    if isinstance(name, JoinedSource):
        return _sum_of_joined(scope, name, currency)
    value = field_of(scope, name)
    if isinstance(value, Money):
        number = value.amount
        return value if is_reasonable(number) else Unknown(f"{describe_source(name)} holds {number:.6g}")
    if isinstance(value, str) and value.strip():
        text = value.strip()
        if len(text) > MAX_MONEY_LENGTH:
            return Unknown(f'{describe_source(name)} holds "{text[:MAX_MONEY_LENGTH]}…": {NO_AMOUNT}', entered=True)
        code = _CODE.search(text)
        parsed = parse_amount(_CODE.sub("", text, count=1).strip(" ;\u00a0") if code else text)
        if isinstance(parsed, str):
            return Unknown(f'{describe_source(name)} holds "{text}": {parsed}', entered=True)
        return Money(parsed, code[1] if code else currency)
    found = decimal_of(scope, name)
    return Money(found, currency) if isinstance(found, Decimal) else found


def parse_amount(text: str) -> Decimal | str:
    """A number as people write it, or the reason why it is not clear.

    ``1,234.56``, ``1.234,56``, ``1 234,56``, ``1'234.56``, ``1.2M``, ``250k``.  ``1,234`` and ``1.234`` may mean
    a thousand or one and a bit, also of thousands (``1,234k``), and ``1000 2000`` two amounts: they are refused, not
    guessed.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return NO_AMOUNT
    sign, digits, suffix = found.groups()
    parts = _GAP.split(digits.strip())
    if len(parts) > 1 and not _GROUPED.fullmatch(" ".join(parts)):
        return NO_AMOUNT
    digits = "".join(parts)
    plain = _plain(digits)
    if plain is None:
        return f"it is not clear whether {digits} has decimals; write it as 1234567.89"
    number = Decimal(f"{sign}{plain}") * _FACTORS[suffix.lower()]
    return number if is_reasonable(number) else f"this is larger or finer than an amount of {MAX_DIGITS} digits"


def _plain(digits: str) -> str | None:
    """The digits with a point for the decimals and no thousands; ``None`` when that is not clear."""
    dots, commas = digits.count("."), digits.count(",")
    if dots and commas:
        decimal = "." if digits.rfind(".") > digits.rfind(",") else ","
        thousands = "," if decimal == "." else "."
        whole, _, rest = digits.rpartition(decimal)
        grouped = re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+", whole)
        return f"{whole.replace(thousands, '')}.{rest}" if grouped and rest.isdigit() else None
    mark = "." if dots else ","
    if dots + commas == 0:
        return digits
    if dots + commas > 1:
        return digits.replace(mark, "") if re.fullmatch(rf"\d{{1,3}}(?:\{mark}\d{{3}})+", digits) else None
    whole, _, rest = digits.partition(mark)
    if len(rest) == 3 and len(whole) <= 3 and whole != "0":
        return None
    return f"{whole}.{rest}" if rest else None
