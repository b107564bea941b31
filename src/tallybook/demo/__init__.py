"""A believable group of players and their evenings, to look at Tallybook with something in it."""
