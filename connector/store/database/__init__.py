"""The database itself: where it is, its schema and migrations, row-level access, bulk statements, the audit."""
