"""The archive of an evidence pack: written so that the same content gives the same bytes, and read within bounds."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

MAX_FILES = 5_000
MAX_ARCHIVE_BYTES = 1_000_000_000
MAX_CONTENT_BYTES = 1_000_000_000
"""Of all files together, unpacked."""
MAX_TEXT_BYTES = 100_000_000
"""Of one file that is read whole; what was imported is only hashed."""
MAX_DIRECTORY_BYTES = 5_000_000
CHUNK = 1 << 20
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP archive can hold: no file of a pack says when it was written."""
_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20


class NotAPack(Exception):
    """The file is no evidence pack that can be read; the message says why, as a sentence."""


def write_archive(contents: Mapping[str, bytes], target: IO[bytes]) -> None:
    """In the order of the names, with a fixed time and one method."""
    with ZipFile(target, "w") as archive:
        for name in sorted(contents):
            info = ZipInfo(name, FIXED_TIME)
            info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, contents[name], compresslevel=6)


class PackArchive:
    """A pack that somebody gives; whoever made it may mean harm."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises NotAPack."""
        _check_size(file)
        try:
            self._archive = ZipFile(file)
        except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise NotAPack("The file is damaged: it cannot be read as a ZIP archive.") from error
        infos = self._archive.infolist()
        if len(infos) > MAX_FILES or sum(one.file_size for one in infos) > MAX_CONTENT_BYTES:
            raise NotAPack(_TOO_LARGE)
        self._infos = {one.filename: one for one in infos}
        self.doubled = sorted({one.filename for one in infos if self._infos[one.filename] is not one})
        """Names under which there are several files: which one is meant nobody can say."""
        self._file = file
        self._left = MAX_CONTENT_BYTES * 2

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._infos)

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file, hexadecimal; ``None`` for one whose bytes cannot be read."""
        found = hashlib.sha256()
        return found.hexdigest() if self._read(name, found.update, MAX_CONTENT_BYTES) else None

    def read(self, name: str) -> bytes | None:
        """A whole file; ``None`` for one that is not there or cannot be read.  Raises NotAPack when it is too large."""
        parts: list[bytes] = []
        if name not in self._infos:
            return None
        if self._infos[name].file_size > MAX_TEXT_BYTES:
            raise NotAPack(f"{shown(name)} is larger than {MAX_TEXT_BYTES // 1_000_000} MB: it is not read.")
        return b"".join(parts) if self._read(name, parts.append, MAX_TEXT_BYTES) else None

    def is_as_written(self) -> bool | None:
        """Whether also what is around the files is byte for byte as we write it; ``None`` for a large archive."""
        if sum(one.file_size for one in self._infos.values()) > MAX_TEXT_BYTES:
            return None
        contents = {name: self.read(name) for name in self._infos}
        written = BytesIO()
        write_archive({name: content for name, content in contents.items() if content is not None}, written)
        self._file.seek(0)
        return self._file.read(len(written.getvalue()) + 1) == written.getvalue()

    def _read(self, name: str, take: Callable[[bytes], object], limit: int) -> bool:
        """Chunk by chunk: what the archive says about a size is not relied on.  Raises NotAPack beyond a limit."""
        info = self._infos[name]
        if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or info.flag_bits & 1:
            return False
        done = 0
        try:
            with self._archive.open(info) as source:
                while chunk := source.read(CHUNK):
                    done += len(chunk)
                    self._left -= len(chunk)
                    if done > limit or self._left < 0:
                        raise NotAPack(_TOO_LARGE)
                    take(chunk)
        except (BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError):
            return False
        return True


def safe_name(name: str) -> str:
    """The last part of a file's name with nothing that a system reads as a folder or a command."""
    kept = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in Path(name).name)
    return kept.lstrip(".-")[-80:] or "file"


def shown(text: object) -> str:
    """Something that a stranger wrote, for a line of a terminal."""
    kept = "".join(one if one.isprintable() else "?" for one in str(text))
    return kept if len(kept) <= 120 else f"{kept[:117]}..."


def _check_size(file: BinaryIO) -> None:
    """Before the list of files is read: it alone can be made to fill the memory."""
    size = file.seek(0, os.SEEK_END)
    if size > MAX_ARCHIVE_BYTES:
        raise NotAPack(_TOO_LARGE)
    if size < _END.size:
        raise NotAPack("The file is no evidence pack: it is no ZIP archive.")
    file.seek(-_END.size, os.SEEK_END)
    sign, _, _, _, files, directory, _, comment = _END.unpack(file.read(_END.size))
    if sign != b"PK\x05\x06" or comment:
        raise NotAPack("The file is no evidence pack: it does not end as one, or something was added behind its end.")
    if files > MAX_FILES or directory > MAX_DIRECTORY_BYTES or _has_locator(file, size):
        raise NotAPack(_TOO_LARGE)
    file.seek(0)


def _has_locator(file: BinaryIO, size: int) -> bool:
    """Whether sizes are stated a second time, as only an archive beyond the limits needs."""
    if size < _END.size + _LOCATOR_BYTES:
        return False
    file.seek(-_END.size - _LOCATOR_BYTES, os.SEEK_END)
    return file.read(4) == _ZIP64_LOCATOR


_TOO_LARGE = (
    f"The file is larger than an evidence pack may be: {MAX_FILES:,} files, "
    f"{MAX_CONTENT_BYTES // 1_000_000:,} MB unpacked. Nothing of it was checked."
)
