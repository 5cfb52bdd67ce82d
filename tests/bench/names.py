"""Names for a generated portfolio: as long and as similar as a bank's."""

from __future__ import annotations

PORTFOLIOS = ("Group IT", "Operations and Payments", "Retail and Corporate Banking")
ENTITIES = (
    "Nordbank AG", "Nordbank Österreich AG", "Nordbank Suisse SA", "Nordbank Payments GmbH", "Nordbank Leasing GmbH",
    "Nordbank Asset Management Luxembourg S.à r.l.", "Nordbank Service Sp. z o.o.", "Nordbank Ireland plc",
)  # fmt: skip
UNITS = (
    "Core Banking", "Payments", "Cards", "Securities Services", "Risk and Regulatory Reporting", "Human Resources",
    "Procurement", "Data and Analytics", "Workplace", "Infrastructure", "Branches", "Contact Centre",
)  # fmt: skip
_PROGRAMS = (
    "Cloud exit", "Core banking renewal", "Payments consolidation", "Paperless back office", "Branch network",
    "Licence reduction", "Data platform", "Regulatory reporting renewal", "Procurement excellence", "Workplace",
)  # fmt: skip
_WAVES = ("North", "South", "International", "Shared services")
_OBJECTS = (
    "CRM", "ledger", "card processor", "archive", "collateral system", "call routing", "mainframe partition",
    "document output", "securities settlement engine", "reference data hub", "test environment", "file transfer",
)  # fmt: skip
_VERBS = (
    "Retire the legacy",
    "Consolidate the",
    "Renegotiate the contract of the",
    "Automate the",
    "Move to the cloud:",
)
_FIRST = (
    "Ada",
    "Björn",
    "Chiara",
    "Dmitri",
    "Elif",
    "Frédéric",
    "Greta",
    "Hakan",
    "Ingrid",
    "Jürgen",
    "Katarzyna",
    "Łukasz",
)
_LAST = (
    "Brandt", "Kaya", "Weber", "Schneider-Lindqvist", "O'Connor", "Nowak", "García Martínez", "Dubois", "Yılmaz",
    "van den Berg", "Rossi", "Hofmann", "Järvinen",
)  # fmt: skip


def program(number: int) -> str:
    return f"{_PROGRAMS[number % len(_PROGRAMS)]} {_WAVES[number // len(_PROGRAMS) % len(_WAVES)]}"


def project(number: int) -> str:
    return f"{_OBJECTS[number % len(_OBJECTS)].capitalize()} {number + 1:03}"


def package(number: int) -> str:
    return f"Package {number + 1:04} {_UNIT_SHORT[number % len(_UNIT_SHORT)]}"


_UNIT_SHORT = ("contracts", "licences", "decommissioning", "migration", "staffing", "vendor management and hand-over")


def title(number: int) -> str:
    """Every fiftieth is as long as real titles get."""
    verb, thing = _VERBS[number % len(_VERBS)], _OBJECTS[number % len(_OBJECTS)]
    tail = (
        " including the interfaces to the general ledger, the data warehouse and the tax office in all countries"
        if number % 50 == 0
        else ""
    )
    return f"{verb} {thing} of {UNITS[number % len(UNITS)]}{tail}"


def person(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}{_mark(number)}"


def _mark(number: int) -> str:
    """People of one name get a number, as in a directory."""
    again = number // (len(_FIRST) * len(_LAST))
    return f" ({again + 1})" if again else ""


def service(number: int) -> str:
    """Numbered, as the services of a catalogue are."""
    return f"{_OBJECTS[number % len(_OBJECTS)].capitalize()} for {UNITS[number % len(UNITS)]} {number:04}"


def team(number: int) -> str:
    return f"{UNITS[number % len(UNITS)]} squad {number:03}"


def supplier(number: int) -> str:
    return f"Supplier {number:03}"


OBJECTIVES = 310


def objective_key(number: int) -> str:
    return f"objective-{(number - 1) % OBJECTIVES + 1}"


def objective(number: int) -> str:
    return f"{_VERBS[number % len(_VERBS)]} {_OBJECTS[number % len(_OBJECTS)]}: objective {number}"
