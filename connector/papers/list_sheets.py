"""The sheets that list: effect lines, ledger entries, findings, and what each term means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.papers.report import BATCH_ROWS, Progress, Report, every_row
from connector.papers.sheet import Cell, Column, Sheet
from connector.store.ledger.entries import read_entries
from connector.store.reporting.portfolio_lists import EffectLineFilters
from governance.definitions.report import WORDS
from governance.definitions.sheet import sheet as definition_sheet
from governance.line_rates import LineRates
from governance.rates import MissingRate

MOST = 100_000
"""Effect lines, and entries, of one workbook: a million of each took longer to write than 100,000 measures."""

LINE_COLUMNS = (
    Column("Measure", 12), Column("Title", 36), Column("Version", 10), Column("Kind", 18),
    Column("Month", 10, is_month=True), Column("Account", 10), Column("Hard", 7), Column("P&L line", 18),
    Column("Amount", 16, is_amount=True), Column("Currency", 9), Column("Converted", 16, is_amount=True),
    Column("Reporting currency", 10),
    Column("Rate", 34),
)  # fmt: skip
LEDGER_COLUMNS = (
    Column("Entry", 9), Column("Measure", 12), Column("Service", 16), Column("Version", 10), Column("Kind", 18),
    Column("Month", 10, is_month=True), Column("Amount", 16, is_amount=True), Column("Currency", 9),
    Column("P&L line", 18),
    Column("CapEx/OpEx", 11), Column("Cost centre", 14), Column("Account", 14), Column("Legal entity", 18),
    Column("Counterparty", 18), Column("Type", 12), Column("Corrects", 9), Column("Reason", 30), Column("Source", 36),
    Column("Entered", 17), Column("Entered by", 18), Column("After the close", 10),
)  # fmt: skip
FINDING_COLUMNS = (
    Column("Measure", 12), Column("Title", 36), Column("Finding", 24), Column("What was found", 70),
    Column("Who must act", 28), Column("Since", 17), Column("Address", 40),
)  # fmt: skip
TERM_COLUMNS = (Column("Term", 34), Column("Formula", 70), Column("Source", 60), Column("Columns", 50))


def write_lines(report: Report, sheet: Sheet, native: bool, progress: Progress) -> None:
    """Every effect line of the measures in the totals, with the rate that it was converted with."""
    sheet.title("Effect lines", f"{report.as_of} Of the measures in the totals; at most {MOST:,} lines.")
    if report.on is not None:
        sheet.write(("Lines of many measures are kept for today only; a measure's page has those of a day.",))
        return
    sheet.headings(LINE_COLUMNS, freeze=1)
    sheet.write_list("EffectLines", "lines", LINE_COLUMNS, _lines(report, progress), native=native, most=MOST)


def _lines(report: Report, progress: Progress) -> Iterator[tuple[Cell, ...]]:
    currency = report.figures.currency
    rows = every_row(lambda after: report.lists.lines(EffectLineFilters(), after, BATCH_ROWS))
    for number, row in enumerate(rows, 1):
        line = row.line
        conversion = LineRates(report.rates, row.rates).convert(line, currency)
        missing = isinstance(conversion, MissingRate)
        yield (
            row.key, row.title, str(line.version), str(line.kind), line.month.first_day, str(line.account),
            "yes" if line.hard else "no", line.pl_line, line.money.amount, line.money.currency,
            None if isinstance(conversion, MissingRate) else conversion.money.amount, "" if missing else currency,
            str(conversion) if isinstance(conversion, MissingRate) else str(conversion.rate or ""),
        )  # fmt: skip
        if number % 10_000 == 0:
            progress("Effect lines", number, 0)


def write_ledger(report: Report, sheet: Sheet, keys: Mapping[str, str], native: bool, progress: Progress) -> None:
    """Every entry of the ledger of the listed measures, and of services where the whole portfolio is shown."""
    sheet.title(
        "Ledger",
        "Entries are never changed: a correction is an entry that names the one it corrects.",
        f"At most {MOST:,} entries.",
    )
    if report.on is not None:
        sheet.write((f"Entries up to {report.on}.",))
    sheet.headings(LEDGER_COLUMNS, freeze=2)
    rows = _entries(report, keys, progress)
    sheet.write_list("Ledger", "entries", LEDGER_COLUMNS, rows, native=native, most=MOST)


def _entries(report: Report, keys: Mapping[str, str], progress: Progress) -> Iterator[tuple[Cell, ...]]:
    after = number = 0
    only = sorted(keys) if report.filters else None
    while True:
        entries = read_entries(report.connection, measures=only, after=after, limit=BATCH_ROWS)
        for entry in entries:
            after, posting, what = entry.id, entry.posting, entry.source
            late = report.on is not None and entry.entered_at > report.on.at
            if late or (posting.measure and posting.measure not in keys):
                continue
            number += 1
            yield (
                int(entry.id), keys.get(posting.measure or "", ""), posting.service, str(posting.version),
                str(posting.kind), posting.month.first_day, posting.money.amount, posting.money.currency,
                posting.pl_line, str(posting.spend or ""), posting.cost_centre, posting.gl_account,
                posting.legal_entity, posting.counterparty, str(entry.type), entry.corrects, entry.reason, str(what),
                entry.entered_at,
                entry.entered_by, "yes" if entry.after_close else "",
            )  # fmt: skip
        progress("Ledger", number, 0)
        if len(entries) < BATCH_ROWS:
            return


def write_findings(report: Report, sheet: Sheet, native: bool) -> None:
    """What was found beside the gates, and who must act."""
    sheet.title("Findings", report.as_of)
    sheet.headings(FINDING_COLUMNS, freeze=2)
    found = every_row(lambda after: report.lists.findings(after, BATCH_ROWS))
    rows = ((row.key, row.title, row.code, row.sentence, row.who, row.since, row.url) for row in found)
    sheet.write_list("Findings", "findings", FINDING_COLUMNS, rows, native=native)


def write_terms(sheet: Sheet) -> None:
    """The sheet of definitions, and the columns that each term has."""
    sheet.title("Terms", "What each amount of this workbook is, in the words of the definition sheet.")
    sheet.headings(TERM_COLUMNS)
    for term in definition_sheet():
        columns = "; ".join(words.heading for words in WORDS.values() if words.term == term)
        sheet.write((term.name, term.formula, term.source, columns))
