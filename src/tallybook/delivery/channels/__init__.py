"""Phoenix Channels on the REST port: sockets, topics and who is there, knowing nothing of games."""
