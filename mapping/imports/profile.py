"""A profile: where the amounts of a file stand, and what they mean.  YAML, checked, and kept in versions."""

from __future__ import annotations

import hashlib
import json
from io import StringIO
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from governance.definitions.years import YearName
from governance.effects import Account, EffectKind
from governance.ledger import LedgerVersion
from mapping.imports.periods import FiscalYears

MAX_PROFILE = 200_000
"""Characters of a profile."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Sign = Literal["positive", "negative", "negative_costs"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class FromColumn(_Part):
    """A value that stands in a column, or in the first of several that is not empty."""

    column: Text | list[Text]
    values: dict[str, str] = Field(default_factory=dict)
    """What a text of the file means here; a text that is not listed stays as it is."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,) if isinstance(self.column, str) else tuple(self.column)


class Subject(_Part):
    """What an amount belongs to."""

    column: Text
    by: Literal["key", "id", "title", "code", "service"] = "key"
    """How a measure is found; ``service``: the text is the name of a service, and no measure is looked up."""
    codes: dict[str, str] = Field(default_factory=dict)
    """An order, WBS element or charge code, and the key or id of its measure."""


class AmountColumn(_Part):
    """A column of amounts, or with ``months`` all columns whose head is a month."""

    column: Text | None = None
    months: Text | None = None
    """Pattern of the heads: ``* Actual``, ``*`` stands for the month."""
    version: LedgerVersion | FromColumn
    kind: EffectKind | FromColumn
    month: Text | FromColumn | None = None
    """``2026-10``, ``2026/27``, or a column; left out where the heads are months."""
    unit: Literal["one", "k", "m", "bn"] | None = None
    sign: Sign | None = None
    account: Account = Account.EBITDA
    hard: bool = True

    @model_validator(mode="after")
    def _one_of_both(self) -> AmountColumn:
        if (self.column is None) == (self.months is None):
            raise ValueError("name either a column or the pattern of the month columns")
        if self.column is not None and self.month is None:
            raise ValueError("the month is missing: write 2026-10, or the column that holds it")
        if self.months is not None and self.months.count("*") != 1:
            raise ValueError("the pattern of the month columns has exactly one *")
        return self


class Profile(_Part):
    """How one kind of file is read."""

    version: Literal[1] = 1
    name: Name
    sheet: Text | None = None
    encoding: Text | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    direction: Literal["rows", "columns"] = "rows"
    """Whether each measure stands in a row or in a column."""
    header: int = Field(default=1, ge=1, le=1000)
    """The row of the heads (with ``columns``: the column); of heads over several rows the first."""
    header_rows: int = Field(default=1, ge=1, le=5)
    subject: Subject
    amounts: list[AmountColumn] = Field(min_length=1)
    unit: Literal["one", "k", "m", "bn"] = "one"
    sign: Sign = "positive"
    """``negative``: amounts are written as negative numbers; ``negative_costs``: costs alone, beside benefits."""
    negative: Literal["refuse", "credit"] = "refuse"
    """What an amount is that is negative after the sign: a mistake, or a credit note."""
    currency: Currency | Literal["cell"] | FromColumn
    """``cell``: each amount names its own, such as 12.00 USD."""
    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    year_ends: int = Field(default=12, ge=1, le=12)
    """The last month of the fiscal year."""
    year_named_by: YearName = YearName.LAST
    """Whether a fiscal year is called by the calendar year in which it begins (``first``) or ends (``last``)."""
    year: Annotated[int, Field(ge=1990, le=2100)] | FromColumn | None = None
    """The (fiscal) year of periods that name none: Q1, P03, 3, March."""
    longer_periods: Literal["refuse", "first", "last", "even", "skip"] = "refuse"
    """Where the amount of a quarter or a year goes: its first month, its last, or every month alike; ``skip``: where it
    is a total of what else stands in the file it is left out, and other columns are laid over their months alike."""
    amounts_are: Literal["period", "cumulative"] = "period"
    skip: list[Text] = Field(default_factory=list)
    """Patterns of the subject: such rows are totals or notes."""
    subtotals: bool = False
    """Whether a row without a subject, or whose subject begins with ``*``, is left out where it is the sum of the rows
    above it."""
    repeated: list[Text] = Field(default_factory=list)
    """Columns in which an empty cell repeats the one above it, as in a pivot table."""
    no_amount: list[Text] = Field(default_factory=list)
    """Patterns of texts that stand in place of an amount and mean that there is none."""
    hidden: Literal["refuse", "read", "skip"] = "refuse"
    """What happens to rows that the sheet does not show."""
    incomplete: Literal["refuse", "quarantine"] = "refuse"
    """What happens to a row with an amount and without a subject, month or currency."""
    duplicates: Literal["refuse", "add"] = "refuse"
    """What happens when two rows state the same of the same."""
    complete: bool = False
    """Whether a file states everything of its versions and months: what an earlier file stated is then taken back."""
    record: Text | None = None
    """The column of the document's number, where each row is a document of its own."""
    entries: bool = False
    """The document's number is that of a ledger entry: another amount in its row is a correction of it."""
    pl_line: Text | FromColumn | None = None
    cost_centre: Text | FromColumn | None = None
    gl_account: Text | FromColumn | None = None
    legal_entity: Text | FromColumn | None = None
    counterparty: Text | FromColumn | None = None

    @model_validator(mode="after")
    def _numbered(self) -> Profile:
        if self.entries and self.record is None:
            raise ValueError("entries needs record, the column with the numbers of the entries")
        return self

    @field_validator("decimal", mode="before")
    @classmethod
    def _known_sign(cls, value: object) -> object:
        return value or None

    @property
    def fiscal(self) -> FiscalYears:
        return FiscalYears(self.year_ends, self.year_named_by)

    @property
    def digest(self) -> str:
        """SHA-256 of the content; comments and the order of keys do not change it."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class ProfileProblem(ValueError):
    """A profile that cannot be used; the message names every problem."""


def load_profile(text: str) -> Profile:
    """Raises ProfileProblem."""
    if len(text) > MAX_PROFILE:
        raise ProfileProblem(f"the profile is longer than {MAX_PROFILE:,} characters")
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "nested too deep"
        raise ProfileProblem(f"the profile is no YAML: {first}") from None
    if not isinstance(data, dict):
        raise ProfileProblem("a profile is a set of keys, beginning with version: 1")
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        raise ProfileProblem("; ".join(_explained(item["loc"], item["msg"]) for item in error.errors())) from None


def _explained(path: tuple[str | int, ...], message: str) -> str:
    where = ".".join(str(step) for step in path if not (isinstance(step, str) and step[:1].isupper()))
    return f"{where}: {message.removeprefix('Value error, ')}" if where else message.removeprefix("Value error, ")


def profile_yaml(profile: Profile, comments: dict[str, str] | None = None) -> str:
    """The profile as a file: without what is as by default, and with comments behind keys."""
    data = profile.model_dump(mode="json", exclude_defaults=True)
    data = {"version": 1, "name": profile.name} | {key: value for key, value in data.items() if key != "name"}
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(data, out)
    lines = []
    for line in out.getvalue().splitlines():
        key = line.partition(":")[0]
        if comments and key in comments:
            lines.append(f"# {comments[key]}")
        lines.append(line)
    return "\n".join(lines) + "\n"
