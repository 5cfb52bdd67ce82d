"""CEL: conditions and computed values over the normalised item, bounded before they run.

The language has no loops but its macros over lists, and the library that runs it has no limit of work.  So the tree of
an expression is bounded, and what it may cost with the largest lists and texts, before it is accepted; lists and texts
are cut to those sizes.  It sees the normalised item and the moment, never a tool's payload.
https://github.com/google/cel-spec
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money
from mapping.expression_cost import (
    MAX_FIELDS,
    MAX_INNER_LIST_LENGTH,
    MAX_LIST_LENGTH,
    MAX_PART_TEXT_LENGTH,
    MAX_TEXT_LENGTH,
    TooCostly,
    check_cost,
)
from mapping.expression_tree import Node, NodeKind, TooLarge, Unreadable, parse_tree
from mapping.problems import did_you_mean
from mapping.work_item import FieldValue, WorkItem

VARIABLES = ("item", "now")
ITEM_KEYS = (
    "id", "key", "url", "type", "table", "project", "title", "status", "status_category", "labels", "components",
    "assignment_group", "parent", "flagged", "attachments", "children", "created", "updated", "fields",
)  # fmt: skip
"""What ``item.`` may be followed by."""

MAX_EXPLAINED_LENGTH = 500
"""Characters up to which the library is asked what is wrong with an expression."""

_PLACE = re.compile(r"ERROR: <input>:\d+:(\d+): (?:Syntax error: )?(.*)")


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """Why an expression is none, and what to do."""

    message: str
    hint: str = ""


def check_expression(source: str) -> ExpressionProblem | None:
    """What is wrong with an expression; ``None`` when it may be used.  Never raises."""
    try:
        tree = parse_tree(source)
    except TooLarge as error:
        return ExpressionProblem(str(error), "Ask for less in one expression, or compute it in the tool.")
    except Unreadable:
        program = _compiled(source) if len(source) <= MAX_EXPLAINED_LENGTH else None
        return program if isinstance(program, ExpressionProblem) else _NO_EXPRESSION
    program = _compiled(source)
    if isinstance(program, ExpressionProblem):
        return program
    macro_names = {node.parts[0].word for node in tree.walk() if node.is_macro}
    if shadowed := sorted(macro_names.intersection(VARIABLES)):
        return ExpressionProblem(f"{shadowed[0]} is the name of something else.", "Give it another name: x.")
    named = {node.word for node in tree.walk() if node.kind is NodeKind.NAME}
    unknown = sorted((named | set(program.references()["variables"])) - {*VARIABLES, *macro_names})
    if unknown:
        hint = did_you_mean(unknown[0], VARIABLES) or "An expression sees item and now."
        return ExpressionProblem(f"nothing is called {unknown[0]}.", hint)
    return _check_reads(tree) or _check_cost(tree)


_NO_EXPRESSION = ExpressionProblem("this is not an expression.", 'For example: item.status_category != "done"')


def _check_reads(tree: Node) -> ExpressionProblem | None:
    """Parts of the item are named in the expression itself, so that what it reads is known before it runs."""
    for node in tree.walk():
        if node.target == _ITEM and node.kind is NodeKind.SELECT and node.word not in ITEM_KEYS:
            return ExpressionProblem(
                f"an item has no {node.word}.",
                did_you_mean(node.word, ITEM_KEYS) or f"It has {', '.join(ITEM_KEYS)}.",
            )
        if node.kind is NodeKind.INDEX and node.target == _FIELDS and node.parts[0].kind is not NodeKind.TEXT:
            return ExpressionProblem("a field is named in the expression itself.", 'Write item.fields["Field name"].')
        uses = [part for part in (node.target, *node.parts) if part in (_ITEM, _FIELDS)]
        if uses and not _names_a_part(node):
            return _USED_AS_A_WHOLE[uses[0] == _FIELDS]
    return _USED_AS_A_WHOLE[tree == _FIELDS] if tree in (_ITEM, _FIELDS) else None


_ITEM = Node(NodeKind.NAME, "item")
_FIELDS = Node(NodeKind.SELECT, "fields", target=_ITEM)
_USED_AS_A_WHOLE = (
    ExpressionProblem("the item cannot be used as a whole.", "Name one part of it: item.key."),
    ExpressionProblem("all fields cannot be used at once.", 'Name one of them: item.fields["Field name"].'),
)


def _names_a_part(node: Node) -> bool:
    if node.target == _ITEM:
        return node.kind is NodeKind.SELECT
    if node.target == _FIELDS:
        return node.kind in {NodeKind.SELECT, NodeKind.INDEX}
    tested = node.kind is NodeKind.OPERATION and node.word == "in" and node.parts[0].kind is NodeKind.TEXT
    return (tested and node.parts[1] == _FIELDS) or _has_fields(node)


def _has_fields(node: Node) -> bool:
    return node == Node(NodeKind.CALL, "has", (_FIELDS,))


def _check_cost(tree: Node) -> ExpressionProblem | None:
    try:
        check_cost(tree)
    except TooCostly as error:
        return ExpressionProblem(error.message, error.hint)
    return None


@lru_cache(maxsize=1_000)
def fields_in(source: str) -> frozenset[str]:
    """The fields that an expression reads, by their visible names; none of what is no expression."""
    try:
        tree = parse_tree(source)
    except (TooLarge, Unreadable):
        return frozenset()
    return frozenset(name for node in tree.walk() if (name := _field_named(node)) is not None)


def _field_named(node: Node) -> str | None:
    if node.target == _FIELDS:
        if node.kind is NodeKind.SELECT:
            return node.word
        if node.kind is NodeKind.INDEX and node.parts[0].kind is NodeKind.TEXT:
            return node.parts[0].word
    if node.kind is NodeKind.OPERATION and node.word == "in" and node.parts[1] == _FIELDS:
        return node.parts[0].word if node.parts[0].kind is NodeKind.TEXT else None
    return None


@cache
def _cel() -> Any:
    """The compiler; imported for the first expression, because most mappings have none and it takes long to import."""
    import cel

    return cel


@lru_cache(maxsize=1_000)
def _compiled(source: str) -> Any:
    try:
        return _cel().compile(source)
    except ValueError as error:
        found = _PLACE.search(str(error))
        if found is None:
            return _NO_EXPRESSION
        return ExpressionProblem(f"this is not an expression: character {found[1]}: {found[2].strip()}.")
    except BaseException as error:
        # The library's own panics are not Exceptions; anything else (an interrupt) is not ours to keep.
        if type(error).__name__ != "PanicException":
            raise
        return ExpressionProblem("this is not an expression that can be read.")


class ExpressionScope:
    """One item at one moment, as expressions see it; prepared once, when the first expression asks."""

    def __init__(
        self,
        item: WorkItem,
        now: datetime,
        joined: Mapping[str, tuple[WorkItem, ...] | Unknown] | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self.item = item
        self.now = now
        self.joined = joined or {}
        self.zone = zone
        """In which a moment of the tool becomes a day: midnight in Tokyo is the day before in Greenwich."""
        self._context: Any = None

    def of(self, item: WorkItem) -> ExpressionScope:
        """Another item at the same moment, without what is joined to this one."""
        return ExpressionScope(item, self.now, zone=self.zone)

    def evaluate(self, source: str) -> FieldValue | Unknown:
        """The value of an expression that :func:`check` has let pass; unknown when it has none for this item."""
        if self._context is None:
            self._context = _cel().Context(variables={"item": _as_cel(self.item), "now": self.now})
        try:
            return _value(_compiled(source).execute(self._context))
        except KeyError as error:
            return Unknown(f'the expression "{source}" asks for {error}, which this item does not have')
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in it, the item's measure says so
            problem = str(error).partition(". ")[0].partition("\n")[0]
            return Unknown(f'the expression "{source}" has no value here: {problem}')
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            return Unknown(f'the expression "{source}" has no value here')

    def is_true(self, source: str) -> bool | Unknown:
        """A condition: true or false, or unknown; anything but a truth value is unknown."""
        value = self.evaluate(source)
        if isinstance(value, bool | Unknown):
            return value
        return Unknown(f'the expression "{source}" gives {value!r}, not true or false')


def _as_cel(item: WorkItem) -> dict[str, object]:
    children = item.children
    known: dict[str, object] = {
        "id": item.native_id,
        "key": item.key,
        "url": item.url[:MAX_TEXT_LENGTH],
        "type": item.type,
        "table": item.type if item.tool == "servicenow" else "",
        "project": item.project,
        "title": item.title[:MAX_TEXT_LENGTH] if item.title else item.title,
        "status": item.status,
        "status_category": item.status_category.value,
        "labels": [label[:MAX_PART_TEXT_LENGTH] for label in item.labels[:MAX_LIST_LENGTH]],
        "components": [name[:MAX_PART_TEXT_LENGTH] for name in item.components[:MAX_LIST_LENGTH]],
        "assignment_group": item.assignment_group,
        "parent": item.parent,
        "flagged": item.flagged,
        "created": item.created,
        "updated": item.updated,
        "fields": {name: _plain(value) for name, value in islice(item.fields.items(), MAX_FIELDS)},
    }
    # What is unknown is absent, so that an expression that asks for it has no value either.
    if not isinstance(item.attachments, Unknown):
        known["attachments"] = item.attachments
    if children is not None and not isinstance(children, Unknown):
        known["children"] = {"total": children.total, "done": children.done, "in_progress": children.in_progress}
    return known


def _plain(value: FieldValue, *, level: int = 0) -> object:
    """A field's value for the library, cut to the sizes that the cost of an expression is reckoned with."""
    match value:
        case Decimal():
            return float(value)
        case str():
            return value[: MAX_PART_TEXT_LENGTH if level else MAX_TEXT_LENGTH]
        case Person():
            return {
                "id": value.id[:MAX_PART_TEXT_LENGTH],
                "name": value.name[:MAX_PART_TEXT_LENGTH],
                "active": value.active,
            }
        case Money():
            return {"amount": float(value.amount), "currency": value.currency}
        case datetime():
            return value
        case date():
            return datetime.combine(value, time(), UTC)
        case tuple() if level > 1:
            return str(value)[:MAX_PART_TEXT_LENGTH]
        case tuple():
            return [
                _plain(part, level=level + 1) for part in value[: MAX_INNER_LIST_LENGTH if level else MAX_LIST_LENGTH]
            ]
        case _:
            return value


def _value(result: object) -> FieldValue | Unknown:
    match result:
        case bool() | str() | datetime() | None:
            return result
        case int():
            return Decimal(result)
        case float():
            # The shortest text that reads back as the same float is the number as it was meant.
            number = Decimal(repr(result))
            return number if number.is_finite() else Unknown("the result is not a number")
        case list():
            parts = [_value(part) for part in result[:MAX_LIST_LENGTH]]
            return tuple(part for part in parts if not isinstance(part, Unknown))
        case Mapping():
            return Unknown("the result is an object; name one part of it")
        case _:
            return Unknown(f"the result is a {type(result).__name__}, which no fact can be")
