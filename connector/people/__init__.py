"""Who may see and do what: pure rules (:mod:`connector.people.permissions`), passwords, sign-in over OIDC."""
