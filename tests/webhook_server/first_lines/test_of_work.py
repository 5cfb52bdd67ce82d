"""The first lines of tasks, traces, the calendar and operations, word for word; and that no page glues its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, nodes

from connector.notify.digest import DigestFrequency
from connector.papers import review_sentences
from webhook_server.first_lines import calendar, operations, trace, work
from webhook_server.formats import Formats, parse_locale, parse_zone

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FORMATS = Formats(parse_locale("en-GB"), parse_zone("UTC"), NOW)
TEMPLATES = Path(__file__).parents[3] / "webhook_server" / "templates"


def read(line: str) -> str:
    return line.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("total", "plan", "person", "said"),
    [
        (0, 0, "", "You have no open tasks."),
        (0, 0, "Kaya", "You have no open tasks at measures of “Kaya”."),
        (1, 0, "", "You have 1 open task, since 29 Nov 2026."),
        (1, 870_000, "", "You have 1 open task, since 29 Nov 2026; 870K EUR of planned benefit depend on it."),
        (4, 0, "", "You have 4 open tasks, the oldest since 29 Nov 2026."),
        (4, 870_000, "", "You have 4 open tasks, the oldest since 29 Nov 2026; 870K EUR of planned benefit depend on them."),
    ],
)  # fmt: skip
def test_my_work(total: int, plan: int, person: str, said: str) -> None:
    found: Any = SimpleNamespace(
        oldest=NOW if total else None, total=total, plan_amount=Decimal(plan), currency="EUR"
    )  # fmt: skip
    assert work.work_line(found, FORMATS, person) == said


@pytest.mark.parametrize(
    ("chosen", "ready", "said"),
    [
        (0, 0, "Choose approvals on My work first."),
        (2, 0, "None of them can be given now."),
        (2, 1, "You agree to 1 plan as it stands below. If a figure changes, that approval must be given again."),
        (2, 2, "You agree to 2 plans as they stand below, the largest first. If a figure changes, that approval must be "
               "given again."),
    ],
)  # fmt: skip
def test_what_is_approved_together(chosen: int, ready: int, said: str) -> None:
    assert work.together_line(chosen, ready, FORMATS) == said


@pytest.mark.parametrize(
    ("frequency", "said"),
    [
        (None, "You receive no digest; your open tasks are on the page My work."),
        (DigestFrequency.OFF, "You receive no digest; your open tasks are on the page My work."),
        (DigestFrequency.DAILY, "Your open tasks are sent every day at 07:00 (Europe/Berlin), if there are any."),
        (DigestFrequency.WEEKLY, "Your open tasks are sent every Monday at 07:00 (Europe/Berlin), if there are any."),
    ],
)
def test_the_digest(frequency: DigestFrequency | None, said: str) -> None:
    preference: Any = None if frequency is None else SimpleNamespace(frequency=frequency, hour=7)
    assert work.digest_line(preference, "Europe/Berlin") == said


REQUESTS = [
    (0, 0, 0, "No request has an answer yet."),
    (1, 0, 0, "The one answered request was refused; the target is 30% refused."),
    (0, 1, 0, "The one answered request was approved; the target is 30% refused."),
    (0, 4, 0, "None of 4 answered requests was refused; the target is 30%."),
    (1, 3, 0, "1 of 4 answered requests was refused (25%); the target is 30%."),
    (2, 2, 900, "2 of 4 answered requests were refused (50%); the target is 30%. 900.00 EUR of planned one-off cost and "
                "investment is not spent."),
]  # fmt: skip


@pytest.mark.parametrize(("refused", "approved", "kept", "said"), REQUESTS)
def test_refused_demands(refused: int, approved: int, kept: int, said: str) -> None:
    requests = refused + approved
    found: Any = SimpleNamespace(
        refused=refused, requests=requests, kept=Decimal(kept), target=Decimal("0.3"),
        share=Decimal(refused) / requests if requests else None,
    )  # fmt: skip
    assert read(trace.refused_line(found, "EUR", FORMATS)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (trace.traced_line("EBITDA effect", Decimal(5), "EUR", "", FORMATS),
         "“EBITDA effect” is 5.00 EUR over all that you may see."),
        (trace.traced_line("EBITDA effect", Decimal(5), "EUR", "IT / Cloud exit", FORMATS),
         "“EBITDA effect” is 5.00 EUR in IT / Cloud exit."),
        (trace.ticket_line("", (), "EUR", FORMATS),
         "Name a ticket to see which measures depend on it, and what they are worth."),
        (trace.ticket_line("INC7", (), "EUR", FORMATS), "No measure that you may see depends on INC7."),
        (trace.ticket_line("INC7", (Decimal(5),), "EUR", FORMATS),
         "1 measure that you may see depends on INC7, with 5.00 EUR of planned EBITDA effect."),
        (trace.ticket_line("INC7", (Decimal(5), None, Decimal(3)), "EUR", FORMATS),
         "3 measures that you may see depend on INC7, with 8.00 EUR of planned EBITDA effect."),
        (trace.ticket_line("INC7", (None,), "EUR", FORMATS), "1 measure that you may see depends on INC7; it has no plan."),
        (trace.ticket_line("INC7", (None, None), "EUR", FORMATS),
         "2 measures that you may see depend on INC7; none of them has a plan."),
        (calendar.calendar_line(None, FORMATS), "No paper is planned that you would receive or run."),
    ],
)  # fmt: skip
def test_what_is_behind_a_number(line: str, said: str) -> None:
    assert read(line) == said


def test_the_next_paper() -> None:
    dates = SimpleNamespace(period=SimpleNamespace(label="2026-12"), due=NOW)
    following: Any = SimpleNamespace(paper=SimpleNamespace(name="Monthly pack"), dates=dates)
    assert calendar.calendar_line(following, FORMATS) == "Monthly pack for 2026-12 is next: 29 Nov 2026, 09:00."


@pytest.mark.parametrize(
    ("receivers", "counts", "said"),
    [
        ("", {}, ""),
        ("w", {}, "1 receiver gets events. No delivery waits."),
        ("ww", {"waiting": 1}, "2 receivers get events. 1 delivery waits."),
        ("wof", {"waiting": 2, "dead_letter": 1},
         "3 receivers get events. 1 is switched off. 1 does not answer. 2 deliveries wait. There is 1 dead letter."),
        ("ooff", {"dead_letter": 3}, "4 receivers get events. 2 are switched off. 2 do not answer. There are 3 dead letters. "
                                     "No delivery waits."),
    ],
)  # fmt: skip
def test_subscriptions(receivers: str, counts: dict[str, int], said: str) -> None:
    found: Any = [
        SimpleNamespace(disabled_at=NOW if one == "o" else None, failing_since=NOW if one == "f" else None)
        for one in receivers
    ]
    assert operations.subscriptions_line(found, {1: counts}) == said


@pytest.mark.parametrize(
    ("requests", "refused", "reached", "said"),
    [
        (0, 0, False, "No demand was answered in the quarter; the target is 30 % refused."),
        (1, 1, True, "The one answered demand was refused; the target of 30 % is reached."),
        (1, 0, False, "The one answered demand was approved; the target of 30 % refused is missed."),
        (1, 0, True, "The one answered demand was approved; the target of 30 % refused is reached."),
        (5, 1, False, "1 of 5 demands was refused (20 %); the target of 30 % is missed."),
        (3, 1, True, "1 of 3 demands was refused (20 %); the target of 30 % is reached."),
        (5, 2, True, "2 of 5 demands were refused (20 %); the target of 30 % is reached."),
        (9, 2, False, "2 of 9 demands were refused (20 %); the target of 30 % is missed."),
    ],
)
def test_the_refused_demands_of_a_review(requests: int, refused: int, reached: bool, said: str) -> None:
    line = review_sentences.answered_line(requests, refused, reached=reached)
    assert line.format(requests=requests, refused=refused, share="20 %", target="30 %") == said


def test_no_template_glues_the_first_line_of_its_page() -> None:
    """A head is given a whole text, or what a view made of one; within a block each choice is between whole sentences."""
    glued, seen = [], 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        given: list[nodes.Node] = [
            one.args[1] for one in tree.find_all(nodes.Call) if _is_head(one) and len(one.args) > 1
        ]
        given += [one.node for one in tree.find_all(nodes.Assign) if _name(one.target) in FIRST_LINES]
        seen += len(given)
        glued += [
            (path.name, one.lineno) for one in given if isinstance(one, nodes.Concat) or any(one.find_all(nodes.Concat))
        ]
        blocks = [one for one in tree.find_all(nodes.AssignBlock) if _name(one.target) in FIRST_LINES]
        glued += [
            (path.name, part.lineno)
            for block in blocks
            for part in block.find_all(nodes.CondExpr)
            if isinstance(part.expr1, nodes.Const) and isinstance(part.expr1.value, str)
        ]
    assert seen > 40
    assert glued == []


FIRST_LINES = {"summary", "answer", "state", "sentence"}


def _is_head(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Getattr) and call.node.attr == "page_head"


def _name(target: nodes.Expr) -> str:
    return target.name if isinstance(target, nodes.Name) else ""
