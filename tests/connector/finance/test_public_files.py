"""Money files of governments go in by the profile that is proposed, with at most five lines changed by hand.

The totals are counted again by a script that shares no code with the import.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import defaultdict
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from connector.finance.files.read import read_by_profile, read_file
from mapping.imports.lines import read_lines
from mapping.imports.profile import load_profile, profile_yaml
from mapping.imports.propose import Proposal, propose
from tests.conftest import ROOT

FOLDERS = (ROOT.parent / "shared/finance", ROOT.parent.parent / "shared/finance")
FOLDER = next((one for one in FOLDERS if one.is_dir()), None)

IN_COLUMNS, IN_ROWS, INVESTMENTS = "columns", "rows", "investments"
BY_HAND: dict[str, tuple[str, dict[str, str]]] = {
    "uk-major-projects-2014.csv": (IN_COLUMNS, {}),
    "uk-major-projects-2017.csv": (IN_COLUMNS, {}),
    # What the heads do not say: the amounts are in millions.
    "uk-major-projects-2020.csv": (IN_ROWS, {"currency: GBP\n": "currency: GBP\nunit: m\n"}),
    "uk-major-projects-2022.csv": (IN_ROWS, {"currency: GBP\n": "currency: GBP\nunit: m\n"}),
    "us-it-dashboard-part.csv": (INVESTMENTS, {}),
}
"""The lines of the proposed profile that a person changes."""

FIGURES = {
    "uk-major-projects-2014.csv": {
        "budget": "2013/2014 Budget",
        "forecast": "2013/2014 Forecast",
        "plan": "Total budgeted",
    },
    "uk-major-projects-2017.csv": {
        "budget": "2016/17 TOTAL Base",
        "forecast": "2016/17 TOTAL Fore",
        "plan": "Whole Life Cost",
    },
    "uk-major-projects-2020.csv": {"budget": "yearly_budget", "forecast": "yearly_forecast", "plan": "wlc_baseline"},
    "uk-major-projects-2022.csv": {"budget": "total_baseline", "forecast": "forecast_incl", "plan": "wlc_baseline"},
    "us-it-dashboard-part.csv": {
        "plan": "Planned Cost",
        "forecast": "Projected/Actual Cost",
        "budget": "Lifecycle Cost",
    },
}

pytestmark = pytest.mark.skipif(FOLDER is None, reason="the public files are not beside this checkout")


def independent_totals(file: Path) -> dict[str, Decimal]:
    """Σ by version, from the bytes on."""
    text = file.read_bytes().decode("cp1252", "ignore").removeprefix("\ufeff").removeprefix("ï»¿")
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=";" if text[:200].count(";") > 5 else ","))
    if BY_HAND[file.name][0] == IN_COLUMNS:
        rows = [list(column) for column in zip(*rows, strict=True)]
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for version, head in FIGURES[file.name].items():
        column = next(i for i, name in enumerate(rows[0]) if name.startswith(head))
        for row in rows[1:]:
            cell = row[column].strip() if column < len(row) else ""
            if match := re.fullmatch(r"(-?)£?(-?)\s*(\d[\d,]*(?:\.\d+)?)", cell.replace("\xa0", "")):
                number = Decimal(match[3].replace(",", "")) * 1_000_000
                totals[version] += -number if match[1] or match[2] else number
    return dict(totals)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_public_file_goes_in_and_its_totals_are_those_of_an_independent_script(name: str) -> None:
    assert FOLDER is not None
    file = FOLDER / name
    content = file.read_bytes()
    found = propose(read_file(name, content), file.stem)
    assert isinstance(found, Proposal)
    assert found.unsure
    proposed = text = profile_yaml(found.profile)
    for before, after in BY_HAND[name][1].items():
        assert before in text
        text = text.replace(before, after)
    changed = [line for line in difflib.ndiff(proposed.splitlines(), text.splitlines()) if line[:1] in "+-"]
    assert len(changed) <= 5
    profile = load_profile(text)
    read = read_lines(read_by_profile(name, content, profile), profile)
    assert list(map(str, read.problems)) == []
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in read.lines:
        totals[line.posting.version.value] += line.posting.money.amount
    assert {version: total.quantize(Decimal("0.01")) for version, total in totals.items()} == {
        version: total.quantize(Decimal("0.01")) for version, total in independent_totals(file).items()
    }
