"""Events are parsed faster than answers of the tools, and by the same rules."""

from __future__ import annotations

import pytest

from connector.errors import InvalidPayload
from connector.http.json_values import as_object, as_text, parse_event, parse_object

TAKEN = [
    b'{"id": 10001}',
    b'{"id": 9223372036854775807}',
    b'{"id": "x", "id": "y"}',
    b'{"id": 1.5}',
    b'{"id": 1e-300}',
    b'{"id": "half \\ud83d of it"}',
    '{"id": "Köln"}'.encode("utf-16"),
    b"\xef\xbb\xbf" + b'{"id": "mark"}',
    b'{"id": "3e-4567"}',
]
REFUSED = [
    b"",
    b"[1]",
    b'"text"',
    b'{"id": 1',
    b'{"id": NaN}',
    b'{"id": 1e999}',
    b'{"id": 1E-999}',
    b'{"id": 0.' + b"0" * 400 + b"1}",
    b'{"id": "\x01"}',
    b'{"a":' * 5000,
]


@pytest.mark.parametrize("body", TAKEN)
def test_an_event_is_read_like_any_other_object(body: bytes) -> None:
    assert as_text(parse_event(body)["id"]) == as_text(parse_object(body)["id"]) != ""


@pytest.mark.parametrize("body", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_object_is_no_event(body: bytes) -> None:
    for parse in (parse_object, parse_event):
        with pytest.raises(InvalidPayload):
            parse(body)


def test_only_an_object_is_taken_for_one() -> None:
    assert [as_object(value) for value in ({"a": 1}, [1], "x", None)] == [{"a": 1}, {}, {}, {}]
