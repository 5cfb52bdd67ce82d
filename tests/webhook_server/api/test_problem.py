"""What a program reads of a problem: a code for each status, no advice for a terminal."""

from __future__ import annotations

import pytest

from webhook_server.api.problem import CODE_OF_STATUS, Problem, ProblemCode, without_command_lines


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("There is no mapping version 9. List them with: gatepost mapping history", "There is no mapping version 9."),
        ("A worker calculates them; start one with: gatepost serve, or gatepost worker", "A worker calculates them."),
        ("Link it on the page People, or with: gatepost user link", "Link it on the page People."),
        ("Create one with: gatepost token create", ""),
        ("Ask an administrator of Gatepost for it.", "Ask an administrator of Gatepost for it."),
    ],
)
def test_a_program_gets_no_advice_for_a_terminal(text: str, left: str) -> None:
    assert without_command_lines(text) == left


def test_every_problem_has_a_code_and_the_type_of_it() -> None:
    for status, code in CODE_OF_STATUS.items():
        model = Problem(status, "It is so.").model
        assert (model.code, model.type) == (code, f"urn:gatepost:problem:{code.value}")
    assert Problem(409, "It is so.", code=ProblemCode.AMBIGUOUS_KEY).model.code is ProblemCode.AMBIGUOUS_KEY
