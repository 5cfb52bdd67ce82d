"""Event bodies at rest."""

from __future__ import annotations

import zlib

import pytest

from connector.store.queue.event_bodies import compress, decompress


@pytest.mark.parametrize("body", [b"{}", b'{"a": 1}' * 1000, b" \n{}", "{'ä': '\u20ac'}".encode(), b""])
def test_a_body_comes_back_as_it_was(body: bytes) -> None:
    assert decompress(compress(body)) == body


def test_a_body_of_the_version_before_is_read_as_it_stands() -> None:
    assert decompress(b'{"webhookEvent": "x"}') == b'{"webhookEvent": "x"}'


def test_real_json_shrinks() -> None:
    body = b'{"issue": {"id": "10001", "fields": {"summary": "Retire the legacy CRM"}}}' * 100
    assert len(compress(body)) < len(body) / 10


def test_what_either_library_has_packed_is_read() -> None:
    body = b'{"webhookEvent": "x"}' * 100
    assert decompress(zlib.compress(body, 1)) == body
    assert zlib.decompress(compress(body)) == body
