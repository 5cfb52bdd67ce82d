"""Bills of the cloud: what counts in which month, where charges go, and what a version requires."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.imports.focus import REQUIRED, BillRules, load_bill_rules, read_bill
from mapping.imports.profile import ProfileProblem
from tests.connector.finance.test_public_files import FOLDER

RULES = """\
name: cloud
rules:
  - where: {Tags.application: "crm*"}
    measure: ITX-1
  - where: {ProviderName: Oracle}
    service: Databases
"""
CHARGE = dict.fromkeys(REQUIRED["1.0"], "x") | {
    "BillingCurrency": "USD", "ChargeCategory": "Usage", "ChargeClass": "NULL", "EffectiveCost": "1.5", "BilledCost": "2",
    "ChargePeriodStart": "2024-09-18 22:00:00", "BillingPeriodStart": "2024-09-01T00:00:00Z", "ServiceName": "EC2",
    "SubAccountName": "Orion", "Tags": "NULL",
}  # fmt: skip


def read(*changes: Mapping[str, object], focus: str = "1.0") -> tuple[list[str], list[str]]:
    rules = load_bill_rules(f'focus: "{focus}"\n{RULES}')
    rows = [CHARGE | dict(change) for change in changes]
    found = read_bill(CHARGE, rows, rules)
    lines = [
        f"{one.subject}{f' ({one.gap})' if one.gap else ''} {one.posting.month} {one.posting.money.amount} {one.cell}"
        for one in found.lines.lines
    ]
    return lines, [*map(str, found.lines.problems), *found.lines.notes]


def test_charges_go_where_the_first_rule_says_and_the_rest_is_unallocated() -> None:
    lines, notes = read(
        {"Tags": '{"application": "CRM-web"}'}, {"Tags": {"application": "crm"}}, {"ProviderName": "Oracle"}, {}
    )
    assert lines == [
        "ITX-1 2024-09 3.0 row 2 and 1 more", "Databases 2024-09 1.5 row 4", "EC2 / Orion (unallocated) 2024-09 1.5 row 5",
    ]  # fmt: skip
    assert notes == [
        "8 USD was invoiced for Sep 2024 (BilledCost); it says nothing of when it was paid, and is not posted."
    ]


def test_a_purchase_is_spread_a_credit_counts_down_and_a_correction_counts_when_it_is_invoiced() -> None:
    lines, _ = read(
        {"ChargeCategory": "Purchase", "BilledCost": "1200", "EffectiveCost": "0"},
        {"ChargeCategory": "Credit", "EffectiveCost": "-3"},
        {"ChargeCategory": "Tax", "EffectiveCost": "0.25"},
        {"ChargeClass": "Correction", "ChargePeriodStart": "2024-07-01", "EffectiveCost": "-1"},
    )
    assert lines == ["EC2 / Orion (unallocated) 2024-09 -3.75 row 3 and 2 more"]


def test_each_provider_writes_tags_moments_and_nothing_in_its_own_way() -> None:
    aws = {"ChargePeriodStart": "2026-10-31T23:00:00.000Z", "BillingPeriodStart": "2026-10-01T00:00:00.000Z"}
    azure = {"ChargePeriodStart": "2026-10-31T00:00Z", "BillingPeriodStart": "2026-10-01T00:00Z"}
    google = {"ChargePeriodStart": "2026-10-31 23:00:00 UTC", "BillingPeriodStart": "2026-10-01 00:00:00 UTC"}
    lines, notes = read(
        aws | {"Tags": '{"application":"crm","owner":null}'},
        azure | {"Tags": '{"application": null}', "SubAccountName": "null"},
        google | {"Tags": '[{"key": "application", "value": "crm-db"}, {"key": "env", "value": null}]'},
        google | {"Tags": [{"key": "application", "value": "crm-db"}], "EffectiveCost": "-0.25", "BilledCost": "-0.25"},
        azure
        | {
            "Tags": "[]",
            "ChargeCategory": "Usage",
            "ChargeClass": "null",
            "EffectiveCost": "-1E-05",
            "BilledCost": "0",
        },
    )
    assert lines == [
        "ITX-1 2026-10 2.75 row 2 and 2 more", "EC2 (unallocated) 2026-10 1.5 row 3",
        "EC2 / Orion (unallocated) 2026-10 -0.00001 row 6",
    ]  # fmt: skip
    assert notes == [
        "5.75 USD was invoiced for Oct 2026 (BilledCost); it says nothing of when it was paid, and is not posted."
    ]


def test_what_a_version_requires_and_what_is_no_charge() -> None:
    assert read({}, focus="1.3")[1] == [
        "FOCUS 1.3 requires the columns HostProviderName, ServiceProviderName. Export the bill as FOCUS, or correct focus "
        "in the rules."
    ]
    wrong: tuple[dict[str, object], ...] = (
        {"EffectiveCost": "NULL"},
        {"BillingCurrency": "$"},
        {"ChargeCategory": "Gift"},
        {"ChargePeriodStart": ""},
    )
    assert read(*wrong)[1] == [
        'row 2: EffectiveCost is "", which is no amount.',
        'row 3: BillingCurrency is "$", which is no currency.',
        'row 4: ChargeCategory is "Gift", which FOCUS does not know.',
        "row 5: ChargePeriodStart or BillingPeriodStart is no moment.",
    ]
    with pytest.raises(ProfileProblem, match="name either a measure or a service"):
        load_bill_rules("name: a\nrules: [{where: {ServiceName: EC2}}]")


@pytest.mark.skipif(FOLDER is None, reason="the public files are not beside this checkout")
def test_the_sample_of_the_specification_adds_up() -> None:
    file = Path(str(FOLDER)) / "focus-1.0-sample.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = read_bill(rows[0], rows, BillRules(name="sample"))
    assert list(found.lines.problems) == []
    wanted = sum((Decimal(row["EffectiveCost"]) for row in rows), Decimal(0))
    assert (
        sum((line.posting.money.amount for line in found.lines.lines), Decimal(0)) == wanted == found.effective["USD"]
    )
    assert sum(found.invoiced.values()) == sum((Decimal(row["BilledCost"]) for row in rows), Decimal(0))
