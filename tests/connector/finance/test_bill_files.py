"""A cloud bill as CSV, gzip, Parquet and as a ZIP of its parts: the same charges, and plain refusals."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pyarrow as pa
import pytest
from pyarrow import parquet

from connector.finance.files.bill import joined_parts, read_bill_file
from connector.finance.files.limits import FileRefused
from connector.finance.given_file import given_file, is_bill_rules, proposed_bill_rules
from mapping.imports.focus import REQUIRED, load_bill_rules, read_bill, stated_version
from mapping.imports.template import TEMPLATE_PROFILE

NOW = datetime(2026, 11, 5, tzinfo=UTC)
RULES = "name: cloud\nrules: [{where: {Tags.app: crm}, measure: ITX-1}, {where: {ServiceName: S3}, service: Archive}]"
CHARGE = dict.fromkeys(REQUIRED["1.0"], "x") | {
    "BillingCurrency": "EUR", "ChargeCategory": "Usage", "ChargeClass": "", "EffectiveCost": "2.50", "BilledCost": "3",
    "ChargePeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodStart": "2026-09-01T00:00:00Z", "SubAccountName": "Orion",
    "Tags": "",
}  # fmt: skip
ROWS = [
    CHARGE | {"ServiceName": "EC2", "Tags": '{"app": "CRM"}'},
    CHARGE | {"ServiceName": "S3", "ChargeCategory": "Credit", "EffectiveCost": "-1.25"},
    CHARGE | {"ServiceName": "SQS", "ChargeCategory": "Tax", "EffectiveCost": "0.75"},
]
READ = ["ITX-1  2.50", "Archive  -1.25", "SQS / Orion unallocated 0.75"]


def as_csv(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    """With the types that providers write: decimals, moments, a map of tags."""
    columns: dict[str, pa.Array] = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    for name in ("EffectiveCost", "BilledCost"):
        columns[name] = pa.array([Decimal(row[name]) for row in rows], pa.decimal128(30, 12))
    for name in ("ChargePeriodStart", "BillingPeriodStart"):
        moments = [datetime.fromisoformat(row[name]) for row in rows]
        columns[name] = pa.array(moments, pa.timestamp("us", "UTC"))
    tags = [[("app", "CRM")] if row["Tags"] else None for row in rows]
    columns["Tags"] = pa.array(tags, pa.map_(pa.string(), pa.string()))
    out = BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def read(content: bytes) -> list[str]:
    found = read_bill(*read_bill_file(content), load_bill_rules(RULES))
    assert list(found.lines.problems) == []
    return [f"{one.subject} {one.gap} {one.posting.money.amount:.2f}" for one in found.lines.lines]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_csv(ROWS), id="csv"),
        pytest.param(as_csv(ROWS, ";"), id="semicolons"),
        pytest.param(gzip.compress(as_csv(ROWS)), id="gzip"),
        pytest.param(as_parquet(ROWS), id="parquet"),
        pytest.param(gzip.compress(as_parquet(ROWS)), id="parquet in gzip"),
        pytest.param(
            joined_parts([("b", gzip.compress(as_csv(ROWS[2:]))), ("a", as_csv(ROWS[:2]))]), id="parts of one bill"
        ),
    ],
)
def test_the_same_charges_are_read_however_they_are_packed(content: bytes) -> None:
    assert read(content) == READ


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(gzip.compress(as_csv(ROWS))[:-20], "damaged or was not sent whole", id="half a gzip"),
        pytest.param(as_parquet(ROWS)[:-30], "no Parquet, or was not sent whole", id="half a Parquet"),
        pytest.param(joined_parts([("a", as_csv(ROWS)), ("b", b"x,y\n1,2\n")]), "different columns", id="no parts"),
        pytest.param(b"PK\x03\x04 nothing", "damaged or was not sent whole", id="half a ZIP"),
        pytest.param(b"", "The file is empty", id="empty"),
    ],
)
def test_a_bill_that_cannot_be_read_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        read(content)


def test_the_parts_of_a_bill_are_one_file_in_whatever_order_they_come() -> None:
    assert joined_parts([("a", b"1"), ("b", b"2")]) == joined_parts([("b", b"2"), ("a", b"1")])


def test_a_bill_is_told_from_a_table_and_gets_rules_to_begin_with() -> None:
    assert proposed_bill_rules("AWS Sept.csv", as_csv(ROWS)) == 'name: aws-sept\nfocus: "1.0"\nrules: []\n'
    assert proposed_bill_rules("October.csv", b"Order;Month;Amount\n1;2026-10;5\n") is None
    assert is_bill_rules(RULES)
    assert not is_bill_rules(TEMPLATE_PROFILE)
    given = given_file("aws.parquet", as_parquet(ROWS), RULES, by="j.weber", at=NOW)
    assert given.bill == {
        "charges": 3, "effective": {"EUR": "2.000000000000"}, "invoiced": [["2026-09", "EUR", "9.000000000000"]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ((), "1.0"),
        (("SkuMeter",), "1.1"),
        (("InvoiceId", "SkuMeter"), "1.2"),
        (("HostProviderName", "InvoiceId"), "1.3"),
    ],
)
def test_the_version_of_a_bill_is_seen_by_its_columns(more: tuple[str, ...], version: str) -> None:
    assert stated_version((*REQUIRED["1.0"], *more)) == version


def test_the_newest_version_asks_for_what_it_brought_and_takes_a_bill_without_what_it_replaced() -> None:
    charge = dict.fromkeys(REQUIRED["1.3"], "x") | {name: CHARGE[name] for name in CHARGE if name in REQUIRED["1.3"]}
    found = read_bill(charge, [charge], load_bill_rules('name: a\nfocus: "1.3"'))
    assert list(found.lines.problems) == []
    assert "ProviderName" not in charge
    assert found.lines.notes[0] == (
        "FOCUS 1.3 still asks for the column ProviderName, which it has replaced; the bill does not have it."
    )
