"""What digests are made of stays the same text, whatever writes it: stored digests are compared with new ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.store.database.json_codec import Json, canonical_json, to_json

plain = st.none() | st.booleans() | st.integers() | st.text()
documents = st.recursive(plain, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=20)


def by_python(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@given(documents)
def test_canonical_json_is_what_python_writes(value: Json) -> None:
    assert canonical_json(value) == by_python(value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"b": "GATE_ORDER · Zürich", "a": ["€", "\U0001f600", "\uffff\U00010000"]}, id="not ASCII"),
        pytest.param({"\U00010000": 1, "\uffff": 2, "ä": 3, "z": 4}, id="keys in the order of their characters"),
        pytest.param({"text": '\x00\x1f\x7f"\\\n/<>\u2028'}, id="control characters"),
        pytest.param({"text": "\ud800"}, id="half a character"),
        pytest.param({"number": 2**80}, id="more than 64 bits"),
        pytest.param([], id="nothing"),
    ],
)
def test_canonical_json_of_what_orjson_writes_otherwise(value: Json) -> None:
    assert canonical_json(value) == by_python(value)


def test_nothing_of_the_domain_becomes_a_float() -> None:
    with pytest.raises(TypeError):
        to_json({"share": 0.5})
