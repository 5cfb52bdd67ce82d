"""Who is told what: subscriptions, their deliveries, digests, alerts."""
