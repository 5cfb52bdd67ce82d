"""Stand-ins for Jira Cloud and ServiceNow: real HTTP servers with state.

For the demo, for tests, and for an administrator who wants to try a mapping.  The sandbox imports nothing of
Gatepost: what it does is what the vendors document, not what Gatepost expects.
"""
