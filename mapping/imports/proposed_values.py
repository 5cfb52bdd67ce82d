"""What a proposed profile says beside its amounts: subject, currency, signs, units, and rows that are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from governance.effects import EffectKind
from mapping.imports.cells import text_of
from mapping.imports.numbers import SYMBOLS, Amount, NotANumber, decimal_sign, read_amount, sign_is_open
from mapping.imports.profile import FromColumn, Subject
from mapping.imports.proposed_amounts import columns_of_words
from mapping.imports.sampled_table import SAMPLE, SampledColumn, SampledTable
from mapping.imports.words import (
    COST_CENTRE,
    CURRENCY,
    CURRENCY_CODES,
    DESCRIPTION,
    GL_ACCOUNT,
    IDENTITY,
    KIND_WORDS,
    NO_SUM,
    TITLE,
    TOOL_KEY,
    TOTAL,
    TOTAL_OF,
    as_word,
    is_total_row,
    unit_of,
)

MOST_TEXTS = 60
"""Texts in place of amounts that are listed."""


def texts_of_rows(of: SampledTable, subject: Subject, used: Sequence[SampledColumn]) -> dict[str, object]:
    """Cost centre and account of each row, where a list names them."""
    if of.direction == "columns":
        return {}
    found: dict[str, object] = {}
    for name, pattern in (("cost_centre", COST_CENTRE), ("gl_account", GL_ACCOUNT)):
        for one in of.columns:
            if one.head != subject.column and one not in used and pattern.search(one.head) and one.values:
                found.setdefault(name, FromColumn(column=one.head))
    return found


def subject_of(of: SampledTable, used: set[int]) -> Subject:
    def keys(one: SampledColumn) -> bool:
        """Whether the tools' own keys stand in it, but for totals and the like."""
        texts = [text for value in one.values if not is_total_row(text := text_of(value))]
        return bool(texts) and sum(bool(TOOL_KEY.fullmatch(text)) for text in texts) >= 0.8 * len(texts)

    def rank(one: SampledColumn) -> tuple[float, ...]:
        unique = one.distinct / len(one.values) if one.values else 0.0
        is_id, is_name = bool(IDENTITY.search(one.head)), bool(TITLE.search(one.head))
        full = len(one.values) / max(1, min(len(of.grid.rows) - of.grid.first, SAMPLE))
        dates = one.months / len(one.values) if one.values else 0.0
        about = 2.0 * is_id + 2.0 * is_name
        told = 4.0 * keys(one) - 1.0 * bool(DESCRIPTION.search(one.head))
        return (about * (unique > 0.9) + told + unique + min(full, 1.0) - 2 * dates - (one.index * 0.001),)

    candidates = [one for one in of.columns if one.index not in used and one.values and not NO_SUM.search(one.head)]
    if not candidates:
        candidates = [one for one in of.columns if one.values]
    best = max(candidates, key=rank)
    is_id = bool(IDENTITY.search(best.head)) or keys(best)
    others = [one.head for one in sorted(candidates, key=rank, reverse=True)[1:3]]
    also = f"; it could be {' or '.join(others)}" if others else ""
    of.say(f'Measures are found by "{best.head}", as their {"key" if is_id else "title"}{also} (subject).')
    return Subject(column=best.head, by="key" if is_id else "title")


def currency_of(of: SampledTable, used: Sequence[SampledColumn]) -> str | FromColumn:
    if beside := currency_column(of, used):
        return FromColumn(column=beside.head)
    signs: Counter[str] = Counter()
    for one in used:
        signs.update(one.currencies)
        signs.update(code for sign, code in SYMBOLS.items() if sign in one.head)
        signs.update(re.findall(rf"\b({'|'.join(CURRENCY_CODES)})\b", one.head.upper()))
    in_cells = {code for one in used for code in one.currencies}
    if len(in_cells) > 1:
        of.say(f"Amounts name their currencies in their cells: {', '.join(sorted(in_cells))} (currency).")
        return "cell"
    if signs:
        return signs.most_common(1)[0][0]
    if any("$" in one.head or any(isinstance(v, str) and "$" in v for v in one.values[:50]) for one in used):
        of.say("The dollar sign is taken as USD (currency).")
        return "USD"
    above = {code for text in of.above() for code in re.findall(r"\b[A-Z]{3}\b", text) if code in CURRENCY_CODES}
    above |= {code for text in of.above() for sign, code in SYMBOLS.items() if sign in text}
    if len(above) == 1:
        code: str = above.pop()
        where = "The first head" if of.direction == "columns" else "A line above the heads"
        of.say(f"{where} names the currency: {code} (currency).")
        return code
    of.say("The file names no currency: EUR is assumed (currency).")
    return "EUR"


def currency_column(of: SampledTable, used: Sequence[SampledColumn]) -> SampledColumn | None:
    """The column of currencies that belongs to the amounts: of several the next one behind them."""
    found = [
        one for one in of.columns
        if CURRENCY.search(one.head) and one.values and one not in used
        and all(re.fullmatch("[A-Z]{3}", text_of(value).upper()) for value in one.values)
    ]  # fmt: skip
    last = max((one.index for one in used), default=0)
    return min(found, key=lambda one: (one.index < last, abs(one.index - last)), default=None)


def decimal_of(of: SampledTable, used: Sequence[SampledColumn]) -> str | None:
    values = [value for one in used for value in one.values]
    if not any(isinstance(value, str) for value in values):
        return None
    sign = decimal_sign(values)
    if sign is None and sign_is_open(values):
        of.say("Every number with a sign could be read with a point or a comma: the point is assumed (decimal).")
    return sign or "."


def unit_of_amounts(of: SampledTable, used: Sequence[SampledColumn], subject: Subject) -> str:
    units = {unit_of(one.head) for one in used} - {""}
    if len(units) == 1:
        return units.pop()
    if not units and (corner := unit_of(subject.column)):
        of.say(f'The head "{subject.column}" names the unit: amounts are taken in {corner} (unit).')
        return corner
    above = {unit_of(text) for text in of.above()} - {""}
    if not units and len(above) == 1:
        unit = above.pop()
        of.say(f"A line above the heads names the unit: amounts are taken in {unit} (unit).")
        return unit
    if not units:
        of.say("No head names a unit: amounts are taken as they stand (unit; k, m or bn when they are larger).")
    return "one"


def negative_amounts(of: SampledTable, used: Sequence[SampledColumn]) -> dict[str, object]:
    negative, numbers = sum(one.negative for one in used), sum(one.numbers for one in used)
    if not negative:
        return {}
    costs = amounts_of_costs(of, used)
    if costs and sum(one < 0 for one in costs) > 0.6 * len(costs) and negative <= numbers - len(costs) * 0.4:
        of.say("Costs are negative beside positive benefits: the file writes them so (sign).")
        left = negative - sum(one < 0 for one in costs) + sum(one > 0 for one in costs)
        credit: dict[str, object] = {"negative": "credit"} if left else {}
        return {"sign": "negative_costs", **credit}
    if negative > numbers * 0.6:
        of.say("Most amounts are negative: the file writes costs so (sign).")
        return {"sign": "negative", "negative": "credit"}
    of.say(f"{negative:,} amounts are negative: they are taken as credit notes (negative).")
    return {"negative": "credit"}


def amounts_of_costs(of: SampledTable, used: Sequence[SampledColumn]) -> list[Decimal]:
    """Where the kind stands in a column and names benefits as well: the amounts of all others, but for zeros."""
    _, column = columns_of_words(of)
    if column is None:
        return []
    index = next(one.index for one in of.columns if one.head == column.columns[0])
    costs, benefits = [], 0
    for row in of.grid.rows[of.grid.first : of.grid.first + SAMPLE]:
        word = text_of(row[index]) if index < len(row) else ""
        kind = column.values.get(word, as_word(word))
        if not word or kind not in KIND_WORDS:
            continue
        read = [read_amount(row[one.index], None) for one in used if one.index < len(row)]
        amounts = [one.number for one in read if isinstance(one, Amount) and one.number]
        if EffectKind(KIND_WORDS[kind]).is_benefit:
            benefits += len(amounts)
        else:
            costs += amounts
    return costs if benefits else []


def skipped_rows(of: SampledTable, subject: Subject) -> list[str]:
    column = next(one for one in of.columns if one.head == subject.column)
    names = {text_of(value) for value in column.values}
    totals = {name for name in names if TOTAL.fullmatch(name)}
    totals |= {name for name in names if (named := TOTAL_OF.fullmatch(name)) and (named[1] or named[2]) in names}
    if totals:
        of.say(f"Rows named {', '.join(sorted(totals)[:3])} are left out as totals (skip).")
    return sorted(totals)


def no_amount(of: SampledTable, used: Sequence[SampledColumn]) -> list[str]:
    texts: Counter[str] = Counter()
    for one in used:
        for text, many in one.texts.items():
            if read_amount(text, ".") is NotANumber.TEXT:
                texts[text if len(text) <= 60 else f"{text[:50].rstrip()}*"] += many
    if texts:
        of.say(
            f"{sum(texts.values()):,} cells hold a text in place of an amount, such as "
            f'"{texts.most_common(1)[0][0]}": they'
            " are taken as no amount (no_amount)."
        )
    return [text for text, _ in texts.most_common(MOST_TEXTS)]
