"""Words of heads and cells by which a proposed profile knows what a column holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from governance.effects import EffectKind
from governance.ledger import LedgerVersion
from mapping.imports.cells import folded

MONEY = re.compile(
    r"budget|baseline|forecast|plan\b|planned|actual|\bist\b|soll|cost|kosten|amount|betrag|spend|saving|benefit|nutzen|"
    r"einspar|value\b|wert\b|capex|opex|invest|expens|expendit|aufwand|montant|coût|importe|import[oe]\b|cost[oei]\b|coste|custo|"
    r"valor\b|or[çc]ad|or[çc]amento|presupuesto|pr[eé]vu|r[ée]alis|realizado|realizad|despesa|gasto|spes[ae]\b|uitgaven|kwota|belopp|"
    r"beløb|bedrag|^debits?\b|^credits?\b|^haben\b|\bval\b|rep\.?\s?cur|\bco.?wert|\blc\b|\beur\b|\busd\b|\bgbp\b|\bchf\b|[€£$]",
    re.IGNORECASE,
)
NOT_MONEY = re.compile(
    r"date|datum|days|rating|narrative|comment|description|status|schedule|year$|number|\bid\b|code|element|"
    r"elem\b|elem\.|kostenart|kostenst|kostentr|cost.?(?:cent|object|type|categ|class|pool)|cent(?:er|re)\b|"
    r"centr[eo] d[ei]|centro de|"
    r"account\b|konto\b|rate\b|\bprice\b|preis\b|\bkurs|name|title",
    re.IGNORECASE,
)
NO_SUM = re.compile(
    r"varian|\bvar\b\.?|abweich|\babw\b\.?|[ée]cart|\bdelta\b|\bdiff|%|percent|prozent|quantit|\bqty\b|menge|\bhours\b|"
    r"\bhrs\b|stunden|\bfte\b|headcount|\bdays\b|\bunits?\b|stück|anzahl|\bpy\b|\bly\b|(?:prior|previous|last).year|"
    r"vorjahr|\bvj\b|ann[ée]e pr[ée]c|a[ñn]o anterior",
    re.IGNORECASE,
)
"""Of a head whose numbers are differences of others, shares, quantities, or those of the year before."""
DEBIT = re.compile(r"^(?:debits?|soll|dr)\b", re.IGNORECASE)
CREDIT = re.compile(r"^(?:credits?|haben|cr)\b", re.IGNORECASE)
SINCE_BEGIN = re.compile(
    r"\bytd\b|year.to.date|cumul|kumul|aufgelaufen|acumulad|since (the )?(begin|start)|\blfd\b", re.IGNORECASE
)
"""Of a head whose amounts count from the begin of the fiscal year on."""
CURRENCY_RANKS = (
    r"local|\blc\b|hausw|company.?code|\bco.?code|landesw", r"obj|co.?area|\bkw|group|konzern|report|\brc\b|rep\.",
    r"\btran|document|\bdoc\b|beleg|\btc\b|foreign|fremd",
)  # fmt: skip
"""In which currency an amount is stated that stands in several: that of the books first, that of the document last."""
CODE_WITH_ZEROS = re.compile(r"'?0\d{3,}")
"""Of an account, an order or a cost centre."""
COST_CENTRE = re.compile(
    r"cost.?cent(?:er|re)|kostenst|\bkst\b|centre de co[uû]t|centro de (?:costo|custo|coste)", re.I
)
GL_ACCOUNT = re.compile(r"cost.?elem|kostenart|g/?l.?(?:account|acct)|sachkonto|\bkonto\b|^account$", re.I)
VERSIONS = (
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
    "cost_reduction": "benefit", "cost_reductions": "benefit", "cost_saving": "benefit", "cost_savings": "benefit",
    "hard_saving": "benefit", "hard_savings": "benefit", "revenue": "benefit", "revenue_uplift": "benefit",
    "revenue_increase": "benefit", "ertrag": "benefit", "one_off": "one_off_cost", "one_time": "one_off_cost",
    "implementation": "one_off_cost", "laufende_kosten": "recurring_cost", "investment": "capex",
    "investition": "capex",
}  # fmt: skip
"""What an amount is called in cells, as words joined by ``_``."""
CURRENCY_CODES = (
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
WHOLE_LIFE = re.compile(r"whole.?life|wlc|life.?cycle", re.IGNORECASE)
KINDS = (
    (
        EffectKind.BENEFIT,
        r"benefit|saving|nutzen|einspar|ertrag|revenue|[ée]conomie|\bgains?\b|beneficio|benefício|risparmi|ahorro|economia",
    ),
    (EffectKind.CAPEX, r"capex|capital|investition|\binvest"),
    (EffectKind.RECURRING_COST, r"opex|running|recurring|laufend|betriebskosten"),
)
UNITS = (
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
            r"thousand|[£$€]\s?k\b|\b(?:eur|usd|gbp|chf)[\s_-]?k\b|\bin k\b|\bk[£$€]|\(\s?k\s?\)|\btsd\b|\bteur\b|"
            r"\bt\s?€|'000|\bkeur\b"
        ),
    ),
)
IDENTITY = re.compile(
    r"\bkey\b|\bid\b|_id\b|number|nummer|\bno\.?$|\bnr\.?$|code|wbs|psp|order|auftrag|identifier", re.IGNORECASE
)
TOOL_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,9}-\d{1,9}|(?:PRJ|PRJTASK|DMND|CHG|INC|RITM|TASK)\d{4,12}")
"""Of an issue of Jira, or of a record of ServiceNow."""
DESCRIPTION = re.compile(
    r"\btext\b|descri|bezeichnung|beschreibung|comment|note\b|memo|remark|bemerkung", re.IGNORECASE
)
TITLE = re.compile(
    r"name|title|titel|project|projekt|projet|proyecto|projeto|progetto|measure|ma(ss|ß)nahme|initiative|programme|program\b",
    re.IGNORECASE,
)
TIME = re.compile(
    r"month|monat|period|mois|\bmês|\bmes\b|mese\b|maand|\bdate|_date|datum|\bdata\b|fecha|year\b|jahr", re.IGNORECASE
)
CURRENCY = re.compile(r"currency|währ|devise|curr\b|crcy|\bwrg\b|\bwkz\b|moneda|moeda|valuta|waluta", re.IGNORECASE)
YEARS = re.compile(r"(?:19|20)\d{2}\s?[/-]\s?(?:(?:19|20)\d{2}|\d{2})\b|\bFY\s?\d{2,4}\b|\b(?:19|20)\d{2}\b")
SORT = re.compile(r"\btype\b|\bkind\b|categor|\bart\b|kategorie|nature|\bclass\b", re.IGNORECASE)
"""Of a head whose words tell amounts apart."""
FISCAL_YEAR = re.compile(r"(?:FY\s?)?(?:20)?\d{2}(?:\s?[/-]\s?(?:20)?\d{2})?", re.IGNORECASE)
TWO_YEARS = re.compile(r"^(?:FY\s?)?20\d{2}\s?/\s?(?:20)?\d{2}$", re.IGNORECASE)
FISCAL_LABEL = re.compile(r"\b(?:FY|GJ)\s?\d{2}|\b20\d{2}/\d{2}", re.IGNORECASE)
TOTAL = re.compile(
    r"(grand )?totals?\b.*|sub-?totals?\b.*|summen?\b.*|gesamt.*|sum\b.*|zwischensumme.*|ergebnis\b.*|endsumme.*|"
    r"(sous-)?tota(ux|l)\b.*|totales\b.*|suma\b.*|tota(le|li)\b.*|somma\b.*|totaal\b.*|subtotaal\b.*|totalt\b.*|"
    r"razem\b.*|yhteensä\b.*|i alt\b.*|overall\b.*|insgesamt\b.*",
    re.IGNORECASE,
)
TOTAL_OF = re.compile(
    r"(\S.*?)\s+(?:total|subtotal|summe|ergebnis|gesamt)|(?:total|summe|sous-total)\s+(\S.*)", re.IGNORECASE
)
"""What a pivot table writes below the rows of one name."""
WEEK = re.compile(r"\b(kw|cw|week|woche|semaine)\b", re.IGNORECASE)
YEAR_ENDS = {"GBP": 3, "INR": 3, "JPY": 3, "AUD": 6, "NZD": 6}


LETTERS = {
    "a": LedgerVersion.ACTUAL, "b": LedgerVersion.BUDGET, "f": LedgerVersion.FORECAST, "p": LedgerVersion.PLAN,
}  # fmt: skip
"""What stands alone beside a month: Jan-26 A."""


def named_version(head: str) -> LedgerVersion | None:
    if "*" in head and (letter := LETTERS.get(head.replace("*", "").strip().casefold())) is not None:
        return letter
    return next((version for version, pattern in VERSIONS if re.search(pattern, head, re.IGNORECASE)), None)


def rank_of_currency(head: str) -> int | None:
    return next((rank for rank, pattern in enumerate(CURRENCY_RANKS) if re.search(pattern, head, re.IGNORECASE)), None)


def is_total_row(text: str) -> bool:
    return bool(TOTAL.fullmatch(text) or TOTAL_OF.fullmatch(text))


def as_word(text: str) -> str:
    """As :data:`VERSION_WORDS` and :data:`KIND_WORDS` have it."""
    return folded(text).replace(" ", "_").replace("-", "_")


def unit_of(head: str) -> str:
    """``k``, ``m`` or ``bn`` as a head names it; empty when it names none."""
    return next((unit for unit, pattern in UNITS if re.search(pattern, head, re.IGNORECASE)), "")


def quoted(heads: Sequence[str]) -> str:
    shown = ", ".join(f'"{one}"' for one in heads[:4])
    return f"{shown} and {len(heads) - 4:,} more" if len(heads) > 4 else shown
