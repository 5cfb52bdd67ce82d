"""What every list has in common: cursors that belong to their filters, and answers with some fields only."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import get_args

from pydantic import BaseModel

from webhook_server.api.problem import FieldError, Problem, ProblemCode

PARTIAL_MEDIA_TYPE = "application/vnd.gatepost.partial+json"
"""Of an answer with ``fields``: a client's types of the whole answer do not fit it."""
MARK_LENGTH = 12
"""Letters at the end of a cursor that belong to the list and its filters."""
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
"""Also as a text, as amounts and rates are sent."""
FREE = frozenset({"cursor", "limit", "fields"})
"""Parameters that may differ from page to page."""


def filter_mark(path: str, query: Mapping[str, Sequence[str]]) -> str:
    """The same for the same list with the same filters and the same order."""
    kept = sorted((name, sorted(values)) for name, values in query.items() if name not in FREE)
    return hashlib.sha256(json.dumps([path, kept]).encode()).hexdigest()[:MARK_LENGTH]


def unmarked(cursor: str, mark: str) -> str:
    """The position that a cursor holds.  Raises Problem for one of another list, or of other filters."""
    if not cursor.endswith(mark):
        message = "It belongs to another list or to other filters: begin without a cursor, or keep the filters."
        raise Problem(
            422, "The query is not valid: cursor.", "Use `next` of the previous page, with the same filters.",
            code=ProblemCode.CURSOR_INVALID, errors=[FieldError(location="cursor", message=message)],
        )  # fmt: skip
    return cursor.removesuffix(mark)


def with_marked_cursor(page: BaseModel, mark: str) -> BaseModel:
    """A page whose ``next`` belongs to this list and its filters."""
    position = getattr(page, "next", None)
    return page if not isinstance(position, str) else page.model_copy(update={"next": f"{position}{mark}"})


def in_order(answer: BaseModel, sort: str) -> BaseModel:
    """A whole list in the order of a field with one value; what has none comes last.  Raises Problem for another."""
    entries: list[BaseModel] = getattr(answer, "items")  # noqa: B009 - every list has them
    name, down = sort.removeprefix("-"), sort.startswith("-")
    kind = type(answer).model_fields["items"].annotation
    known = sorted(_of_one_value(getattr(kind, "__args__", (BaseModel,))[0]))
    if name not in known:
        error = FieldError(location="sort", message=f"It has no order by {name}.", known=known)
        raise Problem(
            422, "The query is not valid: sort.", "`errors` has the known ones.", errors=[error],
            code=ProblemCode.UNKNOWN_FILTER_VALUE,
        )  # fmt: skip
    there = [one for one in entries if getattr(one, name) is not None]
    rest = [one for one in entries if getattr(one, name) is None]
    numbers = all(_NUMBER.fullmatch(str(getattr(one, name))) for one in there)
    there.sort(key=lambda one: Decimal(getattr(one, name)) if numbers else getattr(one, name), reverse=down)
    return answer.model_copy(update={"items": [*there, *rest]})


def _of_one_value(entry: type[BaseModel]) -> list[str]:
    """Fields that are a number, a text, a time or a word of an enumeration."""
    found = []
    for name, field in entry.model_fields.items():
        choices = get_args(field.annotation) if isinstance(field.annotation, UnionType) else (field.annotation,)
        kinds = [kind for kind in choices if kind is not NoneType]
        if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], int | str | date):
            found.append(name)
    return found


def only_fields(page: BaseModel, described: type[BaseModel], wanted: Sequence[str]) -> str:
    """The page, one of ``described``, as JSON with these fields of each entry.  Raises Problem for an unknown one."""
    names = {name for given in wanted for name in given.split(",") if name}
    kind = described.model_fields["items"].annotation
    known = sorted(getattr(kind, "__args__", (BaseModel,))[0].model_fields)
    unknown = sorted(names.difference(known))
    if unknown:
        errors = [FieldError(location="fields", message=f"There is no field {name}.", known=known) for name in unknown]
        raise Problem(
            422, "The query is not valid: fields.", "`errors` has the known ones.", errors=errors,
            code=ProblemCode.UNKNOWN_FILTER_VALUE,
        )  # fmt: skip
    whole = page.model_dump(mode="json", by_alias=True)
    whole["items"] = [{name: part for name, part in one.items() if name in names} for one in whole["items"]]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
