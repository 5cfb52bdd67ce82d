"""The grammar of comment commands: strict, one command at the start of a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from governance.gates import Policy
from governance.money import Money, Period

USAGE_APPROVE = "/approve STAGE, for example: /approve decided"
USAGE_CONFIRM = "/confirm AMOUNT CURRENCY MONTH, for example: /confirm 1.2M EUR 2026-10"

_FACTORS = {"": Decimal(1), "k": Decimal(1000), "m": Decimal(1_000_000)}
_AMOUNT = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,4})?)([kKmM]?)")


@dataclass(frozen=True, slots=True)
class Approve:
    stage: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A controller's statement of the actual effect up to and with a month."""

    amount: Money
    month: Period


@dataclass(frozen=True, slots=True)
class Malformed:
    """A command that is not well formed: what was written, why it does not hold, what would be right."""

    text: str
    why: str
    usage: str


Command: TypeAlias = Approve | Confirm | Malformed


def parse_commands(text: str, policy: Policy) -> tuple[Command, ...]:
    """The commands in a comment, in their order; ordinary text gives none."""
    found: list[Command] = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "/approve":
            found.append(_approve(line.strip(), rest.strip(), policy))
        elif word == "/confirm":
            found.append(_confirm(line.strip(), rest.split()))
    return tuple(found)


def _approve(line: str, rest: str, policy: Policy) -> Command:
    stage = policy.find(rest)
    if stage is None:
        labels = ", ".join(item.label for item in policy.stages)
        why = f'"{rest}" is not a stage; the stages are {labels}' if rest else "the stage is missing"
        return Malformed(line, why, USAGE_APPROVE)
    return Approve(stage.key)


def _confirm(line: str, words: list[str]) -> Command:
    if len(words) != 3:
        return Malformed(line, "an amount, a currency and a month are needed", USAGE_CONFIRM)
    amount = _AMOUNT.fullmatch(words[0])
    if amount is None:
        return Malformed(line, f'"{words[0]}" is not an amount', USAGE_CONFIRM)
    if not re.fullmatch(r"[A-Z]{3}", words[1]):
        return Malformed(line, f'"{words[1]}" is not a currency code of three capitals', USAGE_CONFIRM)
    try:
        month = Period.parse(words[2])
    except ValueError as error:
        return Malformed(line, str(error), USAGE_CONFIRM)
    value = Decimal(amount[1].replace(",", "")) * _FACTORS[amount[2].lower()]
    return Confirm(Money(value, words[1]), month)
