"""How often somebody may ask: token buckets, and who draws from which."""
