"""The reference page of the mapping file, from the same JSON Schema that editors check it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docs.generator.tables import code, marked, table
from governance.milestones import AmountPer
from governance.spread import SpreadShape
from mapping.config import (
    CommitteeRule,
    EffectRule,
    EffectsFrom,
    EndRule,
    Enforce,
    EscalationRule,
    FactRule,
    FlagWhen,
    HierarchyRule,
    JoinRule,
    LegacyRule,
    MappingConfig,
    MarkRule,
    Match,
    MeasureRule,
    OverrideRule,
    PolicyRule,
    ProgressFrom,
    ProgressRule,
    RoleRule,
    Selector,
    SeriesRule,
    Sign,
    StageRule,
    TimingRule,
    TimingsRule,
    WriteRule,
)
from mapping.schema import json_schema
from mapping.sources import ComputedSource, JoinedSource, RoleGroup, RoleHolder, RoleTable, TranslatedSource

INTRODUCTION = """\
# Mapping file

Every key of the file, from top to bottom. `gatepost mapping schema` prints the same as a JSON Schema, for editors that
complete and check the file while it is written. How the parts work together is in the
[mapping guide](../mapping-guide.md).

A key that is not listed is a problem, with a hint at the nearest one. *needed* marks keys that have no default.

"""

TITLES: Mapping[type, str] = {
    MappingConfig: "The file",
    MeasureRule: "A rule for measures",
    Match: "match",
    Selector: "A selection of values",
    HierarchyRule: "hierarchy",
    RoleRule: "roles",
    RoleTable: "A table of people",
    RoleHolder: "A person in a table",
    RoleGroup: "A field and its group",
    FactRule: "facts",
    ComputedSource: "A computed value",
    TranslatedSource: "A translated value",
    JoinedSource: "A value of joined items",
    ProgressRule: "progress",
    ProgressFrom: "Where progress comes from",
    EffectRule: "effects",
    TimingsRule: "timing",
    TimingRule: "The timing of one kind",
    AmountPer: "What an amount is of",
    SeriesRule: "A series of amounts",
    Sign: "sign",
    EffectsFrom: "Where amounts come from",
    SpreadShape: "spread",
    LegacyRule: "legacy",
    JoinRule: "A join",
    StageRule: "stage",
    EndRule: "ends",
    Enforce: "enforce",
    WriteRule: "write",
    MarkRule: "marks",
    FlagWhen: "When a mark is set",
    PolicyRule: "policy",
    OverrideRule: "An override",
    EscalationRule: "escalation",
    CommitteeRule: "A committee",
}
"""Heading of each part, in the order in which a reader meets them; parts that are not here follow by their own name."""

_BY_NAME: Mapping[str, str] = {part.__name__: text for part, text in TITLES.items()}

Schema = Mapping[str, Any]


def page() -> str:
    whole = json_schema()
    top = MappingConfig.__name__
    definitions: dict[str, Schema] = {top: whole, **whole["$defs"]}
    order = [*(name for name in _BY_NAME if name in definitions), *sorted(set(definitions) - set(_BY_NAME))]
    parts = [INTRODUCTION]
    for name in order:
        definition = definitions[name]
        if "properties" in definition:
            parts.append(f"## {title(name)}\n\n{marked(_about(name, definition))}\n\n{_keys(definition)}\n")
        else:
            parts.append(f"## {title(name)}\n\nOne of {', '.join(map(code, definition['enum']))}.\n\n")
    return "".join(parts)


def title(name: str) -> str:
    return _BY_NAME.get(name, name)


def _about(name: str, definition: Schema) -> str:
    return "" if name == MappingConfig.__name__ else str(definition.get("description", ""))


def _keys(definition: Schema) -> str:
    needed = set(definition.get("required", ()))
    rows = (
        (
            code(key),
            " or ".join(dict.fromkeys(_kinds(about))),
            "needed" if key in needed else _default(about),
            about["description"],
        )
        for key, about in definition["properties"].items()
    )
    return table(("key", "value", "default", "meaning"), rows)


def _kinds(about: Schema) -> Iterator[str]:
    """What a value may be, each in few words; parts of the file are links."""
    if "$ref" in about:
        name = str(about["$ref"]).rpartition("/")[2]
        yield f"[{title(name)}](#{title(name).lower().replace(' ', '-')})"
    elif "const" in about:
        yield code(str(about["const"]))
    elif "enum" in about and len(about["enum"]) <= 6:
        yield ", ".join(map(code, about["enum"]))
    elif inner := [*about.get("anyOf", ()), *about.get("oneOf", ())]:
        for one in inner:
            if one.get("type") != "null":
                yield from _kinds(one)
    elif about.get("type") == "array":
        yield "list of " + " or ".join(dict.fromkeys(_kinds(about.get("items", {"type": "string"}))))
    elif about.get("type") == "object":
        yield "name to " + " or ".join(dict.fromkeys(_kinds(about.get("additionalProperties") or {"type": "string"})))
    else:
        yield {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}[
            about["type"]
        ]


def _default(about: Schema) -> str:
    value = about.get("default")
    if value is None or isinstance(value, list | dict):
        return ""
    return code(str(value).lower() if isinstance(value, bool) else str(value))
