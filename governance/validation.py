"""Validated value: what the controller signed of the booked effect, by closed month and P&L line.

Formulas: claimed = booked benefits − booked costs of the result, without capex; validated = what of it the controller
signed; unvalidated = claimed of what nobody has signed.  So claimed = validated + confirmed lower + unvalidated.

A signature is of its lines: it ends when one of their amounts changes or moves to another month, when another plan is
locked, and when the baseline changes.  What is booked for other months leaves it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from governance.definitions.validated import unvalidated_value, validated_value
from governance.effects import ZERO, EffectKind, EffectLine, Version, is_in_net, of_version, signed
from governance.evidence import Command, Verb
from governance.fingerprint import FactGroup, fingerprint
from governance.locked_plan import LockedPlan
from governance.measure import Measure
from governance.money import Money, Period
from governance.signature import LineKey, Signature, SignedLine
from governance.time_text import span_text

CENT = Decimal("0.01")
PROFIT_AND_LOSS = tuple(kind for kind in EffectKind if kind is not EffectKind.CAPEX)
CONFIRMATION_VERBS = frozenset({Verb.CONFIRM, Verb.CONFIRM_LOWER})


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is booked of the result, by month and P&L line; a cost is below zero."""

    currency: str = ""
    """Empty when nothing is booked, or in several currencies."""
    lines: Mapping[LineKey, Decimal] = field(default_factory=dict)
    is_mixed: bool = False
    """It is booked in several currencies, so that nothing can be added up."""

    @property
    def months(self) -> list[Period]:
        return sorted({key.month for key in self.lines})

    def of(self, first: Period, last: Period, pl_line: str = "") -> dict[LineKey, Decimal]:
        """The lines of these months."""
        return {
            key: amount
            for key, amount in self.lines.items()
            if first <= key.month <= last and (not pl_line or is_named(key, pl_line))
        }


def is_named(key: LineKey, name: str) -> bool:
    """Whether a command that names a P&L line, or a kind of effect, speaks of this one."""
    wanted = name.casefold().replace("_", " ")
    return wanted in {key.pl_line.casefold().replace("_", " "), key.kind.value.replace("_", " ")}


def claimed_of(lines: Iterable[EffectLine]) -> Claimed:
    """The actuals of the account EBITDA.  Capex is no result, and soft savings are in no account."""
    found: dict[LineKey, Decimal] = {}
    currency, capex = "", EffectKind.CAPEX
    for line in of_version(lines, Version.ACTUAL):
        if line.kind is capex or not is_in_net(line):
            continue
        if currency and line.money.currency != currency:
            return Claimed(is_mixed=True)
        currency = line.money.currency
        key = LineKey(line.month, line.kind, line.pl_line)
        found[key] = found.get(key, ZERO) + signed(line)
    return Claimed(currency, found)


def is_taken_back(key: LineKey, amount: Decimal) -> bool:
    """Whether a line takes back what may be signed already: a legacy cost that comes back, a negative benefit."""
    return key.kind is EffectKind.LEGACY_COST or (key.kind.is_benefit and amount < 0)


def last_signable(today: date, closed_through: Period | None) -> Period:
    """The last month that may be signed: closed by finance where it closes months here, and over in any case."""
    over = Period.of(today).plus(-1)
    return over if closed_through is None else min(closed_through, over)


def months_of(command: Command) -> str:
    """``Oct 2026``, or ``Aug 2026 to Oct 2026``."""
    if command.month is None:
        return "no month"
    return span_text(command.first_month or command.month, command.month)


def plan_number(plan: LockedPlan | None) -> int:
    """What is signed before a plan is locked is signed for the first one."""
    return plan.number if plan is not None else 1


def sign(command: Command, claimed: Claimed, measure: Measure, plan: LockedPlan | None) -> Signature:
    """What the command signs.  Less than is claimed is taken off the lines in proportion, to the cent."""
    last = command.month or Period.of(command.at.date())
    first = command.first_month or last
    lines = claimed.of(first, last, command.pl_line)
    amount = command.amount.amount if command.amount is not None else ZERO
    currency = command.amount.currency if command.amount is not None else claimed.currency
    return Signature(
        first,
        last,
        currency,
        _lowered(lines, sum(lines.values(), ZERO) - amount, currency, command.text),
        digest_of(lines, currency),
        plan_number(plan),
        fingerprint(measure, FactGroup.BASELINE),
        command.pl_line,
    )


def _lowered(lines: Mapping[LineKey, Decimal], less: Decimal, currency: str, reason: str) -> tuple[SignedLine, ...]:
    """The lines with ``less`` taken off: of the benefits, and of a cost only where there is no benefit."""
    bearing = [key for key in sorted(lines) if lines[key] > 0] or sorted(lines)
    whole = sum((abs(lines[key]) for key in bearing), ZERO)
    off: dict[LineKey, Decimal] = {}
    rest = less
    for key in bearing[:-1]:
        part = abs(lines[key]) / whole if whole else Decimal(1) / len(bearing)
        off[key] = (less * part).quantize(CENT)
        rest -= off[key]
    if bearing:
        off[bearing[-1]] = rest
    return tuple(
        SignedLine(key.month, key.kind, lines[key], lines[key] - off.get(key, ZERO), currency, key.pl_line, reason)
        for key in sorted(lines)
    )


def digest_of(lines: Mapping[LineKey, Decimal], currency: str) -> str:
    """SHA-256 of month, kind, P&L line and amount of each line that is not zero."""
    content = "\n".join(
        f"{key.month} {key.kind} {key.pl_line} {lines[key].normalize():f} {currency}"
        for key in sorted(lines)
        if lines[key]
    )
    return hashlib.sha256(content.encode()).hexdigest()


def ended_reason(signature: Signature, claimed: Claimed, measure: Measure, plan: LockedPlan | None) -> str:
    """Why a signature no longer stands; empty while it does."""
    lines = claimed.of(signature.first, signature.last, signature.pl_line)
    if digest_of(lines, signature.currency if not lines else claimed.currency) != signature.digest:
        now = Money(sum(lines.values(), ZERO), claimed.currency or signature.currency)
        if now == signature.claimed:
            return f"{now} is booked for {signature.span} as then, but in other months or lines"
        return f"{signature.claimed} was booked for {signature.span} then, {now} is now"
    if signature.plan != plan_number(plan):
        return f"it was signed under plan {signature.plan}, and plan {plan_number(plan)} is locked now"
    if signature.baseline != fingerprint(measure, FactGroup.BASELINE):
        return "the baseline is another one now"
    return ""


@dataclass(frozen=True, slots=True)
class Validation:
    """What stands of everything that was signed."""

    claimed: Claimed = Claimed()
    valid: tuple[tuple[Command, Signature], ...] = ()
    """In the order in which they were given."""
    signed: Mapping[LineKey, SignedLine] = field(default_factory=dict)
    """By line what the newest of them says."""

    def is_covered(self, month: Period) -> bool:
        """Whether every booked line of the month is signed; of a month without one, that nothing came of it."""
        keys = [key for key in self.claimed.lines if key.month == month]
        if not keys:
            return any(one.first <= month <= one.last and not one.pl_line for _, one in self.valid)
        return all(key in self.signed for key in keys)

    @property
    def validated(self) -> Decimal:
        return validated_value(self.signed.values())

    @property
    def unvalidated(self) -> Decimal:
        return unvalidated_value(self.claimed.lines, self.signed)

    def unsigned_months(self, last: Period) -> list[Period]:
        """Booked months up to ``last`` of which a line is not signed."""
        return sorted({key.month for key in self.claimed.lines if key.month <= last and key not in self.signed})


NOTHING_SIGNED = Validation()


def validation_of(
    measure: Measure, plan: LockedPlan | None, commands: Sequence[Command], since: datetime | None = None
) -> Validation:
    """What stands of the signatures among these commands; ``since`` leaves out what was said until then."""
    claimed = claimed_of(measure.effects)
    if claimed.is_mixed:
        return Validation(claimed)
    given = [
        (command, command.ruling.signature)
        for command in commands
        if command.verb in CONFIRMATION_VERBS
        and not command.withdrawn
        and command.ruling is not None
        and command.ruling.accepted
        and command.ruling.signature is not None
        and (since is None or command.at > since)
    ]
    valid = [(one, signature) for one, signature in given if not ended_reason(signature, claimed, measure, plan)]
    valid.sort(key=lambda pair: pair[0].at)
    newest: dict[LineKey, SignedLine] = {}
    for _, signature in valid:
        newest |= {line.key: line for line in signature.lines}
    return Validation(claimed, tuple(valid), newest)


def validated_kinds(
    kinds: Mapping[EffectKind, Mapping[int, Decimal]], lines: Mapping[LineKey, SignedLine]
) -> Mapping[EffectKind, Mapping[int, Decimal]]:
    """Booked amounts by kind and number of the month, less what was confirmed lower."""
    lowered = [line for line in lines.values() if line.difference]
    if not lowered:
        return kinds
    found = {kind: dict(months) for kind, months in kinds.items()}
    for line in lowered:
        months, number = found.setdefault(line.kind, {}), line.month.year * 12 + line.month.month - 1
        change = line.difference if line.kind.is_benefit else -line.difference
        months[number] = months.get(number, ZERO) + change
    return found
