"""CEL: conditions and computed values over the normalised item, bounded before they run.

The language has no loops but its macros over lists, so an expression's work is bounded by its length, by the number
of macros in it and by the length of the lists that it sees; all three are limited here.  It sees the normalised
item and the moment, never a tool's payload.  https://github.com/google/cel-spec
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money
from mapping.problems import nearest
from mapping.work_item import FieldValue, WorkItem

LONGEST = 500
MOST_MACROS = 2
LONGEST_LIST = 100
LONGEST_TEXT = 4_000

VARIABLES = ("item", "now")
KEYS = (
    "id", "key", "url", "type", "table", "project", "title", "status", "status_category", "labels", "components",
    "assignment_group", "parent", "flagged", "attachments", "children", "created", "updated", "fields",
)  # fmt: skip
"""What ``item.`` may be followed by."""

_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
_NAMED = re.compile(r"""\bitem\.fields\[\s*(?:"([^"\\]+)"|'([^'\\]+)')\s*\]|\bitem\.fields\.([A-Za-z_]\w*)""")
_ASKED = re.compile(r"""(?:"([^"\\]+)"|'([^'\\]+)')\s+in\s+item\.fields\b""")
_DYNAMIC = re.compile(r"\bitem\.fields\s*\[(?!\s*\"\"\s*\])")
"""A field that is named by something else than a text; texts are emptied before."""
_KEY = re.compile(r"\bitem\.([A-Za-z_]\w*)")
_TEXTS = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
"""The names that macros bind."""
_PLACE = re.compile(r"ERROR: <input>:\d+:(\d+): (?:Syntax error: )?(.*)")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an expression is none, and what to do."""

    message: str
    hint: str = ""


def check(source: str) -> Wrong | None:
    """What is wrong with an expression; ``None`` when it may be used.  Never raises."""
    if len(source) > LONGEST:
        return Wrong(f"an expression has at most {LONGEST} characters; this one has {len(source)}.")
    macros = len(_MACRO.findall(source))
    if macros > MOST_MACROS:
        return Wrong(f"an expression has at most {MOST_MACROS} of all, exists, map and filter; this one has {macros}.")
    program = _compiled(source)
    if isinstance(program, Wrong):
        return program
    bare = _TEXTS.sub('""', source)
    unknown = sorted(set(program.references()["variables"]) - {*VARIABLES, *_BOUND.findall(bare)})
    if unknown:
        hint = nearest(unknown[0], VARIABLES) or "An expression sees item and now."
        return Wrong(f"nothing is called {unknown[0]}.", hint)
    for key in _KEY.findall(bare):
        if key not in KEYS:
            return Wrong(f"an item has no {key}.", nearest(key, KEYS) or f"It has {', '.join(KEYS)}.")
    if _DYNAMIC.search(_TEXTS.sub('""', source)):
        return Wrong("a field is named in the expression itself.", 'Write item.fields["Field name"].')
    return None


def fields_in(source: str) -> frozenset[str]:
    """The fields that an expression reads, by their visible names."""
    named = {first or second or third for first, second, third in _NAMED.findall(source)}
    return frozenset(named | {first or second for first, second in _ASKED.findall(source)})


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
            return Wrong("this is not an expression.", 'For example: item.status_category != "done"')
        return Wrong(f"this is not an expression: character {found[1]}: {found[2].strip()}.")
    except BaseException as error:
        # The library's own panics are not Exceptions; anything else (an interrupt) is not ours to keep.
        if type(error).__name__ != "PanicException":
            raise
        return Wrong("this is not an expression that can be read.")


class Scope:
    """One item at one moment, as expressions see it; prepared once, when the first expression asks."""

    def __init__(
        self, item: WorkItem, now: datetime, joined: Mapping[str, tuple[WorkItem, ...] | Unknown] | None = None
    ) -> None:
        self.item = item
        self.now = now
        self.joined = joined or {}
        self._context: Any = None

    def evaluate(self, source: str) -> FieldValue | Unknown:
        """The value of an expression that :func:`check` has let pass; unknown when it has none for this item."""
        if self._context is None:
            self._context = _cel().Context(variables={"item": _shown(self.item), "now": self.now})
        try:
            return _value(_compiled(source).execute(self._context))
        except KeyError as error:
            return Unknown(f'the expression "{source}" asks for {error}, which this item does not have')
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in it, the item's measure says so
            told = str(error).partition(". ")[0].partition("\n")[0]
            return Unknown(f'the expression "{source}" has no value here: {told}')
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            return Unknown(f'the expression "{source}" has no value here')

    def holds(self, source: str) -> bool | Unknown:
        """A condition: true or false, or unknown; anything but a truth value is unknown."""
        value = self.evaluate(source)
        if isinstance(value, bool | Unknown):
            return value
        return Unknown(f'the expression "{source}" gives {value!r}, not true or false')


def _shown(item: WorkItem) -> dict[str, object]:
    children = item.children
    known: dict[str, object] = {
        "id": item.native_id,
        "key": item.key,
        "url": item.url,
        "type": item.type,
        "table": item.type if item.tool == "servicenow" else "",
        "project": item.project,
        "title": item.title,
        "status": item.status,
        "status_category": item.status_category.value,
        "labels": list(item.labels[:LONGEST_LIST]),
        "components": list(item.components[:LONGEST_LIST]),
        "assignment_group": item.assignment_group,
        "parent": item.parent,
        "flagged": item.flagged,
        "created": item.created,
        "updated": item.updated,
        "fields": {name: _plain(value) for name, value in item.fields.items()},
    }
    # What is unknown is absent, so that an expression that asks for it has no value either.
    if not isinstance(item.attachments, Unknown):
        known["attachments"] = item.attachments
    if children is not None and not isinstance(children, Unknown):
        known["children"] = {"total": children.total, "done": children.done, "in_progress": children.in_progress}
    return known


def _plain(value: FieldValue) -> object:
    match value:
        case Decimal():
            return float(value)
        case str():
            return value[:LONGEST_TEXT]
        case Person():
            return {"id": value.id, "name": value.name, "active": value.active}
        case Money():
            return {"amount": float(value.amount), "currency": value.currency}
        case datetime():
            return value
        case date():
            return datetime.combine(value, time(), UTC)
        case tuple():
            return [_plain(part) for part in value[:LONGEST_LIST]]
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
            parts = [_value(part) for part in result[:LONGEST_LIST]]
            return tuple(part for part in parts if not isinstance(part, Unknown))
        case Mapping():
            return Unknown("the result is an object; name one part of it")
        case _:
            return Unknown(f"the result is a {type(result).__name__}, which no fact can be")
