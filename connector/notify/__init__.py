"""Outgoing webhooks: what is told to subscribers, to whom, and how it gets there (Standard Webhooks)."""
