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


class Joined(Part):
    """A field of the items that are joined to this one: amounts are added up, of anything else the first counts."""

    model_config = Part.model_config | {"populate_by_name": True}

    join: Annotated[str, Field(alias="from")]
    """The name of the join."""
    field: str


def _kind(value: object) -> str:
    if isinstance(value, Joined) or (isinstance(value, Mapping) and "from" in value):
        return "joined"
    if isinstance(value, Computed) or (isinstance(value, Mapping) and "cel" in value):
        return "computed"
    if isinstance(value, Translated | Mapping):
        return "translated"
    return "field"


Source: TypeAlias = Annotated[
    Annotated[str, Tag("field")]
    | Annotated[Computed, Tag("computed")]
    | Annotated[Translated, Tag("translated")]
    | Annotated[Joined, Tag("joined")],
    Discriminator(_kind),
]
"""``Field name``, ``{cel: …}``, ``{field: …, values: {…}, default: …}`` or ``{from: join, field: …}``."""

TAGS = frozenset({"field", "computed", "translated", "joined", "table"})
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


def named(source: str | Computed | Translated | Joined) -> str:
    """A source as a message names it."""
    match source:
        case Computed(cel=expression):
            return f'the expression "{expression}"'
        case Translated(field=name):
            return f'the field "{name}"'
        case Joined(join=join, field=name):
            return f'the field "{name}" of {join}'
        case _:
            return f'the field "{source}"'


def fields_of(source: str | Computed | Translated | RoleTable | Joined | None) -> Iterator[str]:
    """The fields of the item itself that a source reads."""
    match source:
        case None | Joined():
            return
        case Computed(cel=expression):
            yield from fields_in(expression)
        case Translated(field=name) | RoleTable(by=name):
            yield name
        case _:
            yield source
