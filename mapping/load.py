"""YAML text to a mapping, or to the list of everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType, UnionType
from typing import NewType, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import AliasToken, AnchorToken, TagToken

from mapping.config import MappingConfig
from mapping.problems import MappingFileProblem, did_you_mean
from mapping.rules import check_rules
from mapping.sources import UNION_TAGS

MappingVersion = NewType("MappingVersion", str)
"""First 12 hex digits of the SHA-256 of the content; comments and the order of keys do not change it."""

MAX_FILE_LENGTH = 1_000_000
MAX_DEPTH = 30
MappingPath: TypeAlias = "tuple[str | int, ...]"
Positions: TypeAlias = "Mapping[MappingPath, tuple[int, int]]"


@dataclass(frozen=True, slots=True)
class LoadedMapping:
    config: MappingConfig
    version: MappingVersion
    positions: Positions = field(default_factory=dict, compare=False, repr=False)
    """Where each value is in the file."""

    def position_of(self, path: MappingPath) -> tuple[int, int]:
        """Where a value is, or the nearest key that contains it."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))


@lru_cache(maxsize=8)
def load_mapping(text: str, source: str = "mapping.yaml") -> LoadedMapping | tuple[MappingFileProblem, ...]:
    """Read a mapping.  Never raises on any text; all problems come in one go, in the order of the file.

    The last few are kept by their whole text: a page and a tick read the same version several times, and it costs more
    than everything else that they do.
    """
    raw = _Reader(source)
    try:
        data = raw.read(text)
    except _ReadProblem as found:
        return (found.problem,)
    if not isinstance(data, Mapping):
        return (
            MappingFileProblem(1, 1, "", "a mapping file is a set of keys, beginning with version: 1", source=source),
        )
    problems = list(raw.problems)
    problems += [
        MappingFileProblem(*raw.position_of(path), format_path(path), message, hint, source)
        for path, message, hint in check_rules(data)
    ]
    config = None
    try:
        config = MappingConfig.model_validate(data)
    except ValidationError as error:
        errors = [item for item in error.errors() if not _is_echo(item)]
        problems += [_explain(item["type"], item["loc"], item["msg"], raw) for item in errors]
    if config is None or problems:
        return tuple(sorted(set(problems)))
    return LoadedMapping(config, version_of(config), MappingProxyType(raw.positions))


def version_of(config: MappingConfig) -> MappingVersion:
    canonical = json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return MappingVersion(hashlib.sha256(canonical.encode()).hexdigest()[:12])


def format_path(path: MappingPath) -> str:
    """``measures[0].roles.sponsor``"""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class _ReadProblem(Exception):
    def __init__(self, problem: MappingFileProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    """Builds plain values from YAML nodes and stores where each one is.

    Anchors, aliases and tags are refused, so that no text can grow while it is read or name a type.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.positions: dict[MappingPath, tuple[int, int]] = {}
        self.problems: list[MappingFileProblem] = []

    def read(self, text: str) -> object:
        if len(text) > MAX_FILE_LENGTH:
            raise self._problem_at(1, 1, f"the file is larger than {MAX_FILE_LENGTH:,} characters")
        parser = YAML(typ="safe", pure=True)
        try:
            for token in parser.scan(text):
                if isinstance(token, AliasToken | AnchorToken | TagToken):
                    mark = token.start_mark
                    raise self._problem_at(
                        mark.line + 1, mark.column + 1, "anchors, aliases and tags are not used here"
                    )
            node = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise self._problem_at(line, column, f"this is not YAML: {error.problem or error.context}") from None
        except (YAMLError, RecursionError, ValueError) as error:
            raise self._problem_at(
                1, 1, f"this is not YAML: {str(error).splitlines()[0] if str(error) else error}"
            ) from None
        if node is None:
            raise self._problem_at(1, 1, "the file is empty; begin with version: 1")
        return self._value(node, ())

    def position_of(self, path: MappingPath) -> tuple[int, int]:
        """Where a value is, or the nearest key that contains it."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))

    def _value(self, node: Node, path: MappingPath) -> object:
        if len(path) > MAX_DEPTH:
            raise self._problem_at(
                node.start_mark.line + 1, node.start_mark.column + 1, f"deeper than {MAX_DEPTH} levels"
            )
        self.positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return _scalar(node)

    def _mapping(self, node: MappingNode, path: MappingPath) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, ScalarNode):
                raise self._problem_at(line, column, "a key is a word here, not a list or a set of keys")
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                message = f'"{key}" is here a second time.'
                self.problems.append(
                    MappingFileProblem(line, column, format_path(path), message, "Keep one.", self.source)
                )
                continue
            self.positions[here] = (line, column)
            result[key] = self._value(value_node, here)
        return result

    def _problem_at(self, line: int, column: int, message: str) -> _ReadProblem:
        return _ReadProblem(MappingFileProblem(line, column, "", message, source=self.source))


def _scalar(node: Node) -> object:
    """A scalar by its resolved tag; dates and everything else stay text, for the models to check."""
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


def _is_tag(loc: MappingPath, step: str | int) -> bool:
    """Whether a step of a place is pydantic's name for a form, and no key of the file.

    ``field`` is both: a key of a translated source, and the tag of a plain one.
    """
    if step not in UNION_TAGS:
        return False
    before = loc[: loc.index(step)]
    inside = step == "field" and bool({"translated", "joined"} & set(before))
    return not inside and before[-1] != "match"


def _explain(kind: str, loc: MappingPath, message: str, raw: _Reader) -> MappingFileProblem:
    path = tuple(step for step in loc if step not in {"Selector", "tuple[str, ...]"} and not _is_tag(loc, step))
    line, column = raw.position_of(path)
    if kind == "extra_forbidden":
        key = str(path[-1])
        hint = did_you_mean(key, _keys_at(path[:-1]))
        return MappingFileProblem(line, column, format_path(path), "this key is not known here.", hint, raw.source)
    if kind == "missing":
        return MappingFileProblem(line, column, format_path(path), "this key is missing.", "", raw.source)
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
    return MappingFileProblem(
        line,
        column,
        format_path(path),
        texts.get(kind, f"{message}.".replace("Input should be", "this should be")),
        "",
        raw.source,
    )


def _keys_at(path: MappingPath) -> tuple[str, ...]:
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
