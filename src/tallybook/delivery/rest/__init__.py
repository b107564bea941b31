"""The REST API under /api/v1: thin endpoints over accounts, catalogue and play."""
