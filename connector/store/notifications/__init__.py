"""Messages to others: subscriptions, their deliveries, digests, alerts."""
