"""Bills of the cloud in the format FOCUS 1.0 to 1.3 (https://focus.finops.org): charges to measures by a rule table.

EffectiveCost is what a charge costs in its period: purchases of commitments are spread over their use, so it is the
amount of EBITDA, for every category (usage, purchase, tax, credit, adjustment).  BilledCost is what was invoiced, by
the month of its invoice; it says nothing of when it was paid, and is shown beside, not posted.  A charge of the class
``Correction`` belongs to a period that was invoiced before: it counts in the month of the invoice that brings it.

The columns that a version requires are those with the feature level *Mandatory* in the specification, the files
``specification/columns/*.md`` (1.0 to 1.2) and ``specification/datasets/cost_and_usage/columns/*.md`` (1.3) of
https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec.  1.3 replaced ProviderName and PublisherName by
ServiceProviderName and HostProviderName, and still asks for the old ones: a bill without them is read, with a note.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from governance.effects import EffectKind
from governance.ledger import LedgerVersion, Posting
from governance.money import Money, Period, is_reasonable
from governance.time_text import month_text
from mapping.imports.periods import Span, read_span
from mapping.imports.problems import ProblemCode
from mapping.imports.profile import Name, ProfileProblem, Text
from mapping.imports.stated_lines import FileLines, StatedLine

FocusVersion = Literal["1.0", "1.1", "1.2", "1.3"]
CATEGORIES = frozenset({"usage", "purchase", "tax", "credit", "adjustment"})
_ALWAYS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
    "EffectiveCost", "ListCost", "PricingQuantity", "PricingUnit", "ServiceCategory", "ServiceName",
)  # fmt: skip
_PROVIDER = ("InvoiceIssuerName", "ProviderName", "PublisherName")
_SINCE_1_3 = ("HostProviderName", "InvoiceIssuerName", "ServiceProviderName")
DEPRECATED: Mapping[str, tuple[str, ...]] = {"1.3": ("ProviderName", "PublisherName")}
"""The columns that a version still asks for, and has replaced."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "1.0": (*_ALWAYS, *_PROVIDER), "1.1": (*_ALWAYS, *_PROVIDER), "1.2": (*_ALWAYS, *_PROVIDER),
    "1.3": (*_ALWAYS, *_SINCE_1_3),
}  # fmt: skip
"""The columns that every bill of a version has; those that depend on what a provider offers are not asked for."""
_LIKELY = frozenset({"EffectiveCost", "BilledCost", "ChargeCategory", "ChargePeriodStart"})


def is_bill(columns: Iterable[str]) -> bool:
    """Whether a table with these columns is meant as a bill in the format FOCUS."""
    return set(columns) >= _LIKELY


def stated_version(columns: Iterable[str]) -> FocusVersion:
    """The version that a bill's columns show: the newest that added one of them."""
    known = set(columns)
    if known & {"ServiceProviderName", "HostProviderName", "AllocatedMethodId", "ContractApplied"}:
        return "1.3"
    if known & {"InvoiceId", "PricingCurrency", "BillingAccountType", "SubAccountType"}:
        return "1.2"
    return "1.1" if known & {"CapacityReservationId", "ServiceSubcategory", "SkuMeter"} else "1.0"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ChargeRule(_Part):
    """The charges that fit go to one measure or one service; the first rule that fits counts."""

    where: dict[str, str] = Field(min_length=1)
    """Pattern by column, or by tag as ``Tags.application``; all of them have to fit."""
    measure: Text | None = None
    service: Text | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ChargeRule:
        if (self.measure is None) == (self.service is None):
            raise ValueError("name either a measure or a service")
        return self


class BillRules(_Part):
    """How bills of one kind are read."""

    version: Literal[1] = 1
    name: Name
    focus: FocusVersion = "1.0"
    kind: EffectKind = EffectKind.RECURRING_COST
    rules: list[ChargeRule] = Field(default_factory=list)
    group: Annotated[list[Text], Field(min_length=1)] = ["ServiceName", "SubAccountName"]
    """The columns by which unallocated charges are put together."""


@dataclass(slots=True)
class Bill:
    """What a bill states, and what was invoiced."""

    lines: FileLines = field(default_factory=FileLines)
    charges: int = 0
    effective: dict[str, Decimal] = field(default_factory=dict)
    """Σ EffectiveCost by currency."""
    invoiced: dict[tuple[Period, str], Decimal] = field(default_factory=dict)
    """Σ BilledCost by month of the invoice and currency."""


def load_bill_rules(text: str) -> BillRules:
    """Raises ProfileProblem."""
    try:
        data = YAML(typ="safe", pure=True).load(text)
        return BillRules.model_validate(data)
    except (YAMLError, RecursionError) as error:
        raise ProfileProblem(f"the rules are no YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        texts = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()
        ]
        raise ProfileProblem("; ".join(texts)) from None


def read_bill(columns: Iterable[str], rows: Iterable[Mapping[str, object]], rules: BillRules) -> Bill:
    """Add the charges of a bill up by where they go, month and currency.  Never raises on any content."""
    found, heads = Bill(), set(columns)
    missing = [name for name in REQUIRED[rules.focus] if name not in heads]
    if missing:
        found.lines.problems.add(
            ProblemCode.NO_COLUMN, "", f"FOCUS {rules.focus} requires the columns {', '.join(missing)}.",
            "Export the bill as FOCUS, or correct focus in the rules.",
        )  # fmt: skip
        return found
    found.lines.notes += [
        f"FOCUS {rules.focus} still asks for the column {name}, which it has replaced; the bill does not have it."
        for name in DEPRECATED.get(rules.focus, ())
        if name not in heads
    ]
    sums: dict[tuple[str, str, str, Period, str], tuple[int, int, Decimal]] = {}
    for number, row in enumerate(rows, start=2):
        charge = _charge(row, number, found)
        if charge is None:
            continue
        month, billed_month, currency, effective, billed = charge
        found.charges += 1
        found.effective[currency] = found.effective.get(currency, Decimal(0)) + effective
        of_invoice = (billed_month, currency)
        found.invoiced[of_invoice] = found.invoiced.get(of_invoice, Decimal(0)) + billed
        if effective:
            key = (*_place(row, rules), month, currency)
            first, many, amount = sums.get(key, (number, 0, Decimal(0)))
            sums[key] = (first, many + 1, amount + effective)
    for (subject, service, gap, month, currency), (first, many, amount) in sums.items():
        cell = f"row {first}" if many == 1 else f"row {first} and {many - 1:,} more"
        posting = Posting(LedgerVersion.ACTUAL, rules.kind, month, Money(amount, currency), service=service)
        found.lines.lines.append(StatedLine(cell, subject, posting, gap=gap))
    found.lines.records = found.charges
    found.lines.notes += [
        f"{money} was invoiced for {month_text(month)} (BilledCost); it says nothing of when it was paid, and is "
        "not posted."
        for (month, currency), billed in sorted(found.invoiced.items())
        if (money := Money(billed, currency))
    ]
    return found


def _charge(row: Mapping[str, object], number: int, found: Bill) -> tuple[Period, Period, str, Decimal, Decimal] | None:
    """Month, month of the invoice, currency, EffectiveCost, BilledCost; a problem is kept."""
    problems, cell = found.lines.problems, f"row {number}"
    amounts = []
    for name in ("EffectiveCost", "BilledCost"):
        try:
            amount = Decimal(_text(row, name))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not is_reasonable(amount):
            problems.add(ProblemCode.NOT_A_NUMBER, cell, f'{name} is "{_text(row, name)[:40]}", which is no amount.')
            return None
        amounts.append(amount)
    currency = _text(row, "BillingCurrency").upper()
    if not (len(currency) == 3 and currency.isalpha() and currency.isascii()):
        problems.add(ProblemCode.NO_CURRENCY, cell, f'BillingCurrency is "{currency[:40]}", which is no currency.')
        return None
    if _text(row, "ChargeCategory").lower() not in CATEGORIES:
        category = _text(row, "ChargeCategory")[:40]
        problems.add(ProblemCode.UNKNOWN_WORD, cell, f'ChargeCategory is "{category}", which FOCUS does not know.')
        return None
    months = [read_span(_text(row, name)) for name in ("ChargePeriodStart", "BillingPeriodStart")]
    if not all(isinstance(month, Span) for month in months):
        problems.add(ProblemCode.NO_MONTH, cell, "ChargePeriodStart or BillingPeriodStart is no moment.")
        return None
    charged, billed = (month.first for month in months if isinstance(month, Span))
    is_correction = _text(row, "ChargeClass").lower() == "correction"
    return (billed if is_correction else charged), billed, currency, amounts[0], amounts[1]


def _text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    text = "" if value is None else str(value).strip()
    return "" if text.upper() == "NULL" else text


def _place(row: Mapping[str, object], rules: BillRules) -> tuple[str, str, str]:
    """Subject, service and gap of a charge."""
    tags: Mapping[str, str] | None = None
    for rule in rules.rules:
        for name, pattern in rule.where.items():
            if name.startswith("Tags."):
                tags = _tags(row) if tags is None else tags
                value = tags.get(name.removeprefix("Tags."), "")
            else:
                value = _text(row, name)
            if not value or not fnmatchcase(value.casefold(), pattern.casefold()):
                break
        else:
            return (rule.measure, "", "") if rule.measure else (rule.service or "", rule.service or "", "")
    parts = [_text(row, name) for name in rules.group]
    return " / ".join(part for part in parts if part) or "charges without a name", "", "unallocated"


def _tags(row: Mapping[str, object]) -> Mapping[str, str]:
    value = row.get("Tags")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    if isinstance(value, Mapping):
        pairs: Iterable[object] = value.items()
    else:
        pairs = value if isinstance(value, list | tuple) else ()
    return dict(filter(None, map(_tag, pairs)))


def _tag(pair: object) -> tuple[str, str] | None:
    """A pair, or a record of a key and a value, as maps stand in Parquet and in exports of databases; none for a tag
    without a value."""
    if isinstance(pair, Mapping):
        key, value = pair.get("key"), pair.get("value")
    elif isinstance(pair, list | tuple) and len(pair) == 2:
        key, value = pair
    else:
        return None
    return None if key is None or value is None else (str(key), str(value))
