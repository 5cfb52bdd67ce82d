"""The reporting views: what they are, and reading them."""
