"""The domain is pure: nothing but the standard library, no clock, no environment, no I/O."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.conftest import ROOT

FILES = sorted((ROOT / "governance").glob("*.py"))
IMPURE = {"os", "io", "socket", "subprocess", "pathlib", "time", "random", "urllib", "http", "sqlite3", "threading"}


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_file_of_the_domain_imports_the_domain_and_the_standard_library_only(file: object) -> None:
    tree = ast.parse(file.read_text())  # type: ignore[attr-defined]
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= {*sys.stdlib_module_names, "governance"}
    assert not modules & IMPURE
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"now", "utcnow", "today"}, "the clock is passed in"
