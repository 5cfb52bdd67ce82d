"""Operations of the demo's year beside the stored queues, and a scenario beside the candidates that it is made of."""

from __future__ import annotations

import re
from decimal import Decimal

from tests.cli.year.facts import StoredYear
from tests.cli.year.reading import Page, Read, amount
from tests.webhook_server.visitor import FormBrowser

ZERO = Decimal(0)


def check_operations(stored: StoredYear, page: Page) -> None:
    """What was received and written in the last hour, and how many workers and dead letters there are."""
    (counts,) = stored.query("""
        SELECT (SELECT count(*) FROM inbox WHERE received_at > now() - interval '1 hour') AS events,
               (SELECT count(*) FROM outbox WHERE state = 'done' AND settled_at > now() - interval '1 hour') AS writes,
               (SELECT count(*) FROM outbox WHERE state = 'dead_letter') AS dead
    """)
    line = Read(page("/operations")).first_line
    assert counts.dead == 0
    assert f"Received in the last hour: {counts.events:,} events; written to the tools: {counts.writes:,}." in line
    assert line.startswith("1 problem needs attention: no worker is running."), (
        f"the year's own worker has ended, and nothing else is wrong: {line}"
    )


def check_scenario(visitor: FormBrowser, page: Page) -> None:
    """What is saved frees and gives up what its candidates do together."""
    html = page("/tradeoffs?goal=margin")
    ticked = dict.fromkeys(re.findall(r'name="choice" value="([^"]+)"', html))
    one_of_each = {choice.partition("|")[0]: choice for choice in reversed(ticked)}
    if not one_of_each:
        return
    form = {
        "goal": "margin",
        "months": "3",
        "need": "0",
        "name": "Two of the year",
        "choice": list(one_of_each.values()),
    }
    saved = visitor.post("/tradeoffs/scenarios", form, page="/tradeoffs")
    assert saved.status_code == 303, saved.text
    read = Read(page(saved.headers["Location"]))
    parts = read.table("The measures of the scenario")
    assert len(parts) == len(one_of_each)
    freed, given_up = (sum((amount(cells[index]) for cells in parts), ZERO) for index in (2, 3))
    rows = {cells[0]: cells for cells in read.table("The scenario as it was saved, and with the figures of now")}
    assert [amount(cell) for cell in rows["Freed"][1:]] == [freed, freed]
    assert [amount(cell) for cell in rows["Given up over all months"][1:]] == [given_up, given_up]
    costs = (
        f"and gives up {given_up:,.2f} EUR."
        if given_up >= 0
        else f"and {-given_up:,.2f} EUR more comes over all months."
    )
    assert read.first_line.startswith(f"It frees {freed:,.2f} EUR")
    assert read.first_line.endswith(costs)
