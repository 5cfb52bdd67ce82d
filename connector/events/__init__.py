"""How an incoming event is authenticated: accepted kinds of authentication, signatures over raw bytes."""
