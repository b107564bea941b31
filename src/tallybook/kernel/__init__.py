"""What every layer shares: events, refusals, ids, time and chance."""
