"""Who may do what: accounts, roles, permissions, scopes, sessions, household tokens."""
