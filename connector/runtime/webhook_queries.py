"""What a Jira's webhook is bounded to: the projects of the active mapping, and no others."""

from __future__ import annotations

from collections.abc import Sequence

from connector.jira.jql import jql_quoted
from connector.sync.ports import ToolSite
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName


def governed_projects_of(config: MappingConfig | None, connection: ConnectionName) -> Sequence[str]:
    """Keys that the rules name; empty where one of them names none."""
    rules = [rule for rule in config.measures if rule.connection == connection] if config else []
    if any(not selected_names(rule.match.project) for rule in rules):
        return []
    return sorted({project for rule in rules for project in selected_names(rule.match.project)})


def governed_query(config: MappingConfig | None, connection: ConnectionName) -> str:
    """JQL of the governed projects; empty when there are none, or all of them are."""
    projects = governed_projects_of(config, connection)
    return f"project in ({', '.join(map(jql_quoted, projects))})" if projects else ""


def webhook_queries(config: MappingConfig | None, site: ToolSite) -> Sequence[str]:
    """Raises ToolError."""
    return site.setup.webhook_queries(governed_projects_of(config, site.name)) if site.setup is not None else []
