"""Propose a profile for a file, and say what it is unsure of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from governance.effects import EffectKind
from governance.ledger import LedgerVersion
from mapping.imports.cells import CellValue, SheetTable, folded, is_empty, text_of
from mapping.imports.columns import month_columns, overlapping
from mapping.imports.lines import FileLines, read_lines
from mapping.imports.numbers import SYMBOLS, Amount, NotANumber, decimal_sign, read_amount, sign_is_open
from mapping.imports.periods import FiscalYears, NotAPeriod, Span, names_no_year, read_span
from mapping.imports.problems import ProblemCode
from mapping.imports.profile import AmountColumn, FromColumn, Profile, Subject
from mapping.imports.subtotals import STARS
from mapping.imports.table import Grid, make_grid

SAMPLE = 2_000
"""Records that are read to find out what a column holds."""
HEADER_ROWS = 20
SCORED = 400
"""Records by which a place of the heads is judged."""
MOST_WORDS = 12
"""Of a head that can name a month; a longer one is a text."""
MOST_TEXTS = 60
"""Texts in place of amounts that are listed."""

_MONEY = re.compile(
    r"budget|baseline|forecast|plan\b|planned|actual|\bist\b|soll|cost|kosten|amount|betrag|spend|saving|benefit|nutzen|"
    r"einspar|value\b|wert\b|capex|opex|invest|expens|expendit|aufwand|montant|coût|importe|import[oe]\b|cost[oei]\b|coste|custo|"
    r"valor\b|or[çc]ad|or[çc]amento|presupuesto|pr[eé]vu|r[ée]alis|realizado|realizad|despesa|gasto|spes[ae]\b|uitgaven|kwota|belopp|"
    r"beløb|bedrag|\bval\b|rep\.?\s?cur|\bco.?wert|\blc\b|\beur\b|\busd\b|\bgbp\b|\bchf\b|[€£$]",
    re.IGNORECASE,
)
_NOT_MONEY = re.compile(
    r"date|datum|days|rating|narrative|comment|description|status|schedule|year$|number|\bid\b|code|element|"
    r"elem\b|elem\.|kostenart|kostenst|kostentr|cost.?(?:cent|object|type|categ|class|pool)|cent(?:er|re)\b|"
    r"centr[eo] d[ei]|centro de|"
    r"account\b|konto\b|rate\b|\bprice\b|preis\b|\bkurs|name|title",
    re.IGNORECASE,
)
_NO_SUM = re.compile(
    r"varian|\bvar\b\.?|abweich|\babw\b\.?|[ée]cart|\bdelta\b|\bdiff|%|percent|prozent|quantit|\bqty\b|menge|\bhours\b|"
    r"\bhrs\b|stunden|\bfte\b|headcount|\bdays\b|\bunits?\b|stück|anzahl",
    re.IGNORECASE,
)
"""Of a head whose numbers are differences of others, shares or quantities."""
_SINCE = re.compile(
    r"\bytd\b|year.to.date|cumul|kumul|aufgelaufen|acumulad|since (the )?(begin|start)|\blfd\b", re.IGNORECASE
)
"""Of a head whose amounts count from the begin of the fiscal year on."""
_LOCAL = (
    r"local|\blc\b|hausw|company.?code|\bco.?code|landesw", r"obj|co.?area|\bkw|group|konzern|report|\brc\b|rep\.",
    r"\btran|document|\bdoc\b|beleg|\btc\b|foreign|fremd",
)  # fmt: skip
"""In which currency an amount is stated that stands in several: that of the books first, that of the document last."""
_CODE_WITH_ZEROS = re.compile(r"'?0\d{3,}")
"""Of an account, an order or a cost centre."""
_CENTRE = re.compile(r"cost.?cent(?:er|re)|kostenst|\bkst\b|centre de co[uû]t|centro de (?:costo|custo|coste)", re.I)
_ACCOUNT = re.compile(r"cost.?elem|kostenart|g/?l.?(?:account|acct)|sachkonto|\bkonto\b|^account$", re.I)
_VERSIONS = (
    (
        LedgerVersion.ACTUAL,
        r"\bactual|\bact\b|\bist\b|\bistk|\bspent\b|invoiced|booked|gebucht|réel|r[ée]alis|realizad|consuntivo|werkelijk",
    ),
    (
        LedgerVersion.FORECAST,
        r"forecast|projected|outlook|estimate|prognose|hochrechnung|vorschau|pr[ée]vision|previs[ãi]o|previsto|\bfc\b|\bfcst\b",
    ),
    (LedgerVersion.COMMITTED, r"commit|obligo|ordered|bestellt"),
    (
        LedgerVersion.PLAN,
        r"whole.?life|wlc|life.?cycle|total budgeted|\bplan|\bsoll|pr[ée]vu\b|pianificat|planejado|planificado|gepland",
    ),
    (LedgerVersion.BUDGET, r"budget|baseline|or[çc]ad|or[çc]amento|presupuesto|begroting"),
)
VERSION_WORDS = {version.value: version.value for version in LedgerVersion} | {
    "ist": "actual", "actuals": "actual", "act": "actual", "soll": "plan", "planned": "plan", "prognose": "forecast",
    "outlook": "forecast", "fc": "forecast", "fcst": "forecast", "estimate": "forecast", "latest_estimate": "forecast",
    "le": "forecast", "istkosten": "actual", "plankosten": "plan", "realizado": "actual", "orçado": "budget",
    "réalisé": "actual", "réel": "actual", "prévu": "plan", "prévision": "forecast",
}  # fmt: skip
"""What a version is called in cells, as words joined by ``_``."""
KIND_WORDS = {kind.value: kind.value for kind in EffectKind} | {
    "benefits": "benefit", "saving": "benefit", "savings": "benefit", "nutzen": "benefit", "einsparung": "benefit",
    "einsparungen": "benefit", "one_off_costs": "one_off_cost", "one_time_cost": "one_off_cost",
    "one_time_costs": "one_off_cost", "implementation_cost": "one_off_cost", "implementation_costs": "one_off_cost",
    "project_cost": "one_off_cost", "project_costs": "one_off_cost", "einmalkosten": "one_off_cost",
    "recurring_costs": "recurring_cost", "run_cost": "recurring_cost", "run_costs": "recurring_cost",
    "running_cost": "recurring_cost", "running_costs": "recurring_cost", "opex": "recurring_cost",
    "laufende_kosten": "recurring_cost", "investment": "capex", "investition": "capex",
}  # fmt: skip
"""What an amount is called in cells, as words joined by ``_``."""
_CODES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "INR",
    "JPY",
    "CAD",
    "AUD",
    "BRL",
    "CZK",
    "HUF",
    "SGD",
    "ZAR",
)
_WHOLE_LIFE = re.compile(r"whole.?life|wlc|life.?cycle", re.IGNORECASE)
_KINDS = (
    (
        EffectKind.BENEFIT,
        r"benefit|saving|nutzen|einspar|ertrag|revenue|[ée]conomie|\bgains?\b|beneficio|benefício|risparmi|ahorro|economia",
    ),
    (EffectKind.CAPEX, r"capex|capital|investition|\binvest"),
    (EffectKind.RECURRING_COST, r"opex|running|recurring|laufend|betriebskosten"),
)
_UNITS = (
    ("bn", r"billion|£\s?bn|\$\s?bn|€\s?bn|mrd"),
    (
        "m",
        (
            r"million|[£$€]\s?mn?\b|\b(?:eur|usd|gbp|chf)[\s_-]?(?:m|mn|mio)\b|\bin m\b|\bm[£$€]|\(\s?m\s?\)|\bmio\b|"
            r"\bmeur\b|\bm eur\b"
        ),
    ),
    (
        "k",
        (
            r"thousand|[£$€]\s?k\b|\b(?:eur|usd|gbp|chf)[\s_-]?k\b|\bin k\b|\bk[£$€]|\(\s?k\s?\)|\btsd\b|\bteur\b|'000|"
            r"\bkeur\b"
        ),
    ),
)
_ID = re.compile(
    r"\bkey\b|\bid\b|_id\b|number|nummer|\bno\.?$|\bnr\.?$|code|wbs|psp|order|auftrag|identifier", re.IGNORECASE
)
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,9}-\d{1,9}|(?:PRJ|PRJTASK|DMND|CHG|INC|RITM|TASK)\d{4,12}")
"""Of an issue of Jira, or of a record of ServiceNow."""
_DESCRIPTION = re.compile(
    r"\btext\b|descri|bezeichnung|beschreibung|comment|note\b|memo|remark|bemerkung", re.IGNORECASE
)
_NAME = re.compile(
    r"name|title|titel|project|projekt|projet|proyecto|projeto|progetto|measure|ma(ss|ß)nahme|initiative|programme|program\b",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"month|monat|period|mois|\bmês|\bmes\b|mese\b|maand|\bdate|_date|datum|\bdata\b|fecha|year\b|jahr", re.IGNORECASE
)
_CURRENCY = re.compile(r"currency|währ|devise|curr\b|crcy|\bwrg\b|\bwkz\b|moneda|moeda|valuta|waluta", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d{2}\s?[/-]\s?(?:(?:19|20)\d{2}|\d{2})\b|\bFY\s?\d{2,4}\b|\b(?:19|20)\d{2}\b")
_FISCAL_LABEL = re.compile(r"\b(?:FY|GJ)\s?\d{2}|\b20\d{2}/\d{2}", re.IGNORECASE)
_TOTAL = re.compile(
    r"(grand )?totals?\b.*|sub-?totals?\b.*|summen?\b.*|gesamt.*|sum\b.*|zwischensumme.*|ergebnis\b.*|endsumme.*|"
    r"(sous-)?tota(ux|l)\b.*|totales\b.*|suma\b.*|tota(le|li)\b.*|somma\b.*|totaal\b.*|subtotaal\b.*|totalt\b.*|"
    r"razem\b.*|yhteensä\b.*|i alt\b.*|overall\b.*|insgesamt\b.*",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(
    r"(\S.*?)\s+(?:total|subtotal|summe|ergebnis|gesamt)|(?:total|summe|sous-total)\s+(\S.*)", re.IGNORECASE
)
"""What a pivot table writes below the rows of one name."""
_WEEK = re.compile(r"\b(kw|cw|week|woche|semaine)\b", re.IGNORECASE)
_YEAR_ENDS = {"GBP": 3, "INR": 3, "JPY": 3, "AUD": 6, "NZD": 6}


@dataclass(slots=True)
class Proposal:
    """A profile, what it is unsure of, and what it reads."""

    profile: Profile
    unsure: list[str]
    read: FileLines


@dataclass(slots=True)
class _Column:
    """What a column holds."""

    index: int
    head: str
    values: list[CellValue]
    numbers: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    months: int = 0
    negative: int = 0
    distinct: int = 0
    codes: int = 0
    """Texts such as 0000410010, which are no amounts."""

    @property
    def share(self) -> float:
        """Of amounts among the cells that are not empty."""
        return self.numbers / len(self.values) if self.values else 0.0

    @property
    def is_of_months(self) -> bool:
        """Whether it holds days or months, and not years alone."""
        years = sum(bool(re.fullmatch(r"(19|20)\d{2}", text_of(value))) for value in self.values)
        return bool(self.values) and self.months - years >= 0.6 * len(self.values)

    @property
    def is_amount(self) -> bool:
        return (
            bool(_MONEY.search(self.head))
            and not _NOT_MONEY.search(self.head)
            and not _NO_SUM.search(self.head)
            and self.share >= 0.3
            and self.codes * 2 < len(self.values)
            and not _is_number(self.head)
        )


def _is_number(head: str) -> bool:
    amount = read_amount(head, None)
    return isinstance(amount, Amount) or amount is NotANumber.AMBIGUOUS


def propose(sheet: SheetTable, name: str) -> Proposal | str:
    """A profile for the file, or why there is none to propose."""
    best: tuple[float, Grid, str, int, int, int | None] | None = None
    for direction, header, header_rows, year in _places(sheet):
        grid = make_grid(sheet, direction, header, header_rows)
        if grid is None:
            continue
        columns = _columns(grid, SCORED)
        if header_rows > 1 and _says_no_more(sheet, header, columns, year):
            continue
        score = _score(columns, grid, year) / (1 + 0.01 * header)
        if best is None or score > best[0] * 1.001:
            best = (score, grid, direction, header, header_rows, year)
    if best is None or best[0] <= 0:
        return "No column of amounts was found: there is no head with a month, or with a word such as cost or budget."
    _, grid, direction, header, header_rows, year = best
    return _Proposer(sheet, name, grid, _columns(grid, SAMPLE), direction, header, header_rows, year).make()


def _places(sheet: SheetTable) -> Iterator[tuple[str, int, int, int | None]]:
    """Where the heads may stand, over how many rows, and the year of heads that name none."""
    for year in (None, _year_of(sheet)):
        for direction in ("rows", "columns"):
            for header in _headers(sheet, direction):
                yield direction, header, 1, year
                if direction == "rows" and _has_second(sheet, header):
                    yield direction, header, 2, year


def _has_second(sheet: SheetTable, header: int) -> bool:
    """Whether the row below heads with gaps between them holds words and months only: heads over two rows."""
    if len(sheet.rows) <= header + 1:
        return False
    first, second = sheet.rows[header - 1], sheet.rows[header]
    gaps = any(is_empty(one) for one in first[1:]) or len(first) < len(second)
    words = [one for one in second if not is_empty(one)]
    return gaps and len(words) > 1 and all(_is_head(one) for one in words)


def _says_no_more(sheet: SheetTable, header: int, columns: Sequence[_Column], year: int | None) -> bool:
    """Whether the second row of heads names as many months and amounts by itself as both together."""
    alone = make_grid(sheet, "rows", header + 1, 1)
    if alone is None:
        return False
    by_itself, both = (
        (sum(map(len, month_patterns(one, year).values())), sum(column.is_amount for column in one))
        for one in (_columns(alone, SCORED), columns)
    )
    return both[0] <= by_itself[0] and both[1] <= by_itself[1]


def _is_head(value: CellValue) -> bool:
    """A word, or a month as a day or a number: what can stand in a head and is no amount."""
    if isinstance(value, date):
        return True
    text = text_of(value)
    return read_month(text) is not None or (isinstance(value, str) and read_amount(value, ".") is NotANumber.TEXT)


def _year_of(sheet: SheetTable) -> int:
    """The year that the name of the file or of the sheet, or a line above the table, names, or one to correct."""
    above = [text_of(one) for row in sheet.rows[:8] for one in row[:30]]
    for text in (sheet.file, sheet.sheet, *above):
        if match := re.search(r"(?<!\d)(20\d{2})(?!\d)", text):
            return int(match[0])
    return 2026


def _headers(sheet: SheetTable, direction: str) -> list[int]:
    if direction == "columns":
        return [1, 2] if len(sheet.rows) <= 400 else []
    return [
        number
        for number, row in enumerate(sheet.rows[:HEADER_ROWS], start=1)
        if sum(isinstance(one, str) or _names_time(text_of(one)) for one in row if not is_empty(one)) >= 2
    ]


def _names_time(text: str) -> bool:
    return read_month(text) is not None or bool(_YEARS.fullmatch(text))


def _columns(grid: Grid, sample: int) -> list[_Column]:
    found = []
    rows = grid.rows[grid.first : grid.first + sample]
    for index, head in enumerate(grid.heads):
        if not head:
            continue
        values = [row[index] for row in rows if index < len(row) and not is_empty(row[index])]
        column = _Column(index, head, values, distinct=len({text_of(value) for value in values}))
        for value in values:
            column.codes += isinstance(value, str) and bool(_CODE_WITH_ZEROS.fullmatch(value.strip()))
            amount = read_amount(value, None)
            if isinstance(amount, Amount) or amount is NotANumber.AMBIGUOUS:
                column.numbers += 1
                if isinstance(amount, Amount):
                    column.negative += amount.number < 0
                    if amount.currency:
                        column.currencies[amount.currency] += 1
                elif isinstance(value, str):
                    column.currencies.update(code for sign, code in SYMBOLS.items() if sign in value)
            elif amount is not None and isinstance(value, str):
                column.texts[text_of(value)] += 1
            span = read_span(value) if not isinstance(value, float) else None
            column.months += span is not None and span is not NotAPeriod.TEXT
        found.append(column)
    return found


def _score(columns: Sequence[_Column], grid: Grid, year: int | None = None) -> float:
    months = {index for _, columns_ in month_patterns(columns, year).items() for index in columns_}
    amounts = sum((one.numbers - one.codes) * one.share**2 for one in columns if one.is_amount or one.index in months)
    named = any(_ID.search(one.head) or _NAME.search(one.head) for one in columns)
    return amounts * (1.0 if named else 0.5) * (1.0 if not grid.transposed else 0.9)


def read_month(text: str, year: int | None = None) -> Span | None:
    """The month that a head is, if it is one; a year alone is none."""
    span = read_span(text, year=None if text.isdigit() else year)
    if not isinstance(span, Span) or (text.isdigit() and len(text) != 6):
        return None
    # A year alone, or two of them, is no column of months; a quarter and a half year are.
    return span if span.is_month or (span.first.plus(11) != span.last) else None


def month_patterns(columns: Sequence[_Column], year: int | None = None) -> dict[str, list[int]]:
    """The columns whose heads are a month with the same words around it, by pattern."""
    found: dict[str, list[int]] = {}
    for column in columns:
        if column.values and column.share < 0.3:
            continue
        words = column.head.split(" ")
        if _WEEK.search(column.head) or _NO_SUM.search(column.head):
            continue
        if len(words) > MOST_WORDS or re.search(r"\(\d+\)$", column.head):
            continue
        for first in range(len(words)):
            for last in range(min(len(words), first + 3), first, -1):
                if read_month(" ".join(words[first:last]), year) is not None:
                    pattern = " ".join((*words[:first], "*", *words[last:]))
                    found.setdefault(pattern, []).append(column.index)
                    break
            else:
                continue
            break
    return {pattern: some for pattern, some in found.items() if len(some) > 1 or pattern != "*" or len(columns) < 5}


class _Proposer:
    def __init__(
        self,
        sheet: SheetTable,
        name: str,
        grid: Grid,
        columns: list[_Column],
        direction: str,
        header: int,
        header_rows: int = 1,
        year: int | None = None,
    ) -> None:
        self._sheet, self._name, self._grid, self._columns = sheet, name, grid, columns
        self._direction, self._header, self._header_rows, self._year = direction, header, header_rows, year
        self._unsure: list[str] = []

    def make(self) -> Proposal:
        patterns = month_patterns(self._columns, self._year)
        in_months = {index for some in patterns.values() for index in some}
        amounts = [one for one in self._columns if one.is_amount and one.index not in in_months]
        since, patterns, amounts = self._since_begin(patterns, amounts)
        in_months = {index for some in patterns.values() for index in some}
        amounts = self._of_one_currency(self._beside_months(patterns, amounts))
        used = [one for one in self._columns if one.index in in_months] + amounts
        currency = self._currency(used)
        subject = self._subject({one.index for one in used})
        values: dict[str, object] = {
            "name": self._name, "sheet": self._sheet.sheet or None, "direction": self._direction,
            "header": self._header, "header_rows": self._header_rows, "year": self._stated_year(patterns),
            "subject": subject, "currency": currency, "decimal": self._decimal(used),
            "unit": self._unit(used, subject), "skip": self._skip(subject), "no_amount": self._no_amount(used),
            "day_first": self._day_first(), "year_ends": self._year_ends(currency, used),
            "amounts_are": "cumulative" if since else "period",
        } | self._negative(used) | self._texts(subject, used)  # fmt: skip
        rules = self._one_of_each(
            [self._months_rule(pattern) for pattern in sorted(patterns)]
            + [self._amount_rule(one, amounts, subject) for one in amounts]
        )
        values["amounts"] = rules
        if any(rule.months is None for rule in rules):
            values["longer_periods"] = "last"
        elif self._has_longer(patterns):
            values["longer_periods"] = self._longer(patterns)
        return self._checked(self._without_gaps(Profile.model_validate(values), used))

    def _without_gaps(self, profile: Profile, used: Sequence[_Column]) -> Profile:
        """With what explains the rows without a name: sums of rows above them, or cells that repeat the one above."""
        plain = read_lines(self._sheet, profile)
        missing = [one for one in plain.problems if one.code is ProblemCode.NO_SUBJECT]
        stars = self._has_stars(profile)
        if not missing and not stars:
            return profile
        options: list[dict[str, object]] = [{"subtotals": True}]
        if repeated := self._repeated(profile.subject, used):
            options += [{"repeated": repeated}, {"repeated": repeated, "subtotals": True}]
        found = [(changed := profile.model_copy(update=one), read_lines(self._sheet, changed)) for one in options]
        best, read = min(found, key=lambda one: one[1].problems.count - (one[1].subtotals > 0))
        if read.problems.count >= plain.problems.count and not read.subtotals and not stars:
            return profile
        if best.repeated:
            self._say(f'An empty cell of "{best.subject.column}" repeats the one above it (repeated).')
        if read.subtotals:
            self._say(f"Rows left out as the sums of rows above them: {read.subtotals:,} (subtotals).")
        return best if read.subtotals or stars else best.model_copy(update={"subtotals": False})

    def _since_begin(
        self, patterns: dict[str, list[int]], amounts: list[_Column]
    ) -> tuple[bool, dict[str, list[int]], list[_Column]]:
        """Whether amounts count from the begin of the year on, and what is left where others are of one period."""
        since = {pattern for pattern in patterns if _SINCE.search(pattern)}
        columns = [one for one in amounts if _SINCE.search(one.head)]
        if not since and not columns:
            return False, patterns, amounts
        if len(since) == len(patterns) and len(columns) == len(amounts):
            self._say("Amounts count from the begin of the fiscal year on: months get the differences (amounts_are).")
            return True, patterns, amounts
        heads = _quoted([*sorted(since), *(one.head for one in columns)])
        self._say(f"Left out, because they count from the begin of the year on: {heads} (amounts).")
        return (
            False,
            {pattern: some for pattern, some in patterns.items() if pattern not in since},
            [one for one in amounts if one not in columns],
        )

    def _beside_months(self, patterns: Mapping[str, list[int]], amounts: list[_Column]) -> list[_Column]:
        """Without the columns that are totals of months which stand beside them."""
        stated = {_named_version(pattern) for pattern in patterns}
        left = [one for one in amounts if _named_version(one.head) in {None, *stated}]
        if not patterns or not left:
            return amounts
        self._say(f"Left out, because columns of months state it: {_quoted([one.head for one in left])} (amounts).")
        return [one for one in amounts if one not in left]

    def _of_one_currency(self, amounts: list[_Column]) -> list[_Column]:
        """Of amounts that stand in several currencies beside each other those of the books."""
        ranked = [(_rank_of_currency(one.head), one) for one in amounts]
        ranks = {rank for rank, _ in ranked if rank is not None}
        if len(ranks) < 2:
            return amounts
        left = [one for rank, one in ranked if rank is not None and rank != min(ranks)]
        heads = _quoted([one.head for one in left])
        self._say(f"Left out, because it is the same in another currency: {heads} (amounts).")
        return [one for one in amounts if one not in left]

    def _repeated(self, subject: Subject, used: Sequence[_Column]) -> list[str]:
        """The column of the subject, where its gaps may repeat what stands above, as in a pivot table."""
        column = next(one for one in self._columns if one.head == subject.column)
        before = [one for one in self._columns if one.index < column.index and one not in used]
        if before or self._direction == "columns":
            return []
        named, gaps, filled = False, 0, 0
        beside = [one for one in self._columns if one not in used and one is not column]
        for row in self._grid.rows[self._grid.first : self._grid.first + SAMPLE]:
            cell = row[column.index] if column.index < len(row) else None
            if not is_empty(cell):
                named, filled = not _is_total_row(text_of(cell)), filled + 1
            elif any(one.index < len(row) and not is_empty(row[one.index]) for one in used):
                if not named or not any(one.index < len(row) and not is_empty(row[one.index]) for one in beside):
                    return []
                gaps += 1
        if not gaps or gaps * 4 < filled:
            return []
        return [column.head]

    def _texts(self, subject: Subject, used: Sequence[_Column]) -> dict[str, object]:
        """Cost centre and account of each row, where a list names them."""
        if self._direction == "columns":
            return {}
        found: dict[str, object] = {}
        for name, pattern in (("cost_centre", _CENTRE), ("gl_account", _ACCOUNT)):
            for one in self._columns:
                if one.head != subject.column and one not in used and pattern.search(one.head) and one.values:
                    found.setdefault(name, FromColumn(column=one.head))
        return found

    def _longer(self, patterns: Mapping[str, list[int]]) -> str:
        """Where amounts of longer periods go: nowhere, where some of their months stand beside them."""
        heads = self._heads()
        totals = [
            heads[column]
            for pattern in patterns
            for column in overlapping(month_columns(heads, pattern, year=self._year))
        ]
        if totals:
            self._say(f"Left out as totals of months that stand in other columns: {_quoted(totals)} (longer_periods).")
            return "skip"
        self._say("Amounts of quarters and half years are laid evenly over their months (longer_periods).")
        return "even"

    def _stated_year(self, patterns: Mapping[str, list[int]]) -> int | FromColumn | None:
        """Of periods that name none: the one that was needed to find them, or a column beside that of the period."""
        if self._year is not None and month_patterns(self._columns) != patterns:
            self._say(f"The heads name no year: {self._year} is assumed (year).")
            return self._year
        period, year = self._period_columns()
        return FromColumn(column=year.head) if period is not None and year is not None else None

    def _period_columns(self) -> tuple[_Column | None, _Column | None]:
        """A column of periods 1 to 16, and one of years."""
        periods = [
            one for one in self._columns
            if re.search(r"period|\bper\b|month|monat|mois", one.head, re.IGNORECASE) and one.values
            and all(names_no_year(value) for value in one.values)
        ]  # fmt: skip
        years = [
            one for one in self._columns
            if re.search(r"year|jahr|année|\bgj\b|\bfy\b", one.head, re.IGNORECASE) and one.values
            and all(re.fullmatch(r"(FY)?(20)?\d{2}", text_of(value), re.IGNORECASE) for value in one.values)
        ]  # fmt: skip
        return (periods[0], years[0]) if periods and years else (None, None)

    def _has_longer(self, patterns: Mapping[str, list[int]]) -> bool:
        heads = self._heads()
        found = [span for pattern in patterns for _, span in month_columns(heads, pattern, year=self._year)]
        return any(not span.is_month for span in found)

    def _heads(self) -> list[str]:
        """By position; empty where there is no column."""
        heads = {one.index: one.head for one in self._columns}
        return [heads.get(index, "") for index in range(max(heads, default=-1) + 1)]

    def _checked(self, profile: Profile) -> Proposal:
        """The profile with what only reading the file shows."""
        read = read_lines(self._sheet, profile)
        codes = Counter(problem.code.value for problem in read.problems)
        changes: dict[str, object] = {}
        if codes["duplicate"]:
            changes["duplicates"] = "add"
            self._say(f"{codes['duplicate']:,} rows name the same as another row: they are added up (duplicates).")
        if codes["no_subject"] + codes["no_month"] + codes["no_currency"]:
            changes["incomplete"] = "quarantine"
            self._say(
                "Some rows with an amount lack a name, a month or a currency: they go to quarantine (incomplete)."
            )
        if codes["hidden"]:
            self._say("Some rows or columns are hidden: say under hidden whether they are read or left out.")
        if changes:
            profile = profile.model_copy(update=changes)
            read = read_lines(self._sheet, profile)
        if read.problems:
            first = next(iter(read.problems))
            self._say(f"{read.problems.count:,} problems are left, the first: {first}")
        return Proposal(profile, self._unsure, read)

    def _has_stars(self, profile: Profile) -> bool:
        column = next(one for one in self._columns if one.head == profile.subject.column)
        return any(text_of(value).startswith(STARS) for value in column.values)

    def _one_of_each(self, rules: list[AmountColumn]) -> list[AmountColumn]:
        """Two columns of one version and kind would be added up: the cost of the whole life gives way."""
        kept: list[AmountColumn] = []
        whole = [
            one for one in rules if re.search(_VERSIONS[3][1].split("|total")[0], one.column or one.months or "", re.I)
        ]
        for rule in [one for one in rules if one not in whole] + whole:
            name = rule.column or rule.months
            taken = {
                (str(one.version), str(one.kind)) for one in kept if one.column is not None and rule.column is not None
            }
            if (str(rule.version), str(rule.kind)) in taken and rule in whole:
                rule = rule.model_copy(update={"version": LedgerVersion.BUDGET})
                self._say(f'"{name}" is taken as budget, because another column states the plan.')
            if (str(rule.version), str(rule.kind)) in taken:
                self._say(f'"{name}" is left out: another column states the same version and kind (amounts).')
                continue
            kept.append(rule)
        return kept

    def _say(self, sentence: str) -> None:
        if sentence not in self._unsure:
            self._unsure.append(sentence)

    def _subject(self, used: set[int]) -> Subject:
        def keys(one: _Column) -> bool:
            """Whether the tools' own keys stand in it, but for totals and the like."""
            texts = [text for value in one.values if not _is_total_row(text := text_of(value))]
            return bool(texts) and sum(bool(_KEY.fullmatch(text)) for text in texts) >= 0.8 * len(texts)

        def rank(one: _Column) -> tuple[float, ...]:
            unique = one.distinct / len(one.values) if one.values else 0.0
            is_id, is_name = bool(_ID.search(one.head)), bool(_NAME.search(one.head))
            full = len(one.values) / max(1, min(len(self._grid.rows) - self._grid.first, SAMPLE))
            dates = one.months / len(one.values) if one.values else 0.0
            about = 2.0 * is_id + 2.0 * is_name
            told = 4.0 * keys(one) - 1.0 * bool(_DESCRIPTION.search(one.head))
            return (about * (unique > 0.9) + told + unique + min(full, 1.0) - 2 * dates - (one.index * 0.001),)

        candidates = [
            one for one in self._columns if one.index not in used and one.values and not _NO_SUM.search(one.head)
        ]
        if not candidates:
            candidates = [one for one in self._columns if one.values]
        best = max(candidates, key=rank)
        is_id = bool(_ID.search(best.head)) or keys(best)
        others = [one.head for one in sorted(candidates, key=rank, reverse=True)[1:3]]
        also = f"; it could be {' or '.join(others)}" if others else ""
        self._say(f'Measures are found by "{best.head}", as their {"key" if is_id else "title"}{also} (subject).')
        return Subject(column=best.head, by="key" if is_id else "title")

    def _currency(self, used: Sequence[_Column]) -> str | FromColumn:
        if beside := self._currency_column(used):
            return FromColumn(column=beside.head)
        signs: Counter[str] = Counter()
        for one in used:
            signs.update(one.currencies)
            signs.update(code for sign, code in SYMBOLS.items() if sign in one.head)
            signs.update(re.findall(rf"\b({'|'.join(_CODES)})\b", one.head.upper()))
        if signs:
            return signs.most_common(1)[0][0]
        if any("$" in one.head or any(isinstance(v, str) and "$" in v for v in one.values[:50]) for one in used):
            self._say("The dollar sign is taken as USD (currency).")
            return "USD"
        above = {code for text in self._above() for code in re.findall(r"\b[A-Z]{3}\b", text) if code in _CODES}
        above |= {code for text in self._above() for sign, code in SYMBOLS.items() if sign in text}
        if len(above) == 1:
            code: str = above.pop()
            where = "The first head" if self._direction == "columns" else "A line above the heads"
            self._say(f"{where} names the currency: {code} (currency).")
            return code
        self._say("The file names no currency: EUR is assumed (currency).")
        return "EUR"

    def _currency_column(self, used: Sequence[_Column]) -> _Column | None:
        """The column of currencies that belongs to the amounts: of several the next one behind them."""
        found = [
            one for one in self._columns
            if _CURRENCY.search(one.head) and one.values and one not in used
            and all(re.fullmatch("[A-Z]{3}", text_of(value).upper()) for value in one.values)
        ]  # fmt: skip
        last = max((one.index for one in used), default=0)
        return min(found, key=lambda one: (one.index < last, abs(one.index - last)), default=None)

    def _above(self) -> list[str]:
        """What stands above the heads, and in the corner of a table whose heads are months."""
        if self._direction == "columns":
            return [head for head in self._grid.heads[:1] if head]
        return [text_of(one) for row in self._sheet.rows[: self._header - 1] for one in row[:5] if not is_empty(one)]

    def _decimal(self, used: Sequence[_Column]) -> str | None:
        values = [value for one in used for value in one.values]
        if not any(isinstance(value, str) for value in values):
            return None
        sign = decimal_sign(values)
        if sign is None and sign_is_open(values):
            self._say("Every number with a sign could be read with a point or a comma: the point is assumed (decimal).")
        return sign or "."

    def _unit(self, used: Sequence[_Column], subject: Subject) -> str:
        units = {unit_of(one.head) for one in used} - {""}
        if len(units) == 1:
            return units.pop()
        if not units and (corner := unit_of(subject.column)):
            self._say(f'The head "{subject.column}" names the unit: amounts are taken in {corner} (unit).')
            return corner
        above = {unit_of(text) for text in self._above()} - {""}
        if not units and len(above) == 1:
            unit = above.pop()
            self._say(f"A line above the heads names the unit: amounts are taken in {unit} (unit).")
            return unit
        if not units:
            self._say("No head names a unit: amounts are taken as they stand (unit; k, m or bn when they are larger).")
        return "one"

    def _negative(self, used: Sequence[_Column]) -> dict[str, object]:
        negative, numbers = sum(one.negative for one in used), sum(one.numbers for one in used)
        if not negative:
            return {}
        costs = self._amounts_of_costs(used)
        if costs and sum(one < 0 for one in costs) > 0.6 * len(costs) and negative <= numbers - len(costs) * 0.4:
            self._say("Costs are negative beside positive benefits: the file writes them so (sign).")
            left = negative - sum(one < 0 for one in costs) + sum(one > 0 for one in costs)
            credit: dict[str, object] = {"negative": "credit"} if left else {}
            return {"sign": "negative_costs", **credit}
        if negative > numbers * 0.6:
            self._say("Most amounts are negative: the file writes costs so (sign).")
            return {"sign": "negative", "negative": "credit"}
        self._say(f"{negative:,} amounts are negative: they are taken as credit notes (negative).")
        return {"negative": "credit"}

    def _amounts_of_costs(self, used: Sequence[_Column]) -> list[Decimal]:
        """Where the kind stands in a column and names benefits as well: the amounts of all others, but for zeros."""
        _, column = self._columns_of_words()
        if column is None:
            return []
        index = next(one.index for one in self._columns if one.head == column.columns[0])
        costs, benefits = [], 0
        for row in self._grid.rows[self._grid.first : self._grid.first + SAMPLE]:
            word = text_of(row[index]) if index < len(row) else ""
            kind = column.values.get(word, _as_word(word))
            if not word or kind not in KIND_WORDS:
                continue
            read = [read_amount(row[one.index], None) for one in used if one.index < len(row)]
            amounts = [one.number for one in read if isinstance(one, Amount) and one.number]
            if EffectKind(KIND_WORDS[kind]).is_benefit:
                benefits += len(amounts)
            else:
                costs += amounts
        return costs if benefits else []

    def _skip(self, subject: Subject) -> list[str]:
        column = next(one for one in self._columns if one.head == subject.column)
        names = {text_of(value) for value in column.values}
        totals = {name for name in names if _TOTAL.fullmatch(name)}
        totals |= {name for name in names if (of := _TOTAL_OF.fullmatch(name)) and (of[1] or of[2]) in names}
        if totals:
            self._say(f"Rows named {', '.join(sorted(totals)[:3])} are left out as totals (skip).")
        return sorted(totals)

    def _no_amount(self, used: Sequence[_Column]) -> list[str]:
        texts: Counter[str] = Counter()
        for one in used:
            for text, many in one.texts.items():
                if read_amount(text, ".") is NotANumber.TEXT:
                    texts[text if len(text) <= 60 else f"{text[:50].rstrip()}*"] += many
        if texts:
            self._say(
                f"{sum(texts.values()):,} cells hold a text in place of an amount, such as "
                f'"{texts.most_common(1)[0][0]}": they'
                " are taken as no amount (no_amount)."
            )
        return [text for text, _ in texts.most_common(MOST_TEXTS)]

    def _year_ends(self, currency: str | FromColumn, used: Sequence[_Column]) -> int:
        heads = [one.head for one in used] + [one.head for one in self._columns if re.search("year", one.head, re.I)]
        if not any(_YEARS.search(head) or re.search("year|\\bFY", head, re.I) for head in heads):
            return 12
        ends = _YEAR_ENDS.get(currency, 12) if isinstance(currency, str) else 12
        ends = self._ends_by_order([one.head for one in used]) or ends
        self._say(f"The fiscal year is taken to end with month {ends} (year_ends).")
        return ends

    def _ends_by_order(self, heads: Sequence[str]) -> int | None:
        """The end by which months of named fiscal years stand in their order; ``None`` where December does."""
        labelled = [head for head in heads if _FISCAL_LABEL.search(head)]
        if len(labelled) < 2 or self._in_order(labelled, 12):
            return None
        first = read_month(_month_words(labelled[0]))
        before = first.first.plus(-1).month if first is not None else 12
        return next((ends for ends in (before, *range(1, 12)) if self._in_order(labelled, ends)), None)

    def _in_order(self, heads: Sequence[str], ends: int) -> bool:
        fiscal = FiscalYears(ends)
        spans = [read_span(_month_words(head), fiscal=fiscal) for head in heads]
        months = [one.first for one in spans if isinstance(one, Span) and one.is_month]
        return months == sorted(months)

    def _day_first(self) -> bool | None:
        days = [text_of(value) for one in self._columns if _MONTH.search(one.head) for value in one.values]
        found = [match for day in days if (match := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}.*", day))]
        if not found:
            return None
        first, second = any(int(one[1]) > 12 for one in found), any(int(one[2]) > 12 for one in found)
        if first == second:
            self._say("Days such as 03/04/2026 are taken with the day first (day_first).")
        return not (second and not first)

    def _version(self, head: str) -> LedgerVersion:
        for version, pattern in _VERSIONS:
            if re.search(pattern, head, re.IGNORECASE):
                if version is LedgerVersion.ACTUAL and re.search(_VERSIONS[1][1], head, re.IGNORECASE):
                    self._say(f'"{head}" names two versions: it is taken as forecast.')
                    return LedgerVersion.FORECAST
                return version
        self._say(f'"{head}" names no version: it is taken as actual.')
        return LedgerVersion.ACTUAL

    def _kind(self, head: str) -> EffectKind:
        for kind, pattern in _KINDS:
            if re.search(pattern, head, re.IGNORECASE):
                return kind
        above = {kind for text in self._above() for kind, pattern in _KINDS if re.search(pattern, text, re.IGNORECASE)}
        if len(above) == 1:
            named = above.pop()
            self._say(f'"{head}" does not say what it is: a line above the heads does, {named.value} (kind).')
            return named
        self._say(f'"{head}" does not say what it is: it is taken as one-off cost.')
        return EffectKind.ONE_OFF_COST

    def _months_rule(self, pattern: str) -> AmountColumn:
        version, kind = self._columns_of_words()
        unit = unit_of(pattern) or None
        return AmountColumn(
            months=pattern, version=version or self._version(pattern), kind=kind or self._kind(pattern),
            unit=unit if unit != "one" else None,
        )  # fmt: skip

    def _columns_of_words(self) -> tuple[FromColumn | None, FromColumn | None]:
        """Columns that hold the version and the kind as words."""
        found: list[FromColumn | None] = [None, None]
        for one in self._columns:
            texts = {text_of(value) for value in one.values}
            for position, words in enumerate((VERSION_WORDS, KIND_WORDS)):
                plain = {text: _as_word(text) for text in texts}
                if texts and len(texts) <= len(words) and words.keys() >= set(plain.values()):
                    meant = {text: words[name] for text, name in sorted(plain.items()) if words[name] != name}
                    found[position] = FromColumn(column=one.head, values=meant)
        return found[0], found[1]

    def _amount_rule(self, column: _Column, amounts: Sequence[_Column], subject: Subject) -> AmountColumn:
        version, kind = self._columns_of_words()
        own = unit_of(column.head)
        units = {unit_of(one.head) for one in amounts} - {""}
        return AmountColumn(
            column=column.head, version=version or self._version(column.head), kind=kind or self._kind(column.head),
            month=self._month(column, amounts, subject), unit=own if len(units) > 1 and own else None,
        )  # fmt: skip

    def _month(self, column: _Column, amounts: Sequence[_Column], subject: Subject) -> str | FromColumn:
        period, year_column = self._period_columns()
        if period is not None and year_column is not None:
            self._say(f'The month of "{column.head}" is taken from "{period.head}" and "{year_column.head}".')
            return FromColumn(column=period.head)
        if year := _YEARS.search(column.head):
            return re.sub(r"\s", "", year[0])
        dates = [
            one for one in self._columns
            if one.values and one.months >= len(one.values) * 0.6 and one.head != subject.column
            and (one.is_of_months or not any(other.is_of_months for other in self._columns))
            and (_MONTH.search(one.head) or isinstance(one.values[0], date))
        ]  # fmt: skip
        if dates:
            words = set(re.findall(r"\w+", folded(column.head)))

            def rank(one: _Column) -> tuple[float, ...]:
                own = set(re.findall(r"\w+", folded(one.head)))
                posting = bool(re.search(r"month|monat|period|year|posting|buchung", one.head, re.I))
                end = bool(re.search(r"end|complet|finish|due", one.head, re.I))
                return (
                    len(words & own) + 2 * posting + end - 2 * bool(re.search("updat|creat", one.head, re.I)),
                    -one.index,
                )

            ranked = sorted(dates, key=rank, reverse=True)
            heads = [one.head for one in ranked if not re.search("updat|creat", one.head, re.I)][:3]
            if heads:
                first_is_full = len(ranked[0].values) >= len(column.values)
                chosen = heads[:1] if first_is_full else heads
                self._say(f'The month of "{column.head}" is taken from "{chosen[0]}".')
                return FromColumn(column=chosen[0] if len(chosen) == 1 else chosen)
        years = [match[0] for one in amounts if (match := _YEARS.search(one.head))]
        if years:
            self._say(f'"{column.head}" names no month: it is put into {re.sub(" ", "", years[0])}.')
            return re.sub(r"\s", "", years[0])
        if match := re.search(r"(?:19|20)\d{2}", self._sheet.file):
            self._say(f'"{column.head}" names no month: the year {match[0]} is taken from the name of the file.')
            return match[0]
        above = {str(span.first) for text in self._above() if (span := _month_in(text)) is not None}
        if len(above) == 1:
            month = above.pop()
            self._say(f'"{column.head}" names no month: {month} is taken from a line above the heads.')
            return month
        self._say(f'"{column.head}" names no month: write it.')
        return "2026-01"


def _month_words(head: str) -> str:
    """The part of a head that is its month."""
    words = head.split(" ")
    parts = (" ".join(words[first:last]) for first in range(len(words)) for last in range(len(words), first, -1))
    return next((part for part in parts if read_month(part) is not None), head)


def _month_in(text: str) -> Span | None:
    """The month that words name, alone or behind others: Period: October 2026."""
    words = text.split(" ")
    found = [
        span
        for first in range(len(words))
        for last in range(first + 1, min(len(words), first + 3) + 1)
        if (span := read_month(" ".join(words[first:last]).strip(":,;()"))) is not None and span.is_month
    ]
    return found[0] if len({one.first for one in found}) == 1 else None


def _named_version(head: str) -> LedgerVersion | None:
    return next((version for version, pattern in _VERSIONS if re.search(pattern, head, re.IGNORECASE)), None)


def _quoted(heads: Sequence[str]) -> str:
    shown = ", ".join(f'"{one}"' for one in heads[:4])
    return f"{shown} and {len(heads) - 4:,} more" if len(heads) > 4 else shown


def _rank_of_currency(head: str) -> int | None:
    return next((rank for rank, pattern in enumerate(_LOCAL) if re.search(pattern, head, re.IGNORECASE)), None)


def _is_total_row(text: str) -> bool:
    return bool(_TOTAL.fullmatch(text) or _TOTAL_OF.fullmatch(text))


def _as_word(text: str) -> str:
    """As :data:`VERSION_WORDS` and :data:`KIND_WORDS` have it."""
    return folded(text).replace(" ", "_").replace("-", "_")


def unit_of(head: str) -> str:
    """``k``, ``m`` or ``bn`` as a head names it; empty when it names none."""
    return next((unit for unit, pattern in _UNITS if re.search(pattern, head, re.IGNORECASE)), "")
