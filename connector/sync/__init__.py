"""The flow between tools and store, and the protocols through which it uses both."""
