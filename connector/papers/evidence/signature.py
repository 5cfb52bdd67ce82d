"""The signature of a pack and of the anchors in it, checked with public keys alone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connector.notify.audit_anchor import PURPOSE, AnchorKeys, canonical_json

PACK_PURPOSE = b"gatepost evidence pack 1"
"""What stands before the bytes of a manifest under its signature, so that it is none of anything else."""


@dataclass(frozen=True, slots=True)
class SignedAnchor:
    """What an anchor in a pack says, once its signature holds."""

    number: int
    seq: int
    hash: str
    at: str
    restarted: int


def sign_manifest(keys: AnchorKeys, manifest: bytes) -> bytes:
    """The file ``signature.json``."""
    key, signature = keys.sign_bytes(_signed(manifest))
    content = {"type": "gatepost.evidence.signature", "key": key, "signature": signature}
    return json.dumps(content, indent=1).encode()


def manifest_key(manifest: bytes, signature: bytes, keys: Mapping[str, str]) -> str | None:
    """The public key (base64) under whose signature a manifest stands; ``None`` when no signature holds."""
    try:
        found = json.loads(signature)
        key = keys[str(found["key"])]
        holds = _holds(key, str(found["key"]), str(found["signature"]), _signed(manifest))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return key if holds else None


def read_anchor(text: str, keys: Mapping[str, str]) -> SignedAnchor | None:
    """The anchor in a text; ``None`` when it cannot be read, or its signature is of no such key."""
    try:
        content = dict(json.loads(text))
        signature, key = str(content.pop("signature")), str(content["key"])
        signed = PURPOSE + b"\n" + canonical_json(content).encode()
        if not _holds(keys[key], key, signature, signed):
            return None
        return SignedAnchor(
            int(content["number"]), int(content["seq"]), str(content["hash"]), str(content["at"]),
            int(content["restarted"]),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _signed(manifest: bytes) -> bytes:
    return PACK_PURPOSE + b"\n" + hashlib.sha256(manifest).hexdigest().encode()


def _holds(key: str, name: str, signature: str, signed: bytes) -> bool:
    """Raises ValueError for what is no key or no signature."""
    raw = base64.b64decode(key, validate=True)
    if hashlib.sha256(raw).hexdigest()[:16] != name:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature, validate=True), signed)
    except InvalidSignature:
        return False
    return True
