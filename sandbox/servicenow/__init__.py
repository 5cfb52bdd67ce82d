"""A stand-in for ServiceNow: Table API, dictionary, journal, business rules that refuse and that send events."""
