"""The event store: append, read, follow, snapshots; it knows nothing of games."""
