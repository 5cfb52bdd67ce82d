"""The rows of a bill of the cloud: CSV, packed with gzip or not, and Parquet; several parts come as one ZIP."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from itertools import chain
from zipfile import BadZipFile, ZipFile, ZipInfo

from connector.finance.files.delimited import decode, find_delimiter
from connector.finance.files.limits import MAX_FILE_BYTES, MAX_PARTS, MAX_UNPACKED_BYTES, FileRefused

Rows = Iterable[Mapping[str, object]]
DAMAGED = "The bill is damaged or was not sent whole."


def read_bill_file(content: bytes) -> tuple[Sequence[str], Rows]:
    """The columns, and the rows one after the other.  Raises FileRefused, also while rows are read."""
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused(f"The bill has more than {MAX_FILE_BYTES // 1_000_000} MB. Split it by account.")
    return _parts(content) if content.startswith(b"PK\x03\x04") else _one(content)


def joined_parts(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """One file of all parts of a bill; the same parts give the same bytes in whatever order they come."""
    if len(parts) == 1:
        return parts[0][1]
    found = BytesIO()
    with ZipFile(found, "w") as archive:
        for number, (name, content) in enumerate(sorted(parts)):
            archive.writestr(ZipInfo(f"{number:04}-{name}"), content)
    return found.getvalue()


def _parts(content: bytes) -> tuple[Sequence[str], Rows]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            infos = sorted((one for one in archive.infolist() if not one.is_dir()), key=lambda one: one.filename)
            if len(infos) > MAX_PARTS or sum(one.file_size for one in infos) > MAX_UNPACKED_BYTES:
                raise FileRefused(
                    f"The bill becomes more than {MAX_UNPACKED_BYTES // 1_000_000} MB when it is unpacked."
                )
            if any(one.filename == "[Content_Types].xml" for one in infos):
                raise FileRefused("The file is a workbook. Export the bill as CSV, gzip or Parquet.")
            read = [_one(archive.read(one)) for one in infos]
    except (BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error, OSError):
        raise FileRefused(DAMAGED) from None
    if not read:
        raise FileRefused("The file is empty.")
    columns = read[0][0]
    if any(set(other) != set(columns) for other, _ in read[1:]):
        raise FileRefused("The parts of the bill have different columns: they are no parts of one bill.")
    return columns, chain.from_iterable(rows for _, rows in read)


def _one(content: bytes) -> tuple[Sequence[str], Rows]:
    if content.startswith(b"\x1f\x8b"):
        content = _unpacked(content)
    if content.startswith(b"PAR1"):
        return _parquet(content)
    text, _ = decode(content)
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=find_delimiter(text))
    try:
        return list(reader.fieldnames or ()), _text_rows(reader)
    except csv.Error as error:
        raise FileRefused(f"The bill is no delimited text: {error}.") from None


def _text_rows(reader: csv.DictReader[str]) -> Iterator[Mapping[str, object]]:
    try:
        yield from reader
    except csv.Error as error:
        raise FileRefused(f"Line {reader.line_num:,} is no delimited text: {error}.") from None


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(BytesIO(content)) as stream:
            found = stream.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise FileRefused(DAMAGED) from None
    if len(found) > MAX_UNPACKED_BYTES:
        raise FileRefused(f"The bill becomes more than {MAX_UNPACKED_BYTES // 1_000_000} MB when it is unpacked.")
    return found


def _parquet(content: bytes) -> tuple[Sequence[str], Rows]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise FileRefused('Parquet needs another package: install "gatepost[bills]".') from None
    try:
        file = ParquetFile(BytesIO(content))
        names = list(file.schema_arrow.names)
    except (ArrowException, OSError):
        raise FileRefused("The bill is no Parquet, or was not sent whole.") from None

    def rows() -> Iterator[Mapping[str, object]]:
        try:
            for batch in file.iter_batches(5_000):
                yield from batch.to_pylist()
        except (ArrowException, OSError):
            raise FileRefused("The bill is no Parquet, or was not sent whole.") from None

    return names, rows()
