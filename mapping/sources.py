"""Where a fact comes from: a field, a computed value, or a field whose values are translated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from mapping.expressions import fields_in

_ITEM_PART = re.compile(r"\bitem\.\w+|\bnow\b")


class MappingModel(BaseModel):
    """Base of all mapping models: immutable, and a key that nobody knows is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ComputedSource(MappingModel):
    """A value worked out by a CEL expression over the item."""

    cel: Annotated[str, Field(min_length=1)]


class TranslatedSource(MappingModel):
    """A field whose values mean something else here; letter case does not count.

    What is not in ``values`` is the default, or unknown, which shuts the gate: one of the two has to be chosen.
    """

    field: str
    values: Annotated[Mapping[str, str], Field(min_length=1)]
    default: str | None = None
    unknown: Literal["block"] | None = None


class JoinedSource(MappingModel):
    """A field of the items that are joined to this one: amounts are added up, and of anything else they agree."""

    model_config = MappingModel.model_config | {"populate_by_name": True}

    join: Annotated[str, Field(alias="from")]
    """The name of the join."""
    field: str


def _source_kind(value: object) -> str:
    if isinstance(value, JoinedSource) or (isinstance(value, Mapping) and "from" in value):
        return "joined"
    if isinstance(value, ComputedSource) or (isinstance(value, Mapping) and "cel" in value):
        return "computed"
    if isinstance(value, TranslatedSource | Mapping):
        return "translated"
    return "field"


Source: TypeAlias = Annotated[
    Annotated[str, Tag("field")]
    | Annotated[ComputedSource, Tag("computed")]
    | Annotated[TranslatedSource, Tag("translated")]
    | Annotated[JoinedSource, Tag("joined")],
    Discriminator(_source_kind),
]
"""``Field name``, ``{cel: …}``, ``{field: …, values: {…}, default: …}`` or ``{from: join, field: …}``."""

UNION_TAGS = frozenset({"field", "computed", "translated", "joined", "table", "group"})
"""Names that pydantic puts into the path of an error and that are in no file."""


class RoleHolder(MappingModel):
    """A person in a role table: the tool's id, and the display name."""

    id: str
    name: str


class RoleTable(MappingModel):
    """Who holds a role, by the value of a field: a program, a group, a business unit."""

    by: str
    """The field, or ``Project``, ``Component``, ``Label``."""
    people: Annotated[Mapping[str, RoleHolder], Field(min_length=1)]


class RoleGroup(MappingModel):
    """A person field, and the group of the tool whose members may stand in it (ServiceNow)."""

    field: str
    group: str
    """The group's name.  Whoever the field names newly is accepted when they are a member."""


def _role_kind(value: object) -> str:
    if isinstance(value, RoleGroup) or (isinstance(value, Mapping) and "group" in value):
        return "group"
    return "table" if isinstance(value, RoleTable | Mapping) else "field"


RoleSource: TypeAlias = Annotated[
    Annotated[str, Tag("field")] | Annotated[RoleTable, Tag("table")] | Annotated[RoleGroup, Tag("group")],
    Discriminator(_role_kind),
]
"""``User field``, ``{by: Program, people: {Cloud exit: {id: …, name: …}}}``, or ``{field: Field, group: Name}``."""


def describe_source(source: str | ComputedSource | TranslatedSource | JoinedSource) -> str:
    """A source as a message names it."""
    match source:
        case ComputedSource(cel=expression):
            return f'the expression "{expression}"'
        case TranslatedSource(field=name):
            return f'the field "{name}"'
        case JoinedSource(join=join, field=name):
            return f'the field "{name}" of {join}'
        case _:
            return f'the field "{source}"'


def item_parts(source: ComputedSource) -> set[str]:
    """What an expression reads: ``item.fields``, ``item.updated``, ``now``."""
    return set(_ITEM_PART.findall(source.cel))


def changes_by_itself(source: Source) -> bool:
    """Whether a value may change without anybody changing a field of the item: with time, a comment, a child item."""
    return isinstance(source, ComputedSource) and bool(item_parts(source) - {"item.fields"})


def source_fields(
    source: str | ComputedSource | TranslatedSource | RoleTable | RoleGroup | JoinedSource | None,
) -> Iterator[str]:
    """The fields of the item itself that a source reads."""
    match source:
        case None | JoinedSource():
            return
        case ComputedSource(cel=expression):
            yield from fields_in(expression)
        case TranslatedSource(field=name) | RoleTable(by=name) | RoleGroup(field=name):
            yield name
        case _:
            yield source
