"""A connection in the database, for tests that call no tool: rows of the queue refer to it."""

from __future__ import annotations

from sqlalchemy import Engine, text

_JIRA = text("""
    INSERT INTO connection (name, tool, base_url, username, credential) VALUES ('jira-main', 'jira', 'x', 'x', 'x')
""")


def add_jira(engine: Engine) -> None:
    """``jira-main``, whose address and credential lead nowhere."""
    with engine.begin() as transaction:
        transaction.execute(_JIRA)
