"""Comment commands: strict, with a problem that says what would be right."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.command_grammar import USAGE, ParsedCommand, parse_commands
from governance.evidence import Verb
from governance.money import Period
from tests.governance.factory import POLICY, eur

STAGES = "the stages are Identified, Detailed, Decided, Implemented, Closed"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/approve decided", ParsedCommand(Verb.APPROVE, stage="decided")),
        ("/approve Decided", ParsedCommand(Verb.APPROVE, stage="decided")),
        ("Fine by me.\n/approve detailed", ParsedCommand(Verb.APPROVE, stage="detailed")),
        ("/approve rebaseline", ParsedCommand(Verb.APPROVE, stage="rebaseline")),
        (
            "/reject decided the costs are not final",
            ParsedCommand(Verb.REJECT, stage="decided", text="the costs are not final"),
        ),
        ("/reject Decided: too dear", ParsedCommand(Verb.REJECT, stage="decided", text="too dear")),
        ("/confirm 1.2M EUR 2026-10", ParsedCommand(Verb.CONFIRM, amount=eur(1_200_000), month=Period(2026, 10))),
        ("/confirm 1,200,000 EUR 2026-10", ParsedCommand(Verb.CONFIRM, amount=eur(1_200_000), month=Period(2026, 10))),
        ("/confirm 250k EUR 2026-01", ParsedCommand(Verb.CONFIRM, amount=eur(250_000), month=Period(2026, 1))),
        (
            "/confirm 250k EUR 2026-01..2026-03",
            ParsedCommand(Verb.CONFIRM, amount=eur(250_000), first_month=Period(2026, 1), month=Period(2026, 3)),
        ),
        (
            "/confirm 250k EUR 2026-01..2026-01 line=benefit",
            ParsedCommand(Verb.CONFIRM, amount=eur(250_000), month=Period(2026, 1), pl_line="benefit"),
        ),
        (
            "/confirm-lower 1 EUR 2026-01 line=recurring_cost the supplier pays it",
            ParsedCommand(
                Verb.CONFIRM_LOWER,
                amount=eur(1),
                month=Period(2026, 1),
                pl_line="recurring_cost",
                text="the supplier pays it",
            ),
        ),
        ("/confirm -3000.50 EUR 2026-01", ParsedCommand(Verb.CONFIRM, amount=eur("-3000.50"), month=Period(2026, 1))),
        (
            "/confirm-lower 300k EUR 2026-10 the volume never came",
            ParsedCommand(
                Verb.CONFIRM_LOWER, amount=eur(300_000), month=Period(2026, 10), text="the volume never came"
            ),
        ),
        ("/hold waiting for the contract", ParsedCommand(Verb.HOLD, text="waiting for the contract")),
        ("/resume", ParsedCommand(Verb.RESUME)),
        ("/cancel replaced", ParsedCommand(Verb.CANCEL, text="replaced")),
        ("/reason delay: supplier", ParsedCommand(Verb.REASON, text="delay: supplier")),
        ("/rebaseline two more sites", ParsedCommand(Verb.REBASELINE, text="two more sites")),
        ("/help", ParsedCommand(Verb.HELP)),
        (
            "/delegate [~accountid:5b1:x-9] until 2026-12-31",
            ParsedCommand(Verb.DELEGATE, delegate="5b1:x-9", until=date(2026, 12, 31)),
        ),
        (
            "/delegate [~slind] until 2026-12-31",
            ParsedCommand(Verb.DELEGATE, delegate="slind", until=date(2026, 12, 31)),
        ),
        (
            "/delegate sara.lind until 2026-12-31",
            ParsedCommand(Verb.DELEGATE, delegate="sara.lind", until=date(2026, 12, 31)),
        ),
    ],
)
def test_a_command_means_one_thing(text: str, command: ParsedCommand) -> None:
    assert parse_commands(text, POLICY) == (command,)


@pytest.mark.parametrize(
    ("text", "problem", "verb"),
    [
        ("/approve", "the stage is missing", Verb.APPROVE),
        ("/approve done", f'"done" is not a stage; {STAGES}', Verb.APPROVE),
        ("/reject", "the stage is missing", Verb.REJECT),
        ("/reject decided", "the reason is missing", Verb.REJECT),
        ("/reject everything is bad", f'"everything" is not a stage; {STAGES}', Verb.REJECT),
        ("/confirm 1.2M", "an amount, a currency and a month are needed", Verb.CONFIRM),
        ("/confirm 1.2.3 EUR 2026-10", '"1.2.3" is not an amount', Verb.CONFIRM),
        ("/confirm 1000000000M EUR 2026-10", '"1000000000M" is larger than an amount of 15 digits', Verb.CONFIRM),
        ("/confirm 1e999 EUR 2026-10", '"1e999" is not an amount', Verb.CONFIRM),
        ("/confirm 12 euro 2026-10", '"euro" is not a currency code of three capitals', Verb.CONFIRM),
        ("/confirm 12 EUR Oct", "a month is written YYYY-MM, not 'Oct'", Verb.CONFIRM),
        ("/confirm 12 EUR 2026-10..2026-09", "2026-10 is after 2026-09", Verb.CONFIRM),
        ("/confirm 12 EUR 2026-10..", "a month is written YYYY-MM, not ''", Verb.CONFIRM),
        ("/confirm 12 EUR 2026-10 line=", "the P&L line is missing", Verb.CONFIRM),
        ("/confirm-lower 12 EUR 2026-10 line=benefit", "the reason is missing", Verb.CONFIRM_LOWER),
        ("/confirm 12 EUR 2026-10 indeed", "an amount, a currency and a month are needed", Verb.CONFIRM),
        ("/confirm-lower 12 EUR 2026-10", "the reason is missing", Verb.CONFIRM_LOWER),
        ("/kill-criteria", "the criteria are missing", Verb.KILL_CRITERIA),
        ("/hold", "the reason is missing", Verb.HOLD),
        ("/cancel", "the reason is missing", Verb.CANCEL),
        ("/resume please", 'nothing may follow, but "please" does', Verb.RESUME),
        ("/delegate Sara Lind until 2026-12-31",
         '"Sara Lind" is not a person: mention them with @, or write their user name', Verb.DELEGATE),
        ("/delegate sara", 'a person, the word "until" and a date are needed', Verb.DELEGATE),
        ("/delegate sara until Friday", '"Friday" is not a date such as 2026-12-31', Verb.DELEGATE),
        ("/aprove decided", '"/aprove" is not a command', Verb.APPROVE),
        ("/Confirm 12 EUR 2026-10", '"/Confirm" is not a command', Verb.CONFIRM),
    ],
)  # fmt: skip
def test_a_malformed_command_says_what_is_wrong_and_what_would_be_right(text: str, problem: str, verb: Verb) -> None:
    assert parse_commands(text, POLICY) == (
        ParsedCommand(Verb.MALFORMED, text=text, problem=problem, usage=USAGE[verb]),
    )


@pytest.mark.parametrize(
    "text", ["please /approve decided", "approve decided", "", "/usr/bin/env", "/shrug", "// note"]
)
def test_ordinary_text_is_no_command(text: str) -> None:
    assert parse_commands(text, POLICY) == ()


def test_a_comment_with_a_thousand_commands_is_read_to_the_twentieth() -> None:
    assert len(parse_commands("/resume\n" * 1000, POLICY)) == 20


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_commands(text, POLICY)
    for verb in USAGE:
        parse_commands(f"/{verb} {text}", POLICY)
