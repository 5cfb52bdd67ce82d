"""The rows of a bill of the cloud: CSV, packed with gzip or not, and Parquet."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, StringIO

from connector.finance.files.delimited import decode, find_delimiter
from connector.finance.files.limits import MAX_FILE_BYTES, MAX_UNPACKED_BYTES, FileRefused


def read_bill_file(content: bytes) -> tuple[Sequence[str], Iterable[Mapping[str, object]]]:
    """The columns, and the rows one after the other.  Raises FileRefused."""
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused(f"The bill has more than {MAX_FILE_BYTES // 1_000_000} MB. Split it by account.")
    if content.startswith(b"PAR1"):
        return _parquet(content)
    if content.startswith(b"\x1f\x8b"):
        content = _unpacked(content)
    text, _ = decode(content)
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=find_delimiter(text))
    return list(reader.fieldnames or ()), reader


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(BytesIO(content)) as stream:
            found = stream.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise FileRefused("The bill is damaged or was not sent whole.") from None
    if len(found) > MAX_UNPACKED_BYTES:
        raise FileRefused(f"The bill becomes more than {MAX_UNPACKED_BYTES // 1_000_000} MB when it is unpacked.")
    return found


def _parquet(content: bytes) -> tuple[Sequence[str], Iterable[Mapping[str, object]]]:
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
    return names, (row for batch in file.iter_batches(5_000) for row in batch.to_pylist())
