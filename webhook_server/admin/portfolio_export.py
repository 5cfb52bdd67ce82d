"""The portfolio as files: every row that the reader sees on the page, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from flask import Response, stream_with_context
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.papers.comparison import Comparison, compare
from connector.papers.report import NoFigures, Report
from connector.people.permissions import Viewer
from connector.store.reporting.portfolio_lists import EffectLineFilters, MeasureRow, PortfolioLists
from governance.comparison import ChangeKind
from governance.constant_currency import RatesView, in_constant_currency
from governance.definitions.report import WORDS
from governance.line_rates import LineRates
from governance.rates import MissingRate, Rates
from governance.roll_up import AMOUNTS, Amounts
from governance.verdict import GateState
from webhook_server.admin.portfolio_request import PortfolioRequest, ReportSource
from webhook_server.csv_rows import BYTE_ORDER_MARK, csv_rows
from webhook_server.page_messages import page_text

BATCH_ROWS = 2_000
"""Rows that are read and sent at once."""

ROWS = ("measures", "lines")
"""What a file may have rows of."""

MEASURE_COLUMNS = (
    "key", "title", "portfolio", "program", "project", "package", "owner", "further roles", "stage", "gate into",
    "gate", "implementation", "potential", "not in the totals", *(WORDS[name].heading for name in AMOUNTS), "currency",
    "reason", "blockers", "findings", "missing rate", "address",
)  # fmt: skip
"""Amounts in the words of the definition sheet."""
LINE_COLUMNS = (
    "key", "title", "version", "kind", "month", "account", "hard", "P&L line", "amount", "currency", "converted",
    "reporting currency", "rate", "address",
)  # fmt: skip


def export(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    wanted: EffectLineFilters,
    rows: str,
    rates: Rates,
    stages: Collection[str],
) -> Response:
    """``rows`` is one of :data:`ROWS`.  Answers 422 for a filter's value that nothing has."""
    if rows == "lines" and asked.on is not None:
        raise NotFound("Effect lines of many measures are kept for today alone; a measure's page has those of a day.")
    if rows == "lines" and asked.compare is not None:
        raise NotFound("Effect lines of many measures are kept for today alone, so no two days of them are compared.")
    since: ComparedColumns | None = None
    with services.read_as(viewer) as connection:
        asked.require_known(connection, viewer, stages)
        if asked.compare is not None:
            try:
                report = asked.report(ReportSource(connection, viewer, None, rates, {}))
                since = ComparedColumns(report, compare(report, asked.compare, most=None))
            except NoFigures as error:
                raise NotFound(page_text(error)) from error
    written = _csv_rows(services, viewer, asked, wanted, rows, rates, since)
    answer = Response(stream_with_context(written), mimetype="text/csv")
    day = f"-{asked.on.at:%Y-%m-%d}" if asked.on is not None else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="portfolio-{rows}{day}.csv"'
    return answer


def _csv_rows(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    wanted: EffectLineFilters,
    rows: str,
    rates: Rates,
    since: ComparedColumns | None,
) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    with services.read_as(viewer) as connection:
        figures = asked.portfolio(connection, viewer).settings()
        currency = figures.currency if figures else ""
        lists = asked.lists(connection, viewer)
        headings = MEASURE_COLUMNS if rows == "measures" else LINE_COLUMNS
        yield csv_rows([(*headings, *(since.headings if since is not None else ()))])
        after: str | None = None
        while True:
            if rows == "measures":
                page, piece = _measures(lists, after, currency, asked.rates, since)
            else:
                page, piece = _lines(lists, wanted, after, currency, rates)
            yield csv_rows(piece)
            after = page
            if after is None:
                break
        if since is not None:
            yield csv_rows(since.gone())


class ComparedColumns:
    """Then-and-now columns of each figure that two days are compared by, with what is between both."""

    def __init__(self, report: Report, comparison: Comparison) -> None:
        self._report = report
        self._totals = comparison.totals
        self._changes = [{one.id: one for one in totals.measures} for totals in comparison.totals]
        self._listed: set[str] = set()
        self.headings = [
            heading
            for totals in comparison.totals
            for heading in (
                f"{totals.figure.label} as known on {comparison.earlier.iso}",
                *(f"{totals.figure.label}: {kind.label.lower()}" for kind in ChangeKind),
                f"{totals.figure.label} as known on {comparison.later.iso}",
            )
        ]

    def of(self, row: MeasureRow) -> list[Decimal | None]:
        """Of what did not change both days have the present amount, where the totals hold it."""
        return self._cells(row.id, self._report.amounts(row) if self._report.is_counted(row) else None)

    def gone(self) -> list[Sequence[object]]:
        """Rows of those that the totals held then and the list does not have any more."""
        found = {name: one for changes in self._changes for name, one in changes.items() if name not in self._listed}
        empty = [""] * (len(MEASURE_COLUMNS) - 2)
        return [
            (one.key, one.title, *empty, *self._cells(one.id, None))
            for one in sorted(found.values(), key=lambda one: one.key)
        ]

    def _cells(self, measure: str, counted: Amounts | None) -> list[Decimal | None]:
        found: list[Decimal | None] = []
        for totals, changes in zip(self._totals, self._changes, strict=True):
            one = changes.get(measure)
            same = totals.figure.estimate(counted) if counted is not None else None
            found.append(one.before if one is not None else same)
            found += [one.parts.get(kind) if one is not None else None for kind in ChangeKind]
            found.append(one.after if one is not None else same)
        self._listed.add(measure)
        return found


def _measures(
    lists: PortfolioLists, after: str | None, currency: str, view: RatesView, since: ComparedColumns | None
) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.measures("key", after, BATCH_ROWS)
    return page.next_cursor, [
        (
            row.key,
            row.title,
            *row.hierarchy,
            row.owner,
            "; ".join(f"{key.replace('_', ' ')}: {name}" for key, name in row.further_roles),
            row.step,
            *_gate(row),
            row.implementation,
            row.potential,
            row.left_out,
            *(getattr(_shown(row.amounts, view), name) for name in AMOUNTS),
            currency,
            row.deviation_reason,
            " ".join(row.blockers),
            " ".join(row.findings),
            row.missing_rate,
            row.url,
            *(since.of(row) if since is not None else ()),
        )
        for row in page.rows
    ]


def _gate(row: MeasureRow) -> tuple[str, str]:
    """Key of the stage behind the first gate that is not open, and that gate's state."""
    ahead = row.gate_ahead
    return (ahead.stage, ahead.state.value) if ahead else ("", GateState.OPEN.value)


def _shown(amounts: Amounts, view: RatesView) -> Amounts:
    return in_constant_currency(amounts) if view is RatesView.BUDGET else amounts


def _lines(
    lists: PortfolioLists, line_filters: EffectLineFilters, after: str | None, currency: str, rates: Rates
) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.lines(line_filters, after, BATCH_ROWS)
    piece: list[Sequence[object]] = []
    for row in page.rows:
        line = row.line
        conversion = LineRates(rates, row.rates).convert(line, currency)
        missing = isinstance(conversion, MissingRate)
        converted = None if isinstance(conversion, MissingRate) else conversion.money.amount
        rate = str(conversion) if isinstance(conversion, MissingRate) else conversion.rate
        piece.append(
            (
                row.key, row.title, line.version, line.kind, line.month, line.account, line.hard, line.pl_line,
                line.money.amount, line.money.currency, converted, "" if missing else currency, rate, row.url,
            )
        )  # fmt: skip
    return page.next_cursor, piece
