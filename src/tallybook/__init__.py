"""The ledger for games."""
