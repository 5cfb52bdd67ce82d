"""The places at which value waits, as a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from connector.timestamp import timestamp_text
from governance.value_waits import PlaceTotal

COLUMNS = ("kind", "place", "benefit_per_day", "waits_only_there", "currency", "measures", "since")


def places_csv(places: Iterable[PlaceTotal], currency: str) -> str:
    """Amounts with two decimals; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in places:
        rows.writerow(
            (
                one.kind.value, _plain(one.place), f"{one.a_day:.2f}", f"{one.freed:.2f}", currency, one.measures,
                timestamp_text(one.since),
            )
        )  # fmt: skip
    return out.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
