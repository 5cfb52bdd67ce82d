"""What hundreds of tests would compile anew, each for an application and an engine of its own: made once per process,
and templates once for all processes of a run.

Templates, statements and routes are the same in each of them.  What is compiled does not depend on a test's data, so
that nothing of one test reaches another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from connector.store.database import engine as database_engine

STATEMENTS = 3000
"""So many are kept; all tests together have about half of that."""


@contextmanager
def compiled_once(folder: Path) -> Iterator[None]:
    """``folder`` is shared by the processes of one run, so that no later run finds what other sources made of a template."""
    with pytest.MonkeyPatch.context() as patch:
        _templates(patch, folder)
        _statements(patch)
        _routes(patch)
        yield


class _Bytecode(BytecodeCache):
    """What Jinja has made of templates; by their text, as it does itself.  In memory, and in files for other processes."""

    def __init__(self, folder: Path) -> None:
        self._made: dict[str, tuple[str, CodeType | None]] = {}
        self._files = FileSystemBytecodeCache(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._made.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code
            return
        self._files.load_bytecode(bucket)
        if bucket.code is not None:
            self._made[bucket.key] = (bucket.checksum, bucket.code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._made[bucket.key] = (bucket.checksum, bucket.code)
        self._files.dump_bytecode(bucket)


def _templates(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setitem(Flask.jinja_options, "bytecode_cache", _Bytecode(folder))


def _statements(patch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy keeps them by dialect, and each engine has its own dialect, which is as all the others."""
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def create(*arguments: Any, **options: Any) -> Engine:
        return create_engine(*arguments, **options, execution_options={"compiled_cache": shared})

    patch.setattr(database_engine, "create_engine", create)
    patch.setattr(PGDialect_psycopg, "__hash__", lambda _self: hash(PGDialect_psycopg), raising=False)
    patch.setattr(PGDialect_psycopg, "__eq__", lambda self, other: type(self) is type(other), raising=False)


def _routes(patch: pytest.MonkeyPatch) -> None:
    """Werkzeug reads some 250 routes, and compiles two functions for each that build its address; a test needs few."""
    compile_builder = Rule._compile_builder
    compile_rule = Rule.compile
    read: dict[tuple[object, ...], dict[str, Any]] = {}

    def compile_later(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        built: list[Callable[..., tuple[str, str]]] = []

        # Its own name for the rule: a route may have a part that is called ``self``.
        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            if not built:
                built.append(compile_builder(self, append_unknown))
            return built[0](rule, **values)

        return build

    def compile_once(self: Rule) -> None:
        key = (self.rule, self.host, self.subdomain, self.merge_slashes, self.map.host_matching)
        known = read.get(key)
        if known is None:
            compile_rule(self)
            # Converters may look at the map that they belong to; Werkzeug's own do not.
            read[key] = {name: getattr(self, name) for name in ("_parts", "_trace", "_converters")}
            return
        self._parts, self._trace, self._converters = (
            list(known["_parts"]),
            list(known["_trace"]),
            known["_converters"],
        )
        self.arguments |= set(known["_converters"])
        self._build = self._compile_builder(False).__get__(self, None)
        self._build_unknown = self._compile_builder(True).__get__(self, None)

    patch.setattr(Rule, "_compile_builder", compile_later)
    patch.setattr(Rule, "compile", compile_once)
