"""Career streams: what one player did in one game outside any session."""
