"""Who may ring: every kind of proof, right and wrong, and only at the doors that a connection has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connector.errors import SignatureRejected
from connector.events.signatures import stamped_signature
from connector.events.webhook_auth import Proofs, prove
from connector.http.tool_access import DoorKind
from sandbox.delivery import hub_signature

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BODY = b'{"issue":{"id":"10001"}}'
SECRET = b"a secret of thirty-two characters"
CLIENT = "the OAuth app's own secret, long enough"


def bearer(secret: str = CLIENT, algorithm: str = "HS256", **claims: object) -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(secret), algorithms=[algorithm])


def ask(proofs: Proofs, *doors: DoorKind, secrets: tuple[bytes, ...] = (SECRET,)) -> DoorKind | str:
    """The kind by which the event was proved, or why it was refused."""
    try:
        return prove(BODY, proofs, doors=frozenset(doors), secrets=secrets, client_secret=CLIENT.encode(), now=NOW)
    except SignatureRejected as error:
        return error.reason


def stamped(seconds: int = 0, *, body: bytes = BODY, secret: bytes = SECRET, version: str = "v1") -> Proofs:
    stamp = str(int(NOW.timestamp()) + seconds)
    return Proofs(stamp=stamp, stamped=f"{version}={stamped_signature(body, stamp, secret).partition('=')[2]}")


SIGNED = Proofs(signature=hub_signature(SECRET.decode(), BODY))
LATER, EARLIER = int(NOW.timestamp()) + 60, int(NOW.timestamp()) - 600


@pytest.mark.parametrize(
    ("proofs", "doors", "outcome"),
    [
        (SIGNED, (DoorKind.SIGNATURE,), DoorKind.SIGNATURE),
        (Proofs(signature=hub_signature(SECRET.decode(), b"other")), (DoorKind.SIGNATURE,), "mismatch"),
        (SIGNED, (DoorKind.PATH,), "door_shut"),
        (Proofs(), (DoorKind.SIGNATURE,), "missing"),
        (Proofs(), (DoorKind.TOKEN, DoorKind.PATH), "missing"),
        (Proofs(bearer=bearer(exp=LATER)), (DoorKind.JWT,), DoorKind.JWT),
        (Proofs(bearer=bearer()), (DoorKind.JWT,), DoorKind.JWT),
        (Proofs(bearer=bearer(exp=EARLIER)), (DoorKind.JWT,), "expired"),
        (Proofs(bearer=bearer("another app's secret, as long")), (DoorKind.JWT,), "mismatch"),
        (Proofs(bearer=bearer(algorithm="HS512")), (DoorKind.JWT,), "mismatch"),
        (Proofs(bearer="eyJhbGciOiJub25lIn0.e30."), (DoorKind.JWT,), "mismatch"),
        (Proofs(bearer="no token"), (DoorKind.JWT,), "mismatch"),
        (Proofs(token=SECRET.decode()), (DoorKind.TOKEN,), DoorKind.TOKEN),
        (Proofs(token="guess"), (DoorKind.TOKEN,), "mismatch"),
        (Proofs(path=SECRET.decode()), (DoorKind.PATH,), DoorKind.PATH),
        (Proofs(path="guess"), (DoorKind.PATH,), "mismatch"),
        (Proofs(path=SECRET.decode()), (DoorKind.SIGNATURE,), "door_shut"),
        (stamped(), (DoorKind.STAMPED,), DoorKind.STAMPED),
        (stamped(-299), (DoorKind.STAMPED,), DoorKind.STAMPED),
        (stamped(-301), (DoorKind.STAMPED,), "expired"),
        (stamped(301), (DoorKind.STAMPED,), "expired"),
        (stamped(body=b"other"), (DoorKind.STAMPED,), "mismatch"),
        (stamped(secret=b"another secret"), (DoorKind.STAMPED,), "mismatch"),
        (stamped(version="v2"), (DoorKind.STAMPED,), "method_not_allowed"),
        (Proofs(stamp="now", stamped=stamped().stamped), (DoorKind.STAMPED,), "malformed"),
        (Proofs(stamp="9" * 30, stamped=stamped().stamped), (DoorKind.STAMPED,), "malformed"),
        (Proofs(stamp=stamped().stamp, stamped="v1="), (DoorKind.STAMPED,), "malformed"),
        (Proofs(stamped=stamped().stamped), (DoorKind.STAMPED,), "missing"),
        (stamped(), (DoorKind.SIGNATURE,), "door_shut"),
    ],
)
def test_an_event_is_proved_by_a_kind_that_the_connection_accepts(
    proofs: Proofs, doors: tuple[DoorKind, ...], outcome: DoorKind | str
) -> None:
    assert ask(proofs, *doors) == outcome


def test_the_strongest_proof_that_came_is_the_one_that_counts() -> None:
    """A wrong signature is not forgiven because a right token came with it."""
    both = Proofs(signature=hub_signature(SECRET.decode(), b"other"), token=SECRET.decode())
    assert ask(both, DoorKind.SIGNATURE, DoorKind.TOKEN) == "mismatch"


def test_the_time_of_an_event_is_part_of_what_is_signed() -> None:
    """An old event does not become a new one by another time in its header."""
    earlier = stamped(-3600)
    assert ask(Proofs(stamp=stamped().stamp, stamped=earlier.stamped), DoorKind.STAMPED) == "mismatch"


def test_a_short_secret_proves_nothing_by_itself() -> None:
    assert ask(Proofs(token="short"), DoorKind.TOKEN, secrets=(b"short",)) == "mismatch"


def test_both_secrets_of_a_rotation_open_the_door() -> None:
    older = b"the secret before, also long enough"
    for secret in (SECRET, older):
        assert ask(Proofs(path=secret.decode()), DoorKind.PATH, secrets=(SECRET, older)) is DoorKind.PATH


def test_a_shut_door_says_which_are_open() -> None:
    with pytest.raises(SignatureRejected, match=r"accepts no token; it accepts: path, signature\."):
        prove(
            BODY, Proofs(token="x"), doors=frozenset({DoorKind.SIGNATURE, DoorKind.PATH}), secrets=(SECRET,),
            client_secret=None, now=NOW,
        )  # fmt: skip
