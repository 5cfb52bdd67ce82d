"""A stand-in for Jira Cloud: the REST operations that Gatepost calls, workflows with conditions, webhooks."""
