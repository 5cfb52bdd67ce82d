"""The rules of a proposed profile for columns of amounts: which are read, and what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from governance.effects import EffectKind
from governance.ledger import LedgerVersion
from mapping.imports.cells import text_of
from mapping.imports.profile import AmountColumn, FromColumn, Subject
from mapping.imports.proposed_months import month_of
from mapping.imports.sampled_table import SampledColumn, SampledTable
from mapping.imports.words import (
    CREDIT,
    DEBIT,
    KIND_WORDS,
    KINDS,
    LETTERS,
    SINCE_BEGIN,
    VERSION_WORDS,
    VERSIONS,
    as_word,
    named_version,
    quoted,
    rank_of_currency,
    unit_of,
)


def since_begin(
    of: SampledTable, patterns: dict[str, list[int]], amounts: list[SampledColumn]
) -> tuple[bool, dict[str, list[int]], list[SampledColumn]]:
    """Whether amounts count from the begin of the year on, and what is left where others are of one period."""
    since = {pattern for pattern in patterns if SINCE_BEGIN.search(pattern)}
    columns = [one for one in amounts if SINCE_BEGIN.search(one.head)]
    if not since and not columns:
        return False, patterns, amounts
    if len(since) == len(patterns) and len(columns) == len(amounts):
        of.say("Amounts count from the begin of the fiscal year on: months get the differences (amounts_are).")
        return True, patterns, amounts
    heads = quoted([*sorted(since), *(one.head for one in columns)])
    of.say(f"Left out, because they count from the begin of the year on: {heads} (amounts).")
    return (
        False,
        {pattern: some for pattern, some in patterns.items() if pattern not in since},
        [one for one in amounts if one not in columns],
    )


def beside_months(
    of: SampledTable, patterns: Mapping[str, list[int]], amounts: list[SampledColumn]
) -> list[SampledColumn]:
    """Without the columns that are totals of months which stand beside them."""
    stated = {named_version(pattern) for pattern in patterns}
    left = [one for one in amounts if named_version(one.head) in {None, *stated}]
    if not patterns or not left:
        return amounts
    of.say(f"Left out, because columns of months state it: {quoted([one.head for one in left])} (amounts).")
    return [one for one in amounts if one not in left]


def of_one_currency(of: SampledTable, amounts: list[SampledColumn]) -> list[SampledColumn]:
    """Of amounts that stand in several currencies beside each other those of the books."""
    ranked = [(rank_of_currency(one.head), one) for one in amounts]
    ranks = {rank for rank, _ in ranked if rank is not None}
    if len(ranks) < 2:
        return amounts
    left = [one for rank, one in ranked if rank is not None and rank != min(ranks)]
    heads = quoted([one.head for one in left])
    of.say(f"Left out, because it is the same in another currency: {heads} (amounts).")
    return [one for one in amounts if one not in left]


def one_of_each(of: SampledTable, rules: list[AmountColumn]) -> list[AmountColumn]:
    """Two columns of one version and kind would be added up: the cost of the whole life gives way."""
    kept: list[AmountColumn] = []
    whole = [one for one in rules if re.search(VERSIONS[3][1].split("|total")[0], one.column or one.months or "", re.I)]
    # Of several columns for each month those are read whose heads name a version.
    rules = sorted(rules, key=lambda one: one.months is not None and named_version(one.months) is None)
    for rule in [one for one in rules if one not in whole] + whole:
        name = rule.column or rule.months
        taken = {(str(one.version), str(one.kind)) for one in kept if (one.column is None) == (rule.column is None)}
        if (str(rule.version), str(rule.kind)) in taken and rule in whole:
            rule = rule.model_copy(update={"version": LedgerVersion.BUDGET})
            of.say(f'"{name}" is taken as budget, because another column states the plan.')
        if (str(rule.version), str(rule.kind)) in taken:
            of.say(f'"{name}" is left out: another column states the same version and kind (amounts).')
            continue
        kept.append(rule)
    return kept


def debit_and_credit(amounts: Sequence[SampledColumn]) -> tuple[SampledColumn, SampledColumn] | None:
    """The two columns of a journal, where there are no others."""
    debit, credit = ([one for one in amounts if pattern.search(one.head)] for pattern in (DEBIT, CREDIT))
    return (debit[0], credit[0]) if len(debit) == len(credit) == 1 and len(amounts) == 2 else None


def journal_rules(of: SampledTable, pair: tuple[SampledColumn, SampledColumn], subject: Subject) -> list[AmountColumn]:
    """What is credited is taken off what is debited; both are actuals, whatever Soll means elsewhere."""
    debit, credit = (amount_rule(of, one, pair, subject) for one in pair)
    of.say(f'"{credit.column}" is taken off "{debit.column}" (sign).')
    version = debit.version if isinstance(debit.version, FromColumn) else LedgerVersion.ACTUAL
    return [
        debit.model_copy(update={"version": version}),
        credit.model_copy(update={"version": version, "kind": debit.kind, "sign": "negative"}),
    ]


def version_of(of: SampledTable, head: str) -> LedgerVersion:
    if "*" in head and (letter := LETTERS.get(head.replace("*", "").strip().casefold())) is not None:
        return letter
    for version, pattern in VERSIONS:
        if re.search(pattern, head, re.IGNORECASE):
            if version is LedgerVersion.ACTUAL and re.search(VERSIONS[1][1], head, re.IGNORECASE):
                of.say(f'"{head}" names two versions: it is taken as forecast.')
                return LedgerVersion.FORECAST
            return version
    of.say(f'"{head}" names no version: it is taken as actual.')
    return LedgerVersion.ACTUAL


def kind_of(of: SampledTable, head: str) -> EffectKind:
    for kind, pattern in KINDS:
        if re.search(pattern, head, re.IGNORECASE):
            return kind
    above = {kind for text in of.above() for kind, pattern in KINDS if re.search(pattern, text, re.IGNORECASE)}
    if len(above) == 1:
        named = above.pop()
        of.say(f'"{head}" does not say what it is: a line above the heads does, {named.value} (kind).')
        return named
    of.say(f'"{head}" does not say what it is: it is taken as one-off cost.')
    return EffectKind.ONE_OFF_COST


def months_rule(of: SampledTable, pattern: str) -> AmountColumn:
    version, kind = columns_of_words(of)
    unit = unit_of(pattern) or None
    return AmountColumn(
        months=pattern, version=version or version_of(of, pattern), kind=kind or kind_of(of, pattern),
        unit=unit if unit != "one" else None,
    )  # fmt: skip


def columns_of_words(of: SampledTable) -> tuple[FromColumn | None, FromColumn | None]:
    """Columns that hold the version and the kind as words."""
    found: list[FromColumn | None] = [None, None]
    for one in of.columns:
        texts = {text_of(value) for value in one.values}
        for position, words in enumerate((VERSION_WORDS, KIND_WORDS)):
            plain = {text: as_word(text) for text in texts}
            if texts and len(texts) <= len(words) and words.keys() >= set(plain.values()):
                meant = {text: words[name] for text, name in sorted(plain.items()) if words[name] != name}
                found[position] = FromColumn(column=one.head, values=meant)
    return found[0], found[1]


def amount_rule(
    of: SampledTable, column: SampledColumn, amounts: Sequence[SampledColumn], subject: Subject
) -> AmountColumn:
    version, kind = columns_of_words(of)
    own = unit_of(column.head)
    units = {unit_of(one.head) for one in amounts} - {""}
    return AmountColumn(
        column=column.head, version=version or version_of(of, column.head), kind=kind or kind_of(of, column.head),
        month=month_of(of, column, amounts, subject), unit=own if len(units) > 1 and own else None,
    )  # fmt: skip
