"""How an incoming event proves where it comes from: accepted kinds of authentication, signatures over raw bytes."""
