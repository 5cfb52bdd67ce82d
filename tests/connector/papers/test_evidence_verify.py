"""The check of an evidence pack: what holds, and what each kind of change is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from connector.notify.audit_anchor import Anchor, AnchorKeys
from connector.papers.evidence import archive
from connector.papers.evidence.archive import safe_name, write_archive
from connector.papers.evidence.finding import Outcome, PackVerification
from connector.papers.evidence.manifest import Manifest, manifest_bytes, read_manifest
from connector.papers.evidence.signature import sign_manifest
from connector.papers.evidence.verify import verify_pack
from connector.store.database.json_codec import Json, json_digest

KEYS, OTHERS = AnchorKeys([b"k" * 32]), AnchorKeys([b"x" * 32])
MEASURE = "jira-main/10001"
VERDICT: dict[str, Json] = {"gate": "open"}
DIGEST = json_digest([VERDICT, {}])
AT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
Files = dict[str, bytes]


def chain(*numbers: int) -> list[tuple[int, str, str]]:
    """Number, hash and content of entries; those in between are of something else."""
    found, previous = [], ""
    for seq in range(1, max(numbers) + 1):
        action, detail = ("measure.assessed", {"digest": DIGEST}) if seq == 1 else ("command.accepted", {"text": "ok"})
        parts = [seq, previous, "2026-02-10T09:00:00.000000Z", "Kaya", action, MEASURE, detail, 1, "abc"]
        content = json.dumps(parts)
        previous = hashlib.sha256(content.encode()).hexdigest()
        if seq in numbers:
            found.append((seq, previous, content))
    return found


def lines(entries: list[tuple[int, str, str]]) -> bytes:
    return b"".join(json.dumps({"seq": s, "hash": h, "content": c}).encode() + b"\n" for s, h, c in entries)


ENTRIES = chain(1, 2, 3)


def anchor(seq: int = 3, found: str = ENTRIES[2][1], keys: AnchorKeys = KEYS, number: int = 1) -> bytes:
    text = keys.sign(Anchor(1, seq, found, AT))
    return json.dumps([{"sink": "file:/anchors", "number": number, "text": text}]).encode()


def pack(changed: Files | None = None, *, keys: AnchorKeys = KEYS, chain_state: str = "sound") -> Files:
    """A pack as it is made, with other contents under some names."""
    files = {
        "index.html": b"<p>page</p>",
        "verdict.json": b"{}",
        "decisions.jsonl": json.dumps({"id": 7, "digest": DIGEST, "verdict": VERDICT, "evidence": {}}).encode(),
        "imported/book.csv": b"a;b",
        "imports.json": json.dumps(
            [{"id": 4, "sha256": hashlib.sha256(b"a;b").hexdigest(), "stored_as": "imported/book.csv"}]
        ).encode(),
        "audit/entries.jsonl": lines(ENTRIES),
        "audit/anchors.json": anchor(),
        **(changed or {}),
    }
    entries = [json.loads(line) for line in files["audit/entries.jsonl"].splitlines()]
    manifest = Manifest(
        {"id": MEASURE, "key": "ITX-1", "title": "CRM"}, "2026-02-10", "2026-02-10T23:59:59Z", "2026-03-01T08:00:00Z",
        "root", "command line", "1", 1, "abc", keys.public_keys, tuple((one["seq"], one["hash"]) for one in entries),
        (9, "h9"), chain_state, {3: ENTRIES[2][1]}, False, (),
        {name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()},
    )  # fmt: skip
    return signed(files, manifest, keys)


def signed(files: Files, manifest: Manifest, keys: AnchorKeys = KEYS) -> Files:
    written = manifest_bytes(manifest)
    return {**files, "manifest.json": written, "signature.json": sign_manifest(keys, written)}


def zipped(files: Files) -> BytesIO:
    found = BytesIO()
    write_archive(files, found)
    return found


def checked(files: Files, key: str | None = KEYS.public_key) -> PackVerification:
    return verify_pack(zipped(files), key)


def texts(found: PackVerification, outcome: Outcome) -> list[str]:
    return [one.text for one in found.findings if one.outcome is outcome]


def test_a_pack_as_it_was_made_holds() -> None:
    found = checked(pack())
    assert not found.is_broken
    assert texts(found, Outcome.HOLDS) == [
        "7 files, each with the SHA-256 of the manifest.",
        f"The manifest is as it was signed, with the key {KEYS.public_key}.",
        "That is the key that you gave.",
        "The audit: 3 entries from 1 to 3, each with the hash of its content.",
        "The chain from entry 1 to entry 3 has no gap and was recomputed.",
        "When the pack was made Gatepost recomputed its own chain from the first of them to entry 9, and it held. "
        "Gatepost says so itself, under its signature.",
        "1 anchor outside of the database: signed, and of this audit.",
        "1 decision, each as the audit has it.",
        "1 imported file, with the bytes that were imported.",
    ]
    assert zipped(pack()).getvalue() == zipped(dict(reversed(pack().items()))).getvalue()


def test_what_cannot_be_checked_is_said() -> None:
    some = chain(1, 3)
    files = pack({"audit/entries.jsonl": lines(some), "audit/anchors.json": b"[]"}, chain_state="not checked")
    assert texts(checked(files, None), Outcome.NOT_CHECKED) == [
        "Whether that is the key of your installation cannot be known from the pack itself.",
        "Between these entries stand 1 entry about something else, whose content is not in the pack. That nothing was "
        "changed there is checked where Gatepost runs.",
        "The installation did not recompute its own chain when the pack was made.",
        "No anchor is in the pack: only Gatepost's own signature says when these entries stood.",
    ]
    assert [one.remedy.command for one in checked(files, None).findings if one.remedy.command] == [
        "Compare it with gatepost audit key, or give that to the check with --key.",
        "There: gatepost audit verify",
    ]
    assert not checked(files, None).is_broken


CHANGED = lines([ENTRIES[0], (2, ENTRIES[1][1], ENTRIES[1][2].replace("Kaya", "Novak")), ENTRIES[2]])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verdict.json": b"{ }"}, ["verdict.json was changed: its SHA-256 is not the one in the manifest."]),
        ({"verdict.json": None}, ["verdict.json was removed: the manifest names it."]),
        ({"more.txt": b"x"}, ["more.txt was added: the manifest does not name it."]),
        ({"a\x1b[2Jb": b"x"}, ["a?[2Jb was added: the manifest does not name it."]),
        ({"signature.json": None}, ["signature.json was removed: who made the manifest is not known."]),
        (
            {"manifest.json": b"{"},
            ["manifest.json cannot be read: it was changed."],
        ),
        (
            {"manifest.json": None},
            ["manifest.json is missing or damaged: without it nothing of the file can be checked."],
        ),
        (
            {"audit/entries.jsonl": lines([ENTRIES[0], ENTRIES[2]])},
            [
                "audit/entries.jsonl was changed: its SHA-256 is not the one in the manifest.",
                "Audit entry 2 was removed.",
            ],
        ),
        (
            {"audit/entries.jsonl": CHANGED},
            [
                "audit/entries.jsonl was changed: its SHA-256 is not the one in the manifest.",
                "Audit entry 2 was changed: its content does not give its hash.",
            ],
        ),
        (
            {"audit/entries.jsonl": lines([ENTRIES[1], ENTRIES[0], ENTRIES[2]])},
            [
                "audit/entries.jsonl was changed: its SHA-256 is not the one in the manifest.",
                "Audit entry 1 is not in its place: it stands behind entry 2.",
            ],
        ),
        (
            {"audit/entries.jsonl": lines([*ENTRIES, chain(4)[0]])},
            [
                "audit/entries.jsonl was changed: its SHA-256 is not the one in the manifest.",
                "Audit entry 4 was added: the manifest does not name it.",
            ],
        ),
        (
            {"audit/entries.jsonl": lines(ENTRIES) + b'{"seq": 4}\n'},
            [
                "audit/entries.jsonl was changed: its SHA-256 is not the one in the manifest.",
                "Line 4 of audit/entries.jsonl is no entry of the audit.",
            ],
        ),
    ],
)
def test_what_somebody_changes_afterwards_is_named(change: dict[str, bytes | None], expected: list[str]) -> None:
    files = {name: content for name, content in (pack() | change).items() if content is not None}
    assert texts(checked(files), Outcome.BROKEN) == expected


def _rewritten(seq: int) -> bytes:
    """An entry with another content and the hash of it."""
    found = list(ENTRIES)
    content = found[seq - 1][2].replace("Kaya", "Novak")
    found[seq - 1] = (seq, hashlib.sha256(content.encode()).hexdigest(), content)
    return lines(found)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            lambda: pack({"audit/entries.jsonl": _rewritten(2)}),
            ["Audit entry 3 does not follow entry 2: one of them is another one."],
        ),
        (
            lambda: pack({"audit/entries.jsonl": _rewritten(3)}),
            ["Anchor 1 of file:/anchors holds another entry 3 than the audit: entries were changed after it was kept."],
        ),
        (
            lambda: pack({"audit/anchors.json": anchor(seq=8)}),
            ["Anchor 1 of file:/anchors names entry 8, which the audit did not have."],
        ),
        (
            lambda: pack({"audit/anchors.json": anchor(keys=OTHERS)}),
            ["Anchor 1 of file:/anchors does not count: its signature does not fit, or is of another key."],
        ),
        (
            lambda: pack({"audit/anchors.json": anchor(number=2)}),
            ["Anchor 2 of file:/anchors was written as anchor 1."],
        ),
        (
            lambda: pack(chain_state="broken"),
            ["The audit of the installation itself did not hold when the pack was made."],
        ),
        (lambda: pack({"decisions.jsonl": b""}), [f"A decision of the audit is missing: {DIGEST}."]),
        (
            lambda: pack(
                {"decisions.jsonl": json.dumps({"id": 7, "digest": DIGEST, "verdict": {}, "evidence": {}}).encode()}
            ),
            [
                "Decision 7 is not what was decided: its content does not give its digest.",
                f"A decision of the audit is missing: {DIGEST}.",
            ],
        ),
        (
            lambda: pack({"imported/book.csv": b"other"}),
            ["The file of import 4, imported/book.csv, is not the one that was imported."],
        ),
    ],
)
def test_what_a_manifest_made_anew_does_not_hide(files: Callable[[], Files], expected: list[str]) -> None:
    assert texts(checked(files()), Outcome.BROKEN) == expected


def test_a_manifest_made_anew_needs_the_key() -> None:
    files = pack()
    forged = replace(read_manifest(files["manifest.json"]), made_by="Nobody")
    without = {**files, "manifest.json": manifest_bytes(forged)}
    fits = ["The manifest was changed after it was signed: its signature does not fit."]
    assert texts(checked(without), Outcome.BROKEN) == fits
    assert texts(checked(signed(files, forged, OTHERS)), Outcome.BROKEN) == fits
    other = pack({"audit/anchors.json": anchor(keys=OTHERS)}, keys=OTHERS)
    assert texts(checked(other), Outcome.BROKEN) == [
        "The pack was signed with another key than the one that you gave: another installation made it."
    ]


def test_each_changed_byte_is_found() -> None:
    whole = zipped(pack()).getvalue()
    for position in range(60, len(whole) - 22, 97):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        found = verify_pack(BytesIO(bytes(damaged)), KEYS.public_key)
        around = any(one.startswith("The archive around the files") for one in texts(found, Outcome.NOT_CHECKED))
        assert found.is_broken or around, position


def test_what_is_no_pack_and_what_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(content: bytes) -> list[str]:
        return texts(verify_pack(BytesIO(content)), Outcome.BROKEN)

    assert broken(b"") == ["The file is no evidence pack: it is no ZIP archive."]
    ends = "The file is no evidence pack: it does not end as one, or something was added behind its end."
    assert broken(b"x" * 100) == [ends]
    assert broken(zipped(pack()).getvalue() + b"more") == [ends]
    large = (
        "The file is larger than an evidence pack may be: 5,000 files, 1,000 MB unpacked. Nothing of it was checked."
    )
    many = BytesIO()
    with ZipFile(many, "w") as target:
        for number in range(archive.MAX_FILES + 1):
            target.writestr(str(number), b"")
    assert broken(many.getvalue()) == [large]
    monkeypatch.setattr(archive, "MAX_CONTENT_BYTES", 1_000_000)
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as target:
        target.writestr("manifest.json", b" " * 2_000_000)
    assert len(bomb.getvalue()) < 5_000
    assert broken(bomb.getvalue()) == [large]
    twice = zipped(pack())
    with pytest.warns(UserWarning, match="Duplicate"), ZipFile(twice, "a") as target:
        target.writestr("verdict.json", b"{}")
    assert broken(twice.getvalue()) == ["verdict.json is in the archive several times."]


def test_names_of_imported_files_are_names() -> None:
    assert [safe_name(one) for one in ("../../etc/passwd", ".profile", "Bücher 1.csv", "")] == [
        "passwd", "profile", "B_cher_1.csv", "file",
    ]  # fmt: skip
