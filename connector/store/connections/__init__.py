"""Connections to tools: settings and secrets, their state, what was made at the tool."""
