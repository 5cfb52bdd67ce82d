"""Everything that is stored in PostgreSQL, by subject; it knows neither tool."""
