"""Persons, their roles, sessions and API tokens."""
