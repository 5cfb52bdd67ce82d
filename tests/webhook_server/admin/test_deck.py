"""The committee's deck and the comparison of two days: the figures of the page, of the day and of the reader."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pptx import Presentation
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from connector.store.reporting.rollups import Rollups
from governance.effects import EffectLine
from tests.connector.papers.test_deck import all_text, assert_everything_has_room
from tests.connector.store.reporting.portfolio_data import BASIS, NOW, GivenMeasure, line, save
from tests.webhook_server.admin.test_portfolio import LATE, OFFICE, mapped, read, three
from tests.webhook_server.visitor import FormBrowser, WebSite

__all__ = ["mapped", "three"]


def opened(visitor: FormBrowser, query: str = "") -> Any:
    answer = visitor.get(f"/portfolio/deck.pptx{query}")
    assert answer.status_code == 200, answer.text
    return Presentation(io.BytesIO(answer.data))


def remember(site: WebSite, measure: str, lines: tuple[EffectLine, ...]) -> None:
    """What an assessment stores beside the figures: the version with its lines."""
    kept = [
        {"version": one.version, "kind": one.kind, "month": one.month.first_day.isoformat(), "account": one.account,
         "amount": str(one.money.amount), "currency": one.money.currency, "hard": one.hard, "pl_line": one.pl_line}
        for one in lines
    ]  # fmt: skip
    with site.services.engine.begin() as transaction:
        transaction.execute(
            text("INSERT INTO effects_version VALUES (:m, 'then', :at, CAST(:lines AS jsonb))"),
            {"m": measure, "at": NOW, "lines": json.dumps(kept)},
        )
        transaction.execute(
            text("""INSERT INTO verdict_version (measure_id, known_from, record, facts, verdict, findings,
                        measure_state, explanation, effects_digest, mapping_version, policy_version)
                    SELECT id, :at, '{}', facts, verdict, findings, measure_state, '', 'then', 1, policy_version
                    FROM measure WHERE id = :m"""),
            {"m": measure, "at": NOW},
        )


def corrected(site: WebSite) -> None:
    """A day later the booked March of the first measure is corrected, the second is gone, and a third is new."""
    remember(site, "jira-main/1", LATE)
    changed = tuple(
        EffectLine(one.version, one.kind, one.month, line("actual", "benefit", "2026-03", 300_000).money, one.account)
        if one.version == "actual"
        else one
        for one in LATE
    )
    save(
        site.services.engine,
        GivenMeasure(1, gate="blocked", potential="red", codes=("OPEN_WORK",), lines=changed),
        GivenMeasure(2, place=("Operations", "Branches", None, None), off_ramp="cancelled",
                     lines=(line("plan", "benefit", "2026-07", 1000, "USD"),)),
        GivenMeasure(4, lines=(line("plan", "benefit", "2026-07", 5000), line("forecast", "benefit", "2026-07", 6000))),
    )  # fmt: skip
    Rollups(site.services.engine).refresh(BASIS, NOW + timedelta(days=1))


def test_figures_are_those_of_the_page_and_the_day(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    page = read(visitor, "/portfolio")
    deck = opened(visitor)
    said = all_text(deck)
    assert_everything_has_room(deck)
    assert "2,400,935.70" in said
    assert "800,935.70" in said
    assert "ITX-1 Retire the legacy CRM" in said
    assert "jira-main is not known to any day, because it was never read to the end" in said
    assert "Committee deck" in page

    day = f"?on={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    corrected(three)
    now, then = all_text(opened(visitor)), all_text(opened(visitor, day))
    # Booked were 400,000 when the first deck was written; the correction is in the later one alone.
    assert ("\n300,000.00\n" in now, "\n400,000.00\n" in now) == (True, False)
    assert "\n400,000.00\n" in then
    assert "As known on 2026-11-21 10:00 UTC. What was corrected or decided later is not in it." in then
    assert "ITX-4" not in then


def test_two_days_are_compared_to_the_cent(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    corrected(three)
    earlier = f"compare={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    page = read(visitor, f"/portfolio?{earlier}")
    assert "What changed since 2026-11-21 10:00 UTC" in page
    answer = visitor.get(f"/api/v1/portfolio?{earlier}")
    compared = json.loads(answer.text)["comparison"]
    totals = {one["figure"]: one for one in compared["totals"]}
    lifetime = totals["ebitda"]
    parts = {one["kind"]: Decimal(one["amount"]["amount"]) for one in lifetime["changes"]}
    before, after = (Decimal(lifetime[name]["amount"]) for name in ("before", "after"))
    assert before + sum(parts.values()) == after
    assert (before, after) == (Decimal("800935.70"), Decimal("706000.00"))
    assert parts == {
        "new": Decimal(6000), "dropped": Decimal("-935.70"), "value": Decimal(0), "timing": Decimal(0),
        "rate": Decimal(0), "correction": Decimal(-100_000),
    }  # fmt: skip
    said = all_text(opened(visitor, f"?{earlier}"))
    assert "−100,000.00" in said
    assert "Since 2026-11-21 10:00 UTC: EBITDA effect of all years, latest estimate" in said


def test_a_deck_holds_the_readers_part_alone(three: WebSite) -> None:
    part = all_text(opened(three.signed_in("part@acme.example", RoleGrant(Role.VIEWER, ("Operations",)))))
    assert "ITX-1" not in part
    assert "Cloud exit" not in part
    filtered = all_text(opened(three.signed_in("all@acme.example", OFFICE), "?portfolio=IT&potential=red"))
    assert "Part: Portfolio: IT, Potential: red." in filtered


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?compare=tomorrow", 400, "is not a day: write it as 2026-06-30"),
        ("?compare=2020-01-01", 404, "No figures were known then"),
    ],
)
def test_days_that_cannot_be_compared_are_refused(three: WebSite, query: str, status: int, said: str) -> None:
    answer = three.signed_in("office@acme.example", OFFICE).get(f"/portfolio/deck.pptx{query}")
    assert (answer.status_code, said in answer.text) == (status, True)


def test_before_the_first_figures_there_is_no_deck(mapped: WebSite) -> None:
    answer = mapped.signed_in("office@acme.example", OFFICE).get("/portfolio/deck.pptx")
    assert answer.status_code == 404
    assert "No figures have been calculated yet." in answer.text
