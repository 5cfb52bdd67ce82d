"""Reporting views as Parquet files: https://parquet.apache.org/docs/file-format/.

Amounts are decimals of 38 digits, 12 of them after the point, and never floats.  pyarrow is imported only here, when
somebody asks for a file.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection

from connector.errors import ConfigurationError
from connector.papers.report import Progress
from connector.store.feeds.reading import every_row
from connector.store.feeds.sources import Source
from connector.store.feeds.views import ColumnType, View

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 5_000
PRECISION, SCALE = 38, 12
_CENT_PARTS = Decimal(1).scaleb(-SCALE)
MISSING = 'Parquet needs another package: install "gatepost[bills]".'


def write_parquet(
    connection: Connection, source: Source, view: View, out: Path | IO[bytes], progress: Progress = lambda *_: None
) -> int:
    """Write every row that the reader of the connection sees, batch by batch; how many there were.

    Raises NotKept, and ConfigurationError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise ConfigurationError(MISSING) from None
    schema = _schema(pa, view, source)
    rows = 0
    with ParquetWriter(out, schema, compression="zstd") as writer:
        for part in every_row(connection, source, view, BATCH_ROWS):
            columns = [
                pa.array(_values(column.type, [row[number] for row in part]), schema.field(number).type)
                for number, column in enumerate(view.columns)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            rows += len(part)
            progress(view.name, rows, 0)
    return rows


def _schema(pa: Any, view: View, source: Source) -> pa.Schema:
    types = {
        ColumnType.TEXT: pa.string(), ColumnType.INTEGER: pa.int32(), ColumnType.LONG: pa.int64(),
        ColumnType.DECIMAL: pa.decimal128(PRECISION, SCALE), ColumnType.DATE: pa.date32(),
        ColumnType.MOMENT: pa.timestamp("us", tz="UTC"), ColumnType.BOOLEAN: pa.bool_(),
    }  # fmt: skip
    fields = [
        pa.field(column.name, types[column.type], nullable=column.nullable, metadata={"description": column.about})
        for column in view.columns
    ]
    known = source.at.isoformat() if source.at is not None else "now"
    return pa.schema(fields, metadata={"view": view.name, "about": view.about, "as_known_on": known})


def _values(kind: ColumnType, values: list[Any]) -> list[Any]:
    """Of one column; an amount with more digits after the point is rounded to the last one that there is."""
    if kind is not ColumnType.DECIMAL:
        return values
    return [value if value is None else _fitting(Decimal(value)) for value in values]


def _fitting(amount: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    return amount.quantize(_CENT_PARTS) if isinstance(exponent, int) and exponent < -SCALE else amount
