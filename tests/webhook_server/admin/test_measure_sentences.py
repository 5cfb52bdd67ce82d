"""The first line of a measure's page, word for word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.store.measures.measure_details import MeasureSnapshot
from governance.measure_state import OffRamp, OffRampKind
from governance.money import Money
from webhook_server.admin.measure_sentences import summary_lines
from webhook_server.formats import Formats, parse_locale, parse_zone

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FORMATS = Formats(parse_locale("en-GB"), parse_zone("UTC"), NOW)
SPONSOR, OWNER = "sponsor Martin Brandt", "owner Aylin Kaya"


@dataclass
class Given:
    gate: str = "waiting"
    people: tuple[str, ...] = ()
    conditions: int = 0
    next_stage: str | None = "decided"
    off_ramp: OffRampKind | None = None
    plan: bool = True
    actual: bool = False
    due: date | None = None


def snapshot(given: Given) -> MeasureSnapshot:
    amount = Money(Decimal(1_200_000), "EUR")
    figures = SimpleNamespace(plan=amount if given.plan else None, actual=amount if given.actual else None)
    verdict = SimpleNamespace(
        figures=figures,
        next_stage=given.next_stage,
        next_stage_label="Decided",
        stage_label="Closed",
        allowed_stages=(),
        gate_due=given.due,
    )
    off_ramp = OffRamp(given.off_ramp, "Martin Brandt", NOW, "the vendor left.") if given.off_ramp else None
    state = SimpleNamespace(off_ramp=off_ramp)
    row = {"gate": given.gate, "tool_stage": "Done"}
    return cast(MeasureSnapshot, cast(Any, SimpleNamespace(row=row, verdict=verdict, state=state)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            Given(people=(SPONSOR,), conditions=1),
            "The gate into Decided is shut: 1 condition is open. Sponsor Martin Brandt has to act. 1.2M EUR of planned net "
            "benefit depends on it.", id="one condition",
        ),
        pytest.param(
            Given("blocked", (SPONSOR, OWNER), 3, plan=False),
            "The gate into Decided is shut: 3 conditions are open. Sponsor Martin Brandt and owner Aylin Kaya have to act.",
            id="several, without a plan",
        ),
        pytest.param(
            Given("breach", (OWNER,), 2, plan=False),
            "It was moved to Done while the gate into Decided is shut: 2 conditions are open. Owner Aylin Kaya has to act.",
            id="a breach",
        ),
        pytest.param(Given("blocked", plan=False), "The gate into Decided is shut.", id="no condition"),
        pytest.param(
            Given("not_due", (OWNER,), 2, plan=False, due=date(2027, 2, 1)),
            "The gate into Decided is not due before 1 Feb 2027: 2 conditions are open until then.", id="not due",
        ),
        pytest.param(
            Given("not_due", (OWNER,), 1, plan=False),
            "The gate into Decided is shut: 1 condition is open. Owner Aylin Kaya has to act.",
            id="not due, and nobody knows when it is",
        ),
        pytest.param(
            Given("open", plan=True), "It may be moved into Closed now. 1.2M EUR of planned net benefit depends on it.",
            id="open",
        ),
        pytest.param(
            Given("open", next_stage=None, actual=True),
            "Every gate is granted: it is Closed. 1.2M EUR net have been realised.", id="done",
        ),
        pytest.param(
            Given(off_ramp=OffRampKind.ON_HOLD, plan=False),
            "On hold since 29 Nov 2026 by Martin Brandt: the vendor left.", id="on hold",
        ),
        pytest.param(
            Given(off_ramp=OffRampKind.CANCELLED, plan=False),
            "Cancelled on 29 Nov 2026 by Martin Brandt: the vendor left.", id="cancelled",
        ),
        pytest.param(
            Given(off_ramp=OffRampKind.KILLED, plan=False),
            "On hold by the kill switch since 29 Nov 2026: the vendor left.", id="killed",
        ),
    ],
)  # fmt: skip
def test_the_first_line_says_what_is_so_who_acts_and_what_depends_on_it(given: Given, said: str) -> None:
    assert " ".join(summary_lines(snapshot(given), given.people, given.conditions, None, FORMATS)) == said
