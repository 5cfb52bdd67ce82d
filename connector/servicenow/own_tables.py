"""The app's own tables: of the global app, or of the scoped application where that is installed.

Both have the same columns; the scoped application's tables begin with its scope.
"""

from __future__ import annotations

from connector.servicenow.fields import SCOPED_TABLES, TableFields, scoped_table


def own_table(fields: TableFields, table: str) -> str:
    """The name under which a table of the app is installed here; that of the global app where neither is.

    Raises ToolError when the dictionary cannot be read.
    """
    scoped = scoped_table(table)
    return scoped if scoped in SCOPED_TABLES and fields.catalogue(scoped) else table
