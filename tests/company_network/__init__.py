"""A company's network on this machine: its certificate authority, a proxy, and servers over TLS."""
