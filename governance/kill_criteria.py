"""Kill criteria: the conditions under which a measure is stopped, agreed at the decision and checked by machine.

People write them as text, one a line or separated by ``;`` or ``or``; each is of one of these forms::

    cost > 1.2M                                (also k and bn, and a currency: 1,200,000 EUR)
    forecast < 60 % of plan                    (net at completion; or an amount)
    unit cost > 12.50                          (of a service: unit cost of CRM-OLD > 12.50)
    slip > 60 days                             (behind the locked schedule)
    not implemented by 2026-12-31              (a stage of the policy)

All but the last may end in ``for 3 months``.  ``below``, ``above``, ``half`` and numbers up to twelve may be words.
What is of no such form cannot be checked, and is said so when it is agreed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from governance.money import is_reasonable
from governance.written_date import written_date

FORMS = "cost > 1.2M, forecast < 60 % of plan for 3 months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31"
"""The forms, as a refusal shows them."""


WORD_JOINER = "\u2060"
"""Nobody sees it: what a comment says is repeated with it, so that no tool takes the text for markup."""


class CriterionKind(StrEnum):
    COST = "cost"
    FORECAST_SHARE = "forecast_share"
    FORECAST = "forecast"
    UNIT_COST = "unit_cost"
    SLIP = "slip"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class KillCriterion:
    """One criterion; ``text`` as it was written, and what it is stored and overridden by."""

    text: str
    kind: CriterionKind
    limit: Decimal = Decimal(0)
    """An amount, a share (0.6 = 60 %) or days."""
    includes_limit: bool = False
    """Whether being exactly at the limit is past it (``>=``, ``<=``)."""
    currency: str = ""
    """Of the amount; empty for the reporting currency."""
    months: int = 0
    """For how long it has to hold; 0 for at once."""
    service: str = ""
    stage: str = ""
    """Key of the stage that has to be reached."""
    by: date | None = None


@dataclass(frozen=True, slots=True)
class KillCriteria:
    """What was written, part by part."""

    criteria: tuple[KillCriterion, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Parts that are of no known form."""


def parse_kill_criteria(text: str, stages: Mapping[str, str]) -> KillCriteria:
    """``stages``: names that a person may write, in small letters, with the key of the stage."""
    criteria, unreadable = [], []
    for part in re.split(r"[\n;]|\s+or\s+", text, flags=re.IGNORECASE):
        written = " ".join(part.strip(" \t\r-*•.,").split())
        if not written:
            continue
        found = _parse(written, stages)
        if found is None:
            unreadable.append(written)
        else:
            criteria.append(found)
    return KillCriteria(tuple(criteria), tuple(unreadable))


_WORDS = (
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    (
        (r"\b(?:(?:is|are|falls?|goes?|lies?) )?(?:below|under|less than|lower than)\b", "<"),
        (r"\b(?:(?:is|are|rises?|goes?|lies?) )?(?:above|over|more than|higher than|exceeds?)\b", ">"),
        (r"≥|=>", ">="),
        (r"≤|=<", "<="),
        (r"\bhalf(?: of)?(?: the)? plan\b", "50 % of plan"),
        (r"\bpercent\b|\bper cent\b", "%"),
    ),
)
_SCALE = r"(?P<scale>k|m|bn|thousand|million|billion)?"
_AMOUNT = rf"(?:(?P<before>[a-z]{{3}}) )?(?P<number>\d[\d,.]*) ?{_SCALE}(?: ?(?P<after>[a-z]{{3}}))?"
_FOR = r"(?: for (?P<months>\d{1,2}) months?)?"
_ABOVE, _BELOW = r"(?P<sign>>=?)", r"(?P<sign><=?)"
_COST = re.compile(rf"(?:total )?costs? ?{_ABOVE} ?{_AMOUNT}{_FOR}")
_UNIT_COST = re.compile(rf"unit costs?(?: of (?P<service>.+?))? ?{_ABOVE} ?{_AMOUNT}{_FOR}")
_SHARE = re.compile(rf"forecast ?{_BELOW} ?(?P<share>\d{{1,3}}(?:\.\d+)?) ?% (?:of )?(?:the )?plan{_FOR}")
_FORECAST = re.compile(rf"forecast ?{_BELOW} ?{_AMOUNT}{_FOR}")
_SLIP = re.compile(rf"slip ?{_ABOVE} ?(?P<days>\d{{1,4}}) days?{_FOR}")
_NOT_REACHED = re.compile(r"not (?P<stage>.+?) (?:by|until|before) (?P<by>\d{4}-\d{2}-\d{2})")
_SCALES = {"k": 3, "thousand": 3, "m": 6, "million": 6, "bn": 9, "billion": 9}


def _parse(written: str, stages: Mapping[str, str]) -> KillCriterion | None:
    plain = _normalised(written)
    for pattern, kind in (
        (_COST, CriterionKind.COST),
        (_UNIT_COST, CriterionKind.UNIT_COST),
        (_SHARE, CriterionKind.FORECAST_SHARE),
        (_FORECAST, CriterionKind.FORECAST),
        (_SLIP, CriterionKind.SLIP),
        (_NOT_REACHED, CriterionKind.NOT_REACHED),
    ):
        match = pattern.fullmatch(plain)
        if match is not None:
            return _criterion(written, kind, match.groupdict(), stages)
    return None


@lru_cache(maxsize=4096)
def _normalised(written: str) -> str:
    numbers, phrases = _WORDS
    plain = written.replace(WORD_JOINER, "").casefold()
    for number, word in enumerate(numbers, start=1):
        plain = re.sub(rf"\b{word}\b", str(number), plain)
    for pattern, sign in phrases:
        plain = re.sub(pattern, sign, plain)
    return " ".join(plain.split())


def _criterion(
    written: str, kind: CriterionKind, parts: Mapping[str, str | None], stages: Mapping[str, str]
) -> KillCriterion | None:
    """``None`` when a part of it is no number, currency, day or stage."""
    months, includes_limit = int(parts.get("months") or 0), "=" in (parts.get("sign") or "")
    if kind is CriterionKind.NOT_REACHED:
        stage, by = stages.get((parts["stage"] or "").strip()), written_date(parts["by"] or "")
        return None if stage is None or by is None else KillCriterion(written, kind, stage=stage, by=by)
    if kind is CriterionKind.SLIP:
        return KillCriterion(written, kind, Decimal(parts["days"] or 0), includes_limit, months=months)
    if kind is CriterionKind.FORECAST_SHARE:
        return KillCriterion(written, kind, Decimal(parts["share"] or 0) / 100, includes_limit, months=months)
    limit = _amount(parts["number"] or "", parts["scale"])
    currencies = {code.upper() for code in (parts["before"], parts["after"]) if code}
    if limit is None or len(currencies) > 1:
        return None
    service = (parts.get("service") or "").strip()
    return KillCriterion(written, kind, limit, includes_limit, "".join(currencies), months, service)


def _amount(number: str, scale: str | None) -> Decimal | None:
    """``1.2`` with a scale, ``1,200,000`` or ``1200000.50`` without; anything that may mean two amounts is none."""
    if scale is not None:
        if not re.fullmatch(r"\d+(?:\.\d+)?", number):
            return None
        amount = Decimal(number).scaleb(_SCALES[scale])
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?", number):
        amount = Decimal(number.replace(",", ""))
    else:
        return None
    return amount if is_reasonable(amount) else None
