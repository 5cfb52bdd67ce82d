"""The reporting views as everybody reads them: names, columns with their meaning, keys, and how they join.

One catalogue for SQL, OData, Parquet and the documentation.  ``reporting.sql`` of the baseline makes the views, and a
test holds it against this; a name that stands here keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.people.permissions import TokenScope
from connector.store.database.tables.rollups import LEAKS, SUMS, YEAR_LEAKS
from governance.definitions.leakage import LeakReason
from governance.definitions.report import WORDS

SCHEMA = "reporting"


class ColumnType(StrEnum):
    """What a column holds, by its type in PostgreSQL."""

    TEXT = "text"
    INTEGER = "integer"
    LONG = "bigint"
    DECIMAL = "numeric"
    DATE = "date"
    MOMENT = "timestamp with time zone"
    BOOLEAN = "boolean"


class PastKind(StrEnum):
    """How a view answers for a day of the past."""

    SAME = "same"
    """Nothing of a day is in it."""
    VERSIONS = "versions"
    """Another view has what was known, from when until when."""
    UNTIL = "until"
    """Its rows have a day or a moment of their own."""
    NOT_KEPT = "not kept"


@dataclass(frozen=True, slots=True)
class ViewColumn:
    name: str
    type: ColumnType
    about: str
    nullable: bool = True
    of_amounts: bool = False
    """The currency of the row's amounts, which may be another one in the next row."""


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A join to another view, as a name to follow."""

    name: str
    view: str
    columns: tuple[tuple[str, str], ...]
    """Columns that are equal: here, there."""
    many: bool = False


@dataclass(frozen=True, slots=True)
class View:
    name: str
    about: str
    kind: str
    """``fact`` or ``dimension``."""
    key: tuple[str, ...]
    columns: tuple[ViewColumn, ...]
    scope: TokenScope = TokenScope.MEASURES_READ
    """What a token needs to read it."""
    links: tuple[ViewLink, ...] = ()
    past: PastKind = PastKind.NOT_KEPT
    past_by: str = ""
    """The view of the versions, or the column of the row's own day or moment."""

    def column(self, name: str) -> ViewColumn | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def own_currency(self) -> ViewColumn | None:
        """The currency of its amounts, where rows of several stand beside each other."""
        return next((column for column in self.columns if column.of_amounts), None)

    def link(self, name: str) -> ViewLink | None:
        return next((link for link in self.links if link.name == name), None)


def _text(name: str, about: str, *, needed: bool = False) -> ViewColumn:
    return ViewColumn(name, ColumnType.TEXT, about, not needed)


def _own_currency(about: str, *, needed: bool = False) -> ViewColumn:
    return ViewColumn("currency", ColumnType.TEXT, about, not needed, of_amounts=True)


def _date(name: str, about: str, *, needed: bool = False) -> ViewColumn:
    return ViewColumn(name, ColumnType.DATE, about, not needed)


def _moment(name: str, about: str, *, needed: bool = False) -> ViewColumn:
    return ViewColumn(name, ColumnType.MOMENT, about, not needed)


def _flag(name: str, about: str) -> ViewColumn:
    return ViewColumn(name, ColumnType.BOOLEAN, about)


def _number(name: str, about: str, *, needed: bool = False) -> ViewColumn:
    return ViewColumn(name, ColumnType.INTEGER, about, not needed)


def _row_number(about: str) -> ViewColumn:
    return ViewColumn("number", ColumnType.LONG, about, nullable=False)


def _amount(name: str, about: str) -> ViewColumn:
    return ViewColumn(name, ColumnType.DECIMAL, about)


MEASURE_ID = _text("measure_id", "the measure", needed=True)
MONTH = _date("month", "first day of the month", needed=True)
CURRENCY = _own_currency("currency of the row's amounts")
OF_MEASURE = ViewLink("of_measure", "measure", (("measure_id", "measure_id"),))
OF_MONTH = ViewLink("of_month", "month", (("month", "month"),))
KNOWN = (
    _moment("known_from", "from when on this was known", needed=True),
    _moment("known_until", "until when; empty while it still holds"),
)


def _amounts() -> Iterator[ViewColumn]:
    for name in SUMS:
        words = WORDS.get(name)
        yield _amount(name, f"{words.heading}" if words else name)
    for names, what in ((LEAKS, "planned run-rate"), (YEAR_LEAKS, "the fiscal year's plan")):
        for name, reason in zip(names, LeakReason, strict=True):
            yield _amount(name, f"lost of {what}, reason {reason.value}")
    yield _amount("promised_to_date", "recurring EBITDA that the plan of the decision has in the closed months")
    yield _amount("came_to_date", "booked recurring EBITDA of the same months, at the exchange rates of the decision")
    yield _amount("pipeline_benefit", "the benefit within `pipeline`, which a track record weights")


def _measure_columns(*known: ViewColumn) -> tuple[ViewColumn, ...]:
    return (
        MEASURE_ID, *known,
        _text("connection", "the site of the tool"), _text("key", "key of the item"), _text("title", "its title"),
        _text("url", "address of the item in the tool"), _text("rule", "the mapping's rule that makes it a measure"),
        _text("program_id", "the program, key of `program`"), _text("portfolio", "portfolio"),
        _text("program", "program"), _text("project", "project"), _text("package", "measure package"),
        _text("legal_entity", "legal entity"), _text("business_unit", "business unit"), _text("owner", "the owner"),
        _text("stage", "where it is, key of `stage`: its stage, on_hold, cancelled, without_value, left, or the empty "
              "text before the first stage"),
        _text("granted_stage", "key of the granted stage, also of a measure beside the stages"),
        _text("gate", "state of the gate: open, not_due, waiting, blocked, breach"),
        _text("implementation", "implementation status: green, amber, red, grey"),
        _text("potential", "potential status: green, amber, red, grey"),
        _flag("in_totals", "whether committed totals hold it: filter by this before you add amounts up"),
        _text("left_out", "why totals do not hold it"),
        _flag("is_open", "whether it has not ended: pipeline, delayed_benefit, claimed, validated and unvalidated are "
              "totals over these"),
        _flag("is_held_up", "whether its gate is due and shut"),
        _text("missing_rate", "the exchange rate that its amounts lack"),
        _text("currency", "reporting currency of the amounts"),
        _date("closed_month", "actuals count up to it, forecasts after it"),
        _moment("stage_since", "since when it has its stage"), _moment("deviation_since", "since when it deviates"),
        _text("deviation_reason", "the stated reason"), _moment("figures_at", "when the figures were calculated"),
        *_amounts(),
    )  # fmt: skip


EFFECT = (
    _text("version", "plan, forecast or actual", needed=True),
    _text("kind", "benefit, one_off_benefit, recurring_cost, one_off_cost, capex, legacy_cost, depreciation or tax",
          needed=True),
    MONTH,
    _own_currency("currency of the amount, as the tool has it", needed=True),
    _text("account", "where it shows: ebitda, ebit, cash or avoidance", needed=True),
    ViewColumn("hard", ColumnType.BOOLEAN, "whether it is a hard effect", nullable=False),
    _text("pl_line", "P&L line, or the empty text", needed=True),
    _amount("amount", "the amount; a cost is positive"),
)  # fmt: skip
EFFECT_KEY = ("version", "kind", "month", "currency", "account", "hard", "pl_line")
FINDING = (
    _number("number", "position among the measure's findings", needed=True),
    _text("code", "stable code, as in the reference of codes"), _text("subject", "what it is about"),
    _text("sentence", "the finding as a sentence"), _moment("since", "since when"),
)  # fmt: skip

VIEWS: tuple[View, ...] = (
    View(
        "measure", "Every measure with its place, status and figures in the reporting currency.", "dimension",
        ("measure_id",), _measure_columns(), past=PastKind.VERSIONS, past_by="measure_version",
        links=(
            ViewLink("of_program", "program", (("program_id", "program_id"),)),
            ViewLink("of_stage", "stage", (("stage", "stage"),)),
            ViewLink("findings", "finding", (("measure_id", "measure_id"),), many=True),
            ViewLink("blockers", "blocker", (("measure_id", "measure_id"),), many=True),
            ViewLink("roles", "measure_role", (("measure_id", "measure_id"),), many=True),
        ),
    ),
    View(
        "month", "Months of all amounts and of this and the next fiscal year.", "dimension", ("month",),
        (
            MONTH, _text("label", "2026-11"), _number("year", "calendar year"), _number("quarter", "calendar quarter"),
            _number("month_of_year", "1 to 12"), _number("fiscal_year", "as the organisation names it"),
            _date("fiscal_year_begins", "first day of its fiscal year"), _number("fiscal_quarter", "1 to 4"),
            _number("fiscal_month", "1 to 12"), _flag("is_closed", "whether the month is over"),
        ),
        past=PastKind.SAME,
    ),
    View(
        "program", "Portfolio and program of every measure.", "dimension", ("program_id",),
        (_text("program_id", "made of both names", needed=True), _text("portfolio", "portfolio"),
         _text("program", "program")), past=PastKind.SAME,
    ),
    View(
        "stage", "Stages in the order of the policy, and how a measure can be beside them.", "dimension", ("stage",),
        (
            _text("stage", "key; the empty text is before the first stage", needed=True), _text("label", "label"),
            _number("position", "order"), _amount("weight", "share of the benefit that the pipeline counts"),
            _flag("is_committed", "whether totals count a measure of it"), _flag("is_open", "whether more may come"),
        ),
        past=PastKind.SAME,
    ),
    View(
        "person", "People who hold a role of a measure.", "dimension", ("person_id",),
        (_text("person_id", "made of connection and account", needed=True), _text("connection", "the site of the tool"),
         _text("name", "name in the tool")), past=PastKind.SAME,
    ),
    View(
        "measure_role", "Who holds which role of which measure now.", "fact", ("measure_id", "role", "person_id"),
        (MEASURE_ID, _text("role", "owner, sponsor, controller, or a role that the mapping adds", needed=True),
         _text("person_id", "key of `person`", needed=True)),
        links=(OF_MEASURE, ViewLink("of_person", "person", (("person_id", "person_id"),))),
    ),
    View(
        "effect", "Effect lines: dated amounts in their own currency.", "fact", ("measure_id", *EFFECT_KEY),
        (MEASURE_ID, *EFFECT), links=(OF_MEASURE, OF_MONTH), past=PastKind.VERSIONS, past_by="effect_version",
    ),
    View(
        "measure_month", "Each measure's effect by month in the reporting currency: the S-curve is the sum of it where "
        "in_totals.", "fact", ("measure_id", "version", "month"),
        (
            MEASURE_ID, _text("version", "plan, estimate (latest estimate) or actual", needed=True), MONTH,
            _flag("in_totals", "whether committed totals hold the measure"), _text("currency", "reporting currency"),
            _amount("ebitda", "EBITDA effect: recurring and one-off"), _amount("recurring", "recurring EBITDA"),
            _amount("one_off", "one-off effects"), _amount("capex", "investment"), _amount("cash", "cash effect"),
            _amount("avoidance", "avoided cost"), _amount("soft", "soft savings"),
            _amount("ebitda_fx", "part of ebitda that exchange rates made since the decision"),
            _amount("cash_fx", "part of cash that exchange rates made since the decision"),
        ),
        links=(OF_MEASURE, OF_MONTH),
    ),
    View(
        "status_day", "Both statuses of every measure and day on which it was assessed.", "fact", ("measure_id", "day"),
        (
            MEASURE_ID, _date("day", "the day, in UTC", needed=True), _date("month", "first day of its month"),
            _text("stage", "key of the granted stage"), _text("gate", "state of the gate"),
            _text("implementation", "implementation status"), _text("implementation_reason", "its reason"),
            _text("potential", "potential status"), _text("potential_reason", "its reason"),
            _amount("plan_net", "planned net effect"), _amount("forecast_net", "net effect by forecast"),
            _amount("actual_net", "booked net effect"), CURRENCY,
        ),
        links=(OF_MEASURE, OF_MONTH), past=PastKind.UNTIL, past_by="day",
    ),
    View(
        "finding", "What boards hide: one row for each finding of a measure.", "fact", ("measure_id", "number"),
        (MEASURE_ID, *FINDING), TokenScope.FINDINGS_READ, (OF_MEASURE,), PastKind.VERSIONS, "finding_version",
    ),
    View(
        "blocker", "What keeps gates shut: one row for each unmet or unknown condition.", "fact",
        ("measure_id", "number"),
        (
            MEASURE_ID, _number("number", "position among the measure's blockers", needed=True),
            _text("stage", "the stage whose gate it keeps shut"), _text("code", "stable code"),
            _text("subject", "what it is about"), _text("sentence", "what is missing, who acts, since when"),
            _moment("since", "since when"),
        ),
        links=(OF_MEASURE,),
    ),
    View(
        "decision", "Decisions of Gatepost on measures, as the audit records them.", "fact", ("number",),
        (
            _row_number("number of the decision"), MEASURE_ID, _moment("decided_at", "when"),
            _date("month", "first day of its month"), _text("stage", "key of the granted stage"),
            _text("gate", "state of the gate"), _number("mapping_version", "version of the mapping"),
            _text("policy_version", "version of the policy"), _text("digest", "what the audit records"),
        ),
        links=(OF_MEASURE, OF_MONTH), past=PastKind.UNTIL, past_by="decided_at",
    ),
    View(
        "command", "What people have decided and said: approvals, confirmations, holds, reasons.", "fact", ("number",),
        (
            _row_number("number of the command"), MEASURE_ID, _moment("given_at", "when it was given"),
            _date("month", "first day of its month"), _text("verb", "approve, reject, confirm, hold, …"),
            _text("person", "who gave it"), _text("role", "as whom"), _text("origin", "comment, page or approval"),
            _moment("ruled_at", "when it was ruled on"), _flag("accepted", "whether it counts"),
        ),
        links=(OF_MEASURE, OF_MONTH), past=PastKind.UNTIL, past_by="ruled_at",
    ),
    View(
        "ledger_entry", "Entries of the ledger, corrections as rows of their own.", "fact", ("number",),
        (
            _row_number("number of the entry"), _text("measure_id", "the measure, or empty for one of a service"),
            _text("service", "the service"), _text("version", "budget, plan, forecast, committed or actual"),
            _text("kind", "kind of effect"), _date("month", "first day of the month"), _amount("amount", "the amount"),
            _own_currency("its currency"), _text("account", "ebitda, ebit, cash or avoidance"),
            _flag("hard", "whether it is a hard effect"), _text("pl_line", "P&L line"), _text("spend", "capex or opex"),
            _text("cost_centre", "cost centre"), _text("gl_account", "account of the general ledger"),
            _text("legal_entity", "legal entity"), _text("counterparty", "the other legal entity of the group"),
            _text("type", "posting, credit, accrual, reversal or correction"),
            ViewColumn("corrects", ColumnType.LONG, "number of the entry that it corrects"),
            ViewColumn("reverses", ColumnType.LONG, "number of the entry that it takes back"),
            _text("reason", "reason of a correction"), _text("batch", "import or batch"),
            _flag("after_close", "whether its month was closed by then"), _moment("entered_at", "when"),
            _text("entered_by", "by whom"),
        ),
        TokenScope.MONEY_READ, (OF_MEASURE, OF_MONTH), PastKind.UNTIL, "entered_at",
    ),
    View(
        "measure_version", "What was known of each measure, from when until when; columns as of `measure`.", "fact",
        ("measure_id", "known_from"), _measure_columns(*KNOWN), links=(OF_MEASURE,), past=PastKind.UNTIL,
        past_by="known_from",
    ),
    View(
        "effect_version", "The effect lines that were known, from when until when.", "fact",
        ("measure_id", "known_from", *EFFECT_KEY), (MEASURE_ID, *KNOWN, *EFFECT), links=(OF_MEASURE, OF_MONTH),
        past=PastKind.UNTIL, past_by="known_from",
    ),
    View(
        "finding_version", "The findings that were known, from when until when.", "fact",
        ("measure_id", "known_from", "number"), (MEASURE_ID, *KNOWN, *FINDING), TokenScope.FINDINGS_READ, (OF_MEASURE,),
        PastKind.UNTIL, "known_from",
    ),
)  # fmt: skip

BY_NAME = {view.name: view for view in VIEWS}


def readable(scopes: frozenset[TokenScope]) -> Sequence[View]:
    """The views that a token with these scopes may read; their links lead to such views alone."""
    return [view for view in VIEWS if view.scope in scopes]
