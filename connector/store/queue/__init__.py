"""Work that waits: inbox, dirty keys, outbox, leases, rate limits, pauses, dead letters."""
