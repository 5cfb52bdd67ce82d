"""What a program reads of a problem: a code for each status."""

from __future__ import annotations

from webhook_server.api.problem import CODE_OF_STATUS, Problem, ProblemCode


def test_every_problem_has_a_code_and_the_type_of_it() -> None:
    for status, code in CODE_OF_STATUS.items():
        model = Problem(status, "It is so.").model
        assert (model.code, model.type) == (code, f"urn:gatepost:problem:{code.value}")
    assert Problem(409, "It is so.", code=ProblemCode.AMBIGUOUS_KEY).model.code is ProblemCode.AMBIGUOUS_KEY
