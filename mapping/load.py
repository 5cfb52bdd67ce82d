"""YAML text to a mapping, or to the list of everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import NewType, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import AliasToken, AnchorToken, TagToken

from mapping.config import MappingConfig
from mapping.problems import Problem, nearest
from mapping.rules import check_rules
from mapping.sources import TAGS

MappingVersion = NewType("MappingVersion", str)
"""First 12 hex digits of the SHA-256 of the content; comments and the order of keys do not change it."""

LARGEST = 1_000_000
DEEPEST = 30
Path: TypeAlias = "tuple[str | int, ...]"
Places: TypeAlias = "dict[Path, tuple[int, int]]"


@dataclass(frozen=True, slots=True)
class Loaded:
    config: MappingConfig
    version: MappingVersion
    places: Places = field(default_factory=dict, compare=False, repr=False)
    """Where each value stands in the file."""

    def place(self, path: Path) -> tuple[int, int]:
        """Where a value stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def load_mapping(text: str, source: str = "mapping.yaml") -> Loaded | tuple[Problem, ...]:
    """Read a mapping.  Never raises on any text; all problems come in one go, in the order of the file."""
    raw = _Reader(source)
    try:
        data = raw.read(text)
    except _Found as found:
        return (found.problem,)
    if not isinstance(data, Mapping):
        return (Problem(1, 1, "", "a mapping file is a set of keys, beginning with version: 1", source=source),)
    problems = list(raw.problems)
    problems += [
        Problem(*raw.place(path), shown(path), message, hint, source) for path, message, hint in check_rules(data)
    ]
    config = None
    try:
        config = MappingConfig.model_validate(data)
    except ValidationError as error:
        errors = [item for item in error.errors() if not _is_echo(item)]
        problems += [_explain(item["type"], item["loc"], item["msg"], raw) for item in errors]
    if config is None or problems:
        return tuple(sorted(set(problems)))
    return Loaded(config, version_of(config), raw.places)


def version_of(config: MappingConfig) -> MappingVersion:
    canonical = json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return MappingVersion(hashlib.sha256(canonical.encode()).hexdigest()[:12])


def shown(path: Path) -> str:
    """``measures[0].roles.sponsor``"""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class _Found(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    """Builds plain values from YAML nodes and remembers where each one stands.

    Anchors, aliases and tags are refused, so that no text can grow while it is read or name a type.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.places: Places = {}
        self.problems: list[Problem] = []

    def read(self, text: str) -> object:
        if len(text) > LARGEST:
            raise self._found(1, 1, f"the file is larger than {LARGEST:,} characters")
        parser = YAML(typ="safe", pure=True)
        try:
            for token in parser.scan(text):
                if isinstance(token, AliasToken | AnchorToken | TagToken):
                    mark = token.start_mark
                    raise self._found(mark.line + 1, mark.column + 1, "anchors, aliases and tags are not used here")
            node = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise self._found(line, column, f"this is not YAML: {error.problem or error.context}") from None
        except (YAMLError, RecursionError, ValueError) as error:
            raise self._found(
                1, 1, f"this is not YAML: {str(error).splitlines()[0] if str(error) else error}"
            ) from None
        if node is None:
            raise self._found(1, 1, "the file is empty; begin with version: 1")
        return self._value(node, ())

    def place(self, path: Path) -> tuple[int, int]:
        """Where a value stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def _value(self, node: Node, path: Path) -> object:
        if len(path) > DEEPEST:
            raise self._found(node.start_mark.line + 1, node.start_mark.column + 1, f"deeper than {DEEPEST} levels")
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, place)) for place, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return _scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, ScalarNode):
                raise self._found(line, column, "a key is a word here, not a list or a set of keys")
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                message = f'"{key}" stands here a second time.'
                self.problems.append(Problem(line, column, shown(path), message, "Keep one.", self.source))
                continue
            self.places[here] = (line, column)
            result[key] = self._value(value_node, here)
        return result

    def _found(self, line: int, column: int, message: str) -> _Found:
        return _Found(Problem(line, column, "", message, source=self.source))


def _scalar(node: Node) -> object:
    """A scalar by its resolved tag; dates and everything else stay text, for the models to judge."""
    text = str(node.value)
    tag = str(node.ctag if hasattr(node, "ctag") else node.tag).rsplit(":", 1)[-1]
    if tag == "null":
        return None
    if tag == "bool":
        return text.casefold() in {"true", "yes", "on"}
    if tag == "int" and text.lstrip("+-").isdigit() and len(text) < 30:
        return int(text)
    return text


def _is_echo(error: ErrorDetails) -> bool:
    """Whether an error only repeats another one.

    A list that lost its wrong items counts as too short; a value that may be a list or a set of keys is
    reported against both forms.
    """
    if error["type"] == "too_short":
        return bool(error["input"])
    if "tuple[str, ...]" in error["loc"]:
        return isinstance(error["input"], Mapping)
    return "Selector" in error["loc"] and error["type"] == "model_type"


def _is_tag(loc: Path, step: str | int) -> bool:
    """Whether a step of a place is pydantic's name for a form, and no key of the file.

    ``field`` is both: a key of a translated source, and the tag of a plain one.
    """
    if step not in TAGS:
        return False
    before = loc[: loc.index(step)]
    inside = step == "field" and bool({"translated", "joined"} & set(before))
    return not inside and before[-1] != "match"


def _explain(kind: str, loc: Path, message: str, raw: _Reader) -> Problem:
    path = tuple(step for step in loc if step not in {"Selector", "tuple[str, ...]"} and not _is_tag(loc, step))
    line, column = raw.place(path)
    if kind == "extra_forbidden":
        word = str(path[-1])
        hint = nearest(word, _keys_at(path[:-1]))
        return Problem(line, column, shown(path), "this key is not known here.", hint, raw.source)
    if kind == "missing":
        return Problem(line, column, shown(path), "this key is missing.", "", raw.source)
    texts = {
        "string_type": "this is not text.",
        "tuple_type": "this is not a list; write it in brackets.",
        "model_type": "this is not a set of keys.",
        "dict_type": "this is not a set of keys.",
        "mapping_type": "this is not a set of keys.",
        "too_short": "at least one is needed.",
        "int_parsing": "this is not a whole number.",
        "int_type": "this is not a whole number.",
        "decimal_parsing": "this is not a number.",
        "decimal_type": "this is not a number.",
        "string_pattern_mismatch": "this is not a currency code of three capitals, such as EUR.",
    }
    return Problem(
        line,
        column,
        shown(path),
        texts.get(kind, f"{message}.".replace("Input should be", "this should be")),
        "",
        raw.source,
    )


def _keys_at(path: Path) -> tuple[str, ...]:
    """The keys that are known at a place of the configuration."""
    model: type[BaseModel] | None = MappingConfig
    for step in path:
        if model is None:
            return ()
        if isinstance(step, int):
            continue
        field = model.model_fields.get(str(step))
        model = _model_in(field.annotation) if field else None
    return tuple(model.model_fields) if model else ()


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside an annotation such as ``tuple[MeasureRule, ...]`` or ``SeriesRule | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, tuple} or get_args(annotation):
        for argument in get_args(annotation):
            found = _model_in(argument)
            if found is not None:
                return found
    return None
