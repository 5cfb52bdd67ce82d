"""The manifest of a pack: every file with its SHA-256, the entries of the audit, and what is not in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.papers.evidence.archive import NotAPack

TYPE, VERSION = "gatepost.evidence", 1
MANIFEST, SIGNATURE, PAGE = "manifest.json", "signature.json", "index.html"
ENTRIES, ANCHORS, DECISIONS, IMPORTS = "audit/entries.jsonl", "audit/anchors.json", "decisions.jsonl", "imports.json"
UNLISTED = frozenset({MANIFEST, SIGNATURE})
"""Files that no manifest can name: itself, and its signature."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself."""

    measure: Mapping[str, str]
    """``id``, ``key`` and ``title``."""
    as_of: str
    known_at: str
    made_at: str
    made_by: str
    seen_as: str
    """Whose view it is: what they may not see is not in it."""
    program: str
    """The version of Gatepost."""
    mapping_version: int | None
    policy_version: str
    keys: Mapping[str, str]
    """Public keys of the installation (Ed25519, base64) by their names; the one that signed is among them."""
    entries: tuple[tuple[int, str], ...]
    """Number and hash of each entry of the audit in the pack, in order."""
    head: tuple[int, str]
    """The end of the installation's audit when the pack was made."""
    chain: str
    """``sound``, ``broken`` or ``not checked``: what the installation found from the first of them to the head."""
    at_anchors: Mapping[int, str]
    """Hashes of the entries that the anchors name, as they stood in the installation's audit."""
    names_left_out: bool
    """Whether names of other parts of the organisation were taken out of the decisions."""
    left_out: tuple[str, ...]
    """What is not in the pack and why, as sentences."""
    files: Mapping[str, tuple[str, int]]
    """SHA-256 and size of each file."""


def manifest_bytes(manifest: Manifest) -> bytes:
    audit = {
        "entries": [list(one) for one in manifest.entries],
        "head": list(manifest.head),
        "chain": manifest.chain,
        "at_anchors": {str(seq): found for seq, found in sorted(manifest.at_anchors.items())},
    }
    content = {
        "type": TYPE, "version": VERSION, "measure": dict(manifest.measure), "as_of": manifest.as_of,
        "known_at": manifest.known_at, "made_at": manifest.made_at, "made_by": manifest.made_by,
        "seen_as": manifest.seen_as, "program": manifest.program, "mapping_version": manifest.mapping_version,
        "policy_version": manifest.policy_version, "keys": dict(manifest.keys), "audit": audit,
        "names_left_out": manifest.names_left_out, "left_out": list(manifest.left_out),
        "files": {name: {"sha256": sha, "bytes": size} for name, (sha, size) in sorted(manifest.files.items())},
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def read_manifest(content: bytes | None) -> Manifest:
    """Raises NotAPack."""
    if content is None:
        raise NotAPack("manifest.json is missing or damaged: without it nothing of the file can be checked.")
    try:
        found = json.loads(content)
        if (found["type"], found["version"]) != (TYPE, VERSION):
            raise NotAPack("manifest.json is not that of an evidence pack which this version of Gatepost reads.")
        return _manifest(found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotAPack("manifest.json cannot be read: it was changed.") from error


def _manifest(found: Mapping[str, Any]) -> Manifest:
    audit, version = found["audit"], found["mapping_version"]
    return Manifest(
        measure={name: str(found["measure"][name]) for name in ("id", "key", "title")},
        **{name: str(found[name]) for name in _TEXTS},
        mapping_version=int(version) if version is not None else None,
        keys={str(name): str(key) for name, key in found["keys"].items()},
        entries=tuple((int(seq), str(entry)) for seq, entry in audit["entries"]),
        head=(int(audit["head"][0]), str(audit["head"][1])),
        chain=str(audit["chain"]),
        at_anchors={int(seq): str(entry) for seq, entry in audit["at_anchors"].items()},
        names_left_out=bool(found["names_left_out"]),
        left_out=tuple(map(str, found["left_out"])),
        files={str(name): (str(one["sha256"]), int(one["bytes"])) for name, one in found["files"].items()},
    )


_TEXTS = ("as_of", "known_at", "made_at", "made_by", "seen_as", "program", "policy_version")
