"""Authentication of events: every kind, right and wrong, and only those that a connection accepts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connector.errors import WebhookAuthFailed
from connector.events.signatures import timestamped_signature
from connector.events.webhook_auth import EventCredentials, authenticate_event
from connector.http.tool_access import WebhookAuth
from sandbox.delivery import hub_signature

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BODY = b'{"issue":{"id":"10001"}}'
SECRET = b"a secret of thirty-two characters"
CLIENT = "the OAuth app's own secret, long enough"


def bearer(secret: str = CLIENT, algorithm: str = "HS256", **claims: object) -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(secret), algorithms=[algorithm])


def authenticate(
    credentials: EventCredentials, *accepted: WebhookAuth, secrets: tuple[bytes, ...] = (SECRET,)
) -> WebhookAuth | str:
    """The kind by which the event was authenticated, or why it was refused."""
    try:
        return authenticate_event(
            BODY, credentials, accepted=frozenset(accepted), secrets=secrets, client_secret=CLIENT.encode(), now=NOW
        )
    except WebhookAuthFailed as error:
        return error.reason


def timestamped(
    seconds: int = 0, *, body: bytes = BODY, secret: bytes = SECRET, version: str = "v1"
) -> EventCredentials:
    stamp = str(int(NOW.timestamp()) + seconds)
    return EventCredentials(
        timestamp=stamp,
        timestamped_signature=f"{version}={timestamped_signature(body, stamp, secret).partition('=')[2]}",
    )


SIGNED = EventCredentials(signature=hub_signature(SECRET.decode(), BODY))
LATER, EARLIER, FAR = (int(NOW.timestamp()) + seconds for seconds in (60, -600, 600))


@pytest.mark.parametrize(
    ("credentials", "accepted", "outcome"),
    [
        (SIGNED, (WebhookAuth.SIGNATURE,), WebhookAuth.SIGNATURE),
        (EventCredentials(signature=hub_signature(SECRET.decode(), b"other")), (WebhookAuth.SIGNATURE,), "mismatch"),
        (SIGNED, (WebhookAuth.URL_SECRET,), "auth_not_allowed"),
        (EventCredentials(), (WebhookAuth.SIGNATURE,), "missing"),
        (EventCredentials(), (WebhookAuth.TOKEN, WebhookAuth.URL_SECRET), "missing"),
        (EventCredentials(bearer=bearer(exp=LATER)), (WebhookAuth.JWT,), WebhookAuth.JWT),
        (EventCredentials(bearer=bearer()), (WebhookAuth.JWT,), "no_expiry"),
        (EventCredentials(bearer=bearer(exp=None)), (WebhookAuth.JWT,), "no_expiry"),
        (EventCredentials(bearer=bearer(exp=float("inf"))), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=float("nan"))), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=10**400)), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=str(LATER))), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=True)), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=LATER, iat=None)), (WebhookAuth.JWT,), "malformed"),
        (EventCredentials(bearer=bearer(exp=LATER, iat=LATER, nbf=EARLIER)), (WebhookAuth.JWT,), WebhookAuth.JWT),
        (EventCredentials(bearer=bearer(exp=LATER, iat=FAR)), (WebhookAuth.JWT,), "not_yet_valid"),
        (EventCredentials(bearer=bearer(exp=LATER, nbf=FAR)), (WebhookAuth.JWT,), "not_yet_valid"),
        (EventCredentials(bearer=bearer(exp=EARLIER)), (WebhookAuth.JWT,), "expired"),
        (EventCredentials(bearer=bearer("another app's secret, as long")), (WebhookAuth.JWT,), "mismatch"),
        (EventCredentials(bearer=bearer(algorithm="HS512")), (WebhookAuth.JWT,), "mismatch"),
        (EventCredentials(bearer="eyJhbGciOiJub25lIn0.e30."), (WebhookAuth.JWT,), "mismatch"),
        (EventCredentials(bearer="no token"), (WebhookAuth.JWT,), "mismatch"),
        (EventCredentials(token=SECRET.decode()), (WebhookAuth.TOKEN,), WebhookAuth.TOKEN),
        (EventCredentials(token="guess"), (WebhookAuth.TOKEN,), "mismatch"),
        (EventCredentials(url_secret=SECRET.decode()), (WebhookAuth.URL_SECRET,), WebhookAuth.URL_SECRET),
        (EventCredentials(url_secret="guess"), (WebhookAuth.URL_SECRET,), "mismatch"),
        (EventCredentials(url_secret=SECRET.decode()), (WebhookAuth.SIGNATURE,), "auth_not_allowed"),
        (timestamped(), (WebhookAuth.TIMESTAMPED,), WebhookAuth.TIMESTAMPED),
        (timestamped(-299), (WebhookAuth.TIMESTAMPED,), WebhookAuth.TIMESTAMPED),
        (timestamped(-301), (WebhookAuth.TIMESTAMPED,), "expired"),
        (timestamped(301), (WebhookAuth.TIMESTAMPED,), "expired"),
        (timestamped(body=b"other"), (WebhookAuth.TIMESTAMPED,), "mismatch"),
        (timestamped(secret=b"another secret"), (WebhookAuth.TIMESTAMPED,), "mismatch"),
        (timestamped(version="v2"), (WebhookAuth.TIMESTAMPED,), "method_not_allowed"),
        (
            EventCredentials(timestamp="now", timestamped_signature=timestamped().timestamped_signature),
            (WebhookAuth.TIMESTAMPED,),
            "malformed",
        ),
        (
            EventCredentials(timestamp="9" * 30, timestamped_signature=timestamped().timestamped_signature),
            (WebhookAuth.TIMESTAMPED,),
            "malformed",
        ),
        (
            EventCredentials(timestamp=timestamped().timestamp, timestamped_signature="v1="),
            (WebhookAuth.TIMESTAMPED,),
            "malformed",
        ),
        (
            EventCredentials(timestamped_signature=timestamped().timestamped_signature),
            (WebhookAuth.TIMESTAMPED,),
            "missing",
        ),
        (timestamped(), (WebhookAuth.SIGNATURE,), "auth_not_allowed"),
    ],
)
def test_an_event_is_authenticated_by_a_kind_that_the_connection_accepts(
    credentials: EventCredentials, accepted: tuple[WebhookAuth, ...], outcome: WebhookAuth | str
) -> None:
    assert authenticate(credentials, *accepted) == outcome


def test_the_strongest_kind_that_an_event_carries_decides() -> None:
    """A wrong signature is refused although a right token came with it."""
    both = EventCredentials(signature=hub_signature(SECRET.decode(), b"other"), token=SECRET.decode())
    assert authenticate(both, WebhookAuth.SIGNATURE, WebhookAuth.TOKEN) == "mismatch"


def test_the_signature_covers_the_time_of_an_event() -> None:
    """Another time in its header does not make an old event a new one."""
    earlier = timestamped(-3600)
    assert (
        authenticate(
            EventCredentials(timestamp=timestamped().timestamp, timestamped_signature=earlier.timestamped_signature),
            WebhookAuth.TIMESTAMPED,
        )
        == "mismatch"
    )


def test_a_short_secret_alone_authenticates_nothing() -> None:
    assert authenticate(EventCredentials(token="short"), WebhookAuth.TOKEN, secrets=(b"short",)) == "mismatch"


def test_both_secrets_of_a_rotation_are_accepted() -> None:
    older = b"the secret before, also long enough"
    for secret in (SECRET, older):
        assert (
            authenticate(EventCredentials(url_secret=secret.decode()), WebhookAuth.URL_SECRET, secrets=(SECRET, older))
            is WebhookAuth.URL_SECRET
        )


def test_a_refused_kind_names_those_that_are_accepted() -> None:
    with pytest.raises(
        WebhookAuthFailed, match=r"does not accept token authentication; it accepts: signature, url_secret\."
    ):
        authenticate_event(
            BODY, EventCredentials(token="x"), accepted=frozenset({WebhookAuth.SIGNATURE, WebhookAuth.URL_SECRET}), secrets=(SECRET,),
            client_secret=None, now=NOW,
        )  # fmt: skip
