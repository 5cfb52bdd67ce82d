"""Everything that touches the outside: tools, database, queue, environment, command line."""
