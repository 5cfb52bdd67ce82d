"""A file with a detached signature beside it: ``FILE.sig``, one line of JSON.

The key is the one that signs heads of the audit (:mod:`connector.notify.audit_anchor`); what is signed begins with a
purpose of its own, so that no such signature is ever good for an anchor.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from connector.notify.audit_anchor import AnchorInvalid, AnchorKeys, canonical_json
from connector.timestamp import timestamp_text

PURPOSE = b"gatepost capitalisation 1\n"


class SignatureInvalid(Exception):
    """The file is not as it was signed; the message says why."""


@dataclass(frozen=True, slots=True)
class FileSignature:
    """What is signed of a file."""

    period: str
    sha256: str
    at: str
    """When it was written, in ISO form."""
    by: str
    type: str = "gatepost.capitalisation"
    version: int = 1


def signature_path(file: Path) -> Path:
    return file.with_name(f"{file.name}.sig")


def sign(keys: AnchorKeys, content: bytes, period: str, by: str, at: datetime) -> str:
    """The signature of a file's content, as it stands beside it."""
    signed = FileSignature(period, hashlib.sha256(content).hexdigest(), timestamp_text(at.replace(microsecond=0)), by)
    key, signature = keys.sign_bytes(_bytes(signed))
    return canonical_json({**asdict(signed), "key": key, "signature": signature}) + "\n"


def verify(keys: AnchorKeys, content: bytes, signature: str) -> FileSignature:
    """What was signed.  Raises SignatureInvalid."""
    try:
        found = dict(json.loads(signature))
        key, value = str(found.pop("key")), str(found.pop("signature"))
        signed = FileSignature(**found)
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureInvalid("the signature cannot be read") from error
    try:
        keys.check_bytes(key, value, _bytes(signed))
    except AnchorInvalid as error:
        raise SignatureInvalid(str(error)) from error
    if hashlib.sha256(content).hexdigest() != signed.sha256:
        raise SignatureInvalid("the file was changed after it was signed")
    return signed


def _bytes(signed: FileSignature) -> bytes:
    return PURPOSE + canonical_json(asdict(signed)).encode()
