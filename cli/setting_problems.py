"""Settings that do not hold, as one sentence each."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connector.settings import Settings

_WANTED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "less_than_equal": "at most {le}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "enum": "one of {expected}",
}
"""By the kind of the library's finding; what is not here keeps the library's words."""


def setting_problems(error: ValidationError) -> str:
    """What is wrong with which variable, and what is allowed; without the value of a secret."""
    return " ".join(map(_sentence, error.errors()))


def _sentence(problem: ErrorDetails) -> str:
    name, given = str(problem["loc"][0]), problem.get("input")
    field = Settings.model_fields.get(name)
    variable = name if name.isupper() else f"GATEPOST_{name.upper()}"
    secret = field is not None and "Secret" in str(field.annotation)
    shown = "does not hold" if secret or not isinstance(given, str | int | float) else f"is {given}"
    wanted = _WANTED.get(problem["type"], "").format_map(problem.get("ctx") or {})
    return f"{variable} {shown}; it has to be {wanted}." if wanted else f"{variable} {shown}: {problem['msg']}."
