"""Leaderboards: what enters them, how entries add up, and who stands where."""
