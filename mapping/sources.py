"""Where a fact comes from: a field, a computed value, or a field whose values are translated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from mapping.expressions import fields_in


class Part(BaseModel):
    """Base of all mapping models: immutable, and a key that nobody knows is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Computed(Part):
    """A value worked out by a CEL expression over the item."""

    cel: Annotated[str, Field(min_length=1)]


class Translated(Part):
    """A field whose values mean something else here; letter case does not count.

    What is not in ``values`` is the default, or unknown, which shuts the gate: one of the two has to be chosen.
    """

    field: str
    values: Annotated[Mapping[str, str], Field(min_length=1)]
    default: str | None = None
    unknown: Literal["block"] | None = None


def _kind(value: object) -> str:
    if isinstance(value, Computed) or (isinstance(value, Mapping) and "cel" in value):
        return "computed"
    if isinstance(value, Translated | Mapping):
        return "translated"
    return "field"


Source: TypeAlias = Annotated[
    Annotated[str, Tag("field")] | Annotated[Computed, Tag("computed")] | Annotated[Translated, Tag("translated")],
    Discriminator(_kind),
]
"""``Field name``, ``{cel: …}`` or ``{field: …, values: {…}, default: …}``."""

TAGS = frozenset({"field", "computed", "translated", "table"})
"""Names that pydantic puts into the place of an error and that stand in no file."""


class Holder(Part):
    """A person in a role table: the tool's id, and the name that is shown."""

    id: str
    name: str


class RoleTable(Part):
    """Who holds a role, by the value of a field: a program, a group, a business unit."""

    by: str
    """The field, or ``Project``, ``Component``, ``Label``."""
    people: Annotated[Mapping[str, Holder], Field(min_length=1)]


def _role_kind(value: object) -> str:
    return "table" if isinstance(value, RoleTable | Mapping) else "field"


RoleSource: TypeAlias = Annotated[
    Annotated[str, Tag("field")] | Annotated[RoleTable, Tag("table")], Discriminator(_role_kind)
]
"""``User field``, or ``{by: Program, people: {Cloud exit: {id: …, name: …}}}``."""


def named(source: str | Computed | Translated) -> str:
    """A source as a message names it."""
    match source:
        case Computed(cel=expression):
            return f'the expression "{expression}"'
        case Translated(field=name):
            return f'the field "{name}"'
        case _:
            return f'the field "{source}"'


def fields_of(source: str | Computed | Translated | RoleTable | None) -> Iterator[str]:
    """The fields that a source reads."""
    match source:
        case None:
            return
        case Computed(cel=expression):
            yield from fields_in(expression)
        case Translated(field=name) | RoleTable(by=name):
            yield name
        case _:
            yield source
