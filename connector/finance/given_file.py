"""A file and how it is read, for the command line, the page and the API: a table by a profile, or a bill by rules."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from itertools import islice

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connector.finance.files.bill import read_bill_file
from connector.finance.files.limits import FileRefused
from connector.finance.money_import import GivenFile
from connector.people.permissions import Viewer
from mapping.imports.focus import Bill, BillRules, is_bill, load_bill_rules, read_bill, stated_version
from mapping.imports.profile import Profile, load_profile


def is_bill_rules(source: str) -> bool:
    """Whether a text is the rule table of a bill and not a profile, which says what its subject is."""
    try:
        data = YAML(typ="safe", pure=True).load(source)
    except (YAMLError, RecursionError):
        return False
    return isinstance(data, dict) and "subject" not in data and "amounts" not in data and "name" in data


def given_file(
    name: str,
    content: bytes,
    source: str,
    *,
    by: str,
    at: datetime,
    as_of: date | None = None,
    viewer: Viewer | None = None,
    run_by: str = "",
) -> GivenFile:
    """``source`` is a profile, or the rules of a bill, in YAML.  Raises FileRefused and ProfileProblem."""
    day = as_of or at.date()
    if not is_bill_rules(source):
        return GivenFile(name, content, load_profile(source), source, by, at, day, viewer, run_by)
    rules = load_bill_rules(source)
    bill = read_bill(*read_bill_file(content), rules)
    return GivenFile(
        name, content, _profile_of(rules, source), source, by, at, day, viewer, run_by, bill.lines, bill_report(bill)
    )  # fmt: skip


def stream_of(source: str) -> str:
    """The name under which a profile or the rules of a bill import; empty where they cannot be read."""
    try:
        data = YAML(typ="safe", pure=True).load(source)
    except (YAMLError, RecursionError):
        return ""
    return str(data.get("name") or "")[:100] if isinstance(data, dict) else ""


def proposed_bill_rules(name: str, content: bytes) -> str | None:
    """Rules that allocate nothing, for a file that is a bill; ``None`` for any other file."""
    if not content.startswith((b"PAR1", b"\x1f\x8b")) and b"EffectiveCost" not in content[:20_000]:
        return None
    try:
        columns, rows = read_bill_file(content)
        if not is_bill(columns):
            return None
        next(iter(islice(rows, 1)), None)
    except FileRefused:
        return None
    stem = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name.lower().split(".")[0])
    return f'name: {stem.strip("-")[:60] or "bill"}\nfocus: "{stated_version(columns)}"\nrules: []\n'


def bill_report(bill: Bill) -> dict[str, object]:
    """What is shown of a bill: Σ of its charges, and what was invoiced for each month."""
    return {
        "charges": bill.charges,
        "effective": {currency: f"{amount:f}" for currency, amount in sorted(bill.effective.items())},
        "invoiced": [
            [str(month), currency, f"{amount:f}"] for (month, currency), amount in sorted(bill.invoiced.items())
        ],
    }


def _profile_of(rules: BillRules, source: str) -> Profile:
    """What an import asks of a profile: its name, and a digest that changes with every rule."""
    return Profile.model_validate(
        {
            "name": rules.name, "negative": "credit", "currency": "XXX", "subject": {"column": "rule", "by": "key"},
            "amounts": [{"column": "EffectiveCost", "version": "actual", "kind": rules.kind, "month": "2000-01"}],
            "record": sha256(source.encode()).hexdigest(),
        }
    )  # fmt: skip
