"""How Gatepost calls a tool: the one transport, sign-in and tokens, limits, retries, JSON at the edge."""
