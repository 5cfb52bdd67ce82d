"""Mapping files: the right ones load, the wrong ones say everything that is wrong, by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.load import LoadedMapping, load_mapping

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WRONG = sorted((HERE / "invalid").glob("*.yaml"))
RIGHT = [ROOT / "sandbox/story/mapping.yaml", *sorted((ROOT / "deploy/examples").glob("*.yaml"))]

SMALL = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {project: [ITX]}
    hierarchy: {portfolio: IT}
    roles: {owner: Assignee}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
"""


@pytest.mark.parametrize("file", WRONG, ids=[file.stem for file in WRONG])
def test_an_invalid_file_gives_all_its_problems(file: Path) -> None:
    problems = load_mapping(file.read_text(), file.name)
    assert isinstance(problems, tuple)
    assert "".join(f"{problem}\n" for problem in problems) == file.with_suffix(".txt").read_text()


@pytest.mark.parametrize("file", RIGHT, ids=[file.name for file in RIGHT])
def test_a_file_that_is_shipped_has_no_problems(file: Path) -> None:
    assert isinstance(load_mapping(file.read_text(), file.name), LoadedMapping)


def test_the_version_depends_on_the_content_and_not_on_its_layout() -> None:
    one, other = (
        load_mapping(SMALL),
        load_mapping("# a comment\n" + SMALL.replace("{project: [ITX]}", "{ project: [ ITX ] }")),
    )
    changed = load_mapping(SMALL.replace("ITX", "ITY"))
    assert isinstance(one, LoadedMapping)
    assert isinstance(other, LoadedMapping)
    assert isinstance(changed, LoadedMapping)
    assert one.version == other.version != changed.version


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    (problem,) = load_mapping("#" * 1_000_001)  # type: ignore[misc]
    assert problem.message == "the file is larger than 1,000,000 characters"


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    load_mapping(text)


@given(st.text(alphabet="abc:- \n{}[],&*!|>'\"#%@1.\t", max_size=200))
def test_no_yaml_raises(text: str) -> None:
    load_mapping(SMALL + text)
    load_mapping(text)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["version", "measures", "match", "a"]), inner)
    ),
    max_leaves=10,
)


@given(json_like)
def test_no_shape_raises(value: object) -> None:
    import json

    load_mapping(json.dumps(value))
    load_mapping(SMALL.replace("{portfolio: IT}", json.dumps(value)))
