"""How Gatepost calls a tool: the transport, sign-in and tokens, limits, retries, JSON at the edge."""
