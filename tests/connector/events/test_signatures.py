"""Signatures over raw bytes."""

from __future__ import annotations

import pytest

from connector.errors import WebhookAuthFailed
from connector.events.signatures import verify_hub_signature
from sandbox.delivery import hub_signature

SECRET, BODY = b"It's a Secret to Everybody", b"Hello World!"
OFFICIAL = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
"""The vendor's own test vector: https://developer.atlassian.com/cloud/jira/platform/webhooks/
``printf 'Hello World!' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"`` gives the same."""


def test_the_official_vector_is_accepted() -> None:
    verify_hub_signature(BODY, OFFICIAL, [SECRET])
    assert hub_signature(SECRET.decode(), BODY) == OFFICIAL


@pytest.mark.parametrize("secrets", [[SECRET, b"other"], [b"other", SECRET]])
def test_either_of_two_secrets_is_accepted(secrets: list[bytes]) -> None:
    verify_hub_signature(BODY, OFFICIAL, secrets)


def test_hexadecimal_in_capitals_is_accepted() -> None:
    verify_hub_signature(BODY, OFFICIAL.upper().replace("SHA256", "sha256"), [SECRET])


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        ("sha256", "malformed"),
        ("sha256=", "malformed"),
        ("sha1=a4771c39", "method_not_allowed"),
        ("none=a4771c39", "method_not_allowed"),
        (OFFICIAL[:-1] + "0", "mismatch"),
        ("sha256=ä", "mismatch"),
    ],
)
def test_anything_else_is_rejected_with_a_reason(header: str | None, reason: str) -> None:
    with pytest.raises(WebhookAuthFailed) as caught:
        verify_hub_signature(BODY, header, [SECRET])
    assert caught.value.reason == reason


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(WebhookAuthFailed):
        verify_hub_signature(BODY, OFFICIAL, [])
