"""People: players of every kind, how they sign in, and what they are called."""
