"""An anchor: the head of the audit at a moment, signed, as a line of JSON that is kept outside of the database.

The key is Ed25519 (RFC 8032), derived from ``GATEPOST_SECRET_KEY``: whoever owns the database, and not that key, signs
nothing, and whoever has the public key (``gatepost audit key``) checks an anchor without Gatepost.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.timestamp import timestamp_text

PURPOSE = b"gatepost audit anchor 1"
"""What the key of anchors is derived for; see :meth:`connector.vault.Vault.derive_keys`."""


class AnchorInvalid(Exception):
    """The text is no anchor of this installation; the message says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the audit, as it was when the anchor was made."""

    number: int
    """From 1 on without a gap, in each sink by itself."""
    seq: int
    """The last entry of the audit."""
    hash: str
    """Of that entry, and so of everything before it."""
    at: datetime
    restart: str = ""
    """Why the audit is another one than that of the anchors before, for example after a restore; usually empty."""
    restarted: int = 0
    """The last anchor that has such a reason; 0 when none has.  In every anchor, so that no later one hides it."""


class AnchorKeys:
    """Signs with the first key, and accepts what any of them has signed."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self._keys = {key_id(key): key for key in map(Ed25519PrivateKey.from_private_bytes, seeds)}

    @property
    def public_key(self) -> str:
        """The key that checks new signatures: 32 bytes in base64."""
        return base64.b64encode(next(iter(self._keys.values())).public_key().public_bytes_raw()).decode()

    @property
    def public_keys(self) -> Mapping[str, str]:
        """Every key whose signatures count, by its name, in base64; the one that signs first."""
        return {
            name: base64.b64encode(key.public_key().public_bytes_raw()).decode() for name, key in self._keys.items()
        }

    def sign(self, anchor: Anchor) -> str:
        """The anchor as it is kept: one line of JSON."""
        name, key = next(iter(self._keys.items()))
        content = _content(anchor, name)
        return canonical_json({**content, "signature": base64.b64encode(key.sign(_signed(content))).decode()})

    def sign_bytes(self, signed: bytes) -> tuple[str, str]:
        """(name of the key, signature in base64) of something else, which begins with a purpose of its own."""
        name, key = next(iter(self._keys.items()))
        return name, base64.b64encode(key.sign(signed)).decode()

    def check_bytes(self, key: str, signature: str, signed: bytes) -> None:
        """Raises AnchorInvalid for a key that is not this installation's, and for a signature that does not fit."""
        known = self._keys.get(key)
        if known is None:
            raise AnchorInvalid("it is signed with a key that is not this installation's")
        try:
            known.public_key().verify(base64.b64decode(signature, validate=True), signed)
        except (InvalidSignature, ValueError) as error:
            raise AnchorInvalid("its signature does not fit its content") from error

    def read(self, text: str) -> Anchor:
        """The anchor in a text that was kept.  Raises AnchorInvalid."""
        try:
            found = dict(json.loads(text))
            signature = base64.b64decode(str(found.pop("signature")), validate=True)
            anchor = Anchor(
                int(found["number"]), int(found["seq"]), str(found["hash"]),
                datetime.fromisoformat(str(found["at"])), str(found["restart"]), int(found["restarted"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError) as error:
            raise AnchorInvalid("it cannot be read") from error
        key = self._keys.get(str(found.get("key")))
        if key is None:
            raise AnchorInvalid("it is signed with a key that is not this installation's")
        try:
            key.public_key().verify(signature, _signed(found))
        except InvalidSignature as error:
            raise AnchorInvalid("its signature does not fit its content") from error
        return anchor


def key_id(key: Ed25519PrivateKey) -> str:
    """A short name of the public key."""
    return hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]


def _content(anchor: Anchor, key: str) -> dict[str, object]:
    at = timestamp_text(anchor.at.replace(microsecond=0))
    return {"type": "gatepost.audit.head", "version": 1, "key": key, **asdict(anchor), "at": at}


def _signed(content: dict[str, object]) -> bytes:
    """The bytes under the signature: all but the signature, in the order of the names."""
    return PURPOSE + b"\n" + canonical_json(content).encode()


def canonical_json(content: Mapping[str, object]) -> str:
    """One text for one content, whatever the order of its keys: what is signed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
