"""Who goes with a team, and which account each of them signs in with."""
