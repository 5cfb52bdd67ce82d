"""Who may see and do what: pure rules (:mod:`connector.people.access`), passwords, sign-in over OIDC."""
